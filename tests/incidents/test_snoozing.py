"""Putting an incident off for as long as the agreement allows, joining it, and what a link of a mail may do."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from story import Story

from sepakat_incidents import answers, deadlines, pressed, reopening, snoozing
from sepakat_incidents.clocks import Terms
from sepakat_incidents.escalation import Escalated, Ladder, Left, Rung
from sepakat_incidents.events import Joined, Resolved, Snoozed, Woken
from sepakat_incidents.handling import Handling
from sepakat_shared.contracts.notifications import NotificationAcknowledged, NotificationAnswered
from sepakat_shared.errors import Conflict, Forbidden, Invalid

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
FIRST, SECOND = Rung(("oncall",), 900), Rung(("rina",), 1800)
HOUR = timedelta(hours=1)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-24T{clock}:00+00:00").astimezone(UTC)


def story(*rungs: Rung, most: float | None = 3600, clocks: tuple[Terms, ...] = ()) -> Story:
    return Story(Handling("P1", Ladder(rungs or (FIRST, SECOND), snooze_seconds=most), clocks, 1))


def called(story: Story) -> list[tuple[str, tuple[str, ...]]]:
    return [(f"{each.at:%H:%M}", each.contacts) for each in story.events if isinstance(each, Escalated | Woken)]


def test_nobody_is_called_meanwhile_then_who_was_asked_is_and_the_ladder_has_the_time_it_had_left() -> None:
    put_off = story().at("08:05").do(snoozing.snooze, "oncall", PROVIDER, at("08:35"))
    assert put_off.incident.snoozed_until == at("08:35")
    put_off.at("09:00")
    assert called(put_off) == [("08:00", ("oncall",)), ("08:35", ("oncall",)), ("08:45", ("rina",))]
    assert put_off.incident.snoozed_until is None
    assert [each for each in put_off.types() if "snooze" in each] == ["incident.snoozed", "incident.snooze_ended"]


def test_all_the_times_together_are_never_longer_than_the_agreement_allows() -> None:
    put_off = story().do(snoozing.snooze, "oncall", PROVIDER, at("08:40"))
    assert snoozing.left_to_snooze(put_off.incident) == timedelta(minutes=20)
    with pytest.raises(Invalid, match="by 1200 seconds at most"):
        put_off.do(snoozing.snooze, "oncall", PROVIDER, at("09:01"))
    put_off.do(snoozing.snooze, "oncall", PROVIDER, at("09:00"))
    for again in (at("09:00"), at("08:50")):
        with pytest.raises(Invalid, match="/time"):
            put_off.do(snoozing.snooze, "oncall", PROVIDER, again)
    assert called(put_off.at("09:30")) == [("08:00", ("oncall",)), ("09:00", ("oncall",)), ("09:15", ("rina",))]
    with pytest.raises(Invalid, match="by 0 seconds"):
        put_off.do(snoozing.snooze, "rina", PROVIDER, at("09:31"))


@pytest.mark.parametrize(
    ("party", "most", "error"), [(CUSTOMER, 3600, Forbidden), (PROVIDER, None, Conflict), (None, 3600, None)]
)
def test_only_the_responsible_party_may_and_only_where_the_agreement_allows_it(
    party: str | None, most: float | None, error: type[Exception] | None
) -> None:
    asked = story(most=most)
    if error is not None:
        with pytest.raises(error):
            asked.do(snoozing.snooze, "x", party, at("08:10"))
        return
    assert asked.do(snoozing.snooze, "x", party, at("08:10")).incident.snoozed_until == at("08:10")


def test_what_somebody_has_in_hand_and_what_nobody_is_called_for_cannot_be_put_off() -> None:
    held = story().do(answers.acknowledge, "oncall", PROVIDER)
    with pytest.raises(Conflict, match="in hand"):
        held.do(snoozing.snooze, "oncall", PROVIDER, at("08:10"))
    spent = story(FIRST).at("08:30")
    with pytest.raises(Conflict, match="nobody is called"):
        spent.do(snoozing.snooze, "oncall", PROVIDER, at("08:40"))
    with pytest.raises(Conflict, match="is resolved"):
        story().resolve().do(snoozing.snooze, "oncall", PROVIDER, at("08:10"))


def test_whatever_else_moves_the_ladder_ends_it() -> None:
    taken = story().do(snoozing.snooze, "oncall", PROVIDER, at("08:30")).at("08:10")
    assert taken.do(answers.acknowledge, "oncall", PROVIDER).incident.snoozed_until is None
    assert called(taken.at("12:00")) == [("08:00", ("oncall",))]
    urgent = story().do(snoozing.snooze, "oncall", PROVIDER, at("08:30")).at("08:10")
    urgent.do(answers.escalate, "budi", "it spreads")
    assert (urgent.incident.snoozed_until, called(urgent)[-1]) == (None, ("08:10", ("rina",)))
    over = story().do(snoozing.snooze, "oncall", PROVIDER, at("08:30")).resolve()
    assert not any(isinstance(each, Woken) for each in over.at("12:00").events)


def test_clocks_go_on_and_so_does_a_level_that_little_time_is_left_for() -> None:
    boss = Rung(("boss",), 900, left=Left("restore", percent="50"))
    running = story(FIRST, boss, clocks=(Terms("restore", HOUR.total_seconds(), None, ()),))
    running.do(snoozing.snooze, "oncall", PROVIDER, at("08:45")).at("08:40")
    assert called(running) == [("08:00", ("oncall",)), ("08:30", ("boss",))]
    assert running.incident.snoozed_until == at("08:45"), "that has not moved the ladder"


def test_late_by_hours_who_was_asked_is_asked_again_and_has_what_was_left_of_the_time() -> None:
    late = story().at("08:05").do(snoozing.snooze, "oncall", PROVIDER, at("08:30")).late("11:00")
    assert called(late) == [("08:00", ("oncall",)), ("11:00", ("oncall",))]
    assert late.incident.due_at == at("11:10")


def test_whoever_joins_is_there_once_and_stops_nothing() -> None:
    joined = story().do(answers.join, "ana", PROVIDER).do(answers.join, "ana", PROVIDER)
    joined.do(answers.join, "budi", CUSTOMER)
    joined.do(answers.join, "ana", CUSTOMER)
    assert joined.incident.joined == ("nusantara/ana", "toko-maju/budi", "toko-maju/ana")
    assert [each.by for each in joined.events if isinstance(each, Joined)] == ["ana", "budi", "ana"]
    assert called(joined.at("08:20"))[-1] == ("08:15", ("rina",))
    with pytest.raises(Conflict):
        joined.resolve().do(answers.join, "dewi", PROVIDER)


def link(story: Story, answer: Any, party: str = PROVIDER, **more: Any) -> NotificationAnswered:
    return NotificationAnswered(
        notification="n1", channel="email", recipient="rina", about=story.incident.id, about_type="incident",
        party=party, at=story.clock.now(), incident=story.incident.id, contact="rina", answer=answer, **more,
    )  # fmt: skip


def press(story: Story, fact: NotificationAnswered) -> Story:
    story.take(pressed.decide(story.known, fact, story.clock.now(), HOUR))
    return story


def test_a_link_joins_puts_off_or_resolves_as_whose_mail_it_is() -> None:
    asked = story()
    press(asked, link(asked, "join", CUSTOMER))
    press(asked, link(asked, "snooze", until=at("08:20")))
    press(asked.at("08:10"), link(asked, "resolve", note="rolled back"))
    said = [each for each in asked.events if isinstance(each, Joined | Snoozed | Resolved)]
    assert [type(each) for each in said] == [Joined, Snoozed, Resolved]
    assert [each.by for each in said] == ["rina"] * 3
    assert isinstance(said[2], Resolved) and said[2].note == "rolled back"


@pytest.mark.parametrize(("answer", "party", "error"), [
    ("snooze", CUSTOMER, Forbidden), ("resolve", CUSTOMER, Forbidden), ("snooze", PROVIDER, Invalid),
])  # fmt: skip
def test_a_link_does_nothing_that_is_not_its_partys_to_do(answer: str, party: str, error: type[Exception]) -> None:
    asked = story()
    with pytest.raises(error):
        press(asked, link(asked, answer, party, until=at("10:00")))


def test_a_link_does_nothing_to_what_is_over() -> None:
    over = story().resolve()
    for answer in ("join", "snooze", "resolve"):
        with pytest.raises(Conflict):
            press(over, link(over, answer, until=at("08:10")))


def test_a_press_that_comes_again_changes_nothing_after_the_incident_began_anew() -> None:
    taken = story().at("08:05")
    ended = link(taken, "resolve")
    took = NotificationAcknowledged(**ended.model_dump(include=set(NotificationAcknowledged.model_fields)))

    def take(fact: NotificationAcknowledged) -> int:
        events = pressed.acknowledged(taken.known, taken.incident.id, fact, taken.clock.now())
        taken.take(events)
        return len(events)

    assert take(took) > 0 and take(took) == 0
    taken.at("08:06").do(answers.release, "rina", PROVIDER)
    before = len(taken.events)
    assert take(took) == 0
    press(taken, ended)
    assert len(taken.events) == before and taken.incident.is_open
    assert take(took.model_copy(update={"at": taken.clock.now()})) > 0
    again = taken.resolve().at("08:10")
    again.do(lambda line, id, now: reopening.reopen(line, id, "budi", CUSTOMER, "down again", HOUR, now))
    press(again, ended)
    assert again.incident.is_open
    press(again, link(again, "resolve"))
    assert not again.incident.is_open


class PuttingOff(RuleBasedStateMachine):
    """Whatever people do in whatever order: nobody is called while it is put off, and the agreement's time holds."""

    def __init__(self) -> None:
        super().__init__()
        self.story = story(FIRST, SECOND, Rung(("boss",), 600))
        self.before = len(self.story.events)

    def attempt(self, command: Any, *given: Any) -> None:
        with suppress(Conflict, Invalid):
            self.story.do(command, *given)

    @rule(minutes=st.integers(1, 90))
    def snooze(self, minutes: int) -> None:
        until = self.story.clock.now() + timedelta(minutes=minutes)
        self.attempt(snoozing.snooze, "oncall", PROVIDER, until)

    @rule(minutes=st.integers(1, 40))
    def time_passes(self, minutes: int) -> None:
        """One deadline after the other, each at its time."""
        until = self.story.clock.now() + timedelta(minutes=minutes)
        while (due := deadlines.due_at(self.story.incident)) is not None and due <= until:
            put_off = self.story.incident.snoozed_until
            self.story.clock.set(max(due, self.story.clock.now()))
            seen = len(self.story.events)
            self.story.fire()
            for each in self.story.events[seen:]:
                if isinstance(each, Escalated):
                    assert put_off is None or each.at >= put_off
        self.story.clock.set(until)

    @rule()
    def acknowledge(self) -> None:
        self.attempt(answers.acknowledge, "oncall", PROVIDER)

    @rule()
    def release(self) -> None:
        self.attempt(answers.release, "oncall", PROVIDER)

    @rule()
    def escalate(self) -> None:
        self.attempt(answers.escalate, "budi", None)

    @invariant()
    def it_is_never_put_off_for_longer_than_agreed(self) -> None:
        snoozed = [each.seconds for each in self.story.events if isinstance(each, Snoozed)]
        assert sum(snoozed) == self.story.incident.snoozed_seconds <= 3600

    @invariant()
    def what_is_put_off_goes_on_later(self) -> None:
        incident = self.story.incident
        if incident.snoozed_until is not None:
            assert incident.status.value == "open"
            assert incident.due_at is not None and incident.due_at >= incident.snoozed_until


PuttingOff.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
test_whatever_people_do_the_agreement_holds = PuttingOff.TestCase
