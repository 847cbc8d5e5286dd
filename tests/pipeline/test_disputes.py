"""A dispute through real processes: contested, accepted, the period judged again, and both figures visible."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from world import OPERATOR, World

from sepakat_cli.demo.telling import until

pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package")
]  # fmt: skip
_SCOPES = ("compliance:read", "compliance:write", "incidents:read", "disputes:read", "disputes:write")
_AGREED = {
    "raiseWithin": "P30D",
    "steps": [
        {"by": "provider", "answerWithin": "P5D", "otherwise": "upheld"},
        {"by": "both", "settleWithin": "P10D", "otherwise": "forum"},
    ],
    "forum": "BANI",
}


async def post(world: World, key: str, path: str, body: Any) -> dict[str, Any]:
    """What `incidents` makes of a request, once it knows the key and has heard of what is disputed."""

    async def asked() -> dict[str, Any] | None:
        async with world.api("incidents", key) as http:
            answer = await http.post(path, json=body)
        return answer.json() if answer.status_code in (200, 201) else None

    return await until(f"POST {path}", asked)


async def mailed(world: World, subject: str, to: set[str]) -> bool:
    found = {mail.to for mail in world.desk.mails if subject in mail.subject}
    return to <= found


async def test_an_accepted_dispute_retracts_the_breach_and_both_figures_stay(world: World) -> None:
    await world.agree(window={"calendar": "year"}, target="99.9999", disputes=_AGREED)
    await world.register()
    now = datetime.now(UTC)
    down, up = now - timedelta(minutes=8), now - timedelta(minutes=5)
    states = [(now - timedelta(minutes=10), "up"), (down, "down"), (up, "up")]
    await world.send(*[world.event(str(i), state, at) for i, (at, state) in enumerate(states)])
    provider, customer = await world.key_of("nusantara", *_SCOPES), await world.key_of("toko-maju", *_SCOPES)

    async def disputable() -> bool:
        found = await world.items("incidents", "/v1/disputables", agreement=world.agreement)
        return any(each["figure"]["met"] is False for each in found)

    await until("the breach where it may be disputed", disputable)
    asked = {"adjustments": [{"kind": "exclusion", "start": down.isoformat(), "end": up.isoformat()}]}
    dispute = await post(world, provider, "/v1/disputes", {
        "agreement": world.agreement, "subject": {"kind": "verdict", "objective": "availability"}, "asked": asked,
        "statement": "their own firewall was closed", "evidence": [{"description": "its log"}],
    })  # fmt: skip
    assert (dispute["status"], dispute["measured"]["met"], dispute["agreed"]) == ("settle", False, None)
    everybody = {"rina@nusantara.example", "budi@toko-maju.example"}
    await until("who must act is written to", lambda: mailed(world, f"Dispute {dispute['number']}", everybody))

    settled = await post(world, customer, f"/v1/disputes/{dispute['id']}/accept", {"offer": 1})
    assert settled["outcome"]["result"] == "upheld"

    async def recalculated() -> dict[str, Any] | None:
        shown: dict[str, Any] = await world.get("incidents", f"/v1/disputes/{dispute['id']}")
        return shown if shown["agreed"] else None

    shown = await until("the agreed figure beside the measured one", recalculated)
    assert (shown["measured"]["met"], shown["agreed"]["met"]) == (False, True)
    assert shown["measured"]["attainment"] != shown["agreed"]["attainment"] == "100.0000"

    [granted] = await world.items("metrics", "/v1/adjustments", agreement=world.agreement)
    assert (granted["dispute"], granted["reason"]) == (dispute["id"], "dispute")
    told = await world.all_told()
    assert told.count("sepakat.adjustment.granted.v1") == told.count("sepakat.period.corrected.v1") == 1
    assert told.count("sepakat.objective.breach_retracted.v1") == 1
    revisions = await world.items("metrics", f"/v1/agreements/{world.agreement}/objectives/availability/revisions")
    assert [revisions[0]["met"], revisions[-1]["met"]] == [False, True], "what was measured stays readable"

    async def noted() -> list[str] | None:
        [incident] = await world.incidents()
        timeline = await world.items("incidents", f"/v1/incidents/{incident['id']}/timeline")
        notes = [each["note"] for each in timeline if each["what"] == "Noted"]
        return notes if len(notes) >= 3 else None

    notes = sorted(await until("the incident's notes", noted))
    assert [each.partition(":")[0] for each in notes] == [dispute["number"], dispute["number"], "breach retracted"]
    await until("the outcome's mails", lambda: mailed(world, "is settled: upheld", everybody))
    again = await world.all_told("incidents")
    assert again.count("sepakat.dispute.settled.v1") == again.count("sepakat.dispute.recalculated.v1") == 1


async def test_a_mediator_of_a_third_party_is_written_to_and_the_parties_read_who_it_is(world: World) -> None:
    async with world.api("agreements") as http:
        contacts = [{"id": "arbiter", "name": "Ari", "email": "arbiter@arbitrase.example"}]
        body = {"metadata": {"id": "arbitrase"}, "name": "Arbitrase Satu", "contacts": contacts}
        assert (await http.put("/v1/parties/arbitrase", json=body)).is_success
    decides = {
        "by": "mediator", "contact": "arbiter", "party": "arbitrase", "decideWithin": "P2D", "otherwise": "forum",
    }  # fmt: skip
    await world.agree(disputes={"raiseWithin": "P30D", "steps": [decides], "forum": "BANI"})
    customer = await world.key_of("toko-maju", *_SCOPES)
    dispute = await post(world, customer, "/v1/disputes", {
        "agreement": world.agreement, "subject": {"kind": "clause", "clause": "services/checkout"},
        "asked": {"terms": "it includes refunds"}, "statement": "so we read it",
    })  # fmt: skip

    async def said(to: str, words: str) -> bool:
        mails = [each for each in world.desk.mails if dispute["number"] in each.subject and each.to == to]
        return any(words in " ".join(each.body("plain").split()) for each in mails)

    arbiter, budi = "arbiter@arbitrase.example", "budi@toko-maju.example"
    await until("the mediator's mail", lambda: said(arbiter, "You are the mediator, and are asked to decide it before"))
    await until("the party's mail", lambda: said(budi, "The mediator Ari (Arbitrase Satu) decides until"))
    await post(world, OPERATOR, f"/v1/disputes/{dispute['id']}/decide", {"result": "upheld", "statement": "so it says"})
    await until("the outcome", lambda: said(arbiter, "as the mediator Ari (Arbitrase Satu) decided"))
