"""Exactness: the figures of random streams against an oracle, and figures kept up to date against fresh ones.

`SEPAKAT_TEST_STREAMS` says how many streams there are in all, 500 where nothing is said. Every night ten thousand:

    SEPAKAT_TEST_STREAMS=10000 .venv/bin/pytest tests/measuring/test_oracle.py --timeout 0

A stream that fails is printed as small as it can be made, and tried again first by the next run.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from measuring import oracle
from measuring.streams import (
    ARRIVALS,
    BLOCKS,
    DAY,
    HOUR,
    MILLISECONDS,
    MINUTE,
    MINUTES,
    MONTHS,
    SECOND,
    SECONDS,
    SOURCES,
    STATES,
    TARGETS,
    THRESHOLD,
    UNITS,
    VALUES,
    Scale,
    Setting,
    agreements,
    arrived,
    cloud_event,
    indicators,
    measurements,
    near,
    places,
    restored,
    sample_told,
    samples,
    settings_of,
    short_blocks,
    spans,
    state_told,
    states,
    traffic_told,
    values_told,
    window,
)

from sepakat_metrics import windows
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.figures import Figure
from sepakat_metrics.history import History
from sepakat_metrics.terms import Adjustments, Terms
from sepakat_shared.contracts.texts import Indicator

STREAMS = int(os.environ.get("SEPAKAT_TEST_STREAMS", "500"))
RANDOMS = st.randoms(use_true_random=False)
Lost = Callable[[oracle.Span], Fraction | None]


def streams(percent: int) -> settings:
    """That share of all streams."""
    return settings(
        max_examples=max(1, STREAMS * percent // 100),
        deadline=None,
        derandomize=False,
        phases=[phase for phase in Phase if phase is not Phase.explain],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def figure_of(setting: Setting, indicator: Indicator, known: History, block: int) -> Figure:
    with short_blocks(0 if setting.scale is MONTHS else block):
        terms = Terms(setting.text, setting.objective, indicator, setting.adjustments)
        return evaluate(terms, known, setting.as_of, setting.period)


def expect(figure: Figure, setting: Setting, found: oracle.Found, lost: Lost, burns: int = 0) -> None:
    """`lost` is the share lost over any span; as that is slow, one pair of burn rates is compared."""
    assert figure.period == setting.span
    names = ("good", "total", "budget", "holds", "coverage", "unknown", "excluded", "spent_at", "value")
    assert {name: getattr(figure, name) for name in names} == {name: getattr(found, name) for name in names}
    if figure.burns:
        burn = figure.burns[burns % len(figure.burns)]
        for length, rate in ((burn.long, burn.rate_long), (burn.short, burn.rate_short)):
            share = lost((setting.until - length, setting.until))
            assert rate == (None if share is None else share / (1 - figure.target))


# -- against the oracle ------------------------------------------------------------------------------------------------

OF_TIME = st.fixed_dictionaries({"measure": st.just("time"), "target": TARGETS})


@given(st.data(), settings_of(OF_TIME, MILLISECONDS, SECONDS, MINUTES, MONTHS), ARRIVALS, RANDOMS, BLOCKS)
@streams(18)
def test_time_is_what_looking_at_every_instant_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    grain = setting.scale.grain
    told = data.draw(states(setting))
    indicator = data.draw(indicators("state", setting.scale))
    if data.draw(st.booleans()):
        shortest = timedelta(milliseconds=data.draw(st.integers(1, setting.scale.reach // grain // 4)) * grain)
        setting = setting.with_objective(shortest_outage=shortest)
        setting = replace(setting, adjustments=replace(setting.adjustments, down=()))
    figure = figure_of(setting, indicator, arrived([fact for _, fact in told], how, random), block)
    agreed, heard = setting.agreed(indicator, "state"), [state for state, _ in told]
    found = oracle.of_time(agreed, heard, setting.span, setting.until, grain)
    expect(figure, setting, found, lambda span: oracle.lost_of_time(agreed, heard, span, grain), random.randrange(3))


@st.composite
def between_states(draw: st.DrawFn) -> dict[str, Any]:
    start, end = draw(st.sampled_from((("down", "up"), ("up", "down"))))
    target = draw(st.sampled_from(({"atMost": "PT30M"}, {"atLeast": "PT6H"}, {"atMost": "90", "unit": "s"})))
    return {"measure": "mean", "clock": {"from": start, "until": end}, "target": target}


@given(st.data(), settings_of(between_states(), MILLISECONDS, SECONDS, MINUTES, MONTHS), ARRIVALS, RANDOMS, BLOCKS)
@streams(10)
def test_time_to_recovery_and_between_failures_are_means_of_counted_time(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told = data.draw(states(setting))
    indicator = data.draw(indicators("state", setting.scale))
    figure = figure_of(setting, indicator, arrived([fact for _, fact in told], how, random), block)
    agreed, heard = setting.agreed(indicator, "state"), [state for state, _ in told]
    agreed = replace(agreed, down=())  # a correction of an objective of time
    found = oracle.between_states(agreed, heard, setting.span, setting.until, setting.scale.grain)
    assert (figure.value, figure.holds, figure.excluded) == (found.value, found.holds, found.excluded)


ANY_SECOND = (
    replace(SECONDS, edge=SECOND),
    replace(MINUTES, edge=7 * SECOND),
    replace(MONTHS, windows=("month", "P28D"), edge=HOUR + SECOND),
)
LIMIT = st.sampled_from(({"atMost": "800", "unit": "ms"}, {"atMost": "PT0.8S"}, {"atMost": "0.8", "unit": "s"}))
OF_COUNTS = st.fixed_dictionaries({"measure": st.just("occurrences"), "target": TARGETS})
OF_MEASUREMENTS = (
    st.fixed_dictionaries({"measure": st.just("share"), "target": TARGETS, "threshold": LIMIT})
    | st.fixed_dictionaries(
        {
            "measure": st.just("percentile"),
            "target": LIMIT,
            "percentile": st.sampled_from(("0.1", "50", "75", "99", "100")),
        }
    )
    | st.fixed_dictionaries({"measure": st.just("mean"), "target": LIMIT})
)


@given(st.data(), settings_of(OF_COUNTS, *ANY_SECOND), ARRIVALS, RANDOMS, BLOCKS)
@streams(8)
def test_occurrences_are_what_counting_every_event_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told = data.draw(samples(setting))
    indicator = data.draw(indicators("ratio", setting.scale))
    figure = figure_of(setting, indicator, arrived([fact for _, fact in told], how, random), block)
    agreed, heard = setting.agreed(indicator, "ratio"), [sample for sample, _ in told]
    found = oracle.of_counts(agreed, heard, setting.span, setting.until)
    expect(figure, setting, found, lambda span: oracle.lost_of_counts(agreed, heard, span), random.randrange(3))


@given(st.data(), settings_of(OF_MEASUREMENTS, *ANY_SECOND), ARRIVALS, RANDOMS, BLOCKS)
@streams(14)
def test_shares_percentiles_and_means_are_what_looking_at_every_measurement_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told = data.draw(measurements(setting))
    indicator = data.draw(indicators("measurement", setting.scale))
    known = arrived([fact for _, fact in told], how, random, (THRESHOLD,))
    figure = figure_of(setting, indicator, known, block)
    agreed, heard = setting.agreed(indicator, "measurement"), [one for each, _ in told for one in each]
    found = oracle.of_counts(agreed, heard, setting.span, setting.until)
    if setting.objective.measure == "percentile" and found.value is not None and figure.value is not None:
        assert abs(figure.value - found.value) * 100 <= found.value
        if setting.objective.exclusions == "remove" and not setting.adjustments.events:
            assert figure.holds is (found.value <= THRESHOLD)
        found.value = figure.value
    assert figure.exact_counts
    expect(figure, setting, found, lambda span: oracle.lost_of_counts(agreed, heard, span), random.randrange(3))


SHORTEST = ("PT2M", "PT10M", "PT3H", "P2D")


@st.composite
def of_slices(draw: st.DrawFn, scale: Scale) -> dict[str, Any]:
    of_months = scale.reach > 30 * DAY
    short, long = ("PT1M", "PT3M", "PT7M"), ("PT30M", "PT1H", "PT7H", "P1D")
    slices = long[1:] if of_months else short if scale.reach < DAY else (*short[1:], *long[:3])
    return {
        "measure": draw(st.sampled_from(("timeslices", "timeslices", "ratio-timeslices"))),
        "target": draw(TARGETS),
        "slice": draw(st.sampled_from(slices)),
        "sliceTarget": draw(st.sampled_from(("0", "0.000001", "50", "95", "100"))),
        "shortestOutage": draw(st.sampled_from((None, None, *SHORTEST))),
    }


@st.composite
def settings_of_slices(draw: st.DrawFn, *scales: Scale) -> Setting:
    scale = draw(st.sampled_from(scales))
    setting = draw(settings_of(of_slices(scale), scale))
    if setting.period is not None:  # whole minutes, as all windows of slices are
        start, end = (at // MINUTE * MINUTE for at in setting.period)
        setting = replace(setting, period=(start, end))
    return setting


@given(st.data(), settings_of_slices(*ANY_SECOND), ARRIVALS, RANDOMS, BLOCKS)
@streams(14)
def test_slices_of_counts_are_what_judging_each_slice_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told = data.draw(samples(setting))
    indicator = data.draw(indicators("ratio", setting.scale))
    figure = figure_of(setting, indicator, arrived([fact for _, fact in told], how, random), block)
    agreed, heard = setting.agreed(indicator, "ratio"), [sample for sample, _ in told]
    found = oracle.of_slices(agreed, heard, setting.span, setting.until, MINUTE)
    expect(figure, setting, found, lambda span: oracle.lost_of_slices(agreed, heard, span, MINUTE), random.randrange(3))


@given(st.data(), settings_of_slices(SECONDS, MINUTES, MONTHS), ARRIVALS, RANDOMS, BLOCKS)
@streams(14)
def test_slices_of_states_are_what_judging_each_slice_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    grain = min(setting.scale.grain, MINUTE) if setting.scale.reach < 30 * DAY else setting.scale.grain
    told = data.draw(states(setting))
    indicator = data.draw(indicators("state", setting.scale))
    figure = figure_of(setting, indicator, arrived([fact for _, fact in told], how, random), block)
    agreed, heard = setting.agreed(indicator, "state"), [state for state, _ in told]
    found = oracle.of_slices(agreed, heard, setting.span, setting.until, grain)
    expect(figure, setting, found, lambda span: oracle.lost_of_slices(agreed, heard, span, grain), random.randrange(3))


# -- kept up to date ---------------------------------------------------------------------------------------------------

STORY = Scale(7 * SECOND, 3 * DAY, ("PT1H", "P1D", "day", "week", "month", "quarter", "year", "P28D"))
SLICES = {"PT1H": ("PT1M", "PT7M"), "P1D": ("PT5M", "PT1H"), "day": ("PT5M", "PT7M", "PT1H"), "week": ("PT30M", "PT7H"),
          "month": ("PT1H", "PT5H"), "P28D": ("PT1H", "P1D")}  # fmt: skip
"""What slices are tried with which window: not so many that it takes long."""
ADVANCES = (0, 1, MINUTE - 1, MINUTE, MINUTE + 500, 10 * MINUTE, HOUR + 1, 6 * HOUR + 7 * SECOND, DAY, 3 * DAY + SECOND,
            33 * DAY + 12_345)  # fmt: skip
KINDS = st.sampled_from(("ratio", "ratio", "measurement", "state", "state", "ticket"))
CLOCKS = (("opened", "responded"), ("opened", "resolved"), ("restored", "opened"))


@st.composite
def objectives(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    if kind == "measurement":
        return draw(OF_MEASUREMENTS)
    if kind == "ticket":
        return draw(of_tickets())
    shortest = st.sampled_from((None, *SHORTEST))
    of_time = st.builds(lambda made, least: {**made, "shortestOutage": least}, OF_TIME, shortest)
    of_whole = OF_COUNTS if kind == "ratio" else of_time | between_states()
    if draw(st.booleans()):
        return draw(of_whole)
    name = draw(st.sampled_from(tuple(SLICES)))
    slices = {"slice": draw(st.sampled_from(SLICES[name])), "window": window(name)}
    return {**draw(of_slices(MINUTES)), **slices}


@st.composite
def of_tickets(draw: st.DrawFn) -> dict[str, Any]:
    start, end = draw(st.sampled_from(CLOCKS))
    clock = {"from": start, "until": end, "calendar": draw(st.sampled_from(("24x7", "hours"))), "pauseWhile": ["c"]}
    if end == "opened" or draw(st.integers(0, 3)) == 0:
        return {"measure": "mean", "clock": clock, "target": {"atMost": "PT4H"}}
    return {
        "measure": "per-case", "clock": clock, "threshold": {"atMost": "PT4H"}, "target": draw(TARGETS),
        "where": draw(st.sampled_from(({}, {"priority": "P1"}))), "minimumCases": 2, "allowedMisses": 1,
    }  # fmt: skip


@st.composite
def adjustments(draw: st.DrawFn, now: int) -> Adjustments:
    """What is granted between two looks makes new terms: here it is granted before the first."""
    some = st.lists(spans(now, STORY.reach, SECOND), max_size=2)
    events = st.tuples(near(now, STORY.reach, SECOND), st.just(1), st.integers(1, 3))
    return Adjustments(
        tuple(windows.unite(draw(some))),
        tuple(windows.unite(draw(some))),
        tuple(draw(st.lists(events, max_size=1))),
        tuple(draw(st.lists(st.just(("T-1", 600_000)), max_size=1))),
    )


def told(draw: st.DrawFn, kind: str, at: int, id: str) -> Fact:
    """Any event of a kind."""
    match kind:
        case "state":
            return state_told(at, id, draw(st.sampled_from(STATES)), draw(SOURCES))[1]
        case "ratio":
            return sample_told(at, id, draw(st.integers(0, 9)), draw(st.integers(0, 2)))[1]
        case "measurement":
            return values_told(at, id, draw(VALUES), draw(UNITS))[1]
    fact = draw(st.sampled_from(("opened", "opened", "responded", "resolved", "resolved", "paused", "resumed",
                                 "reopened", "prioritised", "cancelled")))  # fmt: skip
    more = {"paused": ',"reason":"c"', "prioritised": ',"priority":"P1"', "opened": ',"priority":"P2"'}.get(fact, "")
    ticket = draw(st.sampled_from(("T-1", "T-2", "T-3")))
    return cloud_event("ticket", at, id, f'"ticket":"{ticket}","fact":"{fact}"{more}')


@given(st.data(), KINDS, places(), RANDOMS, BLOCKS)
@streams(22)
def test_figures_kept_up_to_date_are_those_of_a_fresh_start(
    data: st.DataObject, kind: str, place: tuple[str, int], random: Random, block: int
) -> None:
    zone, now = place
    wanted = [data.draw(objectives(kind)) for _ in range(2)]
    text = data.draw(agreements(STORY, zone, now, wanted))
    indicator = data.draw(indicators(kind, STORY))
    granted = data.draw(adjustments(now))
    kept = [Terms(text, each, indicator, granted) for each in text.objectives]
    known, thresholds = History(), (THRESHOLD,)
    known.thresholds = thresholds
    facts: list[Fact] = []
    now += data.draw(st.sampled_from((0, 1, 30_500, 59_999)))
    for _ in range(data.draw(st.integers(3, 12))):
        before, now = now, now + data.draw(st.sampled_from(ADVANCES))
        if kind == "ratio" and data.draw(st.booleans()):
            facts.append(traffic_told(before, now + 1, str(len(facts))))
            known.add(facts[-1])
        for _ in range(data.draw(st.sampled_from((0, 1, 2, 4)))):
            late = data.draw(st.sampled_from((0, 0, 0, MINUTE, HOUR, DAY, 40 * DAY)))
            at = data.draw(near(now - late, max(2 * SECOND, late // 2), 500))
            facts.append(told(data.draw, kind, at, str(len(facts))))
            known.add(facts[-1])
        if data.draw(st.integers(0, 9)) == 0:
            known = restored(facts, random, thresholds)
        # A deadline is looked for in four hundred days, which are many short blocks.
        with short_blocks(4 * block if kind != "ticket" and now < place[1] + 10 * DAY else 0):
            judge(data, kept, known, facts, now)


def judge(data: st.DataObject, kept: Sequence[Terms], known: History, facts: Sequence[Fact], now: int) -> None:
    """Some of the objectives: now, as of a while ago (the clock of records that wait), or the period before."""
    for terms in kept:
        looks = data.draw(st.sampled_from(("now", "now", "now", "a while ago", "the period before", "not", "not")))
        if looks == "not":
            continue
        back = data.draw(st.sampled_from((10 * MINUTE, 7 * HOUR))) if looks == "a while ago" else 0
        as_of, period = now - back, None
        agreed = terms.objective.window, terms.text.term.time_zone
        if looks == "the period before" and terms.objective.window.rolling is None:
            period = windows.period_of(*agreed, windows.period_of(*agreed, now)[0] - 1)
        fresh = History()
        fresh.thresholds = known.thresholds
        for fact in sorted(facts, key=lambda each: each.at):
            fresh.add(fact)
        anew = Terms(terms.text, terms.objective, terms.indicator, terms.adjustments)
        assert evaluate(terms, known, as_of, period) == evaluate(anew, fresh, as_of, period)
