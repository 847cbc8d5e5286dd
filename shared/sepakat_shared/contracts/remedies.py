"""What `agreements` publishes about repeated misses: improvement plans, and rights to terminate."""

from typing import ClassVar

from sepakat_shared.contracts.fact import Fact, Instant, Part, Title


class RepeatedMiss(Part):
    """One of the misses: an `objective`'s in the period that ended `at`, or an `obligation`'s that was due `at`."""

    objective: str | None = None
    obligation: str | None = None
    title: Title | None = None
    at: Instant


class PlannedMeasure(Part):
    measure: str
    text: str
    due_at: Instant
    done_at: Instant | None = None


class _RemedyEvent(Fact):
    """`contacts` are those who are written to, `recipients` the same as `party/contact`; `party` is whose plan or right
    it is, and `misses` are what it follows from.
    """

    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: Title | None = None
    contacts: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    party: str
    misses: tuple[RepeatedMiss, ...] = ()
    at: Instant


class _PlanEvent(_RemedyEvent):
    """The plan as the event left it; `draft_by` is until when a draft is awaited."""

    plan: str
    draft_by: Instant
    owner: str | None = None
    measures: tuple[PlannedMeasure, ...] = ()


class PlanDemanded(_PlanEvent):
    """The misses are as many as the text says: `party` owes an improvement plan."""

    type: ClassVar[str] = "sepakat.improvement_plan.demanded.v1"


class PlanDrafted(_PlanEvent):
    """`party` puts its plan before the other one."""

    type: ClassVar[str] = "sepakat.improvement_plan.drafted.v1"
    by: str


class PlanAnswered(_PlanEvent):
    """The other party agrees, or returns it with a reason."""

    type: ClassVar[str] = "sepakat.improvement_plan.answered.v1"
    agreed: bool
    reason: str | None = None
    by: str


class PlanProgressed(_PlanEvent):
    """How it goes; `done` are the measures that are done with this."""

    type: ClassVar[str] = "sepakat.improvement_plan.progressed.v1"
    note: str
    done: tuple[str, ...] = ()
    by: str


class PlanOverdue(_PlanEvent):
    """No draft has come in time, or the `overdue` measure is not done in its time: both parties are told."""

    type: ClassVar[str] = "sepakat.improvement_plan.overdue.v1"
    overdue: PlannedMeasure | None = None


class PlanClosed(_PlanEvent):
    """The other party says whether it has helped."""

    type: ClassVar[str] = "sepakat.improvement_plan.closed.v1"
    effective: bool
    conclusion: str
    by: str


class PlanWithdrawn(_PlanEvent):
    """Corrections left too few of the misses, and nobody has drafted it yet."""

    type: ClassVar[str] = "sepakat.improvement_plan.withdrawn.v1"


class _RightEvent(_RemedyEvent):
    """`party` may terminate; `until` is None where the text sets no end to that."""

    right: str
    until: Instant | None = None


class TerminationRightArose(_RightEvent):
    """The misses are as many as the text says. Of one that is known: it stands for these misses, and until then."""

    type: ClassVar[str] = "sepakat.termination_right.arose.v1"


class TerminationRightLapsed(_RightEvent):
    """Its time has passed; or, `corrected`, too few of the misses are left."""

    type: ClassVar[str] = "sepakat.termination_right.lapsed.v1"
    corrected: bool
