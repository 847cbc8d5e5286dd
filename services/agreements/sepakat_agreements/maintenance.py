"""Maintenance that is announced under an agreement, beside the windows in its text: all of it, agreement by agreement.

What keeps the text's rules counts as announced maintenance at once. What does not waits for the customer, until it
begins. To move work is to announce what is still to come of it anew. What is over is never touched. Pure.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never

from sepakat_shared.errors import NotFound


class State(StrEnum):
    ANNOUNCED = "announced"
    AWAITING = "awaiting-consent"
    REFUSED = "refused"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Span:
    """`[start, end)`."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Counted:
    """Time that counts as announced maintenance; `beyond_allowance` whatever else there is, by the customer's word."""

    start: datetime
    end: datetime
    beyond_allowance: bool = False


@dataclass(frozen=True)
class Plan:
    """When work is to be done: `occurrences` in order, which follow from `rrule` where there is one, but for those that
    were taken out of it alone.

    `objections` are the rules of that `version` of the text which it does not keep.
    """

    version: int
    occurrences: tuple[Span, ...]
    rrule: str | None
    objections: tuple[str, ...]

    @property
    def starts_at(self) -> datetime:
        return self.occurrences[0].start

    @property
    def ends_at(self) -> datetime:
        return max(each.end for each in self.occurrences)


@dataclass(frozen=True)
class Concern:
    """What the work is on, all that is agreed where nothing is named; and who is told of it.

    `titles` are of the services and objectives, `readers` are `party/contact`: by the text when it was announced.
    """

    services: tuple[str, ...]
    objectives: tuple[str, ...]
    titles: tuple[dict[str, str], ...]
    agreement_title: dict[str, str] | None
    readers: tuple[str, ...]


@dataclass(frozen=True)
class TakenOut:
    """`[start, end)` of a series, moved alone, to the work `instead`, or cancelled alone."""

    start: datetime
    end: datetime
    instead: str | None = None


@dataclass(frozen=True)
class Replaced:
    """The occurrence `[start, end)` of the series `maintenance`."""

    maintenance: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Work:
    """One announcement. `kept` is what counts of plans that were moved or cancelled, being over by then."""

    id: str
    concern: Concern
    plan: Plan
    state: State
    reason: str
    by: str
    announced_at: datetime
    watched_since: datetime
    revision: int = 1
    beyond_allowance: bool = False
    kept: tuple[Counted, ...] = ()
    statement: str | None = None
    """What the customer said when it consented or refused."""
    taken_out: tuple[TakenOut, ...] = ()
    instead_of: Replaced | None = None

    @property
    def in_force(self) -> tuple[Counted, ...]:
        """All that counts as announced maintenance."""
        if self.state is not State.ANNOUNCED:
            return self.kept
        return *self.kept, *(Counted(each.start, each.end, self.beyond_allowance) for each in self.plan.occurrences)

    def in_force_before(self, at: datetime) -> tuple[Counted, ...]:
        return tuple(replace(each, end=min(each.end, at)) for each in self.in_force if each.start < at)

    def to_come(self, at: datetime) -> tuple[Span, ...]:
        """What is left of the plan."""
        return tuple(replace(each, start=max(each.start, at)) for each in self.plan.occurrences if each.end > at)


@dataclass(frozen=True)
class Diary:
    """All that was ever announced under one agreement, in its order."""

    agreement: str
    provider: str
    customer: str
    works: tuple[Work, ...] = ()

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer

    def get(self, id: str) -> Work:
        """Raises NotFound."""
        found = next((each for each in self.works if each.id == id), None)
        if found is None:
            raise NotFound(f"there is no maintenance {id!r} announced under {self.agreement!r}")
        return found

    @property
    def next_id(self) -> str:
        return f"m{len(self.works) + 1}"

    def within_allowance(self, without: str | None, now: datetime) -> list[Counted]:
        """What uses up the text's allowance; of the work `without`, only what is over."""
        return [
            counted
            for work in self.works
            for counted in (work.in_force_before(now) if work.id == without else work.in_force)
            if not counted.beyond_allowance
        ]


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Announced:
    agreement: str
    provider: str
    customer: str
    work: Work


@dataclass(frozen=True)
class Moved:
    """`previous` is what was still to come by the plan before."""

    id: str
    plan: Plan
    previous: tuple[Span, ...]
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class OneTakenOut:
    """One occurrence is not done with the others any more; `previous` is what was still to come with it."""

    id: str
    one: TakenOut
    previous: tuple[Span, ...]
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Cancelled:
    id: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Consented:
    """`beyond_allowance`: with it the allowance is exceeded, as things stand at that instant."""

    id: str
    statement: str | None
    beyond_allowance: bool
    by: str
    at: datetime


@dataclass(frozen=True)
class Refused:
    id: str
    statement: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Lapsed:
    id: str
    at: datetime


@dataclass(frozen=True)
class Reminded:
    """Of the occurrence `[starts_at, ends_at)`."""

    id: str
    starts_at: datetime
    ends_at: datetime
    at: datetime


@dataclass(frozen=True)
class Passed:
    """There was something to be reminded of while nothing ran, and it has begun since: nobody is told."""

    id: str
    at: datetime


Event = Announced | Moved | OneTakenOut | Cancelled | Consented | Refused | Lapsed | Reminded | Passed
EVENTS: Final = (Announced, Moved, OneTakenOut, Cancelled, Consented, Refused, Lapsed, Reminded, Passed)


def apply(diary: Diary | None, event: Event) -> Diary:
    if isinstance(event, Announced):
        before = diary or Diary(event.agreement, event.provider, event.customer)
        return replace(before, works=(*before.works, event.work))
    if diary is None:
        raise ValueError("something is announced before anything else")
    changed = _changed(diary.get(event.id), event)
    return replace(diary, works=tuple(changed if each.id == event.id else each for each in diary.works))


def _changed(
    work: Work, event: Moved | OneTakenOut | Cancelled | Consented | Refused | Lapsed | Reminded | Passed
) -> Work:
    work = replace(work, revision=work.revision + 1)
    match event:
        case Moved(plan=plan, reason=reason, at=at):
            return replace(
                work, plan=plan, reason=reason, kept=work.in_force_before(at), beyond_allowance=False, statement=None,
                state=State.AWAITING if plan.objections else State.ANNOUNCED, watched_since=at,
            )  # fmt: skip
        case OneTakenOut(one=one, at=at):
            left = tuple(each for each in work.plan.occurrences if each.start != one.start)
            counted = [each for each in work.in_force_before(at) if each.start == one.start and each not in work.kept]
            return replace(
                work, plan=replace(work.plan, occurrences=left), kept=(*work.kept, *counted),
                taken_out=(*work.taken_out, one),
            )  # fmt: skip
        case Cancelled(reason=reason, at=at):
            return replace(work, state=State.CANCELLED, reason=reason, kept=work.in_force_before(at))
        case Consented():
            return replace(
                work, state=State.ANNOUNCED, statement=event.statement, beyond_allowance=event.beyond_allowance
            )
        case Refused(statement=statement):
            return replace(work, state=State.REFUSED, statement=statement)
        case Lapsed():
            return replace(work, state=State.LAPSED)
        case Reminded(at=at) | Passed(at=at):
            return replace(work, watched_since=at)
        case _:
            assert_never(event)
