"""What `agreements` publishes about obligations: what is due, whether it was met, what follows when it was not."""

from typing import ClassVar, Literal

from sepakat_shared.contracts.fact import Fact, Instant, Part, PeriodSpan, Title


class ObligationEvidence(Part):
    """What lies at an https `url`: `size` in bytes, `sha256` in hexadecimal."""

    name: str
    media_type: str
    size: int
    sha256: str
    url: str


class _ObligationEvent(Fact):
    """One time that an obligation is owed, as the event left it; `contacts` are whom to write to, `recipients` the same
    as `party/contact`.

    `party` owes it, and `owner` of it is answerable. `occasion` says why it is owed, and `about` names the incident or
    the objective where an event asked for it. `unmet` is from the due instant until it was met, excused or void, where
    that was later: for so long it pauses the objectives in `pauses`. `services` are what these objectives are of; there
    are none where one of them leaves that to its indicator.
    """

    occurrence: str
    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: Title | None = None
    contacts: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    obligation: str
    text: Title
    party: str
    owner: str | None = None
    occasion: Literal["calendar", "request", "incident", "target-missed"]
    about: str | None = None
    begins_at: Instant
    due_at: Instant
    status: Literal["upcoming", "due", "overdue", "met", "met-late", "excused", "void"]
    pauses: tuple[str, ...] = ()
    services: tuple[str, ...] | None = None
    unmet: PeriodSpan | None = None
    at: Instant


class ObligationDue(_ObligationEvent):
    """It is to be met by `due_at`: told ahead of that, or at once where it was asked for (`note`) in less time."""

    type: ClassVar[str] = "sepakat.obligation.due.v1"
    note: str | None = None


class ObligationMet(_ObligationEvent):
    """The party that owes it says that it is met; `anew` with better evidence for what was said before."""

    type: ClassVar[str] = "sepakat.obligation.met.v1"
    late: bool
    anew: bool = False
    evidence: tuple[ObligationEvidence, ...] = ()
    note: str | None = None
    by: str


class ObligationOverdue(_ObligationEvent):
    """Its time has passed, and nobody has said that it is met."""

    type: ClassVar[str] = "sepakat.obligation.overdue.v1"


class ObligationAnswered(_ObligationEvent):
    """The other party accepts the evidence, or says why it does not."""

    type: ClassVar[str] = "sepakat.obligation.answered.v1"
    accepted: bool
    reason: str | None = None
    by: str


class ObligationExcused(_ObligationEvent):
    """The other party lets it be, or forgives that it was late: it is no miss."""

    type: ClassVar[str] = "sepakat.obligation.excused.v1"
    reason: str
    by: str


class ObligationVoided(_ObligationEvent):
    """Nobody owes it any more: the agreement has `ended`, or what asked for it was `retracted`."""

    type: ClassVar[str] = "sepakat.obligation.voided.v1"
    why: Literal["ended", "retracted"]
