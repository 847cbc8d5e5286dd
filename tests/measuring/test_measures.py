"""Each measure at its boundaries, worked out by hand."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import agreement

from sepakat_metrics import windows
from sepakat_metrics.buckets import bin_of, transition_of, value_of
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.figures import Figure, decimal
from sepakat_metrics.history import History
from sepakat_metrics.terms import Adjustments, Terms, asks_since
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.contracts.texts import Agreement, Indicator

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


def utc(when: str) -> int:
    return to_ms(datetime.fromisoformat(when).replace(tzinfo=UTC))


NOVEMBER, DECEMBER = utc("2026-11-01"), utc("2026-12-01")
MAINTENANCE = {"windows": [{"id": "patch", "start": "2026-11-10T01:00:00Z", "duration": "PT8H"}]}


def text(zone: str = "UTC", maintenance: dict[str, Any] | None = None, **objective: Any) -> Agreement:
    agreed = {"id": "o", "indicator": "p/i", "window": {"calendar": "month"}, "measure": "time", "target": "99.9"}
    return agreement(
        term={"from": "2010-01-01", "until": "2040-12-31", "timeZone": zone}, needs=[], maintenance=maintenance,
        objectives=[{**agreed, **objective}],
        calendars=[{"id": "office", "timeZone": zone, "weekly": {"mon-fri": "08:00-17:00"}}],
    )  # fmt: skip


def figure(agreed: Agreement, kind: str, known: History, as_of: int = DECEMBER, **in_force: Any) -> Figure:
    """Over the month that `as_of` ends or is in."""
    indicator = Indicator.model_validate({"metadata": {"id": "p/i"}, "kindOfEvents": kind})
    terms = Terms(agreed, agreed.objectives[0], indicator, Adjustments(**in_force))
    period = windows.period_of(terms.objective.window, agreed.term.time_zone, as_of - 1)
    return evaluate(terms, known, as_of, period)


def states(*told: tuple[int, str] | tuple[int, str, int | None]) -> History:
    known = History()
    usual = {"up": 1_000_000, "down": 0, "unknown": None}
    for i, (at, state, *weight) in enumerate(told):
        share = weight[0] if weight else usual[state]
        known.states.add(transition_of(Fact("p/i", "/p", f"{i:03d}", at, "state", state=state, weight=share)))
    return known


def outage(lasts: int, at: int = NOVEMBER + DAY) -> History:
    """Up from long before, but for that time."""
    return states((NOVEMBER - 90 * DAY, "up"), (at, "down"), (at + lasts, "up"))


def counts(*told: tuple[int, int, int]) -> History:
    known = History()
    known.add(Fact("p/i", "/p", "1", NOVEMBER, "ratio", samples=told))
    return known


def measured(values: Iterable[int], at: int = NOVEMBER) -> History:
    """Values in ms, compared with 800 ms as they come."""
    known = History()
    known.thresholds = (800_000_000,)
    known.add(Fact("p/i", "/p", "1", at, "measurement", values=tuple(v * 1_000_000 for v in values), unit="ms"))
    return known


# -- exactly on target, and the least beyond ---------------------------------------------------------------------------


@pytest.mark.parametrize(("beyond", "met", "spent_at"), [(0, True, None), (1, False, NOVEMBER + DAY + 2_592_001)])
def test_time_exactly_on_target_is_met_and_a_millisecond_more_is_not(
    beyond: int, met: bool, spent_at: int | None
) -> None:
    found = figure(text(), "state", outage(30 * DAY // 1000 + beyond))
    assert (found.met, found.over_budget, found.spent_at) == (met, not met, spent_at)


@pytest.mark.parametrize(("good", "met"), [(9990, True), (9989, False)])
def test_occurrences_exactly_on_target_are_met_and_one_event_below_is_not(good: int, met: bool) -> None:
    found = figure(text(measure="occurrences"), "ratio", counts((NOVEMBER, good, 10_000)))
    assert (found.met, found.state) == (met, "met" if met else "breached")


@pytest.mark.parametrize(("slow", "met"), [(5, True), (6, False)])
def test_a_share_and_the_percentile_of_the_same_limit_agree_to_the_one_measurement(slow: int, met: bool) -> None:
    known = measured([800] * (100 - slow) + [801] * slow)
    limit = {"atMost": "800", "unit": "ms"}
    assert figure(text(measure="share", threshold=limit, target="95"), "measurement", known).met is met
    assert figure(text(measure="percentile", percentile="95", target=limit), "measurement", known).met is met


@pytest.mark.parametrize(("last", "met"), [(1200, True), (1201, False)])
def test_a_mean_exactly_at_its_limit_is_within_it(last: int, met: bool) -> None:
    agreed = text(measure="mean", target={"atMost": "PT0.8S"})
    found = figure(agreed, "measurement", measured([400, 800, 800, last]))
    assert (found.holds, found.value == 800_000_000) == (met, met)


FIVE_MINUTES = {"measure": "timeslices", "slice": "PT5M", "sliceTarget": "50", "target": "99.9"}
"""Of 8,640 slices a month 8.64 may be bad."""


@pytest.mark.parametrize(("bad", "met"), [(8, True), (9, False)])
def test_timeslices_breach_at_the_end_of_the_slice_that_is_one_too_many(bad: int, met: bool) -> None:
    found = figure(text(**FIVE_MINUTES), "state", outage(bad * 5 * MINUTE))
    assert (found.met, found.lost, found.budget) == (met, bad, Fraction(864, 100))
    assert found.spent_at == (None if met else NOVEMBER + DAY + 45 * MINUTE)


@pytest.mark.parametrize(("down", "bad"), [(150 * SECOND, 0), (150 * SECOND + 1, 1)])
def test_a_slice_exactly_at_its_target_is_good_and_a_millisecond_below_is_bad(down: int, bad: int) -> None:
    assert figure(text(**FIVE_MINUTES), "state", outage(down)).lost == bad


def test_a_ratio_of_slices_is_their_exact_mean_and_no_ratio_of_sums() -> None:
    agreed = text(measure="ratio-timeslices", slice="PT5M", target="66.67")
    known = counts((NOVEMBER, 1, 3), (NOVEMBER + 5 * MINUTE, 999, 999))
    found = figure(agreed, "ratio", known)
    assert (found.attainment, found.met) == (Fraction(2, 3), False)


# -- the whole of it, or none of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "kind", "all_good", "one_bad"),
    [
        ({}, "state", outage(0), outage(1)),
        ({"measure": "occurrences"}, "ratio", counts((NOVEMBER, 5, 5)), counts((NOVEMBER, 4, 5))),
        ({"measure": "share", "threshold": {"atMost": "800"}}, "measurement", measured([800]), measured([800, 801])),
        ({**FIVE_MINUTES, "sliceTarget": "100"}, "state", outage(0), outage(1)),
    ],
)
def test_a_target_of_a_hundred_percent_allows_nothing(
    measure: dict[str, Any], kind: str, all_good: History, one_bad: History
) -> None:
    agreed = text(**{**measure, "target": "100"})
    whole, less = figure(agreed, kind, all_good), figure(agreed, kind, one_bad)
    assert (whole.met, whole.budget, whole.burns) == (True, 0, ())
    assert (less.met, less.failing) == (False, True)


MEASURES: list[tuple[dict[str, Any], str]] = [
    ({}, "state"),
    ({"measure": "occurrences"}, "ratio"),
    ({"measure": "share", "threshold": {"atMost": "800", "unit": "ms"}}, "measurement"),
    ({"measure": "percentile", "percentile": "95", "target": {"atMost": "800", "unit": "ms"}}, "measurement"),
    ({"measure": "mean", "target": {"atMost": "800", "unit": "ms"}}, "measurement"),
    ({"measure": "mean", "target": {"atMost": "PT1H"}, "clock": {"from": "down", "until": "up"}}, "state"),
    (FIVE_MINUTES, "ratio"),
    ({"measure": "ratio-timeslices", "slice": "PT5M"}, "state"),
]


@pytest.mark.parametrize(("measure", "kind"), MEASURES)
@pytest.mark.parametrize("exclusions", ["remove", "count-as-up"])
def test_a_period_of_which_nothing_is_known_has_no_figure(measure: dict[str, Any], kind: str, exclusions: str) -> None:
    found = figure(text(**measure, exclusions=exclusions), kind, History())
    assert (found.attainment, found.value, found.met, found.state) == (None, None, None, "no_data")
    assert found.coverage in (None, 0)


def test_february_has_a_day_more_to_lose_in_a_leap_year() -> None:
    for year, days in ((2026, 28), (2028, 29)):
        start = utc(f"{year}-02-01")
        for beyond in (0, 1):
            known = states((start, "up"), (start + DAY, "down"), (start + DAY + days * 86_400 + beyond, "up"))
            found = figure(text(), "state", known, as_of=start + days * DAY)
            assert (found.total, found.budget) == (days * 86_400, Fraction(days * 86_400, 1000))
            assert found.met is (beyond == 0)


# -- the two conventions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exclusions", "attainment", "met"), [("remove", "99.8993", False), ("count-as-up", "99.9005", True)]
)
def test_the_same_month_is_missed_or_met_by_the_convention_for_excluded_time(
    exclusions: str, attainment: str, met: bool
) -> None:
    found = figure(text(maintenance=MAINTENANCE, exclusions=exclusions), "state", outage(43 * MINUTE))
    assert found.attainment is not None
    assert (decimal(found.attainment * 100), found.met, found.excluded) == (attainment, met, 8 * 3600)


@pytest.mark.parametrize(("exclusions", "total"), [("remove", 10), ("count-as-up", 12)])
def test_a_slice_of_which_all_service_hours_are_excluded_counts_as_up_where_that_is_agreed(
    exclusions: str, total: int
) -> None:
    # A Monday's hours, 08:00 to 17:00, lie in twelve slices of 50 minutes. Of two of them all hours are maintenance.
    maintenance = {"windows": [{"id": "patch", "start": "2026-11-02T08:00:00Z", "duration": "PT1H10M"}]}
    agreed = text(
        maintenance=maintenance, exclusions=exclusions, calendar="office", window={"calendar": "day"}, slice="PT50M",
        measure="timeslices", sliceTarget="100", target="90",
    )  # fmt: skip
    found = figure(agreed, "state", outage(0), as_of=utc("2026-11-03"))
    assert (found.good, found.total, found.budget) == (total, total, Fraction(total, 10))


def test_exclusions_over_measurements_take_every_minute_that_they_touch() -> None:
    known = measured([100])
    known.add(Fact("p/i", "/p", "2", NOVEMBER + 5 * MINUTE, "measurement", values=(900_000_000,), unit="ms"))
    agreed = text(measure="mean", target={"atMost": "800", "unit": "ms"})
    touched = (NOVEMBER + 5 * MINUTE + 59 * SECOND, NOVEMBER + 6 * MINUTE - 1)
    assert figure(agreed, "measurement", known, excluded=(touched,)).value == 100_000_000


# -- what was found by the oracle --------------------------------------------------------------------------------------


def test_minutes_count_once_however_far_the_clock_has_gone_on() -> None:
    agreed = text(measure="occurrences", window={"calendar": "quarter"})
    terms = Terms(agreed, agreed.objectives[0], None, kind="ratio")
    known, at = counts((NOVEMBER, 1, 1)), NOVEMBER + 30 * SECOND
    evaluate(terms, known, at)
    for hours in range(24 * 50):
        known.counts.add((NOVEMBER + hours * HOUR) // MINUTE, 1, 1)
    # One interval of the sums once ended, and the next began, inside one of these minutes.
    for minute in range(60 * 24):
        known.counts.add((NOVEMBER + 32 * DAY - 12 * HOUR) // MINUTE + minute, 1, 1)
    known.changes.note(NOVEMBER)
    assert evaluate(terms, known, NOVEMBER + 50 * DAY).total == 1 + 24 * 50 + 24 * 60


def test_slices_that_are_over_later_do_not_count_when_the_clock_goes_back_to_that_of_the_records() -> None:
    agreed = text(**FIVE_MINUTES)
    terms = Terms(agreed, agreed.objectives[0], None, kind="state")
    known = outage(0)
    assert evaluate(terms, known, NOVEMBER + HOUR).total == 12
    assert evaluate(terms, known, NOVEMBER + HOUR // 2).total == 6
    assert evaluate(terms, known, NOVEMBER + HOUR).total == 12


def test_what_is_left_at_the_end_of_a_period_is_no_slice_and_gives_no_budget() -> None:
    agreed = text(window={"calendar": "day"}, measure="timeslices", slice="PT7H", sliceTarget="100", target="50")
    found = figure(agreed, "state", outage(14 * HOUR - 1, at=NOVEMBER), as_of=NOVEMBER + DAY)
    assert (found.good, found.total, found.budget, found.met, found.state) == (1, 3, Fraction(3, 2), False, "breached")


@pytest.mark.parametrize(("unknown", "good"), [("exclude", 1), ("up", 1), ("down", 0)])
def test_a_slice_that_is_mostly_unknown_is_judged_as_agreed(unknown: str, good: int) -> None:
    known = states((NOVEMBER, "up"), (NOVEMBER + MINUTE, "unknown"))
    found = figure(text(**FIVE_MINUTES, unknown=unknown), "state", known, as_of=NOVEMBER + 5 * MINUTE)
    assert (found.good, found.total) == (good, 1)


def test_a_slice_target_of_nothing_is_met_by_nothing() -> None:
    assert figure(text(**{**FIVE_MINUTES, "sliceTarget": "0"}), "state", outage(HOUR)).lost == 0


def test_a_short_outage_counts_from_the_instant_at_which_it_is_long_enough() -> None:
    agreed = text(**{**FIVE_MINUTES, "target": "99.99"}, shortestOutage="PT15M")
    assert figure(agreed, "state", outage(10 * MINUTE)).lost == 0
    found = figure(agreed, "state", outage(20 * MINUTE))
    assert (found.lost, found.budget, found.spent_at) == (4, Fraction(864, 1000), NOVEMBER + DAY + 15 * MINUTE)


def test_an_outage_of_several_states_is_one_and_as_long_as_it_lasted_in_all() -> None:
    known = states(
        (NOVEMBER - DAY, "up"), (NOVEMBER - 10 * MINUTE, "down"), (NOVEMBER - MINUTE, "degraded", 500_000),
        (NOVEMBER + 2 * MINUTE, "up"),
    )  # fmt: skip
    assert figure(text(shortestOutage="PT12M"), "state", known).lost == 60
    assert figure(text(shortestOutage="PT12M1S"), "state", known).lost == 0


def test_an_outage_in_announced_maintenance_is_no_failure_and_no_recovery_in_no_time() -> None:
    start = utc("2026-11-10T01:00")
    known = states(
        (NOVEMBER, "up"), (start, "down"), (start + 8 * HOUR, "up"),
        (NOVEMBER + 20 * DAY, "down"), (NOVEMBER + 20 * DAY + 2 * HOUR, "up"),
    )  # fmt: skip
    recovery = {"measure": "mean", "clock": {"from": "down", "until": "up"}, "target": {"atMost": "PT1H"}}
    between = {"measure": "mean", "clock": {"from": "up", "until": "down"}, "target": {"atLeast": "P10D"}}
    found = figure(text(maintenance=MAINTENANCE, **recovery), "state", known)
    assert (found.value, found.sample) == (2 * HOUR * 1_000_000, 1)
    found = figure(text(maintenance=MAINTENANCE, **between), "state", known)
    assert (found.value, found.sample) == ((20 * DAY - 8 * HOUR) * 1_000_000, 1)


def test_a_case_counts_in_a_period_that_was_over_before_it_was_cancelled_whenever_it_is_looked_at() -> None:
    agreed = text(measure="mean", target={"atMost": "PT4H"}, clock={"from": "opened", "until": "responded"})
    terms, known = Terms(agreed, agreed.objectives[0], None, kind="ticket"), History()
    for hours, step in ((1, "opened"), (2, "responded"), (31 * 24, "cancelled")):
        known.add(Fact("p/i", "/p", step, NOVEMBER + hours * HOUR, "ticket", ticket="T-1", step=step))
    for _ in range(2):
        assert evaluate(terms, known, DECEMBER + 2 * DAY).sample == 0
        assert evaluate(terms, known, DECEMBER + 2 * DAY, (NOVEMBER, DECEMBER)).value == HOUR * 1_000_000


@pytest.mark.parametrize(
    ("changes", "kind", "days"),
    [
        ({}, "state", 3),
        ({"shortestOutage": "P5D"}, "state", 5),
        ({"measure": "mean", "clock": {"from": "down", "until": "up"}, "target": {"atMost": "PT1H"}}, "state", None),
        ({"measure": "mean", "target": {"atMost": "800", "unit": "ms"}}, "measurement", 3),
        ({"measure": "mean", "clock": {"from": "opened", "until": "resolved"}, "target": {"atMost": "PT1H"}}, "ticket",
         None),
    ],
)  # fmt: skip
def test_events_are_asked_for_as_far_back_as_anything_that_counts_may_have_begun(
    changes: dict[str, Any], kind: str, days: int | None
) -> None:
    """An outage of which every day repeats that it lasts was judged by its last days where it was read from days."""
    objective = text(**changes).objectives[0]
    since = asks_since(objective, kind, (NOVEMBER, DECEMBER))
    assert since == (None if days is None else NOVEMBER - days * DAY)


def test_the_mean_of_a_long_outage_is_that_of_all_of_it() -> None:
    agreed = text(measure="mean", clock={"from": "down", "until": "up"}, target={"atMost": "PT1H"})
    told = [(NOVEMBER - day * DAY, "down") for day in range(50, -5, -1)]
    known = states((NOVEMBER - 60 * DAY, "up"), *told, (NOVEMBER + 4 * DAY + HOUR, "up"))
    whole = figure(agreed, "state", known).value
    assert whole == (54 * DAY + HOUR) * 1_000_000


def test_a_day_that_clocks_skip_has_no_service_hours() -> None:
    # In Apia there was no Friday, 30 December 2011.
    agreed = text("Pacific/Apia")
    week = utc("2011-12-26T10:00"), utc("2012-01-01T10:00")
    opens = [from_ms(a).astimezone(ZoneInfo("Pacific/Apia")) for a, _ in windows.in_schedule(agreed, "office", *week)]
    assert [f"{each:%a %d}" for each in opens] == ["Mon 26", "Tue 27", "Wed 28", "Thu 29"]


def test_service_hours_that_clocks_skip_do_not_go_over_to_the_next_day() -> None:
    # In Pyongyang 23:30 on Friday, 4 May 2018, was midnight.
    agreed = agreement(calendars=[{"id": "late", "timeZone": "Asia/Pyongyang", "weekly": {"fri": "23:00-23:45"}}])
    found = windows.in_schedule(agreed, "late", utc("2018-05-04"), utc("2018-05-06"))
    assert found == [(utc("2018-05-04T14:30"), utc("2018-05-04T15:00"))]


def test_maintenance_on_a_day_that_clocks_skip_is_at_that_hour_of_the_next() -> None:
    fridays = {"id": "w", "start": "2011-12-02T01:00:00-10:00", "duration": "PT1H", "rrule": "FREQ=WEEKLY"}
    agreed = text("Pacific/Apia", {"windows": [fridays]})
    at, later = utc("2011-12-30T11:00"), utc("2011-12-30T11:30")  # one and half past one on Saturday
    assert windows.maintenance(agreed, agreed.objectives[0], at, at + DAY) == [(at, at + HOUR)]
    assert windows.maintenance(agreed, agreed.objectives[0], later, at + DAY) == [(later, at + HOUR)]


def test_a_rule_ends_in_universal_time_as_the_standard_writes_it() -> None:
    def found(until: str) -> int:
        window = {"id": "w", "start": "2026-11-02T02:00:00+07:00", "duration": "PT1H",
                  "rrule": f"FREQ=DAILY;UNTIL={until}"}  # fmt: skip
        agreed = text("Asia/Jakarta", {"windows": [window]})
        return len(windows.maintenance(agreed, agreed.objectives[0], NOVEMBER, DECEMBER))

    assert (found("20261105T190000Z"), found("20261105T185959Z")) == (5, 4)


@given(st.integers(0, 200_000) | st.integers(0, 10**24))
def test_the_value_that_stands_for_a_bin_is_within_one_percent(value: int) -> None:
    assert abs(value_of(bin_of(value)) - value) * 100 <= value


def test_a_year_of_office_hours_is_looked_at_in_its_own_time_zone() -> None:
    agreed = text("Europe/Berlin", calendar="office", window={"calendar": "year"}, measure="time")
    start, end = windows.period_of(agreed.objectives[0].window, "Europe/Berlin", NOVEMBER)
    found = figure(agreed, "state", states((start - 300 * DAY, "up")), as_of=end)
    weekdays = sum((datetime(2026, 1, 1) + timedelta(days=n)).weekday() < 5 for n in range(365))  # noqa: DTZ001
    assert found.total == weekdays * 9 * 3600
