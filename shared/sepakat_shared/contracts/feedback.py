"""What `agreements` publishes about feedback on single incidents."""

from typing import ClassVar

from sepakat_shared.contracts.fact import Fact, Instant, Title


class IncidentFeedbackAsked(Fact):
    """The customer's people are asked what they think of an incident that is closed, until `answer_by`; once of each.

    `contacts` are whom to write to, and `recipients` the same as `party/contact`.
    """

    type: ClassVar[str] = "sepakat.incident_feedback.asked.v1"
    incident: str
    number: str
    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: Title | None = None
    service: str
    service_title: Title | None = None
    title: Title
    priority: str
    contacts: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    answer_by: Instant
    at: Instant
