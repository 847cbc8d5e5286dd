"""What obligations that are not met do to incidents: kept once for each time that one is owed, and told to their lines.

Events of obligations and those of incidents have no common order, and an incident may open at the same moment. So it is
kept first, and lines are looked for after that; and whoever hears that an incident has opened first makes sure that its
line is found, and then looks for what is kept. One of both sees the other.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from pymongo import ASCENDING

from sepakat_incidents import hindrance as domain
from sepakat_incidents.events import Event
from sepakat_incidents.hindrance import Hindrance
from sepakat_incidents.incident import Line
from sepakat_incidents.store import Incidents, line_of
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import obligations, topics
from sepakat_shared.contracts.incidents import IncidentOpened, IncidentReopened
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Reaction

HINDRANCE: Kind[Hindrance, domain.Change] = Kind(
    "hindrance", Hindrance, domain.CHANGES, domain.folded,
    lambda each: {"agreement": each.agreement, "until": each.until}, lambda _event, _hindrance: [],
)  # fmt: skip


class Hindrances:
    def __init__(self, commits: Commits, incidents: Incidents) -> None:
        self._all = Aggregates(commits, HINDRANCE)
        self._incidents = incidents

    async def create_indexes(self) -> None:
        await self._all.states.create_index([("agreement", ASCENDING), ("until", ASCENDING)])

    def reactions(self) -> list[Reaction]:
        return [
            Reaction(topics.AGREEMENTS, obligations.ObligationOverdue, self.on_told),
            Reaction(topics.AGREEMENTS, obligations.ObligationMet, self.on_told),
            Reaction(topics.AGREEMENTS, obligations.ObligationExcused, self.on_told),
            Reaction(topics.AGREEMENTS, obligations.ObligationVoided, self.on_told),
            Reaction(topics.INCIDENTS, IncidentOpened, self.on_open, "hindrances"),
            Reaction(topics.INCIDENTS, IncidentReopened, self.on_open, "hindrances"),
        ]

    async def on_told(self, fact: domain.Told, cause: Envelope) -> None:
        """An obligation was not met in its time, or that is over."""
        told = domain.told_by(fact)
        if told is None:
            return
        first = await self._all.present(fact.occurrence)
        told = domain.apart(first.state if first is not None else None, told)
        loaded = await self._all.execute(
            told.occurrence, lambda known, now: domain.take(known, told, now), by=cause.source, cause=cause
        )
        if loaded is not None:
            for line in await self._incidents.lines_of(fact.agreement):
                await self._hinder(line, loaded.state, cause)

    async def on_open(self, fact: IncidentOpened | IncidentReopened, cause: Envelope) -> None:
        """Our own topic brings it: what is not met as it opens, or was until after that, pauses its clocks too."""
        line = line_of(fact.incident)
        await self._incidents.lines.find(line)  # from here on it is among its agreement's lines, whoever asks
        lasting = {"$or": [{"until": None}, {"until": {"$gt": fact.opened_at}}]}
        for each in await self._all.states.find({"agreement": fact.agreement, **lasting}).to_list(None):
            await self._hinder(line, self._all.read(each).state, cause)

    async def _hinder(self, line: str, hindrance: Hindrance, cause: Envelope) -> None:
        """Tell the line of it as it is, and again where it has changed meanwhile.

        Its end may have been told to the line first, and what was read before that would begin it once more.
        """
        # Several of them may follow from one event, so that event is no commit's cause: each is safe to be told twice.
        told: Hindrance | None = None
        while hindrance != told:
            told = hindrance
            await self._incidents.execute(line, partial(_hinder, told), by=cause.source)
            present = await self._all.present(told.occurrence)
            hindrance = present.state if present is not None else told


def _hinder(hindrance: Hindrance, line: Line | None, now: datetime) -> Sequence[Event]:
    return domain.hinder(line, hindrance, now)
