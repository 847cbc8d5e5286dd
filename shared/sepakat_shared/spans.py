"""Calendar time as texts write it: spans of years, months, weeks and days (ISO 8601), and units of a calendar. Pure."""

import calendar
import re
from datetime import date, timedelta
from typing import Final

LAST_DAY: Final = date(9000, 1, 1)
"""Beyond it calendars and zones no longer reckon; what would come later is taken to be then."""
_SPAN: Final = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


def counts(span: str) -> tuple[int, int, int, int]:
    """Years, months, weeks and days. Raises ValueError for what is no such span, OverflowError beyond all bounds."""
    found = _SPAN.fullmatch(span)
    if found is None:
        raise ValueError(f"{span!r} is not a span of years, months, weeks and days")
    try:
        years, months, weeks, days = (int(each or 0) for each in found.groups())
    except ValueError as error:  # more digits than are read as a number
        raise OverflowError("a span that calendars do not reach") from error
    return years, months, weeks, days


def later(day: date, span: str) -> date:
    """That span after a day, LAST_DAY at the latest. Raises ValueError for what is no such span."""
    try:
        years, months, weeks, days = counts(span)
        return min(months_later(day, years * 12 + months) + timedelta(weeks=weeks, days=days), LAST_DAY)
    except OverflowError:
        return LAST_DAY


def months_later(day: date, count: int) -> date:
    """The same day of the month that follows by so many, or its last. Raises OverflowError from LAST_DAY's year on."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if year >= LAST_DAY.year:
        raise OverflowError("a day that calendars do not reach")
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def unit_of(unit: str, day: date) -> tuple[date, date]:
    """The day, week, month, quarter or year that holds `day`: its first day, and the first one after it."""
    if unit == "day":
        return day, day + timedelta(days=1)
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    following = first.month - 1 + months
    return first, date(first.year + following // 12, following % 12 + 1, 1)
