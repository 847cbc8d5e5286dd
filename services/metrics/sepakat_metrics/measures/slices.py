"""Timeslices: slices that met their target of slices observed, or the mean of the slices' ratios.

A slice is judged when it is over, by the part of it that counts. One in which nothing was observed is left out, or
counts as the agreement says of unknown time.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any

from sepakat_metrics import windows
from sepakat_metrics.changes import EVER
from sepakat_metrics.events import MINUTE_MS, UP
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
        # The clock of evaluation may go back: while records wait, it is theirs.
        stays = until if earliest is None else min(until, earliest - MINUTE_MS)
        while self._slices and self._slices[-1][0] + self._length > stays:
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
        self._slices.append((begins, *self._judge(begins, begins + self._length)))
        self._count(self._slices[-1], 1)

    def _count(self, one: tuple[int, Fraction | None, bool], sign: int) -> None:
        _, ratio, observed = one
        self.observed += sign * observed
        if ratio is not None:
            self.counted += sign
            self.good += sign * self.is_good(ratio)
            left = self._numerators.get(ratio.denominator, 0) + sign * ratio.numerator
            self._numerators[ratio.denominator] = left

    def _judge(self, start: int, end: int) -> tuple[Fraction | None, bool]:
        """The ratio of one slice, None where it is left out, and whether anything was observed."""
        if self._terms.kind == "ratio":
            good, _, total, _ = counting.ledger(self._terms, self._history).sum(start, end)
            return (Fraction(good, total), True) if total else (_UNKNOWN[self._terms.objective.unknown], False)
        up, known, elapsed = uptime.ledger(self._terms, self._history).sum(start, end)
        up, counts = uptime.as_agreed(self._terms, up, known, elapsed)
        return Fraction(up, counts * UP) if counts else None, known > 0

    def is_good(self, ratio: Fraction) -> bool:
        target = self._terms.objective.slice_target
        return ratio * 100 >= (100 if target is None else Fraction(target))

    @property
    def number(self) -> int:
        return len(self._slices)

    @property
    def ratios(self) -> Fraction:
        """The exact sum of the slices' ratios."""
        return sum_of(self._numerators)

    @property
    def number_bad(self) -> int:
        return len(self.bad()) if self._terms.objective.shortest_outage else self.counted - self.good

    def bad(self) -> list[int]:
        """When each bad slice counts: at its end; where outages count from a length on, when that is reached."""
        if not self._terms.objective.shortest_outage:
            return self._bad_ends()
        least = self._least()
        return [max(at, run[least - 1]) for run in self._bad_runs() for at in run]

    def lost(self) -> list[tuple[int, Fraction]]:
        """When each slice begins that lost anything of what counts, and how much of one slice."""
        if self._terms.objective.measure != "timeslices":
            return [(begins, 1 - ratio) for begins, ratio, _ in self._slices if ratio is not None and ratio < 1]
        return [(at - self._length, Fraction(1)) for run in self._bad_runs() for at in run]

    def _bad_ends(self) -> list[int]:
        return [
            begins + self._length for begins, ratio, _ in self._slices if ratio is not None and not self.is_good(ratio)
        ]

    def _least(self) -> int:
        """How many bad slices in a row are an outage that counts."""
        shortest = self._terms.objective.shortest_outage
        return -(-shortest // timedelta(milliseconds=self._length)) if shortest else 1

    def _bad_runs(self) -> list[list[int]]:
        """The ends of bad slices, those of one outage together, as far as they count."""
        runs: list[list[int]] = []
        for at in self._bad_ends():
            if runs and at == runs[-1][-1] + self._length:
                runs[-1].append(at)
            else:
                runs.append([at])
        least = self._least()
        return [run for run in runs if len(run) >= least]


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
    length = length_of(terms)
    start, end = _whole(terms, span, length)
    following = start + max(0, min(until, end) - start) // length * length
    run = _run_of(terms, history, start, following)
    is_absolute = terms.objective.measure == "timeslices"
    good = Fraction(run.counted - run.number_bad) if is_absolute else run.ratios
    total = Fraction(run.counted)
    possible = total + _number_begun(terms.timeline.counted(following, end), following, length)
    if terms.objective.exclusions == "count-as-up":
        wholly = _wholly_excluded(terms, start, following, length)
        good, total = good + wholly, total + wholly
        possible += wholly + _wholly_excluded(terms, following, end, length)
    allowed = (1 - terms.target) * possible
    over = is_absolute and total - good > allowed
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
        "absolute": is_absolute,
        "spent_at": _spent_at(run.bad(), allowed) if over else None,
    }


def _run_of(terms: Terms, history: History, start: int, following: int) -> Run:
    of = "the window" if terms.objective.window.rolling is not None else f"the period from {start}"
    run = terms.keep(f"slices of {of}", history, Run)
    run.move(start, following)
    return run


def lost(terms: Terms, history: History, span: Interval, until: int) -> list[tuple[int, Fraction]]:
    """When each slice begins that lost anything of what counts, and how much of one slice."""
    length = length_of(terms)
    start, end = _whole(terms, span, length)
    return _run_of(terms, history, start, start + max(0, min(until, end) - start) // length * length).lost()


def lost_share(terms: Terms, history: History, start: int, end: int) -> Fraction | None:
    """The share lost of the slices that lie wholly in `[start, end)`."""
    length = length_of(terms)
    run = terms.keep(f"slices of the last {end - start}", history, Run)
    run.move(-(-start // length) * length, end)
    if not run.counted:
        return None
    is_absolute = terms.objective.measure == "timeslices"
    return Fraction(run.number_bad, run.counted) if is_absolute else 1 - run.ratios / run.counted


def sum_of(numerators: Mapping[int, int]) -> Fraction:
    """The exact sum of numerators by denominator, in pairs: one after another would be slow with thousands of them."""
    parts = [(numerator, denominator) for denominator, numerator in numerators.items() if numerator]
    while len(parts) > 1:
        paired = [(a * d + c * b, b * d) for (a, b), (c, d) in zip(parts[::2], parts[1::2], strict=False)]
        parts = paired + parts[len(paired) * 2 :]
    return Fraction(*parts[0]) if parts else Fraction(0)


def _whole(terms: Terms, span: Interval, length: int) -> Interval:
    """From the first slice to the last: a rolling window holds slices of the clock; a period begins its own.

    What is left at a period's end is no slice: it would never be over.
    """
    start = span[0] if terms.objective.window.rolling is None else -(-span[0] // length) * length
    return start, max(start, start + (span[1] - start) // length * length)


def _spent_at(bad: list[int], allowed: Fraction) -> int:
    """When strictly more than `allowed` slices were bad, as they are."""
    return bad[int(allowed)]


def _wholly_excluded(terms: Terms, start: int, end: int, length: int) -> int:
    """Of how many slices all that is in the schedule was taken out."""
    counted = terms.timeline.counted(start, end)
    scheduled = windows.unite([*counted, *terms.timeline.excluded(start, end)])
    return _number_begun(scheduled, start, length) - _number_begun(counted, start, length)


def _number_begun(intervals: Iterable[Interval], start: int, length: int) -> int:
    """In how many slices there is anything of `intervals`, by arithmetic; one begins at `start`."""
    found, following = 0, start
    for a, b in intervals:
        first = max(following, start + (a - start) // length * length)
        if first < b:
            number = -(-(b - first) // length)
            found, following = found + number, first + number * length
    return found
