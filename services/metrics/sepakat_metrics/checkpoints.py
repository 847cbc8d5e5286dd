"""Checkpoints: one insert holds a range of offsets, what it adds to every indicator, and the ids seen in it.

A checkpoint's `_id` ends in its first offset, which is where the one before it ended. Two owners of a partition collide
on it, and the one that comes second must throw its memory away. Checkpoints are folded into the indicators' days in the
background, in order; `folded` in a day says up to which offset of each partition it holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from sepakat_metrics.buckets import Delta
from sepakat_shared.mongo import Collection, Database, Document

ID_BYTES = 8
_FOLD_AT_ONCE = 64


class Overtaken(Exception):
    """Another instance has written this partition's next checkpoint: what this one holds in memory is worthless."""


@dataclass
class Pending:
    """What was read of one partition since its last checkpoint: offsets `[first, end)`."""

    first: int
    end: int
    deltas: dict[str, Delta] = field(default_factory=dict)
    ids: bytearray = field(default_factory=bytearray)
    parked: list[Document] = field(default_factory=list)
    """What nobody has registered the indicator of, to be kept before the offsets are passed."""


class Checkpoints:
    """The checkpoints and days of every indicator, in the database."""

    def __init__(self, db: Database) -> None:
        self._checkpoints: Collection = db["checkpoints"]
        self._days: Collection = db["days"]

    async def create_indexes(self) -> None:
        await self._checkpoints.create_index([("partition", ASCENDING), ("end", ASCENDING)])
        await self._checkpoints.create_index([("folded", ASCENDING), ("partition", ASCENDING), ("end", ASCENDING)])
        await self._days.create_index([("indicator", ASCENDING), ("day", ASCENDING)])

    async def insert(self, partition: str, pending: Pending, now: datetime) -> None:
        """Store `pending`. Raises Overtaken when another instance has stored that range."""
        document = {
            "_id": f"{partition}/{pending.first:020d}",
            "partition": partition,
            "first": pending.first,
            "end": pending.end,
            # As bytes: smaller than BSON's arrays, and not every database takes an array within an array.
            "deltas": packed({indicator: delta.to_document() for indicator, delta in pending.deltas.items()}),
            "ids": bytes(pending.ids),
            "at": now,
            "folded": False,
        }
        try:
            await self._checkpoints.insert_one(document)
        except DuplicateKeyError as error:
            stored = await self._checkpoints.find_one({"_id": document["_id"]}, {"end": 1, "ids": 1})
            # A repeated insert of the very same range is ours: the first answer was lost on its way.
            if stored is None or stored["end"] != pending.end or stored["ids"] != document["ids"]:
                raise Overtaken(document["_id"]) from error

    async def end(self, partition: str) -> int | None:
        """Where consumption goes on, or None when nothing of the partition was stored."""
        last = await self._checkpoints.find_one({"partition": partition}, {"end": 1}, sort=[("end", DESCENDING)])
        return None if last is None else int(last["end"])

    async def recent_ids(self, partition: str, since: int) -> list[bytes]:
        """The ids of the checkpoints that end after offset `since`, oldest first."""
        found = self._checkpoints.find({"partition": partition, "end": {"$gt": since}}, {"ids": 1})
        return [bytes(each["ids"]) for each in await found.sort("end", ASCENDING).to_list(None)]

    async def fold(self, partition: str) -> int:
        """Fold this partition's checkpoints into days, in order. Returns how many."""
        done = 0
        while True:
            waiting = self._checkpoints.find({"folded": False, "partition": partition})
            batch = await waiting.sort("end", ASCENDING).limit(_FOLD_AT_ONCE).to_list(None)
            if batch:
                await self._fold(partition, batch)
                done += len(batch)
            if len(batch) < _FOLD_AT_ONCE:
                return done

    async def _fold(self, partition: str, batch: list[Document]) -> None:
        merged: dict[str, dict[str, list[tuple[int, Delta]]]] = {}
        for checkpoint in batch:
            for indicator, document in unpacked(checkpoint["deltas"]).items():
                for day, part in Delta.from_document(document).by_day().items():
                    merged.setdefault(indicator, {}).setdefault(day, []).append((checkpoint["end"], part))
        for indicator, days in merged.items():
            for day, parts in days.items():
                await self._fold_day(partition, indicator, day, parts)
        await self._checkpoints.update_many(
            {"_id": {"$in": [checkpoint["_id"] for checkpoint in batch]}}, {"$set": {"folded": True, "deltas": b""}}
        )

    async def _fold_day(self, partition: str, indicator: str, day: str, parts: list[tuple[int, Delta]]) -> None:
        """Add what the day does not hold yet; somebody else's newer day makes us read it again."""
        id = f"{indicator}/{day}"
        while True:
            stored = await self._days.find_one({"_id": id})
            folded: dict[str, int] = {each["partition"]: each["end"] for each in stored["folded"]} if stored else {}
            upto = folded.get(partition, -1)
            fresh = [part for end, part in parts if end > upto]
            if not fresh:
                return
            folded[partition] = max(end for end, _ in parts)
            whole = Delta.from_document(unpacked(stored["data"])) if stored else fresh.pop(0)
            for part in fresh:
                whole.merge(part)
            version = stored["version"] if stored else 0
            if await self._replace(id, version, _day(indicator, day, whole, folded, version + 1)):
                return

    async def _replace(self, id: str, version: int, document: Document) -> bool:
        try:
            if version == 0:
                await self._days.insert_one({"_id": id, **document})
                return True
            result = await self._days.replace_one({"_id": id, "version": version}, document)
        except DuplicateKeyError:
            return False
        return result.matched_count == 1


def _day(indicator: str, day: str, whole: Delta, folded: Mapping[str, int], version: int) -> Document:
    return {
        "indicator": indicator,
        "day": day,
        "data": packed(whole.to_document()),
        "folded": [{"partition": partition, "end": end} for partition, end in folded.items()],
        "version": version,
    }


def packed(document: Mapping[str, Any]) -> bytes:
    return msgspec.msgpack.encode(document)


def unpacked(packed: bytes) -> dict[str, Any]:
    return msgspec.msgpack.decode(packed, type=dict[str, Any])
