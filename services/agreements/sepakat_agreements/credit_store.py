"""Credits in the database: an account is one document, found by its agreement and its parties."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from sepakat_agreements import credit_facts
from sepakat_agreements.credit import EVENTS, Account, Credit, Event, Status, apply, due_at, fire
from sepakat_agreements.crediting import account_of
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.errors import NotFound
from sepakat_shared.mongo import Document


def _fields(account: Account) -> Mapping[str, Any]:
    return {"parties": list(account.parties), "agreement": account.agreement, "due_at": due_at(account)}


ACCOUNT: Kind[Account, Event] = Kind(
    "credit_account", Account, EVENTS, apply, _fields, credit_facts.of_account
)  # fmt: skip


class CreditAccounts:
    """The credits of all agreements; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, ACCOUNT)

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("_id", ASCENDING)])
        await self.all.states.create_index([("agreement", ASCENDING), ("_id", ASCENDING)])

    async def visible(self, id: str, asking: Principal) -> tuple[Account, Credit]:
        """Raises NotFound also for what is between others."""
        loaded = await self.all.find(account_of(id))
        credit = loaded.state.find(id) if loaded and asking.sees(loaded.state.parties) else None
        if loaded is None or credit is None:
            raise NotFound(f"there is no credit {id!r} of yours")
        return loaded.state, credit

    async def page(
        self, asking: Principal, agreement: str | None, status: Status | None, after: str | None, limit: int
    ) -> list[tuple[Account, Credit]]:
        """By account and id; those after the id that the page before ended with."""
        query: Document = {} if agreement is None else {"agreement": agreement}
        if after is not None:
            query["_id"] = {"$gte": account_of(after)}
        found: list[tuple[Account, Credit]] = []
        async for account in self._accounts(asking.restrict(query)):
            first = after if after is not None and account_of(after) == account.id else ""
            found += [
                (account, each) for each in sorted(account.credits, key=lambda each: each.id)
                if each.id > first and status in (None, each.status)
            ]  # fmt: skip
            if len(found) >= limit:
                break
        return found[:limit]

    async def of(self, agreement: str) -> list[Credit]:
        """All of an agreement, for whoever may see it."""
        return [credit async for account in self._accounts({"agreement": agreement}) for credit in account.credits]

    async def _accounts(self, query: Document) -> AsyncIterator[Account]:
        async for document in self.all.states.find(query).sort("_id", ASCENDING):
            yield self.all.read(document).state

    async def fire(self, due: Sequence[Document]) -> None:
        """Let lapse what was not claimed in time, of these accounts (their documents)."""
        read = [self.all.read(each) for each in due]
        await self.all.execute_many({each.id: fire for each in read}, by="timer", read=read)

    async def change(self, id: str, decide: Callable[[Account, datetime], Sequence[Event]], by: str) -> None:
        """Raises NotFound, and whatever `decide` raises."""

        def on_known(account: Account | None, now: datetime) -> Sequence[Event]:
            if account is None:
                raise NotFound(f"there is no credit {id!r}")
            return decide(account, now)

        await self.all.execute(account_of(id), on_known, by=by)

    async def history(self, id: str) -> list[dict[str, Any]]:
        """Everything that was decided of a credit, in order: from the commits, so nothing can be taken out of it."""
        return [
            told
            for commit in await self.all.committed(account_of(id))
            for told in credit_facts.history(commit.at, commit.by, commit.events, id)
        ]
