"""When an obligation is due: once, again and again, or so long after something happened. Pure.

Days are those of the calendar that the obligation names, else of the term's time zone; a day is over at its last
instant. What is due is in time at that very instant.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulebase, rrulestr

from sepakat_shared import spans
from sepakat_shared.calendars import from_ms, in_hours, is_business_day, local_midnight, to_ms
from sepakat_shared.contracts import texts

_NEVER_OPENS: Final = 400
"""Days after which a calendar without hours is given up."""
_HORIZON: Final = timedelta(days=3_660)
"""Of a rule, so much is looked ahead: some name a day that never comes."""
_UNTIL: Final = re.compile(r";UNTIL=(\d{8})")
_STEP: Final = 7 * 86_400_000


@dataclass(frozen=True)
class Slot:
    """One time that it is owed: from `begins_at` on it can be met, at `due_at` it must be."""

    begins_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Dates:
    """What of a text says when an obligation is due."""

    obligation: texts.Obligation
    calendar: texts.Calendar | None
    zone: ZoneInfo
    first: date

    @classmethod
    def of(
        cls, obligation: texts.Obligation, calendars: Iterable[texts.Calendar], term: texts.Term
    ) -> "Dates":  # fmt: skip
        calendar = next((each for each in calendars if each.id == obligation.calendar), None)
        zone = ZoneInfo(calendar.time_zone if calendar else term.time_zone)
        return cls(obligation, calendar, zone, obligation.first or term.from_)


def is_dated(obligation: texts.Obligation) -> bool:
    """Whether the calendar says when it is due; else something must happen, or it is a standing duty."""
    return obligation.due is not None or obligation.every is not None or obligation.rrule is not None


def is_requested(obligation: texts.Obligation) -> bool:
    """Whether it is due so long after the other party has asked for it."""
    return obligation.within is not None and obligation.trigger is None and not is_dated(obligation)


def slots(dates: Dates, after: datetime) -> Iterator[Slot]:
    """Those that are due later than `after`, in order, one for each instant; of what is due once it is one at most."""
    last = after
    for each in _once(dates, after) if dates.obligation.due is not None else _again(dates, after):
        if each.due_at > last:
            last = each.due_at
            yield each


def due_after(dates: Dates, at: datetime) -> datetime:
    """When it is due that something at `at` asks for."""
    within = dates.obligation.within or timedelta(0)
    if dates.calendar is None:
        return at + within
    left, start = within // timedelta(milliseconds=1), to_ms(at)
    for _ in range(_NEVER_OPENS):
        for opens, closes in in_hours(dates.calendar, start, start + _STEP):
            if closes - opens >= left:
                return from_ms(opens + left)
            left -= closes - opens
        start += _STEP
    return from_ms(start)


def remind_at(obligation: texts.Obligation, slot: Slot) -> datetime | None:
    """When its owner is told that it will be due: a day before, where nothing is said and there is so much time.

    At once, where something asks for it and there is less; None where there is no time to be told ahead.
    """
    ahead = timedelta(days=1) if obligation.remind is None else obligation.remind
    if not ahead:
        return None
    if slot.due_at - ahead > slot.begins_at:
        return slot.due_at - ahead
    return None if is_dated(obligation) else slot.begins_at


# -- by the calendar ---------------------------------------------------------------------------------------------------


def _once(dates: Dates, after: datetime) -> Iterator[Slot]:
    if dates.obligation.due is not None:
        yield Slot(after, _end_of(dates, dates.obligation.due))


def _again(dates: Dates, after: datetime) -> Iterator[Slot]:
    """Each interval with its end, or so long after its beginning as is said."""
    days = _days(dates, after)
    begins = next(days, None)
    for following in days:
        if begins is None:
            return
        start = from_ms(local_midnight(begins, dates.zone))
        if dates.obligation.within is not None:
            yield Slot(start, due_after(dates, start))
        elif dates.obligation.rrule is not None:
            # A rule names the days themselves: each is due by its own end, and can be met when the one before was due.
            yield Slot(_end_of(dates, begins), _end_of(dates, following))
        else:
            yield Slot(start, _end_of(dates, following - timedelta(days=1)))
        begins = following


def _days(dates: Dates, after: datetime) -> Iterator[date]:
    """The first days of the intervals, from one on whose own is not due later than `after`."""
    local = after.astimezone(dates.zone).date()
    if dates.obligation.rrule is not None:
        yield from _by_rule(dates, local)
    elif dates.obligation.every is not None:
        yield from _by_span(dates, local)


def _by_span(dates: Dates, local: date) -> Iterator[date]:
    """Counted from the first day, so that the end of a month stays one."""
    years, months, weeks, days = spans.counts(dates.obligation.every or "P1D")
    longest = years * 366 + months * 31 + weeks * 7 + days
    slack = (dates.obligation.within or timedelta(0)).days * 4 + 20  # business hours are a part of the days
    start = max((local - dates.first).days - slack, 0) // longest
    for i in count(start):
        span = f"P{years * i}Y{months * i}M{weeks * i}W{days * i}D"
        day = spans.later(dates.first, span)
        if day >= spans.LAST_DAY:
            return
        yield day


def _by_rule(dates: Dates, local: date) -> Iterator[date]:
    """A rule names days on which it is due; before the first of them the interval begins with the day before it."""
    rule = _bounded(dates.obligation.rrule or "", dates.first, local)
    slack = (dates.obligation.within or timedelta(0)) * 4 + timedelta(days=20)
    start = datetime.combine(local, time.min) - slack
    if dates.obligation.within is None:
        before = rule.before(start)
        yield before.date() if before else dates.first - timedelta(days=1)
    last = None
    for each in rule.xafter(start, inc=True):
        last = each.date()
        yield last
    if dates.obligation.within is not None and last is not None:
        yield last + timedelta(days=1)  # the last one has an interval, too


def _bounded(written: str, first: date, local: date) -> rrulebase:
    """The rule with an end: one that names a day that never comes would be followed to the end of all calendars."""
    until = _UNTIL.search(written)
    horizon = f"{min(local, spans.LAST_DAY - _HORIZON) + _HORIZON:%Y%m%d}"
    last = min(until[1], horizon) if until else horizon
    return rrulestr(f"{_UNTIL.sub('', written)};UNTIL={last}", dtstart=datetime.combine(first, time.min))


def _end_of(dates: Dates, day: date) -> datetime:
    """The last instant of that day, or of the next one on which the calendar has hours."""
    calendar, day = dates.calendar, min(day, spans.LAST_DAY)
    for _ in range(_NEVER_OPENS if calendar else 0):
        if calendar is None or is_business_day(calendar, day):
            break
        day += timedelta(days=1)
    return from_ms(local_midnight(day + timedelta(days=1), dates.zone)).astimezone(UTC)
