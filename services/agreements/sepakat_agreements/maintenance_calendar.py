"""Maintenance as an iCalendar (RFC 5545) that calendar programs subscribe to."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import icalendar

from sepakat_agreements.maintenance import State
from sepakat_agreements.maintenance_schedule import Occurrence

_SHOWN: Final = ("agreed", State.ANNOUNCED.value, State.AWAITING.value)


def as_icalendar(
    agreement: str, title: str, names: Mapping[str, str], occurrences: Iterable[Occurrence], now: datetime
) -> bytes:
    """One event an occurrence; what waits for consent is tentative, and what nobody agreed to is left out.

    Instants are in UTC, so that no time zone need be defined. A UID follows from agreement, id and start, so that a
    later copy replaces it. `names` are titles by the ids of services and objectives.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Sepakat//Maintenance//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"Maintenance: {title}")
    for each in occurrences:
        if each.state not in _SHOWN:
            continue
        concerned = ", ".join(names.get(id, id) for id in (*each.services, *each.objectives)) or title
        event = icalendar.Event()
        event.add("uid", f"{each.start:%Y%m%dT%H%M%SZ}-{each.source}.{each.id}-{agreement}@sepakat")
        event.add("sequence", each.revision - 1)
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", each.start.astimezone(UTC))
        event.add("dtend", each.end.astimezone(UTC))
        event.add("summary", f"Maintenance: {concerned}")
        if each.reason is not None:
            event.add("description", each.reason)
        event.add("status", "CONFIRMED" if each.counts else "TENTATIVE")
        event.add("categories", ["agreed window" if each.source == "text" else "announced"])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
