"""State documents: each aggregate as it stands, a cache for reading.

One is written after the commit, and replaced only by a higher version: one that lags is never wrong, since whoever
loads it folds the commits that are ahead of it.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
from pymongo import ReplaceOne
from pymongo.errors import DuplicateKeyError

from sepakat_shared import mongo
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Collection, Database, Document
from sepakat_shared.together import Together

SCHEMA: Final = 1
_DOT: Final = "\u2024"
"""What stands for a dot in the name of a stored field."""
_log = logging.getLogger(__name__)

S = TypeVar("S")
E = TypeVar("E")


class TooNew(Exception):
    """A document was written by a newer version of this software; upgrade before reading it."""


class StateDocuments(Generic[S, E]):
    """The state documents of one kind of aggregate. Besides the state they have the fields that readers query by, and
    `written_at`, for those who ask for what has changed lately."""

    def __init__(self, db: Database, kind: Kind[S, E], clock: Clock) -> None:
        self.collection: Collection = db[kind.name]
        self._clock = clock
        self._kind = kind
        self._together = Together(self._write)

    async def find(self, id: str) -> Loaded[S] | None:
        """As the document has it, at worst a little behind; None when there is no document."""
        document = await self.collection.find_one({"_id": id})
        return None if document is None else self.read(document)

    async def find_many(self, ids: Iterable[str]) -> dict[str, Loaded[S]]:
        """The same for many, by id: those that there are."""
        found = await self.collection.find({"_id": {"$in": list(ids)}}).to_list(None)
        return {document["_id"]: self.read(document) for document in found}

    async def write(self, loaded: Loaded[S]) -> None:
        """Write the document, unless a newer one is there. Those that are asked for at once go together."""
        await self._together(loaded)

    async def _write(self, loaded: Sequence[Loaded[S]]) -> Sequence[None]:
        """Write the newest of each, unless a newer one is there.

        An upsert that fails among others is more than FerretDB can tell of: inserts and replacements go apart.
        """
        newest = {each.id: each for each in sorted(loaded, key=lambda each: each.version)}
        documents = {id: {"_id": id, **self.document(each)} for id, each in newest.items()}
        first = [documents[each.id] for each in loaded if each.version == 1]
        inserted = await mongo.insert_missing(self.collection, first) if first else []
        there = {document["_id"] for document, done in zip(first, inserted, strict=True) if done is True}
        others = [
            ReplaceOne({"_id": id, "version": {"$lt": each.version}}, documents[id])
            for id, each in newest.items() if id not in there
        ]  # fmt: skip
        if others and await mongo.replace_many(self.collection, others) < len(others):
            for id in newest.keys() - there:
                await self._write_unless_newer(newest[id])
        return [None] * len(loaded)

    async def _write_unless_newer(self, loaded: Loaded[S]) -> None:
        """Where the bulk found nothing to replace: a newer state is there, or none, since a write has failed once."""
        older = {"_id": loaded.id, "version": {"$lt": loaded.version}}
        try:
            await self.collection.replace_one(older, self.document(loaded), upsert=True)
        except DuplicateKeyError:
            _log.debug("a newer state of %s is already there", loaded.id)

    def document(self, loaded: Loaded[S]) -> Document:
        """All of it but the `_id`."""
        return {
            **self._kind.fields(loaded.state),
            "schema": SCHEMA,
            "version": loaded.version,
            "written_at": self._clock.now(),
            "head": loaded.head,
            "applied": [{"aggregate": name, "sequence": sequence} for name, sequence in loaded.applied.items()],
            "state": _renamed(msgspec.to_builtins(loaded.state), ".", _DOT),
        }

    def read(self, document: Document) -> Loaded[S]:
        """What a whole document holds. Raises TooNew."""
        if document["schema"] > SCHEMA:
            raise TooNew(f"{self._kind.name} {document['_id']} was written by a newer Sepakat; upgrade this service")
        state = msgspec.convert(_renamed(document["state"], _DOT, "."), self._kind.state)
        applied: dict[str, str] = {each["aggregate"]: each["sequence"] for each in document["applied"]}
        return Loaded(document["_id"], state, document["version"], document["head"], applied)


def _renamed(value: Any, old: str, new: str) -> Any:
    """The same with `old` in the names of fields as `new`: ids have dots, and FerretDB takes none in a name."""
    if isinstance(value, dict):
        return {name.replace(old, new): _renamed(each, old, new) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(each, old, new) for each in value]
    return value
