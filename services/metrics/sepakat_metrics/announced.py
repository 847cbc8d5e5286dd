"""Maintenance that was announced under an agreement, as `agreements` told of it last. Pure.

What is told is all of the time that counts as announced maintenance from then on. So a later telling takes the place
of those before, and whatever differs is what periods that were judged before must be judged again for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sepakat_metrics import windows
from sepakat_metrics.terms import Announced
from sepakat_metrics.windows import Interval
from sepakat_shared import maintenance
from sepakat_shared.aggregate import Kind
from sepakat_shared.calendars import to_ms
from sepakat_shared.contracts.maintenance import _MaintenanceEvent
from sepakat_shared.contracts.texts import Agreement


@dataclass(frozen=True)
class Span:
    """`[start, end)`; `beyond_allowance` where it counts whatever else there is."""

    start: datetime
    end: datetime
    beyond_allowance: bool = False


@dataclass(frozen=True)
class Heard:
    """It concerns the services and objectives that are named, and everything where neither is."""

    agreement: str
    maintenance: str
    provider: str
    customer: str
    services: tuple[str, ...]
    objectives: tuple[str, ...]
    revision: int
    told: str
    """The type of the event that said so."""
    in_force: tuple[Span, ...]


@dataclass(frozen=True)
class Applied:
    """Every period that it touches has been judged again with this in force."""

    in_force: tuple[Span, ...]
    at: datetime


Event = Heard | Applied


@dataclass(frozen=True)
class Announcement:
    """`counted` is what periods were judged with last.

    Some may have been judged with `perhaps`, too, where that is `unsure`: it was heard of, and more was before all of
    them were judged.
    """

    heard: Heard
    counted: tuple[Span, ...] = ()
    perhaps: tuple[Span, ...] = ()
    unsure: bool = False

    @property
    def id(self) -> str:
        return announcement_id(self.heard.agreement, self.heard.maintenance)

    @property
    def is_applied(self) -> bool:
        return not self.unsure and self.counted == self.heard.in_force

    @property
    def before(self) -> tuple[Announced, ...]:
        """As it was counted with so far."""
        return _as_measured(self.heard, self.counted)

    @property
    def after(self) -> tuple[Announced, ...]:
        return _as_measured(self.heard, self.heard.in_force)

    @property
    def difference(self) -> list[Interval]:
        """What counts now and may not have before, or the other way round."""
        before, after = self.counted, self.heard.in_force
        if self.unsure:
            return _united([*before, *self.perhaps, *after])
        return _united({*before} ^ {*after})


def announcement_id(agreement: str, maintenance: str) -> str:
    return f"{agreement}/{maintenance}"


def _as_measured(heard: Heard, spans: Iterable[Span]) -> tuple[Announced, ...]:
    return tuple(
        Announced(to_ms(each.start), to_ms(each.end), each.beyond_allowance, heard.services, heard.objectives)
        for each in spans
    )


def _united(spans: Iterable[Span]) -> list[Interval]:
    return windows.unite((to_ms(each.start), to_ms(each.end)) for each in spans)


def apply(announcement: Announcement | None, event: Event) -> Announcement:
    if isinstance(event, Heard):
        if announcement is None:
            return Announcement(event)
        if announcement.is_applied:
            return replace(announcement, heard=event)
        perhaps = (*announcement.perhaps, *announcement.heard.in_force)
        return replace(announcement, heard=event, perhaps=perhaps, unsure=True)
    if announcement is None:
        raise ValueError("it is heard of before it is applied")
    applied = replace(announcement, counted=event.in_force)
    return replace(applied, perhaps=(), unsure=False) if event.in_force == applied.heard.in_force else applied


def heard_in(fact: _MaintenanceEvent) -> Heard:
    return Heard(
        fact.agreement, fact.maintenance, fact.provider, fact.customer, fact.services, fact.objectives, fact.revision,
        fact.type, tuple(Span(each.start, each.end, each.beyond_allowance) for each in fact.in_force),
    )  # fmt: skip


def hear(announcement: Announcement | None, heard: Heard) -> Sequence[Event]:
    """What was told before, or comes once more, changes nothing."""
    return [] if announcement is not None and heard.revision <= announcement.heard.revision else [heard]


def mark_applied(announcement: Announcement | None, corrected: Announcement, at: datetime) -> Sequence[Event]:
    """`corrected` is what the periods were judged by. Of what was heard meanwhile they are to be judged once more, also
    where another instance has done that already: it may have been before this one told of them."""
    if announcement is None or (announcement.is_applied and announcement.heard == corrected.heard):
        return []
    return [Applied(corrected.heard.in_force, at)]


def touched(texts: Iterable[Agreement], difference: Iterable[Interval], now: int) -> list[Interval]:
    """The time before `now` (ms) for which something else may count: where an allowance bounds maintenance, the whole
    of each unit that it is for, since what comes first in it uses it up."""
    spans = list(difference)
    for text in texts:
        if maintenance.is_bounded(text):
            spans += [unit for start, end in spans for unit in maintenance.units(text, start, end)]
    return windows.unite((start, min(end, now)) for start, end in spans)


def _fields(announcement: Announcement) -> Mapping[str, Any]:
    heard = announcement.heard
    return {
        "parties": [heard.provider, heard.customer], "agreement": heard.agreement,
        "waiting": not announcement.is_applied,
    }  # fmt: skip


ANNOUNCEMENT: Kind[Announcement, Event] = Kind(
    "announced_maintenance", Announcement, (Heard, Applied), apply, _fields, lambda *_: []
)  # fmt: skip
