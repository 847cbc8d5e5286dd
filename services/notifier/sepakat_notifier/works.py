"""Announced maintenance in the database: a copy of what `agreements` has told."""

from datetime import datetime
from typing import Final

import msgspec
from pymongo import ASCENDING, DESCENDING

from sepakat_notifier import work as domain
from sepakat_notifier.work import Work
from sepakat_shared.contracts import maintenance, topics
from sepakat_shared.contracts.catalogue import EVENTS
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document
from sepakat_shared.reacting import Reaction

_MOST: Final = 200


class Works:
    def __init__(self, db: Database) -> None:
        self._all: Collection = db["works"]

    async def create_indexes(self) -> None:
        await self._all.create_index([("agreement", ASCENDING), ("until", DESCENDING)])

    def reactions(self) -> list[Reaction]:
        told = [each for each in EVENTS[topics.AGREEMENTS] if issubclass(each, maintenance._MaintenanceEvent)]
        return [Reaction(topics.AGREEMENTS, contract, self.on_fact, "works") for contract in told]

    async def on_fact(self, fact: Fact, _cause: Envelope) -> None:
        if not isinstance(fact, maintenance._MaintenanceEvent):
            return
        id = f"{fact.agreement}/{fact.maintenance}"
        known = await self._all.find_one({"_id": id})
        work = domain.after(_read(known) if known else None, fact)
        document = {
            "agreement": work.agreement, "until": work.until,
            "work": msgspec.to_builtins(work, builtin_types=(datetime,)),
        }  # fmt: skip
        await self._all.replace_one({"_id": id}, document, upsert=True)

    async def of(self, agreement: str, since: datetime) -> list[Work]:
        """What was announced under the agreement and is not over, or has changed from `since` on."""
        query = {"agreement": agreement, "until": {"$gte": since}}
        found = self._all.find(query).sort("until", DESCENDING).limit(_MOST)
        return [_read(each) for each in await found.to_list(None)]


def _read(document: Document) -> Work:
    return msgspec.convert(document["work"], Work)
