"""The states of one indicator: what changed when, and how much of any span was up, down or unknown.

Sums run from the first state on, so that a span costs the logarithm of the changes. What comes late is put in its
place, and the sums behind it are added anew when they are next asked for.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from sepakat_metrics.buckets import Transition, order
from sepakat_metrics.events import UP

Held = tuple[int, int | None, str]
"""(since when in ms, weight in millionths or None for unknown, state)."""


class States:
    """`silence` is (after in ms, the weight it then counts as, None for unknown)."""

    def __init__(self) -> None:
        self.silence: tuple[int, int | None] | None = None
        self._all: list[Transition] = []
        self._at = array("q")
        self._up: list[int] = []
        self._known = array("q")
        self._since = array("q")
        """By transition: the millionths of milliseconds up (more than 64 bits, where somebody begins with the year 1)
        and the milliseconds known of before it; the first of the run of the same state that it belongs to."""

    def __bool__(self) -> bool:
        return bool(self._all)

    @property
    def last(self) -> int | None:
        """The instant of the newest state."""
        return self._at[-1] if self._at else None

    def set_silence(self, silence: tuple[int, int | None] | None) -> bool:
        """Whether that is new."""
        if silence == self.silence:
            return False
        self.silence = silence
        self._cut(0)
        return True

    def add(self, transition: Transition) -> bool:
        """Put it in its place, unless it is there. Whether it says something new: another state, or an earlier one."""
        if not self._all or order(transition) > order(self._all[-1]):
            repeats = bool(self._all) and self._goes_on(self._all[-1], transition)
            self._all.append(transition)
            self._at.append(transition[0])
            return not repeats
        i = bisect_left(self._all, order(transition), key=order)
        if order(self._all[i]) == order(transition):
            return False
        self._all.insert(i, transition)
        self._at.insert(i, transition[0])
        self._cut(i)
        return True

    def _goes_on(self, before: Transition, after: Transition) -> bool:
        """The same state, without a silence between the two that means something."""
        silent = None if self.silence is None else before[0] + self.silence[0]
        return before[3:] == after[3:] and (silent is None or after[0] <= silent)

    def sum(self, start: int, end: int) -> tuple[int, int]:
        """Over `[start, end)`: millionths of milliseconds that were up, and milliseconds of which anything is known."""
        if start >= end:
            return 0, 0
        up, known = self._until(end)
        up_before, known_before = self._until(start)
        return up - up_before, known - known_before

    def between(self, start: int, end: int) -> list[Transition]:
        """The states told in `[start, end)`, and the one that holds at its start."""
        i = max(0, bisect_right(self._at, start) - 1)
        return self._all[i : bisect_left(self._at, end)]

    def segments(self, start: int, end: int) -> Iterator[tuple[int, int, int | None, str]]:
        """The states over `[start, end)` as (from, to, weight, state), without a gap; before the first: unknown."""
        i = bisect_right(self._at, start) - 1
        at = start
        while at < end:
            following = self._at[i + 1] if i + 1 < len(self._at) else end
            until = min(following, end)
            if i < 0:
                if until > at:
                    yield at, until, None, "unknown"
            else:
                for a, b, weight, state in self._piece(i, at, until):
                    if b > a:
                        yield a, b, weight, state
            at, i = max(at, until), i + 1

    def state_at(self, at: int) -> Held | None:
        """Since when what state holds just before `at`; None when nothing was heard by then."""
        self._extend()
        i = bisect_left(self._at, at) - 1
        if i < 0:
            return None
        silent = self._silent_from(i)
        if silent is not None and silent < at and self.silence is not None:
            return silent, self.silence[1], "silent"
        _, _, _, state, weight = self._all[i]
        return self._at[self._since[i]], weight, state

    def silent_from(self) -> int | None:
        """When silence will have lasted long enough to mean something, in ms."""
        return self._silent_from(len(self._all) - 1) if self._all else None

    def _silent_from(self, i: int) -> int | None:
        return None if self.silence is None else self._at[i] + self.silence[0]

    def _piece(self, i: int, start: int, end: int) -> Iterator[tuple[int, int, int | None, str]]:
        """The span `[start, end)` after the `i`-th transition and before the next one."""
        _, _, _, state, weight = self._all[i]
        silent = self._silent_from(i)
        if silent is None or silent >= end or self.silence is None:
            yield start, end, weight, state
            return
        yield start, min(silent, end), weight, state
        yield max(silent, start), end, self.silence[1], "silent"

    def _until(self, at: int) -> tuple[int, int]:
        """Sums from the first transition to the instant `at`."""
        self._extend()
        i = bisect_right(self._at, at) - 1
        if i < 0:
            return 0, 0
        up, known = self._add_piece(i, at)
        return self._up[i] + up, self._known[i] + known

    def _add_piece(self, i: int, end: int) -> tuple[int, int]:
        up = known = 0
        for a, b, weight, _ in self._piece(i, self._at[i], end):
            if weight is not None and b > a:
                up += (b - a) * weight
                known += b - a
        return up, known

    def _extend(self) -> None:
        for i in range(len(self._up), len(self._all)):
            if i == 0:
                self._up.append(0)
                self._known.append(0)
                self._since.append(0)
                continue
            up, known = self._add_piece(i - 1, self._at[i])
            self._up.append(self._up[-1] + up)
            self._known.append(self._known[-1] + known)
            self._since.append(self._since[i - 1] if self._goes_on(self._all[i - 1], self._all[i]) else i)

    def _cut(self, i: int) -> None:
        del self._up[i:], self._known[i:], self._since[i:]


def lost(up: int, known: int) -> int:
    """The millionths of milliseconds down, of sums of `States`."""
    return known * UP - up
