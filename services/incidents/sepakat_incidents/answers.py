"""What people answer to an incident: they take it up, tell how it goes, say how urgent it is. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sepakat_incidents import escalation, timing
from sepakat_incidents.events import Acknowledged, Event, Prioritised, Resumed, Updated
from sepakat_incidents.handling import WAITING_FOR_CUSTOMER, Handling
from sepakat_incidents.incident import Incident, Line, Status, find_open
from sepakat_shared.errors import FieldProblem, Forbidden, Invalid


def acknowledge(line: Line, id: str, by: str, party: str, now: datetime) -> Sequence[Event]:
    """Take an incident up; only the responsible party's stops the ladder. Raises Conflict when it is over."""
    incident = find_open(line, id)
    stops = party == incident.responsible
    if stops and incident.status is Status.ACKNOWLEDGED:
        return []
    acknowledged = Acknowledged(by, party, stops, now, _lapses(incident, now) if stops else None)
    return [acknowledged, *(timing.stopped(incident, "responded", now, now) if stops else [])]


def _lapses(incident: Incident, now: datetime) -> datetime | None:
    lasts = incident.ladder.lasts_seconds
    return None if lasts is None else now + timedelta(seconds=lasts)


def update(line: Line, id: str, by: str, party: str, note: str, now: datetime) -> Sequence[Event]:
    """Tell how it goes. Raises Conflict when it is over.

    The responsible party's note begins the cadence of notes anew; the customer's ends the waiting for the customer.
    """
    incident = find_open(line, id)
    events: list[Event] = [Updated(by, party, note, now)]
    waiting = incident.pause is not None and incident.pause.reason == WAITING_FOR_CUSTOMER
    if waiting and party == incident.about.customer != incident.responsible:
        events.append(Resumed(by, now))
    return events


def prioritise(
    line: Line, id: str, handling: Handling, by: str, party: str | None, reason: str, now: datetime
) -> Sequence[Event]:
    """Handle it as more, or less, urgent: other limits and another ladder hold from its opening on.

    `party` is None for an operator. Raises Conflict when it is over, Forbidden when the responsible party would make it
    easier for itself.
    """
    incident = find_open(line, id)
    if handling.priority == incident.priority:
        return []
    if party == incident.responsible and handling.priority > incident.priority:
        raise Forbidden(f"{incident.number} can be made less urgent by the other party or an operator alone")
    anew = handling.ladder != incident.ladder and incident.status is Status.OPEN
    return [
        Prioritised(incident.priority, handling.priority, handling.ladder, handling.version, by, reason, now),
        *timing.anew(handling.clocks, incident, now),
        *(escalation.step(handling.ladder, 0, 1, now) if anew else []),
    ]


def known_priority(handling: Handling, wanted: str) -> Handling:
    """`handling`, if it is that of `wanted`. Raises Invalid."""
    if handling.priority != wanted:
        rule = f"{wanted!r} is not a priority of the agreement that governs this incident"
        raise Invalid(f"/priority: {rule}", [FieldProblem("/priority", rule)])
    return handling
