"""The agreed way through a dispute: whose turn it is, until when, and what silence means. Pure.

The procedure is the agreement's `disputes` as it stood when the dispute was raised, frozen with its calendar: an
amendment changes no dispute that runs.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sepakat_shared import spans
from sepakat_shared.calendars import is_business_day
from sepakat_shared.contracts.texts import Agreement, Calendar

Who = Literal["provider", "customer", "both", "mediator"]
Act = Literal["answer", "settle", "decide"]
Otherwise = Literal["upheld", "rejected", "next", "forum"]

_LONGEST_LOOK: Final = 20_000
"""Days after which a calendar without any business day is given up on."""
_LAST_CALL: Final = timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """`by` is whose turn it is, `within` an ISO 8601 span, `otherwise` what the passing of the time means."""

    by: Who
    act: Act
    within: str
    otherwise: Otherwise
    contact: str | None = None
    party: str | None = None

    @property
    def mediator(self) -> str | None:
        """Who decides it: `party/contact`, or the contact alone where the text does not say whose that is."""
        if self.act != "decide" or self.contact is None:
            return None
        return self.contact if self.party is None else f"{self.party}/{self.contact}"


@dataclass(frozen=True)
class Procedure:
    """`calendar` is that of business days; None where days are those of the calendar on the wall in `time_zone`."""

    raise_within: str
    time_zone: str
    steps: tuple[Step, ...] = ()
    forum: str | None = None
    calendar: dict[str, Any] | None = None


@dataclass(frozen=True)
class Turn:
    """A step that runs until `deadline`; `reminders` are those still to be sent, the earliest first."""

    index: int
    step: Step
    began_at: datetime
    deadline: datetime
    reminders: tuple[datetime, ...] = ()

    @property
    def due_at(self) -> datetime:
        return min((*self.reminders, self.deadline))


def procedure_of(text: Agreement) -> Procedure | None:
    """What the agreement says of disputes; None where it says nothing."""
    agreed = text.disputes
    if agreed is None:
        return None
    steps: list[Step] = []
    for step in agreed.steps:
        spans: dict[Act, str | None] = {
            "answer": step.answer_within, "settle": step.settle_within, "decide": step.decide_within,
        }  # fmt: skip
        steps += [
            Step(step.by, act, within, step.otherwise, step.contact, step.party)
            for act, within in spans.items() if within
        ]  # fmt: skip
    calendar = None
    if agreed.days == "business":
        calendar = next((each for each in text.calendars if each.id == agreed.calendar), None)
    return Procedure(
        agreed.raise_within,
        calendar.time_zone if calendar else text.term.time_zone,
        tuple(steps),
        agreed.forum,
        None if calendar is None else calendar.model_dump(mode="json", by_alias=True, exclude_none=True),
    )


def deadline(procedure: Procedure, within: str, since: datetime) -> datetime:
    """The end of the last day of `within`, in UTC: the day of `since` does not count.

    Years, months and weeks are those of the wall calendar; days are business days where that was agreed.
    """
    zone = ZoneInfo(procedure.time_zone)
    try:
        last = _last_day(procedure, within, since.astimezone(zone).date())
    except OverflowError:
        last = spans.LAST_DAY
    return datetime.combine(last + timedelta(days=1), time.min, zone).astimezone(UTC)


def _last_day(procedure: Procedure, within: str, first: date) -> date:
    if procedure.calendar is None:
        return spans.later(first, within)
    years, months, weeks, days = spans.counts(within)
    day = spans.months_later(first, years * 12 + months) + timedelta(weeks=weeks)
    calendar = Calendar.model_validate(procedure.calendar)
    for _ in range(_LONGEST_LOOK):
        if days == 0:
            return day
        day += timedelta(days=1)
        days -= is_business_day(calendar, day)
    return day


def first_turn(procedure: Procedure, raised_by: Who, now: datetime) -> Turn | None:
    return turn_after(procedure, -1, raised_by, now)


def turn_after(procedure: Procedure, index: int, raised_by: Who, now: datetime) -> Turn | None:
    """The next step, begun `now`; None after the last.

    An answer that the text asks of the party that raised the dispute is passed over: nobody answers itself, and its
    default binds nobody whom the text does not name.
    """
    for i, step in enumerate(procedure.steps[index + 1 :], index + 1):
        if step.act == "answer" and step.by == raised_by:
            continue
        end = deadline(procedure, step.within, now)
        return Turn(i, step, now, end, _reminders(now, end))
    return None


def _reminders(now: datetime, end: datetime) -> tuple[datetime, ...]:
    """At half of the time, and a day before its end where that is later."""
    half = now + (end - now) / 2
    half = half.replace(microsecond=half.microsecond // 1000 * 1000)
    last_call = end - _LAST_CALL
    return (half, last_call) if last_call > half else (half,)
