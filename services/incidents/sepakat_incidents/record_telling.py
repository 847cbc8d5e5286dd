"""What the others are told of a change of an incident's record."""

from collections.abc import Iterable

from sepakat_incidents.identity import Identity
from sepakat_incidents.incident import Incident
from sepakat_incidents.record import (
    Absorbed,
    Counted,
    Forwarded,
    ImpactCorrected,
    Linked,
    Merged,
    Owned,
    RecordEvent,
    Reopened,
    TimeAgreed,
    Triaged,
    Unlinked,
)
from sepakat_shared.contracts import incidents as contract
from sepakat_shared.contracts.fact import Fact


def facts(event: RecordEvent, incident: Incident) -> Iterable[Fact]:
    """`incident` is the one that has changed, as it is after that."""
    about = Identity.of(incident).as_fact
    match event:
        case Triaged(impact, urgency, _, by, party, at):
            yield contract.IncidentTriaged(
                **about(at), impact=impact, urgency=urgency, by=by, party=party, reason=event.reason
            )
        case Owned(owner, previous, by, at):
            yield contract.IncidentOwnerChanged(
                **about(at), owner=owner, previous_owner=previous, responsible=incident.responsible, by=by
            )
        case Reopened(by, party, reason, at):
            yield contract.IncidentReopened(**about(at), by=by, party=party, reason=reason, times=incident.reopened)
        case ImpactCorrected(_, _, ended_at, started_before, ended_before, by, reason, at):
            yield contract.ImpactCorrected(
                **about(at), impact_ended_at=ended_at, previous_started_at=started_before,
                previous_ended_at=ended_before, responsible=incident.responsible, by=by, reason=reason,
            )  # fmt: skip
        case Merged(into, number, by, at, reason):
            yield contract.IncidentMerged(**about(at), into=into, into_number=number, by=by, reason=reason)
        case Linked(_, kind, to, number, by, at):
            yield contract.IncidentLinked(**about(at), kind=kind, to=to, to_number=number, by=by)
        case Unlinked(_, kind, to, by, at):
            yield contract.IncidentUnlinked(**about(at), kind=kind, to=to, by=by)
        case Counted() | Absorbed() | Forwarded() | TimeAgreed():
            return  # a thousand alerts are told of once; merges and outcomes by facts of the duplicate and the dispute
