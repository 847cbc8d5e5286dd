"""From which instant on a text binds. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo


def effective_from(text: Mapping[str, Any]) -> datetime:
    """The first instant of the term: midnight of its first day where the agreement is at home."""
    return first_instant(text["term"]["from"], text)


def first_instant(day: str, text: Mapping[str, Any]) -> datetime:
    """Midnight of that day (ISO 8601) in the term's time zone."""
    return datetime.combine(date.fromisoformat(str(day)), time.min, ZoneInfo(str(text["term"]["timeZone"])))
