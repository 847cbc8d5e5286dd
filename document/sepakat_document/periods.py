"""The period that worked examples are about: the first one of the term, in the hours that count."""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from sepakat_document.source import Source
from sepakat_shared.calendars import in_hours, length, to_ms
from sepakat_shared.contracts.texts import Objective


def first_period(source: Source, objective: Objective) -> tuple[date, date]:
    """The first calendar window that begins within the term, or the first rolling one; its end is not in it."""
    term = source.text.term
    unit = objective.window.calendar
    start = term.from_
    if unit is None:
        return start, start + (objective.window.rolling or timedelta(days=30))
    for _ in range(400):
        end = _following(start, unit)
        if _begins(start, unit):
            return start, end
        start += timedelta(days=1)
    return start, end


def _begins(day: date, unit: str) -> bool:
    match unit:
        case "day":
            return True
        case "week":
            return day.weekday() == 0
        case "month":
            return day.day == 1
        case "quarter":
            return day.day == 1 and day.month % 3 == 1
        case _:
            return (day.day, day.month) == (1, 1)


def _following(day: date, unit: str) -> date:
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if months is None:
        return day + timedelta(days=7 if unit == "week" else 1)
    n = day.month - 1 + months
    return date(day.year + n // 12, n % 12 + 1, 1)


def seconds_of(source: Source, objective: Objective) -> Fraction:
    """How long the first period is, in the hours that count."""
    zone = ZoneInfo(source.text.term.time_zone)
    start, end = first_period(source, objective)
    if objective.window.rolling is not None:
        span = 0, objective.window.rolling // timedelta(milliseconds=1)
        calendar = source.calendar_of(objective.calendar)
        if calendar is None:
            return Fraction(span[1], 1000)
        begins = to_ms(datetime.combine(start, time.min, zone).astimezone(UTC))
        return Fraction(length(in_hours(calendar, begins, begins + span[1])), 1000)
    a, b = (to_ms(datetime.combine(day, time.min, zone).astimezone(UTC)) for day in (start, end))
    calendar = source.calendar_of(objective.calendar)
    return Fraction(b - a if calendar is None else length(in_hours(calendar, a, b)), 1000)
