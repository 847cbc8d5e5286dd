"""Events for indicators that nobody has registered yet: kept for some days, and put back on the topic when one is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo import ASCENDING, DESCENDING

from sepakat_shared import retry
from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Collection, Database, Document, insert_new
from sepakat_shared.telemetry import meter

_LOOK_EVERY = 2.0
_AT_ONCE = 500
_dropped = meter.create_counter("sepakat_parked_dropped", description="parked events whose indicator never came")


@dataclass(frozen=True)
class Waiting:
    """How many events wait for an indicator, when the first and the last of them came, and until when they are kept."""

    indicator: str
    events: int
    first: datetime
    last: datetime
    kept_until: datetime


class Parking:
    """Parked records, by the place in the topic they came from, so that reading one twice parks it once."""

    def __init__(self, db: Database, clock: Clock, keep: timedelta) -> None:
        self._collection: Collection = db["parked"]
        self._clock = clock
        self._keep = keep
        self._wake = asyncio.Event()

    async def create_indexes(self) -> None:
        await self._collection.create_index([("indicator", ASCENDING), ("_id", ASCENDING)])
        await self._collection.create_index([("at", ASCENDING)])

    def wake(self) -> None:
        """Look now: an indicator was registered."""
        self._wake.set()

    def document(
        self, place: str, indicator: str, key: bytes | None, value: bytes | None, headers: Mapping[str, str],
    ) -> Document:  # fmt: skip
        # A database takes no dots in the names of fields.
        named = [{"name": name, "value": value} for name, value in headers.items()]
        return {
            "_id": place, "indicator": indicator, "key": key, "value": value, "headers": named,
            "at": self._clock.now(),
        }  # fmt: skip

    async def add(self, documents: Sequence[Document]) -> None:
        """Keep them; one that is kept already stays as it is. Raises what the database has against one."""
        await insert_new(self._collection, documents)

    async def waiting(self, visible: Callable[[str], bool], limit: int) -> list[Waiting]:
        """By indicator, as many as `limit`: those whose name is `visible`, by name."""
        names = sorted(filter(visible, await self._collection.distinct("indicator")))
        found = [await self._waiting(name) for name in names[:limit]]
        # One that has been put back meanwhile waits no more.
        return [each for each in found if each is not None]

    async def _waiting(self, indicator: str) -> Waiting | None:
        of_it = {"indicator": indicator}
        first = await self._collection.find_one(of_it, sort=[("_id", ASCENDING)])
        last = await self._collection.find_one(of_it, sort=[("_id", DESCENDING)])
        if first is None or last is None:
            return None
        count = await self._collection.count_documents(of_it)
        return Waiting(indicator, count, first["at"], last["at"], first["at"] + self._keep)

    async def run(
        self, registered: Callable[[], Iterable[str]], put_back: Callable[[Document], Awaitable[None]]
    ) -> None:
        """Put back what can be counted now, in its order, and drop what waited too long."""
        while True:
            self._wake.clear()
            await retry.until_done("putting parked events back", lambda: self._release(set(registered()), put_back))
            await self._clock.wait(self._wake, self._clock.now() + timedelta(seconds=_LOOK_EVERY))

    async def _release(self, registered: set[str], put_back: Callable[[Document], Awaitable[None]]) -> None:
        for indicator in await self._collection.distinct("indicator"):
            if indicator in registered:
                await self._put_back(indicator, put_back)
        await self._drop(self._clock.now() - self._keep)

    async def _put_back(self, indicator: str, put_back: Callable[[Document], Awaitable[None]]) -> None:
        while True:
            found = self._collection.find({"indicator": indicator}).sort("_id", ASCENDING).limit(_AT_ONCE)
            batch = await found.to_list(None)
            for document in batch:
                await put_back(document)
                await self._collection.delete_one({"_id": document["_id"]})
            if not batch:
                return

    async def _drop(self, before: datetime) -> None:
        result = await self._collection.delete_many({"at": {"$lt": before}})
        if result.deleted_count:
            _dropped.add(result.deleted_count)
