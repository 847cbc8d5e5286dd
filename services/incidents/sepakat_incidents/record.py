"""What may happen to an incident's record: it is sorted, joined with others, corrected, opened again. Pure.

These events, and how each changes the incident; those of its episode, its ladder and its clocks are in `events`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from sepakat_incidents import clocks
from sepakat_incidents.incident import Incident, Line, Status
from sepakat_incidents.matrix import Degree

# -- sorted ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Triaged:
    """How much is hit, and how soon it hurts; the priority follows from both."""

    impact: Degree
    urgency: Degree
    priority: str
    by: str
    party: str | None
    at: datetime
    reason: str | None = None


@dataclass(frozen=True)
class Owned:
    """`owner`, a contact of the responsible party, sees to it from now on; None: nobody does."""

    owner: str | None
    previous: str | None
    by: str
    at: datetime


# -- counted -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """So many alerts are this incident's; the impact began with the first of them."""

    count: int
    impact_started_at: datetime
    at: datetime


# -- opened again, corrected -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reopened:
    """It is not over: somebody says so, and why."""

    by: str
    party: str | None
    reason: str
    at: datetime


@dataclass(frozen=True)
class ImpactCorrected:
    """The impact was at these times, and not at those that were recorded before."""

    incident: str
    started_at: datetime
    ended_at: datetime | None
    previous_started_at: datetime
    previous_ended_at: datetime | None
    by: str
    reason: str
    at: datetime


RecordEvent = Triaged | Owned | Counted | Reopened | ImpactCorrected


def apply(line: Line, event: RecordEvent) -> Line:
    """The line after it."""
    return _on(line, whose(event, line), lambda incident: changed(incident, event))


def whose(event: RecordEvent, line: Line) -> str:
    """The id of the incident that it is about: the one it names, else the line's last."""
    if isinstance(event, ImpactCorrected):
        return event.incident
    return line.incident.id if line.incident is not None else ""


def _on(line: Line, id: str, change: Callable[[Incident], Incident]) -> Line:
    if line.incident is not None and line.incident.id == id:
        return replace(line, incident=change(line.incident))
    return replace(line, past={**line.past, id: change(line.past[id])}) if id in line.past else line


def changed(incident: Incident, event: RecordEvent) -> Incident:
    match event:
        case Triaged(impact, urgency):
            return replace(incident, impact=impact, urgency=urgency)
        case Owned(owner):
            return replace(incident, owner=owner)
        case Counted(count, impact_started_at):
            return replace(incident, alerts=count, impact_started_at=impact_started_at)
        case Reopened(_, _, _, at):
            return replace(
                incident, status=Status.OPEN, level=0, round=1, due_at=None, acknowledged_by=None, acknowledgers=(),
                foretold=(), asked=(), unreached=(), impact_ended_at=None, resolved_at=None,
                clocks=tuple(clocks.resumed(each, incident.pauses, at) for each in incident.clocks),
                reopened=incident.reopened + 1,
            )  # fmt: skip
        case ImpactCorrected(_, started_at, ended_at):
            return replace(incident, impact_started_at=started_at, impact_ended_at=ended_at)
        case _:
            assert_never(event)
