"""Closing the record of an incident: why, and what was still to be answered then. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sepakat_incidents.events import Closed, ClosedBecause, Event, PauseLapsed
from sepakat_incidents.incident import Incident

_LAPSED: Final = {
    "en": "Nobody answered this request before the record was closed: it has lapsed, and the clocks ran on in that "
    "time. What was measured can be disputed.",
    "id": "Permintaan ini tidak dijawab sebelum catatan insiden ditutup. Permintaan gugur, dan jam tetap berjalan pada "
    "waktu itu. Hasil pengukurannya masih dapat disengketakan.",
}
_MERGED: Final = {
    "en": "Nobody answered this request before the incident was merged: it has lapsed, and the clocks give no verdict.",
    "id": "Permintaan ini tidak dijawab sebelum insiden digabungkan. Permintaan gugur, dan jam tidak memberi putusan.",
}


def closed(
    incident: Incident, because: ClosedBecause, by: str, now: datetime, followed_by: str | None = None
) -> Sequence[Event]:
    """Close the record. What the parties agree on changes no verdict after that: their open requests lapse."""
    return [*(PauseLapsed(each, _LAPSED, now) for each in incident.requests), Closed(now, because, by, followed_by)]


def lapsed_by_merge(incident: Incident, now: datetime) -> Sequence[Event]:
    """What nobody can answer any more of an incident that is merged into another one."""
    return [PauseLapsed(each, _MERGED, now, merged=True) for each in incident.requests]
