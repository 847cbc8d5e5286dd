"""What the text asks of maintenance that is announced, and when it is planned. Pure.

A text provides for announcements where it says how long ahead they are made, or how long maintenance may take; under
any other nothing counts as maintenance but its own windows, and what the customer consents to.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Final
from zoneinfo import ZoneInfo

from sepakat_agreements.maintenance import Counted, Span
from sepakat_shared import maintenance, spans
from sepakat_shared.calendars import Interval, clip, from_ms, length, to_ms, unite
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.rules import recurring
from sepakat_shared.errors import FieldProblem, Invalid
from sepakat_shared.recurrence import occurrences

MOST: Final = 200
"""Occurrences of one announcement: what one event can carry."""
_LONGEST: Final = timedelta(days=31)


def planned(
    text: texts.Agreement, start: datetime, end: datetime, rrule: str | None, now: datetime, ends_at: datetime | None
) -> tuple[Span, ...]:
    """The occurrences: once, or again by the rule, in the local time of the term. `ends_at` is when it is over.

    Raises Invalid with each field and its rule.
    """
    problems = list(_problems(start, end, rrule, now, ends_at))
    if problems:
        raise Invalid.of(problems)
    zone = ZoneInfo(text.term.time_zone)
    latest = to_ms(start) + timedelta(days=10 * 366) // timedelta(milliseconds=1)
    try:
        laid = list(islice(occurrences(start, end - start, rrule, zone, to_ms(start), latest), MOST + 1))
    except (ValueError, OverflowError) as error:
        raise Invalid.at("/rrule", f"can't be laid out: {error}") from error
    found = tuple(Span(from_ms(a), from_ms(b)) for a, b in laid if a >= to_ms(start))
    if not found:
        raise Invalid.at("/rrule", "has no occurrence from `start` on")
    if len(found) > MOST:
        raise Invalid.at("/rrule", f"{MOST} occurrences at most; give it a COUNT or an UNTIL that is nearer")
    if any(one.end > other.start for one, other in pairwise(found)):
        raise Invalid.at("/end", "is after the next occurrence begins")
    if ends_at is not None and found[-1].start >= ends_at:
        raise Invalid.at("/rrule" if rrule else "/start", f"goes beyond the agreement, which ends at {_said(ends_at)}")
    return found


def _problems(
    start: datetime, end: datetime, rrule: str | None, now: datetime, ends_at: datetime | None
) -> Iterator[FieldProblem]:
    if start <= now:
        yield FieldProblem("/start", "must be to come; time that is over is excluded by an adjustment of `metrics`")
    if end <= start:
        yield FieldProblem("/end", "must be after /start")
    elif end - start > _LONGEST:
        yield FieldProblem("/end", f"{_LONGEST.days} days after /start at most")
    if ends_at is not None and start >= ends_at:
        yield FieldProblem("/start", f"is after the agreement, which ends at {_said(ends_at)}")
    if rrule is not None:
        yield from (FieldProblem("/rrule", rule) for rule in _broken(rrule))


def _broken(rrule: str) -> Iterator[str]:
    found = list(recurring.broken(rrule))
    yield from found
    if not found and "COUNT=" not in rrule and "UNTIL=" not in rrule:
        yield "must end: give it one of COUNT and UNTIL"


def objections(text: texts.Agreement, plan: Sequence[Span], taken: Iterable[Counted], now: datetime) -> tuple[str, ...]:
    """Which rules a plan does not keep: `unforeseen`, `notice`, `freeze`, `allowance`.

    `taken` is what else counts as announced maintenance within the allowance.
    """
    agreed = text.maintenance
    if agreed is None or (agreed.notice is None and agreed.allowance is None):
        return ("unforeseen",)
    found = []
    if agreed.notice is not None and plan[0].start < _earliest(text, agreed.notice, now):
        found.append("notice")
    if any(clip(maintenance.freezes(text), *each) for each in _intervals(plan)):
        found.append("freeze")
    if is_over(text, plan, taken):
        found.append("allowance")
    return tuple(found)


def _earliest(text: texts.Agreement, notice: str, now: datetime) -> datetime:
    """The same time of the day that many calendar days later, in the time zone of the term."""
    local = now.astimezone(ZoneInfo(text.term.time_zone))
    later = spans.later(local.date(), notice)
    return datetime.combine(later, local.timetz()).astimezone(UTC)


def is_over(text: texts.Agreement, plan: Sequence[Span], taken: Iterable[Counted]) -> bool:
    """Whether a plan makes the text's windows and all that is announced more than is allowed in any unit of time.

    Where the text excludes what goes beyond the allowance all the same, nothing is too much.
    """
    if not maintenance.is_bounded(text):
        return False
    new, others = _intervals(plan), _intervals(taken)
    units = {unit for span in new for unit in maintenance.units(text, *span)}
    for unit in units:
        before = unite(clip([*(each for _, each in maintenance.windows(text, *unit)), *others], *unit))
        after = unite([*before, *clip(new, *unit)])
        if length(after) > max(maintenance.most(text), length(before)):
            return True
    return False


def _intervals(spans: Iterable[Span | Counted]) -> list[Interval]:
    return [(to_ms(each.start), to_ms(each.end)) for each in spans]


def _said(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
