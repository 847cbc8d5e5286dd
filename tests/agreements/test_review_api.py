"""Reviews over HTTP on a real database: opened by time, by missed targets and by people, and closed for good."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import pytest
from agreeing import PATH, day
from reviewing import OPENS, REVIEW, Reviewing, opened

from sepakat_cli.backends import Backend
from sepakat_shared.contracts import compliance

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
OBLIGATIONS = [
    {"id": "load", "party": "toko-maju", "owner": "budi", "every": "P1M", "text": {"en": "Announce the load"}}
]
FORECAST = {"name": "load.pdf", "media_type": "application/pdf", "size": 5, "sha256": "0" * 64,
            "url": "https://files.example/load.pdf"}  # fmt: skip
MAINTENANCE = {"windows": [{"id": "patch", "start": "2026-01-04T01:00:00+07:00", "duration": "PT2H",
                            "rrule": "FREQ=MONTHLY;BYDAY=1SU", "objectives": ["availability"]}]}  # fmt: skip


async def pack_of(world: Reviewing, number: int, **params: str) -> Any:
    return await world.ask("toko-maju", "GET", f"{PATH}/reviews/{number}/pack", params=params)


async def test_a_quarter_is_looked_back_on_decided_about_and_closed_for_good(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.in_force(obligations=OBLIGATIONS, maintenance=MAINTENANCE)
        calendar = await world.get("/reviews/calendar")
        assert calendar == {"meeting": "2026-04-10", "opens_at": "2026-04-04T17:00:00.000Z", "reviews": 0}
        figures = [(1, "99.9500", True), (2, "99.8000", False), (3, "99.9800", True)]
        for month, attainment, met in figures:
            await world.tell_figure(world.closed(month, attainment, met=met))
        await world.tell_incident(1, day(2026, 2, 10), 50)
        await world.until(day(2026, 1, 20))
        january = "/v1/obligations/toko-checkout.load.20260131T170000Z/fulfil"
        await world.ask("toko-maju", "POST", january, json={"evidence": [FORECAST]})
        await world.until(OPENS - timedelta(seconds=1))
        assert await world.told_of_reviews() == []
        await world.pass_to(OPENS)
        await world.pass_to(OPENS)

        [listed] = (await world.get("/reviews"))["items"]
        assert (listed["review"], listed["state"], listed["because"], listed["meeting"]) == (
            1, "open", "cadence", "2026-04-10",
        )  # fmt: skip
        shown = await world.get("/reviews/1", "nusantara")
        assert (shown["chair"], shown["participants"]) == ("nusantara/rina", ["nusantara/rina", "toko-maju/budi"])
        assert (await world.get("/reviews/calendar"))["meeting"] == "2026-07-10"

        answer = await world.http.get(f"{PATH}/reviews/1/pack", headers={"Authorization": "Bearer spk_toko-maju"})
        assert "sha256:" + hashlib.sha256(answer.content).hexdigest() == shown["packs"]["opening"]["hash"]
        pack = answer.json()
        [attained] = pack["objectives"]
        assert [each["measured"]["attainment"] for each in attained["periods"]] == ["99.9500", "99.8000", "99.9800"]
        assert (attained["judged"], attained["missed"], attained["trend"]) == (3, 1, "better")
        assert [(each["count"], each["acknowledge"]["mean"], each["restore"]["mean"]) for each in pack["handling"]] == [
            (1, 300.0, 3000.0)
        ]
        assert [(each["amount"], each["status"]) for each in pack["credits"]] == [("2500000.00", "claimed")]
        assert [(each["obligation"], each["kept"], each["missed"]) for each in pack["duties"]] == [("load", 1, 2)]
        assert [(each["window"], each["counts"]) for each in pack["works"]] == [("patch", True)] * 3

        await world.post("toko-maju", "/reviews/1/comments", text="February hurt")
        refused = await world.post(
            "toko-maju", "/reviews/1/decisions", 422, text="A second probe", owner="ana", due="2026-01-01"
        )
        assert [each["pointer"] for each in refused["errors"]] == ["/owner", "/due"]
        await world.post("toko-maju", "/reviews/1/decisions", text="A second probe", owner="rina", due="2026-05-01")
        assert (await world.post("toko-maju", "/reviews/1/close", 403))["detail"].startswith("nusantara/rina chairs")

        # An outcome of a dispute comes between the opening and the close: the second pack has both figures.
        february = world.closed(2, "99.9300", met=True)
        before = world.closed(2, "99.8000", met=False)
        corrected = compliance.PeriodCorrected(
            **february.model_dump(exclude={"at", "dispute"}), at=OPENS + timedelta(days=1), dispute="d.1",
            attainment_before=before.attainment, exact_before=before.exact, met_before=False,
        )  # fmt: skip
        await world.tell_figure(corrected)
        closed = await world.post("nusantara", "/reviews/1/close", 200, conclusion="we go on")
        assert (closed["state"], closed["conclusion"], closed["closing_party"]) == ("closed", "we go on", "nusantara")
        assert await world.post("nusantara", "/reviews/1/close", 200, conclusion="we go on") == closed
        for path, body in (("comments", {"text": "late"}), ("close", {"conclusion": "no"}),
                           ("decisions", {"text": "late", "owner": "rina", "due": "2026-05-01"})):  # fmt: skip
            assert "never changes" in (await world.post("nusantara", f"/reviews/1/{path}", 409, **body))["detail"]
        agreed = [each["agreed"] for each in (await pack_of(world, 1))["objectives"][0]["periods"]]
        assert [each and each["attainment"] for each in agreed] == [None, "99.9300", None]
        assert await pack_of(world, 1, frozen="opening") == pack

        # What is corrected later is for the next one: both packs stay as they were.
        frozen = await pack_of(world, 1)
        await world.tell_figure(corrected.model_copy(update={"attainment": "99.9400", "exact": "9994/10000"}))
        assert await pack_of(world, 1) == frozen
        assert await world.told_of_reviews() == [
            f"sepakat.review.{each}.v1" for each in ("opened", "feedback_asked", "closed")
        ]
        assert (await world.get("/reviews/1")) == closed

        for who, status in (("stranger", 404), ("operator", 200)):
            await world.ask(who, "GET", f"{PATH}/reviews/1", status)
            await world.ask(who, "GET", f"{PATH}/reviews/1/pack", status)
        await world.ask("operator", "POST", f"{PATH}/reviews/1/comments", 403, json={"text": "x"})
        await world.ask("toko-maju", "GET", f"{PATH}/reviews/2", 404)


async def test_one_that_nobody_closes_is_reminded_of_and_escalates(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.in_force()
        await world.pass_to(OPENS)
        over = day(2026, 4, 10, 17)
        await world.pass_to(over)
        await world.pass_to(over + timedelta(days=7))
        assert (await world.get("/reviews/1"))["state"] == "overdue"
        await world.pass_to(over + timedelta(days=30))
        told = [(type, data) for type, data in await world.told() if type.startswith("sepakat.review.")]
        assert [type.split(".")[2] for type, _ in told] == [
            "opened", "feedback_asked", "reminded", "overdue", "overdue",
        ]  # fmt: skip
        assert [data["level"] for type, data in told[3:]] == [1, 2]
        assert told[4][1]["recipients"] == ["nusantara/rina", "toko-maju/budi"]
        assert await world.closings.fire_due() == 0
        await world.post("nusantara", "/reviews/1/close", 200)


async def test_a_party_opens_one_while_none_is_open_and_two_at_once_open_one(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.in_force()
        world.clock.set(day(2026, 1, 31, 18))
        refused = await world.post("toko-maju", "/reviews", 422, meeting="2026-01-31")
        assert refused["errors"][0]["pointer"] == "/meeting"
        answers = await asyncio.gather(
            *[
                world.http.post(f"{PATH}/reviews", json={"reason": who}, headers={"Authorization": f"Bearer spk_{who}"})
                for who in ("toko-maju", "nusantara")
            ]
        )
        assert sorted(each.status_code for each in answers) == [201, 409]
        shown = await world.get("/reviews/1")
        assert (shown["because"], shown["meeting"], shown["since"]) == (
            "demand", "2026-02-15", "2025-12-31T17:00:00.000Z",
        )  # fmt: skip
        calendar = await world.get("/reviews/calendar")
        assert (calendar["meeting"], calendar["reviews"]) == ("2026-04-10", 1), "the cadence goes on"
        await world.post("nusantara", "/reviews/1/close", 200)
        # January was over by then, and its figure is told a day later.
        assert not (await pack_of(world, 1))["objectives"][0]["periods"]
        await world.tell_figure(world.closed(1, "99.9500", met=True))
        await world.pass_to(OPENS)
        following = await world.get("/reviews/2")
        assert following["since"] == shown["until"], "nothing is looked at twice, and nothing is left out"
        [attained] = (await pack_of(world, 2))["objectives"]
        assert [each["measured"]["attainment"] for each in attained["periods"]] == ["99.9500"]


async def test_what_a_crash_left_unnoted_is_noted_with_the_next_look(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(backend) as world:
        await world.in_force()
        world.clock.set(OPENS)
        agreement = (await world.agreements.all.get("toko-checkout")).state

        async def crash(*_: object) -> None:
            raise RuntimeError("the process ends here")

        with monkeypatch.context() as patched:
            patched.setattr(world.opening, "_note", crash)
            with pytest.raises(RuntimeError):
                await world.opening.open_(agreement, "cadence", "timer", meeting="2026-04-10")
        assert (await world.get("/reviews/calendar"))["reviews"] == 0
        await world.pass_to(OPENS)
        assert [each["review"] for each in (await world.get("/reviews"))["items"]] == [1], "it is there once"
        assert await world.get("/reviews/calendar") == {
            "meeting": "2026-07-10", "opens_at": "2026-07-04T17:00:00.000Z", "reviews": 1,
        }  # fmt: skip


async def test_an_agreement_that_has_ended_is_reviewed_no_more(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.in_force()
        await world.post("toko-maju", "/termination", last_day="2026-03-31", reason="another provider")
        await world.until(day(2026, 3, 31, 17))
        await world.pass_to(OPENS)
        assert await world.told_of_reviews() == []
        assert (await world.get("/reviews/calendar"))["opens_at"] is None
        assert "terminated" in (await world.post("toko-maju", "/reviews", 409))["detail"]


async def test_one_is_held_besides_after_so_many_missed_targets(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.ask("nusantara", "PUT", PATH, 201, json=world.text(
            review={**REVIEW, "triggers": [{"misses": 2, "within": "P6M"}]}
        ))  # fmt: skip
        for party in ("nusantara", "toko-maju"):
            await world.sign(party)
        await world.until(day(2026, 3, 2))
        first = world.closed(1, "99.8000", met=False)
        await world.tell_figure(first)
        await world.tell_figure(first)
        assert await world.told_of_reviews() == [], "the same one told twice is one"
        second = world.closed(2, "99.8000", met=False)
        await world.tell_figure(second)
        await world.tell_figure(second)
        assert (await world.get("/reviews/1"))["because"] == "misses"
        await world.post("nusantara", "/reviews/1/close", 200)
        await world.tell_figure(second)
        assert len(await world.told_of_reviews()) == 3, "what has led to a review leads to no other"


async def test_the_customers_people_say_what_they_think_and_what_they_need(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.in_force()
        await world.tell_incident(1, day(2026, 2, 10), 50)
        of_incident = "/incidents/toko-checkout.checkout.0001/feedback"
        refused = await world.post("toko-maju", of_incident, 422, csat={"mail": 2}, contact="rina")
        assert [each["pointer"] for each in refused["errors"]] == ["/csat/mail", "/contact"]
        said = await world.post("toko-maju", of_incident, csat={"checkout": 2}, words="an hour is long", contact="budi")
        assert (said["number"], said["count"]) == ("CHECKOUT-0001", 1)
        assert await world.get(of_incident, "nusantara") == said
        await world.post("nusantara", of_incident, 403, nps=10)
        await world.post("toko-maju", "/incidents/another/feedback", 404, nps=10)

        await world.pass_to(OPENS)
        asked = [data for type, data in await world.told() if type == "sepakat.review.feedback_asked.v1"]
        assert [(each["recipients"], each["answer_by"]) for each in asked] == [
            (["toko-maju/budi"], "2026-04-11T17:00:00.000Z")
        ]
        await world.post("nusantara", "/reviews/1/feedback", 403, nps=10)
        first = {"contact": "budi", "nps": 3, "needs": [{"need": "sell-all-day", "met": False, "words": "not at nine"}]}
        await world.post("toko-maju", "/reviews/1/feedback", **first)
        shown = await world.post("toko-maju", "/reviews/1/feedback", **{**first, "nps": 9, "csat": {"checkout": 4}})
        assert (shown["feedback"]["count"], shown["feedback"]["nps"]) == (1, {"score": "100", "count": 1})
        need = {"service": "checkout", "statement": {"en": "Shoppers can pay at night"}, "priority": "should"}
        stated = await world.post("toko-maju", "/reviews/1/needs/sell-at-night", **need)
        assert (stated["provider"], stated["revision"]) == ("nusantara", 1)
        await world.post("nusantara", "/reviews/1/needs/sell-at-night", 403, **need)
        assert (await world.ask("nusantara", "GET", f"/v1/needs/{stated['id']}"))["answer"] is None
        assert [each["need"] for each in (await world.get("/reviews/1"))["needs"]] == [stated["id"]]

        await world.post("nusantara", "/reviews/1/close", 200)
        assert "never changes" in (await world.post("toko-maju", "/reviews/1/feedback", 409, nps=1))["detail"]
        assert "never changes" in (await world.post("toko-maju", "/reviews/1/needs/more", 409, **need))["detail"]
        pack = await pack_of(world, 1)
        assert [each["words"] for each in pack["opinions"]] == ["an hour is long"]
        assert "sell-at-night" in [each["need"] for each in pack["needs"]]


def _amendment_of(decision: dict[str, Any]) -> dict[str, Any]:
    return dict(decision["amendment"])


async def test_a_decision_becomes_the_draft_of_the_next_version_by_what_was_reached(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.in_force()
        await world.pass_to(OPENS)
        assert (await world.get("/reviews/1/suggestions"))["state"] == "none"
        asked = await world.post("nusantara", "/reviews/1/suggestions", 202)
        decision: dict[str, Any] = {
            "text": "A harder target", "owner": "rina", "due": "2026-05-01",
            "amendment": {"objectives": [{"objective": "availability", "how": "tighten"}]},
        }  # fmt: skip
        refused = await world.post("nusantara", "/reviews/1/decisions", 422, **{**decision, "owner": "nobody"})
        pointers = [each["pointer"] for each in refused["errors"]]
        assert pointers == ["/owner", "/amendment/objectives/0/target"], "nothing was answered yet"
        await world.answer_backtest(asked["backtest"], ["99.9700", "99.9650", "99.9400"], "99.9431")
        [suggested] = (await world.get("/reviews/1/suggestions"))["items"]
        assert (suggested["suggested"], suggested["how"], suggested["judged"], suggested["would_miss"]) == (
            "99.94", "tighten", 3, 0,
        )  # fmt: skip

        shown = await world.post("nusantara", "/reviews/1/decisions", **decision)
        amendment = shown["decisions"][0]["amendment"]
        assert "target of availability: 99.9 % → 99.94 %" in amendment["words"]
        assert "target pada availability: 99,9 % → 99,94 %" in amendment["words_id"]
        params, key = {"format": "html", "lang": "id"}, {"Authorization": "Bearer spk_toko-maju"}
        page = (await world.http.get(f"{PATH}/reviews/1/document", params=params, headers=key)).text
        assert "target pada availability" in page and "target of" not in page
        assert (amendment["backtest"], amendment["version"]) == (asked["backtest"], None)
        plain = {"text": "More probes", "owner": "rina", "due": "2026-05-01"}
        await world.post("toko-maju", "/reviews/1/decisions", **plain)
        assert "changes nothing" in (await world.post("toko-maju", "/reviews/1/decisions/2/amendment", 409))["detail"]

        drafted = await world.post("nusantara", "/reviews/1/decisions/1/amendment")
        assert await world.post("nusantara", "/reviews/1/decisions/1/amendment") == drafted
        amendment = drafted["decisions"][0]["amendment"]
        assert (amendment["version"], amendment["proposal"]) == (2, None)
        draft = await world.get("/versions/2")
        assert draft["text"]["objectives"][0]["target"] == "99.94" and draft["status"] == "draft"

        # The next decision is about a text that is being written already: a proposal to the other party.
        looser = {**decision, "amendment": {"objectives": [
            {"objective": "availability", "how": "loosen", "target": "99.92"}
        ]}}  # fmt: skip
        await world.post("toko-maju", "/reviews/1/decisions", **looser)
        proposed = await world.post("toko-maju", "/reviews/1/decisions/3/amendment")
        amendment = proposed["decisions"][2]["amendment"]
        assert (amendment["version"], amendment["proposal"]) == (2, 1)
        await world.accept("nusantara", 1)
        for party in ("nusantara", "toko-maju"):
            await world.sign(party)
        assert (await world.get("/versions/2"))["text"]["objectives"][0]["target"] == "99.92"

        # Two decisions wanted the same: one makes the next version, and the other one is noted as that.
        easier = {**decision, "amendment": {"objectives": [
            {"objective": "availability", "how": "loosen", "target": "99.8"}
        ]}}  # fmt: skip
        for party in ("toko-maju", "nusantara"):
            await world.post(party, "/reviews/1/decisions", **easier)
        await world.post("nusantara", "/reviews/1/decisions/4/amendment")
        for party in ("nusantara", "toko-maju"):
            await world.sign(party)
        shown = await world.post("toko-maju", "/reviews/1/decisions/5/amendment")
        became = [(each["version"], each["proposal"]) for each in map(_amendment_of, shown["decisions"][3:])]
        assert became == [(3, None), (3, None)]


async def test_a_decisions_own_day_is_no_later_than_it_says(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.in_force()
        await world.pass_to(OPENS)

        async def decide(party: str, number: int, day: str) -> None:
            wanted = {"objectives": [{"objective": "availability", "how": "loosen", "target": "99.8"}]}
            decision = {"text": "An easier target", "owner": "rina", "due": "2026-05-01"}
            shown = await world.post(
                party, "/reviews/1/decisions", **decision, amendment={**wanted, "effective_from": day}
            )
            assert len(shown["decisions"]) == number

        await decide("nusantara", 1, "2026-08-01")
        await decide("toko-maju", 2, "2026-07-01")
        await decide("toko-maju", 3, "2026-07-15")
        await decide("toko-maju", 4, "2026-09-01")
        await world.post("nusantara", "/reviews/1/decisions/1/amendment")
        # While it is being written, the other day is a proposal.
        shown = await world.post("toko-maju", "/reviews/1/decisions/2/amendment")
        became = [(each["version"], each["proposal"]) for each in map(_amendment_of, shown["decisions"])]
        assert became == [(2, None), (2, 1), (None, None), (None, None)]
        for party in ("nusantara", "toko-maju"):
            await world.sign(party)

        refused = await world.post("toko-maju", "/reviews/1/decisions/3/amendment", 409)
        [problem] = refused["errors"]
        assert problem["pointer"] == "/amendment/effectiveFrom"
        assert "from 2026-08-01 on and not from 2026-07-15 on" in problem["detail"]
        assert (await world.get("/reviews/1"))["decisions"][2]["amendment"]["version"] is None
        shown = await world.post("toko-maju", "/reviews/1/decisions/4/amendment")
        assert shown["decisions"][3]["amendment"]["version"] == 2


async def test_a_review_is_read_as_a_page_and_on_paper_in_both_languages(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.in_force()
        party = {"metadata": {"id": "nusantara"}, "name": "PT Nusantara Cloud",
                 "contacts": [{"id": "rina", "name": "Rina", "email": "rina@nusantara.example"}]}  # fmt: skip
        await world.ask("nusantara", "PUT", "/v1/parties/nusantara", 201, json=party)
        for month, attainment, met in ((1, "99.9500", True), (2, "99.8000", False)):
            await world.tell_figure(world.closed(month, attainment, met=met))
        await world.tell_incident(1, day(2026, 2, 10), 50)
        await world.pass_to(OPENS)
        path, key = f"{PATH}/reviews/1/document", {"Authorization": "Bearer spk_toko-maju"}
        page = await world.http.get(path, params={"format": "html", "lang": "en"}, headers=key)
        assert page.status_code == 200 and "99.8000%" in page.text and "Rina (PT Nusantara Cloud)" in page.text
        assert page.text.count("<svg") == 3 and "rina@nusantara.example" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        paper = await world.http.get(path, params={"lang": "id"}, headers=key)
        assert (paper.headers["content-type"], paper.content[:8]) == ("application/pdf", b"%PDF-1.7")
        assert 'filename="toko-checkout-review-1-id.pdf"' in paper.headers["content-disposition"]
        assert (await world.http.get(path, headers={"Authorization": "Bearer spk_stranger"})).status_code == 404
        assert (await world.http.get(path, params={"lang": "fr"}, headers=key)).status_code == 422
