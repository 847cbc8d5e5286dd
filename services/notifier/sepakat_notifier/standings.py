"""How each incident stands, in the database: a copy of what `incidents` has told."""

from datetime import datetime

import msgspec

from sepakat_notifier import standing as domain
from sepakat_notifier.standing import Standing
from sepakat_shared.bus import Reaction
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.contracts.incidents import _IncidentEvent
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document


class Standings:
    def __init__(self, db: Database) -> None:
        self._all: Collection = db["standings"]

    async def create_indexes(self) -> None:
        await self._all.create_index("agreement")

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
            "agreement": standing.agreement, "sequence": sequence,
            "standing": msgspec.to_builtins(standing, builtin_types=(datetime,)),
        }  # fmt: skip
        await self._all.replace_one({"_id": fact.incident}, document, upsert=True)

    async def find(self, incident: str) -> Standing | None:
        """None where nothing was heard of it yet."""
        known = await self._all.find_one({"_id": incident})
        return None if known is None else _read(known)

    async def of(self, agreement: str) -> list[Standing]:
        """Of every incident under the agreement that something was heard of."""
        return [_read(each) for each in await self._all.find({"agreement": agreement}).to_list(None)]


def _read(document: Document) -> Standing:
    return msgspec.convert(document["standing"], Standing)
