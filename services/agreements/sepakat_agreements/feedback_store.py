"""What was said of single incidents, in the database."""

from collections.abc import Mapping
from typing import Any

from pymongo import ASCENDING

from sepakat_agreements.feedback import Answer, IncidentFeedbackGiven, OfIncident, apply, of_incident
from sepakat_agreements.handled import Handled
from sepakat_shared.commits import Aggregates, Commits, Kind


def _fields(known: OfIncident) -> Mapping[str, Any]:
    return {"parties": [known.provider, known.customer], "agreement": known.agreement}


FEEDBACK: Kind[OfIncident, IncidentFeedbackGiven] = Kind(
    "incident_feedback", OfIncident, (IncidentFeedbackGiven,), apply, _fields, lambda _event, _state: ()
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
