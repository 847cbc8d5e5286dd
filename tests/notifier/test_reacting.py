"""Events become messages, once, in whatever order the topics bring them; on a real database."""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from facts import agreed, dispute, incident, objective
from samples import agreement_dict

from sepakat_cli.backends import Backend
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoint import Added, Endpoint
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.gathering import GATHERED
from sepakat_notifier.notification import Notification, Status, notification_id
from sepakat_notifier.planning import Planning
from sepakat_notifier.preference import OVER, Chosen, Preference, QuietHours, Vacation
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.reactions import Reactions
from sepakat_notifier.replays import Replays
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_notifier.subscription import Digest, Subscription
from sepakat_shared import mongo
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import disputes, feedback, incidents, lasting, proposals
from sepakat_shared.contracts.agreements import AgreementTextPublished, ContactRecorded
from sepakat_shared.contracts.fact import Fact, rfc3339
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Erased

pytestmark = pytest.mark.servers
CLOCK = SystemClock()
SIGNATORIES = [{"party": "nusantara", "contact": "rina", "key": "ed25519:x"},
               {"party": "toko-maju", "contact": "budi", "key": "ed25519:y"}]  # fmt: skip


class Notifier:
    """The notifier's reactions, without any delivery: what is planned stays planned."""

    def __init__(self, db: Any, settings: NotifierSettings) -> None:
        self.commits = commits = Commits(db, CLOCK)
        self.notifications, self.endpoints = Notifications(commits), Endpoints(commits)
        nobody: Any = None
        deliveries = Deliveries(self.notifications, {"chat": nobody}, settings, CLOCK)
        planning = Planning(self.notifications, deliveries)
        self.preferences = Preferences(commits)
        self.directory = Directory(db)
        self.reactions = Reactions(
            db, self.notifications, self.endpoints, self.directory, self.preferences, planning, CLOCK
        )

    async def hear(self, fact: Fact, id: str) -> None:
        body = json.dumps(fact.as_json()).encode()
        cause = Envelope(id, "/sepakat/test", fact.type, "s", rfc3339(CLOCK.now()), body, headers={"a.dot": "x"})
        await self.reactions.on_fact(fact, cause)

    async def hear_text(self, signatories: list[dict[str, str]] = SIGNATORIES) -> None:
        text = agreement_dict(metadata={"id": "toko"}, signatories=signatories)
        fact = AgreementTextPublished(
            agreement="toko", version=1, hash="sha256:x", effective_from=CLOCK.now(), text=text
        )
        await self.reactions.on_text(fact, Envelope("t", "/sepakat/test", fact.type, None, None, b""))

    async def hear_of(self, party: str, *contacts: str) -> None:
        for contact in contacts:
            fact = ContactRecorded(party=party, contact=contact, name=contact, language="en")
            await self.directory.on_contact(fact, Envelope("c", "/sepakat/test", fact.type, None, None, b""))

    async def forget(self, party: str, contact: str) -> None:
        cause = Envelope("c", "/sepakat/test", "t", None, None, b"")
        await self.directory.on_erased(Erased(key=f"{party}/{contact}"), cause)

    async def choose(self, party: str, contact: str, **chosen: Any) -> None:
        said = Preference(party, contact, **chosen)
        await self.preferences.execute(party, contact, lambda *_: [Chosen(said)], "test")

    async def found(self) -> list[Notification]:
        states = await self.notifications.all.states.find({}).to_list(None)
        return [self.notifications.all.read(each).state for each in states]

    async def planned(self) -> list[tuple[str, str]]:
        found = await self.notifications.all.states.find({}).to_list(None)
        return sorted((each["channel"], each["recipient"]) for each in found)

    async def planned_of(self, event: str) -> list[tuple[str, str]]:
        found = await self.found()
        return sorted((each.channel, each.recipient) for each in found if each.occasion.id == event)


@pytest.fixture
async def notifier(backend: Backend) -> AsyncIterator[Notifier]:
    settings = NotifierSettings.model_validate(
        {"kafka": backend.kafka, "mongo": backend.mongo, "notifier_secret_key": "a secret of thirty-two characters"}
    )
    client = mongo.open_client(settings)
    yield Notifier(client[f"reacting_{uuid.uuid4().hex[:8]}"], settings)
    await mongo.close_client(client)


async def test_mails_about_an_agreement_wait_for_its_text(notifier: Notifier) -> None:
    await notifier.hear(objective(), "e1")
    assert await notifier.planned() == []
    await notifier.hear_text()
    assert await notifier.planned() == [("email", "budi"), ("email", "rina")]
    await notifier.hear_text()
    await notifier.hear(objective(), "e1")
    assert len(await notifier.planned()) == 2, "neither the text nor the event tells anybody twice"
    await notifier.hear(objective(), "e2")
    assert len(await notifier.planned()) == 4


async def test_where_whoever_signed_has_left_the_others_of_the_party_are_told(notifier: Notifier) -> None:
    await notifier.hear_text()
    await notifier.hear_of("nusantara", "rina", "tom")
    await notifier.hear_of("toko-maju", "budi", "dwi", "wati")
    await notifier.hear(incident(incidents.IncidentOpened, incident="before"), "e1")
    await notifier.forget("toko-maju", "budi")
    await notifier.hear(incident(incidents.IncidentOpened), "e2")
    customer = [("email", each) for each in ("budi", "dwi", "wati")]
    assert await notifier.planned_of("e1") == [("email", "budi")]
    assert await notifier.planned_of("e2") == customer
    # Also those who hear how an incident goes that budi alone was told of while he was there, and what is asked of him.
    await notifier.hear(incident(incidents.IncidentUpdated, incident="before"), "e3")
    assert await notifier.planned_of("e3") == customer
    wati = incident(incidents.IncidentAcknowledged, incident="before", by="wati", party="toko-maju")
    await notifier.hear(wati, "e4")
    assert await notifier.planned_of("e4") == customer[:2], "whoever said it knows it"
    await notifier.hear(agreed(feedback.IncidentFeedbackAsked, recipients=("toko-maju/budi",)), "e5")
    assert await notifier.planned_of("e5") == customer


async def test_whoever_has_not_been_heard_of_yet_has_not_left(notifier: Notifier) -> None:
    await notifier.hear_of("toko-maju", "dwi")
    await notifier.hear_text()
    await notifier.hear(incident(incidents.IncidentOpened), "e1")
    assert await notifier.planned() == [("email", "budi")]
    signed = [*SIGNATORIES, {"party": "toko-maju", "contact": "ani", "key": "ed25519:z"}]
    await notifier.hear_text(signed)
    await notifier.forget("toko-maju", "budi")
    await notifier.hear(incident(incidents.IncidentOpened), "e2")
    assert await notifier.planned_of("e2") == [("email", "ani"), ("email", "budi")]


async def test_a_mediator_of_a_third_party_is_written_to_and_no_namesake(notifier: Notifier) -> None:
    await notifier.hear_text()
    for party in ("arbitrase", "stranger"):
        await notifier.hear_of(party, "arbiter")
    mediated = dispute(disputes.DisputeStepDefaulted, contact="arbiter", mediators=("arbitrase/arbiter",))
    await notifier.hear(mediated, "e1")
    assert await notifier.planned() == [("email", "arbiter"), ("email", "budi"), ("email", "rina")]
    assert {each.recipient: each.party for each in await notifier.found()}["arbiter"] == "arbitrase"


async def test_a_reader_has_their_own_clock_and_the_days_of_the_agreement(notifier: Notifier) -> None:
    await notifier.hear_text()
    known = ContactRecorded(party="nusantara", contact="tom", name="Tom", language="en", time_zone="Europe/London")
    await notifier.directory.on_contact(known, Envelope("c", "/sepakat/test", known.type, None, None, b""))
    reader = await notifier.directory.reader(["nusantara"], "tom", "toko")
    assert (reader.time_zone, reader.agreement_zone) == ("Europe/London", "Asia/Jakarta")


async def test_people_go_by_their_names_while_a_mail_can_be_written_to_them(notifier: Notifier) -> None:
    for contact, email in (("ari", "ari@arbitrase.example"), ("ben", None)):
        known = ContactRecorded(party="arbitrase", contact=contact, name=contact.title(), language="en", email=email)
        await notifier.directory.on_contact(known, Envelope("c", "/sepakat/test", known.type, None, None, b""))
    called = ["arbitrase", "arbitrase/ari", "arbitrase/ben", "arbitrase/nobody"]
    assert await notifier.directory.names(called) == {"arbitrase": "arbitrase", "arbitrase/ari": "Ari"}


async def test_who_was_told_of_an_incident_hears_its_end(notifier: Notifier) -> None:
    await notifier.hear_text()
    await notifier.hear(incident(incidents.IncidentOpened), "e1")
    await notifier.hear(incident(incidents.IncidentEscalated), "e2")
    assert await notifier.planned() == [("email", "budi"), ("email", "oncall")]
    await notifier.hear(incident(incidents.IncidentResolved), "e3")
    assert await notifier.planned() == [("email", "budi")] * 2 + [("email", "oncall")] * 2


async def test_an_endpoint_is_told_of_what_its_party_wants_and_of_nothing_from_before_it(notifier: Notifier) -> None:
    await notifier.hear(incident(incidents.IncidentClosed), "before")

    async def add(id: str, party: str, *types: str) -> None:
        endpoint = Endpoint(id, party, "https://hooks.example/", types, "sealed", CLOCK.now())
        await notifier.endpoints.all.execute(id, lambda *_: [Added(endpoint)], by="test")

    await add("all", "toko-maju")
    await add("some", "nusantara", "sepakat.objective.*")
    await add("others", "stranger")
    fact = incident(incidents.IncidentClosed)
    old = Envelope("before", "/sepakat/test", fact.type, "s", "2026-01-01T00:00:00.000Z", b"{}")
    await notifier.reactions.on_fact(fact, old)
    assert await notifier.planned() == []
    await notifier.hear(fact, "e1")
    assert await notifier.planned() == [("webhook", "all")]


async def test_a_level_of_the_escalation_calls_the_endpoint_that_it_names(notifier: Notifier) -> None:
    for id, party in (("pager", "nusantara"), ("elsewhere", "stranger")):
        endpoint = Endpoint(id, party, "https://hooks.example/", ("sepakat.objective.*",), "sealed", CLOCK.now())
        await notifier.endpoints.all.execute(id, lambda *_, added=endpoint: [Added(added)], by="test")
    named = incident(incidents.IncidentEscalated, webhooks=("pager", "elsewhere"))
    await notifier.hear(named, "e1")
    assert await notifier.planned() == [("email", "oncall"), ("webhook", "elsewhere"), ("webhook", "pager")]
    [other] = [each for each in await notifier.found() if each.recipient == "elsewhere"]
    assert (other.status, other.by_choice) == (Status.SUPPRESSED, False), "of the two parties alone"
    assert other.reason == "no endpoint of nusantara or toko-maju"
    assert (other.party, other.parties) == (None, ("nusantara", "toko-maju"))
    since = CLOCK.now() - timedelta(hours=1)
    replayed = [await Replays(notifier.notifications).replay(each, since, "test") for each in ("pager", "elsewhere")]
    assert replayed == [0, 0], "one is pending, the other was never the stranger's"


async def test_a_forecast_of_what_is_over_is_left_out_and_says_why(notifier: Notifier) -> None:
    """Where the service was away, forecasts and the miss come at once, in their order."""
    hook = Endpoint("hook", "nusantara", "https://hooks.example/", ("sepakat.clock.*",), "sealed", CLOCK.now())
    for endpoint in (hook, replace(hook, id="room", url="", kind="chat", service="slack")):
        await notifier.endpoints.all.execute(endpoint.id, lambda *_, added=endpoint: [Added(added)], by="test")
    await notifier.hear_text()
    forecast = incident(incidents.ClockForecast, percent=90)
    await notifier.hear(forecast.model_copy(update={"at": forecast.due_at}), "over")
    await notifier.hear(forecast.model_copy(update={"at": forecast.due_at - timedelta(seconds=1)}), "soon")
    await notifier.hear(incident(incidents.ClockMissed, at=forecast.due_at), "missed")
    found = await notifier.found()
    ended = {(each.occasion.id, each.channel): each.status for each in found if each.recipient != "budi"}
    left_out = {key for key, status in ended.items() if status is Status.SUPPRESSED}
    assert left_out == {("over", "email"), ("over", "chat")}, "systems get every event of a clock"
    assert len(ended) == 9
    assert {(each.reason, each.by_choice) for each in found if each.status is Status.SUPPRESSED} == {(OVER, True)}


async def test_people_are_told_as_they_have_said_and_what_they_left_out_says_why(notifier: Notifier) -> None:
    await notifier.hear_text()
    await notifier.hear_of("nusantara", "oncall")
    await notifier.hear_of("toko-maju", "budi")
    await notifier.choose("toko-maju", "budi", muted=True)
    week = timedelta(days=7)
    await notifier.choose("nusantara", "oncall", vacation=Vacation(CLOCK.now() - week, CLOCK.now() + week, "ana"))
    await notifier.hear(incident(incidents.IncidentOpened), "e1")
    await notifier.hear(incident(incidents.IncidentEscalated), "e2")
    await notifier.hear(objective(), "e3")
    found = await notifier.found()
    ended = {(each.recipient, each.occasion.id): (each.status.value, each.reason) for each in found}
    assert ended == {
        ("budi", "e1"): ("suppressed", "unsubscribed from news"),
        ("ana", "e2"): ("pending", None),
        ("oncall", "e2"): ("suppressed", "on vacation; ana is told instead"),
        ("budi", "e3"): ("pending", None),
        ("rina", "e3"): ("pending", None),
    }
    commits = [await notifier.commits.of(f"notification/{each.id}") for each in found if each.status == "suppressed"]
    told = [message["data"]["by_choice"] for of in commits for each in of for message in each["messages"]]
    assert told == [True, True], "so that nobody takes them for people whom no message reaches"


async def test_what_one_party_says_redirects_nothing_that_the_other_is_told(notifier: Notifier) -> None:
    await notifier.hear_of("nusantara", "oncall")
    await notifier.hear_of("toko-maju", "oncall")
    await notifier.choose("toko-maju", "oncall", language="id")
    await notifier.hear(incident(incidents.IncidentEscalated), "e1")
    [planned] = await notifier.found()
    assert (planned.recipient, planned.party) == ("oncall", "nusantara"), "whose ladder it is"


async def test_of_two_people_with_one_id_each_hears_what_is_told_to_their_party(notifier: Notifier) -> None:
    await notifier.hear_text([{**each, "contact": "oncall"} for each in SIGNATORIES])
    await notifier.hear_of("nusantara", "oncall")
    await notifier.hear_of("toko-maju", "oncall")
    said = {"by": "oncall", "party": "nusantara"}
    forecast = {"percent": 75, "responsible": "nusantara"}
    asked = incident(incidents.IncidentEscalated, contacts=("oncall",), responsible="nusantara")
    events = {
        "opened": (incident(incidents.IncidentOpened), {"toko-maju/oncall"}),
        # The provider's oncall is asked by the next event, and has not heard of it before.
        "worse": (incident(incidents.IncidentRaised, asks=("oncall",)), {"toko-maju/oncall"}),
        "asked": (asked, {"nusantara/oncall"}),
        "worse still": (incident(incidents.IncidentRaised, asks=("oncall",)), {"toko-maju/oncall"}),
        "P1": (incident(incidents.IncidentPrioritised), {"nusantara/oncall", "toko-maju/oncall"}),
        "taken up": (incident(incidents.IncidentAcknowledged, **said), {"toko-maju/oncall"}),
        "comment": (incident(incidents.IncidentCommented, **said), {"toko-maju/oncall"}),
        "soon": (incident(incidents.ClockForecast, **forecast), {"nusantara/oncall"}),
        "customer's": (
            incident(incidents.IncidentHandedOver, contacts=("oncall",), responsible="toko-maju"), {"toko-maju/oncall"}
        ),
    }  # fmt: skip
    for _ in range(2):
        for id, (fact, _) in events.items():
            await notifier.hear(fact, id)
    told: dict[str, list[str]] = {}
    for each in await notifier.found():
        if each.occasion.type == GATHERED:
            continue  # the customer's has heard much of late
        told.setdefault(each.occasion.id, []).append(f"{each.party}/{each.recipient}")
    assert {id: sorted(people) for id, people in told.items()} == {
        id: sorted(people) for id, (_, people) in events.items()
    }  # fmt: skip


async def test_what_one_of_two_people_with_one_id_was_told_of_late_sums_up_nothing_for_the_other(
    notifier: Notifier,
) -> None:
    await notifier.hear_text([SIGNATORIES[0], {**SIGNATORIES[1], "contact": "oncall"}])
    await notifier.hear_of("nusantara", "oncall")
    await notifier.hear_of("toko-maju", "oncall")
    await notifier.hear(incident(incidents.IncidentOpened), "e0")
    for n in range(1, 8):
        await notifier.hear(incident(incidents.IncidentUpdated, by="rina"), f"e{n}")
    asked = incident(incidents.IncidentEscalated, contacts=("oncall",), responsible="nusantara")
    await notifier.hear(asked, "asked")
    await notifier.hear(incident(incidents.IncidentUpdated, by="rina"), "after")
    [mine] = [each for each in await notifier.found() if (each.party, each.occasion.id) == ("nusantara", "after")]
    assert mine.within is None


async def test_who_left_a_low_priority_out_hears_when_it_becomes_a_high_one(notifier: Notifier) -> None:
    await notifier.hear_text()
    await notifier.hear_of("toko-maju", "budi")
    await notifier.choose("toko-maju", "budi", minimum_priority="P2")
    await notifier.hear(incident(incidents.IncidentOpened, priority="P3"), "e1")
    await notifier.hear(incident(incidents.IncidentUpdated, priority="P3"), "e2")
    await notifier.hear(incident(incidents.IncidentRaised, priority="P1"), "e3")
    assert {each.occasion.id: each.status.value for each in await notifier.found()} == {
        "e1": "suppressed", "e2": "suppressed", "e3": "pending"
    }  # fmt: skip


async def test_a_delegate_who_left_news_out_is_told_for_who_is_away(notifier: Notifier) -> None:
    await notifier.hear_of("nusantara", "ana", "oncall")
    week = timedelta(days=7)
    await notifier.choose("nusantara", "ana", muted=True)
    await notifier.choose("nusantara", "oncall", vacation=Vacation(CLOCK.now() - week, CLOCK.now() + week, "ana"))
    await notifier.hear(incident(incidents.IncidentEscalated), "e1")
    await notifier.hear(incident(incidents.IncidentResolved), "e2")
    assert {(each.recipient, each.occasion.id): each.status.value for each in await notifier.found()} == {
        ("ana", "e1"): "pending", ("oncall", "e1"): "suppressed",
        ("ana", "e2"): "pending", ("oncall", "e2"): "suppressed",
    }  # fmt: skip


async def test_both_parties_hear_of_their_agreement_where_both_have_a_contact_of_one_id(notifier: Notifier) -> None:
    await notifier.choose("toko-maju", "admin", language="id")
    shared = ("nusantara/admin", "toko-maju/admin")
    told = agreed(lasting.TerminationGiven, contacts=("admin", "admin"), recipients=shared)
    for _ in range(2):
        await notifier.hear(told, "e1")
    assert sorted((each.party, each.recipient) for each in await notifier.found()) == [
        ("nusantara", "admin"), ("toko-maju", "admin")
    ]  # fmt: skip
    made = agreed(proposals.ProposalMade, contacts=("admin",), recipients=("toko-maju/admin",))
    await notifier.hear(made, "e2")
    [alone] = [each for each in await notifier.found() if each.occasion.id == "e2"]
    assert (alone.party, alone.id) == ("toko-maju", notification_id("e2", "email", "admin")), (
        "the id that it always had"
    )
    await notifier.hear(agreed(proposals.ProposalMade, contacts=("admin",)), "e3")
    [earlier] = [each for each in await notifier.found() if each.occasion.id == "e3"]
    assert earlier.party is None, "of earlier versions, who have not said whose contact it is"


# -- several readers of one room or mailbox ----------------------------------------------------------------------------

ALL_DAY = QuietHours(time(0), time(0), "UTC", but_highest=False)


async def test_a_mailbox_of_several_people_gets_one_mail_when_the_most_eager_of_them_wants_it(
    notifier: Notifier,
) -> None:
    await notifier.hear_text()
    for party, contact in (("nusantara", "oncall"), ("nusantara", "ana"), ("toko-maju", "budi")):
        fact = ContactRecorded(
            party=party, contact=contact, name=contact, language="en",
            email="Desk@nusantara.example" if contact == "ana" else "desk@nusantara.example",
        )  # fmt: skip
        await notifier.directory.on_contact(fact, Envelope("c", "/sepakat/test", fact.type, None, None, b""))
    asked = ("oncall", "ana", "budi")
    await notifier.hear(incident(incidents.IncidentEscalated, contacts=asked), "e1")
    both = ("nusantara/oncall", "nusantara/ana")
    await notifier.hear(agreed(feedback.IncidentFeedbackAsked, recipients=both), "asked")
    await notifier.choose("nusantara", "oncall", quiet=ALL_DAY)
    await notifier.hear(incident(incidents.IncidentUpdated), "e2")
    await notifier.choose("nusantara", "ana", muted=True)
    await notifier.hear(incident(incidents.IncidentUpdated), "e3")

    found = {(each.occasion.id, each.recipient): each for each in await notifier.found()}
    ended = {key: (each.status.value, each.reason) for key, each in found.items()}
    twice = "is told in the same mailbox as:"
    assert ended == {
        # Each has a link of their own: one acknowledgement, or one answer, does not stand for another's.
        **{(event, who): ("pending", None) for event in ("e1", "asked") for who in ("oncall", "ana")},
        ("e2", "ana"): ("pending", None), ("e2", "oncall"): ("suppressed", f"{twice} ana"),
        ("e3", "ana"): ("suppressed", "unsubscribed from news"), ("e3", "oncall"): ("pending", None),
        **{(event, "budi"): ("pending", None) for event in ("e1", "e2", "e3")},  # what is another party's is another's
    }  # fmt: skip
    assert found["e2", "oncall"].by_choice, "so that the escalation takes nobody for unreached"
    in_hand = timedelta(minutes=5)
    assert (found["e2", "ana"].due_at or CLOCK.now()) < CLOCK.now() + in_hand
    assert found["e3", "oncall"].holder == "", "it waits for the end of the quiet hours"
    instead = await notifier.notifications.told_instead("toko.checkout.0001", "e2", found["e2", "ana"])
    assert instead == [found["e2", "oncall"].id], "who is to be told where ana cannot be"


async def test_a_room_hears_of_it_once_when_the_most_eager_of_its_readers_wants_it(notifier: Notifier) -> None:
    await notifier.hear_text()
    await notifier.hear_of("nusantara", "oncall", "ana")
    for id, types in (("room", ()), ("desk", ("sepakat.incident.*",))):
        room = Endpoint(
            id, "nusantara", "", types, "sealed", CLOCK.now() - timedelta(1), kind="chat", service="slack-bot"
        )
        await notifier.endpoints.execute(id, lambda _known, _now, room=room: [Added(room)], "test")  # type: ignore[misc]
    await notifier.hear(incident(incidents.IncidentEscalated, contacts=("oncall", "ana")), "e1")
    hourly = (Subscription(ways=("room", "desk"), digest=Digest("hour", "UTC")),)
    await notifier.choose("nusantara", "oncall", subscriptions=hourly, quiet=ALL_DAY)
    await notifier.choose("nusantara", "ana", subscriptions=hourly)
    low = {"priority": "P3"}
    await notifier.hear(incident(incidents.IncidentUpdated, **low), "e2")
    await notifier.choose("nusantara", "ana", subscriptions=(Subscription(ways=("room",)),))
    await notifier.hear(incident(incidents.IncidentUpdated, **low), "e3")

    rooms = [each for each in await notifier.found() if each.channel == "chat" and each.occasion.type != GATHERED]
    said = {(each.occasion.id, each.recipient): each for each in rooms}
    assert len(rooms) == len(said) and said.keys() == {(f"e{n}", "desk") for n in (1, 2, 3)} | {
        ("e2", "room"), ("e3", "room")
    }  # fmt: skip
    hour = CLOCK.now() + timedelta(hours=1, minutes=6)
    waits = said["e2", "room"]
    assert waits.within is not None and (waits.due_at or hour) < hour, "ana's digest, and not the end of the night"
    assert said["e3", "room"].within is None and said["e3", "room"].holder != "", "ana reads it at once now"
    assert all(each.within is None and each.holder for (_, to), each in said.items() if to == "desk"), "it hears itself"
