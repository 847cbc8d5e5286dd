"""When the clocks of an incident begin, stop and are timed anew. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from sepakat_incidents import clocks
from sepakat_incidents.clocks import Clock, Measures, Terms
from sepakat_incidents.events import Stopped, Timed
from sepakat_incidents.incident import Incident

_IMPLIED: dict[str, tuple[Measures, ...]] = {
    "responded": ("first-response",), "restored": ("first-response", "restore"), "resolved": ("resolve", "update"),
}  # fmt: skip
"""What stops with what: resolved implies restored, and restored implies responded."""


def begun(terms: Iterable[Terms], incident: Incident, why: Literal["opened", "text"], now: datetime) -> list[Timed]:
    """Begin the clocks of an incident that has none; nothing where nothing is agreed."""
    found = tuple(_begun(each, incident, now) for each in terms)
    return [Timed(found, why, now)] if found else []


def anew(terms: Iterable[Terms], incident: Incident, now: datetime) -> list[Timed]:
    """Another priority: the same starts and stops by other limits; what has one only now began with the incident."""
    known = {each.measures: each for each in incident.clocks}
    found = tuple(
        clocks.retimed(known.get(each.measures, _begun(each, incident, now)), each, incident.pauses, now)
        for each in terms
    )
    return [] if found == incident.clocks else [Timed(found, "priority", now)]


def _begun(terms: Terms, incident: Incident, now: datetime) -> Clock:
    """Limits count from the opening on; a cadence that nobody knew of before begins now."""
    if terms.measures == "update":
        return Clock(terms, now)
    return Clock(terms, incident.opened_at, incident.acknowledged_at if terms.measures == "first-response" else None)


def corrected(incident: Incident, now: datetime) -> list[Timed]:
    """The same limits with other pauses: `incident` holds them already."""
    found = tuple(clocks.retimed(each, each.terms, incident.pauses, now) for each in incident.clocks)
    return [] if not found else [Timed(found, "pause", now)]


def stopped(incident: Incident, fact: str, at: datetime, now: datetime) -> list[Stopped]:
    """Stop what `fact` (responded, restored, resolved) stops, with the verdict."""
    return [
        Stopped(each.measures, max(at, each.started_at), _in_time(each, incident, at), now)
        for each in incident.clocks
        if each.measures in _IMPLIED[fact] and each.stopped_at is None
    ]


def _in_time(clock: Clock, incident: Incident, at: datetime) -> bool:
    return clocks.met(clock, incident.pauses, max(at, clock.started_at))


def pausing(incident: Incident) -> Sequence[str]:
    """The reasons for which the clocks may be paused."""
    return sorted({reason for each in incident.clocks for reason in each.terms.pause_while})


def silent_since(incident: Incident) -> datetime | None:
    """The last word on how it goes, where the next one is overdue."""
    overdue = (each for each in incident.clocks if each.measures == "update" and each.missed_at is not None)
    return next((each.started_at for each in overdue if each.stopped_at is None), None)
