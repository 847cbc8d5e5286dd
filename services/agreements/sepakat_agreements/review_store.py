"""Reviews in the database: found by their agreement, and changed until they close."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING

from sepakat_agreements import review_facts
from sepakat_agreements.holding import due_at, fire
from sepakat_agreements.review import EVENTS, Event, Review, apply, review_id
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.errors import NotFound
from sepakat_shared.mongo import Document


def _fields(review: Review) -> Mapping[str, Any]:
    return {
        "parties": list(review.parties), "agreement": review.agreement, "number": review.number,
        "due_at": due_at(review),
    }  # fmt: skip


REVIEW: Kind[Review, Event] = Kind("review", Review, EVENTS, apply, _fields, review_facts.of_review)


class Reviews:
    """The reviews of all agreements; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, REVIEW)

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("agreement", ASCENDING), ("number", DESCENDING)])

    async def visible(self, agreement: str, number: int, asking: Principal) -> Loaded[Review]:
        """Raises NotFound also for what is between others."""
        loaded = await self.all.find(review_id(agreement, number))
        if loaded is None or not asking.sees(loaded.state.parties):
            raise NotFound(f"there is no review {number} of {agreement!r} that is yours")
        return loaded

    async def page(self, agreement: str, asking: Principal, before: int | None, limit: int) -> list[Review]:
        """Those of an agreement, the last one first."""
        query: Document = {"agreement": agreement}
        if before is not None:
            query["number"] = {"$lt": before}
        found = self.all.states.find(asking.restrict(query)).sort("number", DESCENDING).limit(limit)
        return [self.all.read(each).state for each in await found.to_list(None)]

    async def change(self, id: str, decide: Callable[[Review, datetime], Sequence[Event]], by: str) -> Loaded[Review]:
        """Raises NotFound, and whatever `decide` raises."""

        def on_known(review: Review | None, now: datetime) -> Sequence[Event]:
            if review is None:
                raise NotFound(f"there is no review {id!r}")
            return decide(review, now)

        await self.all.execute(id, on_known, by=by)
        return await self.all.get(id)

    async def fire(self, due: Sequence[Document]) -> None:
        """Remind of these reviews (their documents), or tell that they are late."""
        read = [self.all.read(each) for each in due]
        await self.all.execute_many({each.id: fire for each in read}, by="timer", read=read)
