"""What is said of an incident when it is over: that it is not, that its impact was at other times, or that a clock of
its counts for more or less. Pure.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sepakat_incidents import escalation
from sepakat_incidents.escalation import NOBODY, Rosters
from sepakat_incidents.events import Event
from sepakat_incidents.incident import AgreedTime, Line, find
from sepakat_incidents.record import ImpactCorrected, Reopened, TimeAgreed
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.texts import Agreement
from sepakat_shared.errors import Conflict, Forbidden, Invalid

WITHIN: Final = timedelta(hours=72)
"""How long after its resolution an incident may be opened again, where the agreement does not say."""


def time_to_reopen(text: Agreement | None) -> timedelta:
    agreed = text.priorities.reopen_within if text is not None and text.priorities is not None else None
    return WITHIN if agreed is None else agreed


def reopen(
    line: Line, id: str, by: str, party: str | None, reason: str, within: timedelta, now: datetime,
    rosters: Rosters = NOBODY, ended_at: datetime | None = None,
) -> Sequence[Event]:  # fmt: skip
    """It is not over: the ladder begins at its foot, and the clocks go on from where they stopped.

    Of one that is open nothing is changed. Raises Conflict after its time, when a later one followed it, when it was
    merged into another one, or when the agreement has ended, at `ended_at`.
    """
    incident = find(line, id)
    if incident.is_open:
        return []
    if incident.merged_into is not None:
        raise Conflict(f"incident {incident.number} was merged into {incident.merged_into}; open that one again")
    if line.incident is None or line.incident.id != id:
        raise Conflict(f"incident {incident.number} cannot be opened again: a later one followed it; link the two")
    if ended_at is not None and ended_at <= now:
        raise Conflict(f"agreement {incident.about.agreement!r} ended at {rfc3339(ended_at)}; what is over stays so")
    last = (incident.resolved_at or incident.opened_at) + within
    if now > last:
        until = rfc3339(last)
        raise Conflict(
            f"incident {incident.number} could be opened again until {until}; report a new one, and link both"
        )
    return [Reopened(by, party, reason, now), *escalation.start(incident.ladder, now, rosters)]


def correct_impact(
    line: Line, id: str, started_at: datetime | None, ended_at: datetime | None, by: str, party: str | None,
    reason: str, now: datetime,
) -> Sequence[Event]:  # fmt: skip
    """The impact began, or ended, at another time than was recorded; None leaves a time as it is.

    No clock moves by that, for those are the record's, and can be disputed. Raises Invalid with the field, Forbidden to
    all but the responsible party and operators, Conflict for the end of an impact that has none.
    """
    incident = find(line, id)
    if party is not None and party != incident.responsible:
        raise Forbidden(f"{incident.responsible} is responsible for {incident.number}, and says when its impact was")
    if ended_at is not None and incident.impact_ended_at is None:
        raise Conflict(f"the impact of {incident.number} has no end yet; resolve the incident first")
    start, end = started_at or incident.impact_started_at, ended_at or incident.impact_ended_at
    for pointer, given in (("/started_at", started_at), ("/ended_at", ended_at)):
        if given is not None and given > now:
            raise Invalid.at(pointer, "must not be in the future")
    if end is not None and start > end:
        pointer = "/started_at" if started_at is not None else "/ended_at"
        raise Invalid.at(pointer, f"the impact would begin at {rfc3339(start)}, after its end at {rfc3339(end)}")
    if (start, end) == (incident.impact_started_at, incident.impact_ended_at):
        return []
    before = incident.impact_started_at, incident.impact_ended_at
    return [ImpactCorrected(id, start, end, *before, by, reason, now)]


def agree_time(line: Line | None, id: str, agreed: AgreedTime, now: datetime) -> Sequence[Event]:
    """A dispute about a clock has ended. One that many have followed is changed no more: the dispute says it."""
    known = line is not None and any(each.id == id for each in line.every if each.id not in line.leaving)
    return [TimeAgreed(id, agreed, now)] if known and agreed.seconds else []
