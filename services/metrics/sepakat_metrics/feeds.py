"""What an indicator takes: whose events, of what kind, in which unit."""

from typing import NamedTuple

from sepakat_metrics import events
from sepakat_metrics.events import Fact
from sepakat_metrics.history import History
from sepakat_metrics.sizes import check_size, fits
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.units import base_unit


class Asked(NamedTuple):
    """What objectives in force compare an indicator's measurements with: millionths of base units, and these units."""

    thresholds: tuple[int, ...] = ()
    units: frozenset[str] = frozenset()


class Feed:
    """An indicator while its events come: looked up once, for as long as nothing of it changes."""

    __slots__ = ("_kind", "_partition", "_sources", "_units", "history", "thresholds")

    def __init__(self, indicator: texts.Indicator, partition: int, asked: Asked, history: History | None) -> None:
        self._partition = partition
        self._kind = indicator.kind_of_events
        self._sources = frozenset(indicator.sources)
        self._units = _units(indicator, asked)
        self.thresholds = asked.thresholds
        self.history = history

    def takes(self, fact: Fact, partition: int) -> bool:
        """Whether it is what `check` lets pass, on the partition that it belongs to."""
        return (
            fact.kind == self._kind and partition == self._partition
            and (not self._sources or fact.source in self._sources)
            and (not self._units or fact.kind != "measurement" or self._units == {fact.unit})
            # As `fits` says itself: of each event, a call less.
            and (not fact.instants or fits(fact, len(self.thresholds)))
        )  # fmt: skip


def check(fact: Fact, indicator: texts.Indicator, asked: Asked) -> None:
    """Whether `indicator` takes this fact. Raises BadEvent with the field and the rule."""
    if indicator.sources and fact.source not in indicator.sources:
        raise events.BadEvent("source", f"{fact.source!r} may not feed {indicator.metadata.id}")
    if fact.kind != indicator.kind_of_events:
        raise events.BadEvent("type", f"{indicator.metadata.id} takes {indicator.kind_of_events} events")
    units = _units(indicator, asked)
    if fact.kind == "measurement" and units and units != {fact.unit}:
        rule = f"{indicator.metadata.id} is measured in {indicator.unit or ' and '.join(sorted(units))}"
        if len(units) > 1:
            rule += ", by different objectives: the indicator must name its unit, and what was refused is replayed then"
        raise events.BadEvent("data.unit", rule)
    check_size(fact, len(asked.thresholds))


def _units(indicator: texts.Indicator, asked: Asked) -> frozenset[str]:
    """The base unit of measurements: the indicator's, else what they are compared in; of several, none can be taken."""
    return asked.units if indicator.unit is None else frozenset([base_unit(indicator.unit)])
