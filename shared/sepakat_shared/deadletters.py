"""What a consumer group could not process: kept with the reason and put back on demand.

Later events of the same key wait behind a dead letter, so that a replay finds them in their order.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Poison, Record
from sepakat_shared.mongo import Collection, Database, Document


@dataclass(frozen=True)
class DeadRecord:
    """A record as it was read from its topic, brought back from the database."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class DeadLetters:
    """The dead letters of one service, in the order in which they came."""

    def __init__(self, db: Database) -> None:
        self._collection: Collection = db["dead_letters"]
        self._blocked: set[tuple[str, bytes]] = set()

    async def load(self) -> None:
        """Read which keys are waiting behind a dead letter."""
        await self._collection.create_index([("waiting", ASCENDING), ("topic", ASCENDING)])
        waiting = self._collection.find({"waiting": True, "blocks": True}, {"topic": 1, "key": 1})
        self._blocked = {(letter["topic"], letter["key"]) for letter in await waiting.to_list(None) if letter["key"]}

    def blocked(self, record: Record) -> bool:
        return record.key is not None and (record.topic, record.key) in self._blocked

    async def add(self, cluster: str, record: Record, reason: str, now: datetime, *, blocks: bool) -> None:
        """Keep `record`; once, however often it is read again. `blocks`: later events of its key wait behind it."""
        where = f"{cluster}/{record.topic}/{record.partition}/{record.offset:020d}"
        letter = {
            "_id": hashlib.sha256(where.encode()).hexdigest()[:24],
            "where": where,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": record.key,
            "value": record.value,
            "headers": [{"name": name, "value": value} for name, value in record.headers],
            "reason": reason,
            "at": now,
            "waiting": True,
            "blocks": blocks,
        }
        await self._collection.update_one({"_id": letter["_id"]}, {"$setOnInsert": letter}, upsert=True)
        if blocks and record.key is not None:
            self._blocked.add((record.topic, record.key))

    async def listed(self, limit: int, query: Document | None = None) -> list[Document]:
        """The letters still waiting, oldest first, without their bytes."""
        found = self._collection.find({"waiting": True, **(query or {})}, {"value": 0, "headers": 0})
        return await found.sort([("at", ASCENDING), ("where", ASCENDING)]).limit(limit).to_list(None)

    async def count(self) -> int:
        return int(await self._collection.count_documents({"waiting": True}))

    async def get(self, id: str) -> Document:
        """One letter with its bytes and headers. Raises NotFound."""
        letter = await self._collection.find_one({"_id": id})
        if letter is None:
            raise NotFound(f"there is no dead letter {id!r}")
        return letter

    async def replay(self, handle: Callable[[Record], Awaitable[None]], id: str | None = None) -> dict[str, Any]:
        """Process the waiting letters again, in order; one that fails again keeps the later ones of its key waiting.

        With `id`, only the letters of that one's key. Returns how many were replayed and which still wait, with why.
        """
        query: Document = {"waiting": True}
        if id is not None:
            letter = await self.get(id)
            query |= {"topic": letter["topic"], "key": letter["key"]} if letter["key"] else {"_id": id}
        replayed, still = 0, []
        stuck: set[tuple[str, bytes]] = set()
        letters = self._collection.find(query).sort([("partition", ASCENDING), ("where", ASCENDING)])
        for letter in await letters.to_list(None):
            if letter["key"] and (letter["topic"], letter["key"]) in stuck:
                continue
            try:
                await handle(_record(letter))
            except Poison as poison:
                reason = str(poison)
                still.append({"id": letter["_id"], "reason": reason})
                await self._collection.update_one({"_id": letter["_id"]}, {"$set": {"reason": reason}})
                if letter["key"] and letter["blocks"]:
                    stuck.add((letter["topic"], letter["key"]))
            else:
                replayed += 1
                await self._collection.update_one({"_id": letter["_id"]}, {"$set": {"waiting": False}})
        await self.load()
        return {"replayed": replayed, "waiting": still}


def _record(letter: Document) -> DeadRecord:
    headers = [(each["name"], each["value"]) for each in letter["headers"]]
    return DeadRecord(letter["topic"], letter["partition"], letter["offset"], letter["key"], letter["value"], headers)
