"""Exactness: the figures of random streams are those of an oracle (measuring/streams.py says how many are tried)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measuring import features, oracle, streams, texts
from measuring.streams import ARRIVALS, BLOCKS, RANDOMS, arrived, tried
from measuring.texts import DAY, HOUR, MILLISECONDS, MINUTE, MINUTES, MONTHS, SECOND, SECONDS, Scale, Setting

from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.figures import Figure
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


def figure_of(
    setting: Setting, indicator: Indicator, facts: Sequence[Fact], how: str, random: Random, block: int
) -> Figure:  # fmt: skip
    known = arrived(facts, how, random)
    with streams.short_blocks(block if setting.scale.reach < 15 * DAY else 0):
        terms = Terms(setting.text, setting.objective, indicator, setting.adjustments)
        figure = evaluate(terms, known, setting.as_of, setting.period)
    features.note(setting, indicator, facts, figure, how)
    return figure


@pytest.fixture(scope="module", autouse=True)
def what_was_tried() -> Iterator[None]:
    """Told with `pytest -s`."""
    yield
    print("", *features.told(), sep="\n")
    if features.TRIED.total() >= features.MANY:
        assert [name for name in features.NAMES if not features.SEEN[name]] == []


def expect(
    figure: Figure, setting: Setting, agreed: oracle.Agreed, found: oracle.Found, lost: Lost, burns: int
) -> None:  # fmt: skip
    """`lost` is the share lost over any span; as that is slow, one pair of burn rates is compared."""
    assert figure.period == setting.span
    names = ("good", "total", "budget", "holds", "coverage", "unknown", "excluded", "spent_at", "value", "sample")
    assert {name: getattr(figure, name) for name in names} == {name: getattr(found, name) for name in names}
    expect_verdict(figure, setting, agreed, found)
    if figure.burns:
        burn = figure.burns[burns % len(figure.burns)]
        for length, rate in ((burn.long, burn.rate_long), (burn.short, burn.rate_short)):
            share = lost((setting.until - length, setting.until))
            assert rate == (None if share is None else share / (1 - figure.target))


def expect_verdict(figure: Figure, setting: Setting, agreed: oracle.Agreed, found: oracle.Found) -> None:
    """By the smallest sample and the smallest coverage, and in money."""
    ended = setting.objective.window.rolling is None and setting.as_of >= setting.span[1]
    fires = any(burn.fires for burn in figure.burns)
    assert (figure.met, figure.state) == oracle.verdict(agreed, found, ended, fires)
    assert figure.credit_percent == oracle.credit(agreed, found)


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
    figure = figure_of(setting, indicator, [fact for _, fact in told], how, random, block)
    agreed, heard = setting.agreed(indicator, "state"), [state for state, _ in told]
    found = oracle.of_time(agreed, heard, setting.span, setting.until, grain)
    expect(
        figure,
        setting,
        agreed,
        found,
        lambda span: oracle.lost_of_time(agreed, heard, span, grain),
        random.randrange(3),
    )


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
    figure = figure_of(setting, indicator, [fact for _, fact in told], how, random, block)
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
    figure = figure_of(setting, indicator, [fact for _, fact in told], how, random, block)
    agreed, heard = setting.agreed(indicator, "ratio"), [sample for sample, _ in told]
    found = oracle.of_counts(agreed, heard, setting.span, setting.until)
    expect(figure, setting, agreed, found, lambda span: oracle.lost_of_counts(agreed, heard, span), random.randrange(3))


@given(st.data(), texts.settings_of(texts.OF_MEASUREMENTS, *ANY_SECOND), ARRIVALS, RANDOMS, BLOCKS)
@tried(14)
def test_shares_percentiles_and_means_are_what_looking_at_every_measurement_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told = data.draw(streams.measurements(setting))
    indicator = data.draw(texts.indicators("measurement", setting.scale))
    figure = figure_of(setting, indicator, [fact for _, fact in told], how, random, block)
    agreed, heard = setting.agreed(indicator, "measurement"), [one for each, _ in told for one in each]
    found = oracle.of_counts(agreed, heard, setting.span, setting.until)
    if setting.objective.measure == "percentile" and found.value is not None and figure.value is not None:
        assert abs(figure.value - found.value) * 100 <= found.value
        if setting.objective.exclusions == "remove" and not setting.adjustments.events:
            assert figure.holds is (found.value <= texts.THRESHOLD)
        found.value = figure.value
    assert figure.exact_counts
    expect(figure, setting, agreed, found, lambda span: oracle.lost_of_counts(agreed, heard, span), random.randrange(3))


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
    figure = figure_of(setting, indicator, [fact for _, fact in told], how, random, block)
    agreed, heard = setting.agreed(indicator, "ratio"), [sample for sample, _ in told]
    found, burns = oracle.of_slices(agreed, heard, setting.span, setting.until, MINUTE), random.randrange(3)
    expect(figure, setting, agreed, found, lambda span: oracle.lost_of_slices(agreed, heard, span, MINUTE), burns)


@given(st.data(), settings_of_slices(SECONDS, MINUTES, MONTHS), ARRIVALS, RANDOMS, BLOCKS)
@tried(14)
def test_slices_of_states_are_what_judging_each_slice_gives(
    data: st.DataObject, setting: Setting, how: str, random: Random, block: int
) -> None:
    told, grain = data.draw(streams.states(setting)), setting.scale.grain
    indicator = data.draw(texts.indicators("state", setting.scale))
    figure = figure_of(setting, indicator, [fact for _, fact in told], how, random, block)
    agreed, heard = setting.agreed(indicator, "state"), [state for state, _ in told]
    found = oracle.of_slices(agreed, heard, setting.span, setting.until, grain)
    expect(
        figure,
        setting,
        agreed,
        found,
        lambda span: oracle.lost_of_slices(agreed, heard, span, grain),
        random.randrange(3),
    )
