"""How the parties of an agreement stand: what was missed, the improvement plans and rights that follow. Pure.

All of one agreement is one aggregate, so that two misses that come at once never demand two plans.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, assert_never

from sepakat_shared.errors import NotFound


class PlanStatus(StrEnum):
    """`demanded` and `returned` wait for the party that owes the plan, `drafted` for the other one's word.

    Closed is an `agreed` one as `effective` or `ineffective`; `withdrawn`, when a correction took away why it was
    demanded before it was drafted.
    """

    DEMANDED = "demanded"
    DRAFTED = "drafted"
    RETURNED = "returned"
    AGREED = "agreed"
    EFFECTIVE = "effective"
    INEFFECTIVE = "ineffective"
    WITHDRAWN = "withdrawn"


_OPEN: Final = (PlanStatus.DEMANDED, PlanStatus.DRAFTED, PlanStatus.RETURNED, PlanStatus.AGREED)


@dataclass(frozen=True)
class Miss:
    """A target missed in a period that ended `at`, or an obligation that was not met when it was due, `at`."""

    id: str
    rule: str
    kind: Literal["target", "obligation"]
    subject: str
    party: str
    at: datetime
    title: dict[str, str] | None = None


@dataclass(frozen=True)
class Measure:
    """What is to be done by `due_at`."""

    id: str
    text: str
    due_at: datetime
    done_at: datetime | None = None
    overdue_at: datetime | None = None


@dataclass(frozen=True)
class Progress:
    note: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Plan:
    """What `party` owes for its misses: to be drafted until `draft_by`, with an owner, measures and their dates."""

    id: str
    rule: str
    party: str
    misses: tuple[str, ...]
    demanded_at: datetime
    draft_by: datetime
    status: PlanStatus = PlanStatus.DEMANDED
    owner: str | None = None
    measures: tuple[Measure, ...] = ()
    progress: tuple[Progress, ...] = ()
    overdue_at: datetime | None = None
    """When it was told that no draft had come."""
    returned_because: str | None = None
    conclusion: str | None = None
    closed_at: datetime | None = None
    returned_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status in _OPEN

    @property
    def awaited_since(self) -> datetime:
        """Since when a draft is to come until `draft_by`."""
        return self.returned_at or self.demanded_at


@dataclass(frozen=True)
class Right:
    """`party` may terminate for these misses, as long as it stands: until `until`, where the text limits that.

    `notice_seconds` is how long before the end notice is to be given; None where the text asks for none.
    """

    id: str
    rule: str
    party: str
    misses: tuple[str, ...]
    since: datetime
    until: datetime | None = None
    notice_seconds: float | None = None
    lapsed_at: datetime | None = None

    def stands(self, now: datetime) -> bool:
        return self.lapsed_at is None and (self.until is None or now < self.until)


@dataclass(frozen=True)
class About:
    """Whom it concerns, by the text that was in force at the last miss."""

    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: dict[str, str] | None = None
    provider_contacts: tuple[str, ...] = ()
    customer_contacts: tuple[str, ...] = ()

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer

    def other(self, party: str) -> str:
        return self.customer if party == self.provider else self.provider

    def contacts(self, party: str) -> tuple[str, ...]:
        """Who has signed for that party."""
        return self.provider_contacts if party == self.provider else self.customer_contacts


@dataclass(frozen=True)
class Standing:
    about: About
    misses: tuple[Miss, ...] = ()
    plans: tuple[Plan, ...] = ()
    rights: tuple[Right, ...] = field(default=())

    def plan(self, id: str) -> Plan:
        """Raises NotFound."""
        found = next((each for each in self.plans if each.id == id), None)
        if found is None:
            raise NotFound(f"there is no improvement plan {id!r}")
        return found


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """Something was missed."""

    about: About
    miss: Miss


@dataclass(frozen=True)
class Discounted:
    """That was no miss after all: the period was corrected, or the obligation excused."""

    miss: str
    at: datetime


@dataclass(frozen=True)
class Demanded:
    plan: Plan


@dataclass(frozen=True)
class Drafted:
    plan: str
    owner: str
    measures: tuple[Measure, ...]
    by: str
    at: datetime


@dataclass(frozen=True)
class Answered:
    """The other party agrees to the plan, or returns it with a reason: another draft is awaited until `draft_by`."""

    plan: str
    agreed: bool
    reason: str | None
    draft_by: datetime
    by: str
    at: datetime


@dataclass(frozen=True)
class Progressed:
    """`done` are the measures that are done by now."""

    plan: str
    note: str
    done: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True)
class Overdue:
    """No draft has come in time; or a `measure` is not done in its time."""

    plan: str
    measure: str | None
    at: datetime


@dataclass(frozen=True)
class Closed:
    plan: str
    effective: bool
    conclusion: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Withdrawn:
    """Too few of the misses are left that it was demanded for."""

    plan: str
    at: datetime


@dataclass(frozen=True)
class Arose:
    """A right to terminate; of one that is known, that it stands for other misses and longer."""

    right: Right


@dataclass(frozen=True)
class Lapsed:
    """Its time has passed, or too few of the misses are left (`corrected`)."""

    right: str
    corrected: bool
    at: datetime


OfPlan = Demanded | Drafted | Answered | Progressed | Overdue | Closed | Withdrawn
OfRight = Arose | Lapsed
Event = Counted | Discounted | OfPlan | OfRight
EVENTS: Final = (Counted, Discounted, Demanded, Drafted, Answered, Progressed, Overdue, Closed, Withdrawn, Arose,
                 Lapsed)  # fmt: skip


def apply(standing: Standing | None, event: Event) -> Standing:
    if isinstance(event, Counted):
        known = standing or Standing(event.about)
        return replace(known, about=event.about, misses=(*known.misses, event.miss))
    if standing is None:
        raise ValueError("a standing begins with a miss")
    match event:
        case Discounted(miss):
            return replace(standing, misses=tuple(each for each in standing.misses if each.id != miss))
        case Demanded(plan):
            return replace(standing, plans=(*standing.plans, plan))
        case Arose(right):
            others = tuple(each for each in standing.rights if each.id != right.id)
            return replace(standing, rights=(*others, right))
        case Lapsed(id, _, at):
            rights = tuple(replace(each, lapsed_at=at) if each.id == id else each for each in standing.rights)
            return replace(standing, rights=rights)
        case _:
            plans = tuple(_moved(each, event) if each.id == event.plan else each for each in standing.plans)
            return replace(standing, plans=plans)


def _moved(plan: Plan, event: Drafted | Answered | Progressed | Overdue | Closed | Withdrawn) -> Plan:
    match event:
        case Drafted(_, owner, measures):
            return replace(
                plan, status=PlanStatus.DRAFTED, owner=owner, measures=measures, returned_because=None
            )  # fmt: skip
        case Answered(_, agreed, reason, draft_by, _, at):
            if agreed:
                return replace(plan, status=PlanStatus.AGREED, returned_because=None)
            return replace(
                plan, status=PlanStatus.RETURNED, returned_because=reason, returned_at=at, draft_by=draft_by,
                overdue_at=None,
            )  # fmt: skip
        case Progressed(_, note, done, by, at):
            measures = tuple(replace(each, done_at=at) if each.id in done else each for each in plan.measures)
            return replace(plan, measures=measures, progress=(*plan.progress, Progress(note, by, at)))
        case Overdue(_, None, at):
            return replace(plan, overdue_at=at)
        case Overdue(_, measure, at):
            late = tuple(replace(each, overdue_at=at) if each.id == measure else each for each in plan.measures)
            return replace(plan, measures=late)
        case Closed(_, effective, conclusion, _, at):
            status = PlanStatus.EFFECTIVE if effective else PlanStatus.INEFFECTIVE
            return replace(plan, status=status, conclusion=conclusion, closed_at=at)
        case Withdrawn(_, at):
            return replace(plan, status=PlanStatus.WITHDRAWN, closed_at=at)
        case _:
            assert_never(event)
