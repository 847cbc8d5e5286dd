"""What makes obligations due: an agreement in force, incidents, missed targets."""

from sepakat_agreements.duties import Happened
from sepakat_agreements.obligation_store import Obligations
from sepakat_shared.contracts import agreements, compliance, incidents, lasting, topics
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Reaction

_Lasting = (
    agreements.AgreementActivated | lasting.AgreementRenewed | lasting.TerminationGiven | lasting.TerminationTakenBack
    | lasting.AgreementEnded
)  # fmt: skip
_Opened = incidents.IncidentOpened | incidents.IncidentRaised | incidents.IncidentPrioritised
_Missed = compliance.ObjectiveBreached | compliance.BreachRetracted


class ObligationReactions:
    def __init__(self, obligations: Obligations) -> None:
        self._obligations = obligations

    def all(self) -> list[Reaction]:
        return [
            Reaction(topics.AGREEMENTS, agreements.AgreementActivated, self.on_lasting),
            Reaction(topics.AGREEMENTS, lasting.AgreementRenewed, self.on_lasting),
            Reaction(topics.AGREEMENTS, lasting.TerminationGiven, self.on_lasting),
            Reaction(topics.AGREEMENTS, lasting.TerminationTakenBack, self.on_lasting),
            Reaction(topics.AGREEMENTS, lasting.AgreementEnded, self.on_lasting),
            Reaction(topics.INCIDENTS, incidents.IncidentOpened, self.on_incident),
            Reaction(topics.INCIDENTS, incidents.IncidentRaised, self.on_incident),
            Reaction(topics.INCIDENTS, incidents.IncidentPrioritised, self.on_incident),
            Reaction(topics.INCIDENTS, incidents.IncidentResolved, self.on_resolved),
            Reaction(topics.COMPLIANCE, compliance.ObjectiveBreached, self.on_missed, "obligations"),
            Reaction(topics.COMPLIANCE, compliance.BreachRetracted, self.on_retracted, "obligations"),
        ]

    async def on_lasting(self, fact: _Lasting, cause: Envelope) -> None:
        """Our own topic brings it: the text in force, or how long it lasts, is another one."""
        await self._obligations.assign(fact.agreement, cause)

    async def on_incident(self, fact: _Opened, cause: Envelope) -> None:
        """Of one incident once: also where it was less urgent when it opened."""
        happened = Happened("incident-opened", fact.incident, f"{fact.incident} opened", fact.at, fact.priority)
        await self._obligations.on_event(fact.agreement, happened, cause)

    async def on_resolved(self, fact: incidents.IncidentResolved, cause: Envelope) -> None:
        happened = Happened("incident-resolved", fact.incident, f"{fact.incident} resolved", fact.at, fact.priority)
        await self._obligations.on_event(fact.agreement, happened, cause)

    async def on_missed(self, fact: compliance.ObjectiveBreached, cause: Envelope) -> None:
        await self._obligations.on_event(fact.agreement, _missed(fact), cause)

    async def on_retracted(self, fact: compliance.BreachRetracted, cause: Envelope) -> None:
        await self._obligations.retract(fact.agreement, _missed(fact), cause)


def _missed(fact: _Missed) -> Happened:
    key = f"{fact.objective} missed {rfc3339(fact.period.start)}"
    return Happened("target-missed", fact.objective, key, fact.at)
