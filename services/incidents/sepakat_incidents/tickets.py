"""Each step of an incident as a fact of a ticket, so that handling is measured like everything else."""

from collections.abc import Iterable
from datetime import datetime

from sepakat_incidents import events as happened
from sepakat_incidents.events import Event
from sepakat_incidents.incident import Incident
from sepakat_incidents.record import Merged, Reopened
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.metrics import MetricTicket
from sepakat_shared.messages import Message


def facts(event: Event, incident: Incident) -> Iterable[Message]:
    """They feed the indicator `provider/service-tickets`, where that has the source `/sepakat/incidents`. Several
    agreements may measure by it, so each fact names its own.

    Only who is responsible has responded, or told how it goes. Each has the time at which it was so, also where
    both parties agree on that later.
    """
    match event:
        case happened.Opened():
            yield _fact(incident, "opened", incident.opened_at, priority=incident.priority)
        case happened.Raised(_, priority, _, _, at):
            yield _fact(incident, "prioritised", at, priority=priority)
        case happened.Prioritised(_, priority):
            yield _fact(incident, "prioritised", event.at, priority=priority)
        case happened.Acknowledged(_, party, _, at) if party == incident.responsible and event.given == 1:
            yield _fact(incident, "responded", at)
        case happened.Updated(_, party, _, at) if party == incident.responsible:
            yield _fact(incident, "updated", at)
        case happened.Paused(reason, _, at):
            yield _fact(incident, "paused", at, reason=reason)
        case happened.Resumed(_, at):
            yield _fact(incident, "resumed", at)
        case happened.PauseAnswered(request, True):
            yield _fact(incident, "paused", request.start, reason=request.reason)
            yield _fact(incident, "resumed", request.end)
        case happened.Resolved(_, ended, at):
            yield _fact(incident, "restored", max(ended, incident.opened_at))
            yield _fact(incident, "resolved", at)
        case Merged(_, _, _, at):
            yield _fact(incident, "cancelled", at)  # the case goes on as that of the one that was kept
        case Reopened(_, _, _, at):
            yield _fact(incident, "reopened", at)
        case _:
            return


def _fact(incident: Incident, fact: str, at: datetime, **more: str) -> Message:
    indicator = f"{incident.about.provider}/{incident.about.service}-tickets"
    of = {"ticket": incident.id, "agreement": incident.about.agreement}
    data = {"indicator": indicator, **of, "fact": fact, **more}
    return Message(topics.METRICS, indicator, MetricTicket.type, data, subject=indicator, at=rfc3339(at))
