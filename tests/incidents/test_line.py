"""One incident per episode, its ladder, its end: pure decisions, driven by hand and by a rule-based machine."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sepakat_incidents import answers, clocks, deadlines, escalation, folding, pauses
from sepakat_incidents import line as domain
from sepakat_incidents.clocks import Terms
from sepakat_incidents.escalation import Escalated, Exhausted, Ladder, Left, Rung
from sepakat_incidents.events import (
    Acknowledged,
    Attached,
    Closed,
    Event,
    Foreseen,
    Opened,
    PauseAnswered,
    Planned,
    Raised,
    Resolved,
    Unacknowledged,
)
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Incident, Line, Status, Trigger
from sepakat_incidents.publish import of_line
from sepakat_shared.contracts.incidents import Cause
from sepakat_shared.errors import Conflict

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
DAY = timedelta(days=1)
ABOUT = About("toko-checkout", "checkout", "nusantara", "toko-maju")
LADDER = Ladder((Rung(("oncall",), 900), Rung(("rina", "budi"), 1800)), repeat=1, lasts_seconds=14_400)
ID = "toko-checkout.checkout"
CLOCKS = (
    Terms("first-response", 900, None, ("waiting-for-customer",)),
    Terms("restore", 4 * 3600, None, ("waiting-for-customer",)),
    Terms("update", 1800, None, ("waiting-for-customer",)),
)
LADDER_WITH_CLOCKS = Ladder(
    (
        Rung(("oncall", "rina"), 900, needed=2),
        Rung(("rina",), 1800, delay_seconds=300),
        Rung(("boss",), 3600, left=Left("restore", percent="25"), kind="hierarchical"),
    ),
    repeat=1, lasts_seconds=14_400,
)  # fmt: skip


def trigger(kind: Cause = "impairment", event: str = "e1", subject: str = "") -> Trigger:
    return Trigger(kind, subject or f"{kind}:x", event, NOW, {"en": "Checkout is down"})


def after(line: Line | None, events: object) -> Line:
    result = reduce(folding.apply, events, line)  # type: ignore[arg-type]
    assert isinstance(result, Line)
    return result


def opened(ladder: Ladder = LADDER) -> Line:
    return after(None, domain.begin(None, ID, ABOUT, trigger(), Handling("P1", ladder), NOW))


def begin(line: Line | None, cause: Trigger, now: datetime = NOW) -> list[Event]:
    return list(domain.begin(line, ID, ABOUT, cause, Handling("P1", LADDER), now))


def test_the_first_level_is_told_as_it_opens_and_what_comes_later_attaches() -> None:
    events = begin(None, trigger())
    assert [type(each) for each in events] == [Opened, Escalated]
    line = after(None, events)
    assert [type(each) for each in begin(line, trigger("breach", "e2"))] == [Attached]
    assert begin(line, trigger()) == []


def test_a_worse_cause_raises_the_priority_and_begins_another_ladder_at_its_foot() -> None:
    patient = Ladder((Rung(("oncall",), 14_400),))
    line = after(None, domain.begin(None, ID, ABOUT, trigger("risk"), Handling("P2", patient), NOW))
    worse = list(domain.begin(line, ID, ABOUT, trigger("impairment", "e2"), Handling("P1", LADDER), NOW))
    assert [type(each) for each in worse] == [Attached, Raised, Escalated]
    raised = after(line, worse).incident
    assert raised is not None
    assert (raised.priority, raised.level, raised.due_at) == ("P1", 1, NOW + timedelta(seconds=900))
    milder = domain.begin(after(line, worse), ID, ABOUT, trigger("risk", "e3", "risk:y"), Handling("P2", patient), NOW)
    assert [type(each) for each in milder] == [Attached]


def test_a_worse_cause_calls_nobody_again_once_somebody_has_taken_it_up() -> None:
    line = after(
        None, domain.begin(None, ID, ABOUT, trigger("risk"), Handling("P2", Ladder((Rung(("oncall",), 60),))), NOW)
    )
    line = after(line, answers.acknowledge(line, f"{ID}.0001", "oncall", "nusantara", NOW))
    worse = list(domain.begin(line, ID, ABOUT, trigger("impairment", "e2"), Handling("P1", LADDER), NOW))
    assert [type(each) for each in worse] == [Attached, Raised]


def test_the_ladder_walks_every_level_every_round_and_ends() -> None:
    line, told, now = opened(), [(1, 1)], NOW
    while line.incident is not None and line.incident.due_at is not None:
        now = line.incident.due_at
        for event in (events := deadlines.fire(line, now)):
            if isinstance(event, Escalated):
                told.append((event.level, event.round))
        line = after(line, events)
    assert told == [(1, 1), (2, 1), (1, 2), (2, 2)]
    assert now == NOW + timedelta(seconds=2 * (900 + 1800))
    assert isinstance(events[-1], Exhausted)


def test_a_deadline_that_passed_while_nothing_ran_fires_once() -> None:
    late = NOW + timedelta(minutes=20)
    line = after(opened(), deadlines.fire(opened(), late))
    assert deadlines.fire(line, late) == []


def test_only_the_responsible_partys_acknowledgement_stops_the_ladder() -> None:
    line = opened()
    theirs = answers.acknowledge(line, f"{ID}.0001", "budi", "toko-maju", NOW)
    assert isinstance(theirs[0], Acknowledged) and not theirs[0].stops_ladder
    line = after(line, theirs)
    assert line.incident is not None and line.incident.status is Status.OPEN
    line = after(line, answers.acknowledge(line, f"{ID}.0001", "rina", "nusantara", NOW))
    assert deadlines.fire(line, NOW + timedelta(hours=1)) == []
    assert answers.acknowledge(line, f"{ID}.0001", "rina", "nusantara", NOW) == []


def test_an_acknowledgement_that_has_lasted_too_long_starts_the_ladder_again() -> None:
    line = opened()
    line = after(line, answers.acknowledge(line, f"{ID}.0001", "rina", "nusantara", NOW))
    lapsed, again = deadlines.fire(line, NOW + timedelta(hours=4))
    assert isinstance(lapsed, Unacknowledged)
    assert isinstance(again, Escalated) and (again.level, again.round) == (1, 1)


def test_it_resolves_with_its_last_impairment_though_a_calendar_period_stays_breached() -> None:
    line = after(opened(), begin(opened(), trigger("breach", "e2")))
    events = domain.passed(line, "impairment:x", NOW + timedelta(minutes=9), NOW + timedelta(minutes=10), DAY)
    assert isinstance(events[-1], Resolved) and events[-1].impact_ended_at == NOW + timedelta(minutes=9)
    assert domain.passed(after(line, events), "impairment:x", NOW, NOW, DAY) == []


def test_a_rolling_breach_keeps_it_open_until_it_recovers() -> None:
    line = after(opened(), begin(opened(), trigger("breach", "e2", "breach:o/rolling")))
    line = after(line, domain.passed(line, "impairment:x", NOW, NOW, DAY))
    assert line.incident is not None and line.incident.status is Status.OPEN
    line = after(line, domain.passed(line, "breach:o/rolling", NOW, NOW, DAY))
    assert line.incident is not None and line.incident.status is Status.RESOLVED


def test_the_next_episode_opens_another_one_and_a_repeated_cause_does_not() -> None:
    line = after(opened(), domain.passed(opened(), "impairment:x", NOW, NOW, DAY))
    assert begin(line, trigger()) == []
    line = after(line, begin(line, trigger(event="e9")))
    assert line.incident is not None and line.incident.id == f"{ID}.0002"
    assert begin(line, trigger()) == []


def test_what_is_over_cannot_be_acknowledged() -> None:
    line = after(opened(), domain.resolve(opened(), f"{ID}.0001", "rina", None, NOW, DAY))
    with pytest.raises(Conflict, match="resolved"):
        answers.acknowledge(line, f"{ID}.0001", "rina", "nusantara", NOW)
    line = after(line, deadlines.fire(line, NOW + DAY))
    assert line.incident is not None and line.incident.status is Status.CLOSED
    with pytest.raises(Conflict, match="closed"):
        domain.resolve(line, f"{ID}.0001", "rina", None, NOW, DAY)


def test_an_incident_that_opened_before_its_text_came_gets_its_ladder_then() -> None:
    line = opened(Ladder())
    events = domain.plan(line, Handling("P1", LADDER), NOW)
    assert [type(each) for each in events] == [Planned, Escalated]
    assert domain.plan(after(line, events), Handling("P1", LADDER), NOW) == []


class LineMachine(RuleBasedStateMachine):
    """Any order of causes, ends, answers, pauses and passing time."""

    def __init__(self) -> None:
        super().__init__()
        self.line: Line | None = None
        self.now = NOW
        self.seen = 0
        self.place: tuple[int, int] | None = None
        """The level and round that the ladder told last, since it began at its foot."""
        self.read: dict[str, tuple[str, timedelta]] = {}

    def take(self, events: Sequence[Event]) -> None:
        for event in events:
            before = self.line.incident if self.line else None
            if isinstance(event, Opened):
                assert before is None or not before.is_open, "two incidents would be open on one line"
                self.place, self.read = None, {}
            if isinstance(event, Unacknowledged) and event.reason != "escalated":
                self.place = None
            if isinstance(event, Escalated):
                self.told(event, before)
            self.line = folding.apply(self.line, event)

    def told(self, event: Escalated, before: Incident | None) -> None:
        if event.reason == "time-left":
            assert before is not None and event.level not in before.foretold, "told twice without its mark"
            return
        expected = escalation.following(LADDER_WITH_CLOCKS, *(self.place or (0, 1)))
        assert (event.level, event.round) == expected, "a level was skipped, or told twice"
        assert before is None or not before.is_open or event.reason != "delay" or before.status is Status.OPEN
        self.place = event.level, event.round

    @property
    def incident(self) -> Incident:
        assert self.line is not None and self.line.incident is not None
        return self.line.incident

    @property
    def known(self) -> Line:
        assert self.line is not None
        return self.line

    @rule(kind=st.sampled_from(["impairment", "risk", "breach"]), again=st.booleans())
    def cause(self, kind: Cause, again: bool) -> None:
        self.seen += not again or self.seen == 0
        cause = trigger(kind, f"e{self.seen}")
        how = Handling("P1", LADDER_WITH_CLOCKS, CLOCKS, 1)
        self.take(domain.begin(self.line, ID, ABOUT, cause, how, self.now))

    @rule(subject=st.sampled_from(["impairment:x", "risk:x", "breach:x"]))
    def over(self, subject: str) -> None:
        self.take(domain.passed(self.line, subject, self.now, self.now, DAY))

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        events = deadlines.fire(self.line, self.now)
        marks = [event for event in events if isinstance(event, Foreseen) and event.measures == "restore"]
        assert [each.percent for each in marks] == sorted(each.percent for each in marks)
        self.take(events)
        assert deadlines.fire(self.line, self.now) == [], "what was due fires once"

    def is_open(self) -> bool:
        return self.line is not None and self.line.incident is not None and self.line.incident.is_open

    @precondition(is_open)
    @rule(party=st.sampled_from(["nusantara", "toko-maju"]), by=st.sampled_from(["oncall", "rina", "budi"]))
    def acknowledge(self, party: str, by: str) -> None:
        self.take(answers.acknowledge(self.known, self.incident.id, by, party, self.now))

    @precondition(is_open)
    @rule(party=st.sampled_from(["nusantara", "toko-maju"]))
    def update(self, party: str) -> None:
        self.take(answers.update(self.known, self.incident.id, "somebody", party, "it goes on", self.now))

    @precondition(is_open)
    @rule()
    def release(self) -> None:
        self.take(answers.release(self.known, self.incident.id, "oncall", "nusantara", self.now))

    @precondition(is_open)
    @rule()
    def escalate(self) -> None:
        place = escalation.following(LADDER_WITH_CLOCKS, self.incident.level, self.incident.round)
        if place is not None:
            self.take(answers.escalate(self.known, self.incident.id, "budi", None, self.now))

    @precondition(is_open)
    @rule()
    def hand_over(self) -> None:
        self.take(answers.hand_over(self.known, self.incident.id, "ana", "oncall", "nusantara", None, self.now))

    @precondition(is_open)
    @rule(contact=st.sampled_from(["oncall", "rina", "ana"]))
    def unreached(self, contact: str) -> None:
        self.take(answers.unreached(self.line, self.incident.id, contact, "550", self.now))

    @precondition(is_open)
    @rule(stop=st.booleans())
    def pause(self, stop: bool) -> None:
        if stop:
            self.take(pauses.pause(self.known, self.incident.id, "waiting-for-customer", "rina", self.now))
        else:
            self.take(pauses.resume(self.known, self.incident.id, "rina", self.now))

    @precondition(is_open)
    @rule(minutes=st.integers(1, 300), party=st.sampled_from(["nusantara", "toko-maju"]), granted=st.booleans())
    def agree_on_a_pause(self, minutes: int, party: str, granted: bool) -> None:
        incident, other = self.incident, {"nusantara": "toko-maju", "toko-maju": "nusantara"}[party]
        span = max(incident.opened_at, self.now - timedelta(minutes=minutes)), self.now
        if span[0] == span[1] or any(
            each.start < span[1] and span[0] < (each.end or self.now) for each in incident.pauses
        ):
            return
        why = "waiting-for-customer"
        self.take(pauses.request(self.known, incident.id, party, why, span, None, "somebody", self.now))
        asked = self.incident.requests[-1]
        events = pauses.answer(self.known, incident.id, asked.id, other, granted, "somebody", self.now)
        assert granted or [type(each) for each in events] == [PauseAnswered]
        self.take(events)
        if granted:
            self.read = {}  # what both agree on may take counted time back

    @precondition(is_open)
    @rule(hours=st.integers(1, 12), priority=st.sampled_from(["P1", "P2"]))
    def prioritise(self, hours: int, priority: str) -> None:
        terms = (CLOCKS[0], Terms("restore", hours * 3600, None, ("waiting-for-customer",)), CLOCKS[2])
        how = Handling(priority, LADDER_WITH_CLOCKS, terms, 1)
        started = {each.measures: each.started_at for each in self.incident.clocks}
        self.take(answers.prioritise(self.known, self.incident.id, how, "budi", "toko-maju", "campaign", self.now))
        assert {each.measures: each.started_at for each in self.incident.clocks} == started

    @precondition(lambda self: self.line is not None and self.line.incident is not None)
    @rule()
    def resolve_and_close(self) -> None:
        id = self.incident.id
        if self.incident.status is not Status.CLOSED:
            self.take(domain.resolve(self.known, id, "rina", None, self.now, DAY))
            events = domain.close(self.known, id, "rina", self.now)
            assert [type(each) for each in events] == [Closed]
            self.take(events)

    @invariant()
    def what_is_over_has_no_deadline_left(self) -> None:
        incident = self.line.incident if self.line else None
        if incident is not None and incident.status is Status.CLOSED:
            assert deadlines.due_at(incident) is None
            assert all(each.stopped_at is not None for each in incident.clocks)
            assert incident.pause is None
            assert incident.impact_ended_at is not None and incident.impact_ended_at >= incident.impact_started_at

    @invariant()
    def clocks_never_run_backwards(self) -> None:
        incident = self.line.incident if self.line else None
        for clock in incident.clocks if incident is not None else ():
            assert incident is not None
            used = clocks.elapsed(clock, incident.pauses, self.now)
            id, before = self.read.get(clock.measures, ("", timedelta(0)))
            if clock.measures != "update" and id == incident.id:
                assert used >= before
            self.read[clock.measures] = incident.id, used


TestLine = LineMachine.TestCase
TestLine.settings = settings(max_examples=60, deadline=None)


def test_each_step_is_told_as_a_fact_of_a_ticket_at_its_own_time() -> None:
    line = opened()
    told = [message for event in begin(None, trigger()) for message in of_line(event, line)]
    assert line.incident is not None
    id, (first, second, third) = line.incident.id, (NOW + timedelta(minutes=n) for n in (1, 2, 3))

    def take(events: Sequence[Event]) -> None:
        nonlocal line
        for event in events:
            line = folding.apply(line, event)
            told.extend(of_line(event, line))

    take(answers.acknowledge(line, id, "budi", "toko-maju", first))
    take(answers.acknowledge(line, id, "rina", "nusantara", second))
    take(domain.passed(line, "impairment:x", third - timedelta(seconds=30), third, DAY))
    tickets = [each for each in told if each.topic == "sepakat.metrics.v1"]
    assert [(each.data["fact"], each.at) for each in tickets if each.data] == [
        ("opened", "2026-11-24T08:00:00.000Z"), ("responded", "2026-11-24T08:02:00.000Z"),
        ("restored", "2026-11-24T08:02:30.000Z"), ("resolved", "2026-11-24T08:03:00.000Z"),
    ]  # fmt: skip
    assert {each.key for each in tickets} == {each.subject for each in tickets} == {"nusantara/checkout-tickets"}
    assert {each.data["agreement"] for each in tickets if each.data} == {line.about.agreement}
