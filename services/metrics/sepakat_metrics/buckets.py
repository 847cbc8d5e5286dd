"""What is kept of an indicator: counts and measurements by UTC minute, states and tickets to the millisecond.

Everything is a sum of integers or a set of facts, so folding is the same in any order. A minute of counts holds two
integers; a minute of measurements at most one integer a logarithmic bin and one a threshold.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from sys import intern
from typing import Any

from sepakat_metrics.cases import Step
from sepakat_metrics.events import MICRO, MINUTE_MS, Fact

DAY_MINUTES = 1440
_GAMMA = 1.02
_LOG_GAMMA = math.log(_GAMMA)

Transition = tuple[int, str, str, str, int | None]
"""(instant in ms, source, event id, state, weight in millionths): ordered as two at one instant are."""


def bin_of(value: int) -> int:
    """The logarithmic bin of a value in millionths; values below one millionth share the first."""
    return 0 if value < 1 else math.ceil(math.log(value) / _LOG_GAMMA) + 1


def value_of(bin: int) -> Fraction:
    """The value, in millionths, that stands for a bin: none in it is further away than 1 % of itself."""
    # Not rounded to whole millionths: of some seventy of them, the half that it may be off is near 1 % itself.
    return Fraction(0) if bin == 0 else Fraction(round(2e6 * math.exp((bin - 1) * _LOG_GAMMA) / (_GAMMA + 1)), MICRO)


@dataclass(slots=True)
class Measured:
    """The measurements of one minute. `under` counts exactly those at or under each threshold known at the time."""

    count: int = 0
    sum: int = 0
    bins: dict[int, int] = field(default_factory=dict)
    under: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By threshold in millionths: (how many of the measurements were compared with it, how many are at or under)."""

    @classmethod
    def of(cls, values: Sequence[int], thresholds: Iterable[int]) -> "Measured":
        made = cls()
        made.add(values, thresholds)
        return made

    def add(self, values: Sequence[int], thresholds: Iterable[int]) -> None:
        self.count += len(values)
        self.sum += sum(values)
        bins = self.bins
        for value in values:
            bin = bin_of(value)
            bins[bin] = bins.get(bin, 0) + 1
        for threshold in thresholds:
            compared, under = self.under.get(threshold, (0, 0))
            more = sum(value <= threshold for value in values)
            self.under[threshold] = (compared + len(values), under + more)

    def merge(self, other: "Measured") -> None:
        self.count += other.count
        self.sum += other.sum
        for bin, n in other.bins.items():
            self.bins[bin] = self.bins.get(bin, 0) + n
        for threshold, (compared, under) in other.under.items():
            mine = self.under.get(threshold, (0, 0))
            self.under[threshold] = (mine[0] + compared, mine[1] + under)

    def rank(self, share: Fraction) -> Fraction | None:
        """The value, in millionths, of the nearest rank that `share` (0 to 1) of the measurements do not exceed."""
        wanted, passed = max(1, -(-share.numerator * self.count // share.denominator)), 0
        for bin in sorted(self.bins):
            passed += self.bins[bin]
            if passed >= wanted:
                return value_of(bin)
        return None


def bins_at_most(bins: Mapping[int, int], threshold: int) -> int:
    """About how many measurements are at or under `threshold`: one that nobody counted by as they came."""
    last = bin_of(threshold)
    return sum(n for bin, n in bins.items() if bin <= last)


class Delta:
    """What a run of events adds to one indicator."""

    def __init__(self, thresholds: Iterable[int] = ()) -> None:
        self.thresholds = tuple(thresholds)
        self.counts: dict[int, tuple[int, int]] = {}
        self.measured: dict[int, Measured] = {}
        self.transitions: set[Transition] = set()
        self.steps: set[Step] = set()

    def add(self, fact: Fact) -> None:
        if fact.kind == "ratio":
            for at, good, total in fact.samples:
                minute = at // MINUTE_MS
                before = self.counts.get(minute, (0, 0))
                self.counts[minute] = (before[0] + good, before[1] + total)
        elif fact.kind == "measurement":
            for minute, values in fact.values_by_minute().items():
                self.measured.setdefault(minute, Measured()).add(values, self.thresholds)
        elif fact.kind == "state":
            self.transitions.add(transition_of(fact))
        else:
            self.steps.add(step_of(fact))

    def merge(self, other: "Delta") -> None:
        for minute, (good, total) in other.counts.items():
            before = self.counts.get(minute, (0, 0))
            self.counts[minute] = (before[0] + good, before[1] + total)
        for minute, measured in other.measured.items():
            self.measured.setdefault(minute, Measured()).merge(measured)
        self.transitions |= other.transitions
        self.steps |= other.steps

    def span(self) -> tuple[int, int] | None:
        """The instants (ms) of the first and the last of it; of counts and measurements, the minutes."""
        instants = [transition[0] for transition in self.transitions] + [step.at for step in self.steps]
        for minutes in (self.counts, self.measured):
            if minutes:
                instants += [min(minutes) * MINUTE_MS, max(minutes) * MINUTE_MS]
        return (min(instants), max(instants)) if instants else None

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
        for step in self.steps:
            days.setdefault(step.at // MINUTE_MS // DAY_MINUTES, Delta()).steps.add(step)
        return {f"{day:06d}": delta for day, delta in days.items()}

    def to_document(self) -> dict[str, Any]:
        return {
            "counts": [[minute, _exact(good), _exact(total)] for minute, (good, total) in self.counts.items()],
            "measured": [
                [
                    minute,
                    each.count,
                    # Beyond 64 bits a database would round it, and beyond 53 so would JSON.
                    str(each.sum),
                    [[bin, n] for bin, n in each.bins.items()],
                    [[str(threshold), compared, under] for threshold, (compared, under) in each.under.items()],
                ]
                for minute, each in self.measured.items()
            ],
            "transitions": [list(transition) for transition in sorted(self.transitions, key=order)],
            # What names no agreement is as it was before tickets could: packs of then are still what they were.
            "steps": [list(step if step.agreement else step[:-1]) for step in sorted(self.steps)],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Delta":
        delta = cls()
        delta.counts = {minute: (int(good), int(total)) for minute, good, total in document["counts"]}
        delta.measured = {
            minute: Measured(
                count,
                int(total),
                dict(bins),
                {int(threshold): (compared, under) for threshold, compared, under in thresholds},
            )
            for minute, count, total, bins, thresholds in document["measured"]
        }
        delta.transitions = {
            (at, intern(source), id, intern(state), weight) for at, source, id, state, weight in document["transitions"]
        }
        # Documents of before tickets were measured have none.
        delta.steps = {Step(*step) for step in document.get("steps", ())}
        return delta


def _exact(count: int) -> int | str:
    """A sum of counts as it is stored: beyond 53 bits canonical JSON has no number for it."""
    return count if count < 2**53 else str(count)


def order(transition: Transition) -> tuple[int, str, str]:
    return transition[:3]


def transition_of(fact: Fact) -> Transition:
    # A publisher repeats its state for months: what is the same in all of them is kept once.
    return fact.at, intern(fact.source), fact.id, intern(fact.state), fact.weight


def step_of(fact: Fact) -> Step:
    return Step(fact.at, fact.source, fact.id, fact.ticket, fact.step, fact.priority, fact.reason, fact.agreement)
