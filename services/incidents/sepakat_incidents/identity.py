"""What tells one incident from others, as facts about it carry it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sepakat_incidents.incident import About, Incident
from sepakat_shared.contracts.fact import Title


@dataclass(frozen=True)
class Identity:
    """An incident as it stood when something about it was written down."""

    id: str
    number: str
    about: About
    priority: str
    title: dict[str, str]
    opened_at: datetime
    impact_started_at: datetime

    @classmethod
    def of(cls, incident: Incident) -> "Identity":
        return cls(
            incident.id, incident.number, incident.about, incident.priority, incident.title, incident.opened_at,
            incident.impact_started_at,
        )  # fmt: skip

    @property
    def parties(self) -> tuple[str, str]:
        return self.about.provider, self.about.customer

    def as_fact(self, at: datetime) -> dict[str, Any]:
        """The fields that every fact about an incident has."""
        about = self.about
        return {
            "incident": self.id,
            "number": self.number,
            "agreement": about.agreement,
            "agreement_title": titled(about.agreement_title),
            "provider": about.provider,
            "customer": about.customer,
            "service": about.service,
            "service_title": titled(about.service_title),
            "title": Title(**self.title),
            "priority": self.priority,
            "opened_at": self.opened_at,
            "impact_started_at": self.impact_started_at,
            "at": at,
        }


def titled(words: dict[str, str] | None) -> Title | None:
    return None if words is None else Title(**words)
