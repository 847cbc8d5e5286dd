"""Announced maintenance as an iCalendar (RFC 5545) beside a mail: a calendar program takes it over, moves it, drops it.

Pure. The file says how things stand, and asks nobody for an answer (`METHOD:PUBLISH`); what is cancelled says so. The
UID follows from the work and its place among several times, and the sequence rises with each revision, so that a later
file takes the place of the one before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Literal

import icalendar

from sepakat_shared.contracts.fact import PeriodSpan
from sepakat_shared.contracts.maintenance import MaintenanceMoved, _MaintenanceEvent

Stage = Literal["confirmed", "tentative", "cancelled"]
"""`tentative`: the other party's consent is awaited."""
_STAGES: Mapping[str, Stage] = {"awaiting-consent": "tentative", "announced": "confirmed"}
"""By the state that is told; anything else has ended it."""


@dataclass(frozen=True)
class Work:
    """`id` names it for good; `revision` rises with whatever is told of it. `times` are half-open, in order.

    `before` is how many times were announced last: of more than there are now, the others are cancelled.
    """

    id: str
    revision: int
    summary: str
    description: str
    times: Sequence[tuple[datetime, datetime]]
    stage: Stage = "confirmed"
    before: Sequence[tuple[datetime, datetime]] = ()


def work_of(fact: _MaintenanceEvent, summary: str) -> Work:
    """What was announced last, as it stands with this fact."""
    return Work(
        f"{fact.agreement}/{fact.maintenance}", fact.revision, summary, fact.reason, _times(fact.occurrences),
        _STAGES.get(fact.state, "cancelled"), _before(fact),
    )  # fmt: skip


def _before(fact: _MaintenanceEvent) -> list[tuple[datetime, datetime]]:
    if not isinstance(fact, MaintenanceMoved):
        return []
    if fact.taken_out is None:
        return _times(fact.previous)
    # Also the times that are over have their places: later ones move up by one, and the last place is none any more.
    return sorted(_times((*fact.occurrences, fact.taken_out)))


def _times(spans: Sequence[PeriodSpan]) -> list[tuple[datetime, datetime]]:
    return [(each.start, each.end) for each in spans]


def as_icalendar(work: Work, now: datetime) -> bytes:
    """The attachment of type `text/calendar`, in UTF-8."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Sepakat//Maintenance//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method(work))
    times = [(start, end, work.stage) for start, end in work.times]
    gone: list[tuple[datetime, datetime, Stage]] = [
        (start, end, "cancelled") for start, end in work.before[len(work.times) :]
    ]
    for place, (start, end, stage) in enumerate([*times, *gone]):
        calendar.add_component(_event(work, place, start, end, stage, now))
    return bytes(calendar.to_ical())


def method(work: Work) -> str:
    """Also the parameter `method` of the part's type: mail programs read it there."""
    return "CANCEL" if work.stage == "cancelled" else "PUBLISH"


def _event(work: Work, place: int, start: datetime, end: datetime, stage: Stage, now: datetime) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{work.id.replace('/', '.')}-{place}@sepakat")
    event.add("sequence", work.revision)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", start.astimezone(UTC))
    event.add("dtend", end.astimezone(UTC))
    event.add("summary", work.summary)
    event.add("description", work.description)
    event.add("status", stage.upper())
    event.add("transp", "TRANSPARENT")
    event.add("categories", ["maintenance"])
    return event


def attach(mail: EmailMessage, work: Work, now: datetime) -> None:
    """Put it beside the text of a mail."""
    mail.add_attachment(
        as_icalendar(work, now), "text", "calendar", filename="maintenance.ics",
        params={"method": method(work), "charset": "utf-8"},
    )  # fmt: skip
