"""Which events somebody is told of, and what each is about. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sepakat_notifier.notification import Notification
from sepakat_shared.contracts import (
    agreements,
    compliance,
    credits,
    disputes,
    feedback,
    incidents,
    lasting,
    maintenance,
    notifications,
    obligations,
    oncall,
    proposals,
    remedies,
    reports,
    reviews,
    topics,
)
from sepakat_shared.contracts.catalogue import EVENTS
from sepakat_shared.contracts.fact import Fact

Agreed = (
    proposals._ProposalEvent | lasting._LastingEvent | agreements.AgreementAmended | credits._CreditEvent
    | maintenance._MaintenanceEvent
    | obligations._ObligationEvent | remedies._RemedyEvent
    | reviews._ReviewEvent
    | feedback.IncidentFeedbackAsked
    | reviews.MonthlyReportCompiled
)  # fmt: skip
"""What is told of an agreement itself. It names whom to write to: nobody may have signed yet."""
_OF_AGREEMENTS = Agreed | agreements._NeedEvent | agreements.NeedWaived

TOLD: dict[str, list[type[Fact]]] = {
    topic: [event for event in EVENTS[topic] if issubclass(event, Fact)]
    for topic in (topics.INCIDENTS, topics.COMPLIANCE)
} | {topics.AGREEMENTS: [event for event in EVENTS[topics.AGREEMENTS] if issubclass(event, _OF_AGREEMENTS)]}
CONTRACTS = {contract.type: contract for contracts in TOLD.values() for contract in contracts}
"""Every event that somebody may be told of, by its type."""

NOTICES: dict[str, type[Fact]] = {
    each.type: each for each in (notifications.EndpointDisabled, notifications.NotificationGivenUp)
}
"""What the notifier itself has to tell: of an endpoint its party, of what was given up whoever runs the service."""


def fact_of(notification: Notification) -> Fact:
    """What a message tells of, as its contract reads it."""
    type = notification.occasion.type
    return (CONTRACTS.get(type) or NOTICES[type]).model_validate(notification.occasion.data)


@dataclass(frozen=True)
class Subject:
    """What an event is about, and the two parties that it concerns."""

    about: str
    about_type: str
    agreement: str
    provider: str
    customer: str

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer


def subject_of(fact: Fact) -> Subject:
    """Raises TypeError for an event that is about none of these."""
    if isinstance(fact, incidents._IncidentEvent):
        return Subject(fact.incident, "incident", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, disputes._DisputeEvent):
        return Subject(fact.dispute, "dispute", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, oncall._OnCallEvent):
        return Subject(fact.rotation, "rotation", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, reports._ReportEvent):
        return Subject(fact.report, "report", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, compliance._ObjectiveEvent):
        about = f"{fact.agreement}/{fact.objective}"
        return Subject(about, "objective", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, compliance._About):
        about = f"{fact.agreement}/{fact.indicator}"
        return Subject(about, "indicator", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, compliance.AdjustmentGranted):
        return Subject(fact.adjustment, "adjustment", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, compliance._Backtest):
        return Subject(fact.backtest, "backtest", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, credits._CreditEvent):
        return Subject(fact.credit, "credit", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, maintenance._MaintenanceEvent):
        about = f"{fact.agreement}/{fact.maintenance}"
        return Subject(about, "maintenance", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, obligations._ObligationEvent):
        return Subject(fact.occurrence, "obligation", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, remedies._PlanEvent):
        return Subject(fact.plan, "improvement-plan", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, reviews._ReviewEvent):
        about = f"{fact.agreement}/{fact.review}"
        return Subject(about, "review", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, reviews.MonthlyReportCompiled):
        return Subject(f"{fact.agreement}/{fact.month}", "monthly-report", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, feedback.IncidentFeedbackAsked):
        # Not the incident itself: whoever is asked is not told of what comes next of it for that.
        return Subject(f"{fact.incident}/feedback", "incident-feedback", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, _OF_AGREEMENTS):
        return Subject(fact.agreement, "agreement", fact.agreement, fact.provider, fact.customer)
    raise TypeError(f"nobody is told of {fact.type}")


def asks_to_acknowledge(type: str) -> bool:
    """Whether a message about such an event carries the acknowledge link."""
    return type in (incidents.IncidentEscalated.type, incidents.IncidentHandedOver.type, incidents.SnoozeEnded.type)


def is_for_one_person(fact: Fact) -> bool:
    """Whether it asks something by a link that is one person's: a room that many read is not told of it."""
    return isinstance(fact, feedback.IncidentFeedbackAsked)


def replies_are_shared(fact: Fact) -> bool:
    """Whether both parties read a reply to such a message: to what was said to both, not to what asks one's own."""
    return isinstance(fact, incidents.IncidentCommented)


def no_endpoint(parties: Sequence[str]) -> str:
    """Why an endpoint that a level names is not called."""
    return f"no endpoint of {' or '.join(parties)}"


def endpoints_named(fact: Fact) -> tuple[str, ...]:
    """The webhook endpoints that a level of the escalation names: they are told whatever else they want."""
    return (fact.webhooks or ()) if isinstance(fact, incidents.IncidentEscalated) else ()


def wants(types: Sequence[str], type: str) -> bool:
    """Whether an endpoint with these patterns (`sepakat.incident.*`) is told of `type`.

    None means all but single reports, which a flood may bring by the hundred: they are for who asks for them.
    """
    if not types:
        return not type.startswith("sepakat.report.")
    return any(fnmatchcase(type, pattern) for pattern in types)
