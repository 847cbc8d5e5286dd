"""What people answer to an incident: they take it up, tell how it goes, say how urgent it is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce

from sepakat_incidents import beside, escalation, timing
from sepakat_incidents.escalation import NOBODY, Escalated, Rosters
from sepakat_incidents.events import (
    Acknowledged,
    Event,
    HandedOver,
    Joined,
    Prioritised,
    Resumed,
    Unacknowledged,
    Unreached,
    Updated,
)
from sepakat_incidents.folding import apply
from sepakat_incidents.handling import WAITING_FOR_CUSTOMER, Handling
from sepakat_incidents.incident import Incident, Line, Status, find_open, not_before
from sepakat_incidents.rotations import people
from sepakat_shared.contracts.matrix import Degree
from sepakat_shared.errors import Conflict, Forbidden, Invalid


def acknowledge(line: Line, id: str, by: str, party: str, now: datetime) -> Sequence[Event]:
    """Take an incident up. Raises Conflict when it is over.

    Those of the responsible party stop the ladder, of as many people as the level needs; the other party's is recorded.
    Of two that come at once one is first, and has it in hand; the second one works on it too.
    """
    incident = find_open(line, id)
    now = not_before(incident, now)
    if party != incident.responsible:
        return [Acknowledged(by, party, False, now)]
    again = by in incident.acknowledgers
    given = len(incident.acknowledgers) + (0 if again else 1)
    stops = given >= incident.needed
    if again and (incident.status is Status.ACKNOWLEDGED or not stops):
        return []
    if incident.status is Status.ACKNOWLEDGED:
        return join(line, id, by, party, now)
    lapses = _lapses(incident, now) if stops else None
    return [
        Acknowledged(by, party, stops, now, lapses, incident.needed, given),
        *timing.stopped(incident, "responded", now, now),
    ]


def join(line: Line, id: str, by: str, party: str, now: datetime) -> Sequence[Event]:
    """Work on it too, for either party. Raises Conflict when it is over; again, nothing happens."""
    incident = find_open(line, id)
    known = by in incident.joined or f"{party}/{by}" in incident.joined
    return [] if known else [Joined(by, party, now)]


def _lapses(incident: Incident, now: datetime) -> datetime | None:
    lasts = incident.ladder.lasts_seconds
    return None if lasts is None else now + timedelta(seconds=lasts)


def release(
    line: Line, id: str, by: str, party: str | None, now: datetime, rosters: Rosters = NOBODY
) -> Sequence[Event]:
    """Give it back: the ladder begins again. Where nobody has it, nothing happens. Raises Conflict, Forbidden."""
    incident = find_open(line, id)
    must_be_responsible(incident, party, "give it back")
    if incident.status is not Status.ACKNOWLEDGED:
        return []
    return [Unacknowledged(by, "released", now), *escalation.start(incident.ladder, now, rosters)]


def escalate(
    line: Line, id: str, by: str, note: str | None, now: datetime, rosters: Rosters = NOBODY
) -> Sequence[Event]:
    """Tell the next level now; whoever has it in hand has it no longer. Raises Conflict when there is no next one."""
    incident = find_open(line, id)
    if escalation.following(incident.ladder, incident.level, incident.round) is None:
        raise Conflict(f"every level of {incident.number} was told as often as agreed; there is nobody else to tell")
    taken = incident.status is Status.ACKNOWLEDGED
    return [
        *([Unacknowledged(by, "escalated", now)] if taken else []),
        *escalation.climb(incident.ladder, incident.level, incident.round, now, rosters, "manual", by, note),
    ]


def hand_over(
    line: Line, id: str, to: str, by: str, party: str | None, note: str | None, now: datetime,
    rosters: Rosters = NOBODY,
) -> Sequence[Event]:  # fmt: skip
    """Ask somebody else, or a rotation, to go on with it; if they don't in time, the ladder does.

    Raises Conflict when it is over or nobody is on call, Forbidden to all but the responsible party.
    """
    incident = find_open(line, id)
    must_be_responsible(incident, party, "hand it over")
    contacts = people([to], rosters, now)
    if not contacts:
        raise Conflict(f"nobody is on call in {to!r} now; hand it over to a person")
    wait = None if incident.rung is None else timedelta(seconds=incident.rung.wait_seconds)
    return [HandedOver(by, to, contacts, None if wait is None else now + wait, now, note)]


def unreached(
    line: Line | None, id: str, contact: str, reason: str, now: datetime, rosters: Rosters = NOBODY
) -> Sequence[Event]:
    """A message to `contact` will never arrive, of somebody who has left, say.

    When nobody who is asked can be reached, the next level is told at once; where nobody can of a level that was told
    because a clock runs out, so is the one after that, and the ladder stays where it stands.
    """
    incident = line.incident if line else None
    if line is None or incident is None or incident.id != id or not incident.is_open:
        return []
    asked = incident.status is Status.OPEN and contact in incident.asked and contact not in incident.unreached
    told_beside = [each for each in incident.beside if contact in each.contacts and contact not in each.unreached]
    told = [
        *([Unreached(contact, reason, now)] if asked else []),
        *[Unreached(contact, reason, now, each.level) for each in told_beside],
    ]
    return [*told, *_instead(incident, reduce(apply, told, line).incident or incident, now, rosters)]


def silent(
    line: Line | None, id: str, webhook: str, reason: str, now: datetime, rosters: Rosters = NOBODY
) -> Sequence[Event]:
    """Nothing reaches an endpoint that a level calls: neither party has one of that id, say. So on as above."""
    incident = line.incident if line else None
    if line is None or incident is None or incident.id != id or not incident.is_open or webhook in incident.silent:
        return []
    if webhook not in (*_called(incident), *beside.called(incident)):
        return []
    told = Unreached(webhook, reason, now, webhook=True)
    return [told, *_instead(incident, apply(line, told).incident or incident, now, rosters)]


def _instead(before: Incident, after: Incident, now: datetime, rosters: Rosters) -> Sequence[Event]:
    """Who is told at once, now that somebody is known not to be reached."""
    climbed: Sequence[Event] = ()
    if after.status is Status.OPEN and _asks_nobody(after) and not _asks_nobody(before):
        climbed = escalation.climb(after.ladder, after.level, after.round, now, rosters, "unreached")
    for each in climbed:
        if isinstance(each, Escalated):
            after = replace(after, level=each.level, round=each.round)
    return [*climbed, *beside.instead(before, after, now, rosters)]


def _asks_nobody(incident: Incident) -> bool:
    """Whether nobody is left who could take it up before the next level is told."""
    return set(_called(incident)) <= set(incident.silent) and set(incident.asked) <= set(incident.unreached)


def _called(incident: Incident) -> tuple[str, ...]:
    """The endpoints that the level calls where the ladder stands, while somebody is awaited there."""
    rung = incident.rung if incident.level > 0 and incident.status is Status.OPEN else None
    return () if rung is None else rung.webhooks


def none_reaches(
    line: Line | None, id: str, reasons: Mapping[str, str], now: datetime, rosters: Rosters = NOBODY
) -> Sequence[Event]:
    """The same of several contacts, each with the reason."""
    events: list[Event] = []
    for contact, reason in reasons.items():
        told = unreached(line, id, contact, reason, now, rosters)
        line = reduce(apply, told, line)
        events.extend(told)
    return events


def must_be_responsible(incident: Incident, party: str | None, what: str) -> None:
    """Raise Forbidden for the other party. `party` is None for an operator, who may do it for them."""
    if party is not None and party != incident.responsible:
        raise Forbidden(f"{incident.responsible} is responsible for {incident.number}, and may {what}")


def update(line: Line, id: str, by: str, party: str, note: str, now: datetime) -> Sequence[Event]:
    """Tell how it goes. Raises Conflict when it is over.

    The responsible party's note begins the cadence of notes anew, and its acknowledgement lasts on; the customer's ends
    the waiting for the customer.
    """
    incident = find_open(line, id)
    now = not_before(incident, now)
    goes_on = party == incident.responsible and incident.status is Status.ACKNOWLEDGED
    events: list[Event] = [Updated(by, party, note, now, _lapses(incident, now) if goes_on else None)]
    waiting = incident.pause is not None and incident.pause.reason == WAITING_FOR_CUSTOMER
    if waiting and party == incident.about.customer != incident.responsible:
        events.append(Resumed(by, now))
    return events


def prioritise(
    line: Line, id: str, handling: Handling, by: str, party: str | None, reason: str, now: datetime,
    rosters: Rosters = NOBODY, sorted_so: tuple[Degree, Degree] | None = None,
) -> Sequence[Event]:  # fmt: skip
    """Handle it as more, or less, urgent: other limits and another ladder hold from its opening on.

    `party` is None for an operator; `sorted_so` is the impact and the urgency where these are all of the reason. Raises
    Conflict when it is over, Forbidden when the responsible party would make it easier for itself.
    """
    incident = find_open(line, id)
    if handling.priority == incident.priority:
        return []
    if party == incident.responsible and handling.priority > incident.priority:
        raise Forbidden(f"{incident.number} can be made less urgent by the other party or an operator alone")
    anew = handling.ladder != incident.ladder and incident.status is Status.OPEN
    impact, urgency = sorted_so or (None, None)
    return [
        Prioritised(
            incident.priority, handling.priority, handling.ladder, handling.version, by, reason, now, impact, urgency
        ),
        *timing.anew(handling.clocks, incident, now),
        *(escalation.start(handling.ladder, now, rosters) if anew else []),
    ]


def known_priority(handling: Handling, wanted: str) -> Handling:
    """`handling`, if it is that of `wanted`. Raises Invalid."""
    if handling.priority != wanted:
        rule = f"{wanted!r} is not a priority of the agreement that governs this incident"
        raise Invalid.at("/priority", rule)
    return handling
