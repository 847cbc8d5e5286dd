"""What an indicator takes: whose events, of what kind, in which unit."""

from sepakat_metrics import events
from sepakat_metrics.events import Fact
from sepakat_metrics.history import History
from sepakat_shared.contracts import texts


class Feed:
    """An indicator while its events come: looked up once, for as long as nothing of it changes."""

    __slots__ = ("_kind", "_partition", "_sources", "_unit", "history", "thresholds")

    def __init__(
        self, indicator: texts.Indicator, partition: int, thresholds: tuple[int, ...], history: History | None
    ) -> None:
        self._partition = partition
        self._kind = indicator.kind_of_events
        self._sources = frozenset(indicator.sources)
        self._unit = None if indicator.unit is None else events.base_unit(indicator.unit)
        self.thresholds = thresholds
        self.history = history

    def takes(self, fact: Fact, partition: int) -> bool:
        """Whether it is what `check` lets pass, on the partition that it belongs to."""
        return (
            fact.kind == self._kind and partition == self._partition
            and (not self._sources or fact.source in self._sources)
            and (self._unit is None or fact.kind != "measurement" or fact.unit == self._unit)
        )  # fmt: skip


def check(fact: Fact, indicator: texts.Indicator) -> None:
    """Whether `indicator` takes this fact. Raises BadEvent with the field and the rule."""
    if indicator.sources and fact.source not in indicator.sources:
        raise events.BadEvent("source", f"{fact.source!r} may not feed {indicator.metadata.id}")
    if fact.kind != indicator.kind_of_events:
        raise events.BadEvent("type", f"{indicator.metadata.id} takes {indicator.kind_of_events} events")
    if fact.kind == "measurement" and indicator.unit is not None and fact.unit != events.base_unit(indicator.unit):
        raise events.BadEvent("data.unit", f"{indicator.metadata.id} is measured in {indicator.unit}")
