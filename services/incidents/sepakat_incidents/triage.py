"""Sorting an incident: how grave it is by impact and urgency, and whose it is. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sepakat_incidents import answers
from sepakat_incidents.escalation import NOBODY, Rosters
from sepakat_incidents.events import Event
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import Incident, Line, find_open
from sepakat_incidents.record import Owned, Triaged
from sepakat_shared.contracts.matrix import Degree
from sepakat_shared.errors import Forbidden, Invalid

HandlingOf = Callable[[Degree, Degree], Handling]
"""How the agreement handles an incident of that impact and urgency."""


@dataclass(frozen=True)
class Sorting:
    """What somebody says of an incident; None says nothing. `released` takes the owner away."""

    impact: Degree | None = None
    urgency: Degree | None = None
    owner: str | None = None
    released: bool = False
    reason: str | None = None


def triage(
    line: Line, id: str, given: Sorting, handling_of: HandlingOf, by: str, party: str | None, now: datetime,
    rosters: Rosters = NOBODY,
) -> Sequence[Event]:  # fmt: skip
    """Sort it. What is so already changes nothing.

    `party` is None for an operator. Raises Conflict when it is over, Invalid for half a pair, Forbidden when the
    responsible party would make it easier for itself, or another one would name its owner.
    """
    incident = find_open(line, id)
    return [*_sorted(line, incident, given, handling_of, by, party, now, rosters),
            *_owned(incident, given, by, party, now)]  # fmt: skip


def _sorted(
    line: Line, incident: Incident, given: Sorting, handling_of: HandlingOf, by: str, party: str | None, now: datetime,
    rosters: Rosters,
) -> Sequence[Event]:  # fmt: skip
    if given.impact is None and given.urgency is None:
        return []
    impact, urgency = given.impact or incident.impact, given.urgency or incident.urgency
    if impact is None or urgency is None:
        pointer = "/impact" if impact is None else "/urgency"
        rule = "is needed too: the priority follows from both"
        raise Invalid.at(pointer, rule)
    how = handling_of(impact, urgency)
    reason = given.reason or f"impact {impact}, urgency {urgency}"
    sorted_so = None if given.reason else (impact, urgency)
    prioritised = answers.prioritise(line, incident.id, how, by, party, reason, now, rosters, sorted_so)
    known = (impact, urgency) == (incident.impact, incident.urgency) and not incident.unsorted
    triaged = [] if known else [Triaged(impact, urgency, how.priority, by, party, now, given.reason)]
    return [*triaged, *prioritised]


def _owned(incident: Incident, given: Sorting, by: str, party: str | None, now: datetime) -> Sequence[Event]:
    owner = None if given.released else given.owner or incident.owner
    if owner == incident.owner:
        return []
    if party is not None and party != incident.responsible:
        raise Forbidden(f"{incident.responsible} is responsible for {incident.number}, and says whose it is")
    return [Owned(owner, incident.owner, by, now)]


def orphaned(line: Line | None, party: str, contact: str, now: datetime) -> Sequence[Event]:
    """The contact has left: what is open of theirs is nobody's."""
    incident = line.incident if line else None
    if incident is None or not incident.is_open or (incident.responsible, incident.owner) != (party, contact):
        return []
    return [Owned(None, contact, "agreements", now)]
