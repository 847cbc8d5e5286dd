"""The clocks of cases against ones worked out by hand, and against an oracle that looks at every second."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import agreement

from sepakat_metrics import windows
from sepakat_metrics.cases import Case, Clock, Running, Step, cases, gaps
from sepakat_metrics.events import FACTS
from sepakat_metrics.windows import Interval
from sepakat_shared.calendars import to_ms

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
DAY = 24 * HOUR
RECOVERY = Clock("opened", "restored", frozenset({"customer"}), 4 * HOUR, None)
RESPONSE = replace(RECOVERY, stop="responded", limit=15 * MINUTE)
RESOLUTION = replace(RECOVERY, stop="resolved")


def jakarta(when: str) -> int:
    return local(when, "Asia/Jakarta")


def local(when: str, zone: str) -> int:
    return to_ms(datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(zone)))


def calendar(zone: str, weekly: dict[str, Any], **more: Any) -> Running:
    text = agreement(calendars=[{"id": "hours", "timeZone": zone, "weekly": weekly, **more}])
    return lambda start, end: windows.in_schedule(text, "hours", start, end)


def always(start: int, end: int) -> list[Interval]:
    return [(start, end)] if start < end else []


OFFICE = calendar(
    "Asia/Jakarta", {"mon-thu": "08:00-17:00", "fri": ["08:00-11:30", "13:00-17:00"]}, holidays={"country": "ID"}
)
"""Closed for Friday prayer; Monday 17 August 2026 is Independence Day."""
T = jakarta("2026-11-03T08:00")
"""Opening time on a Tuesday."""


def step(at: int, fact: str, ticket: str = "T-1", priority: str = "", reason: str = "", id: str = "") -> Step:
    return Step(at, "/desk", id or f"{ticket}-{at}-{fact}", ticket, fact, priority, reason)


def only(steps: list[Step], clock: Clock = RECOVERY, running: Running = always, as_of: int = T + 90 * DAY) -> Case:
    [case] = cases(steps, clock, running, as_of)
    return case


def hours(case: Case) -> float:
    return case.elapsed / HOUR


# -- start and stop ----------------------------------------------------------------------------------------------------


def test_a_case_is_timed_from_its_start_to_its_stop() -> None:
    case = only([step(T, "opened", priority="P1"), step(T + HOUR, "restored")])
    assert case == Case("T-1", "P1", T, T + HOUR, HOUR, HOUR, T + 4 * HOUR, True, T + HOUR)


def test_a_ticket_whose_start_is_not_known_is_no_case() -> None:
    assert cases([step(T, "restored"), step(T, "prioritised", priority="P1")], RECOVERY, always, T + DAY) == []
    assert cases([step(T + DAY, "opened")], RECOVERY, always, T + DAY - 1) == []


def test_a_stop_by_phone_before_the_ticket_was_opened_took_no_time() -> None:
    case = only([step(T, "opened"), step(T - HOUR, "responded")], RESPONSE)
    assert (case.started, case.stopped, case.elapsed, case.wall, case.met, case.decided_at) == (T, T, 0, 0, True, T)


def test_the_first_stop_counts() -> None:
    case = only([step(T, "opened"), step(T + HOUR, "restored"), step(T + 2 * HOUR, "restored")])
    assert case.stopped == T + HOUR


@pytest.mark.parametrize("fact", ["responded", "restored", "resolved"])
@pytest.mark.parametrize("stop", ["responded", "restored", "resolved"])
def test_resolved_implies_restored_and_restored_implies_responded(stop: str, fact: str) -> None:
    order = ["responded", "restored", "resolved"]
    case = only([step(T, "opened"), step(T + HOUR, fact)], replace(RECOVERY, stop=stop))
    assert (case.stopped == T + HOUR) is (order.index(fact) >= order.index(stop))


def test_a_clock_may_start_at_another_fact_than_the_opening() -> None:
    known = [step(T, "opened"), step(T + HOUR, "responded"), step(T + 3 * HOUR, "resolved")]
    case = only(known, replace(RESOLUTION, start="responded"))
    assert (case.started, case.elapsed) == (T + HOUR, 2 * HOUR)


def test_what_happens_after_the_instant_of_asking_is_not_known() -> None:
    known = [step(T, "opened"), step(T + HOUR, "restored"), step(T + 3 * HOUR, "cancelled")]
    case = only(known, as_of=T + HOUR - 1)
    assert (case.stopped, case.elapsed, case.met) == (None, HOUR - 1, None)
    assert only(known, as_of=T + HOUR).met is True


def test_a_cancelled_case_does_not_count_even_if_it_was_missed() -> None:
    known = [step(T, "opened"), step(T + 5 * HOUR, "cancelled"), step(T + 6 * HOUR, "reopened")]
    assert only(known, as_of=T + 5 * HOUR - 1).met is False
    assert cases(known, RECOVERY, always, T + 5 * HOUR) == []
    assert gaps([*known, step(T + DAY, "opened", "T-2")], "restored", T + 2 * DAY) == []


def test_facts_that_nobody_knows_change_nothing() -> None:
    known = [step(T, "opened"), step(T + HOUR, "escalated"), step(T + 2 * HOUR, "restored")]
    assert hours(only([*known, step(T + 3 * HOUR, "praised")])) == 2


def test_cases_come_in_the_order_they_started() -> None:
    known = [step(T + HOUR, "opened", "T-1"), step(T, "opened", "T-3", id="a"), step(T, "opened", "T-2", id="b")]
    assert [case.ticket for case in cases(known, RECOVERY, always, T + DAY)] == ["T-2", "T-3", "T-1"]


# -- calendars ---------------------------------------------------------------------------------------------------------


def test_office_hours_of_jakarta_leave_out_friday_prayer() -> None:
    case = only([step(jakarta("2026-08-14T10:30"), "opened"), step(jakarta("2026-08-14T14:00"), "restored")],
                running=OFFICE)  # fmt: skip
    assert (hours(case), case.wall, case.due_at) == (2, 3.5 * HOUR, jakarta("2026-08-14T16:00"))


def test_a_deadline_goes_over_the_weekend_and_a_holiday() -> None:
    case = only([step(jakarta("2026-08-14T16:00"), "opened")], running=OFFICE, as_of=jakarta("2026-08-17T12:00"))
    assert (hours(case), case.due_at) == (1, jakarta("2026-08-18T11:00"))


def test_a_case_opened_when_closed_begins_to_run_when_it_opens() -> None:
    case = only([step(jakarta("2026-08-15T20:00"), "opened")], running=OFFICE, as_of=jakarta("2026-08-16T12:00"))
    assert (case.started, case.elapsed, case.wall) == (jakarta("2026-08-15T20:00"), 0, 16 * HOUR)
    assert case.due_at == jakarta("2026-08-18T12:00")


def test_a_deadline_at_closing_time_stays_there_and_the_case_is_decided_when_the_clock_goes_on() -> None:
    opened, closes = step(T + 5 * HOUR, "opened"), T + 9 * HOUR
    for as_of, met in ((closes, None), (T + DAY, None), (T + DAY + 1, False)):
        case = only([opened], running=OFFICE, as_of=as_of)
        assert (case.due_at, case.met, case.decided_at) == (closes, met, None if met is None else T + DAY)


def test_a_stop_after_closing_time_with_the_limit_used_up_exactly_is_met_when_it_is_stopped() -> None:
    case = only([step(T + 5 * HOUR, "opened"), step(T + DAY, "restored")], running=OFFICE)
    assert (hours(case), case.met, case.decided_at) == (4, True, T + DAY)


@pytest.mark.parametrize(
    ("opened", "due"),
    [("2026-03-28T23:00", "2026-03-29T06:00"), ("2026-10-24T23:00", "2026-10-25T04:00"),
     ("2026-06-13T23:00", "2026-06-14T05:00")],
)  # fmt: skip
def test_service_hours_over_a_clock_change_are_as_long_as_they_last(opened: str, due: str) -> None:
    nights = calendar("Europe/Berlin", {"mon-sun": ["01:00-08:00"]})
    at = local(opened, "Europe/Berlin")
    case = only([step(at, "opened")], running=nights, as_of=at)
    assert case.due_at == local(due, "Europe/Berlin")


def test_a_calendar_that_never_opens_again_has_no_deadline() -> None:
    def once(start: int, end: int) -> list[Interval]:
        return windows.clip([(T, T + HOUR)], start, end)

    case = only([step(T, "opened")], running=once, as_of=T + DAY)
    assert (case.due_at, case.met, case.decided_at) == (None, None, None)


def test_the_deadline_is_looked_for_over_four_hundred_days() -> None:
    def late(start: int, end: int) -> list[Interval]:
        return windows.clip([(T + 399 * DAY, T + 401 * DAY)], start, end)

    near, far = replace(RECOVERY, limit=DAY), replace(RECOVERY, limit=DAY + 1)
    assert only([step(T, "opened")], near, late, as_of=T).due_at == T + 400 * DAY
    assert only([step(T, "opened")], far, late, as_of=T).due_at is None


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("over", "met"), [(0, True), (1, False)])
def test_exactly_the_limit_is_met_and_a_millisecond_more_is_missed(over: int, met: bool) -> None:
    case = only([step(T, "opened"), step(T + 4 * HOUR + over, "restored")])
    assert (case.met, case.decided_at) == (met, T + 4 * HOUR)


def test_an_open_case_is_missed_at_its_deadline_and_stays_so_when_it_stops() -> None:
    opened, stop = step(T, "opened"), step(T + DAY, "restored")
    for known, as_of in (([opened], T + 4 * HOUR + 1), ([opened, stop], T + 2 * DAY)):
        case = only(known, as_of=as_of)
        assert (case.met, case.decided_at, case.due_at) == (False, T + 4 * HOUR, T + 4 * HOUR)


def test_a_case_without_a_limit_belongs_to_its_stop_and_has_no_verdict() -> None:
    mean = replace(RECOVERY, limit=None)
    known = [step(T, "opened"), step(T + DAY, "restored")]
    stopped, still_open = only(known, mean), only(known, mean, as_of=T + HOUR)
    assert (stopped.elapsed, stopped.due_at, stopped.met, stopped.decided_at) == (DAY, None, None, T + DAY)
    assert (still_open.elapsed, still_open.met, still_open.decided_at) == (HOUR, None, None)


def test_a_limit_used_up_by_a_correction_is_reached_at_the_start_even_when_closed() -> None:
    [case] = cases([step(T - HOUR, "opened")], RECOVERY, OFFICE, T, {"T-1": 4 * HOUR})
    assert (case.elapsed, case.due_at, case.met) == (4 * HOUR, T - HOUR, None)


def test_a_correction_adds_clock_time_and_moves_the_deadline() -> None:
    known = [step(T, "opened"), step(T + 3 * HOUR, "restored")]
    for correction, elapsed, due, met, decided in (
        (HOUR, 4 * HOUR, T + 3 * HOUR, True, T + 3 * HOUR),
        (2 * HOUR, 5 * HOUR, T + 2 * HOUR, False, T + 2 * HOUR),
        (5 * HOUR, 8 * HOUR, T, False, T),
        (-2 * HOUR, HOUR, T + 6 * HOUR, True, T + 3 * HOUR),
        (-9 * HOUR, 0, T + 13 * HOUR, True, T + 3 * HOUR),
    ):
        [case] = cases(known, RECOVERY, always, T + DAY, {"T-1": correction, "T-9": HOUR})
        assert (case.elapsed, case.due_at, case.met, case.decided_at) == (elapsed, due, met, decided)


# -- pauses ------------------------------------------------------------------------------------------------------------


def paused(at: int, reason: str = "customer") -> Step:
    return step(at, "paused", reason=reason)


def test_the_clock_pauses_for_an_agreed_reason_only() -> None:
    for reason, elapsed in (("customer", 2), ("lunch", 4), ("", 4)):
        known = [step(T, "opened"), paused(T + HOUR, reason), step(T + 3 * HOUR, "resumed")]
        case = only([*known, step(T + 4 * HOUR, "restored")])
        assert (hours(case), case.wall) == (elapsed, 4 * HOUR)


def test_another_reason_replaces_the_one_before() -> None:
    known = [step(T, "opened"), paused(T + HOUR), paused(T + 2 * HOUR, "lunch"), paused(T + 3 * HOUR)]
    assert hours(only(known, as_of=T + DAY)) == 2


def test_a_pause_told_afterwards_counts_from_its_own_time() -> None:
    known = [step(T, "opened"), step(T + 6 * HOUR, "restored")]
    assert only(known).met is False
    assert only([*known, step(T + 4 * HOUR, "resumed"), paused(T + HOUR)]).met is True


def test_a_paused_case_has_no_deadline_until_it_resumes() -> None:
    known = [step(T, "opened"), paused(T + HOUR), step(T + 3 * HOUR, "resumed")]
    assert only(known, as_of=T + 2 * HOUR).due_at is None
    assert only(known, as_of=T + 3 * HOUR).due_at == T + 6 * HOUR


def test_a_case_that_pauses_at_its_deadline_has_reached_it_and_is_not_over_it() -> None:
    case = only([step(T, "opened"), paused(T + 4 * HOUR)], as_of=T + DAY)
    assert (case.due_at, case.met, case.decided_at) == (T + 4 * HOUR, None, None)


def test_a_case_stopped_while_paused_shows_the_deadline_it_had_left() -> None:
    case = only([step(T, "opened"), paused(T + HOUR), step(T + 2 * HOUR, "restored")])
    assert (hours(case), case.due_at, case.decided_at) == (1, T + 5 * HOUR, T + 2 * HOUR)


def test_a_pause_before_the_start_holds_until_it_is_resumed() -> None:
    known = [step(T, "opened"), paused(T), step(T + HOUR, "responded"), step(T + 2 * HOUR, "resumed")]
    assert hours(only(known, replace(RESOLUTION, start="responded"), as_of=T + 3 * HOUR)) == 1


def test_stop_wins_over_pause_and_pause_over_start_at_one_instant() -> None:
    at_once = [step(T, "restored", id="a"), paused(T), step(T, "opened", id="z")]
    assert only(at_once).stopped == T
    assert only(at_once[1:], as_of=T + HOUR).elapsed == 0
    ended = [step(T + HOUR, "restored", id="a"), step(T + HOUR, "reopened", id="z"), step(T, "opened")]
    assert only(ended).stopped == T + HOUR
    resumed = [step(T, "opened"), paused(T), step(T + HOUR, "resumed", id="z"), paused(T + HOUR)]
    assert only(resumed, as_of=T + 2 * HOUR).elapsed == 0


def test_two_pauses_at_one_instant_are_ordered_by_source_and_id() -> None:
    first, second = paused(T)._replace(id="1"), paused(T, "lunch")._replace(id="2")
    assert hours(only([step(T, "opened"), second, first], as_of=T + HOUR)) == 1
    assert hours(only([step(T, "opened"), second, first._replace(source="/later")], as_of=T + HOUR)) == 0


# -- reopening ---------------------------------------------------------------------------------------------------------

REOPENED = [step(T, "opened"), step(T + HOUR, "restored"), step(T + 3 * HOUR, "reopened")]


def test_reopening_resumes_the_clock_where_it_stopped() -> None:
    case = only(REOPENED, as_of=T + 4 * HOUR)
    assert (case.stopped, hours(case), case.due_at) == (None, 2, T + 6 * HOUR)
    case = only([*REOPENED, step(T + 5 * HOUR, "resolved")])
    assert (case.stopped, hours(case), case.wall, case.met) == (T + 5 * HOUR, 3, 5 * HOUR, True)


def test_a_case_that_was_met_can_be_missed_after_its_reopening() -> None:
    assert only(REOPENED[:2]).met is True
    case = only([*REOPENED, step(T + 7 * HOUR, "restored")])
    assert (case.met, case.decided_at) == (False, T + 6 * HOUR)


def test_reopening_does_not_undo_a_first_response() -> None:
    case = only(REOPENED, RESPONSE)
    assert (case.stopped, case.met) == (T + HOUR, False)


def test_reopening_what_was_only_restored_leaves_the_clock_of_resolution_running() -> None:
    case = only(REOPENED, RESOLUTION, as_of=T + 4 * HOUR)
    assert hours(case) == 4


def test_reopening_ends_a_pause() -> None:
    known = [step(T, "opened"), paused(T + HOUR), step(T + 2 * HOUR, "restored"), step(T + 3 * HOUR, "reopened")]
    assert hours(only(known, as_of=T + 4 * HOUR)) == 2


def test_a_stop_before_the_start_can_be_voided_as_any_other() -> None:
    known = [step(T - HOUR, "restored"), step(T, "opened"), step(T + HOUR, "reopened")]
    case = only(known, as_of=T + 2 * HOUR)
    assert (case.stopped, hours(case), case.wall) == (None, 1, 2 * HOUR)


# -- priorities --------------------------------------------------------------------------------------------------------


def of_priority(known: list[Step], priority: str, as_of: int = T + 90 * DAY) -> list[str]:
    return [case.ticket for case in cases(known, replace(RECOVERY, priority=priority), always, as_of)]


def test_a_priority_changed_before_the_stop_counts_and_one_changed_after_it_does_not() -> None:
    known = [step(T, "opened", priority="P2"), step(T + 2 * HOUR, "restored")]
    for at, counted in ((T + HOUR, ["T-1"]), (T + 2 * HOUR, ["T-1"]), (T + 2 * HOUR + 1, [])):
        assert of_priority([*known, step(at, "prioritised", priority="P1")], "P1") == counted


def test_a_priority_changed_before_the_deadline_counts_and_one_changed_after_it_does_not() -> None:
    for at, counted in ((T + 4 * HOUR, ["T-1"]), (T + 4 * HOUR + 1, [])):
        known = [step(T, "opened", priority="P2"), step(at, "prioritised", priority="P1"), step(T + DAY, "restored")]
        assert of_priority(known, "P1") == counted
        assert of_priority(known, "P1", as_of=T + 5 * HOUR) == counted


def test_an_undecided_case_has_the_latest_priority_told() -> None:
    known = [step(T, "opened", priority="P1"), step(T + HOUR, "prioritised", priority="P2"),
             step(T + 2 * HOUR, "updated", priority="P3"), step(T + 2 * HOUR, "prioritised")]  # fmt: skip
    assert of_priority(known, "P1", as_of=T + HOUR - 1) == ["T-1"]
    assert of_priority(known, "P2", as_of=T + 3 * HOUR) == ["T-1"]


def test_a_changed_priority_has_its_limit_from_the_start() -> None:
    known = [step(T, "opened", priority="P2"), step(T + 3 * HOUR, "prioritised", priority="P1")]
    case = only(known, replace(RECOVERY, priority="P1"), as_of=T + 3 * HOUR)
    assert (case.elapsed, case.due_at) == (3 * HOUR, T + 4 * HOUR)


def test_a_case_without_a_priority_counts_where_all_do() -> None:
    assert only([step(T, "opened")]).priority == ""
    assert of_priority([step(T, "opened")], "P1") == []


# -- between failures --------------------------------------------------------------------------------------------------


def outage(ticket: str, opened: int, *facts: tuple[int, str]) -> list[Step]:
    return [step(T + opened * HOUR, "opened", ticket), *(step(T + at * HOUR, fact, ticket) for at, fact in facts)]


def gap_hours(steps: list[Step], stop: str = "restored", as_of: int = T + DAY) -> list[tuple[float, float]]:
    return [((opened - T) / HOUR, gap / HOUR) for opened, gap in gaps(steps, stop, as_of)]


def test_the_time_between_failures_is_from_the_last_end_to_the_next_opening() -> None:
    known = [*outage("b", 3, (4, "restored"), (6, "resolved")), *outage("a", 0, (1, "restored")), *outage("c", 9)]
    assert gap_hours(known) == [(3, 2), (9, 5)]
    assert gap_hours(known, "resolved") == []
    assert gap_hours(known, as_of=T + 8 * HOUR) == [(3, 2)]


def test_overlapping_failures_make_no_gap() -> None:
    known = [*outage("a", 0, (5, "restored")), *outage("b", 1, (2, "restored")), *outage("c", 4, (4, "restored"))]
    known += [*outage("d", 5), *outage("e", 7)]
    assert gap_hours(known) == gap_hours(known, as_of=T + 7 * HOUR) == [(5, 0)]


def test_failures_that_begin_at_one_instant_are_one() -> None:
    known = [*outage("a", 0, (1, "restored")), *outage("b", 3, (5, "restored")), *outage("c", 3, (4, "restored"))]
    assert gap_hours([*known, *outage("d", 6)]) == [(3, 2), (6, 1)]


def test_a_reopened_failure_lasted_all_the_while() -> None:
    known = outage("a", 0, (1, "restored"), (3, "reopened"), (4, "restored"))
    assert gap_hours([*known, *outage("b", 2, (2, "restored")), *outage("c", 6)]) == [(6, 2)]


# -- an oracle ---------------------------------------------------------------------------------------------------------

END = 30
"""Seconds: no calendar of the examples opens later."""
_IMPLIED_BY = {"responded": {"responded", "restored", "resolved"}, "restored": {"restored", "resolved"},
               "resolved": {"resolved"}}  # fmt: skip


@dataclass
class Seen:
    """One ticket in one second, worked out from all of its facts up to then instead of step by step."""

    steps: list[Step]
    clock: Clock
    second: int

    def times(self, *facts: str) -> list[int]:
        return [each.at // SECOND for each in self.steps if each.fact in facts and each.at <= self.second * SECOND]

    @property
    def reopened(self) -> int:
        return max(self.times("reopened"), default=-1)

    @property
    def stopped(self) -> int | None:
        """A stop holds if no reopening came after it."""
        stops = self.times(*_IMPLIED_BY[self.clock.stop])
        since = -1 if self.clock.stop == "responded" else self.reopened
        return min((at for at in stops if at >= since), default=None)

    @property
    def paused(self) -> bool:
        pauses = [each for each in self.steps if each.fact == "paused" and each.at <= self.second * SECOND]
        if not pauses:
            return False
        last = max(pauses, key=lambda each: (each.at, each.source, each.id))
        ended = max(self.times("resumed", "reopened"), default=-1)
        return last.at // SECOND >= ended and last.reason in self.clock.pause_while

    @property
    def priority(self) -> str:
        told = [
            (each.at, each.fact == "opened", each.source, each.id, each.priority)
            for each in self.steps
            if each.fact in ("opened", "prioritised") and each.priority and each.at <= self.second * SECOND
        ]
        return max(told)[-1] if told else ""


def by_seconds(
    steps: list[Step], clock: Clock, is_open: Callable[[int], bool], as_of: int, correction: int
) -> Case | None:
    known = [each for each in steps if each.at <= as_of * SECOND]
    start = min((each.at // SECOND for each in known if each.fact == clock.start), default=None)
    if start is None or any(each.fact == "cancelled" for each in known):
        return None
    stopped = Seen(known, clock, as_of).stopped
    stopped = None if stopped is None else max(stopped, start)
    until = as_of if stopped is None else stopped
    count, reached, passed, missed = correction, None, None, False
    for second in range(start, END + 1):
        if clock.limit is not None and passed is None and count * SECOND > clock.limit:
            passed = max(start, second - 1)
        if clock.limit is not None and reached is None and count * SECOND >= clock.limit:
            reached = second
        if second == until:
            elapsed = max(0, count)
            missed = clock.limit is not None and elapsed * SECOND > clock.limit
        then = Seen(known, clock, min(second, until))
        # the deadline of a stopped case is where it would have been, that of a paused one is not known
        beyond = stopped is not None and second >= until
        count += is_open(second) and (beyond or (then.stopped is None and not then.paused))
    decided = passed if missed else stopped
    priority = Seen(known, clock, as_of if decided is None else decided).priority
    if clock.priority not in (None, priority):
        return None
    return Case(
        steps[0].ticket, priority, start * SECOND, None if stopped is None else stopped * SECOND, elapsed * SECOND,
        (until - start) * SECOND, None if reached is None else reached * SECOND,
        None if clock.limit is None or decided is None else not missed, None if decided is None else decided * SECOND,
    )  # fmt: skip


seconds = st.integers(0, 8)
"""Few, so that much happens at one instant."""
told_steps = st.builds(
    lambda at, source, ticket, fact, priority, reason: Step(at * SECOND, source, "", ticket, fact, priority, reason),
    seconds,
    st.sampled_from("ab"),
    st.sampled_from(["T-1", "T-1", "T-1", "T-2"]),
    st.sampled_from([*["paused", "resumed", "reopened", "restored"] * 4, *FACTS * 2, "unheard-of"]),
    st.sampled_from(["", "P1", "P2"]),
    st.sampled_from(["", "customer", "vendor", "vendor"]),
)
outages = st.builds(
    lambda ticket, opened, then, fact: [step(opened * SECOND, "opened", ticket), step(then * SECOND, fact, ticket)],
    st.sampled_from(["T-1", "T-2", "T-3", "T-4", "T-5"]),
    st.integers(0, 12),
    st.integers(0, 12),
    st.sampled_from([*["restored", "resolved", "resolved"] * 3, "reopened", "cancelled"]),
)
clocks = st.builds(
    Clock,
    st.sampled_from(["opened", "opened", "opened", "responded", "restored"]),
    st.sampled_from(["responded", "restored", "restored", "resolved"]),
    st.sampled_from([frozenset({"vendor"}), frozenset({"customer", "vendor"})]),
    st.sampled_from([None, *range(10)]).map(lambda second: None if second is None else second * SECOND),
    st.sampled_from([None, None, "P1"]),
)
spans = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=1, max_size=4)


def named(told: list[Step]) -> list[Step]:
    return [each._replace(id=f"{i:02d}") for i, each in enumerate(told)]


@given(st.lists(told_steps, min_size=2, max_size=12), seconds, clocks, spans, st.integers(2, 24),
       st.sampled_from([0, 0, 0, 2, 30, -2, -30]), st.randoms(use_true_random=False))  # fmt: skip
@settings(max_examples=500, deadline=None)
def test_cases_are_what_looking_at_every_second_gives_in_any_order_of_arrival(
    told: list[Step], opened: int, clock: Clock, hours: list[Interval], as_of: int, correction: int, random: Any
) -> None:
    steps = named([*told, Step(opened * SECOND, "a", "", "T-1", "opened", "P1", "")])
    open_seconds = {second for at, lasts in hours for second in range(at, min(at + lasts, END))}
    united = windows.unite((second * SECOND, (second + 1) * SECOND) for second in open_seconds)
    arrived = [*steps, *random.choices(steps, k=3)]
    random.shuffle(arrived)

    expected = [
        by_seconds([each for each in steps if each.ticket == ticket], clock, open_seconds.__contains__, as_of, more)
        for ticket, more in (("T-1", correction), ("T-2", 0))
        if any(each.ticket == ticket for each in steps)
    ]
    found = cases(
        iter(arrived), clock, lambda a, b: windows.clip(united, a, b), as_of * SECOND, {"T-1": correction * SECOND}
    )
    assert found == sorted(filter(None, expected), key=lambda case: (case.started, case.ticket))


@given(st.lists(outages, max_size=7), st.sampled_from(["restored", "resolved"]), st.integers(0, 16))
@settings(max_examples=300, deadline=None)
def test_gaps_are_what_looking_at_every_second_gives(told: list[list[Step]], stop: str, as_of: int) -> None:
    steps = [each for one in told for each in one]
    clock = Clock("opened", stop, frozenset(), None, None)
    open_at: dict[int, list[range]] = {}
    for ticket in {each.ticket for each in steps}:
        case = by_seconds([each for each in steps if each.ticket == ticket], clock, lambda _: True, as_of, 0)
        if case is not None:
            ends = END if case.stopped is None else case.stopped // SECOND
            open_at.setdefault(case.started // SECOND, []).append(range(case.started // SECOND, ends))
    expected = []
    for second in sorted(open_at)[1:]:
        earlier = [span for at, these in open_at.items() if at < second for span in these]
        if not any(second in span for span in earlier):
            gap = next(gap for gap in range(END) if any(second - gap == span.stop for span in earlier))
            expected.append((second * SECOND, gap * SECOND))
    assert gaps(steps, stop, as_of * SECOND) == expected
    others = [step._replace(ticket="T-9", agreement="other") for step in steps]
    assert gaps([*steps, *others], stop, as_of * SECOND, "toko-checkout") == expected
