"""Sums over counted time that are kept: asking again costs what is new, not the length of the window."""

from bisect import bisect_right
from collections.abc import Callable

from sepakat_metrics.changes import Changes
from sepakat_metrics.timeline import Timeline
from sepakat_metrics.windows import Interval

Sums = tuple[int, ...]
_AHEAD_MS = 32 * 86_400_000
_MINUTE_MS = 60_000


class Ledger:
    """The sums of `add(start, end)` over the counted intervals of a timeline.

    Sums of whole intervals are kept one after another; what `changes` reports takes back those from that instant on.
    """

    def __init__(self, timeline: Timeline, changes: Changes, add: Callable[[int, int], Sums]) -> None:
        self._timeline = timeline
        self._changes = changes
        self._add = add
        self._cursor = 0
        self._origin = self._laid = 0
        self._intervals: list[Interval] = []
        self._kept: list[Sums] = []
        """By interval: the sums of all before it; one more than there are whole intervals added."""

    def sum(self, start: int, end: int) -> Sums:
        """The sums over the counted time of `[start, end)`."""
        self._prepare(start, end)
        first = bisect_right(self._intervals, start, key=_end)
        last = bisect_right(self._intervals, end - 1, key=_start) - 1
        if start >= end or first > last:
            return self._zero()
        a, b = self._intervals[first], self._intervals[last]
        if first == last:
            return self._add(max(a[0], start), min(b[1], end))
        whole = _less(self._before(last), self._before(first + 1))
        return _plus(_plus(self._add(max(a[0], start), a[1]), whole), self._add(b[0], min(b[1], end)))

    def _prepare(self, start: int, end: int) -> None:
        if not self._kept or start < self._origin:
            self._origin = self._laid = start
            self._intervals = []
            self._kept = [self._zero()]
        if end > self._laid:
            # Minutes are counted whole: one that is in two intervals would count twice.
            until = -(-end // _MINUTE_MS) * _MINUTE_MS + _AHEAD_MS
            self._intervals += self._timeline.counted(self._laid, until)
            self._laid = until
        earliest, self._cursor = self._changes.since(self._cursor)
        if earliest is not None:
            # Minutes are counted whole: an interval that ends inside the changed minute is to be added anew, too.
            del self._kept[max(1, bisect_right(self._intervals, earliest - _MINUTE_MS, key=_end) + 1) :]

    def _before(self, i: int) -> Sums:
        while len(self._kept) <= i:
            self._kept.append(_plus(self._kept[-1], self._add(*self._intervals[len(self._kept) - 1])))
        return self._kept[i]

    def _zero(self) -> Sums:
        return tuple(0 for _ in self._add(0, 0))


def _start(interval: Interval) -> int:
    return interval[0]


def _end(interval: Interval) -> int:
    return interval[1]


def _plus(one: Sums, other: Sums) -> Sums:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _less(one: Sums, other: Sums) -> Sums:
    return tuple(a - b for a, b in zip(one, other, strict=True))
