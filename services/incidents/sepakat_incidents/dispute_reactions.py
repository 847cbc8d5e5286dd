"""What compliance events, and disputes themselves, do to disputes and to the incidents that they are about."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sepakat_incidents import line as lines
from sepakat_incidents import reopening, settling
from sepakat_incidents.clock_figures import MEASURES, seconds_of
from sepakat_incidents.disputables import Disputables, Told, figure_before, figure_of
from sepakat_incidents.docket import Docket
from sepakat_incidents.events import Event
from sepakat_incidents.incident import AgreedTime, Line
from sepakat_incidents.store import Incidents, line_id, line_of
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import compliance, disputes, topics
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Reaction

_NOTES = {
    "upheld": "the dispute is upheld",
    "partly": "the dispute is upheld in part",
    "rejected": "the dispute is rejected; what was recorded stands",
}
_Ended = disputes.DisputeRaised | disputes.DisputeSettled | disputes.DisputeWithdrawn


class DisputeReactions:
    def __init__(
        self, disputables: Disputables, docket: Docket, incidents: Incidents, clock: Clock, close_after: timedelta
    ) -> None:
        self._disputables = disputables
        self._docket = docket
        self._incidents = incidents
        self._clock = clock
        self._close_after = close_after

    def all(self) -> list[Reaction]:
        return [
            Reaction(topics.COMPLIANCE, compliance.ObjectiveBreached, self.on_told, "disputes"),
            Reaction(topics.COMPLIANCE, compliance.PeriodClosed, self.on_told),
            Reaction(topics.COMPLIANCE, compliance.PeriodCorrected, self.on_corrected),
            Reaction(topics.COMPLIANCE, compliance.BreachRetracted, self.on_retracted, "disputes"),
            Reaction(topics.INCIDENTS, disputes.DisputeRaised, self.on_dispute),
            Reaction(topics.INCIDENTS, disputes.DisputeSettled, self.on_dispute),
            Reaction(topics.INCIDENTS, disputes.DisputeWithdrawn, self.on_dispute),
        ]

    async def on_told(self, fact: Told, cause: Envelope) -> None:
        await self._disputables.on_told(fact, cause, self._clock.now())

    async def on_corrected(self, fact: compliance.PeriodCorrected, cause: Envelope) -> None:
        await self.on_told(fact, cause)
        if fact.dispute is not None and await self._docket.disputes.find(fact.dispute) is not None:
            before, figure = figure_before(fact), figure_of(fact)
            await self._docket.execute(
                fact.dispute,
                lambda known, now: settling.recalculated(known, fact.objective, before, figure, now),
                by=cause.source,
                cause=cause,
            )

    async def on_retracted(self, fact: compliance.BreachRetracted, cause: Envelope) -> None:
        told = await self._disputables.on_told(fact, cause, self._clock.now())
        breach = told.breach
        if breach is None:
            return

        id = line_id(fact.agreement, fact.service)
        before = await self._incidents.past.caused_by(id, breach)

        def decide(line: Line | None, now: datetime) -> Sequence[Event]:
            return lines.retracted(line, breach, fact.cause, fact.dispute, now, self._close_after, before)

        await self._incidents.execute(id, decide, by=cause.source, cause=cause)

    async def on_dispute(self, fact: _Ended, cause: Envelope) -> None:
        """The timeline of the incident that a dispute is about says so; our own topic brings it, once at least."""
        incident = fact.incident
        if incident is None:
            return
        note = _note(fact)

        def decide(line: Line | None, now: datetime) -> Sequence[Event]:
            return [*lines.note(line, incident, note, fact.dispute, now), *_time_agreed(line, fact, now)]

        await self._incidents.execute(line_of(incident), decide, by=cause.source, cause=cause)


def _time_agreed(line: Line | None, fact: _Ended, now: datetime) -> Sequence[Event]:
    """What an outcome makes of the clock that was disputed."""
    incident, _, disputed = fact.subject.rpartition("/")
    measures = MEASURES.get(disputed)
    if not isinstance(fact, disputes.DisputeSettled) or fact.subject_kind != "clock" or measures is None:
        return []
    agreed = AgreedTime(measures, seconds_of(fact.remedy.adjustments, incident), fact.dispute, fact.number)
    return reopening.agree_time(line, incident, agreed, now)


def _note(fact: _Ended) -> str:
    if isinstance(fact, disputes.DisputeSettled):
        return f"{fact.number}: {_NOTES[fact.result]}"
    if isinstance(fact, disputes.DisputeWithdrawn):
        return f"{fact.number}: the dispute is withdrawn"
    return f"{fact.number}: disputed by {fact.raised_by} ({fact.subject_kind})"
