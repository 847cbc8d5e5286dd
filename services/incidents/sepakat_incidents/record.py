"""What may happen to an incident's record: it is sorted, joined with others, corrected, opened again. Pure.

These events, and how each changes the incident; those of its episode, its ladder and its clocks are in `events`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from sepakat_incidents.incident import Incident, Line
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


RecordEvent = Triaged | Owned | Counted


def apply(line: Line, event: RecordEvent) -> Line:
    """The line after it."""
    return on(line, _owner(line), lambda incident: changed(incident, event))


def _owner(line: Line) -> str:
    return line.incident.id if line.incident is not None else ""


def on(line: Line, id: str, change: Callable[[Incident], Incident]) -> Line:
    """The line with one of its incidents, the last or an earlier one, changed."""
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
        case _:
            assert_never(event)
