"""Timeslices: slices that met their target of slices observed, or the mean of the slices' ratios.

A slice is judged when it is over, by the part of it that counts. One in which nothing was observed is left out, or
counts as the agreement says of unknown time.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any

from sepakat_metrics.buckets import MINUTE_MS
from sepakat_metrics.changes import EVER
from sepakat_metrics.events import UP
from sepakat_metrics.history import History
from sepakat_metrics.measures import counting, uptime
from sepakat_metrics.terms import Terms
from sepakat_metrics.windows import Interval

_UNKNOWN = {"exclude": None, "up": Fraction(1), "down": Fraction(0)}


class Run:
    """The slices of a window as it moves on: what is new is added, what left or changed is taken away."""

    def __init__(self, terms: Terms, history: History) -> None:
        self._terms = terms
        self._history = history
        self._length = length_of(terms)
        self._cursor = 0
        self._start: int | None = None
        self._reaches = 0
        self._slices: deque[tuple[int, Fraction | None, bool]] = deque()
        """(begins, ratio or None where it is left out, whether anything was observed)."""
        self.observed = 0
        self.counted = 0
        self.good = 0
        self._numerators: dict[int, int] = {}

    def move(self, start: int, until: int) -> None:
        """Hold the slices from `start` on that are over by `until`; `start` is where a slice begins."""
        earliest, self._cursor = self._history.changes.since(self._cursor)
        if self._start is None or start < self._start:
            earliest = EVER
        self._start = start
        while earliest is not None and self._slices and self._slices[-1][0] + self._length > earliest - MINUTE_MS:
            self._reaches = self._slices[-1][0]
            self._count(self._slices.pop(), -1)
        if earliest == EVER:
            self._reaches = start
        while self._slices and self._slices[0][0] < start:
            self._count(self._slices.popleft(), -1)
        first = max(start, self._reaches)
        for begins in begun(self._terms, first, until - self._length + 1, self._length):
            self._add(begins)
        self._reaches = max(first, start + (until - start) // self._length * self._length)

    def _add(self, begins: int) -> None:
        good, total = self._sums(begins, begins + self._length)
        ratio = Fraction(good, total) if total else _UNKNOWN[self._terms.objective.unknown]
        self._slices.append((begins, ratio, total > 0))
        self._count(self._slices[-1], 1)

    def _count(self, one: tuple[int, Fraction | None, bool], sign: int) -> None:
        _, ratio, observed = one
        self.observed += sign * observed
        if ratio is not None:
            self.counted += sign
            self.good += sign * self.is_good(ratio)
            left = self._numerators.get(ratio.denominator, 0) + sign * ratio.numerator
            self._numerators[ratio.denominator] = left

    def _sums(self, start: int, end: int) -> tuple[int, int]:
        if self._terms.kind == "ratio":
            good, _, total, _ = counting.ledger(self._terms, self._history).sum(start, end)
            return good, total
        up, known, _ = uptime.ledger(self._terms, self._history).sum(start, end)
        return up, known * UP

    def is_good(self, ratio: Fraction) -> bool:
        return ratio * 100 >= Fraction(self._terms.objective.slice_target or 100)

    @property
    def number(self) -> int:
        return len(self._slices)

    @property
    def ratios(self) -> Fraction:
        """The exact sum of the slices' ratios."""
        return sum_of(self._numerators)

    def bad(self) -> list[int]:
        """When each bad slice begins; of runs shorter than an outage that counts, none."""
        found = [begins for begins, ratio, _ in self._slices if ratio is not None and not self.is_good(ratio)]
        shortest = self._terms.objective.shortest_outage
        if shortest is None:
            return found
        runs: list[list[int]] = []
        for begins in found:
            if runs and begins == runs[-1][-1] + self._length:
                runs[-1].append(begins)
            else:
                runs.append([begins])
        least = shortest / timedelta(milliseconds=self._length)
        return [begins for run in runs if len(run) >= least for begins in run]


def length_of(terms: Terms) -> int:
    """A slice's length in ms."""
    return (terms.objective.slice or timedelta(minutes=1)) // timedelta(milliseconds=1)


def begun(terms: Terms, start: int, end: int, length: int) -> Iterator[int]:
    """When each slice that has counted time begins, of those that begin in `[start, end)`; `start` is one's begin."""
    following = start
    for a, b in terms.timeline.counted(start, end + length):
        first = max(following, start + (a - start) // length * length)
        for begins in range(first, min(b, end), length):
            yield begins
            following = begins + length


def measure(terms: Terms, history: History, span: Interval, until: int) -> dict[str, Any]:
    """The fields of a Figure that this measure answers."""
    start, end = _aligned(terms, span)
    until = min(until, end)
    length = length_of(terms)
    of = "the window" if terms.objective.window.rolling is not None else f"the period from {start}"
    run = terms.keep(f"slices of {of}", history, Run)
    run.move(start, until)
    bad: list[int] = []
    good, total = run.ratios, Fraction(run.counted)
    if terms.objective.measure == "timeslices":
        is_short = terms.objective.shortest_outage is not None
        good = Fraction(run.counted - len(run.bad()) if is_short else run.good)
    if terms.objective.exclusions == "count-as-up":
        wholly = _wholly_excluded(terms, start, until, length)
        good, total = good + wholly, total + wholly
    following = start + max(0, until - start) // length * length
    allowed = (1 - terms.target) * (total + _number_begun(terms, following, end, length))
    if terms.objective.measure == "timeslices" and total - good > allowed:
        bad = run.bad()
    return {
        "good": good,
        "total": total,
        "budget": allowed,
        "unit": "slices",
        "holds": good >= terms.target * total if total else None,
        "observed": Fraction(run.observed),
        "excluded": Fraction(terms.timeline.excluded_length(span[0], until), 1000),
        "unknown": Fraction((run.number - run.observed) * length, 1000),
        "coverage": Fraction(run.observed, run.number) if run.number else None,
        "sample": run.counted,
        "absolute": terms.objective.measure == "timeslices",
        "spent_at": _spent_at(bad, length, allowed),
    }


def lost_share(terms: Terms, history: History, start: int, end: int) -> Fraction | None:
    """The share lost of the slices that lie wholly in `[start, end)`."""
    length = length_of(terms)
    run = terms.keep(f"slices of the last {end - start}", history, Run)
    run.move(-(-start // length) * length, end)
    if not run.counted:
        return None
    good = run.good if terms.objective.measure == "timeslices" else run.ratios
    return 1 - Fraction(good) / run.counted


def sum_of(numerators: Mapping[int, int]) -> Fraction:
    """The exact sum of numerators by denominator, in pairs: one after another would be slow with thousands of them."""
    parts = [(numerator, denominator) for denominator, numerator in numerators.items() if numerator]
    while len(parts) > 1:
        paired = [(a * d + c * b, b * d) for (a, b), (c, d) in zip(parts[::2], parts[1::2], strict=False)]
        parts = paired + parts[len(paired) * 2 :]
    return Fraction(*parts[0]) if parts else Fraction(0)


def _aligned(terms: Terms, span: Interval) -> Interval:
    """A rolling window holds whole slices of the clock; a period begins its own."""
    length = length_of(terms)
    if terms.objective.window.rolling is None:
        return span
    return -(-span[0] // length) * length, span[1] // length * length


def _spent_at(bad: list[int], length: int, allowed: Fraction) -> int | None:
    """The end of the slice with which strictly more than `allowed` were bad."""
    over = bisect_left(range(1, len(bad) + 1), True, key=lambda n: n > allowed)
    return bad[over] + length if over < len(bad) else None


def _wholly_excluded(terms: Terms, start: int, until: int, length: int) -> int:
    found = 0
    for a, b in terms.timeline.excluded(start, until):
        first = start + -(-(a - start) // length) * length
        found += max(0, (b - first) // length)
    return found


def _number_begun(terms: Terms, start: int, end: int, length: int) -> int:
    """How many slices of `begun` there are, by arithmetic."""
    found, following = 0, start
    for a, b in terms.timeline.counted(start, end):
        first = max(following, start + (a - start) // length * length)
        if first < b:
            number = -(-(b - first) // length)
            found, following = found + number, first + number * length
    return found
