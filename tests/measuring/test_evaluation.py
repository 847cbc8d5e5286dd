"""Figures against cases worked out by hand, and against an oracle that counts every second."""

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import agreement

from sepakat_metrics import events, quick, windows
from sepakat_metrics.buckets import Delta
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import BadEvent, Fact
from sepakat_metrics.figures import Figure, decimal, shown
from sepakat_metrics.history import History
from sepakat_metrics.terms import Terms, Unsupported
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.contracts.texts import Agreement, Indicator

NOVEMBER = to_ms(datetime(2026, 10, 31, 17, tzinfo=UTC))
"""Midnight in Jakarta on the first of November, in ms."""
DECEMBER = NOVEMBER + 30 * 86_400_000
MINUTE, HOUR = 60_000, 3_600_000
MAINTENANCE = {"windows": [{"id": "patch", "start": "2026-11-10T01:00:00+07:00", "duration": "PT8H"}]}


def objective(**changes: Any) -> dict[str, Any]:
    base = {"id": "o", "indicator": "nusantara/checkout-state", "measure": "time", "target": "99.9",
            "window": {"calendar": "month"}}  # fmt: skip
    return {**base, **changes}


def text(maintenance: dict[str, Any] | None = None, **changes: Any) -> Agreement:
    return agreement(objectives=[objective(**changes)], needs=[], maintenance=maintenance)


def state(at: int, name: str, id: str | None = None, **data: Any) -> Fact:
    return events.parse(
        {
            "specversion": "1.0", "id": id or f"{at}-{name}", "source": "/probe", "type": "sepakat.metric.state.v1",
            "time": from_ms(at).isoformat(), "data": {"indicator": "nusantara/checkout-state", "state": name, **data},
        }
    )  # fmt: skip


def history(*facts: Fact) -> History:
    made = History()
    for fact in facts:
        made.add(fact)
    return made


def judged(agreed: Agreement, known: History, as_of: int = DECEMBER, indicator: Indicator | None = None) -> Figure:
    return evaluate(Terms(agreed, agreed.objectives[0], indicator), known, as_of, (NOVEMBER, DECEMBER))


OUTAGE_OF_43_MINUTES = (
    state(NOVEMBER, "up"),
    state(NOVEMBER + 24 * HOUR, "down"),
    state(NOVEMBER + 24 * HOUR + 43 * MINUTE, "up"),
)


def test_the_two_conventions_for_excluded_time_give_different_verdicts() -> None:
    removed = judged(text(MAINTENANCE), history(*OUTAGE_OF_43_MINUTES))
    assert (decimal(removed.attainment * 100), removed.met) == ("99.8993", False)  # type: ignore[operator]
    counted = judged(text(MAINTENANCE, exclusions="count-as-up"), history(*OUTAGE_OF_43_MINUTES))
    assert (decimal(counted.attainment * 100), counted.met) == ("99.9005", True)  # type: ignore[operator]


def test_a_rounded_figure_never_decides() -> None:
    down = int(Fraction(51, 100_000) * 30 * 86_400_000)
    known = history(state(NOVEMBER, "up"), state(NOVEMBER + HOUR, "down"), state(NOVEMBER + HOUR + down, "up"))
    figure = judged(text(target="99.95"), known)
    assert decimal(figure.attainment * 100, 2) == "99.95"  # type: ignore[operator]
    assert figure.met is False


def test_a_budget_spent_exactly_is_no_breach_and_a_millisecond_more_is_one() -> None:
    budget = 30 * 86_400_000 // 1000
    for over, met in ((0, True), (1, False)):
        end = NOVEMBER + HOUR + budget + over
        figure = judged(text(), history(state(NOVEMBER, "up"), state(NOVEMBER + HOUR, "down"), state(end, "up")))
        assert figure.met is met
        assert figure.over_budget is not met
    assert figure.spent_at == NOVEMBER + HOUR + budget + 1


def test_the_instant_of_exhaustion_is_foretold_while_it_is_down() -> None:
    known = history(state(NOVEMBER, "up"), state(NOVEMBER + HOUR, "down"))
    figure = judged(text(), known, as_of=NOVEMBER + HOUR + MINUTE)
    assert figure.state == "at_risk"
    assert figure.spent_by == NOVEMBER + HOUR + 30 * 86_400_000 // 1000 + 1


def test_nothing_observed_has_no_figure() -> None:
    agreed = text()
    assert judged(agreed, History()).attainment is None
    assert shown(agreed, judged(agreed, History()))["attainment"] is None


def test_an_outage_over_the_end_of_a_month_counts_in_each_for_its_part() -> None:
    known = history(state(NOVEMBER, "up"), state(DECEMBER - HOUR, "down"), state(DECEMBER + 2 * HOUR, "up"))
    assert judged(text(), known, as_of=DECEMBER + 9 * HOUR).lost == 3600
    agreed = text()
    december = evaluate(Terms(agreed, agreed.objectives[0], None), known, DECEMBER + 9 * HOUR)
    assert december.period == (DECEMBER, DECEMBER + 31 * 86_400_000)
    assert december.lost == 7200


def test_the_state_maintenance_outside_an_announced_window_is_down() -> None:
    known = history(state(NOVEMBER, "up"), state(NOVEMBER + HOUR, "maintenance"), state(NOVEMBER + 2 * HOUR, "up"))
    assert judged(text(), known).lost == 3600


def test_degraded_counts_by_its_weight() -> None:
    known = history(
        state(NOVEMBER, "up"), state(NOVEMBER + HOUR, "degraded", weight=0.75), state(NOVEMBER + 2 * HOUR, "up")
    )
    assert judged(text(), known).lost == 900


@pytest.mark.parametrize(("unknown", "lost", "total"), [("exclude", 0, 29), ("up", 0, 30), ("down", 1, 30)])
def test_unknown_time_counts_as_agreed(unknown: str, lost: int, total: int) -> None:
    known = history(state(NOVEMBER + 86_400_000, "up"))
    figure = judged(text(unknown=unknown), known)
    assert (figure.lost, figure.total) == (lost * 86_400, total * 86_400)


def test_silence_means_what_the_indicator_says() -> None:
    indicator = Indicator.model_validate(
        {"metadata": {"id": "nusantara/checkout-state"}, "kindOfEvents": "state", "minimumCoverage": "98",
         "silence": {"after": "PT5M", "means": "unknown"}}
    )  # fmt: skip
    figure = judged(text(), history(state(NOVEMBER, "up")), indicator=indicator)
    assert (figure.observed, figure.met, figure.state) == (300, None, "unverified")


def test_a_month_with_a_clock_change_is_an_hour_longer_or_shorter() -> None:
    agreed = agreement(term={"from": "2026-01-01", "until": "2026-12-31", "timeZone": "Europe/Berlin"})
    for month, hours in ((3, 31 * 24 - 1), (10, 31 * 24 + 1)):
        start, end = windows.period_of(
            agreed.objectives[0].window, "Europe/Berlin", to_ms(datetime(2026, month, 15, tzinfo=UTC))
        )
        assert end - start == hours * HOUR


def test_repeated_maintenance_stays_at_its_local_hour_over_a_clock_change() -> None:
    berlin = {"from": "2026-01-01", "until": "2026-12-31", "timeZone": "Europe/Berlin"}
    weekly = {
        "windows": [{"id": "w", "start": "2026-03-22T03:00:00+01:00", "duration": "PT1H", "rrule": "FREQ=WEEKLY"}]
    }
    agreed = agreement(term=berlin, maintenance=weekly)
    start, end = to_ms(datetime(2026, 3, 20, tzinfo=UTC)), to_ms(datetime(2026, 4, 1, tzinfo=UTC))
    found = [from_ms(a).hour for a, _ in windows.maintenance(agreed, agreed.objectives[0], start, end)]
    assert found == [2, 1]


def test_office_hours_count_in_their_time_zone_and_not_on_holidays() -> None:
    office = {"id": "office", "timeZone": "Asia/Jakarta", "weekly": {"mon-fri": "08:00-17:00"},
              "holidays": {"country": "ID", "add": ["2026-11-03"]}}  # fmt: skip
    agreed = agreement(calendars=[office], objectives=[objective(calendar="office")], needs=[])
    week = windows.in_schedule(agreed, "office", NOVEMBER, NOVEMBER + 7 * 86_400_000)
    assert windows.length(week) == 4 * 9 * HOUR


def sample(minute: int, good: int, total: int) -> Fact:
    return Fact("nusantara/checkout-state", "/probe", f"{minute}", NOVEMBER + minute * MINUTE, "ratio",
                samples=((NOVEMBER + minute * MINUTE, good, total),))  # fmt: skip


def test_occurrences_are_sums_and_never_means_of_ratios() -> None:
    agreed = text(measure="occurrences", target="99")
    figure = judged(agreed, history(sample(0, 0, 1), sample(1, 999, 999)))
    assert shown(agreed, figure)["exact"] == "999/1000"


def test_occurrences_breach_when_the_period_ends_and_fail_before() -> None:
    agreed = text(measure="occurrences", target="99", minimumSample=10)
    known = history(sample(0, 8, 10))
    assert judged(agreed, known, as_of=NOVEMBER + HOUR).state == "failing"
    assert judged(agreed, known).state == "breached"
    assert judged(agreed, history(sample(0, 1, 2))).state == "unverified"


def test_a_share_is_exact_at_a_registered_threshold_and_marked_where_it_was_asked_later() -> None:
    agreed = text(measure="share", threshold={"atMost": "0.8", "unit": "s"}, target="50")
    facts = [Fact("nusantara/checkout-state", "/p", str(v), NOVEMBER, "measurement", values=(v * 1000,), unit="ms")
             for v in (799_999, 800_000, 800_001)]  # fmt: skip
    known = History()
    known.thresholds = (800_000_000,)
    for fact in facts:
        known.add(fact)
    figure = judged(agreed, known)
    assert (figure.attainment, figure.exact_counts) == (Fraction(2, 3), True)
    assert judged(agreed, history(*facts)).exact_counts is False


def test_a_measure_of_other_events_is_refused_by_name() -> None:
    agreed = text(measure="occurrences")
    with pytest.raises(Unsupported, match=r"'occurrences' needs ratio events, but .* takes state"):
        Terms(agreed, agreed.objectives[0], None, kind="state")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "sepakat.metric.state.v2"}, "type"),
        ({"time": "2026-11-01T00:00:00"}, "time"),
        ({"time": None}, "time"),
        ({"subject": "other/indicator"}, "subject"),
        ({"data": {"indicator": "nusantara/x", "state": "broken"}}, "data.state"),
        ({"data": {"indicator": "nusantara/x", "state": "up", "colour": "red"}}, "data.colour"),
        ({"data": {"indicator": "nusantara/x", "state": "degraded"}}, "data.weight"),
        ({"data": {"indicator": "X", "state": "up"}}, "data.indicator"),
        ({"data": []}, "data"),
        ({"specversion": "0.3"}, "specversion"),
    ],
)
def test_a_bad_event_is_refused_with_its_field(change: dict[str, Any], field: str) -> None:
    good = {"specversion": "1.0", "id": "1", "source": "/p", "type": "sepakat.metric.state.v1",
            "time": "2026-11-01T00:00:00Z", "data": {"indicator": "nusantara/x", "state": "up"}}  # fmt: skip
    events.parse(good)
    with pytest.raises(BadEvent) as caught:
        events.parse({**good, **change})
    assert caught.value.field == field


@pytest.mark.parametrize("value", [-1, True, "5", float("inf"), 10**12])
def test_a_measurement_must_be_a_finite_number(value: object) -> None:
    data = {"indicator": "a/b", "value": value, "unit": "ms"}
    with pytest.raises(BadEvent):
        events.parse({"specversion": "1.0", "id": "1", "source": "/p", "type": "sepakat.metric.measurement.v1",
                      "time": "2026-11-01T00:00:00Z", "data": data})  # fmt: skip


def test_the_far_future_is_refused() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    events.check_time(state(to_ms(now + timedelta(minutes=5)), "up"), now)
    with pytest.raises(BadEvent, match="future"):
        events.check_time(state(to_ms(now + timedelta(minutes=5, milliseconds=1)), "up"), now)


transitions = st.lists(
    st.tuples(st.integers(0, 3600), st.sampled_from(["up", "down", "unknown", "maintenance"])), max_size=12
)


@given(transitions, st.randoms(use_true_random=False), st.sampled_from(["exclude", "up", "down"]))
@settings(max_examples=60, deadline=None)
def test_time_is_what_counting_every_second_gives_in_any_order_of_arrival(
    changes: list[tuple[int, str]], random: Any, unknown: str
) -> None:
    facts = [state(NOVEMBER + second * 1000, name, id=f"{i:02d}") for i, (second, name) in enumerate(changes)]
    up = down = 0
    for second in range(3600):
        known = [(at, i, name) for i, (at, name) in enumerate(changes) if at <= second]
        name = max(known)[2] if known else "unknown"
        name = unknown if name == "unknown" else name
        up += name == "up"
        down += name in ("down", "maintenance")
    shuffled = facts[:]
    random.shuffle(shuffled)
    half = len(shuffled) // 2
    one, other = Delta(), Delta()
    for fact in shuffled[:half]:
        one.add(fact)
    for fact in shuffled[half:]:
        other.add(fact)
    one.merge(Delta.from_document(other.to_document()))
    merged = History.from_days(delta.to_document() for delta in one.by_day().values())
    for known_history in (history(*shuffled), merged):
        agreed = text(unknown=unknown)
        terms = Terms(agreed, agreed.objectives[0], None)
        figure = evaluate(terms, known_history, NOVEMBER + HOUR, (NOVEMBER, NOVEMBER + HOUR))
        assert (figure.total - figure.lost, figure.lost) == (up, down)


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 5), st.integers(0, 5)), max_size=30),
       st.integers(0, 4000), st.integers(0, 4000))  # fmt: skip
def test_sums_over_any_window_are_what_adding_minutes_gives(
    counted: list[tuple[int, int, int]], first: int, length: int
) -> None:
    known = History()
    for minute, good, more in counted:
        known.add(Fact("a/b", "/p", "x", 0, "ratio", samples=((minute * MINUTE, good, good + more),)))
    inside = [(good, good + more) for minute, good, more in counted if first <= minute < first + length]
    minutes = {minute for minute, _, _ in counted if first <= minute < first + length}
    expected = sum(good for good, _ in inside), sum(total for _, total in inside), len(minutes)
    assert known.counts.sum(first, first + length) == expected


ODDITIES = [
    None, "", "1.0", "a/b", 5, [], {}, "2026-11-01T00:00:00Z", "2026-11-01T07:00:00.1239999+07:00",
    "2026-11-01t00:00:00z", "2026-11-01T00:00:00", "sepakat.metric.state.v1", {"indicator": "a/b", "state": "down"},
    {"state": "up"}, {"state": "degraded", "weight": 0.5}, {"indicator": "a/c", "good": 1, "total": 2},
    {"good": 2, "total": 1}, {"good": -1, "total": 1}, {"good": 1, "total": 1, "x": 1}, {"good": 1.0, "total": 1},
    *[{"samples": [{"time": at, "good": 1, "total": 2} for at in times]} for times in (
        [], ["2026-11-01T00:00:00Z"], ["2026-11-01T00:00:59.999Z", "2026-11-01T07:00:00+07:00", "2026-11-01T00:01:00Z"],
        ["2026-11-01T00:00:00"], ["2026-11-01"], ["9999-12-31T23:59:59Z"])],
    {"samples": [{"time": f"2026-11-01T00:0{i}:00Z", "good": 0, "total": 0} for i in range(3)]},
    {"samples": [{"time": "2026-11-01T00:00:00Z", "good": 2, "total": 1}]}, {"samples": [], "good": 1, "total": 1},
    *[{"unit": "ms", **given} for given in (
        {"value": 12.5}, {"value": 1e3}, {"value": "12.5"}, {"value": -1}, {"value": True}, {"value": None},
        {"values": [1, 2.25, 0.000000499]}, {"values": []}, {"value": 1, "values": [1]}, {"value": 1e12})],
    {"unit": "s", "value": 0.12345}, {"unit": "", "value": 1}, {"value": 1}, "sepakat.metric.measurement.v1",
    {"indicator": None, "state": "up"}, {"indicator": None, "good": 1, "total": 1},
    *[{"samples": [{"time": f"2026-11-01T{at}", "good": 1, "total": 2} for at in times]} for times in (
        ["08:59:59.9999996Z"], ["08:59:30Z", "08:59:59.9999996Z"], ["08:59:59.9999996Z", "09:00:30Z"],
        ["08:59:00.1229996Z", "08:59:00.12Z"], ["15:59:59.9999999+07:00", "08:58:01Z"])],
]  # fmt: skip
FIELDS = ["specversion", "id", "source", "type", "time", "subject", "data", "more"]


@given(st.sampled_from(("sample", "measurement", "state")),
       st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(ODDITIES), max_size=3))  # fmt: skip
@settings(max_examples=500, deadline=None)
def test_the_quick_way_of_reading_reads_what_the_careful_one_does_and_refuses_nothing(
    kind: str, changes: dict[str, Any]
) -> None:
    data = {"sample": {"good": 1, "total": 2}, "measurement": {"unit": "ms", "value": 3}, "state": {"state": "up"}}
    base = {"specversion": "1.0", "id": "1", "source": "/p", "type": f"sepakat.metric.{kind}.v1", "subject": "a/b",
            "time": "2026-11-01T00:00:00Z", "data": {"indicator": "a/b", **data[kind]}}  # fmt: skip
    body = json.dumps({**base, **changes}).encode()
    found = quick.read(body)
    if found is not None:
        assert_same(found, events.parse_line(body))


def assert_same(quickly: Fact, carefully: Fact) -> None:
    """A fact as both ways read it. Of counts what is of one minute may be summed, and stands at its latest instant;
    that may be a millisecond late where it was told more finely than in microseconds.
    """
    (head, sums), (expected_head, expected) = by_minute(quickly), by_minute(carefully)
    assert head == expected_head
    assert {minute: sum[1:] for minute, sum in sums.items()} == {minute: sum[1:] for minute, sum in expected.items()}
    assert all(0 <= sum[0] - expected[minute][0] <= 1 for minute, sum in sums.items())


def by_minute(fact: Fact) -> tuple[Fact, dict[int, tuple[int, int, int]]]:
    """The fact without its samples, and those summed by minute: (latest instant, good, total)."""
    sums: dict[int, tuple[int, int, int]] = {}
    for at, good, total in fact.samples:
        latest, *before = sums.get(at // MINUTE, (at, 0, 0))
        sums[at // MINUTE] = max(at, latest), before[0] + good, before[1] + total
    return msgspec.structs.replace(fact, samples=()), sums


@pytest.mark.parametrize("times", [["12:06:00"], ["12:00:00", "12:06:00"], ["12:06:00", "12:06:01"]])
def test_a_sample_from_the_future_is_noticed_in_a_batch_of_now(times: list[str]) -> None:
    samples = [{"time": f"2026-11-01T{time}Z", "good": 1, "total": 1} for time in times]
    event = {"specversion": "1.0", "id": "1", "source": "/p", "type": "sepakat.metric.sample.v1", "subject": "a/b",
             "time": "2026-11-01T12:00:00Z", "data": {"samples": samples}}  # fmt: skip
    body, noon = json.dumps(event).encode(), datetime(2026, 11, 1, 12, tzinfo=UTC)
    quickly = quick.read(body)
    assert quickly is not None
    assert events.is_from_the_future(quickly, events.latest(noon))
    assert events.is_from_the_future(events.parse_line(body), events.latest(noon))
    assert not events.is_from_the_future(quickly, events.latest(noon + timedelta(minutes=2)))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("sample", {"good": 1, "total": 2}),
        ("sample", {"samples": [{"time": "2026-11-01T00:00:00.5+07:00", "good": 1, "total": 2}]}),
        ("measurement", {"unit": "s", "value": 0.25}),
        ("measurement", {"unit": "ms", "values": [1, 2.5]}),
        ("state", {"state": "down"}),
    ],
)
def test_plain_events_are_read_the_quick_way(kind: str, data: dict[str, Any]) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/p", "type": f"sepakat.metric.{kind}.v1", "subject": "a/b",
             "time": "2026-11-01T00:00:00Z", "data": data}  # fmt: skip
    assert quick.read(json.dumps(event).encode()) is not None


def test_what_no_decoder_takes_is_refused_and_small_letters_of_an_instant_are_taken() -> None:
    head = b'{"specversion":"1.0","id":"1","source":"/p","type":"sepakat.metric.sample.v1","subject":"a/b",'
    body = head + b'"time":"2026-11-01t00:00:00z","data":%s}'
    for data in (b'{"good":1,"total":2,"indicator":"\xff"}', b"[" * 100_000):
        assert quick.read(body % data) is None
        with pytest.raises(events.BadEvent, match="is not JSON"):
            events.parse_line(body % data)
        with pytest.raises(events.BadEvent, match="is not JSON"):
            events.fact_of(type="x", subject="a/b", source="/p", id="1", time="2026-11-01T00:00:00Z", data=data)
    good = body % b'{"good":1,"total":2}'
    assert (quick.read(good) or events.parse_line(good)).at == to_ms(datetime(2026, 11, 1, tzinfo=UTC))


def test_numbers_beyond_all_bounds_are_refused_by_name_and_exact_ones_stay_exact() -> None:
    head = b'{"specversion":"1.0","id":"1","source":"/p","type":"sepakat.metric.measurement.v1","subject":"a/b",'
    body = head + b'"time":"2026-11-01T00:00:00Z","data":{"unit":"x","value":%s}}'
    assert quick.read(body % b"1e9999999999999999999") is None
    with pytest.raises(events.BadEvent, match="finite"):
        events.parse_line(body % b"1e9999999999999999999")
    assert events.parse_line(body % b"123456789012.123456").values == (123_456_789_012_123_456,)


def test_a_state_of_the_year_one_breaks_no_sum() -> None:
    known = history(state(to_ms(datetime(1, 1, 1, tzinfo=UTC)), "up"), state(NOVEMBER, "down"))
    assert known.states.sum(NOVEMBER - HOUR, NOVEMBER + HOUR) == (HOUR * 1_000_000, 2 * HOUR)
