"""What was told of one incident, kept for reviews: how urgent it was, how fast it was taken up and over. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from sepakat_shared.contracts import incidents
from sepakat_shared.contracts.fact import Title

Fact = (
    incidents.IncidentOpened | incidents.IncidentRaised | incidents.IncidentPrioritised | incidents.IncidentTriaged
    | incidents.IncidentEscalated | incidents.EscalationExhausted | incidents.IncidentAcknowledged
    | incidents.IncidentUpdated | incidents.IncidentResolved | incidents.IncidentReopened | incidents.ImpactCorrected
    | incidents.IncidentMerged | incidents.IncidentClosed | incidents.ClockMissed | incidents.ClocksRetimed
)  # fmt: skip
FACTS: tuple[type[Fact], ...] = (
    incidents.IncidentOpened, incidents.IncidentRaised, incidents.IncidentPrioritised, incidents.IncidentTriaged,
    incidents.IncidentEscalated, incidents.EscalationExhausted, incidents.IncidentAcknowledged,
    incidents.IncidentUpdated, incidents.IncidentResolved, incidents.IncidentReopened, incidents.ImpactCorrected,
    incidents.IncidentMerged, incidents.IncidentClosed, incidents.ClockMissed, incidents.ClocksRetimed,
)  # fmt: skip
_NOTES: Final = "update"
"""The clock of progress notes."""


@dataclass(frozen=True)
class Handled:
    """`level` is the highest that was told, `escalations` how often one was; `missed` are clocks that ran too long.

    `silent` says that the only note which came too late is still to come.
    The incident belongs to the instant at which its impact began. `acknowledged_at` is the first answer that stopped
    the ladder.
    """

    id: str
    number: str
    agreement: str
    provider: str
    customer: str
    service: str
    title: dict[str, str]
    priority: str
    opened_at: datetime
    began_at: datetime
    ended_at: datetime | None = None
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    level: int = 0
    escalations: int = 0
    exhausted: bool = False
    missed: tuple[str, ...] = ()
    silent: bool = False
    reopened: int = 0
    merged_into: str | None = None

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None

    @property
    def to_acknowledge(self) -> float | None:
        """Seconds from the opening to the first answer."""
        return _seconds(self.opened_at, self.acknowledged_at)

    @property
    def to_restore(self) -> float | None:
        """Seconds from the opening to the end of the impact; None while it lasts."""
        return None if self.is_open else _seconds(self.opened_at, self.ended_at or self.resolved_at)


@dataclass(frozen=True)
class IncidentTold:
    incident: Handled


def apply(_incident: Handled | None, event: IncidentTold) -> Handled:
    return event.incident


def told(known: Handled | None, fact: Fact) -> list[IncidentTold]:
    """What is known of the incident with that fact."""
    incident = replace(
        known or _begun(fact), number=fact.number, title=_plain(fact.title), priority=fact.priority,
        began_at=fact.impact_started_at or (known.began_at if known else fact.opened_at),
    )  # fmt: skip
    match fact:
        case incidents.IncidentAcknowledged(stops_ladder=True):
            incident = replace(incident, acknowledged_at=incident.acknowledged_at or fact.at, silent=False)
        case incidents.IncidentUpdated():
            incident = replace(incident, silent=False)
        case incidents.IncidentEscalated():
            level = max(incident.level, fact.level)
            incident = replace(incident, level=level, escalations=incident.escalations + 1)
        case incidents.EscalationExhausted():
            incident = replace(incident, exhausted=True)
        case incidents.IncidentResolved():
            incident = replace(incident, resolved_at=fact.at, ended_at=fact.impact_ended_at or fact.at)
        case incidents.IncidentReopened():
            incident = replace(
                incident, resolved_at=None, ended_at=None, closed_at=None, reopened=incident.reopened + 1, silent=False
            )
        case incidents.ImpactCorrected():
            incident = replace(incident, ended_at=fact.impact_ended_at or incident.ended_at)
        case incidents.IncidentMerged():
            incident = replace(incident, merged_into=fact.into)
        case incidents.IncidentClosed():
            incident = replace(incident, closed_at=fact.at)
        case incidents.ClockMissed():
            silent = incident.silent or (fact.clock == _NOTES and _NOTES not in incident.missed)
            missed = dict.fromkeys([*incident.missed, fact.clock])
            incident = replace(incident, missed=tuple(missed), silent=silent)
        case incidents.ClocksRetimed():
            incident = _retimed(incident, fact)
        case _:
            pass  # what it is called and how urgent it is came with the fact itself
    return [] if incident == known else [IncidentTold(incident)]


def _begun(fact: Fact) -> Handled:
    return Handled(
        fact.incident, fact.number, fact.agreement, fact.provider, fact.customer, fact.service, _plain(fact.title),
        fact.priority, fact.opened_at, fact.impact_started_at or fact.opened_at,
    )  # fmt: skip


def _retimed(incident: Handled, fact: incidents.ClocksRetimed) -> Handled:
    """Without what was missed in time that does not count any more, or by another limit.

    The clock of notes begins anew with each of them: how the next one is timed takes back no miss of one before.
    """
    in_time = {each.clock for each in fact.clocks if _is_in_time(each)}
    if not incident.silent:
        in_time.discard(_NOTES)
    missed = tuple(each for each in incident.missed if each not in in_time)
    return replace(incident, missed=missed, silent=incident.silent and _NOTES in missed)


def _is_in_time(reading: incidents.ClockReading) -> bool:
    return reading.met or (reading.met is None and Decimal(reading.elapsed_seconds) <= Decimal(reading.limit_seconds))


def _plain(title: Title) -> dict[str, str]:
    return title.model_dump(exclude_none=True)


def _seconds(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else max(0.0, (end - start).total_seconds())
