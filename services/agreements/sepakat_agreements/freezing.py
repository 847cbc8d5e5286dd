"""What a text leaves to others, as it was when both had signed: holidays, clock changes, the way of counting. Pure.

A text names a country's holidays and a time zone; what these are is in tables that are corrected every year. They are
expanded for the days of the term, and kept beside the hash that was signed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from typing import Final
from zoneinfo import ZoneInfo

from sepakat_shared.calendars import is_holiday
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.counting import COUNTING

_LONGEST: Final = timedelta(days=10 * 366)
"""Of a term without a real end, so much is expanded."""
_TABLES: Final = ("holidays",)
"""Of time zones no release is told: which one is read is the operating system's to say, where it has any."""


@dataclass(frozen=True)
class Offset:
    """From `since` (RFC 3339, UTC) on, clocks of a zone are `seconds` ahead of UTC."""

    since: str
    seconds: int


@dataclass(frozen=True)
class FrozenZone:
    zone: str
    offsets: tuple[Offset, ...]


@dataclass(frozen=True)
class FrozenCalendar:
    """The days (ISO 8601) of the term on which this calendar of the text has no hours, being holidays."""

    calendar: str
    holidays: tuple[str, ...]


@dataclass(frozen=True)
class Frozen:
    """`tables` are the releases of the packages that the holidays are from, by their names.

    `counting` names the way in which figures come about; None of what was signed before it had a name.
    """

    first_day: str
    last_day: str
    calendars: tuple[FrozenCalendar, ...]
    zones: tuple[FrozenZone, ...]
    tables: dict[str, str]
    counting: str | None = None


def freeze(text: texts.Agreement) -> Frozen:
    """Expand what the text names, from the first to the last day of its term."""
    first = text.term.from_
    last = min(text.term.until, first + _LONGEST)
    calendars = tuple(
        FrozenCalendar(each.id, tuple(day.isoformat() for day in _days(first, last) if is_holiday(each, day)))
        for each in text.calendars if each.holidays is not None
    )  # fmt: skip
    rotations = [layer.time_zone for each in text.rotations or () for layer in each.layers]
    zones = sorted({text.term.time_zone, *(each.time_zone for each in text.calendars), *rotations})
    return Frozen(
        first.isoformat(), last.isoformat(), calendars,
        tuple(FrozenZone(each, tuple(_offsets(each, first, last))) for each in zones), dict(_releases()), COUNTING,
    )  # fmt: skip


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=i) for i in range((last - first).days + 1))


def _offsets(zone: str, first: date, last: date) -> Iterator[Offset]:
    """The offset at the begin, and every other one from the second on at which clocks change to it."""
    known, at = ZoneInfo(zone), datetime.combine(first, time.min, ZoneInfo(zone)).astimezone(UTC)
    end = datetime.combine(last, time.min, known).astimezone(UTC) + timedelta(days=1)
    offset = _seconds(at, known)
    yield Offset(_written(at), offset)
    while at < end:
        following = min(at + timedelta(days=1), end)
        if _seconds(following, known) != offset:
            yield Offset(_written(changes := _change(at, following, known)), _seconds(changes, known))
            offset = _seconds(following, known)
        at = following


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second with another offset than `before` has; clocks change once in a day at most."""
    offset = _seconds(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _seconds(middle, zone) == offset else (before, middle)
    return after


def _seconds(at: datetime, zone: ZoneInfo) -> int:
    offset = at.astimezone(zone).utcoffset()
    if offset is None:
        raise ValueError(f"{zone.key} has no offset at {at}")
    return int(offset.total_seconds())


def _written(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


@cache
def _releases() -> tuple[tuple[str, str], ...]:
    return tuple((name, version(name)) for name in _TABLES)
