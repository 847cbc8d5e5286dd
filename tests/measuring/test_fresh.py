"""Figures that are kept up to date, event by event, are exactly those of a fresh start from the same events.

Sums, slices, cases and the instants that count are kept between two looks. Here three objectives on one indicator are
looked at again and again while events come, late ones too; measuring/streams.py says how many streams are tried.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from measuring import streams, texts
from measuring.streams import BLOCKS, RANDOMS, tried
from measuring.texts import DAY, HOUR, MINUTE, SECOND, Scale

from sepakat_metrics import windows
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.history import History
from sepakat_metrics.terms import Adjustments, Terms

pytestmark = streams.PATIENCE
pages = streams.small_pages
STORY = Scale(7 * SECOND, 3 * DAY, ("PT1H", "P1D", "day", "week", "month", "quarter", "year", "P28D"))
SLICES = {"PT1H": (1, 7), "P1D": (5, 60), "day": (5, 7, 60), "week": (30, 420), "month": (60, 300), "P28D": (60, 1440)}
"""What slices, in minutes, are tried with which window: not so many that it takes long."""
KINDS = st.sampled_from(("ratio", "ratio", "measurement", "state", "state", "ticket"))
ADVANCES = st.sampled_from((0, 1, MINUTE - 1, MINUTE, MINUTE + 500, 10 * MINUTE, HOUR + 1, 6 * HOUR + 7 * SECOND, DAY,
                            3 * DAY + SECOND, 33 * DAY + 12_345))  # fmt: skip
LATE = st.sampled_from((0, 0, 0, MINUTE, HOUR, DAY, 40 * DAY))
NOW, EARLIER, BEFORE = "now", "as of the records that wait", "the period before"
LOOKS = st.sampled_from(((), (NOW,), (NOW,), (NOW, EARLIER), (NOW, BEFORE), (EARLIER,), (BEFORE, NOW)))


@st.composite
def objectives(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    if kind == "measurement":
        return draw(texts.OF_MEASUREMENTS)
    if kind == "ticket":
        return draw(texts.of_tickets())
    if draw(st.booleans()):
        of_states = texts.of_time(MINUTE, 3 * HOUR) | texts.of_state_clocks()
        return draw(texts.OF_COUNTS if kind == "ratio" else of_states)
    name = draw(st.sampled_from(tuple(SLICES)))
    return {**draw(texts.of_slices(SLICES[name])), "window": texts.window(name)}


@st.composite
def adjustments(draw: st.DrawFn, now: int) -> Adjustments:
    """Granted before the first look: what is granted later makes new terms."""
    some = st.lists(texts.spans(now, STORY.reach, SECOND), max_size=2)
    events = st.tuples(texts.near(now, STORY.reach, SECOND), st.just(1), st.integers(1, 3))
    return Adjustments(
        tuple(windows.unite(draw(some))),
        tuple(windows.unite(draw(some))),
        tuple(draw(st.lists(events, max_size=1))),
        tuple(draw(st.lists(st.just(("T-1", 600_000)), max_size=1))),
    )


@given(st.data(), KINDS, texts.places(), RANDOMS, BLOCKS)
@tried(22)
def test_figures_kept_up_to_date_are_those_of_a_fresh_start(
    data: st.DataObject, kind: str, place: tuple[str, int], random: Random, block: int
) -> None:
    zone, anchor = place
    text = data.draw(texts.agreements(STORY, zone, anchor, [data.draw(objectives(kind)) for _ in range(3)]))
    indicator, granted = data.draw(texts.indicators(kind, STORY)), data.draw(adjustments(anchor))
    kept = [Terms(text, each, indicator, granted) for each in text.objectives]
    facts: list[Fact] = []
    known = streams.restored(facts, random)
    now = anchor + data.draw(st.sampled_from((0, 1, 30_500, 59_999)))
    for _ in range(data.draw(st.integers(3, 12))):
        before, now = now, now + data.draw(ADVANCES)
        arriving = [
            streams.any_told(data.draw, kind, data.draw(around(now)), f"{len(facts)}-{i}")
            for i in range(data.draw(st.sampled_from((0, 1, 2, 4))))
        ]
        if kind == "ratio" and data.draw(st.booleans()):
            arriving.append(streams.traffic_told(before, now + 1, f"{len(facts)}-all"))
        for fact in arriving:
            known.add(fact)
        facts += arriving
        if data.draw(st.integers(0, 9)) == 0:
            known = streams.restored(facts, random)
        # A deadline is looked for in four hundred days, which are many short blocks.
        with streams.short_blocks(4 * block if kind != "ticket" and now < anchor + 10 * DAY else 0):
            look(data, kept, known, facts, now)


@st.composite
def around(draw: st.DrawFn, now: int) -> int:
    """A little before or after, or late."""
    late = draw(LATE)
    return draw(texts.near(now - late, max(2 * SECOND, late // 2), 500))


def look(data: st.DataObject, kept: Sequence[Terms], known: History, facts: Sequence[Fact], now: int) -> None:
    """At each objective, or at some of them, in one way or another."""
    for terms in kept:
        window, zone = terms.objective.window, terms.text.term.time_zone
        for which in data.draw(LOOKS):
            as_of = now - (data.draw(st.sampled_from((10 * MINUTE, 7 * HOUR))) if which == EARLIER else 0)
            period = None
            if which == BEFORE and window.rolling is None:
                period = windows.period_of(window, zone, windows.period_of(window, zone, now)[0] - 1)
            fresh = History()
            fresh.thresholds = known.thresholds
            for fact in sorted(facts, key=lambda each: each.at):
                fresh.add(fact)
            anew = Terms(terms.text, terms.objective, terms.indicator, terms.adjustments)
            assert evaluate(terms, known, as_of, period) == evaluate(anew, fresh, as_of, period)
