"""What was said of single incidents, in the database, and who was asked for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from sepakat_agreements.feedback import (
    Answer,
    IncidentFeedbackAsked,
    IncidentFeedbackGiven,
    OfIncident,
    OfIncidentEvent,
    apply,
    of_incident,
)
from sepakat_agreements.handled import Handled
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import feedback as published
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Title
from sepakat_shared.messages import Envelope, Message


def _fields(known: OfIncident) -> Mapping[str, Any]:
    return {"parties": [known.provider, known.customer], "agreement": known.agreement}


def _messages(event: OfIncidentEvent, _known: OfIncident) -> Iterable[Message]:
    """What was said is read in packs; that somebody is asked is told to them."""
    if not isinstance(event, IncidentFeedbackAsked):
        return []
    fact = published.IncidentFeedbackAsked(
        incident=event.incident, number=event.number, agreement=event.agreement, version=event.version,
        provider=event.provider, customer=event.customer,
        agreement_title=None if event.agreement_title is None else Title(**event.agreement_title),
        service=event.service, service_title=None if event.service_title is None else Title(**event.service_title),
        title=Title(**event.title), priority=event.priority,
        contacts=tuple(each.partition("/")[2] for each in event.people), recipients=event.people,
        answer_by=event.answer_by, at=event.at,
    )  # fmt: skip
    return [Message.of(topics.AGREEMENTS, event.agreement, fact)]


FEEDBACK: Kind[OfIncident, OfIncidentEvent] = Kind(
    "incident_feedback", OfIncident, (IncidentFeedbackGiven, IncidentFeedbackAsked), apply, _fields, _messages
)


class IncidentFeedback:
    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, FEEDBACK)

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("agreement", ASCENDING)])

    async def of(self, agreement: str) -> list[OfIncident]:
        found = await self.all.states.find({"agreement": agreement}).sort("_id", ASCENDING).to_list(None)
        return [self.all.read(each).state for each in found]

    async def find(self, incident: str) -> OfIncident | None:
        loaded = await self.all.find(incident)
        return None if loaded is None else loaded.state

    async def give(self, incident: Handled, party: str, answer: Answer, by: str) -> OfIncident:
        """Raises Forbidden or Conflict."""
        await self.all.execute(
            incident.id, lambda known, _now: of_incident(known, incident, party, answer), by=by
        )  # fmt: skip
        return (await self.all.get(incident.id)).state

    async def note(
        self, incident: str, decide: Callable[[OfIncident | None, datetime], Sequence[OfIncidentEvent]], cause: Envelope
    ) -> None:
        """What follows from what others told. Raises whatever `decide` raises."""
        await self.all.execute(incident, decide, by=cause.source, cause=cause)
