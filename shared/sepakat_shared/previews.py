"""What a calendar's business hours come to, day by day, in its own local time. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sepakat_shared.calendars import from_ms, in_hours, is_holiday, local_midnight
from sepakat_shared.contracts.texts import Calendar


@dataclass(frozen=True)
class Opening:
    """`[start, end)`, each with the UTC offset that clocks there have at that instant."""

    start: datetime
    end: datetime

    @property
    def lasts(self) -> timedelta:
        """Really, whatever the clocks do meanwhile."""
        # Two instants of one zone are subtracted by what their clocks show; as instants they must be in UTC.
        return timedelta(seconds=self.end.timestamp() - self.start.timestamp())


@dataclass(frozen=True)
class Day:
    """One local day. `is_short_or_long`: it has not 24 hours, since clocks change on it."""

    date: date
    is_holiday: bool
    is_short_or_long: bool
    openings: tuple[Opening, ...]


def preview(calendar: Calendar, first: date, days: int) -> list[Day]:
    """That many days from `first` on."""
    return [_day(calendar, first + timedelta(days=i)) for i in range(days)]


def next_opening(calendar: Calendar, after: datetime, within: int = 366) -> Opening | None:
    """The first opening that begins at `after` or later, or that `after` is in; None where there is none in so many
    days."""
    for opening in _openings(calendar, after.astimezone(ZoneInfo(calendar.time_zone)).date(), within):
        if opening.end > after:
            return opening
    return None


def _openings(calendar: Calendar, first: date, days: int) -> Iterator[Opening]:
    for i in range(days):
        yield from _day(calendar, first + timedelta(days=i)).openings


def _day(calendar: Calendar, day: date) -> Day:
    zone = ZoneInfo(calendar.time_zone)
    begins, ends = local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone)
    openings = (
        Opening(from_ms(a).astimezone(zone), from_ms(b).astimezone(zone)) for a, b in in_hours(calendar, begins, ends)
    )
    return Day(day, is_holiday(calendar, day), ends - begins != 86_400_000, tuple(openings))
