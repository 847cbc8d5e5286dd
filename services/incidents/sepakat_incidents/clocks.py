"""Clocks of an incident: what is measured, its limit, the hours that count, the pauses in which it stands still. Pure.

The same arithmetic as the cases of `metrics`, so that what is foreseen here is what is measured there: a clock runs in
its hours only, a deadline on closing time stays there, and a limit that is reached to the millisecond is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sepakat_shared.calendars import Interval, from_ms, in_hours, length, to_ms, unite, without
from sepakat_shared.contracts import texts

Measures = Literal["first-response", "restore", "resolve", "update"]
"""`update` is the cadence of progress notes: it begins again with each of them."""

FORECASTS: Final = (50, 75, 90)
"""Percent of the limit, foretold while it runs."""

_DAY: Final = 86_400_000
_HORIZON: Final = 400 * _DAY  # a calendar may never open again
ANEW: Final = "@"
"""Comes after the id of an occurrence and before its due instant, where it is owed another time. No id has one."""
_FOR_EVER: Final = 2**62
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Terms:
    """What was agreed of one clock. `calendar` is the text's, None for all hours; `objective` what it stands for."""

    measures: Measures
    limit_seconds: float
    calendar: dict[str, Any] | None = None
    pause_while: tuple[str, ...] = ()
    objective: str | None = None

    @property
    def limit(self) -> int:
        """In milliseconds."""
        return round(self.limit_seconds * 1000)


def owed(occurrence: str) -> str:
    """The occurrence of an obligation that it is, whichever time of that."""
    return occurrence.partition(ANEW)[0]


@dataclass(frozen=True)
class Pause:
    """The incident waits for `reason` from `start` until `end`; None: it still does.

    One that follows from an obligation names the time that this was owed (`occurrence`, with its due instant behind
    `ANEW` where the same one was owed again), and the objectives it pauses.
    """

    reason: str
    start: datetime
    end: datetime | None = None
    occurrence: str | None = None
    objectives: tuple[str, ...] = ()

    def stops(self, terms: Terms) -> bool:
        """Whether a clock of these terms stands still; a clock of the priority's limits stands for no objective."""
        if self.occurrence is None:
            return self.reason in terms.pause_while
        return terms.objective is None or terms.objective in self.objectives


@dataclass(frozen=True)
class Clock:
    """`told` is the highest forecast that was told, in percent; `missed_at` when it was told to be missed."""

    terms: Terms
    started_at: datetime
    stopped_at: datetime | None = None
    told: int = 0
    missed_at: datetime | None = None
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    """From each stop that a reopening took back until that: it did not run then."""

    @property
    def measures(self) -> Measures:
        return self.terms.measures


@dataclass(frozen=True)
class Mark:
    """What is to be told of a clock next, and when: so many percent are used; None: the limit is exceeded."""

    at: datetime
    percent: int | None


def elapsed(clock: Clock, pauses: Iterable[Pause], at: datetime) -> timedelta:
    """The time that counts, from the start until `at` or the stop."""
    start, end = to_ms(clock.started_at), to_ms(min(at, clock.stopped_at or at))
    counted = without(_open(clock.terms, start, end), _still(clock, pauses))
    return timedelta(milliseconds=length(counted))


def due_at(clock: Clock, pauses: Iterable[Pause]) -> datetime | None:
    """When the limit is reached, or would have been had the clock not stopped; None while it is paused.

    Once it has stopped, what is paused later moves nothing.
    """
    return reaches(clock, _until(clock.stopped_at, pauses), clock.terms.limit)


def _until(stop: datetime | None, pauses: Iterable[Pause]) -> Iterable[Pause]:
    """The pauses as far as they lie before a stop."""
    if stop is None:
        return pauses
    return [replace(each, end=min(each.end or stop, stop)) for each in pauses if each.start < stop]


def met(clock: Clock, pauses: Iterable[Pause], at: datetime) -> bool:
    """Whether the limit is not exceeded, as of `at` or the stop."""
    return elapsed(clock, pauses, at) <= timedelta(milliseconds=clock.terms.limit)


def is_paused(clock: Clock, pauses: Iterable[Pause]) -> bool:
    return any(each.end is None and each.stops(clock.terms) for each in pauses)


def course(clock: Clock, pauses: Iterable[Pause], at: datetime) -> tuple[list[Span], list[Span]]:
    """When it ran until `at` or the stop, and when it stood still; what is in neither is out of its hours."""
    start, end = to_ms(clock.started_at), to_ms(min(at, clock.stopped_at or at))
    hours, still = _open(clock.terms, start, end), _still(clock, pauses)
    stood = [(max(start, since), min(end, until)) for since, until in still if since < end and start < until]
    return _spans(without(hours, still)), _spans(stood)


def _spans(intervals: Iterable[Interval]) -> list[Span]:
    return [(from_ms(start), from_ms(end)) for start, end in intervals]


def next_mark(clock: Clock, pauses: Sequence[Pause]) -> Mark | None:
    """What is to be told next, if it runs on; None where nothing is."""
    if clock.stopped_at is not None or clock.missed_at is not None:
        return None
    left = [percent for percent in FORECASTS if percent > clock.told] if clock.measures != "update" else []
    if left:
        at = reaches(clock, pauses, -(-clock.terms.limit * left[0] // 100))
        return None if at is None else Mark(at, left[0])
    at = due_at(clock, pauses)
    return None if at is None else Mark(at + timedelta(milliseconds=1), None)


def reaches(clock: Clock, pauses: Iterable[Pause], ms: int) -> datetime | None:
    """When so many milliseconds have counted; None: not while it is paused, or not within 400 days."""
    if ms <= 0:
        return clock.started_at
    still = _still(clock, pauses)
    for start, end in _ahead(clock, still):
        if end - start >= ms:
            return from_ms(start + ms)
        ms -= end - start
    return None


def retimed(clock: Clock, terms: Terms, pauses: Sequence[Pause], now: datetime) -> Clock:
    """The clock under other terms or with other pauses: it keeps its start, and forgets what is no longer true."""
    changed = replace(clock, terms=terms, told=0, missed_at=None)
    used = elapsed(changed, pauses, now)
    passed = [each for each in FORECASTS if used >= timedelta(milliseconds=-(-terms.limit * each // 100))]
    told = max((each for each in passed if each <= clock.told), default=0)
    missed = clock.missed_at if not met(changed, pauses, now) else None
    return replace(changed, told=told, missed_at=missed)


def resumed(clock: Clock, pauses: Iterable[Pause], at: datetime) -> Clock:
    """The clock of an incident that is opened again: it goes on from its stop; a first response stays one.

    The cadence of notes begins anew.
    """
    if clock.measures == "update":
        return replace(clock, started_at=at, stopped_at=None, missed_at=None)
    if clock.measures == "first-response" or clock.stopped_at is None:
        return clock
    in_time = met(clock, pauses, clock.stopped_at)
    gaps = (*clock.gaps, (clock.stopped_at, at)) if clock.stopped_at < at else clock.gaps
    return replace(
        clock, stopped_at=None, gaps=gaps, missed_at=clock.missed_at or (None if in_time else clock.stopped_at)
    )  # fmt: skip


def _open(terms: Terms, start: int, end: int) -> list[Interval]:
    if start >= end:
        return []
    if terms.calendar is None:
        return [(start, end)]
    return in_hours(texts.Calendar.model_validate(terms.calendar), start, end)


def _still(clock: Clock, pauses: Iterable[Pause]) -> list[Interval]:
    """When the clock stands still."""
    agreed = [
        (to_ms(each.start), _FOR_EVER if each.end is None else to_ms(each.end))
        for each in pauses
        if each.stops(clock.terms)
    ]
    return unite([*agreed, *((to_ms(start), to_ms(end)) for start, end in clock.gaps)])


def _ahead(clock: Clock, still: Sequence[Interval]) -> Iterator[Interval]:
    """The hours that count, asked for in growing parts, since most deadlines are near."""
    at, part = to_ms(clock.started_at), _DAY
    last = min(at + _HORIZON, still[-1][0] if still and still[-1][1] == _FOR_EVER else _FOR_EVER)
    while at < last:
        end = min(at + part, last)
        yield from without(_open(clock.terms, at, end), still)
        at, part = end, part * 2
