"""An incident as the API shows it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sepakat_incidents import clocks, deadlines, snoozing
from sepakat_incidents.alert_store import Tally
from sepakat_incidents.clock_figures import counted
from sepakat_incidents.clocks import Clock
from sepakat_incidents.incident import Incident
from sepakat_shared.contracts.fact import rfc3339

_NONE = Tally()
_INSTANTS = ("opened_at", "impact_started_at", "acknowledged_at", "impact_ended_at", "resolved_at")


def shown(incident: Incident, now: datetime, tally: Tally = _NONE) -> dict[str, Any]:
    return {
        "id": incident.id,
        "number": incident.number,
        "agreement": incident.about.agreement,
        "service": incident.about.service,
        "title": incident.title,
        "priority": incident.priority,
        "status": incident.status.value,
        "impact": incident.impact,
        "urgency": incident.urgency,
        "owner": incident.owner,
        "responsible": incident.responsible,
        "level": incident.level,
        "round": incident.round,
        "acknowledged_by": incident.acknowledged_by,
        "acknowledgements": {"given": len(incident.acknowledgers), "needed": incident.needed},
        "asked": list(incident.asked),
        "joined": [each.partition("/")[2] or each for each in incident.joined],
        "snoozed_until": _instant(incident.snoozed_until),
        "may_snooze_seconds": snoozing.left_to_snooze(incident).total_seconds(),
        "causes": incident.cause_count,
        "merged_into": incident.merged_into,
        "merged": list(incident.merged),
        "reopened": incident.reopened,
        "alerts": asdict(tally),
        "waits_for": incident.pause.reason if incident.pause else None,
        "hindered_by": [
            {"occurrence": clocks.owed(each.occurrence or ""), "since": rfc3339(each.start)}
            for each in incident.hindered
        ],
        "next_deadline": _instant(deadlines.next_deadline(incident)),
        "clocks": [_clock(each, incident, now) for each in incident.clocks],
        "pause_requests": [
            {"id": each.id, "party": each.party, "reason": each.reason, "start": rfc3339(each.start),
             "end": rfc3339(each.end), "note": each.note}
            for each in incident.requests
        ],
        **{name: _instant(getattr(incident, name)) for name in _INSTANTS},
    }  # fmt: skip


def _clock(clock: Clock, incident: Incident, now: datetime) -> dict[str, Any]:
    met = clocks.met(clock, incident.pauses, now)
    return {
        "clock": clock.measures,
        "state": _state(clock, incident, met),
        "limit_seconds": clock.terms.limit_seconds,
        "elapsed_seconds": clocks.elapsed(clock, incident.pauses, now).total_seconds(),
        "started_at": rfc3339(clock.started_at),
        "due_at": _instant(clocks.due_at(clock, incident.pauses)),
        "stopped_at": _instant(clock.stopped_at),
        "objective": clock.terms.objective,
        "agreed": _agreed(clock, incident, now),
    }


def _agreed(clock: Clock, incident: Incident, now: datetime) -> dict[str, Any] | None:
    """What disputes have made of it: the last one, with the time that all of them come to."""
    last = next((each for each in reversed(incident.agreed) if each.measures == clock.measures), None)
    if last is None:
        return None
    taken, met = counted(incident, clock, now)
    return {"elapsed_seconds": taken.total_seconds(), "met": met, "dispute": last.dispute, "number": last.number}


def _state(clock: Clock, incident: Incident, met: bool) -> str:
    if incident.merged_into is not None:
        return "cancelled"
    if clock.stopped_at is not None and clock.measures == "update":
        return "stopped"
    if not met:
        return "missed"
    if clock.stopped_at is not None:
        return "met"
    return "paused" if clocks.is_paused(clock, incident.pauses) else "running"


def _instant(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
