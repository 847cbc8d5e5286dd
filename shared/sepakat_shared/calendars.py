"""Business hours: calendars of agreements as half-open intervals of milliseconds, laid out from local dates. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from sepakat_shared.contracts.texts import DAYS, Calendar

Interval = tuple[int, int]
"""`[start, end)` in milliseconds since 1970, UTC."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(instant: datetime) -> int:
    since = instant - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def from_ms(at: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at)


# -- intervals ---------------------------------------------------------------------------------------------------------


def unite(intervals: Iterable[Interval]) -> list[Interval]:
    """The union, in order, without touching neighbours."""
    united: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def clip(intervals: Iterable[Interval], start: int, end: int) -> list[Interval]:
    return [(max(a, start), min(b, end)) for a, b in intervals if a < end and b > start]


def without(intervals: Iterable[Interval], removed: Iterable[Interval]) -> list[Interval]:
    """`intervals` less `removed` (both united)."""
    left: list[Interval] = []
    gone = list(removed)
    for start, end in intervals:
        at = start
        for a, b in gone:
            if b <= at or a >= end:
                continue
            if a > at:
                left.append((at, a))
            at = max(at, b)
        if at < end:
            left.append((at, end))
    return left


def length(intervals: Iterable[Interval]) -> int:
    return sum(end - start for start, end in intervals)


# -- hours -------------------------------------------------------------------------------------------------------------


def local_midnight(day: date, zone: ZoneInfo) -> int:
    return to_ms(datetime.combine(day, time.min, zone).astimezone(UTC))


def in_hours(calendar: Calendar, start: int, end: int) -> list[Interval]:
    """The parts of `[start, end)` that lie within the calendar's hours."""
    return clip(unite(_hours(calendar, start, end)), start, end)


def _hours(calendar: Calendar, start: int, end: int) -> Iterator[Interval]:
    """Of each local day, within that day: one that the clocks skip has none."""
    zone = ZoneInfo(calendar.time_zone)
    day = from_ms(start).astimezone(zone).date() - timedelta(days=1)
    last = from_ms(end).astimezone(zone).date()
    while day <= last:
        following = day + timedelta(days=1)
        if not is_holiday(calendar, day):
            begins, ends = local_midnight(day, zone), local_midnight(following, zone)
            for hours in _weekly(calendar).get(day.weekday(), ()):
                opens, closes = hours.split("-")
                yield max(begins, _local(day, opens, zone)), min(ends, _local(day, closes, zone))
        day = following


def is_business_day(calendar: Calendar, day: date) -> bool:
    """Whether the calendar has any hours on that local day."""
    return bool(_weekly(calendar).get(day.weekday())) and not is_holiday(calendar, day)


def _local(day: date, clock: str, zone: ZoneInfo) -> int:
    if clock == "24:00":
        return local_midnight(day + timedelta(days=1), zone)
    return to_ms(datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC))


def _weekly(calendar: Calendar) -> dict[int, list[str]]:
    week: dict[int, list[str]] = {}
    for days, hours in calendar.weekly.items():
        first, _, last = days.partition("-")
        at, until = DAYS.index(first), DAYS.index(last or first)
        while True:
            week.setdefault(at, []).extend(hours)
            if at == until:
                break
            at = (at + 1) % 7
    return week


def is_holiday(calendar: Calendar, day: date) -> bool:
    """Whether the calendar has no hours on that local day because it is a holiday."""
    given = calendar.holidays
    if given is None or day in given.remove:
        return False
    return day in given.add or day in _holidays(given.country, given.categories, day.year)


@lru_cache(maxsize=256)
def _holidays(country: str, categories: tuple[str, ...], year: int) -> frozenset[date]:
    import holidays  # a fifth of a second at every start, for what few calendars ask

    return frozenset(holidays.country_holidays(country, years=year, categories=set(categories)))
