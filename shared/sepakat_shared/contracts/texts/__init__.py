"""The machine-readable texts: parties, indicators and agreements, as both parties sign and all services read them.

Field names are camelCase in YAML and JSON. A field nobody knows is refused, and so is a number that is not exact:
targets, amounts and shares are written as text (`"99.9"`). Durations are ISO 8601.
"""

from typing import Any, Literal

from pydantic import Field

from sepakat_shared.contracts.texts.duties import (
    Impact,
    Misses,
    Need,
    Obligation,
    PlanDemand,
    Remedies,
    TerminationRight,
    Trigger,
    Unmet,
)
from sepakat_shared.contracts.texts.frame import (
    Amendment,
    Charge,
    Languages,
    Parties,
    ServiceDescription,
    Signatory,
    Term,
    Underpinning,
)
from sepakat_shared.contracts.texts.indicators import Indicator
from sepakat_shared.contracts.texts.parties import Contact, Party
from sepakat_shared.contracts.texts.procedures import (
    Disputes,
    DisputeStep,
    Escalation,
    Layer,
    Level,
    PostIncidentNote,
    Priorities,
    Priority,
    Reporting,
    Review,
    Rotation,
    WhenLeft,
)
from sepakat_shared.contracts.texts.standards import (
    BurnAlert,
    Calendar,
    CaseClock,
    CreditRules,
    Credits,
    Limit,
    Maintenance,
    MaintenanceWindow,
    Objective,
    Profile,
    Window,
)
from sepakat_shared.contracts.texts.values import API_VERSION, DAYS, Duration, Id, IndicatorId, Metadata, Text
from sepakat_shared.hashes import canonical_hash


class Agreement(Text):
    """The written agreement between one provider and one customer."""

    api_version: Literal["sepakat/v1"] = API_VERSION
    kind: Literal["Agreement"] = "Agreement"
    metadata: Metadata
    languages: Languages | None = None
    parties: Parties
    signatories: tuple[Signatory, ...] = ()
    evidence_key: str | None = None
    """The public key (`ed25519:…`) of the service that measures: what it says must be signed with that one."""
    term: Term
    amendment: Amendment | None = None
    charges: tuple[Charge, ...] = ()
    services: tuple[ServiceDescription, ...] = Field(min_length=1)
    needs: tuple[Need, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    objectives: tuple[Objective, ...] = ()
    credit_rules: CreditRules | None = None
    remedies: Remedies | None = None
    maintenance: Maintenance | None = None
    reporting: Reporting | None = None
    priorities: Priorities | None = None
    rotations: tuple[Rotation, ...] | None = None
    escalation: dict[Id, Escalation] = Field({})
    post_incident_note: PostIncidentNote | None = None
    disputes: Disputes | None = None
    review: Review | None = None
    underpinning: tuple[Underpinning, ...] | None = None

    def service_of(self, objective: Objective, indicator: Indicator | None) -> ServiceDescription:
        """The service an objective is about: its own, else its indicator's, else the agreement's first."""
        named = objective.service or (indicator.service if indicator else None)
        return next((service for service in self.services if service.id == named), self.services[0])


Document = Party | Indicator | Agreement


def as_text(document: Document) -> dict[str, Any]:
    """The text with every default written out: what is signed, published and read back by `model_validate`."""
    return document.model_dump(mode="json", by_alias=True, exclude_none=True)


def text_hash(document: Document) -> str:
    """`sha256:` and the hash of the canonical JSON (RFC 8785) of the text: what a signature is of."""
    return canonical_hash(as_text(document))


__all__ = [
    "DAYS", "Agreement", "BurnAlert", "Calendar", "CaseClock", "Contact", "CreditRules", "Credits", "DisputeStep",
    "Disputes", "Document", "Duration", "Escalation", "Id", "Impact", "Indicator", "IndicatorId", "Layer", "Level",
    "Limit", "Maintenance", "MaintenanceWindow", "Metadata", "Misses", "Need", "Objective", "Obligation", "Party",
    "PlanDemand", "Priorities", "Priority", "Profile", "Remedies", "Review", "Term", "TerminationRight", "Text",
    "Trigger", "Underpinning", "Unmet", "WhenLeft", "Window", "as_text", "text_hash",
]  # fmt: skip
