"""Why a figure is what it is: what is named as lost adds up to what was lost, whatever the stream."""

from datetime import UTC, datetime
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from measuring import streams, texts
from measuring.streams import ARRIVALS, RANDOMS, arrived, asked_for_later, tried
from measuring.texts import DAY, HOUR, MINUTE, MINUTES, MONTHS, SECOND, SECONDS, Setting
from samples import agreement

from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.explanation import explained
from sepakat_metrics.figures import Figure
from sepakat_metrics.history import History
from sepakat_metrics.losses import as_json, greatest, losses
from sepakat_metrics.terms import Adjustments, Terms
from sepakat_shared.calendars import to_ms

pytestmark = streams.PATIENCE
pages = streams.small_pages
KINDS: dict[str, tuple[Any, Any]] = {
    "state": (texts.of_time(SECOND, HOUR), streams.states),
    "ratio": (texts.OF_COUNTS | texts.of_slices((1, 5)), streams.samples),
    "measurement": (texts.OF_MEASUREMENTS, streams.measurements),
    "slices of states": (texts.of_slices((1, 5)), streams.states),
}


@st.composite
def settings_with_events(draw: st.DrawFn) -> tuple[Setting, str, list[Fact]]:
    name = draw(st.sampled_from(tuple(KINDS)))
    objective, told = KINDS[name]
    setting = draw(texts.settings_of(objective, SECONDS, MINUTES, *([] if "slices" in name else [MONTHS])))
    return setting, "state" if "state" in name else name, [fact for _, fact in draw(told(setting))]


@given(settings_with_events(), st.data(), ARRIVALS, RANDOMS)
@tried(8)
def test_what_is_named_as_lost_is_all_that_was_lost(
    drawn: tuple[Setting, str, list[Fact]], data: st.DataObject, how: str, random: Random
) -> None:
    setting, kind, facts = drawn
    indicator = data.draw(texts.indicators(kind, setting.scale))
    known = arrived(facts, how, random)
    terms = Terms(setting.text, setting.objective, indicator, setting.adjustments)
    expect_all_of_it(terms, known, evaluate(terms, known, setting.as_of, setting.period))


@given(texts.settings_of(texts.OF_MEASUREMENTS, SECONDS, MINUTES), st.data(), RANDOMS)
@tried(6)
def test_where_a_threshold_was_asked_for_later_what_is_named_is_what_the_sketch_says_was_lost(
    setting: Setting, data: st.DataObject, random: Random
) -> None:
    facts = [fact for _, fact in data.draw(streams.measurements(setting))]
    known = asked_for_later(facts, random)
    terms = Terms(setting.text, setting.objective, None, setting.adjustments, "measurement")
    expect_all_of_it(terms, known, evaluate(terms, known, setting.as_of, setting.period))


def expect_all_of_it(terms: Terms, known: History, figure: Figure) -> None:
    found = losses(terms, known, figure)
    assert all(loss.lost > 0 and loss.what and loss.start <= loss.end for loss in found)
    if terms.objective.measure != "mean":
        assert sum((loss.lost for loss in found), Fraction(0)) == figure.lost
    assert list(explained(terms, figure, found))


# -- worked out by hand ------------------------------------------------------------------------------------------------

NOVEMBER = to_ms(datetime(2026, 11, 1, tzinfo=UTC))


def judged(
    kind: str, facts: list[dict[str, Any]], in_force: Adjustments = Adjustments(), **objective: Any
) -> tuple[Terms, History]:
    """Facts by their instant; the objective is over November in UTC."""
    text = agreement(
        needs=[], term={"from": "2026-01-01", "until": "2026-12-31", "timeZone": "UTC"},
        objectives=[{"id": "o", "indicator": "p/i", "window": {"calendar": "month"}, **objective}],
    )  # fmt: skip
    terms = Terms(text, text.objectives[0], None, in_force, kind)
    known = History()
    known.thresholds = () if terms.threshold is None else (terms.threshold,)
    for i, each in enumerate(facts):
        known.add(Fact("p/i", "/p", f"{i:04d}", kind=kind, **each))
    return terms, known


def told(terms: Terms, known: History, as_of: int = NOVEMBER + 30 * DAY - 1) -> list[tuple[int, int, Fraction, str]]:
    found = losses(terms, known, evaluate(terms, known, as_of))
    return [(loss.start - NOVEMBER, loss.end - NOVEMBER, loss.lost, loss.what) for loss in found]


def state(at: int, name: str, weight: int | None = 0) -> dict[str, Any]:
    return {"at": NOVEMBER + at, "state": name, "weight": 1_000_000 if name == "up" else weight}


STATES = [state(0, "up"), state(DAY, "down"), state(DAY + HOUR, "degraded", 250_000), state(DAY + 2 * HOUR, "up"),
          state(3 * DAY, "unknown", None), state(3 * DAY + MINUTE, "up")]  # fmt: skip


def test_an_outage_of_several_states_is_named_once_with_each_of_them() -> None:
    outage = (DAY, DAY + 2 * HOUR, Fraction(6300), "down; degraded, 0.25 of it up")
    assert told(*judged("state", STATES, measure="time", target="99.9")) == [outage]
    unknown = (3 * DAY, 3 * DAY + MINUTE, Fraction(60), "unknown, which counts as down")
    assert told(*judged("state", STATES, measure="time", target="99.9", unknown="down")) == [outage, unknown]


def test_of_an_outage_only_what_counts_is_lost_and_what_was_added_by_hand_is_named_as_such() -> None:
    granted = Adjustments(
        excluded=((NOVEMBER + DAY, NOVEMBER + DAY + HOUR),), down=((NOVEMBER + 5 * DAY, NOVEMBER + 5 * DAY + HOUR),)
    )
    assert told(*judged("state", STATES, granted, measure="time", target="99.9")) == [
        (DAY, DAY + 2 * HOUR, Fraction(2700), "down; degraded, 0.25 of it up"),
        (5 * DAY, 5 * DAY + HOUR, Fraction(3600), "down, by a correction"),
    ]


def test_minutes_with_bad_events_that_follow_each_other_are_one() -> None:
    samples = [(NOVEMBER + at, good, 10) for at, good in ((0, 9), (MINUTE, 7), (2 * MINUTE, 10), (9 * MINUTE, 0))]
    facts = [{"at": NOVEMBER, "samples": tuple(samples)}]
    corrected = Adjustments(events=((NOVEMBER + HOUR, 1, 3),))
    assert told(*judged("ratio", facts, corrected, measure="occurrences", target="99")) == [
        (0, 2 * MINUTE, Fraction(4), "4 of 20 events bad"),
        (9 * MINUTE, 10 * MINUTE, Fraction(10), "10 of 10 events bad"),
        (HOUR, HOUR, Fraction(2), "2 of 3 events bad, by a correction"),
    ]


def test_slow_measurements_are_named_by_their_minute() -> None:
    facts = [{"at": NOVEMBER + i * HOUR, "values": (1_000_000, 9_000_000 * i), "unit": "ms"} for i in range(3)]
    limit = {"atMost": 10, "unit": "ms"}
    assert told(*judged("measurement", facts, measure="share", threshold=limit, target="99")) == [
        (2 * HOUR, 2 * HOUR + MINUTE, Fraction(1), "1 of 2 measurements bad")
    ]


def test_of_a_threshold_that_was_asked_for_later_every_minute_is_judged_by_the_sketch_as_the_figure_is() -> None:
    limit = {"atMost": 100, "unit": "ms"}
    added = Adjustments(events=((NOVEMBER + 2 * HOUR, 3, 5),))
    terms, known = judged("measurement", [], added, measure="share", threshold=limit, target="99")
    asked, known.thresholds = known.thresholds, ()
    known.add(Fact("p/i", "/p", "early", NOVEMBER, "measurement", values=(50_000_000,) * 10, unit="ms"))
    known.thresholds = asked
    # Over the limit, in the same bin as it: where compared, all ten are bad; to the sketch they are good.
    known.add(Fact("p/i", "/p", "late", NOVEMBER + HOUR, "measurement", values=(100_500_000,) * 10, unit="ms"))
    figure = evaluate(terms, known, NOVEMBER + 3 * HOUR)
    assert (figure.exact_counts, figure.good, figure.total) == (False, 23, 25)
    assert told(terms, known) == [(2 * HOUR, 2 * HOUR, Fraction(2), "2 of 5 measurements bad, by a correction")]


def test_bad_slices_of_one_outage_are_one_and_short_ones_do_not_count() -> None:
    facts = [state(0, "up"), state(DAY, "down"), state(DAY + 3 * MINUTE, "up"), state(2 * DAY, "down"),
             state(2 * DAY + MINUTE, "up")]  # fmt: skip
    slices = {"measure": "timeslices", "target": "99", "slice": "PT1M", "sliceTarget": "95"}
    long = (DAY, DAY + 3 * MINUTE, Fraction(3), "3 slices of 60 s below 95 %")
    short = (2 * DAY, 2 * DAY + MINUTE, Fraction(1), "1 slice of 60 s below 95 %")
    assert told(*judged("state", facts, **slices)) == [long, short]
    assert told(*judged("state", facts, shortestOutage="PT2M", **slices)) == [long]


def test_a_case_that_was_missed_is_named_and_one_that_was_met_is_not() -> None:
    facts = [
        {"at": NOVEMBER + at, "ticket": ticket, "step": step}
        for at, ticket, step in ((0, "T-1", "opened"), (HOUR, "T-1", "resolved"), (DAY, "T-2", "opened"))
    ]
    clock = {"from": "opened", "until": "resolved"}
    cases = {"measure": "per-case", "clock": clock, "threshold": {"atMost": "PT4H"}, "target": "95"}
    assert told(*judged("ticket", facts, **cases)) == [
        (DAY, DAY + 4 * HOUR, Fraction(1), "case T-2 was over its limit")
    ]


def test_the_greatest_come_first_and_the_others_are_summed() -> None:
    facts = [state(0, "up")]
    for day in range(1, 15):
        facts += [state(day * DAY, "down"), state(day * DAY + day * MINUTE, "up")]
    terms, known = judged("state", facts, measure="time", target="99.9")
    figure = evaluate(terms, known, NOVEMBER + 30 * DAY - 1)
    found = losses(terms, known, figure)
    assert [loss.lost for loss in greatest(found, 2)] == [14 * 60, 13 * 60]
    assert as_json(greatest(found, 1)[0]) == {
        "start": "2026-11-15T00:00:00.000Z", "end": "2026-11-15T00:14:00.000Z", "lost": 840, "what": "down",
    }  # fmt: skip
    steps = [step for step in explained(terms, figure, found) if step.startswith("lost")]
    assert steps[0] == "lost 840.0000 seconds from 2026-11-15T00:00:00.000Z to 2026-11-15T00:14:00.000Z: down"
    assert (len(steps), steps[-1]) == (11, "lost 600.0000 seconds at 4 other times")


def test_a_verdict_before_the_end_is_one_so_far() -> None:
    terms, known = judged("state", [state(0, "up")], measure="time", target="99.9")
    for until, words in ((29 * DAY, "so far the target is met"), (30 * DAY, "so the target is met")):
        figure = evaluate(terms, known, NOVEMBER + until, (NOVEMBER, NOVEMBER + 30 * DAY))
        assert words in explained(terms, figure, [])


def test_losses_that_are_alike_are_each_of_them_counted() -> None:
    alike = Adjustments(events=tuple((NOVEMBER + HOUR, 1, 3) for _ in range(12)))
    terms, known = judged("ratio", [], alike, measure="occurrences", target="99")
    figure = evaluate(terms, known, NOVEMBER + DAY)
    steps = list(explained(terms, figure, losses(terms, known, figure)))
    assert steps[-1] == "lost 4.0000 events at 2 other times"
