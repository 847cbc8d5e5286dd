"""Counts of one indicator by minute, laid out so that a sum over any minutes costs their logarithm.

Sums run from the first minute on. Most events are of the newest minute; what comes late is added when it is next asked
for, at the cost of the minutes behind it. A minute of counts takes 24 bytes.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, MutableSequence
from itertools import accumulate

_MOST, _NEAR = 2**53, 2**62
"""No event counts as many as the first; what is added to less than the second has 64 bits still."""


class Counts:
    """Good and total by minute. Where sums get near 64 bits they are kept as numbers of any size, 40 bytes each."""

    def __init__(self) -> None:
        self._at = array("q")
        self._good: MutableSequence[int] = array("q", [0])
        self._total: MutableSequence[int] = array("q", [0])
        self._late: dict[int, tuple[int, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._at)

    @property
    def last(self) -> int | None:
        """The newest minute."""
        return self._at[-1] if self._at else None

    def add(self, minute: int, good: int, total: int) -> None:
        if total >= _MOST or self._total[-1] >= _NEAR:
            self._widen()
        if not self._at or minute > self._at[-1]:
            self._at.append(minute)
            self._good.append(self._good[-1] + good)
            self._total.append(self._total[-1] + total)
        elif minute == self._at[-1]:
            self._good[-1] += good
            self._total[-1] += total
        else:
            before = self._late.get(minute, (0, 0))
            self._late[minute] = (before[0] + good, before[1] + total)

    def extend(self, counted: Mapping[int, tuple[int, int]]) -> None:
        """Add many minutes at once; cheap where they are newer than all that are known."""
        minutes = sorted(counted)
        if not minutes or (self._at and minutes[0] <= self._at[-1]):
            for minute in minutes:
                self.add(minute, *counted[minute])
            return
        if sum(total for _, total in counted.values()) + self._total[-1] >= _NEAR:
            self._widen()
        self._at.extend(minutes)
        for kept, of in ((self._good, 0), (self._total, 1)):
            sums = accumulate((counted[minute][of] for minute in minutes), initial=kept.pop())
            kept.extend(sums)

    def sum(self, first: int, end: int) -> tuple[int, int, int]:
        """Good, total and minutes with any event, over minutes `[first, end)`."""
        if self._late:
            self._settle()
        i, j = bisect_left(self._at, first), bisect_left(self._at, end)
        return self._good[j] - self._good[i], self._total[j] - self._total[i], j - i

    def minutes(self, first: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(minute, good, total) of each minute of `[first, end)` with any event."""
        self.sum(first, first)
        for i in range(bisect_left(self._at, first), bisect_left(self._at, end)):
            yield self._at[i], self._good[i + 1] - self._good[i], self._total[i + 1] - self._total[i]

    def _widen(self) -> None:
        if isinstance(self._total, array):
            self._good, self._total = list(self._good), list(self._total)

    def _settle(self) -> None:
        first = bisect_left(self._at, min(self._late))
        late, self._late = self._late, {}
        for i in range(first, len(self._at)):
            had = late.get(self._at[i], (0, 0))
            late[self._at[i]] = (
                had[0] + self._good[i + 1] - self._good[i],
                had[1] + self._total[i + 1] - self._total[i],
            )
        del self._at[first:], self._good[first + 1 :], self._total[first + 1 :]
        for minute in sorted(late):
            self.add(minute, *late[minute])
