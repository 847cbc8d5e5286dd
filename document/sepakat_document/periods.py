"""The period that worked examples are about: the first one of the term, in the hours that count."""

from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from sepakat_document.source import Source
from sepakat_shared.calendars import in_hours, length, local_midnight
from sepakat_shared.contracts.texts import Objective
from sepakat_shared.spans import unit_of


def first_period(source: Source, objective: Objective) -> tuple[date, date]:
    """The first calendar window that begins within the term, or the first rolling one; its end is not in it."""
    term = source.text.term
    unit = objective.window.calendar
    if unit is None:
        return term.from_, term.from_ + (objective.window.rolling or timedelta(days=30))
    first, following = unit_of(unit, term.from_)
    return (first, following) if first == term.from_ else unit_of(unit, following)


def seconds_of(source: Source, objective: Objective) -> Fraction:
    """How long the first period is, in the hours that count."""
    zone = ZoneInfo(source.text.term.time_zone)
    start, end = first_period(source, objective)
    if objective.window.rolling is not None:
        span = 0, objective.window.rolling // timedelta(milliseconds=1)
        calendar = source.calendar_of(objective.calendar)
        if calendar is None:
            return Fraction(span[1], 1000)
        begins = local_midnight(start, zone)
        return Fraction(length(in_hours(calendar, begins, begins + span[1])), 1000)
    a, b = (local_midnight(day, zone) for day in (start, end))
    calendar = source.calendar_of(objective.calendar)
    return Fraction(b - a if calendar is None else length(in_hours(calendar, a, b)), 1000)
