"""Days of an agreed calendar: which hours are business hours, and which days are none. Pure."""

from datetime import date
from functools import lru_cache

import holidays

from sepakat_shared.contracts.texts import DAYS, Calendar


def weekly_hours(calendar: Calendar) -> dict[int, list[str]]:
    """The hours (`08:00-17:00`, local time) by weekday, Monday being 0; a day that is missing has none."""
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
    given = calendar.holidays
    if given is None or day in given.remove:
        return False
    return day in given.add or day in _holidays(given.country, given.categories, day.year)


def is_business_day(calendar: Calendar, day: date) -> bool:
    """Whether the calendar has any hours on that local day."""
    return bool(weekly_hours(calendar).get(day.weekday())) and not is_holiday(calendar, day)


@lru_cache(maxsize=256)
def _holidays(country: str, categories: tuple[str, ...], year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year, categories=set(categories)))
