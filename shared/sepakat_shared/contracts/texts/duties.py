"""What the customer needs, what each party owes, and what follows when it is missed."""

from datetime import date
from typing import Literal

from pydantic import Field

from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.texts.values import CalendarSpan, Currency, Duration, Exact, Id, Text


class Impact(Text):
    """What it costs the customer when the need is unmet, per duration."""

    cost: Exact
    currency: Currency
    per: Duration


class Need(Text):
    id: Id
    statement: Title
    goal: Title | None = None
    priority: Literal["must", "should", "could"]
    impact: Impact | None = None
    served_by: tuple[Id, ...] = ()


class Misses(Text):
    misses: int = Field(ge=1)
    within: CalendarSpan


class PlanDemand(Misses):
    """So many misses within the span demand an improvement plan, to be drafted `draftWithin` (14 days, where nothing is
    said).
    """

    draft_within: CalendarSpan | None = None


class TerminationRight(Misses):
    """So many misses within the span give the other party the right to terminate, with `notice` where that is said, and
    for `exerciseWithin` so long from the last of them on, or for as long as the agreement lasts.
    """

    notice: Duration | None = None
    exercise_within: CalendarSpan | None = None


class Unmet(Text):
    """What follows from an obligation that is not met in its time.

    It `pauses` these objectives from the due instant until it is met: that time does not count for them. Repeated
    misses of it demand an improvement plan of the party that owes it, and permit the other one to terminate.
    """

    pauses: tuple[Id, ...] = ()
    improvement_plan: PlanDemand | None = None
    termination: TerminationRight | None = None


class Trigger(Text):
    """An event that makes an obligation due: an incident of one of these priorities, or a missed target of one of these
    objectives; of any, where none is named.
    """

    event: Literal["incident-opened", "incident-resolved", "target-missed"]
    priorities: tuple[Literal["P1", "P2", "P3", "P4", "P5"], ...] = ()
    objectives: tuple[Id, ...] = ()


class Obligation(Text):
    """What `party` owes: once by the last instant of the day `due`; again and again, `every` so long or by `rrule`
    (RFC 5545, in days), from the day `first` on (the first day of the term, where nothing is said); or when something
    happens: a request of the other party, which `after` names, or the event of `trigger`.

    With `within` it is due so long after that, or after the beginning of each interval. `calendar` moves a day on which
    it has no hours to the next one that has some, and counts `within` in its hours. The owner is reminded `remind`
    before it is due. One that has none of these is a standing duty, without a date.
    """

    id: Id
    party: Id
    owner: Id | None = None
    text: Title
    every: CalendarSpan | None = None
    within: Duration | None = None
    after: str | None = None
    unmet: Unmet | None = None
    due: date | None = None
    first: date | None = None
    rrule: str | None = None
    calendar: str | None = None
    trigger: Trigger | None = None
    remind: Duration | None = None


class Remedies(Text):
    """What missed targets of calendar windows lead to: of all objectives `together`, where nothing is said, or of
    `each` alone.
    """

    improvement_plan: PlanDemand | None = None
    termination: TerminationRight | None = None
    counted: Literal["together", "each"] | None = None
