"""Incidents that belong together: one is another one's duplicate, was caused by it, or has to do with it. Pure.

A duplicate is merged into the incident that opened before it, never the other way round: so nothing about how it is
handled becomes easier by that, and no chain of merges can end where it began.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Final

from sepakat_incidents import answers, escalation
from sepakat_incidents import line as lines
from sepakat_incidents.closing import lapsed_by_merge
from sepakat_incidents.escalation import NOBODY, Rosters
from sepakat_incidents.events import Event, Passed
from sepakat_incidents.folding import apply
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import Incident, Line, LinkKind, Status, Trigger, find, find_open
from sepakat_incidents.record import Absorbed, Forwarded, Linked, Merged, Reopened, Unlinked
from sepakat_shared.errors import Conflict, Invalid

MOST_LINKS: Final = 100
"""Of one incident."""


def merge(line: Line, id: str, into: Incident, by: str, reason: str | None, now: datetime) -> Sequence[Event]:
    """What it is about goes on as part of `into`; its own ladder and clocks stop. Again, nothing happens.

    Raises Conflict when one of both is over, Invalid for one that it cannot be a duplicate of.
    """
    incident = find(line, id)
    if incident.merged_into == into.id:
        return []
    find_open(line, id)
    _check_akin("/into", incident, into)
    if not into.is_open:
        raise Conflict(f"incident {into.number} is {into.status.value}; open it again first, or link the two")
    if incident.responsible != into.responsible:
        raise Invalid.at("/into", f"another party is responsible for {into.number}")
    if (into.opened_at, into.id) > (incident.opened_at, incident.id):
        raise Invalid.at("/into", f"{into.number} opened later than {incident.number}; merge that one into this one")
    return [*lapsed_by_merge(incident, now), Merged(into.id, into.number, by, now, reason)]


def kept(line: Line | None) -> str | None:
    """The id of the incident that the line's last one was merged into; what comes of its cause later is for that."""
    return line.incident.merged_into if line is not None and line.incident is not None else None


def absorb(
    line: Line | None, duplicate: Incident, how: Handling, by: str, now: datetime, rosters: Rosters = NOBODY
) -> Sequence[Event]:
    """Take over what a duplicate waits for, its earlier impact, who has it in hand and its graver priority.

    `how` is that priority as it is handled here.

    Had the incident ended in the very moment of the merge, it is opened again: something of it goes on.
    """
    incident = line.incident if line else None
    if line is None or incident is None or incident.merged_into is not None or duplicate.id in incident.merged:
        return []
    events: list[Event] = []
    if not incident.is_open and duplicate.waiting:
        events.append(Reopened("sepakat", None, f"{duplicate.number}, merged into it, goes on", now))
        events.extend(escalation.start(incident.ladder, now, rosters))
    ids = (duplicate.id, *duplicate.merged)
    # When the impact of what a party opened began is that party's word: it moves the impact of no other incident.
    began = incident.impact_started_at if duplicate.cause == "api" else duplicate.impact_started_at
    events.append(Absorbed(duplicate.number, ids, duplicate.waiting, began, by, now))
    after = reduce(apply, events, line)
    if not find(after, incident.id).is_open:
        return events
    kept = find(after, incident.id)
    in_hand = duplicate.acknowledged_by is not None
    graver = lines.raised(kept, how, kept.title, now, rosters, in_hand=in_hand)
    if not in_hand:
        return [*events, *graver]
    # By the graver ladder: that one says of how many people it must be in hand, and for how long without a word.
    after = reduce(apply, graver, after)
    said = _said_of(duplicate, after, incident.id, now)
    taken = find(reduce(apply, said, after), incident.id)
    calls = taken.status is Status.OPEN and taken.ladder != kept.ladder
    return [*events, *graver, *said, *(escalation.start(taken.ladder, now, rosters) if calls else [])]


def _said_of(duplicate: Incident, line: Line, id: str, now: datetime) -> list[Event]:
    """Who had it in hand, or worked on it too, has the incident of that id in hand, or works on it."""
    said: list[Event] = []
    people = [(answers.acknowledge, each, duplicate.responsible) for each in duplicate.acknowledgers]
    for each in duplicate.joined:
        party, _, who = each.rpartition("/")
        people.append((answers.join, who, party or duplicate.responsible))
    for say, who, party in people:
        events = say(line, id, who, party, now)
        line = reduce(apply, events, line)
        said.extend(events)
    return said


def join(
    line: Line | None, id: str, trigger: Trigger, how: Handling, now: datetime, rosters: Rosters = NOBODY
) -> Sequence[Event] | None:
    """What came for a duplicate of the incident, as it is for that one; None: it is over."""
    incident = line.incident if line else None
    if line is None or incident is None or incident.id != id or not incident.is_open:
        return None
    if knows(line, trigger):
        return []
    return lines.attached(incident, trigger, how, now, rosters)


def knows(line: Line, trigger: Trigger) -> bool:
    """Whether it was recorded there already."""
    return any(trigger.event in each.causes for each in line.every)


def passed(line: Line | None, subject: str, at: datetime) -> Sequence[Event]:
    """The duplicate's own record of a cause that is over."""
    incident = line.incident if line else None
    return [Passed(subject, at)] if incident is not None and subject in incident.waiting else []


def forwarded(line: Line | None, trigger: Trigger, now: datetime) -> Sequence[Event]:
    """The duplicate's own record of what went to the incident that was kept."""
    incident = line.incident if line else None
    if incident is None or incident.merged_into is None or trigger.event in incident.causes:
        return []
    return [Forwarded(trigger, incident.merged_into, now)]


# -- links -------------------------------------------------------------------------------------------------------------


def link(line: Line, id: str, kind: LinkKind, to: Incident, by: str, now: datetime) -> Sequence[Event]:
    """Say how it stands to another one, be either of both over or not. What is said already changes nothing.

    Raises Invalid for itself and for one of other parties, Conflict for too many.
    """
    incident = find(line, id)
    _check_akin("/to", incident, to)
    if (kind, to.id) in incident.linked:
        return []
    if len(incident.links) >= MOST_LINKS:
        raise Conflict(f"{incident.number} has {MOST_LINKS} links already, and may have no more")
    return [Linked(id, kind, to.id, to.number, by, now)]


def unlink(line: Line, id: str, kind: LinkKind, to: str, by: str, now: datetime) -> Sequence[Event]:
    """Take it back. Raises Conflict for what a merge has said."""
    incident = find(line, id)
    if (kind, to) not in incident.linked:
        return []
    if incident.merged_into == to and kind == "duplicates":
        raise Conflict(f"{incident.number} was merged into that one; this stays on record")
    return [Unlinked(id, kind, to, by, now)]


def leads_back(start: str, kind: LinkKind, known: Mapping[str, Sequence[tuple[LinkKind, str]]]) -> bool:
    """Whether an incident would be its own cause, or its own duplicate, by the links that are `known`."""
    if kind == "related":
        return False
    seen: set[str] = set()
    left = [to for name, to in known.get(start, ()) if name == kind]
    while left:
        at = left.pop()
        if at == start:
            return True
        if at not in seen:
            seen.add(at)
            left.extend(to for name, to in known.get(at, ()) if name == kind)
    return False


def _check_akin(pointer: str, incident: Incident, other: Incident) -> None:
    if other.id == incident.id:
        raise Invalid.at(pointer, "must be another incident")
    if (other.about.provider, other.about.customer) != (incident.about.provider, incident.about.customer):
        raise Invalid.at(pointer, f"{other.number} is between other parties")
