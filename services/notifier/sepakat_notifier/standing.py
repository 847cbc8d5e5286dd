"""How an incident stands, as far as the notifier has heard: what its pages say before somebody presses. Pure.

It may be a moment behind. What is pressed in that moment changes nothing where `incidents` knows better.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from sepakat_shared.contracts import incidents
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.contracts.incidents import _IncidentEvent

Ending = Literal["granted", "refused", "lapsed"]
Status = Literal["open", "acknowledged", "resolved", "closed", "merged"]

FACTS: Final[tuple[type[Fact], ...]] = (
    incidents.IncidentOpened, incidents.IncidentEscalated, incidents.IncidentHandedOver, incidents.SnoozeEnded,
    incidents.IncidentSnoozed, incidents.IncidentAcknowledged, incidents.IncidentUnacknowledged,
    incidents.IncidentReopened, incidents.IncidentResolved, incidents.IncidentClosed, incidents.IncidentMerged,
    incidents.PauseAnswered, incidents.PauseLapsed,
)  # fmt: skip
"""The events that it follows from."""


@dataclass(frozen=True)
class Settled:
    """What became of a request that clocks stood still in `[start, end)`."""

    how: Ending
    at: datetime
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Standing:
    """`responsible` is the party that must take it up, where it is known. `into` numbers what it is a part of, and
    `into_incident` is the id of that.

    `anew_at` is when whoever had it in hand had it no longer, when it was opened again, or merged: what was said before
    that counts no longer. `requests` are those for pauses that nobody has to answer any more, by their ids.
    """

    incident: str
    number: str
    agreement: str
    service: str
    service_title: dict[str, str] | None
    began_at: datetime
    changed_at: datetime
    status: Status = "open"
    responsible: str | None = None
    may_snooze_seconds: str | None = None
    snoozed_until: datetime | None = None
    into: str | None = None
    anew_at: datetime | None = None
    into_incident: str | None = None
    requests: dict[str, Settled] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.status in ("open", "acknowledged")

    def settled(self, fact: incidents.PauseRequested) -> Settled | None:
        """What became of the request; that one had lapsed was not told by itself by earlier versions."""
        known = self.requests.get(fact.request)
        if known is None and self.status in ("closed", "merged"):
            return Settled("lapsed", self.changed_at, fact.start, fact.end)
        return known


def after(standing: Standing | None, fact: _IncidentEvent) -> Standing:
    title = fact.service_title.model_dump(exclude_none=True) if fact.service_title else None
    began = fact.impact_started_at or fact.opened_at
    known = standing or Standing(fact.incident, fact.number, fact.agreement, fact.service, title, began, fact.at)
    if isinstance(fact, incidents.PauseAnswered | incidents.PauseLapsed):
        # The incident stands as it stood.
        return replace(known, requests={**known.requests, fact.request: _settled(fact)})
    known = replace(
        known, changed_at=fact.at, began_at=began, responsible=getattr(fact, "responsible", None) or known.responsible
    )
    match fact:
        case incidents.IncidentEscalated(reason="time-left"):
            return known  # the ladder stands where it stood
        case incidents.IncidentEscalated() | incidents.IncidentHandedOver() | incidents.SnoozeEnded():
            anew_at = fact.at if isinstance(fact, incidents.IncidentHandedOver) else known.anew_at
            return replace(
                known, status="open", may_snooze_seconds=fact.may_snooze_seconds, snoozed_until=None, anew_at=anew_at
            )
        case incidents.IncidentSnoozed(until=until, may_snooze_seconds=left):
            return replace(known, may_snooze_seconds=left, snoozed_until=until)
        case incidents.IncidentAcknowledged(stops_ladder=True):
            return replace(known, status="acknowledged", snoozed_until=None)
        case incidents.IncidentUnacknowledged() | incidents.IncidentReopened():
            return replace(known, status="open", snoozed_until=None, anew_at=fact.at)
        case incidents.IncidentResolved():
            return replace(known, status="resolved", snoozed_until=None)
        case incidents.IncidentClosed():
            # What was over already does not last until somebody closes the record of it.
            changed_at = standing.changed_at if standing is not None and not standing.is_open else fact.at
            return replace(known, status="closed", changed_at=changed_at, snoozed_until=None)
        case incidents.IncidentMerged(into=kept, into_number=number):
            # Whoever had it in hand has the other one in hand, too.
            anew_at = known.anew_at if known.status == "acknowledged" else fact.at
            return replace(
                known, status="merged", into=number, into_incident=kept, snoozed_until=None, anew_at=anew_at
            )  # fmt: skip
        case _:
            return known


def _settled(fact: incidents.PauseAnswered | incidents.PauseLapsed) -> Settled:
    how: Ending = "lapsed"
    if isinstance(fact, incidents.PauseAnswered):
        how = "granted" if fact.granted else "refused"
    return Settled(how, fact.at, fact.start, fact.end)
