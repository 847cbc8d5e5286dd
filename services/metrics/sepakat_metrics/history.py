"""All that is known of one indicator, laid out for sums over any window."""

from collections.abc import Iterable, Mapping
from typing import Any

from sepakat_metrics.buckets import Delta, Measured, order, step_of, transition_of
from sepakat_metrics.cases import Step
from sepakat_metrics.changes import EVER, Changes
from sepakat_metrics.events import MINUTE_MS, Fact
from sepakat_metrics.measurements import Measurements
from sepakat_metrics.states import States
from sepakat_metrics.sums import Counts


class History:
    """Counts, measurements, states and tickets of one indicator; `changes` tells those who keep sums what moved."""

    def __init__(self) -> None:
        self.thresholds: tuple[int, ...] = ()
        self.counts = Counts()
        self.measured = Measurements()
        self.states = States()
        self.steps: dict[str, set[Step]] = {}
        self.told_of: list[str] = []
        """The ticket of each fact in the order of arrival: whoever keeps cases reads on from where they were."""
        self.changes = Changes()

    @classmethod
    def of(cls, deltas: Iterable[Delta]) -> "History":
        """Of what was kept, in whatever parts and order; days in their order are the cheapest."""
        history = cls()
        for delta in deltas:
            history.apply(delta)
        return history

    @classmethod
    def from_days(cls, days: Iterable[Mapping[str, Any]]) -> "History":
        """From what `Delta.to_document` made of each day."""
        return cls.of(Delta.from_document(document) for document in days)

    @property
    def is_empty(self) -> bool:
        return self.last_at is None

    @property
    def last_at(self) -> int | None:
        """The latest instant that anything is known of, in ms."""
        minutes = [(last + 1) * MINUTE_MS for last in (self.counts.last, self.measured.last) if last is not None]
        told = [step.at for steps in self.steps.values() for step in steps]
        states = [self.states.last] if self.states.last is not None else []
        return max([*minutes, *told, *states], default=None)

    def set_silence(self, silence: tuple[int, int | None] | None) -> None:
        if self.states.set_silence(silence):
            self.changes.note(EVER)

    def add(self, fact: Fact) -> bool:
        """Whether it says something new: another state, a fact of a ticket; not just more of the same."""
        if fact.kind == "ratio":
            for at, good, total in fact.samples:
                minute = at // MINUTE_MS
                self.counts.add(minute, good, total)
                self.changes.note(minute * MINUTE_MS)
            return False
        if fact.kind == "measurement":
            for minute, values in fact.values_by_minute().items():
                self.measured.merge(minute, Measured.of(values, self.thresholds))
                self.changes.note(minute * MINUTE_MS)
            return False
        self.changes.note(fact.at)
        if fact.kind == "state":
            return self.states.add(transition_of(fact))
        self._add_step(step_of(fact))
        return True

    def _add_step(self, step: Step) -> None:
        self.steps.setdefault(step.ticket, set()).add(step)
        self.told_of.append(step.ticket)

    def apply(self, delta: Delta) -> None:
        if delta.counts:
            self.counts.extend(delta.counts)
            self.changes.note(min(delta.counts) * MINUTE_MS)
        for minute in sorted(delta.measured):
            self.measured.merge(minute, delta.measured[minute])
            self.changes.note(minute * MINUTE_MS)
        for transition in sorted(delta.transitions, key=order):
            self.states.add(transition)
            self.changes.note(transition[0])
        for step in delta.steps:
            self._add_step(step)
            self.changes.note(step.at)
