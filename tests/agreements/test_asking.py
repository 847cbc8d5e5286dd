"""The customer's people are asked about an incident that is closed, once, and what they answer is in the next pack."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from agreeing import day
from reviewing import OPENS, REVIEW, opened
from samples import agreement_dict

from sepakat_agreements import asking, feedback
from sepakat_agreements.agreement import Version
from sepakat_agreements.feedback import IncidentFeedbackAsked, OfIncident
from sepakat_agreements.handled import Handled
from sepakat_agreements.people import Named
from sepakat_cli.backends import Backend
from sepakat_shared.contracts import incidents, topics
from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.notifications import NotificationFeedbackGiven
from sepakat_shared.errors import Forbidden

NOW = datetime(2026, 4, 6, tzinfo=UTC)
SIGNERS = ("nusantara/rina", "toko-maju/budi")
NAMED = Named(SIGNERS, (*SIGNERS, "toko-maju/dewi", "nusantara/ana"))
CLOSED = Handled(
    "i.1", "I-1", "toko-checkout", "nusantara", "toko-maju", "checkout", {"en": "down"}, "P1", NOW, NOW,
    resolved_at=NOW, closed_at=NOW,
)  # fmt: skip


def version(**changes: Any) -> Version:
    return Version(1, agreement_dict(**changes), "sha256:x")


def asked(known: OfIncident | None = None, incident: Handled = CLOSED, now: datetime = NOW, **text: Any) -> list[str]:
    return [each for event in asking.ask(known, incident, version(**text), NAMED, now) for each in event.people]


def given(**changes: Any) -> NotificationFeedbackGiven:
    said: dict[str, Any] = {
        "notification": "n1", "channel": "email", "recipient": "budi", "about": "i.1/feedback",
        "about_type": "incident-feedback", "party": "toko-maju", "at": NOW, "incident": "i.1", "contact": "budi",
        "mark": 2, "words": "an hour is long",
    }  # fmt: skip
    return NotificationFeedbackGiven(**{**said, **changes})


def test_who_takes_part_in_reviews_for_the_customer_is_asked_else_who_signed_for_it() -> None:
    assert asked() == ["toko-maju/budi"]
    assert asked(review={**REVIEW, "chair": "dewi"}) == ["toko-maju/dewi", "toko-maju/budi"]
    assert asked(review={**REVIEW, "participants": ["ana"]}) == ["toko-maju/budi"]


def test_nobody_is_asked_of_what_is_open_or_a_part_of_another_nor_twice_nor_too_late() -> None:
    assert asked(incident=replace(CLOSED, closed_at=None)) == []
    assert asked(incident=replace(CLOSED, merged_into="i.2")) == []
    [event] = asking.ask(None, CLOSED, version(), NAMED, NOW)
    assert event.answer_by == NOW + asking.ASKED_FOR
    known = feedback.apply(None, event)
    assert asked(known, replace(CLOSED, reopened=1)) == []
    assert asked(now=NOW + asking.ASKED_FOR) == []
    assert asked(now=NOW + asking.ASKED_FOR - timedelta(seconds=1)) == ["toko-maju/budi"]


def test_who_has_said_it_already_is_not_asked_and_the_last_word_counts() -> None:
    [said] = asking.answered(None, CLOSED, given())
    known = feedback.apply(None, said)
    assert asked(known) == []
    assert asking.answered(known, CLOSED, given()) == []
    assert asking.answered(known, CLOSED, given(at=NOW - timedelta(hours=1), mark=5)) == []
    [again] = asking.answered(known, replace(CLOSED, resolved_at=None), given(at=NOW + timedelta(hours=1), mark=5))
    [answer] = feedback.apply(known, again).answers
    assert (answer.respondent, answer.marks[0].service, answer.marks[0].mark) == ("budi", "checkout", 5)
    with pytest.raises(Forbidden):
        asking.answered(None, CLOSED, given(party="nusantara", contact="rina"))


def test_what_was_said_before_anybody_was_asked_stays_when_they_are() -> None:
    [said] = asking.answered(None, CLOSED, given(contact="dewi"))
    [event] = asking.ask(feedback.apply(None, said), CLOSED, version(), NAMED, NOW)
    assert isinstance(event, IncidentFeedbackAsked)
    assert len(feedback.apply(feedback.apply(None, said), event).answers) == 1


@pytest.mark.servers
async def test_a_closed_incident_is_asked_about_once_and_the_answer_is_in_the_pack(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.in_force()
        began = day(2026, 2, 10)
        await world.tell_incident(1, began, 50)
        id = "toko-checkout.checkout.0001"
        about: dict[str, Any] = {
            "incident": id, "number": "CHECKOUT-0001", "agreement": "toko-checkout", "provider": "nusantara",
            "customer": "toko-maju", "service": "checkout", "title": Title(en="Checkout is down", id="Kasir mati"),
            "priority": "P1", "opened_at": began, "impact_started_at": began,
        }  # fmt: skip
        world.clock.set(began + timedelta(days=1))
        closed = incidents.IncidentClosed(**about, at=world.clock.now())
        for _ in range(2):
            await world.happens(topics.INCIDENTS, closed)
        asked = [data for type, data in await world.told() if type == "sepakat.incident_feedback.asked.v1"]
        assert [(each["number"], each["recipients"], each["title"]["id"]) for each in asked] == [
            ("CHECKOUT-0001", ["toko-maju/budi"], "Kasir mati")
        ]
        answer = given(incident=id, about=f"{id}/feedback", at=world.clock.now())
        await world.happens(topics.NOTIFICATIONS, answer)
        said = await world.get(f"/incidents/{id}/feedback")
        assert [(each["csat"], each["words"]) for each in said["answers"]] == [({"checkout": 2}, "an hour is long")]
        await world.pass_to(OPENS)
        pack = await world.ask("nusantara", "GET", "/v1/agreements/toko-checkout/reviews/1/pack")
        assert [each["words"] for each in pack["opinions"]] == ["an hour is long"]
