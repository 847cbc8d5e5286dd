"""Rotations in the database, one document each, seen by the parties of the agreements that declare them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from sepakat_incidents import rotations as domain
from sepakat_incidents.rotation_facts import of_rotation
from sepakat_incidents.rotations import Declared, Event, Overridden, Rotation, Withdrawn
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import texts
from sepakat_shared.errors import NotFound


def _fields(rotation: Rotation) -> Mapping[str, Any]:
    seen_by = {rotation.party, *(party for each in rotation.declarations for party in each.parties)}
    return {"parties": sorted(seen_by)}


ROTATION: Kind[Rotation, Event] = Kind(
    "rotation", Rotation, (Declared, Overridden, Withdrawn), domain.apply, _fields, of_rotation
)  # fmt: skip


def rotation_id(party: str, id: str) -> str:
    return f"{party}/{id}"


class Rotations:
    """The rotations of all parties; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, ROTATION)

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("_id", ASCENDING)])

    async def declare(self, text: texts.Agreement, version: int, since: datetime) -> None:
        """Take over what a text says."""
        for each in domain.declared_in(text, version, since):
            await self._take_over(each)

    async def _take_over(self, declared: Declared) -> None:
        by = f"agreements/{declared.declaration.agreement}"
        id = rotation_id(declared.party, declared.rotation)
        await self.all.execute(id, lambda rotation, _now: domain.declare(rotation, declared), by=by)

    async def named(self, names: Mapping[str, str]) -> dict[str, Rotation]:
        """The rotations by what a policy calls them, from their ids; one that was never declared is left out."""
        found = {name: await self.all.find(id) for name, id in names.items()}
        return {name: loaded.state for name, loaded in found.items() if loaded is not None}

    async def visible(self, party: str, id: str, asking: Principal) -> Loaded[Rotation]:
        """Raises NotFound also for what belongs to others."""
        loaded = await self.all.find(rotation_id(party, id))
        if loaded is None or not asking.sees(_fields(loaded.state)["parties"]):
            raise NotFound(f"there is no rotation {rotation_id(party, id)!r} of yours")
        return loaded

    async def page(self, asking: Principal, after: str | None, limit: int) -> Iterable[Rotation]:
        """By id, those after `after`."""
        query = asking.restrict({} if after is None else {"_id": {"$gt": after}})
        found = await self.all.states.find(query).sort("_id", ASCENDING).limit(limit).to_list(None)
        return [self.all.read(each).state for each in found]
