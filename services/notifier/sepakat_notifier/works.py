"""Announced maintenance in the database: a copy of what `agreements` has told."""

from datetime import datetime

import msgspec

from sepakat_notifier import work as domain
from sepakat_notifier.work import Work
from sepakat_shared.bus import Reaction
from sepakat_shared.contracts import maintenance, topics
from sepakat_shared.contracts.catalogue import EVENTS
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document


class Works:
    def __init__(self, db: Database) -> None:
        self._all: Collection = db["works"]

    async def create_indexes(self) -> None:
        await self._all.create_index("agreement")

    def reactions(self) -> list[Reaction]:
        told = [each for each in EVENTS[topics.AGREEMENTS] if issubclass(each, maintenance._MaintenanceEvent)]
        return [Reaction(topics.AGREEMENTS, contract, self.on_fact, "works") for contract in told]

    async def on_fact(self, fact: Fact, _cause: Envelope) -> None:
        if not isinstance(fact, maintenance._MaintenanceEvent):
            return
        id = f"{fact.agreement}/{fact.maintenance}"
        known = await self._all.find_one({"_id": id})
        work = domain.after(_read(known) if known else None, fact)
        document = {"agreement": work.agreement, "work": msgspec.to_builtins(work, builtin_types=(datetime,))}
        await self._all.replace_one({"_id": id}, document, upsert=True)

    async def of(self, agreement: str) -> list[Work]:
        """All that was announced under the agreement and heard of here."""
        return [_read(each) for each in await self._all.find({"agreement": agreement}).to_list(None)]


def _read(document: Document) -> Work:
    return msgspec.convert(document["work"], Work)
