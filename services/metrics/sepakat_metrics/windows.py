"""Periods, schedules and exclusions as half-open intervals of milliseconds, laid out from local dates."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from sepakat_shared.calendars import Interval, clip, from_ms, in_hours, length, local_midnight, to_ms, unite, without
from sepakat_shared.contracts.texts import Agreement, MaintenanceWindow, Objective, Window
from sepakat_shared.spans import unit_of

_UNTIL = re.compile(r";UNTIL=(\d{8}T\d{6}Z)")
_MOST_SKIPPED = timedelta(hours=25)
"""More than clocks were ever put forward by: a day, in Apia."""


def period_of(window: Window, time_zone: str, now: int) -> Interval:
    """The window that holds the instant `now`: a calendar unit in local dates, or the duration that ends there."""
    if window.rolling is not None:
        return now - window.rolling // timedelta(milliseconds=1), now
    zone = ZoneInfo(time_zone)
    first, following = unit_of(window.calendar or "month", from_ms(now).astimezone(zone).date())
    return local_midnight(first, zone), local_midnight(following, zone)


def snapped(intervals: Iterable[Interval]) -> list[Interval]:
    """Whole minutes, outwards: as exclusions over counts begin and end."""
    return unite((start // 60_000 * 60_000, -(-end // 60_000) * 60_000) for start, end in intervals)


def in_schedule(text: Agreement, calendar_id: str, start: int, end: int) -> list[Interval]:
    """The parts of `[start, end)` that count: all of it, or the calendar's service hours."""
    if calendar_id == "24x7":
        return [(start, end)] if start < end else []
    calendar = next(each for each in text.calendars if each.id == calendar_id)
    return in_hours(calendar, start, end)


def maintenance(text: Agreement, objective: Objective, start: int, end: int) -> list[Interval]:
    """Announced maintenance of the objective within `[start, end)`, united."""
    if text.maintenance is None:
        return []
    zone = ZoneInfo(text.term.time_zone)
    found = [
        interval
        for window in text.maintenance.windows
        if not window.objectives or objective.id in window.objectives
        for interval in _occurrences(window, zone, start, end)
    ]
    return unite(clip(found, start, end))


def _occurrences(window: MaintenanceWindow, zone: ZoneInfo, start: int, end: int) -> Iterator[Interval]:
    """Repeated in local time, so that a window at one in the morning stays there over a clock change."""
    lasts = window.duration // timedelta(milliseconds=1)
    if window.rrule is None:
        yield to_ms(window.start), to_ms(window.start) + lasts
        return
    # RFC 5545 has the end of a rule in UTC; `rrulestr` takes it in local time alone, which may come twice.
    until = _UNTIL.search(window.rrule)
    last = to_ms(datetime.fromisoformat(until[1])) if until else end
    local = window.start.astimezone(zone).replace(tzinfo=None)
    rule = rrulestr(_UNTIL.sub("", window.rrule), dtstart=local)
    earliest = from_ms(start - lasts).astimezone(zone).replace(tzinfo=None) - _MOST_SKIPPED
    latest = from_ms(end).astimezone(zone).replace(tzinfo=None) + _MOST_SKIPPED
    for begins in rule.between(earliest, latest, inc=True):
        at = to_ms(begins.replace(tzinfo=zone).astimezone(UTC))
        if at <= last:
            yield at, at + lasts


__all__ = [
    "Interval", "clip", "in_schedule", "length", "local_midnight", "maintenance", "period_of", "snapped", "unite",
    "without",
]  # fmt: skip
