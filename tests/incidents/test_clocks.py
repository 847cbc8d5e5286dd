"""The arithmetic of clocks: business hours, pauses, marks; and the same answer as the measurement of cases gives."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepakat_incidents import clocks
from sepakat_incidents.clocks import Clock, Mark, Pause, Terms
from sepakat_metrics.cases import Clock as CaseClock
from sepakat_metrics.cases import Step, cases
from sepakat_shared.calendars import from_ms, in_hours, to_ms
from sepakat_shared.contracts import texts

WAITING = "waiting-for-customer"
OFFICE: dict[str, Any] = {
    "id": "office", "timeZone": "Europe/Berlin",
    "weekly": {"mon-thu": "08:00-17:00", "fri": ["08:00-11:30", "13:00-17:00"]},
}  # fmt: skip
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)  # nine o'clock in Berlin
HOUR = timedelta(hours=1)


def clock(hours: float = 4, calendar: dict[str, Any] | None = None, started: datetime = MONDAY, **more: Any) -> Clock:
    return Clock(Terms("restore", hours * 3600, calendar, (WAITING,)), started, **more)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_a_deadline_in_business_hours_skips_the_weekend_and_stays_on_closing_time() -> None:
    assert clocks.due_at(clock(16, OFFICE), []) == at(24, 15)
    # On Friday 3.5 and 4 hours: eight hours from Friday morning end on Monday at half past eight.
    assert clocks.due_at(clock(8, OFFICE, at(27, 7)), []) == at(30, 7, 30)
    assert clocks.due_at(clock(7.5, OFFICE, at(27, 7)), []) == at(27, 16)


def test_a_pause_stops_the_clock_and_the_deadline_moves_by_what_it_took() -> None:
    paused = [Pause(WAITING, MONDAY + HOUR)]
    assert clocks.due_at(clock(), paused) is None
    assert clocks.is_paused(clock(), paused)
    assert clocks.elapsed(clock(), paused, MONDAY + 9 * HOUR) == HOUR
    over = [Pause(WAITING, MONDAY + HOUR, MONDAY + 3 * HOUR)]
    assert clocks.due_at(clock(), over) == MONDAY + 6 * HOUR
    for_another_reason = [Pause("waiting-for-parts", MONDAY + HOUR)]
    assert clocks.due_at(clock(), for_another_reason) == MONDAY + 4 * HOUR


def test_when_a_clock_that_has_stopped_was_due_no_later_pause_moves() -> None:
    stopped = clock(stopped_at=MONDAY + 2 * HOUR)
    later = [Pause(WAITING, MONDAY + 3 * HOUR, MONDAY + 5 * HOUR)]
    assert clocks.due_at(stopped, later) == clocks.due_at(stopped, []) == MONDAY + 4 * HOUR
    around = [Pause(WAITING, MONDAY + HOUR, MONDAY + 9 * HOUR)]
    assert (
        clocks.due_at(stopped, around) == clocks.due_at(stopped, [Pause(WAITING, MONDAY + HOUR)]) == MONDAY + 5 * HOUR
    )


def test_what_was_due_before_it_was_paused_stays_due() -> None:
    assert clocks.due_at(clock(), [Pause(WAITING, MONDAY + 5 * HOUR)]) == MONDAY + 4 * HOUR


def test_forecasts_come_one_after_the_other_and_the_limit_is_missed_when_it_is_exceeded() -> None:
    marks = [clocks.next_mark(clock(told=told), []) for told in (0, 50, 75, 90)]
    assert marks == [
        Mark(MONDAY + 2 * HOUR, 50), Mark(MONDAY + 3 * HOUR, 75), Mark(MONDAY + 3.6 * HOUR, 90),
        Mark(MONDAY + 4 * HOUR + timedelta(milliseconds=1), None),
    ]  # fmt: skip
    assert clocks.next_mark(clock(told=90, missed_at=MONDAY), []) is None
    assert clocks.next_mark(clock(stopped_at=MONDAY + 4 * HOUR), []) is None
    assert clocks.met(clock(stopped_at=MONDAY + 4 * HOUR), [], MONDAY + 9 * HOUR)


def test_another_limit_keeps_the_start_and_forgets_what_is_no_longer_true() -> None:
    now = MONDAY + 5 * HOUR
    missed = clock(told=90, missed_at=MONDAY + 4 * HOUR)
    looser = clocks.retimed(missed, Terms("restore", 8 * 3600), [], now)
    assert (looser.started_at, looser.told, looser.missed_at) == (MONDAY, 50, None)
    stricter = clocks.retimed(clock(told=50), Terms("restore", 3600), [], now)
    assert clocks.next_mark(stricter, []) == Mark(MONDAY + timedelta(minutes=45), 75)


def test_a_calendar_that_never_opens_has_no_deadline() -> None:
    assert clocks.due_at(clock(1, {**OFFICE, "weekly": {}}), []) is None


minutes = st.integers(0, 20_000)
some_pauses = st.lists(st.tuples(minutes, st.integers(1, 3000)), max_size=4)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 5000), st.sampled_from([None, OFFICE]), some_pauses, minutes, st.none() | minutes,
    st.integers(0, 10_000),
)  # fmt: skip
def test_a_clock_says_what_the_measurement_of_cases_says(
    limit: int, calendar: dict[str, Any] | None, spans: list[tuple[int, int]], as_of: int, stop: int | None, shift: int
) -> None:
    start = MONDAY + timedelta(minutes=shift)
    after = [start + timedelta(minutes=n) for n in (as_of, stop or 0)]
    pauses: list[Pause] = []
    for begins, lasts in sorted(spans):
        begin = start + timedelta(minutes=begins)
        if not pauses or (pauses[-1].end or begin) < begin:
            pauses.append(Pause(WAITING, begin, begin + timedelta(minutes=lasts)))
    stopped = after[1] if stop is not None and stop <= as_of else None
    ours = Clock(Terms("resolve", limit * 60, calendar, (WAITING,)), start, stopped)
    facts = [(start, "opened", "")]
    facts += [(each.start, "paused", WAITING) for each in pauses]
    facts += [(each.end, "resumed", "") for each in pauses if each.end is not None]
    facts += [(stopped, "resolved", "")] if stopped is not None else []
    steps = [
        Step(to_ms(when), "s", f"{n:03d}", "T", fact, "P1", reason) for n, (when, fact, reason) in enumerate(facts)
    ]

    def running(a: int, b: int) -> list[tuple[int, int]]:
        if calendar is None:
            return [(a, b)] if a < b else []
        return in_hours(texts.Calendar.model_validate(calendar), a, b)

    theirs = CaseClock("opened", "resolved", frozenset([WAITING]), limit * 60_000, None)
    (case,) = cases(steps, theirs, running, to_ms(after[0]))
    assert clocks.elapsed(ours, pauses, after[0]) == timedelta(milliseconds=case.elapsed)
    if case.met is not None:
        assert clocks.met(ours, pauses, after[0]) is case.met
    known = [each for each in pauses if each.start <= (stopped or after[0])]
    in_one = any(each.start <= after[0] < (each.end or after[0]) for each in known)
    if case.due_at is not None and stopped is None and not in_one:
        assert clocks.due_at(ours, known) == from_ms(case.due_at)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 5000), st.sampled_from([None, OFFICE]), some_pauses, st.lists(minutes, min_size=2, max_size=6))
def test_clocks_never_run_backwards_and_a_deadline_is_where_the_limit_is_reached(
    limit: int, calendar: dict[str, Any] | None, spans: list[tuple[int, int]], instants: list[int]
) -> None:
    pauses = [Pause(WAITING, MONDAY + timedelta(minutes=a), MONDAY + timedelta(minutes=a + n)) for a, n in spans]
    ours = clock(limit / 60, calendar)
    read = [clocks.elapsed(ours, pauses, MONDAY + timedelta(minutes=each)) for each in sorted(instants)]
    assert read == sorted(read)
    due = clocks.due_at(ours, pauses)
    assert due is not None
    assert clocks.elapsed(ours, pauses, due) == timedelta(minutes=limit)
    assert clocks.elapsed(ours, pauses, due - timedelta(milliseconds=1)) < timedelta(minutes=limit)


@pytest.mark.parametrize(("percent", "told"), [(50, 0), (75, 50), (90, 75)])
def test_a_forecast_is_of_the_time_that_counts(percent: int, told: int) -> None:
    mark = clocks.next_mark(clock(9, OFFICE, at(23, 7), told=told), [Pause(WAITING, at(23, 9), at(23, 10))])
    counted = timedelta(hours=9) * percent / 100
    assert mark is not None and mark.percent == percent
    assert clocks.elapsed(clock(9, OFFICE, at(23, 7)), [Pause(WAITING, at(23, 9), at(23, 10))], mark.at) == counted
