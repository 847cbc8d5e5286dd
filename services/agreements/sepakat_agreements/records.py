"""What the other services told, as far as a review looks back on it, in the database: one aggregate a subject."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING

from sepakat_agreements import contested, figure, handled
from sepakat_agreements.contested import Contested, DisputeTold
from sepakat_agreements.figure import Figure, FigureTold
from sepakat_agreements.handled import Handled, IncidentTold
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import compliance, topics
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Reaction

_READER: Final = "reviews"
"""Credits hear of the same figures: what each has applied is kept apart."""
_FIGURES: Final = (
    compliance.ObjectiveAtRisk, compliance.ObjectiveFailing, compliance.ObjectiveBreached, compliance.BreachRetracted,
    compliance.PeriodClosed, compliance.PeriodCorrected,
)  # fmt: skip


def _found(agreement: str, provider: str, customer: str, at: datetime) -> Mapping[str, Any]:
    return {"parties": [provider, customer], "agreement": agreement, "at": at}


FIGURE: Kind[Figure, FigureTold] = Kind(
    "figure", Figure, (FigureTold,), figure.apply,
    lambda each: _found(each.agreement, each.provider, each.customer, each.end), lambda _event, _state: (),
)  # fmt: skip
HANDLED: Kind[Handled, IncidentTold] = Kind(
    "handled", Handled, (IncidentTold,), handled.apply,
    lambda each: _found(each.agreement, each.provider, each.customer, each.began_at), lambda _event, _state: (),
)  # fmt: skip
CONTESTED: Kind[Contested, DisputeTold] = Kind(
    "contested", Contested, (DisputeTold,), contested.apply,
    lambda each: _found(each.agreement, each.provider, each.customer, each.raised_at), lambda _event, _state: (),
)  # fmt: skip


class Records:
    """Figures, incidents and disputes of all agreements."""

    def __init__(self, commits: Commits) -> None:
        self.figures = Aggregates(commits, FIGURE)
        self.incidents = Aggregates(commits, HANDLED)
        self.disputes = Aggregates(commits, CONTESTED)

    async def create_indexes(self) -> None:
        for each in (self.figures.states, self.incidents.states, self.disputes.states):
            await each.create_index([("agreement", ASCENDING), ("at", ASCENDING)])

    def reactions(self) -> list[Reaction]:
        return [
            *[Reaction(topics.COMPLIANCE, each, self.on_figure, _READER) for each in _FIGURES],
            *[Reaction(topics.INCIDENTS, each, self.on_incident, _READER) for each in handled.FACTS],
            *[Reaction(topics.INCIDENTS, each, self.on_dispute, _READER) for each in contested.FACTS],
        ]

    async def on_figure(self, fact: figure.Fact, cause: Envelope) -> None:
        await self.figures.execute(
            fact.episode, lambda known, _now: figure.told(known, fact), by=cause.source, cause=cause
        )

    async def on_incident(self, fact: handled.Fact, cause: Envelope) -> None:
        await self.incidents.execute(
            fact.incident, lambda known, _now: handled.told(known, fact), by=cause.source, cause=cause
        )

    async def on_dispute(self, fact: contested.Fact, cause: Envelope) -> None:
        await self.disputes.execute(
            fact.dispute, lambda known, _now: contested.told(known, fact), by=cause.source, cause=cause
        )

    # -- reading ------------------------------------------------------------------------------------------------------

    async def figures_of(self, agreement: str, start: datetime, end: datetime) -> list[Figure]:
        """Those of periods that end within `(start, end]`, by their ends: one that ends with the span is in it."""
        ended = {"agreement": agreement, "at": {"$gt": start, "$lte": end}}
        found = await self.figures.states.find(ended).sort("at", ASCENDING).to_list(None)
        return [self.figures.read(each).state for each in found]

    async def incidents_of(self, agreement: str, start: datetime, end: datetime) -> list[Handled]:
        """Those whose impact began within `[start, end)`, in that order."""
        found = await self.incidents.states.find(_within(agreement, start, end)).sort("at", ASCENDING).to_list(None)
        return [self.incidents.read(each).state for each in found]

    async def disputes_of(self, agreement: str, start: datetime, end: datetime) -> list[Contested]:
        """Those that were raised within `[start, end)`, in that order."""
        found = await self.disputes.states.find(_within(agreement, start, end)).sort("at", ASCENDING).to_list(None)
        return [self.disputes.read(each).state for each in found]


def _within(agreement: str, start: datetime, end: datetime) -> dict[str, Any]:
    return {"agreement": agreement, "at": {"$gte": start, "$lt": end}}
