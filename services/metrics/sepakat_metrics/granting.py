"""Adjustments, granted and withdrawn: by a party, by the outcome of a dispute, by an obligation that was unmet."""

import hashlib
from collections.abc import Callable

from pymongo import ASCENDING

from sepakat_metrics import adjustments as domain
from sepakat_metrics import outcomes, pausing
from sepakat_metrics.adjustments import Adjustment, Asked
from sepakat_shared.aggregate import Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.contracts.disputes import DisputeSettled
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Document


class Grants:
    """`then` is called with each adjustment as soon as it is granted or withdrawn: nothing counts with it yet."""

    def __init__(self, adjustments: Aggregates[Adjustment, domain.Event], then: Callable[[Adjustment], None]) -> None:
        self._adjustments = adjustments
        self._then = then

    async def grant(self, asked: Asked, asking: Principal) -> Loaded[Adjustment]:
        """Raises Forbidden or Invalid. What was granted in the very same words before is not granted twice."""
        id = hashlib.sha256(repr(asked).encode()).hexdigest()[:24]
        party = None if asking.is_operator else asking.party
        loaded = await self._adjustments.execute(
            id,
            lambda known, now: domain.grant(known, id, asked, party, asking.id, now),
            by=asking.id,
            new=True,
            then=self._then,
        )
        return loaded or await self._adjustments.get(id)

    async def on_settled(self, fact: DisputeSettled, cause: Envelope) -> None:
        """Grant everything that the outcome of a dispute changes, each part once."""
        for part, asked in outcomes.asked_by(fact):
            id = outcomes.id_of(fact.dispute, part)
            await self._adjustments.execute(
                id,
                lambda known, now, id=id, asked=asked: domain.grant_outcome(known, id, asked, fact.by, now),  # type: ignore[misc]
                by=cause.source,
                cause=cause,
                new=True,
                then=self._then,
            )

    async def on_unmet(self, fact: pausing.Ended, cause: Envelope) -> None:
        """Exclude the time in which an obligation was unmet from what it pauses, once for each time it was owed.

        What had asked for it may have been taken back and have come again: then the same occurrence was due twice.
        """
        asked = pausing.asked_by(fact)
        if asked is None:
            return
        id = pausing.id_of(fact.occurrence)
        first = await self._adjustments.present(id)
        if first is not None and first.state.asked.start != asked.start:
            id = pausing.id_of(fact.occurrence, asked.start)
        await self._adjustments.execute(
            id, lambda known, now: domain.grant_outcome(known, id, asked, cause.source, now), by=cause.source,
            cause=cause, new=True, then=self._then,
        )  # fmt: skip

    async def withdraw(self, id: str, asking: Principal) -> Loaded[Adjustment]:
        """Raises NotFound, Forbidden or Conflict."""
        known = await self.visible(id, asking)
        party = None if asking.is_operator else asking.party
        loaded = await self._adjustments.execute(
            id,
            lambda found, now: domain.withdraw(found or known.state, party, asking.id, now),
            by=asking.id,
            then=self._then,
        )
        return loaded or known

    async def visible(self, id: str, asking: Principal) -> Loaded[Adjustment]:
        """Raises NotFound also for what concerns others."""
        loaded = await self._adjustments.find(id)
        if loaded is None or not asking.sees([loaded.state.asked.provider, loaded.state.asked.customer]):
            raise NotFound(f"there is no adjustment {id!r} of yours")
        return loaded

    async def page(self, asking: Principal, agreement: str | None, after: str | None, limit: int) -> list[Adjustment]:
        """Those that the asking party may see, of one agreement where it is named, by id from `after` on."""
        query: Document = {} if agreement is None else {"agreement": agreement}
        if after is not None:
            query["_id"] = {"$gt": after}
        found = self._adjustments.states.find(asking.restrict(query)).sort("_id", ASCENDING).limit(limit)
        return [self._adjustments.read(each).state for each in await found.to_list(None)]
