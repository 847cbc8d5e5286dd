"""Incidents that many others have followed on their line, each in a document of its own. Nothing changes them any more.

They are written before the line lets go of them, so that each is in one of both places at any time; a crash in between
writes the same document again.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from pymongo import ASCENDING, DESCENDING

from sepakat_incidents.incident import Incident
from sepakat_shared.auth import Principal
from sepakat_shared.mongo import Collection, Database, Document, insert_new


class PastIncidents:
    def __init__(self, db: Database) -> None:
        self._all: Collection = db["past_incidents"]

    async def create_indexes(self) -> None:
        await self._all.create_index([("parties", ASCENDING), ("opened_at", DESCENDING)])
        for field in ("linked", "causes"):
            await self._all.create_index(field)

    async def keep(self, incidents: Iterable[Incident]) -> None:
        """Write those that are not there yet."""
        await insert_new(self._all, [_document(each) for each in incidents])

    async def find(self, id: str) -> Incident | None:
        return _read(await self._all.find_one({"_id": id}))

    async def caused_by(self, line: str, cause: str) -> Incident | None:
        """The incident of that line that an event opened or joined."""
        return _read(await self._all.find_one({"causes": cause, "line": line}))

    async def linking_to(self, id: str) -> list[Incident]:
        """Those that have a link to that one."""
        return await self._every({"linked": id})

    async def all(self, asking: Principal, agreement: str | None) -> list[Incident]:
        """Those that `asking` may see."""
        return await self._every(asking.restrict({} if agreement is None else {"agreement": agreement}))

    async def _every(self, query: Document) -> list[Incident]:
        found = [_read(each) for each in await self._all.find(query).to_list(None)]
        return [each for each in found if each is not None]


def _document(incident: Incident) -> Document:
    return {
        "_id": incident.id, "schema": 1, "line": incident.id.rpartition(".")[0],
        "parties": [incident.about.provider, incident.about.customer], "agreement": incident.about.agreement,
        "opened_at": incident.opened_at, "linked": sorted({each.to for each in incident.links}),
        "causes": list(incident.causes),
        # As text: it is read whole, and no name of a field in it is one that a database does not take.
        "incident": msgspec.json.encode(incident).decode(),
    }  # fmt: skip


def _read(document: dict[str, Any] | None) -> Incident | None:
    return None if document is None else msgspec.json.decode(document["incident"], type=Incident)
