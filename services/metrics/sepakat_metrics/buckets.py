"""What is kept of an indicator: counts and measurements by UTC minute, states to the millisecond.

Everything is a sum of integers or a set of transitions, so folding is the same in any order. A minute of counts holds
two integers; a minute of measurements at most one integer a logarithmic bin (γ = 1.02: 1 % error) and one a threshold.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sepakat_metrics.events import Fact

MINUTE_MS = 60_000
DAY_MINUTES = 1440
_LOG_GAMMA = math.log(1.02)

Transition = tuple[int, str, str, str, int | None]
"""(instant in ms, source, event id, state, weight in millionths): ordered as two at one instant are."""


def bin_of(value: int) -> int:
    """The logarithmic bin of a value in millionths; values below one millionth share the first."""
    return 0 if value < 1 else math.ceil(math.log(value) / _LOG_GAMMA) + 1


def top_of(bin: int) -> float:
    """The largest value, in millionths, of a bin."""
    return 0.0 if bin == 0 else math.exp((bin - 1) * _LOG_GAMMA)


@dataclass(slots=True)
class Measured:
    """The measurements of one minute. `under` counts exactly those at or under each threshold known at the time."""

    count: int = 0
    sum: int = 0
    bins: dict[int, int] = field(default_factory=dict)
    under: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By threshold in millionths: (how many of the measurements were compared with it, how many are at or under)."""

    def add(self, value: int, thresholds: Iterable[int]) -> None:
        self.count += 1
        self.sum += value
        bin = bin_of(value)
        self.bins[bin] = self.bins.get(bin, 0) + 1
        for threshold in thresholds:
            compared, under = self.under.get(threshold, (0, 0))
            self.under[threshold] = (compared + 1, under + (value <= threshold))

    def merge(self, other: "Measured") -> None:
        self.count += other.count
        self.sum += other.sum
        for bin, n in other.bins.items():
            self.bins[bin] = self.bins.get(bin, 0) + n
        for threshold, (compared, under) in other.under.items():
            mine = self.under.get(threshold, (0, 0))
            self.under[threshold] = (mine[0] + compared, mine[1] + under)

    def at_most(self, threshold: int) -> tuple[int, bool]:
        """How many are at or under `threshold`, and whether that is exact (else answered from the bins)."""
        compared, under = self.under.get(threshold, (0, 0))
        if compared == self.count:
            return under, True
        last = bin_of(threshold)
        return sum(n for bin, n in self.bins.items() if bin <= last), False


class Delta:
    """What a run of events adds to one indicator."""

    def __init__(self, thresholds: Iterable[int] = ()) -> None:
        self.thresholds = tuple(thresholds)
        self.counts: dict[int, tuple[int, int]] = {}
        self.measured: dict[int, Measured] = {}
        self.transitions: set[Transition] = set()

    def add(self, fact: Fact) -> None:
        if fact.kind == "ratio":
            for at, good, total in fact.samples:
                minute = at // MINUTE_MS
                before = self.counts.get(minute, (0, 0))
                self.counts[minute] = (before[0] + good, before[1] + total)
        elif fact.kind == "measurement":
            minute = fact.at // MINUTE_MS
            measured = self.measured.get(minute)
            if measured is None:
                measured = self.measured[minute] = Measured()
            for value in fact.values:
                measured.add(value, self.thresholds)
        else:
            self.transitions.add((fact.at, fact.source, fact.id, fact.state, fact.weight))

    def merge(self, other: "Delta") -> None:
        for minute, (good, total) in other.counts.items():
            before = self.counts.get(minute, (0, 0))
            self.counts[minute] = (before[0] + good, before[1] + total)
        for minute, measured in other.measured.items():
            self.measured.setdefault(minute, Measured()).merge(measured)
        self.transitions |= other.transitions

    def by_day(self) -> dict[str, "Delta"]:
        """The same by UTC day (days since 1970, as text)."""
        days: dict[int, Delta] = {}
        for minute, counted in self.counts.items():
            days.setdefault(minute // DAY_MINUTES, Delta()).counts[minute] = counted
        for minute, measured in self.measured.items():
            days.setdefault(minute // DAY_MINUTES, Delta()).measured[minute] = measured
        for transition in self.transitions:
            day = transition[0] // MINUTE_MS // DAY_MINUTES
            days.setdefault(day, Delta()).transitions.add(transition)
        return {f"{day:06d}": delta for day, delta in days.items()}

    def to_document(self) -> dict[str, Any]:
        return {
            "counts": [[minute, good, total] for minute, (good, total) in self.counts.items()],
            "measured": [
                [
                    minute,
                    each.count,
                    # Beyond 64 bits a database would round it.
                    str(each.sum),
                    [[bin, n] for bin, n in each.bins.items()],
                    [[threshold, compared, under] for threshold, (compared, under) in each.under.items()],
                ]
                for minute, each in self.measured.items()
            ],
            "transitions": [list(transition) for transition in sorted(self.transitions, key=_order)],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Delta":
        delta = cls()
        delta.counts = {minute: (good, total) for minute, good, total in document["counts"]}
        delta.measured = {
            minute: Measured(
                count,
                int(total),
                dict(bins),
                {threshold: (compared, under) for threshold, compared, under in thresholds},
            )
            for minute, count, total, bins, thresholds in document["measured"]
        }
        delta.transitions = {
            (at, source, id, state, weight) for at, source, id, state, weight in document["transitions"]
        }
        return delta


def _order(transition: Transition) -> tuple[int, str, str]:
    return transition[:3]


Segment = tuple[int, int | None, str]
"""(start in ms, weight in millionths or None for unknown, state): it lasts until the next one starts."""


class History:
    """All that is known of one indicator, laid out for sums over any window.

    Sums by day and, for states, the segments between changes are kept as events come, so that a sum costs its days and
    its changes and not its events. `silence` is (after in ms, weight it then counts as, None for unknown).
    """

    def __init__(self) -> None:
        self.silence: tuple[int, int | None] | None = None
        self.thresholds: tuple[int, ...] = ()
        self.counts: dict[int, tuple[int, int]] = {}
        self.measured: dict[int, Measured] = {}
        self._day_counts: dict[int, tuple[int, int, int]] = {}
        self._day_measured: dict[int, tuple[Measured, int]] = {}
        self._transitions: list[Transition] = []
        self._segments: list[Segment] = []
        self._starts: list[int] = []
        self._stale = False

    @classmethod
    def from_days(cls, days: Mapping[str, Mapping[str, Any]]) -> "History":
        history = cls()
        for document in days.values():
            history.apply(Delta.from_document(document))
        return history

    @property
    def is_empty(self) -> bool:
        return not (self.counts or self.measured or self._transitions)

    @property
    def last_at(self) -> int | None:
        """The latest instant that anything is known of, in ms."""
        minutes = [(max(kept) + 1) * MINUTE_MS for kept in (self.counts, self.measured) if kept]
        states = [self._transitions[-1][0]] if self._transitions else []
        return max([*minutes, *states], default=None)

    def add(self, fact: Fact) -> None:
        if fact.kind == "ratio":
            for at, good, total in fact.samples:
                self._add_counts(at // MINUTE_MS, good, total)
            return
        delta = Delta(self.thresholds)
        delta.add(fact)
        self.apply(delta)

    def _add_counts(self, minute: int, good: int, total: int) -> None:
        before = self.counts.get(minute)
        was = before or (0, 0)
        self.counts[minute] = (was[0] + good, was[1] + total)
        day = self._day_counts.get(minute // DAY_MINUTES, (0, 0, 0))
        self._day_counts[minute // DAY_MINUTES] = (day[0] + good, day[1] + total, day[2] + (before is None))

    def apply(self, delta: Delta) -> None:
        for minute, (good, total) in delta.counts.items():
            self._add_counts(minute, good, total)
        for minute, measured in delta.measured.items():
            known = minute in self.measured
            self.measured.setdefault(minute, Measured()).merge(measured)
            whole, minutes = self._day_measured.setdefault(minute // DAY_MINUTES, (Measured(), 0))
            whole.merge(measured)
            self._day_measured[minute // DAY_MINUTES] = (whole, minutes + (not known))
        for transition in sorted(delta.transitions, key=_order):
            self._add_transition(transition)

    # -- sums by minute -----------------------------------------------------------------------------------------------

    def sum_counts(self, first: int, end: int) -> tuple[int, int, int]:
        """Good, total and minutes with any event, over minutes `[first, end)`."""
        good = total = minutes = 0
        for day in self._whole_days(first, end):
            sums = self._day_counts.get(day, (0, 0, 0))
            good, total, minutes = good + sums[0], total + sums[1], minutes + sums[2]
        for minute in _edges(first, end):
            if minute in self.counts:
                one = self.counts[minute]
                good, total, minutes = good + one[0], total + one[1], minutes + 1
        return good, total, minutes

    def sum_measured(self, first: int, end: int) -> tuple[Measured, int]:
        """All measurements of minutes `[first, end)` together, and how many of the minutes have any."""
        whole, minutes = Measured(), 0
        for day in self._whole_days(first, end):
            if day in self._day_measured:
                whole.merge(self._day_measured[day][0])
                minutes += self._day_measured[day][1]
        for minute in _edges(first, end):
            if minute in self.measured:
                whole.merge(self.measured[minute])
                minutes += 1
        return whole, minutes

    @staticmethod
    def _whole_days(first: int, end: int) -> range:
        return range(-(-first // DAY_MINUTES), end // DAY_MINUTES)

    # -- states -------------------------------------------------------------------------------------------------------

    def set_silence(self, silence: tuple[int, int | None] | None) -> None:
        if silence != self.silence:
            self.silence = silence
            self._stale = True

    def _add_transition(self, transition: Transition) -> None:
        last = self._transitions[-1] if self._transitions else None
        if last is None or _order(transition) > _order(last):
            self._transitions.append(transition)
            if not self._stale:
                self._extend(last, transition)
            return
        at = bisect_left(self._transitions, _order(transition), key=_order)
        if self._transitions[at][:3] != transition[:3]:
            insort(self._transitions, transition, key=_order)
            self._stale = True

    def _extend(self, before: Transition | None, transition: Transition) -> None:
        at, _, _, state, weight = transition
        if before is not None and self.silence is not None and at - before[0] > self.silence[0]:
            self._append((before[0] + self.silence[0], self.silence[1], "silent"))
        self._append((at, weight, state))

    def _append(self, segment: Segment) -> None:
        if self._segments and self._segments[-1][0] == segment[0]:
            self._segments.pop()
            self._starts.pop()
        if not self._segments or self._segments[-1][1:] != segment[1:]:
            self._segments.append(segment)
            self._starts.append(segment[0])

    def _rebuild(self) -> None:
        self._segments, self._starts, before = [], [], None
        for transition in self._transitions:
            self._extend(before, transition)
            before = transition
        self._stale = False

    def segments(self, start: int, end: int) -> list[tuple[int, int, int | None, str]]:
        """The states over `[start, end)` ms as (from, to, weight, state), without a gap; before the first: unknown."""
        if self._stale:
            self._rebuild()
        if start >= end:
            return []
        found: list[tuple[int, int, int | None, str]] = []
        at, weight, state = start, None, "unknown"
        i = bisect_right(self._starts, start) - 1
        if i >= 0:
            _, weight, state = self._segments[i]
        for begins, its_weight, its_state in [*self._segments[i + 1 :], *self._tail()]:
            if begins >= end:
                break
            if begins > at:
                found.append((at, begins, weight, state))
                at = begins
            weight, state = its_weight, its_state
        found.append((at, end, weight, state))
        return found

    def _tail(self) -> list[Segment]:
        """What the silence since the last event means."""
        if self.silence is None or not self._transitions:
            return []
        return [(self._transitions[-1][0] + self.silence[0], self.silence[1], "silent")]

    def state_at(self, at: int) -> tuple[int, int | None, str] | None:
        """Since when (ms) what state holds just before `at`, with its weight; None when nothing was heard by then."""
        if self._stale:
            self._rebuild()
        tail = [each for each in self._tail() if each[0] < at]
        if tail:
            return tail[-1]
        i = bisect_left(self._starts, at) - 1
        return self._segments[i] if i >= 0 else None

    def silent_from(self) -> int | None:
        """When silence will have lasted long enough to mean something, in ms."""
        tail = self._tail()
        return tail[0][0] if tail else None


def _edges(first: int, end: int) -> Iterable[int]:
    """The minutes of `[first, end)` that are outside its whole days."""
    whole_first, whole_end = -(-first // DAY_MINUTES) * DAY_MINUTES, end // DAY_MINUTES * DAY_MINUTES
    if whole_first >= whole_end:
        return range(first, end)
    return (*range(first, whole_first), *range(whole_end, end))
