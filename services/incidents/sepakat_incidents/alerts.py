"""Alerts of a monitoring system: what they are about, and what becomes of many of them. Pure.

The alerts of one line make one incident, however many they are: the first one opens it, the others are counted. They
are one cause together, which is over when the last of them is. The timeline tells of each tenfold number.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sepakat_incidents.earliest import earliest
from sepakat_incidents.events import Event
from sepakat_incidents.incident import Line, Trigger
from sepakat_incidents.record import Counted
from sepakat_shared.contracts.matrix import DEGREES, Degree
from sepakat_shared.contracts.texts import Term
from sepakat_shared.errors import FieldProblem
from sepakat_shared.words import cleaned

AGREEMENT, SERVICE, CAUSE = "sepakat_agreement", "sepakat_service", "sepakat_cause"
IMPACT, URGENCY = "sepakat_impact", "sepakat_urgency"
DETAILS: Final = "sepakat_description"
_SEVERITY: Final[Mapping[str, Degree]] = {
    "critical": "high", "page": "high", "error": "high", "warning": "medium", "info": "low", "none": "low",
}  # fmt: skip
ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
ID_RULE: Final = "must be an id: lower-case letters, digits and hyphens, 63 at most"
_WORDS = 200
"""The longest title that is made of an alert's words."""
_DETAILS = 4000


@dataclass(frozen=True)
class Alert:
    """One alert: fingerprint and start tell it from others. `ended_at` is None while it is firing."""

    fingerprint: str
    started_at: datetime
    ended_at: datetime | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    @property
    def words(self) -> str:
        """Of what a machine has written: cleaned, for nobody could mend it there."""
        said = (self.annotations.get("summary"), self.labels.get("alertname"), self.labels.get(SERVICE))
        return next((words for each in said if each and (words := cleaned(each, _WORDS))), "")

    @property
    def details(self) -> str:
        """What its rule says of it beside that to both parties."""
        return cleaned(self.annotations.get(DETAILS, ""), _DETAILS, lines=True)

    @property
    def internal(self) -> str:
        """What its rule says of it to those whose rule it is: nobody who writes that thinks of the other party."""
        return cleaned(self.annotations.get("description", ""), _DETAILS, lines=True)


@dataclass(frozen=True)
class Target:
    """The line that an alert is about; `cause` tells lines of one service apart."""

    agreement: str
    service: str
    cause: str | None = None


def target_of(alert: Alert) -> Target | FieldProblem:
    """What its labels name, or the label that is missing or cannot be."""
    for name in (AGREEMENT, SERVICE):
        if not alert.labels.get(name):
            return FieldProblem(_at(name), "is needed: it says what the alert is about")
    for name in (AGREEMENT, SERVICE, CAUSE):
        if name in alert.labels and not ID.fullmatch(alert.labels[name]):
            return FieldProblem(_at(name), ID_RULE)
    for name in (IMPACT, URGENCY):
        if name in alert.labels and alert.labels[name] not in DEGREES:
            return FieldProblem(_at(name), f"must be one of {', '.join(DEGREES)}")
    return Target(alert.labels[AGREEMENT], alert.labels[SERVICE], alert.labels.get(CAUSE))


def _at(label: str) -> str:
    return f"/labels/{label}"


def gravity(alert: Alert) -> tuple[Degree, Degree]:
    """Impact and urgency by its labels, else by `severity`; medium where nothing is said."""
    severity = _SEVERITY.get(alert.labels.get("severity", "").lower(), "medium")
    impact = next((each for each in DEGREES if each == alert.labels.get(IMPACT)), severity)
    urgency = next((each for each in DEGREES if each == alert.labels.get(URGENCY)), severity)
    return impact, urgency


def begins(alerts: Iterable[Alert], now: datetime) -> datetime:
    """When the impact began: with the first of them, and not after now."""
    return min(now, *(each.started_at for each in alerts))


def trigger(
    line: str, event: str, title: dict[str, str], since: datetime, term: Term, now: datetime, details: str = ""
) -> Trigger:
    """The cause that they are together. What began before that can be on record is on record from there on."""
    first = earliest(term, now)
    said = since if since < first else None
    return Trigger(
        "alert", subject(line), event, max(since, first), title, description=details or None, said_since=said
    )


def subject(line: str) -> str:
    """What an incident waits for while alerts of that line are firing."""
    return f"alerts:{line}"


def passes_mark(told: int, count: int) -> bool:
    """Whether the timeline tells of `count` alerts, having told of `told`: of each tenfold number."""
    return count > told and len(str(count)) > len(str(max(1, told)))


def counted(
    line: Line | None, id: str, count: int, started_at: datetime, now: datetime, term: Term, *, final: bool = False
) -> Sequence[Event]:
    """Tell how many they are: at each mark, and at the end. `started_at` is the start of the earliest."""
    incident = line.incident if line else None
    if incident is None or incident.id != id or not incident.is_open:
        return []
    if not (passes_mark(incident.alerts, count) or (final and count != incident.alerts)):
        return []
    since = max(started_at, earliest(term, incident.opened_at))
    return [Counted(count, min(since, incident.impact_started_at), now)]
