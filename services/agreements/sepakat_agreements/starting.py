"""From which instant on a text binds. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def effective_from(text: Mapping[str, Any], version: int) -> datetime | None:
    """The first instant of the term; of an amendment that of the day which it names, None where it names none."""
    if version == 1:
        return first_instant(text["term"]["from"], text)
    day = (text.get("amendment") or {}).get("effectiveFrom")
    return None if day is None else first_instant(day, text)


def first_instant(day: str | date, text: Mapping[str, Any]) -> datetime:
    """Midnight of that day (ISO 8601) in the term's time zone."""
    return datetime.combine(date.fromisoformat(str(day)), time.min, ZoneInfo(str(text["term"]["timeZone"])))


def end_of(day: str | date, text: Mapping[str, Any]) -> datetime:
    """The first instant after that day in the term's time zone: days in a text are inclusive."""
    last = date.fromisoformat(str(day))
    return first_instant(last if last == date.max else last + timedelta(days=1), text)
