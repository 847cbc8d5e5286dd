"""How each incident stands, in the database: a copy of what `incidents` has told."""

from datetime import datetime
from typing import Final

import msgspec
from pymongo import ASCENDING, DESCENDING

from sepakat_notifier import standing as domain
from sepakat_notifier.standing import Standing
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.contracts.incidents import _IncidentEvent
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document
from sepakat_shared.reacting import Reaction

_MOST_OPEN: Final = 500
_MOST_OVER: Final = 100


class Standings:
    def __init__(self, db: Database) -> None:
        self._all: Collection = db["standings"]

    async def create_indexes(self) -> None:
        await self._all.create_index([("agreement", ASCENDING), ("open", ASCENDING), ("changed_at", DESCENDING)])

    def reactions(self) -> list[Reaction]:
        return [Reaction(topics.INCIDENTS, contract, self.on_fact, "standings") for contract in domain.FACTS]

    async def on_fact(self, fact: Fact, cause: Envelope) -> None:
        """An event that comes again, after later ones of its incident, changes nothing."""
        if not isinstance(fact, _IncidentEvent):
            return
        known = await self._all.find_one({"_id": fact.incident})
        sequence = cause.sequence or ""
        if known is not None and sequence and known["sequence"] >= sequence:
            return
        standing = domain.after(_read(known) if known else None, fact)
        document = {
            "agreement": standing.agreement, "sequence": sequence, "open": standing.is_open,
            "changed_at": standing.changed_at,
            "standing": msgspec.to_builtins(standing, builtin_types=(datetime,)),
        }  # fmt: skip
        await self._all.replace_one({"_id": fact.incident}, document, upsert=True)

    async def find(self, incident: str) -> Standing | None:
        """None where nothing was heard of it yet."""
        known = await self._all.find_one({"_id": incident})
        return None if known is None else _read(known)

    async def merged_into(self, standing: Standing | None) -> tuple[Standing, ...]:
        """How the incidents stand that it was merged into, each into the next, as far as they were heard of."""
        into = None if standing is None or standing.into_incident is None else await self.find(standing.into_incident)
        return () if into is None else (into, *await self.merged_into(into))

    async def of(self, agreement: str, since: datetime) -> list[Standing]:
        """Of the incidents under the agreement that are open, or have changed from `since` on; the latest of many."""
        latest = ("changed_at", DESCENDING)
        # Those that earlier versions wrote do not say whether they are open.
        open_ = self._all.find({"agreement": agreement, "open": {"$ne": False}}).sort(*latest).limit(_MOST_OPEN)
        lately = {"agreement": agreement, "open": False, "changed_at": {"$gte": since}}
        over = self._all.find(lately).sort(*latest).limit(_MOST_OVER)
        return [_read(each) for each in [*await open_.to_list(None), *await over.to_list(None)]]


def _read(document: Document) -> Standing:
    return msgspec.convert(document["standing"], Standing)
