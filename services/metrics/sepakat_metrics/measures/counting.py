"""Occurrences, shares and percentiles: good of total, by the minute."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from sepakat_metrics.buckets import Measured, bins_at_most
from sepakat_metrics.events import MINUTE_MS
from sepakat_metrics.history import History
from sepakat_metrics.ledger import Ledger
from sepakat_metrics.terms import Terms
from sepakat_metrics.windows import Interval


def minutes_of(start: int, end: int) -> tuple[int, int]:
    """The minutes of `[start, end)`: an edge inside a minute takes the minute that it is in."""
    return start // MINUTE_MS, -(-end // MINUTE_MS)


def corrected(terms: Terms, minutes: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """What corrections add within spans of minutes, each as (instant, good, total)."""
    for at, good, total in terms.adjustments.events:
        if any(first <= at // MINUTE_MS < last for first, last in minutes):
            yield at, good, total


def ledger(terms: Terms, history: History) -> Ledger:
    """Sums of (good, how many were compared exactly, total, minutes with any) over counted time."""
    threshold = terms.threshold

    def add(start: int, end: int) -> tuple[int, ...]:
        first, last = minutes_of(start, end)
        if threshold is None:
            good, total, minutes = history.counts.sum(first, last)
            compared = total
        else:
            total, _, minutes = history.measured.sum(first, last)
            compared, good = history.measured.under(threshold, first, last)
        for _, more_good, more in corrected(terms, [(first, last)]):
            good, compared, total = good + more_good, compared + more, total + more
        return good, compared, total, minutes

    return terms.ledger(history, add)


def measure(terms: Terms, history: History, span: Interval, until: int) -> dict[str, Any]:
    """The fields of a Figure that this measure answers."""
    start = span[0]
    timeline = terms.timeline
    good, compared, total, observed = ledger(terms, history).sum(start, until)
    exact = compared == total
    if not exact:
        counted = timeline.counted(start, until)
        # What corrections have added is not in the sketch.
        added = sum(more for _, more, _ in corrected(terms, [minutes_of(*each) for each in counted]))
        good = bins_at_most(_bins(terms, history, counted), terms.threshold or 0) + added
    minutes = timeline.counted_length(start, until) // MINUTE_MS
    excluded = timeline.excluded(start, until)
    if terms.objective.exclusions == "count-as-up":
        within = sum(_total(terms, history, *each) for each in excluded)
        good, total = good + within, total + within
    return {
        "good": Fraction(good),
        "total": Fraction(total),
        "budget": (1 - terms.target) * total,
        "unit": "events",
        "holds": good >= terms.target * total if total else None,
        "observed": Fraction(total),
        "excluded": Fraction(timeline.excluded_length(start, until), 1000),
        "unknown": Fraction(max(0, minutes - observed) * 60),
        "coverage": min(Fraction(1), Fraction(observed, minutes)) if minutes else None,
        "sample": total,
        "absolute": False,
        "exact_counts": exact,
        "value": _percentile(terms, history, start, until) if terms.objective.measure == "percentile" else None,
    }


def lost_share(terms: Terms, history: History, start: int, end: int) -> Fraction | None:
    """The share that was not good; of a threshold that was asked for later, of those compared with it."""
    good, compared, _, _ = ledger(terms, history).sum(start, end)
    return 1 - Fraction(good, compared) if compared else None


def _total(terms: Terms, history: History, start: int, end: int) -> int:
    first, last = minutes_of(start, end)
    if terms.threshold is None:
        return history.counts.sum(first, last)[1]
    return history.measured.sum(first, last)[0]


def _bins(terms: Terms, history: History, intervals: list[Interval]) -> dict[int, int]:
    found = Measured()
    for start, end in intervals:
        part = history.measured.bins(*minutes_of(start, end))
        found.merge(Measured(count=sum(part.values()), bins=part))
    return found.bins


def _percentile(terms: Terms, history: History, start: int, until: int) -> Fraction | None:
    bins = _bins(terms, history, terms.timeline.counted(start, until))
    return Measured(count=sum(bins.values()), bins=bins).rank(terms.target)
