"""Agreements in the database: what they are found by."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from sepakat_agreements import publish
from sepakat_agreements.agreement import EVENTS, Agreement, Event
from sepakat_agreements.folding import apply
from sepakat_agreements.timing import due_at, fire
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.errors import Conflict, NotFound
from sepakat_shared.mongo import Document


def _agreement_fields(agreement: Agreement) -> Mapping[str, Any]:
    return {
        "parties": list(agreement.parties),
        "status": agreement.status.value,
        "due_at": due_at(agreement),
    }


AGREEMENT: Kind[Agreement, Event] = Kind("agreement", Agreement, EVENTS, apply, _agreement_fields, publish.of_agreement)


class Agreements:
    """The agreements of all parties; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, AGREEMENT)
        self._commits = commits

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("_id", ASCENDING)])

    async def visible(self, id: str, asking: Principal) -> Loaded[Agreement]:
        """Raises NotFound also for what belongs to others: that it exists is theirs to know."""
        loaded = await self.all.find(id)
        if loaded is None or not asking.sees(loaded.state.parties):
            raise NotFound(f"there is no agreement {id!r} of yours")
        return loaded

    async def page(self, asking: Principal, after: str | None, limit: int) -> list[Loaded[Agreement]]:
        query: Document = {"_id": {"$gt": after}} if after else {}
        found = self.all.states.find(asking.restrict(query)).sort("_id", ASCENDING).limit(limit)
        return [self.all.read(document) for document in await found.to_list(None)]

    async def texts_of(self, ids: Sequence[str], asking: Principal) -> dict[str, dict[str, Any]]:
        """The texts of those agreements as they stand, without those that have ended and those that are others'."""
        found = await self.all.find_many(list(ids)) if ids else {}
        lasting = {id: each.state for id, each in found.items() if each.state.ended_at is None}
        return {id: each.text for id, each in lasting.items() if asking.sees(each.parties)}

    async def schedule(self) -> None:
        """Say when something is due of agreements that were written before the others' deadlines were known here."""
        old = await self.all.states.find({"due_at": {"$exists": False}}).to_list(None)
        for each in old:
            due = due_at(self.all.read(each).state)
            await self.all.states.update_one(
                {"_id": each["_id"], "version": each["version"]}, {"$set": {"due_at": due}}
            )

    async def fire(self, due: Sequence[Document]) -> None:
        """Do what is due of these agreements (their documents)."""
        read = [self.all.read(each) for each in due]
        await self.all.execute_many({each.id: fire for each in read}, by="timer", read=read)

    async def change(
        self, id: str, decide: Callable[[Agreement, datetime], Sequence[Event]], by: str
    ) -> Loaded[Agreement]:
        """Raises Conflict where there is none, and whatever `decide` raises."""
        await self.all.execute(id, lambda agreement, now: decide(existing(agreement), now), by=by)
        return await self.all.get(id)

    async def history(self, id: str) -> list[Document]:
        return await self._commits.of(AGREEMENT.key(id))


def existing(agreement: Agreement | None) -> Agreement:
    """Raises Conflict where there is none."""
    if agreement is None:
        raise Conflict("there is no such agreement")
    return agreement
