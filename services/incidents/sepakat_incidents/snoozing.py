"""Putting the ladder off for a while: as long as the agreement lets the responsible party. Pure.

While it is put off the ladder stands still: what was left of the level's time is left when it goes on. Clocks stand
still for nobody's sleep, and a level that is told because little of a limit is left is told all the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sepakat_incidents.answers import must_be_responsible
from sepakat_incidents.events import Event, Snoozed, Woken
from sepakat_incidents.incident import Incident, Line, Status, find_open
from sepakat_shared.errors import Conflict, Invalid


def left_to_snooze(incident: Incident) -> timedelta:
    """How long its ladder may still be put off: nothing where the agreement does not allow it, or nobody is called."""
    most = incident.ladder.snooze_seconds
    if most is None or incident.status is not Status.OPEN or incident.due_at is None:
        return timedelta(0)
    return timedelta(seconds=max(0.0, most - incident.snoozed_seconds))


def snooze(line: Line, id: str, by: str, party: str | None, until: datetime, now: datetime) -> Sequence[Event]:
    """Call nobody before `until`. `party` is None for an operator.

    Raises Conflict when there is nothing to put off, or the agreement does not allow it; Forbidden to all but the
    responsible party; Invalid at /time when that is not later than it is now, or longer than what is left.
    """
    incident = find_open(line, id)
    must_be_responsible(incident, party, "put it off")
    if incident.ladder.snooze_seconds is None:
        raise Conflict(f"the agreement lets nobody put {incident.number} off (snoozeAtMost of its escalation)")
    if incident.status is Status.ACKNOWLEDGED:
        raise Conflict(f"somebody has {incident.number} in hand; nobody is called meanwhile")
    if incident.due_at is None:
        raise Conflict(f"nobody is called for {incident.number} any more; there is nothing to put off")
    longer = until - max(now, incident.snoozed_until or now)
    left = left_to_snooze(incident)
    if not timedelta(0) < longer <= left:
        known = "" if incident.snoozed_until is None else f"; it is put off until {incident.snoozed_until.isoformat()}"
        rule = f"must put it off for longer than it is, by {left.total_seconds():.0f} seconds at most{known}"
        raise Invalid.at("/time", rule)
    goes_on_at = max(incident.due_at, now) + longer
    return [Snoozed(by, party, until, goes_on_at, longer.total_seconds(), now)]


def wake(incident: Incident, now: datetime) -> Sequence[Event]:
    """Ask again, when the time has come. Late, the level still has what was left of its time."""
    if incident.snoozed_until is None or incident.due_at is None:
        return []
    left = incident.due_at - incident.snoozed_until
    return [Woken(incident.asked, max(incident.due_at, now + left), now)]
