"""What the others are told of each change of an incident."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never

from sepakat_incidents import line as domain
from sepakat_incidents.line import Event, Line
from sepakat_shared.contracts import incidents as contract
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact, Title, rfc3339
from sepakat_shared.contracts.metrics import MetricTicket
from sepakat_shared.messages import Message


def of_line(event: Event, line: Line) -> Iterable[Message]:
    """The messages of one event, with the line after it."""
    incident = line.incident
    if incident is None:
        raise ValueError("an event without an incident")
    fact = _fact(event, incident)
    told = [] if fact is None else [Message.of(topics.INCIDENTS, incident.id, fact)]
    return [*told, *_measured(event, incident)]


def _measured(event: Event, incident: domain.Incident) -> Iterable[Message]:
    """The same as facts of a ticket, so that answering and restoring are measured like everything else.

    They feed the indicator `provider/service-tickets`, if somebody has registered that, with `/sepakat/incidents` as a
    source. Only who is responsible has responded.
    """
    match event:
        case domain.Opened():
            yield _ticket(incident, "opened", incident.opened_at, priority=incident.priority)
        case domain.Raised(_, priority, _, _, at):
            yield _ticket(incident, "prioritised", at, priority=priority)
        case domain.Acknowledged(_, _, True, at):
            yield _ticket(incident, "responded", at)
        case domain.Resolved(_, ended, at):
            yield _ticket(incident, "restored", max(ended, incident.opened_at))
            yield _ticket(incident, "resolved", at)
        case _:
            return


def _ticket(incident: domain.Incident, fact: str, at: datetime, **more: str) -> Message:
    indicator = f"{incident.about.provider}/{incident.about.service}-tickets"
    data = {"indicator": indicator, "ticket": incident.id, "fact": fact, **more}
    return Message(topics.METRICS, indicator, MetricTicket.type, data, subject=indicator, at=rfc3339(at))


def _about(incident: domain.Incident, at: datetime) -> dict[str, Any]:
    about = incident.about
    return {
        "incident": incident.id,
        "number": incident.number,
        "agreement": about.agreement,
        "agreement_title": _title(about.agreement_title),
        "provider": about.provider,
        "customer": about.customer,
        "service": about.service,
        "service_title": _title(about.service_title),
        "title": Title(**incident.title),
        "priority": incident.priority,
        "opened_at": incident.opened_at,
        "impact_started_at": incident.impact_started_at,
        "at": at,
    }


def _title(words: dict[str, str] | None) -> Title | None:
    return None if words is None else Title(**words)


def _fact(event: Event, incident: domain.Incident) -> Fact | None:
    match event:
        case domain.Opened(_, trigger):
            about = _about(incident, incident.opened_at)
            return contract.IncidentOpened(**about, cause=trigger.kind, cause_event=trigger.event)
        case domain.Attached(trigger, at):
            return contract.CauseAttached(
                **_about(incident, at), cause=trigger.kind, cause_event=trigger.event, objective=trigger.objective,
                objective_title=_title(trigger.objective_title), attainment=trigger.attainment, target=trigger.target,
            )  # fmt: skip
        case domain.Raised(previous, _, _, _, at):
            return contract.IncidentRaised(**_about(incident, at), previous_priority=previous)
        case domain.Planned() | domain.Passed() | domain.Noted():
            return None
        case domain.Escalated(level, round, contacts, acknowledge_by, at):
            return contract.IncidentEscalated(
                **_about(incident, at), level=level, round=round, contacts=contacts, acknowledge_by=acknowledge_by,
                **domain.next_rung(incident),
            )  # fmt: skip
        case domain.Exhausted(at):
            return contract.EscalationExhausted(**_about(incident, at))
        case domain.Acknowledged(by, party, stops, at):
            taken = _seconds(at, incident.opened_at)
            return contract.IncidentAcknowledged(
                **_about(incident, at), by=by, party=party, stops_ladder=stops, seconds_to_acknowledge=taken
            )
        case domain.Resolved(by, ended, at):
            return contract.IncidentResolved(
                **_about(incident, at),
                by=by,
                impact_ended_at=ended,
                seconds_to_resolve=_seconds(at, incident.opened_at),
            )
        case domain.Closed(at):
            return contract.IncidentClosed(**_about(incident, at))
        case _:
            assert_never(event)


def _seconds(end: datetime, start: datetime) -> str:
    return f"{(end - start).total_seconds():.3f}"
