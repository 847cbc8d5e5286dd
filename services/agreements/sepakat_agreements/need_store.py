"""Needs in the database: found by the agreement that shall serve them, and changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from pymongo import ASCENDING

from sepakat_agreements.need import EVENTS, Answered, Event, Need, Stated, Withdrawn, apply
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import agreements as published
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Title
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Message
from sepakat_shared.mongo import Document


def _fields(need: Need) -> Mapping[str, Any]:
    return {"parties": list(need.parties), "agreement": need.agreement}


def _messages(event: Event, need: Need) -> Iterable[Message]:
    about: dict[str, Any] = {
        "need": need.name, "agreement": need.agreement, "provider": need.provider, "customer": need.customer,
        "service": need.stated.service, "revision": need.revision,
    }  # fmt: skip
    match event:
        case Stated(stated=stated, by=by, at=at):
            fact: published.NeedStated | published.NeedAnswered | published.NeedWithdrawn = published.NeedStated(
                **about, statement=Title(**stated.statement), priority=stated.priority, by=by, at=at
            )
        case Answered(answer):
            fact = published.NeedAnswered(
                **about, verdict=answer.verdict, served_by=answer.served_by, reason=answer.reason, by=answer.by,
                at=answer.at,
            )  # fmt: skip
        case Withdrawn(reason, by, at):
            fact = published.NeedWithdrawn(**about, reason=reason, by=by, at=at)
        case _:
            assert_never(event)
    return [Message.of(topics.AGREEMENTS, need.agreement, fact)]


NEED: Kind[Need, Event] = Kind("need", Need, EVENTS, apply, _fields, _messages)


class Needs:
    """The needs of all customers; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, NEED)
        self._commits = commits

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("agreement", ASCENDING), ("_id", ASCENDING)])
        await self.all.states.create_index([("parties", ASCENDING), ("_id", ASCENDING)])

    async def visible(self, id: str, asking: Principal) -> Loaded[Need]:
        """Raises NotFound also for what is between others."""
        loaded = await self.all.find(id)
        if loaded is None or not asking.sees(loaded.state.parties):
            raise NotFound(f"there is no need {id!r} of yours")
        return loaded

    async def page(self, asking: Principal, agreement: str | None, after: str | None, limit: int) -> list[Loaded[Need]]:
        query: Document = {} if agreement is None else {"agreement": agreement}
        if after is not None:
            query["_id"] = {"$gt": after}
        found = self.all.states.find(asking.restrict(query)).sort("_id", ASCENDING).limit(limit)
        return [self.all.read(each) for each in await found.to_list(None)]

    async def of(self, agreement: str, parties: tuple[str, str]) -> list[Need]:
        """All that were stated for this agreement between exactly these parties (provider, customer)."""
        query = {"agreement": agreement, "parties": list(parties)}
        found = await self.all.states.find(query, {"_id": 1}).sort("_id", ASCENDING).to_list(None)
        # A state document may be a little behind its commits, and what is signed must not be.
        loaded = await self.all.find_many([each["_id"] for each in found])
        return [loaded[each["_id"]].state for each in found]

    async def history(self, id: str) -> list[dict[str, Any]]:
        """Everything that happened, in order: from the commits, so nothing can be taken out of it."""
        return [
            {"at": commit["at"], "by": commit["by"], "what": event["type"], **_told(event["data"])}
            for commit in await self._commits.of(NEED.key(id))
            for event in commit["events"]
        ]

    async def execute(self, id: str, decide: Callable[[Need, datetime], Sequence[Event]], by: str) -> Loaded[Need]:
        """Raises NotFound, and whatever `decide` raises."""

        def on_known(need: Need | None, now: datetime) -> Sequence[Event]:
            if need is None:
                raise NotFound(f"there is no need {id!r}")
            return decide(need, now)

        await self.all.execute(id, on_known, by=by)
        return await self.all.get(id)


def _told(data: Mapping[str, Any]) -> dict[str, Any]:
    shown = {**data, **data.get("stated", {}), **data.get("answer", {})}
    hidden = ("id", "agreement", "name", "provider", "customer", "stated", "answer", "by", "at")
    return {name: value for name, value in shown.items() if name not in hidden and value is not None}
