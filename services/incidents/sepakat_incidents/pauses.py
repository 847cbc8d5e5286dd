"""Clocks that wait: now for an agreed reason, or in the past when both parties say so. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sepakat_incidents import timing
from sepakat_incidents.events import Event, PauseAnswered, Paused, PauseRequested, Resumed
from sepakat_incidents.folding import apply
from sepakat_incidents.incident import Incident, Line, PauseRequest, Status, find, find_open
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound


def pause(line: Line, id: str, reason: str, by: str, now: datetime) -> Sequence[Event]:
    """Wait for `reason`; again, nothing happens. Raises Invalid for one that pauses no clock, Conflict."""
    incident = find_open(line, id)
    if incident.pause is not None:
        if incident.pause.reason == reason:
            return []
        raise Conflict(f"incident {incident.number} waits already ({incident.pause.reason}); resume it first")
    running = replace(incident, clocks=tuple(each for each in incident.clocks if each.stopped_at is None))
    _check_reason(running, reason)
    return [Paused(reason, by, now)]


def resume(line: Line, id: str, by: str, now: datetime) -> Sequence[Event]:
    """Go on; where nothing waits, nothing happens. Raises Conflict when it is over."""
    return [Resumed(by, now)] if find_open(line, id).pause is not None else []


def request(
    line: Line, id: str, party: str, reason: str, span: tuple[datetime, datetime], note: str | None, by: str,
    now: datetime,
) -> Sequence[Event]:  # fmt: skip
    """Ask that the clocks stood still in `span`. Raises Invalid with the field, Conflict when the record is closed."""
    incident = _not_closed(line, id)
    start, end = span
    _check_reason(incident, reason)
    if start < incident.opened_at:
        raise Invalid.at("/start", "must not be before the incident was opened")
    if end > (incident.resolved_at or now):
        raise Invalid.at("/end", "must not be in the future, or after the incident was resolved")
    if end <= start:
        raise Invalid.at("/end", "must be after the start")
    if _overlaps(incident, start, end, now):
        raise Invalid.at("/start", "lies in, or leads into, a pause that is on record")
    asked = PauseRequest(f"{incident.requested + 1}", party, reason, start, end, note)
    return [PauseRequested(asked, by, now)]


def answer(line: Line, id: str, request: str, party: str, granted: bool, by: str, now: datetime) -> Sequence[Event]:
    """Consent to a request of the other party, or refuse it. Raises NotFound, Forbidden, Conflict."""
    incident = _not_closed(line, id)
    asked = next((each for each in incident.requests if each.id == request), None)
    if asked is None:
        raise NotFound(f"there is no request {request!r} that waits for an answer")
    if asked.party == party:
        raise Forbidden("the other party is the one to answer this request")
    if granted and _overlaps(incident, asked.start, asked.end, now):
        raise Conflict(
            "a pause that was recorded since lies in that time; refuse the request, and ask for another time"
        )
    answered = PauseAnswered(asked, granted, by, now)
    if not granted:
        return [answered]
    after = apply(line, answered).incident
    return [answered, *(timing.corrected(after, now) if after is not None else [])]


def _not_closed(line: Line, id: str) -> Incident:
    incident = find(line, id)
    if incident.status is Status.CLOSED:
        closed = f"the record of incident {incident.number} is closed, and with it requests that nobody had answered"
        raise Conflict(f"{closed} have lapsed; what was measured can be disputed")
    return incident


def _overlaps(incident: Incident, start: datetime, end: datetime, now: datetime) -> bool:
    """What follows from an obligation may lie beside it: time that does not count for two reasons counts no less."""
    waited = (each for each in incident.pauses if each.occurrence is None)
    return any(each.start < end and start < (each.end or now) for each in waited)


def _check_reason(incident: Incident, reason: str) -> None:
    known = timing.pausing(incident)
    if reason not in known:
        there = ", ".join(known) or "none"
        raise Invalid.at("/reason", f"{reason!r} pauses no clock of this incident (there: {there})")
