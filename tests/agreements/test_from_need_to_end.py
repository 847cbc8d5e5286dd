"""The whole way of one agreement, over HTTP on a real database.

Needs, negotiation, signatures, an amendment within a month, a review whose decision becomes the next one, and its end.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from agreeing import PATH, Agreeing, day, opened
from reviewing import OPENS, REVIEW, Reviewing
from reviewing import opened as opened_with_reviews

from sepakat_cli.backends import Backend
from sepakat_shared import signatures
from sepakat_shared.contracts import topics

pytestmark = pytest.mark.servers
NEED: Mapping[str, Any] = {
    "agreement": "toko-checkout", "need": "pay-at-night", "provider": "nusantara", "service": "checkout",
    "statement": {"en": "Shoppers can pay at night too", "id": "Pembeli dapat membayar juga di malam hari"},
    "priority": "must", "impact": {"cost": "40000000", "currency": "IDR", "per": "PT1H"},
    "success": {"en": "Not one night of a campaign week without payments"},
}  # fmt: skip
NEED_PATH = "/v1/needs/toko-checkout.toko-maju.pay-at-night"


def target(percent: str) -> dict[str, Any]:
    return {"clause": "objectives/availability", "merge": {"target": percent}}


async def agreed(world: Agreeing) -> None:
    """From the need to a text that both have signed, with two counter-proposals."""
    await world.ask("toko-maju", "POST", "/v1/needs", 201, json=dict(NEED))
    term = {"from": "2026-01-01", "until": "2026-12-31", "timeZone": "Asia/Jakarta", "termination": {"notice": "P90D"}}
    await world.ask("nusantara", "PUT", PATH, 201, json=world.text(term=term, review=REVIEW))
    assert "pay-at-night" in (await world.sign("nusantara", 409))["detail"]

    refused = {"verdict": "declined", "reason": "nobody is there", "revision": 1}
    await world.ask("nusantara", "POST", f"{NEED_PATH}/answer", json=refused)
    assert (await world.get("/traceability"))["hinders_signing"] == ["pay-at-night"]
    served = {"verdict": "adjusted", "served_by": ["availability"], "reason": "by on-call staff", "revision": 1}
    await world.ask("nusantara", "POST", f"{NEED_PATH}/answer", json=served)
    traced = await world.get("/traceability")
    assert (traced["hinders_signing"], traced["uncovered_needs"]) == ([], [])
    assert traced["serves"] == {"availability": ["sell-all-day", "pay-at-night"]}

    await world.sign("nusantara")
    first = await world.post("toko-maju", "/proposals", changes=[target("99.99")], reason="campaign weeks")
    assert first["proposals"][0]["differences"][0]["words"] == "target of availability: 99.9 % → 99.99 %"
    await world.post("nusantara", "/proposals/1/comments", text="who pays for a second site?")
    second = await world.post("nusantara", "/proposals", changes=[target("99.93")], counters=1)
    assert [each["closed"] and each["closed"]["outcome"] for each in second["proposals"]] == ["countered", None]
    third = await world.post("toko-maju", "/proposals", changes=[target("99.95")], counters=2)
    assert third["signed_by"] == ["nusantara"]
    assert (await world.accept("nusantara", 3))["signed_by"] == [], "what was signed before is void"
    await world.sign("nusantara")
    hashed = (await world.get("/versions/1"))["hash"]
    forged = signatures.sign(world.signing_keys["nusantara"], hashed)
    await world.post("toko-maju", "/signatures", 422, party="toko-maju", contact="budi", hash=hashed, signature=forged)
    assert (await world.sign("toko-maju"))["status"] == "signed"


async def amended_within_march(world: Agreeing) -> None:
    """The second version, begun by the customer, with a counter-proposal, from the 16th of March on."""
    first = await world.get()
    await world.until(day(2026, 3, 10))
    how = {"clause": "amendment", "merge": {"effectiveFrom": "2026-03-16", "takesEffect": "at-once"}}
    begun = await world.post("toko-maju", "/amendments", changes=[target("99.97"), how])
    assert (begun["version"], begun["status"]) == (2, "draft")
    assert begun["differences"][0]["words"] == "target of availability: 99.95 % → 99.97 %"
    await world.post("nusantara", "/proposals", changes=[target("99.96")])
    await world.accept("toko-maju", 1)
    await world.sign("toko-maju")
    signed = await world.sign("nusantara")
    assert (signed["version"], signed["status"]) == (2, "signed")
    assert (await world.get())["version"] == 1, "until its day comes"

    await world.until(day(2026, 3, 16))
    versions = (await world.get("/versions"))["items"]
    assert [(each["version"], each["status"]) for each in versions] == [(1, "superseded"), (2, "active")]
    for at, number in (("2026-03-15T16:59:59Z", 1), ("2026-03-15T17:00:00Z", 2)):
        assert (await world.get(**{"as-of": at}))["version"] == number
    for version, outcomes in ((1, ["countered", "countered", "accepted"]), (2, ["accepted"])):
        shown = await world.get("/negotiation", version=version)
        assert [each["closed"]["outcome"] for each in shown["proposals"]] == outcomes
    moved = await world.get("/diff", **{"from": 1, "to": 2})
    assert [each["words"] for each in moved["differences"]] == [
        "target of availability: 99.95 % → 99.96 %",
        "amendment is added: effective from 2026-03-16; takes effect at once",
    ]
    assert (await world.get("/versions/1"))["hash"] == first["hash"]


async def reviewed(world: Reviewing) -> None:
    """A quarter later: figures, what the customer's people say, and a decision that is the third version in May."""
    for month, attainment, met in ((1, "99.9500", True), (2, "99.9300", False)):
        await world.happens(topics.COMPLIANCE, world.closed(month, attainment, met=met))
    await world.until(OPENS)
    review = await world.get("/reviews/1")
    assert (review["state"], review["because"], review["meeting"]) == ("open", "cadence", "2026-04-10")
    pack = await world.get("/reviews/1/pack")
    assert [each["measured"]["attainment"] for each in pack["objectives"][0]["periods"]] == ["99.9500", "99.9300"]
    shown = await world.post("toko-maju", "/reviews/1/feedback", contact="budi", nps=6, words="february was bad",
                             csat={"checkout": 3})  # fmt: skip
    assert shown["feedback"]["count"] == 1
    await world.post("nusantara", "/reviews/1/comments", text="the second site is there since March")

    asked = await world.post("nusantara", "/reviews/1/suggestions", 202)
    await world.answer_backtest(asked["backtest"], ["99.9700", "99.9300", "99.9850"], "99.9312", "99.96")
    decision = {
        "text": "Promise what was reached", "owner": "rina", "due": "2026-05-01",
        "amendment": {"objectives": [{"objective": "availability", "how": "loosen"}], "effective_from": "2026-05-16"},
    }  # fmt: skip
    decided = (await world.post("toko-maju", "/reviews/1/decisions", **decision))["decisions"][0]
    assert decided["amendment"]["words"][0] == "target of availability: 99.96 % → 99.93 %"
    drafted = (await world.post("nusantara", "/reviews/1/decisions/1/amendment"))["decisions"][0]["amendment"]
    assert (drafted["version"], drafted["proposal"]) == (3, None)
    await world.post("nusantara", "/reviews/1/close", 200, conclusion="better since March")
    for party in ("nusantara", "toko-maju"):
        await world.sign(party)
    await world.until(day(2026, 5, 15, 16.99))
    assert (await world.get())["version"] == 2
    await world.until(day(2026, 5, 15, 17))
    assert (await world.get())["text"]["objectives"][0]["target"] == "99.93"
    told = [type.removeprefix("sepakat.review.") for type in await world.told_of_reviews()]
    assert told == ["opened.v1", "feedback_asked.v1", "closed.v1"]


async def ended(world: Agreeing) -> None:
    """The customer's notice of more than 90 days; with its day it is over."""
    await world.until(day(2026, 5, 20))
    await world.post("toko-maju", "/termination", last_day="2026-08-31", reason="another provider")
    (given,) = [data for type, data in await world.told() if type == "sepakat.agreement.termination_given.v1"]
    assert (given["party"], given["notice"], given["honoured"]) == ("toko-maju", "P90D", True)
    await world.post("nusantara", "/termination", 409, last_day="2026-09-30", reason="so do we")
    await world.until(day(2026, 8, 31, 16.99))
    assert (await world.get("/term"))["status"] == "active"
    await world.until(day(2026, 8, 31, 17))
    assert (await world.get("/term"))["status"] == "terminated"
    (over,) = [data for type, data in await world.told() if type == "sepakat.agreement.ended.v1"]
    assert (over["how"], over["ended_at"]) == ("terminated", "2026-09-01T00:00:00.000+07:00")
    assert (await world.get(**{"as-of": "2026-08-31T16:59:59Z"}))["version"] == 3
    await world.ask("toko-maju", "GET", PATH, 404, params={"as-of": "2026-08-31T17:00:00Z"})
    await world.post("toko-maju", "/amendments", 409, changes=[target("99.5")])


async def test_an_agreement_from_the_first_need_through_counter_proposals_amendments_and_a_review_to_its_end(
    backend: Backend,
) -> None:
    async with opened_with_reviews(backend) as world:
        world.hears_and_wakes_for_reviews()
        await agreed(world)
        await world.until(day(2025, 12, 31, 16.99))
        assert (await world.get())["status"] == "signed"
        await world.until(day(2025, 12, 31, 17))
        in_force = await world.get()
        assert in_force["frozen"]["zones"][0]["zone"] == "Asia/Jakarta"
        assert "text" not in (await world.ask("toko-maju", "GET", "/v1/agreements"))["items"][0]
        assert (in_force["status"], in_force["text"]["objectives"][0]["target"]) == ("active", "99.95")

        await amended_within_march(world)
        await reviewed(world)
        await ended(world)
        assert (await world.get("/history"))["intact"]
        texts = [data for type, data in await world.told() if type == "sepakat.agreement-text.published.v1"]
        assert [(each["version"], each["effective_from"]) for each in texts] == [
            (1, "2026-01-01T00:00:00.000+07:00"), (2, "2026-03-16T00:00:00.000+07:00"),
            (3, "2026-05-16T00:00:00.000+07:00")]  # fmt: skip
        amended = [data for type, data in await world.told() if type == "sepakat.agreement.amended.v1"]
        assert [each["text"] for each in amended] == [each["text"] for each in texts[1:]]
        ahead = [(data["what"], data["at"][:10]) for type, data in await world.told() if type.endswith("date_ahead.v1")]
        assert ahead == [
            ("amendment", "2026-03-14"), ("amendment", "2026-04-15"), ("amendment", "2026-05-08"),
            ("amendment", "2026-05-14"), ("termination", "2026-08-01"), ("termination", "2026-08-24"),
            ("termination", "2026-08-30"),
        ]  # fmt: skip


async def test_others_see_nothing_and_a_party_speaks_for_itself_alone(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.ask("toko-maju", "POST", "/v1/needs", 201, json=dict(NEED))
        await world.ask("nusantara", "PUT", PATH, 201, json=world.text())
        await world.post("toko-maju", "/proposals", changes=[target("99.99")])
        for path in ("", "/traceability", "/clauses", "/negotiation", "/proposals/1", "/versions", "/diff"):
            await world.ask("stranger", "GET", PATH + path, 404)
        await world.ask("stranger", "GET", NEED_PATH, 404)
        assert (await world.ask("stranger", "GET", "/v1/needs"))["items"] == []
        for path in ("/proposals/1/accept", "/proposals/1/reject"):
            await world.post("stranger", path, 404, **({"hash": "x"} if "accept" in path else {}))
        await world.post("operator", "/proposals", 403, changes=[target("99.99")])
        await world.ask("nusantara", "POST", f"{NEED_PATH}/withdraw", 403, json={})
        broken = await world.post("toko-maju", "/proposals", 422, changes=[target("120"), {"clause": "term"}])
        assert [each["pointer"] for each in broken["errors"]] == ["/changes/1"]
        broken = await world.post("toko-maju", "/proposals", 422, changes=[target("120")])
        assert [each["pointer"] for each in broken["errors"]] == ["/changes/0/merge/target"]


async def test_what_was_in_force_before_dates_were_told_has_its_dates_after_the_next_start(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.ask("nusantara", "PUT", PATH, 201, json=world.text())
        for party in ("nusantara", "toko-maju"):
            await world.sign(party)
        await world.until(day(2026, 1, 1))
        states = world.agreements.all.states
        await states.update_one({"_id": "toko-checkout"}, {"$unset": {"due_at": ""}})
        await world.agreements.schedule()
        found = await states.find_one({"_id": "toko-checkout"})
        assert found is not None and found["due_at"] == day(2026, 12, 1, 17)
        assert (await world.get())["status"] == "active"
