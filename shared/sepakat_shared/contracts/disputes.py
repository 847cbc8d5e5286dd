"""What `incidents` publishes of disputes: who contests what, whose turn it is until when, and what came of it."""

from typing import ClassVar, Literal

from sepakat_shared.contracts.fact import Fact, Instant, Part, PeriodSpan, Title

SubjectKind = Literal["verdict", "clock", "credit", "clause"]
Result = Literal["upheld", "partly", "rejected"]
How = Literal["agreement", "default", "mediator", "forum"]


class Adjustment(Part):
    """One change of what was measured, as metrics' `/v1/adjustments` has it.

    `start` and `end` bound an `exclusion` or `downtime`; `events` adds `good` of `total` at `start`; `case-time` adds
    `seconds` to the clocks of `ticket`, or takes them away when less than 0. No objectives: all of the agreement;
    of the outcome about a clock, none.
    """

    kind: Literal["exclusion", "downtime", "events", "case-time"]
    objectives: tuple[str, ...] = ()
    start: Instant | None = None
    end: Instant | None = None
    good: int = 0
    total: int = 0
    ticket: str | None = None
    seconds: int = 0


class Remedy(Part):
    """What is asked, offered or granted. `credit_percent` of the charge is a decimal string; `terms` are words."""

    adjustments: tuple[Adjustment, ...] = ()
    credit_percent: str | None = None
    terms: str | None = None


class Evidence(Part):
    """`hash` is `sha256:…` of a file or of an evidence pack."""

    description: str
    url: str | None = None
    hash: str | None = None


class DisputedFigure(Part):
    """A figure as it was told: percentages are decimal strings, `value` is in `unit`."""

    attainment: str | None = None
    value: str | None = None
    unit: str | None = None
    target: str | None = None
    met: bool | None = None
    state: str | None = None
    credit_percent: str | None = None


class _DisputeEvent(Fact):
    """Enough of the dispute for a reader that knows nothing else of it.

    `raised_by` is a party. Of the fields from `objective` to `clause` there are those that the subject has. `awaits`
    are the parties whose turn it is after this event and `contact` the mediator, until `deadline`; all are missing
    when nobody's time runs. `mediators` are those whose step has begun, be it over or not, the latest at the end:
    `party/contact`, or the contact alone where the agreement does not say whose it is.
    """

    dispute: str
    number: str
    agreement: str
    agreement_title: Title | None = None
    provider: str
    customer: str
    raised_by: str
    subject_kind: SubjectKind
    subject: str
    objective: str | None = None
    objective_title: Title | None = None
    period: PeriodSpan | None = None
    service: str | None = None
    service_title: Title | None = None
    incident: str | None = None
    incident_number: str | None = None
    clause: str | None = None
    act: Literal["answer", "settle", "decide"] | None = None
    awaits: tuple[str, ...] = ()
    contact: str | None = None
    mediators: tuple[str, ...] | None = None
    deadline: Instant | None = None
    otherwise: Literal["upheld", "rejected", "next", "forum"] | None = None
    at: Instant


class DisputeRaised(_DisputeEvent):
    """A party contests a verdict, an incident's clock, a credit or a clause, and says what it asks for."""

    type: ClassVar[str] = "sepakat.dispute.raised.v1"
    statement: str
    evidence: tuple[Evidence, ...] = ()
    asked: Remedy
    measured: DisputedFigure | None = None
    by: str


class DisputeAnswered(_DisputeEvent):
    """`party` has answered: with `offer` (number `offer_number`) for a part of what is asked, or without: a refusal."""

    type: ClassVar[str] = "sepakat.dispute.answered.v1"
    party: str
    statement: str
    evidence: tuple[Evidence, ...] = ()
    offer: Remedy | None = None
    offer_number: int | None = None
    by: str


class DisputeCountered(_DisputeEvent):
    """`party` has put another offer on the table, in place of its last."""

    type: ClassVar[str] = "sepakat.dispute.countered.v1"
    party: str
    statement: str
    evidence: tuple[Evidence, ...] = ()
    offer: Remedy
    offer_number: int
    by: str


class DisputeReminded(_DisputeEvent):
    """The time of the present step goes by."""

    type: ClassVar[str] = "sepakat.dispute.reminded.v1"


class DisputeStepDefaulted(_DisputeEvent):
    """The time of `missed_act` passed: `default` is what was agreed for that.

    `missed_mediator` is whose time it was, where that was a mediator's, as `mediators` names them.
    """

    type: ClassVar[str] = "sepakat.dispute.step_defaulted.v1"
    missed_act: Literal["answer", "settle", "decide"]
    default: Literal["upheld", "rejected", "next", "forum"]
    missed_mediator: str | None = None


class DisputeReferred(_DisputeEvent):
    """The agreed procedure is at its end: `forum` decides, where the agreement names one, outside of this system."""

    type: ClassVar[str] = "sepakat.dispute.referred.v1"
    forum: str | None = None


class DisputeSettled(_DisputeEvent):
    """The outcome: `remedy` is what is to be done, and metrics grants each of its adjustments once.

    `party` is whose acceptance or silence ended it; there is none where a third decided. `agreed` is what an incident's
    clock counts for now; the figures of objectives follow by `sepakat.dispute.recalculated.v1`.
    """

    type: ClassVar[str] = "sepakat.dispute.settled.v1"
    result: Result
    how: How
    remedy: Remedy
    party: str | None = None
    statement: str | None = None
    by: str
    agreed: DisputedFigure | None = None


class DisputeWithdrawn(_DisputeEvent):
    """The party that raised it has given it up: nothing changes."""

    type: ClassVar[str] = "sepakat.dispute.withdrawn.v1"
    statement: str | None = None
    by: str


class DisputeRecalculated(_DisputeEvent):
    """The period was judged again by the outcome: what was measured and what was agreed, beside each other."""

    type: ClassVar[str] = "sepakat.dispute.recalculated.v1"
    measured: DisputedFigure | None = None
    agreed: DisputedFigure
