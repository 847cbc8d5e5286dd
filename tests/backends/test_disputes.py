"""Disputes over HTTP, on a real database: who may raise one, when, and what becomes of two at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from samples import agreement_dict

from sepakat_incidents import dispute_api
from sepakat_incidents import line as lines
from sepakat_incidents.contacts import Contacts
from sepakat_incidents.disputables import Disputables
from sepakat_incidents.dispute_reactions import DisputeReactions
from sepakat_incidents.docket import Docket
from sepakat_incidents.episodes import Episodes
from sepakat_incidents.matters import Matters
from sepakat_incidents.reactions import Reactions
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.showing import shown
from sepakat_incidents.store import Incidents, entries_of
from sepakat_incidents.wordings import Wordings
from sepakat_shared import web
from sepakat_shared.auth import Principal
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import compliance, disputes, topics
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.contracts.fact import Fact, PeriodSpan, rfc3339
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.messages import Envelope
from sepakat_shared.timers import Timers

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
NOW = datetime(2026, 12, 2, 2, tzinfo=UTC)
START, END = datetime(2026, 10, 31, 17, tzinfo=UTC), datetime(2026, 11, 30, 17, tzinfo=UTC)
SCOPES = frozenset({"disputes:read", "disputes:write", "incidents:read"})
KEYS = {
    "rina": Principal("rina-key", "nusantara", frozenset({"provider"}), SCOPES),
    "budi": Principal("budi-key", "toko-maju", frozenset({"customer"}), SCOPES),
    "stranger": Principal("stranger-key", "other", frozenset({"customer"}), SCOPES),
    "reader": Principal("reader-key", "toko-maju", frozenset({"customer"}), frozenset({"disputes:read"})),
    "mediator": Principal("mediator-key", None, frozenset(), SCOPES, mediates="toko-checkout/mediator"),
    "colleague": Principal("colleague-key", None, frozenset(), SCOPES, mediates="toko-checkout/colleague"),
    "elsewhere": Principal("elsewhere-key", None, frozenset(), SCOPES, mediates="other-agreement/mediator"),
    "operator": Principal("operator-key", None, frozenset({"operator"}), frozenset()),
}
AGREED = {
    "raiseWithin": "P30D",
    "steps": [
        {"by": "provider", "answerWithin": "P5D", "otherwise": "upheld"},
        {"by": "both", "settleWithin": "P10D", "otherwise": "next"},
        {"by": "mediator", "decideWithin": "P20D", "contact": "mediator", "otherwise": "forum"},
    ],
    "forum": "BANI",
}
ASKED = {"kind": "downtime", "start": "2026-11-10T10:00:00Z", "end": "2026-11-10T12:00:00Z"}
RAISE: dict[str, Any] = {
    "agreement": "toko-checkout",
    "subject": {"kind": "verdict", "objective": "availability"},
    "asked": {"adjustments": [ASKED]},
    "statement": "two more hours were down",
    "evidence": [{"description": "our own log", "hash": "sha256:" + "0" * 64}],
}


class Keys:
    async def principal(self, secret: str) -> Principal:
        return KEYS[secret]


class Incident:
    """The service's parts on a clock that the test owns; events come as the bus would bring them."""

    def __init__(self, db: Any) -> None:
        self.clock = ManualClock(NOW)
        self.commits = Commits(db, self.clock)
        rotations = Rotations(self.commits)
        self.incidents = Incidents(self.commits, rotations)
        self.docket, self.disputables = Docket(self.commits), Disputables(db)
        wordings, day = Wordings(db, self.clock), timedelta(days=1)
        matters = Matters(self.disputables, self.incidents, wordings)
        episodes = Episodes(self.incidents, wordings, day)
        reactions = Reactions(self.incidents, rotations, Contacts(db), episodes, wordings)
        about = DisputeReactions(self.disputables, self.docket, self.incidents, self.clock, day)
        self.reactions = [*reactions.all(), *about.all()]
        self.timers = Timers(self.docket.disputes.states, "due_at", self.clock, self.docket.fire)
        posts = IdempotentPosts(db)
        self.app = web.application("disputes", "of a test", Keys(), 1 << 20)  # type: ignore[arg-type]
        self.app.include_router(dispute_api.router(self.docket, self.disputables, matters, posts, self.clock))
        self.sequence = 0

    async def hears(self, topic: str, fact: Fact, subject: str = "verdict", id: str | None = None) -> Envelope:
        self.sequence += 1
        number = f"{self.sequence:08d}"
        cause = Envelope(
            id or f"e{number}", "/sepakat/x", fact.type, subject, rfc3339(self.clock.now()), b"", f"{number}.000"
        )
        await self.hears_again(topic, fact, cause)
        return cause

    async def is_resolved(self) -> None:
        line, id, day = "toko-checkout.checkout", "toko-checkout.checkout.0001", timedelta(days=1)
        await self.incidents.execute(line, lambda line, now: lines.resolve(line, id, "rina", None, now, day), "rina")  # type: ignore[arg-type]

    async def hears_again(self, topic: str, fact: Fact, cause: Envelope) -> None:
        for each in self.reactions:
            if (each.topic, each.contract) == (topic, type(fact)):
                await each.handler(fact, msgspec.structs.replace(cause, reader=each.reader))

    async def asks(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {who}", **more}
        async with httpx.AsyncClient(transport=transport, base_url="http://incidents", headers=headers) as http:
            return await http.request(method, f"/v1/{path}", json=body)

    async def messages(self) -> list[dict[str, Any]]:
        commits = await self.commits.collection.find({}).sort("committed_at", 1).to_list(None)
        return [each for commit in commits for each in commit["messages"]]

    async def told(self, kind: type[Fact]) -> list[dict[str, Any]]:
        return [each["data"] for each in await self.messages() if each["type"] == kind.type]


def verdict(kind: type[compliance._ObjectiveEvent], **changes: Any) -> Any:
    figure = {"attainment": "99.8990", "met": False, "state": "breached", "credit_percent": "10", **changes}
    return kind(
        agreement="toko-checkout", version=1, provider="nusantara", customer="toko-maju", service="checkout",
        indicator="nusantara/checkout-state", at=NOW, cause="it was down", objective="availability", target="99.9",
        episode=f"toko-checkout/availability/{rfc3339(START)}", period=PeriodSpan(start=START, end=END), **figure,
    )  # fmt: skip


@pytest.fixture
async def incident(database: Any) -> Incident:
    made = Incident(database)
    for part in (made.commits, made.incidents, made.docket, made.disputables, made.timers):
        await part.create_indexes()  # type: ignore[attr-defined]
    text = agreement_dict(disputes=AGREED, priorities={"P1": {"restore": "PT4H"}}, escalation={})
    await made.hears(
        topics.AGREEMENT_TEXTS,
        AgreementTextPublished(agreement="toko-checkout", version=1, hash="h", effective_from=START, text=text),
    )
    await made.hears(topics.COMPLIANCE, verdict(compliance.ObjectiveBreached), id="breach")
    return made


async def test_a_dispute_is_raised_answered_and_settled_and_each_party_sees_whose_turn_it_is(
    incident: Incident,
) -> None:
    raised = await incident.asks("budi", "POST", "disputes", RAISE)
    assert raised.status_code == 201, raised.text
    dispute = raised.json()
    assert dispute["turn"] == {
        "act": "answer", "awaits": ["nusantara"], "contact": None, "began_at": rfc3339(NOW),
        "deadline": "2026-12-07T17:00:00.000Z", "otherwise": "upheld",
    }  # fmt: skip
    assert dispute["measured"]["attainment"] == "99.8990"
    assert dispute["subject"]["incident"] == "toko-checkout.checkout.0001", "the one that the breach opened"
    path = f"disputes/{dispute['id']}"
    part = {"adjustments": [{**ASKED, "end": "2026-11-10T11:00:00Z"}]}
    own = await incident.asks("budi", "POST", f"{path}/answer", {"statement": "yes"})
    assert (own.status_code, "nobody answers itself" in own.text) == (403, True)
    more = {"adjustments": [{**ASKED, "end": "2026-11-10T13:00:00Z"}]}
    refused = await incident.asks("rina", "POST", f"{path}/answer", {"statement": "x", "offer": more})
    assert refused.json()["errors"][0]["pointer"] == "/offer/adjustments"
    answered = await incident.asks("rina", "POST", f"{path}/answer", {"statement": "one hour was", "offer": part})
    assert (answered.status_code, answered.json()["status"]) == (200, "settle"), answered.text
    assert (await incident.asks("budi", "POST", f"{path}/accept", {"offer": 1})).status_code == 409
    settled = (await incident.asks("budi", "POST", f"{path}/accept", {"offer": 2})).json()
    assert (settled["status"], settled["outcome"]["result"]) == ("settled", "partly")
    assert (await incident.asks("budi", "POST", f"{path}/accept", {"offer": 2})).status_code == 200
    assert (await incident.asks("budi", "POST", f"{path}/withdraw", {})).status_code == 409
    told = await incident.told(disputes.DisputeSettled)
    assert [each["remedy"]["adjustments"][0]["end"] for each in told] == ["2026-11-10T11:00:00.000Z"]
    history = (await incident.asks("rina", "GET", f"{path}/history")).json()["items"]
    assert [each["what"] for each in history] == ["Raised", "Answered", "Settled"]
    assert history[0]["statement"]["evidence"][0]["hash"] == "sha256:" + "0" * 64


async def test_two_parties_that_raise_at_once_have_one_dispute(incident: Incident) -> None:
    excluded = {**RAISE, "asked": {"adjustments": [{**ASKED, "kind": "exclusion"}]}}
    answers = await asyncio.gather(
        *[incident.asks(who, "POST", "disputes", body) for who, body in (("budi", RAISE), ("rina", excluded)) * 3]
    )
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409, 409]
    assert len(await incident.told(disputes.DisputeRaised)) == 1
    assert len((await incident.asks("budi", "GET", "disputes")).json()["items"]) == 1


async def test_a_party_that_has_no_part_in_it_finds_nothing_there(incident: Incident) -> None:
    assert (await incident.asks("stranger", "POST", "disputes", RAISE)).status_code == 404
    clause = {
        **RAISE,
        "subject": {"kind": "clause", "clause": "objectives/availability"},
        "asked": {"terms": "clearer"},
    }
    assert (await incident.asks("stranger", "POST", "disputes", clause)).status_code == 404
    clock = {**RAISE, "subject": {"kind": "clock", "incident": "toko-checkout.checkout.0001", "clock": "response"}}
    assert (await incident.asks("stranger", "POST", "disputes", clock)).status_code == 404
    id = (await incident.asks("budi", "POST", "disputes", RAISE)).json()["id"]
    for path in ("accept", "answer", "withdraw"):
        body = {"accept": {"offer": 1}, "answer": {"statement": "x"}}.get(path, {})
        assert (await incident.asks("stranger", "POST", f"disputes/{id}/{path}", body)).status_code == 404
    assert (await incident.asks("stranger", "GET", f"disputes/{id}")).status_code == 404
    assert (await incident.asks("stranger", "GET", f"disputes/{id}/history")).status_code == 404
    assert (await incident.asks("stranger", "GET", "disputes")).json()["items"] == []
    assert (await incident.asks("stranger", "GET", "disputables")).json()["items"] == []
    assert (await incident.asks("operator", "POST", "disputes", RAISE)).status_code == 403
    assert (await incident.asks("reader", "POST", "disputes", RAISE)).status_code == 403
    assert (await incident.asks("rina", "POST", f"disputes/{id}/decide", {"result": "rejected", "statement": "no"}))\
        .status_code == 403  # fmt: skip


async def test_a_dispute_after_its_time_is_refused_and_the_time_runs_from_the_publication(incident: Incident) -> None:
    running = (await incident.asks("rina", "GET", "disputables?agreement=toko-checkout")).json()["items"][0]
    assert (running["final"], running["until"]) == (False, None)
    incident.clock.advance(timedelta(days=1))
    await incident.hears(topics.COMPLIANCE, verdict(compliance.PeriodClosed))
    closed = (await incident.asks("rina", "GET", "disputables")).json()["items"][0]
    assert (closed["final"], closed["until"]) == (True, "2027-01-02T17:00:00.000Z")
    incident.clock.set(datetime.fromisoformat(closed["until"]))
    late = await incident.asks("budi", "POST", "disputes", RAISE)
    assert (late.status_code, "ended at 2027-01-02T17:00:00.000Z" in late.text) == (409, True)
    incident.clock.advance(timedelta(milliseconds=-1))
    assert (await incident.asks("budi", "POST", "disputes", RAISE)).status_code == 201


async def test_silence_ends_it_as_agreed_after_reminders_and_the_time_that_nothing_ran_is_nobodys_loss(
    incident: Incident,
) -> None:
    id = (await incident.asks("budi", "POST", "disputes", RAISE)).json()["id"]
    for _ in range(3):
        due = await incident.docket.disputes.get(id)
        assert due.state.due_at is not None
        incident.clock.set(due.state.due_at)
        assert await incident.timers.fire_due() == 1
    assert await incident.timers.fire_due() == 0
    assert [each["awaits"] for each in await incident.told(disputes.DisputeReminded)] == [["nusantara"]] * 2
    settled = (await incident.asks("rina", "GET", f"disputes/{id}")).json()
    assert (settled["outcome"]["result"], settled["outcome"]["how"]) == ("upheld", "default")
    assert [each["default"] for each in await incident.told(disputes.DisputeStepDefaulted)] == ["upheld"]


async def test_the_mediators_and_the_forums_word_is_recorded_by_an_operator(incident: Incident) -> None:
    decision = {"result": "partly", "statement": "award 7", "remedy": {"adjustments": [{**ASKED, "kind": "exclusion"}]}}
    id = (await incident.asks("budi", "POST", "disputes", RAISE)).json()["id"]
    await incident.asks("rina", "POST", f"disputes/{id}/answer", {"statement": "no"})
    early = await incident.asks("operator", "POST", f"disputes/{id}/decide", decision)
    assert (early.status_code, "with the parties" in early.text) == (409, True)
    incident.clock.advance(timedelta(days=12))
    await incident.timers.fire_due()
    incident.clock.advance(timedelta(days=30))
    await incident.timers.fire_due()
    assert (await incident.asks("rina", "GET", "disputes?status=forum")).json()["items"][0]["id"] == id
    assert [each["forum"] for each in await incident.told(disputes.DisputeReferred)] == ["BANI"]
    decided = (await incident.asks("operator", "POST", f"disputes/{id}/decide", decision)).json()
    assert (decided["outcome"]["how"], decided["outcome"]["by"]) == ("forum", "operator-key")


async def test_the_mediator_decides_with_a_key_that_opens_what_they_mediate_and_nothing_else(
    incident: Incident,
) -> None:
    decision = {"result": "upheld", "statement": "the log is right"}
    id = (await incident.asks("budi", "POST", "disputes", RAISE)).json()["id"]
    assert (await incident.asks("mediator", "GET", f"disputes/{id}")).status_code == 200
    assert [each["id"] for each in (await incident.asks("mediator", "GET", "disputes")).json()["items"]] == [id]
    for other in ("colleague", "elsewhere"):
        assert (await incident.asks(other, "GET", f"disputes/{id}")).status_code == 404
        assert (await incident.asks(other, "GET", "disputes")).json()["items"] == []
        assert (await incident.asks(other, "POST", f"disputes/{id}/decide", decision)).status_code == 404
    assert (await incident.asks("mediator", "GET", "disputables")).json()["items"] == []
    early = await incident.asks("mediator", "POST", f"disputes/{id}/decide", decision)
    assert (early.status_code, "with the parties" in early.text) == (409, True)
    theirs = await incident.asks("mediator", "POST", f"disputes/{id}/answer", {"statement": "no"})
    assert theirs.status_code == 403, "what the parties say is theirs to say"
    await incident.asks("rina", "POST", f"disputes/{id}/answer", {"statement": "no"})
    refused = await incident.asks("rina", "POST", f"disputes/{id}/decide", decision)
    assert (refused.status_code, "the mediator" in refused.text) == (403, True)
    incident.clock.advance(timedelta(days=12))
    await incident.timers.fire_due()
    decided = (await incident.asks("mediator", "POST", f"disputes/{id}/decide", decision)).json()
    assert (decided["outcome"]["how"], decided["outcome"]["by"]) == ("mediator", "mediator-key")
    assert (await incident.asks("mediator", "POST", f"disputes/{id}/decide", decision)).status_code == 409


async def test_what_went_on_to_the_forum_is_no_longer_the_mediators(incident: Incident) -> None:
    id = (await incident.asks("budi", "POST", "disputes", RAISE)).json()["id"]
    await incident.asks("rina", "POST", f"disputes/{id}/answer", {"statement": "no"})
    for days in (12, 30):
        incident.clock.advance(timedelta(days=days))
        await incident.timers.fire_due()
    late = await incident.asks("mediator", "POST", f"disputes/{id}/decide", {"result": "upheld", "statement": "late"})
    assert (late.status_code, "the forum" in late.text) == (403, True)


async def test_both_figures_stay_the_incident_follows_and_nothing_happens_twice(incident: Incident) -> None:
    id = (await incident.asks("budi", "POST", "disputes", RAISE)).json()["id"]
    await incident.asks("rina", "POST", f"disputes/{id}/accept", {"offer": 1})
    for fact in [each for each in await incident.messages() if each["type"].startswith("sepakat.dispute.")]:
        kind = {each.type: each for each in (disputes.DisputeRaised, disputes.DisputeSettled)}[fact["type"]]
        await incident.hears(topics.INCIDENTS, kind.model_validate(fact["data"]), subject=id)
    now = {"attainment": "99.9990", "met": True, "state": "met", "credit_percent": None, "dispute": id}
    corrected, retracted = (verdict(kind, **now) for kind in (compliance.PeriodCorrected, compliance.BreachRetracted))
    cause = await incident.hears(topics.COMPLIANCE, corrected)
    await incident.hears(topics.COMPLIANCE, retracted)
    await incident.hears_again(topics.COMPLIANCE, corrected, cause)
    shown = (await incident.asks("budi", "GET", f"disputes/{id}")).json()
    assert (shown["measured"]["attainment"], shown["agreed"]["attainment"]) == ("99.8990", "99.9990")
    assert len(await incident.told(disputes.DisputeRecalculated)) == 1
    known, _ = await incident.incidents.visible("toko-checkout.checkout.0001", KEYS["budi"])
    notes = [
        each["note"] for each in entries_of(known, await incident.incidents.history(known)) if each["what"] == "Noted"
    ]
    assert [note.partition(": ")[2] for note in notes] == [
        "disputed by toko-maju (verdict)", "the dispute is upheld", "it was down"
    ]  # fmt: skip
    assert known.status.value == "resolved", "the breach was all that had opened it"


async def test_a_settled_matter_is_raised_again_only_on_a_figure_that_something_else_changed(
    incident: Incident,
) -> None:
    first = (await incident.asks("budi", "POST", "disputes", RAISE)).json()
    assert (await incident.asks("budi", "POST", f"disputes/{first['id']}/withdraw", {})).status_code == 200
    again = await incident.asks("budi", "POST", "disputes", RAISE)
    assert (again.status_code, "you withdrew" in again.text) == (409, True)
    second = (await incident.asks("rina", "POST", "disputes", RAISE)).json()
    assert second["number"] == first["number"] + "-2"
    await incident.asks("budi", "POST", f"disputes/{second['id']}/accept", {"offer": 1})
    incident.clock.advance(timedelta(days=1))
    await incident.hears(topics.COMPLIANCE, verdict(compliance.PeriodCorrected, dispute=second["id"]))
    assert (await incident.asks("budi", "POST", "disputes", RAISE)).status_code == 409
    incident.clock.advance(timedelta(days=1))
    await incident.hears(topics.COMPLIANCE, verdict(compliance.PeriodCorrected))
    assert (await incident.asks("budi", "POST", "disputes", RAISE)).status_code == 201


async def test_a_clock_a_credit_and_a_clause_are_disputed_in_their_own_ways(incident: Incident) -> None:
    clock = {
        "subject": {"kind": "clock", "incident": "toko-checkout.checkout.0001", "clock": "restoration"},
        "asked": {"adjustments": [{"kind": "case-time", "seconds": -600}]}, "statement": "we waited for them",
    }  # fmt: skip
    early = await incident.asks("rina", "POST", "disputes", clock)
    assert (early.status_code, "still runs" in early.text) == (409, True)
    await incident.is_resolved()
    raised = (await incident.asks("rina", "POST", "disputes", clock)).json()
    assert raised["asked"]["adjustments"] == [
        {"kind": "case-time", "ticket": "toko-checkout.checkout.0001", "seconds": -600}
    ]
    credit = {**RAISE, "subject": {"kind": "credit", "objective": "availability", "period": "2026-11-10T00:00:00Z"},
              "asked": {"credit_percent": "5"}}  # fmt: skip
    assert (await incident.asks("rina", "POST", "disputes", credit)).status_code == 201
    clause = {**RAISE, "subject": {"kind": "clause", "clause": "objectives/availability"},
              "asked": {"terms": "maintenance at night is no outage"}}  # fmt: skip
    assert (await incident.asks("rina", "POST", "disputes", clause)).status_code == 201
    assert len((await incident.asks("budi", "GET", "disputes?limit=2")).json()["items"]) == 2
    first = (await incident.asks("budi", "GET", "disputes?limit=2")).json()
    rest = (await incident.asks("budi", "GET", f"disputes?limit=2&cursor={first['next']}")).json()
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 3


async def test_what_was_recorded_of_a_clock_stays_beside_what_its_dispute_ended_in(incident: Incident) -> None:
    id = "toko-checkout.checkout.0001"
    incident.clock.advance(timedelta(hours=5))
    await incident.is_resolved()
    about = {"kind": "clock", "incident": id, "clock": "restoration"}
    asked = {"adjustments": [{"kind": "case-time", "seconds": -5400}]}
    body = {"subject": about, "asked": asked, "statement": "we waited for them"}
    raised = (await incident.asks("rina", "POST", "disputes", body)).json()
    recorded = {"value": "18000", "unit": "s", "target": "14400", "met": False, "state": "missed"}
    assert (raised["measured"], raised["agreed"]) == (recorded, None)
    settled = (await incident.asks("budi", "POST", f"disputes/{raised['id']}/accept", {"offer": 1})).json()
    agreed = {"value": "12600", "unit": "s", "target": "14400", "met": True, "state": "met"}
    assert (settled["measured"], settled["agreed"]) == (recorded, agreed)

    [told] = await incident.told(disputes.DisputeSettled)
    assert told["agreed"] == agreed
    fact = disputes.DisputeSettled.model_validate(told)
    cause = await incident.hears(topics.INCIDENTS, fact, subject=raised["id"])
    await incident.hears_again(topics.INCIDENTS, fact, cause)
    known = await incident.incidents.find(id)
    assert known is not None
    [restore] = shown(known, incident.clock.now())["clocks"]
    assert (restore["state"], restore["elapsed_seconds"]) == ("missed", 18_000.0)
    assert restore["agreed"] == {
        "elapsed_seconds": 12_600.0, "met": True, "dispute": raised["id"], "number": raised["number"],
    }  # fmt: skip
    timeline = entries_of(known, await incident.incidents.history(known))
    assert [each["seconds"] for each in timeline if each["what"] == "TimeAgreed"] == [-5400]


@pytest.mark.parametrize(
    ("subject", "pointer"),
    [
        ({"kind": "verdict"}, "/subject/objective"),
        ({"kind": "clock", "clock": "response"}, "/subject/incident"),
        ({"kind": "clock", "incident": "x"}, "/subject/clock"),
        ({"kind": "clause"}, "/subject/clause"),
        ({"kind": "clause", "clause": "objectives/none"}, "/subject/clause"),
        ({"kind": "nothing"}, "/subject/kind"),
    ],
)
async def test_a_subject_that_is_not_named_is_refused_by_field(
    incident: Incident, subject: dict[str, str], pointer: str
) -> None:
    refused = await incident.asks("budi", "POST", "disputes", {**RAISE, "subject": subject})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_two_instances_and_time_that_passed_while_neither_ran_end_a_step_once(incident: Incident) -> None:
    other = Incident(incident.commits.db)
    id = (await incident.asks("budi", "POST", "disputes", RAISE)).json()["id"]
    await incident.asks("rina", "POST", f"disputes/{id}/answer", {"statement": "no"})
    for each in (incident, other):
        each.clock.set(NOW + timedelta(days=200))
    await asyncio.gather(incident.timers.fire_due(), other.timers.fire_due())
    defaults = await incident.told(disputes.DisputeStepDefaulted)
    assert [(each["missed_act"], each["default"]) for each in defaults] == [("settle", "next")]
    [shown] = (await incident.asks("rina", "GET", "disputes?status=decide")).json()["items"]
    assert shown["turn"]["began_at"] == rfc3339(NOW + timedelta(days=200)), "the mediator has all of its time"


async def test_an_agreement_that_says_nothing_of_disputes_has_none(incident: Incident) -> None:
    text = AgreementTextPublished(
        agreement="toko-checkout", version=1, hash="h", effective_from=START, text=agreement_dict()
    )
    await incident.hears(topics.AGREEMENT_TEXTS, text)
    refused = await incident.asks("budi", "POST", "disputes", RAISE)
    assert (refused.status_code, "has no procedure for disputes" in refused.text) == (409, True)


async def test_a_figure_is_listed_though_its_text_has_not_come_yet(incident: Incident) -> None:
    early = verdict(compliance.PeriodClosed).model_copy(update={"version": 2})
    await incident.hears(topics.COMPLIANCE, early)
    [item] = (await incident.asks("budi", "GET", "disputables")).json()["items"]
    assert (item["final"], item["until"]) == (True, None)
    assert (await incident.asks("budi", "POST", "disputes", RAISE)).status_code == 404


async def test_an_older_event_that_comes_again_takes_no_figure_back(incident: Incident) -> None:
    before = await incident.hears(topics.COMPLIANCE, verdict(compliance.PeriodClosed))
    await incident.hears(topics.COMPLIANCE, verdict(compliance.PeriodCorrected, attainment="99.9500", met=True))
    await incident.hears_again(topics.COMPLIANCE, verdict(compliance.PeriodClosed), before)
    [item] = (await incident.asks("budi", "GET", "disputables")).json()["items"]
    assert item["figure"]["attainment"] == "99.9500"


async def test_a_repeated_post_raises_one_dispute(incident: Incident) -> None:
    key = {"Idempotency-Key": "k1"}
    first, second = [await incident.asks("budi", "POST", "disputes", RAISE, **key) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


async def test_a_breach_of_a_rolling_window_that_was_none_is_over_and_noted_by_one_and_the_same_event(
    incident: Incident,
) -> None:
    rolling = {"service": "search", "episode": "toko-checkout/availability/1"}
    breached, retracted = (
        verdict(kind).model_copy(update=rolling) for kind in (compliance.ObjectiveBreached, compliance.BreachRetracted)
    )
    await incident.hears(topics.COMPLIANCE, breached, subject="rolling", id="rolling breach")
    cause = await incident.hears(topics.COMPLIANCE, retracted, subject="rolling")
    await incident.hears_again(topics.COMPLIANCE, retracted, cause)
    known, _ = await incident.incidents.visible("toko-checkout.search.0001", KEYS["budi"])
    assert known.status.value == "resolved"
    told = [each["what"] for each in entries_of(known, await incident.incidents.history(known))]
    assert (told.count("Passed"), told.count("Noted")) == (1, 1), told


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"statement": "   "}, "/statement"), ({"asked": {"terms": " \n "}}, "/asked/terms")],
)
async def test_blanks_say_nothing(incident: Incident, changes: dict[str, Any], pointer: str) -> None:
    body = {**RAISE, "subject": {"kind": "clause", "clause": "services"}, "asked": {"terms": "by nine"}, **changes}
    refused = await incident.asks("budi", "POST", "disputes", body)
    assert (refused.status_code, refused.json()["errors"]) == (
        422, [{"pointer": pointer, "detail": "must not be empty"}]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "changes", "status", "pointer", "rule"),
    [
        ("budi", {"asked": {"credit_percent": "101"}}, 422, "/asked/credit_percent", "must be 100 at most"),
        ("budi", {"subject": {"kind": "verdict", "objective": "none"}}, 422, "/subject/objective",
         "'none' is not an objective of toko-checkout; it has availability"),
        ("budi", {"subject": {"kind": "verdict", "objective": "availability", "period": "2026-10-01T00:00:00Z"}}, 404,
         "/subject/period", "no figure of 'availability' was told of that time yet"),
        ("budi", {"agreement": "none"}, 404, "/agreement", "there is no agreement 'none' of yours"),
        ("stranger", {}, 404, "/agreement", "there is no agreement 'toko-checkout' of yours"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_dispute_names_its_field_and_the_rule(
    incident: Incident, who: str, changes: dict[str, Any], status: int, pointer: str, rule: str
) -> None:
    refused = await incident.asks(who, "POST", "disputes", {**RAISE, **changes})
    assert (refused.status_code, refused.json()["errors"]) == (status, [{"pointer": pointer, "detail": rule}])


@pytest.mark.parametrize("who", ["operator", "mediator"])
async def test_whoever_acts_for_no_party_is_told_so_whatever_they_name(incident: Incident, who: str) -> None:
    nothing = {**RAISE, "subject": {"kind": "verdict", "objective": "none"}}
    refused = await incident.asks(who, "POST", "disputes", nothing)
    assert (refused.status_code, "a dispute is a party's" in refused.text) == (403, True)


async def test_an_offer_of_more_credit_than_was_asked_names_what_it_may_be(incident: Incident) -> None:
    credit = {**RAISE, "subject": {"kind": "credit", "objective": "availability"}, "asked": {"credit_percent": "25"}}
    id = (await incident.asks("budi", "POST", "disputes", credit)).json()["id"]
    more = {"statement": "x", "offer": {"credit_percent": "50"}}
    refused = await incident.asks("rina", "POST", f"disputes/{id}/answer", more)
    assert refused.json()["errors"] == [
        {"pointer": "/offer/credit_percent", "detail": "must be from 10 to 25: what is owed and what was asked"}
    ]


async def test_a_clause_is_disputed_again_when_the_text_is_another(incident: Incident) -> None:
    clause = {**RAISE, "subject": {"kind": "clause", "clause": "services"}, "asked": {"terms": "by nine"}}
    id = (await incident.asks("budi", "POST", "disputes", clause)).json()["id"]
    await incident.asks("rina", "POST", f"disputes/{id}/accept", {"offer": 1})
    again = await incident.asks("budi", "POST", "disputes", clause)
    assert (again.status_code, "again on another version of the text" in again.text) == (409, True)


async def test_a_body_that_is_no_json_is_said_to_be_none(incident: Incident) -> None:
    transport = httpx.ASGITransport(incident.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://incidents") as http:
        headers = {"Authorization": "Bearer budi", "Content-Type": "application/json"}
        answer = await http.post("/v1/disputes", content='{"a', headers=headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (400, "")
    assert error["detail"].startswith("the body is no JSON; at character 1: ")
