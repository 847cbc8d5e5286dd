"""The states of one indicator: what changed when, and how much of any span was up, down or unknown.

All that was told is kept packed (`Transitions`). What is asked is answered from its runs: a state, since when, and
until when it was last repeated without a silence that means something. Sums go from the first run on: a span costs
the logarithm of the changes. What comes late is put in its place, and the sums behind it are added anew when they are
next asked for.

A run takes about 250 bytes. A repeat takes 5 bytes and what its id cannot be compressed below: some 2 for ids that
count up, 20 for a random UUID, in no case more than the id and the source have. The last 127 take 200 bytes each.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from sepakat_metrics.buckets import Transition, order
from sepakat_metrics.transitions import Transitions

Held = tuple[int, int | None, str]
"""(since when in ms, weight in millionths or None for unknown, state)."""


class States:
    """`silence` is (after in ms, the weight it then counts as, None for unknown)."""

    def __init__(self) -> None:
        self.silence: tuple[int, int | None] | None = None
        self._told = Transitions()
        self._first: list[tuple[int, str, str]] = []
        self._at = array("q")
        self._until = array("q")
        self._held: list[tuple[str, int | None]] = []
        """By run: the order of its first transition and the instants of its first and its last; state and weight."""
        self._names: dict[tuple[str, int | None], tuple[str, int | None]] = {}
        self._up: list[int] = []
        self._known = array("q")
        """By run: the millionths of milliseconds up (more than 64 bits, where somebody begins with the year 1) and the
        milliseconds known of before it."""

    def __bool__(self) -> bool:
        return bool(self._at)

    @property
    def first(self) -> int | None:
        """The instant of the oldest state."""
        return self._at[0] if self._at else None

    @property
    def last(self) -> int | None:
        """The instant of the newest state."""
        return self._until[-1] if self._until else None

    # -- what was told ------------------------------------------------------------------------------------------------

    def set_silence(self, silence: tuple[int, int | None] | None) -> bool:
        """Whether that is new."""
        if silence == self.silence:
            return False
        self.silence = silence
        self._cut(0)
        del self._first[:], self._at[:], self._until[:], self._held[:]
        before = None
        for transition in self._told:
            self._go_on(before, transition)
            before = transition
        return True

    def add(self, transition: Transition) -> bool:
        """Put it in its place, unless it is there. Whether it says something new: not just more of the same."""
        last = self._told.last
        if last is None or order(transition) > order(last):
            self._told.append(transition)
            return self._go_on(last, transition)
        neighbours = self._told.insert(transition)
        return neighbours is not None and self._fit_in(transition, *neighbours)

    def _goes_on(self, before: Transition | None, after: Transition) -> bool:
        """The same state, without a silence between the two that means something."""
        if before is None or before[3:] != after[3:]:
            return False
        return self.silence is None or after[0] <= before[0] + self.silence[0]

    def _go_on(self, last: Transition | None, transition: Transition) -> bool:
        """Take up what comes after `last`, the end of all runs. Whether a run begins with it."""
        if self._goes_on(last, transition):
            self._until[-1] = transition[0]
            return False
        self._begin(len(self._at), transition, transition[0])
        return True

    def _fit_in(self, transition: Transition, before: Transition | None, after: Transition) -> bool:
        """Take up what stands between two that were neighbours. Whether that changes any run."""
        i = bisect_right(self._first, order(transition))
        joins, is_joined = self._goes_on(before, transition), self._goes_on(transition, after)
        if before is not None and self._goes_on(before, after):
            if joins:
                return False
            self._begin(i, after, self._until[i - 1])
            self._begin(i, transition, transition[0])
            self._until[i - 1] = before[0]
        elif joins and is_joined:
            self._until[i - 1] = self._until[i]
            del self._first[i], self._at[i], self._until[i], self._held[i]
        elif joins:
            self._until[i - 1] = transition[0]
        elif is_joined:
            self._first[i], self._at[i] = order(transition), transition[0]
        else:
            self._begin(i, transition, transition[0])
        self._cut(i)
        return True

    def _begin(self, i: int, transition: Transition, until: int) -> None:
        """Let the `i`-th run begin with that."""
        held = transition[3:]
        self._first.insert(i, order(transition))
        self._at.insert(i, transition[0])
        self._until.insert(i, until)
        self._held.insert(i, self._names.setdefault(held, held))

    # -- what it comes to ---------------------------------------------------------------------------------------------

    def sum(self, start: int, end: int) -> tuple[int, int]:
        """Over `[start, end)`: millionths of milliseconds that were up, and milliseconds of which anything is known."""
        if start >= end:
            return 0, 0
        up, known = self._sum_until(end)
        up_before, known_before = self._sum_until(start)
        return up - up_before, known - known_before

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
        i = bisect_left(self._at, at) - 1
        if i < 0:
            return None
        silent = self._silent_from(i)
        if silent is not None and silent < at and self.silence is not None:
            return silent, self.silence[1], "silent"
        state, weight = self._held[i]
        return self._at[i], weight, state

    def silent_from(self) -> int | None:
        """When silence will have lasted long enough to mean something, in ms."""
        return self._silent_from(len(self._at) - 1) if self._at else None

    def _silent_from(self, i: int) -> int | None:
        return None if self.silence is None else self._until[i] + self.silence[0]

    def _piece(self, i: int, start: int, end: int) -> Iterator[tuple[int, int, int | None, str]]:
        """The span `[start, end)` after the beginning of the `i`-th run and before the next one's."""
        state, weight = self._held[i]
        silent = self._silent_from(i)
        if silent is None or silent >= end or self.silence is None:
            yield start, end, weight, state
            return
        yield start, min(silent, end), weight, state
        yield max(silent, start), end, self.silence[1], "silent"

    def _sum_until(self, at: int) -> tuple[int, int]:
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
        for i in range(len(self._up), len(self._at)):
            if i == 0:
                self._up.append(0)
                self._known.append(0)
                continue
            up, known = self._add_piece(i - 1, self._at[i])
            self._up.append(self._up[-1] + up)
            self._known.append(self._known[-1] + known)

    def _cut(self, i: int) -> None:
        """Sums before the `i`-th run and all behind it are to be added anew."""
        del self._up[i:], self._known[i:]
