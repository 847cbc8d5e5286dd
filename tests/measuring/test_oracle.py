"""Exactness: the figures of random streams are those of an oracle (measuring/streams.py says how many are tried)."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from measuring import oracle, streams, texts
from measuring.streams import ARRIVALS, BLOCKS, RANDOMS, arrived, tried
from measuring.texts import DAY, HOUR, MILLISECONDS, MINUTE, MINUTES, MONTHS, SECOND, SECONDS, Scale, Setting

from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.figures import Figure
from sepakat_metrics.history import History
from sepakat_metrics.terms import Terms
from sepakat_shared.contracts.texts import Indicator

pytestmark = streams.PATIENCE
pages = streams.small_pages
Lost = Callable[[oracle.Span], Fraction | None]
ANY_SECOND = (
    replace(SECONDS, edge=SECOND),
    replace(MINUTES, edge=7 * SECOND),
    replace(MONTHS, windows=("month", "P28D"), edge=HOUR + SECOND),
)
"""For counts and measurements: exclusions begin and end within minutes, too."""


def figure_of(setting: Setting, indicator: Indicator, known: History, block: int) -> Figure:
    with streams.short_blocks(block if setting.scale.reach < 15 * DAY else 0):
        terms = Terms(setting.text, setting.objective, indicator, setting.adjustments)
        return evaluate(terms, known, setting.as_of, setting.period)


def expect(figure: Figure, setting: Setting, found: oracle.Found, lost: Lost, burns: int) -> None:
    """`lost` is the share lost over any span; as that is slow, one pair of burn rates is compared."""
    assert figure.period == setting.span
    names = ("good", "total", "budget", "holds", "coverage", "unknown", "excluded", "spent_at", "value")
    assert {name: getattr(figure, name) for name in names} == {name: getattr(found, name) for name in names}
    if figure.burns:
        burn = figure.burns[burns % len(figure.burns)]
        for length, rate in ((burn.long, burn.rate_long), (burn.short, burn.rate_short)):
            share = lost((setting.until - length, setting.until))
            assert rate == (None if share is None else share / (1 - figure.target))


# -- states ------------------------------------------------------------------------------------------------------------


@st.composite
def settings_of_time(draw: st.DrawFn) -> Setting:
    scale = draw(st.sampled_from((MILLISECONDS, SECONDS, MINUTES, MONTHS)))
    setting = draw(texts.settings_of(texts.of_time(scale.grain, scale.reach // 4), scale))
    if setting.objective.shortest_outage is None:
        return setting
    # An outage that was added by hand is long enough, whatever was heard meanwhile.
    return replace(setting, adjustments=replace(setting.adjustments, down=()))


@given(st.data(), settings_of_time(), ARRIVALS, RANDOMS, BLOCKS)
@tried(18)
def test_time_is_what_looking_at_every_instant_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told, grain = data.draw(streams.states(setting)), setting.scale.grain
    indicator = data.draw(texts.indicators("state", setting.scale))
    figure = figure_of(setting, indicator, arrived([fact for _, fact in told], how, random), block)
    agreed, heard = setting.agreed(indicator, "state"), [state for state, _ in told]
    found = oracle.of_time(agreed, heard, setting.span, setting.until, grain)
    expect(figure, setting, found, lambda span: oracle.lost_of_time(agreed, heard, span, grain), random.randrange(3))


@given(
    st.data(),
    texts.settings_of(texts.of_state_clocks(), MILLISECONDS, SECONDS, MINUTES, MONTHS),
    ARRIVALS,
    RANDOMS,
    BLOCKS,
)
@tried(10)
def test_time_to_recovery_and_between_failures_are_means_of_counted_time(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    setting = replace(setting, adjustments=replace(setting.adjustments, down=()))  # those are of objectives of time
    told = data.draw(streams.states(setting))
    indicator = data.draw(texts.indicators("state", setting.scale))
    figure = figure_of(setting, indicator, arrived([fact for _, fact in told], how, random), block)
    agreed, heard = setting.agreed(indicator, "state"), [state for state, _ in told]
    found = oracle.between_states(agreed, heard, setting.span, setting.until, setting.scale.grain)
    assert (figure.value, figure.holds, figure.excluded) == (found.value, found.holds, found.excluded)


# -- counts and measurements -------------------------------------------------------------------------------------------


@given(st.data(), texts.settings_of(texts.OF_COUNTS, *ANY_SECOND), ARRIVALS, RANDOMS, BLOCKS)
@tried(8)
def test_occurrences_are_what_counting_every_event_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told = data.draw(streams.samples(setting))
    indicator = data.draw(texts.indicators("ratio", setting.scale))
    figure = figure_of(setting, indicator, arrived([fact for _, fact in told], how, random), block)
    agreed, heard = setting.agreed(indicator, "ratio"), [sample for sample, _ in told]
    found = oracle.of_counts(agreed, heard, setting.span, setting.until)
    expect(figure, setting, found, lambda span: oracle.lost_of_counts(agreed, heard, span), random.randrange(3))


@given(st.data(), texts.settings_of(texts.OF_MEASUREMENTS, *ANY_SECOND), ARRIVALS, RANDOMS, BLOCKS)
@tried(14)
def test_shares_percentiles_and_means_are_what_looking_at_every_measurement_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told = data.draw(streams.measurements(setting))
    indicator = data.draw(texts.indicators("measurement", setting.scale))
    known = arrived([fact for _, fact in told], how, random)
    figure = figure_of(setting, indicator, known, block)
    agreed, heard = setting.agreed(indicator, "measurement"), [one for each, _ in told for one in each]
    found = oracle.of_counts(agreed, heard, setting.span, setting.until)
    if setting.objective.measure == "percentile" and found.value is not None and figure.value is not None:
        assert abs(figure.value - found.value) * 100 <= found.value
        if setting.objective.exclusions == "remove" and not setting.adjustments.events:
            assert figure.holds is (found.value <= texts.THRESHOLD)
        found.value = figure.value
    assert figure.exact_counts
    expect(figure, setting, found, lambda span: oracle.lost_of_counts(agreed, heard, span), random.randrange(3))


# -- slices ------------------------------------------------------------------------------------------------------------


@st.composite
def settings_of_slices(draw: st.DrawFn, *scales: Scale) -> Setting:
    scale = draw(st.sampled_from(scales))
    lengths = {SECONDS.reach: (1, 3, 7), MINUTES.reach: (3, 7, 30, 60, 420), MONTHS.reach: (60, 420, 1440)}
    setting = draw(texts.settings_of(texts.of_slices(lengths[scale.reach]), scale))
    if setting.period is None:
        return setting
    start, end = (at // MINUTE * MINUTE for at in setting.period)  # as all periods of slices are
    return replace(setting, period=(start, end))


@given(st.data(), settings_of_slices(*ANY_SECOND), ARRIVALS, RANDOMS, BLOCKS)
@tried(14)
def test_slices_of_counts_are_what_judging_each_slice_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told = data.draw(streams.samples(setting))
    indicator = data.draw(texts.indicators("ratio", setting.scale))
    figure = figure_of(setting, indicator, arrived([fact for _, fact in told], how, random), block)
    agreed, heard = setting.agreed(indicator, "ratio"), [sample for sample, _ in told]
    found, burns = oracle.of_slices(agreed, heard, setting.span, setting.until, MINUTE), random.randrange(3)
    expect(figure, setting, found, lambda span: oracle.lost_of_slices(agreed, heard, span, MINUTE), burns)


@given(st.data(), settings_of_slices(SECONDS, MINUTES, MONTHS), ARRIVALS, RANDOMS, BLOCKS)
@tried(14)
def test_slices_of_states_are_what_judging_each_slice_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told, grain = data.draw(streams.states(setting)), setting.scale.grain
    indicator = data.draw(texts.indicators("state", setting.scale))
    figure = figure_of(setting, indicator, arrived([fact for _, fact in told], how, random), block)
    agreed, heard = setting.agreed(indicator, "state"), [state for state, _ in told]
    found = oracle.of_slices(agreed, heard, setting.span, setting.until, grain)
    expect(figure, setting, found, lambda span: oracle.lost_of_slices(agreed, heard, span, grain), random.randrange(3))
