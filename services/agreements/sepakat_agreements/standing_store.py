"""Standings in the database: what was missed under an agreement, and the plans and rights that follow."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from pymongo import ASCENDING

from sepakat_agreements import plans, shortfalls, standing_facts
from sepakat_agreements.shortfalls import Terms
from sepakat_agreements.standing import EVENTS, Event, Miss, Plan, Right, Standing, apply
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Document


def _fields(standing: Standing) -> Mapping[str, Any]:
    return {"parties": list(standing.about.parties), "due_at": plans.due_at(standing)}


STANDING: Kind[Standing, Event] = Kind(
    "standing", Standing, EVENTS, apply, _fields, standing_facts.of_standing
)  # fmt: skip


class Standings:
    """Those of all agreements; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, STANDING)
        self._commits = commits

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("_id", ASCENDING)])

    async def of(self, agreement: str) -> Standing | None:
        """None where nothing was missed yet that the text says anything of."""
        loaded = await self.all.find(agreement)
        return loaded.state if loaded else None

    async def right(self, agreement: str, id: str) -> Right:
        """Raises NotFound."""
        standing = await self.of(agreement)
        found = next((each for each in standing.rights if each.id == id), None) if standing else None
        if found is None:
            raise NotFound(f"there is no right {id!r} to terminate {agreement!r}")
        return found

    async def visible(self, plan: str, asking: Principal) -> tuple[Loaded[Standing], Plan]:
        """Raises NotFound also for what is between others."""
        loaded = await self.all.find(agreement_of(plan))
        if loaded is None or not asking.sees(loaded.state.about.parties):
            raise NotFound(f"there is no improvement plan {plan!r} of yours")
        return loaded, loaded.state.plan(plan)

    async def page(self, asking: Principal, agreement: str | None) -> list[tuple[Standing, Plan]]:
        """By agreement, in the order in which they were demanded."""
        query: Document = {} if agreement is None else {"_id": agreement}
        found = await self.all.states.find(asking.restrict(query)).sort("_id", ASCENDING).to_list(None)
        states = [self.all.read(each).state for each in found]
        return [(standing, plan) for standing in states for plan in standing.plans]

    async def change(
        self, plan: str, decide: Callable[[Standing, datetime], Sequence[Event]], by: str,
        expected_version: int | None = None,
    ) -> tuple[Loaded[Standing], Plan]:  # fmt: skip
        """Raises NotFound, Stale when `expected_version` is not the present one, and whatever `decide` raises."""
        agreement = agreement_of(plan)

        def on_known(standing: Standing | None, now: datetime) -> Sequence[Event]:
            if standing is None:
                raise NotFound(f"there is no improvement plan {plan!r}")
            return decide(standing, now)

        await self.all.execute(agreement, on_known, by=by, expected_version=expected_version)
        loaded = await self.all.get(agreement)
        return loaded, loaded.state.plan(plan)

    async def count(self, terms: Terms, miss: Miss, cause: Envelope) -> None:
        await self.all.execute(
            terms.about.agreement, lambda known, now: shortfalls.count(known, terms, miss, now), by=cause.source,
            cause=cause,
        )  # fmt: skip

    async def discount(self, agreement: str, terms: Terms | None, miss: str, cause: Envelope) -> None:
        await self.all.execute(
            agreement, lambda known, now: shortfalls.discount(known, terms, miss, now), by=cause.source, cause=cause
        )

    async def fire(self, due: Sequence[Document]) -> None:
        """Do what is due of these standings (their documents)."""
        read = [self.all.read(each) for each in due]
        await self.all.execute_many({each.id: plans.fire for each in read}, by="timer", read=read)

    async def history(self, plan: str) -> list[dict[str, Any]]:
        """Everything that happened to a plan, in order: from the commits, so nothing can be taken out of it."""
        found = []
        for commit in await self._commits.of(STANDING.key(agreement_of(plan))):
            for event in commit["events"]:
                data = msgspec.to_builtins(event["data"])
                about = data.get("plan")
                if about == plan or (isinstance(about, dict) and about["id"] == plan):
                    more = {name: each for name, each in data.items() if name not in ("plan", "by", "at")}
                    told = {name: each for name, each in more.items() if each is not None}
                    found.append({"at": commit["at"], "by": commit["by"], "what": event["type"], **told})
        return found


def agreement_of(plan: str) -> str:
    """The agreement that a plan's id names: ids of agreements have no dots."""
    return plan.partition(".")[0]
