"""The report of each month: which months have one, when it is compiled, and what it is then. Pure.

A text says with `review.monthlyReport` within which time after a month's end it is there. Months are those of the
term's time zone, by the version that was in force as the month ended; one that ended before anything was in force has
none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sepakat_agreements.agreement import Agreement, Status, Version
from sepakat_agreements.figure import SETTLED_AFTER, Figure
from sepakat_agreements.review import Frozen
from sepakat_agreements.starting import first_instant
from sepakat_shared import spans
from sepakat_shared.contracts import texts

READ_FOR: Final = timedelta(days=90)
"""From the compiling on, the link of the letter opens the report without a key."""
_TOLD_WITHIN: Final = timedelta(hours=1)
_INSTANT: Final = timedelta(milliseconds=1)
_MOST: Final = 1_200
"""Months that are looked through for the next one with a report: a hundred years."""


# -- which month, and when -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Month:
    """`name` is `2026-03`; its report is compiled at `at`, at the latest at `deadline` whatever is known by then."""

    name: str
    start: datetime
    end: datetime
    version: Version
    at: datetime
    deadline: datetime


@dataclass(frozen=True)
class Schedule:
    """`passed` is the last month that is done; `month` the next with a report, at `due_at`; None where none has."""

    agreement: str
    provider: str
    customer: str
    passed: str
    month: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Planned:
    schedule: Schedule


def apply_planned(_schedule: Schedule | None, event: Planned) -> Schedule:
    return event.schedule


def plan(
    known: Schedule | None, agreement: Agreement, now: datetime, *, anew: bool = False, done: str | None = None
) -> Sequence[Planned]:
    """Plan the next month after those that are `done`. `anew`: what ended before now is nobody's to make up."""
    begun = _in_force_since(agreement)
    if begun is None:
        return []
    first = max(begun, now) if anew else begun
    passed = known.passed if known is not None else _shifted(_name(first, agreement.text), -1)
    passed = max(passed, done) if done is not None else passed
    month = following(agreement, passed, now)
    at = None if month is None else month.at
    if known is not None and month is not None and (known.passed, known.month) == (passed, month.name):
        at = known.due_at  # it may have been put off
    planned = Schedule(
        agreement.id, agreement.provider, agreement.customer, passed, None if month is None else month.name, at
    )  # fmt: skip
    return [] if planned == known else [Planned(planned)]


def put_off(schedule: Schedule, month: Month, now: datetime) -> Sequence[Planned]:
    """Look again in an hour, at the latest at its deadline."""
    at = min(now + _TOLD_WITHIN, month.deadline)
    return [] if at <= now else [Planned(replace(schedule, due_at=at))]


def following(agreement: Agreement, passed: str, now: datetime) -> Month | None:
    """The first month after `passed` whose end finds a text with a report."""
    name = passed
    for _ in range(_MOST):
        name = _shifted(name, 1)
        start = _start(name, agreement.text)
        month = of(agreement, name)
        if month is not None:
            return month
        if start > now or (agreement.ended_at is not None and start >= agreement.ended_at):
            return None
    return None


def of(agreement: Agreement, name: str) -> Month | None:
    """That month; None where it has no report."""
    start, end = _start(name, agreement.text), _start(_shifted(name, 1), agreement.text)
    ended = agreement.ended_at
    last = (end if ended is None else min(end, ended)) - _INSTANT
    begun = _in_force_since(agreement)
    version = agreement.as_of(last) if last >= start and begun is not None and begun <= last else None
    review = None if version is None else texts.Agreement.model_validate(version.text).review
    if version is None or review is None or review.monthly_report is None:
        return None
    at = end + SETTLED_AFTER + _TOLD_WITHIN
    day = spans.later(date.fromisoformat(f"{_shifted(name, 1)}-01"), review.monthly_report)
    return Month(name, start, end, version, at, max(at, first_instant(day, version.text)))


def is_awaited(month: Month, figures: Iterable[Figure]) -> bool:
    """Whether the figure of a month is still to come, of an objective that is judged by months."""
    text = texts.Agreement.model_validate(month.version.text)
    judged = {each.id for each in text.objectives if each.window.calendar == "month"}
    told = {each.objective for each in figures if each.measured is not None and month.start < each.end <= month.end}
    return bool(judged - told)


def _in_force_since(agreement: Agreement) -> datetime | None:
    """Since when anything binds: the first instant of the term, or the last signature where that came later."""
    first = agreement.versions[0]
    if first.status is Status.DRAFT or first.effective_from is None:
        return None
    return max([first.effective_from, *(each.at for each in first.signatures)])


def _name(at: datetime, text: Mapping[str, Any]) -> str:
    return f"{at.astimezone(ZoneInfo(str(text['term']['timeZone']))):%Y-%m}"


def _shifted(name: str, months: int) -> str:
    return f"{spans.months_later(date.fromisoformat(f'{name}-01'), months):%Y-%m}"


def _start(name: str, text: Mapping[str, Any]) -> datetime:
    return first_instant(f"{name}-01", text)


# -- the report ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """`people` are `party/contact`. The link in their letter has the token of that `digest`, until `open_until`."""

    id: str
    agreement: str
    month: str
    version: int
    provider: str
    customer: str
    agreement_title: dict[str, str] | None
    since: datetime
    until: datetime
    people: tuple[str, ...]
    pack: Frozen
    digest: str
    open_until: datetime
    compiled_at: datetime

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer


@dataclass(frozen=True)
class Compiled:
    report: Report


def report_id(agreement: str, month: str) -> str:
    return f"{agreement}.{month}"


def apply(_report: Report | None, event: Compiled) -> Report:
    return event.report


def compile_(known: Report | None, report: Report) -> Sequence[Compiled]:
    """Once each month: what is there already stays as it is."""
    return [] if known is not None else [Compiled(report)]
