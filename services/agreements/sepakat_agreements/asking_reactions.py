"""An incident that is closed is asked about, and what people answer behind the link of that letter is kept."""

from typing import Final

from sepakat_agreements import asking
from sepakat_agreements.feedback_store import IncidentFeedback
from sepakat_agreements.people import People
from sepakat_agreements.records import Records
from sepakat_agreements.store import Agreements
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.incidents import IncidentClosed
from sepakat_shared.contracts.notifications import NotificationFeedbackGiven
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Reaction

_READER: Final = "incident-feedback"


class AskingReactions:
    def __init__(self, records: Records, agreements: Agreements, people: People, feedback: IncidentFeedback) -> None:
        self._records = records
        self._agreements = agreements
        self._people = people
        self._feedback = feedback

    def all(self) -> list[Reaction]:
        """List them behind those of `Records`: what is closed is known to be so before it is asked about."""
        return [
            Reaction(topics.INCIDENTS, IncidentClosed, self.on_closed, _READER),
            Reaction(topics.NOTIFICATIONS, NotificationFeedbackGiven, self.on_given),
        ]

    async def on_closed(self, fact: IncidentClosed, cause: Envelope) -> None:
        incident = await self._records.incidents.find(fact.incident)
        agreement = await self._agreements.all.find(fact.agreement)
        if incident is None or agreement is None:
            return
        version = agreement.state.current
        named = await self._people.of(version)
        await self._feedback.note(
            fact.incident, lambda known, now: asking.ask(known, incident.state, version, named, now), cause
        )

    async def on_given(self, fact: NotificationFeedbackGiven, cause: Envelope) -> None:
        """Raises NotFound for an incident that this service has not heard of."""
        incident = await self._records.incidents.find(fact.incident)
        if incident is None:
            raise NotFound(f"what somebody thinks is of an incident {fact.incident!r} that is not here")
        await self._feedback.note(
            fact.incident, lambda known, _now: asking.answered(known, incident.state, fact), cause
        )  # fmt: skip
