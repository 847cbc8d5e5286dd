"""What the facts of an incident say for those who read them: who said it, in which words, and why somebody is asked."""

from datetime import timedelta
from typing import Any

import pytest
from story import OPENED, Story

from sepakat_incidents import line as domain
from sepakat_incidents import pauses, pressed, reopening, triage
from sepakat_incidents.clocks import Terms
from sepakat_incidents.escalation import Ladder, Rung
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Trigger
from sepakat_incidents.triage import Sorting
from sepakat_shared.contracts.notifications import NotificationAnswered

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
CALLED = Ladder((Rung(("oncall",), 900),))


def facts(story: Story, type: str) -> list[dict[str, Any]]:
    """The data of all of that type, in order."""
    return [each.data for each in story.told if each.type == f"sepakat.incident.{type}.v1" and each.data is not None]


def test_that_it_is_over_says_who_of_whom_has_said_so_and_how() -> None:
    story = Story(Handling("P1")).at("08:10")
    answered = NotificationAnswered(
        notification="n1", channel="email", recipient="rina", about=story.incident.id, about_type="incident",
        incident=story.incident.id, answer="resolve", party=PROVIDER, contact="rina", at=story.clock.now(),
        note="a bigger disk",
    )  # fmt: skip
    story.take(pressed.decide(story.known, answered, story.clock.now(), timedelta(days=1)))
    [over] = facts(story, "resolved")
    assert (over["by"], over["party"], over["note"]) == ("rina", PROVIDER, "a bigger disk")
    [over] = facts(Story(Handling("P1")).resolve(), "resolved")
    assert "party" not in over and "note" not in over, "an operator, without a word"


def opened(trigger: Trigger) -> Story:
    story = Story(Handling("P2", CALLED))
    story.line, story.told = None, []
    about = About("toko-checkout", "checkout", PROVIDER, CUSTOMER)
    story.take(domain.begin(None, "toko-checkout.checkout", about, trigger, Handling("P2", CALLED), story.clock.now()))
    return story


def test_who_is_asked_hears_what_opened_it_and_what_was_written_then() -> None:
    now = Story(Handling("P2")).clock.now()
    title = {"en": "Orders are lost"}
    [asked] = facts(opened(Trigger("api", "api:1", "api/1", now, title, party=CUSTOMER, description="since\nnine")),
                    "escalated")  # fmt: skip
    assert (asked["cause"], asked["opened_by"], asked["description"]) == ("report", CUSTOMER, "since\nnine")
    [asked] = facts(opened(Trigger("alert", "alerts:x", "alertmanager/1", now, title, description="97 %")), "escalated")
    assert (asked["cause"], asked["via"], asked["description"]) == ("report", "alertmanager", "97 %")
    assert "opened_by" not in asked and "reopened" not in asked
    [asked] = facts(opened(Trigger("impairment", "impairment:x", "e1", now, title)), "escalated")
    assert asked["cause"] == "impairment" and "via" not in asked


def test_who_is_asked_after_a_reopening_hears_of_it_and_why() -> None:
    story = Story(Handling("P1", CALLED)).at("08:05").resolve().at("08:10")
    story.do(lambda line, id, now: reopening.reopen(line, id, "budi", CUSTOMER, "down again", timedelta(days=1), now))
    _, asked = facts(story, "escalated")
    assert asked["reopened"] == {"by": "budi", "party": CUSTOMER, "reason": "down again", "times": 1}


def test_that_it_is_worse_says_whom_another_ladder_asks_by_that() -> None:
    worse = Trigger("breach", "breach:a", "e2", Story(Handling("P2")).clock.now(), {"en": "A target is missed"})

    def raised_to(how: Handling) -> list[str]:
        story = Story(Handling("P2", CALLED))
        story.take(domain.attached(story.incident, worse, how, story.clock.now()))
        [raised] = facts(story, "raised")
        return list(raised.get("asks", []))

    assert raised_to(Handling("P1", Ladder((Rung(("oncall", "rina"), 300),)))) == ["oncall", "rina"]
    assert raised_to(Handling("P1", CALLED)) == [], "who was asked is asked still"


def test_a_request_says_until_when_it_can_be_answered_where_the_incident_is_over() -> None:
    waits = Terms("restore", 3600.0, None, ("waiting-for-customer",))
    span = OPENED, OPENED + timedelta(minutes=1)

    def asked(story: Story) -> dict[str, Any]:
        known, now = story.known, story.clock.now()
        story.take(pauses.request(known, story.incident.id, PROVIDER, "waiting-for-customer", span, None, "rina", now))
        [asked] = facts(story, "pause_requested")
        return asked

    assert "answer_by" not in asked(Story(Handling("P1", CALLED, (waits,))).at("08:05"))
    over = asked(Story(Handling("P1", CALLED, (waits,))).at("08:05").resolve())
    assert over["answer_by"] == "2026-11-25T08:05:00.000Z"


@pytest.mark.parametrize("reason", [None, "campaign week"])
def test_another_priority_says_how_it_was_sorted_where_nobody_gave_a_reason(reason: str | None) -> None:
    story = Story(Handling("P3")).at("08:05")
    sorting = Sorting(impact="high", urgency="low", reason=reason)
    now = story.clock.now()
    story.take(triage.triage(story.known, story.incident.id, sorting, lambda *_: Handling("P2"), "budi", CUSTOMER, now))
    [told] = facts(story, "prioritised")
    assert told["reason"] == (reason or "impact high, urgency low")
    assert (told.get("impact"), told.get("urgency")) == (("high", "low") if reason is None else (None, None))
