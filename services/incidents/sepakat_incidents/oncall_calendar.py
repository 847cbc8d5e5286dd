"""Shifts as an iCalendar (RFC 5545) that calendar programs subscribe to."""

from collections.abc import Iterable
from datetime import UTC, datetime

import icalendar

from sepakat_incidents.oncall import Shift


def as_icalendar(rotation: str, title: str, shifts: Iterable[Shift], now: datetime) -> bytes:
    """One event a shift that has somebody. Its UID follows from rotation and start: a later copy replaces it.

    Instants have whole seconds there, and an event must end after its start: what does not is left out.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Sepakat//On call//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    for each in shifts:
        if each.contact is None or each.start.replace(microsecond=0) == each.end.replace(microsecond=0):
            continue
        event = icalendar.Event()
        event.add("uid", f"{each.start:%Y%m%dT%H%M%SZ}-{rotation.replace('/', '.')}@sepakat")
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", each.start.astimezone(UTC))
        event.add("dtend", each.end.astimezone(UTC))
        event.add("summary", f"{each.contact}: {title}")
        event.add("categories", ["override" if each.override else "on call"])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
