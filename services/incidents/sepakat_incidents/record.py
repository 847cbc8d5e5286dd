"""What may happen to an incident's record: it is sorted, joined with others, corrected, opened again. Pure.

These events, and how each changes the incident; those of its episode, its ladder and its clocks are in `events`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from sepakat_incidents import clocks
from sepakat_incidents.incident import (
    AgreedTime,
    Incident,
    Line,
    Link,
    LinkKind,
    Reopening,
    Status,
    Trigger,
    as_told,
    waits,
    with_cause,
)
from sepakat_shared.contracts.matrix import Degree

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


@dataclass(frozen=True)
class TimeAgreed:
    """A dispute about one of its clocks has ended: that counts as so much more, or less. What was recorded stays."""

    incident: str
    agreed: AgreedTime
    at: datetime


# -- joined with others ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Merged:
    """It is a duplicate of `into`, and goes on as part of that."""

    into: str
    number: str
    by: str
    at: datetime
    reason: str | None = None


@dataclass(frozen=True)
class Absorbed:
    """A duplicate was merged into it: what that waits for, this one waits for. `duplicates` are that, and its own."""

    number: str
    duplicates: tuple[str, ...]
    waiting: tuple[str, ...]
    impact_started_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True)
class Forwarded:
    """What came for it later went to the incident that it was merged into."""

    trigger: Trigger
    to: str
    at: datetime


@dataclass(frozen=True)
class Linked:
    incident: str
    kind: LinkKind
    to: str
    number: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Unlinked:
    incident: str
    kind: LinkKind
    to: str
    by: str
    at: datetime


RecordEvent = (
    Triaged | Owned | Counted | Reopened | ImpactCorrected | TimeAgreed | Merged | Absorbed | Forwarded | Linked
    | Unlinked
)  # fmt: skip


def apply(line: Line, event: RecordEvent) -> Line:
    """The line after it."""
    return _on(line, whose(event, line), lambda incident: changed(incident, event))


def whose(event: RecordEvent, line: Line) -> str:
    """The id of the incident that it is about: the one it names, else the line's last."""
    if isinstance(event, ImpactCorrected | TimeAgreed | Linked | Unlinked):
        return event.incident
    return line.incident.id if line.incident is not None else ""


def _on(line: Line, id: str, change: Callable[[Incident], Incident]) -> Line:
    if line.incident is not None and line.incident.id == id:
        return replace(line, incident=change(line.incident))
    return replace(line, past={**line.past, id: change(line.past[id])}) if id in line.past else line


def changed(incident: Incident, event: RecordEvent) -> Incident:
    match event:
        case Triaged(impact, urgency):
            return replace(incident, impact=impact, urgency=urgency, unsorted=False)
        case Owned(owner):
            return replace(incident, owner=owner)
        case Counted(count, impact_started_at):
            return replace(incident, alerts=count, impact_started_at=impact_started_at)
        case Reopened(by, party, reason, at):
            return replace(
                as_told(incident), status=Status.OPEN, level=0, round=1, due_at=None, acknowledged_by=None,
                acknowledgers=(), foretold=(), beside=(), asked=(), unreached=(), silent=(), impact_ended_at=None,
                resolved_at=None,
                clocks=tuple(clocks.resumed(each, incident.pauses, at) for each in incident.clocks),
                reopened=incident.reopened + 1, begun_anew_at=at, waiting=_waiting_anew(incident, by),
                reopening=Reopening(by, party, reason),
            )  # fmt: skip
        case ImpactCorrected(_, started_at, ended_at):
            return replace(incident, impact_started_at=started_at, impact_ended_at=ended_at)
        case TimeAgreed(_, agreed):
            return replace(incident, agreed=(*incident.agreed, agreed))
        case Merged() | Absorbed() | Forwarded():
            return _joined(incident, event)
        case Linked(_, kind, to, number):
            return replace(incident, links=(*incident.links, Link(kind, to, number)))
        case Unlinked(_, kind, to):
            return replace(incident, links=tuple(e for e in incident.links if (e.kind, e.to) != (kind, to)))
        case _:
            assert_never(event)


def _waiting_anew(incident: Incident, by: str) -> tuple[str, ...]:
    """Of what a party opened nothing that is measured is the end, neither the first time nor when a person opens it
    again. Where `sepakat` does, that is for what goes on of a duplicate, and over with that.
    """
    own = [f"api:{incident.causes[0]}"] if incident.cause == "api" and by != "sepakat" else []
    return tuple(dict.fromkeys([*own, *incident.waiting]))


def _joined(incident: Incident, event: Merged | Absorbed | Forwarded) -> Incident:
    match event:
        case Merged(into, number, _, at):
            # Its clocks give no verdict: the case is none of its own any more.
            stopped = tuple(
                replace(each, stopped_at=each.stopped_at or max(at, each.started_at)) for each in incident.clocks
            )
            return replace(
                incident, status=Status.CLOSED, merged_into=into, due_at=None, requests=(), asked=(), clocks=stopped,
                pauses=tuple(each if each.end else replace(each, end=at) for each in incident.pauses),
                links=(*(e for e in incident.links if (e.kind, e.to) != ("duplicates", into)),
                       Link("duplicates", into, number)),
            )  # fmt: skip
        case Absorbed(_, duplicates, waiting, impact_started_at):
            return replace(
                incident, merged=tuple(dict.fromkeys([*incident.merged, *duplicates])),
                waiting=tuple(dict.fromkeys([*incident.waiting, *waiting])),
                impact_started_at=min(incident.impact_started_at, impact_started_at),
            )  # fmt: skip
        case Forwarded(trigger):
            # What it waits for says what goes on on its own line, also while another incident sees to that.
            waiting = (*incident.waiting, trigger.subject) if waits(trigger) else incident.waiting
            return replace(with_cause(incident, trigger.event), waiting=tuple(dict.fromkeys(waiting)))
