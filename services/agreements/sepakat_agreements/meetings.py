"""When the parties meet to review an agreement, and which reviews there were: one calendar an agreement. Pure.

Meetings are counted from the first one, so that one on the 31st of a month is on the last day of shorter ones and on
the 31st again after them. Days are those of the term's time zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sepakat_agreements.starting import first_instant
from sepakat_shared import spans
from sepakat_shared.contracts import texts

Because = Literal["cadence", "demand", "misses"]
_FIRST_DAY: Final = date(2, 1, 1)
"""Calendars reckon no day before it."""
_MOST: Final = 40_000
"""Meetings of one agreement: daily ones for a hundred years."""


@dataclass(frozen=True)
class Calendar:
    """`meeting` is the next day of the cadence (ISO 8601) and `opens_at` when its review opens; None where none is due.

    `passed` is the last day of the cadence that was met, or had passed before anybody kept the calendar. The review
    that opens next is of what was since `until`, the end of what the last one was of. `missed_until` is the instant
    until which missed targets have led to a review.
    """

    agreement: str
    provider: str
    customer: str
    meeting: str | None = None
    opens_at: datetime | None = None
    passed: str | None = None
    opened: int = 0
    until: datetime | None = None
    missed_until: datetime | None = None

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer


@dataclass(frozen=True)
class Planned:
    agreement: str
    provider: str
    customer: str
    passed: str
    meeting: str | None
    opens_at: datetime | None


@dataclass(frozen=True)
class ReviewOpened:
    """Review `number` is of what was until `until`; the cadence's next one follows it."""

    number: int
    because: Because
    until: datetime
    passed: str
    meeting: str | None
    opens_at: datetime | None


Event = Planned | ReviewOpened
EVENTS: Final = (Planned, ReviewOpened)


def apply(calendar: Calendar | None, event: Event) -> Calendar:
    if isinstance(event, Planned):
        known = calendar or Calendar(event.agreement, event.provider, event.customer)
        return replace(known, passed=event.passed, meeting=event.meeting, opens_at=event.opens_at)
    if calendar is None:
        raise ValueError("a calendar is planned before a review opens")
    missed = event.until if event.because == "misses" else calendar.missed_until
    return replace(
        calendar, opened=event.number, until=event.until, passed=event.passed, meeting=event.meeting,
        opens_at=event.opens_at, missed_until=missed,
    )  # fmt: skip


# -- decisions ---------------------------------------------------------------------------------------------------------


def plan(calendar: Calendar | None, text: texts.Agreement, in_force: bool, now: datetime) -> Sequence[Event]:
    """Plan the next meeting by the text in force. Days that had passed before are not met any more."""
    yesterday = now.astimezone(ZoneInfo(text.term.time_zone)).date() - timedelta(days=1)
    passed = calendar.passed if calendar is not None and calendar.passed is not None else yesterday.isoformat()
    meeting, at = _following(text, date.fromisoformat(passed)) if in_force else (None, None)
    if calendar is not None and (calendar.passed, calendar.meeting, calendar.opens_at) == (passed, meeting, at):
        return []
    parties = text.parties
    return [Planned(text.metadata.id, parties.provider, parties.customer, passed, meeting, at)]


def opened(
    calendar: Calendar, number: int, because: Because, meeting: str, until: datetime, text: texts.Agreement
) -> Sequence[Event]:
    """Note that review `number` has opened. One that is noted already changes nothing."""
    if number != calendar.opened + 1:
        return []
    passed = calendar.passed or meeting
    if because == "cadence":
        passed = max(passed, meeting)
    following, at = _following(text, date.fromisoformat(passed))
    return [ReviewOpened(number, because, until, passed, following, at)]


def _following(text: texts.Agreement, passed: date) -> tuple[str | None, datetime | None]:
    """The first meeting after that day, and when its review opens."""
    review = text.review
    meeting = None if review is None else next_meeting(review, passed)
    if review is None or meeting is None:
        return None, None
    return meeting.isoformat(), first_instant(earlier(meeting, review.pack_before), text.model_dump(by_alias=True))


def next_meeting(review: texts.Review, passed: date) -> date | None:
    """The first day of the cadence after `passed`; None where the cadence leads nowhere."""
    years, months, weeks, days = spans.counts(review.every)
    if not any((years, months, weeks, days)):
        return review.first if review.first > passed else None
    for i in range(_MOST):
        day = spans.later(review.first, f"P{years * i}Y{months * i}M{weeks * i}W{days * i}D")
        if day > passed:
            return day
    return None


def earlier(day: date, span: str | None) -> date:
    """That span (ISO 8601) before a day."""
    if span is None:
        return day
    try:
        years, months, weeks, days = spans.counts(span)
        return max(spans.months_later(day, -(years * 12 + months)) - timedelta(weeks=weeks, days=days), _FIRST_DAY)
    except (OverflowError, ValueError):
        return _FIRST_DAY


def due_at(calendar: Calendar) -> datetime | None:
    return calendar.opens_at
