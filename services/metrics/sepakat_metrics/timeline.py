"""The time that counts for an objective: its schedule less what is excluded, laid out once and asked often."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sepakat_metrics import windows
from sepakat_metrics.windows import Interval

_BLOCK_MS = 32 * 86_400_000
Lay = Callable[[int, int], list[Interval]]


@dataclass(frozen=True)
class _Block:
    """One span of the timeline, in order."""

    excluded: list[Interval]
    counted: list[Interval]
    excluded_length: int
    counted_length: int


class Timeline:
    """`scheduled(start, end)` and `excluded(start, end)` give intervals within that span; each block is laid once."""

    def __init__(self, scheduled: Lay, excluded: Lay) -> None:
        self._scheduled = scheduled
        self._excluded = excluded
        self._blocks: dict[int, _Block] = {}

    def _block(self, k: int) -> _Block:
        block = self._blocks.get(k)
        if block is None:
            start, end = k * _BLOCK_MS, (k + 1) * _BLOCK_MS
            scheduled = self._scheduled(start, end)
            excluded = [piece for each in self._excluded(start, end) for piece in windows.clip(scheduled, *each)]
            counted = windows.without(scheduled, excluded)
            block = _Block(excluded, counted, windows.length(excluded), windows.length(counted))
            self._blocks[k] = block
        return block

    def _within(self, start: int, end: int, of: Callable[[_Block], list[Interval]]) -> Iterator[Interval]:
        if start >= end:
            return
        for k in range(start // _BLOCK_MS, (end - 1) // _BLOCK_MS + 1):
            intervals = of(self._block(k))
            for i in range(max(0, bisect_right(intervals, (start,)) - 1), len(intervals)):
                a, b = intervals[i]
                if a >= end:
                    break
                if b > start:
                    yield max(a, start), min(b, end)

    def counted(self, start: int, end: int) -> list[Interval]:
        """The counted intervals of `[start, end)`; neighbours may touch."""
        return list(self._within(start, end, lambda block: block.counted))

    def excluded(self, start: int, end: int) -> list[Interval]:
        """What was taken out of the schedule within `[start, end)`."""
        return list(self._within(start, end, lambda block: block.excluded))

    def counted_length(self, start: int, end: int) -> int:
        return self._length(start, end, lambda block: block.counted, lambda block: block.counted_length)

    def excluded_length(self, start: int, end: int) -> int:
        return self._length(start, end, lambda block: block.excluded, lambda block: block.excluded_length)

    def _length(
        self, start: int, end: int, of: Callable[[_Block], list[Interval]], whole: Callable[[_Block], int]
    ) -> int:
        first, last = -(-start // _BLOCK_MS), end // _BLOCK_MS
        if first >= last:
            return windows.length(self._within(start, end, of))
        edges = windows.length(self._within(start, first * _BLOCK_MS, of))
        edges += windows.length(self._within(last * _BLOCK_MS, end, of))
        return edges + sum(whole(self._block(k)) for k in range(first, last))

    def counts_at(self, at: int) -> bool:
        return next(self._within(at, at + 1, lambda block: block.counted), None) is not None

    def is_excluded_at(self, at: int) -> bool:
        return next(self._within(at, at + 1, lambda block: block.excluded), None) is not None

    def after(self, start: int, amount: int, latest: int) -> int | None:
        """The instant at which `amount` ms of counted time have passed since `start`; None if not by `latest`."""
        for a, b in self._within(start, latest, lambda block: block.counted):
            if b - a >= amount:
                return a + amount
            amount -= b - a
        return None
