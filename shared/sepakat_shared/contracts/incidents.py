"""What `incidents` publishes."""

from typing import ClassVar, Literal

from sepakat_shared.contracts.fact import Fact, Instant, Title

Cause = Literal["impairment", "breach", "risk", "report"]


class _IncidentEvent(Fact):
    """Enough of the incident for a reader that knows nothing else of it."""

    incident: str
    number: str
    agreement: str
    agreement_title: Title | None = None
    provider: str
    customer: str
    service: str
    service_title: Title | None = None
    title: Title
    priority: str
    opened_at: Instant
    impact_started_at: Instant | None = None
    at: Instant


class IncidentOpened(_IncidentEvent):
    """An episode began. `cause_event` is the id of the event that opened it."""

    type: ClassVar[str] = "sepakat.incident.opened.v1"
    cause: Cause
    cause_event: str


class CauseAttached(_IncidentEvent):
    """What came later in the same episode: a breach within an impairment, say."""

    type: ClassVar[str] = "sepakat.incident.cause_attached.v1"
    cause: Cause
    cause_event: str
    objective: str | None = None
    objective_title: Title | None = None
    attainment: str | None = None
    target: str | None = None


class IncidentRaised(_IncidentEvent):
    """What attached is worse than what opened it: `priority` and `title` are those of the worse one from now on."""

    type: ClassVar[str] = "sepakat.incident.raised.v1"
    previous_priority: str


class IncidentEscalated(_IncidentEvent):
    """A level is told: `contacts` are asked to acknowledge before `acknowledge_by`."""

    type: ClassVar[str] = "sepakat.incident.escalated.v1"
    level: int
    round: int
    contacts: tuple[str, ...]
    acknowledge_by: Instant | None = None
    next_level: int | None = None


class EscalationExhausted(_IncidentEvent):
    """Every level was told as often as agreed, and nobody acknowledged."""

    type: ClassVar[str] = "sepakat.incident.escalation_exhausted.v1"


class IncidentAcknowledged(_IncidentEvent):
    """The responsible party has taken it up; and the ladder stops; another party's has `stops_ladder` false."""

    type: ClassVar[str] = "sepakat.incident.acknowledged.v1"
    by: str
    party: str
    stops_ladder: bool
    seconds_to_acknowledge: str


class IncidentResolved(_IncidentEvent):
    """The impact is over."""

    type: ClassVar[str] = "sepakat.incident.resolved.v1"
    by: str
    impact_ended_at: Instant | None = None
    seconds_to_resolve: str


class IncidentClosed(_IncidentEvent):
    """The record is closed."""

    type: ClassVar[str] = "sepakat.incident.closed.v1"
