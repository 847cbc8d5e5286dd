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
from pymongo import ASCENDING, DESCENDING, ReplaceOne
from pymongo.errors import OperationFailure

from sepakat_metrics.buckets import Delta
from sepakat_shared.mongo import Collection, Database, Document, insert_missing, insert_new, replace_many

ID_BYTES = 8
_MOST_PARKED, _MOST_ID_BYTES = 5_000, 4_000_000
_FOLD_AT_ONCE = 64
_DAYS_AT_ONCE = 50


@dataclass
class Pending:
    """What was read of one partition since its last checkpoint: offsets `[first, end)`."""

    first: int
    end: int
    deltas: dict[str, Delta] = field(default_factory=dict)
    ids: bytearray = field(default_factory=bytearray)
    parked: list[Document] = field(default_factory=list)
    """What nobody has registered the indicator of, to be kept before the offsets are passed."""

    @property
    def is_full(self) -> bool:
        """Whether no more should be added before it is stored: a checkpoint is one document."""
        return len(self.parked) >= _MOST_PARKED or len(self.ids) >= _MOST_ID_BYTES


class Checkpoints:
    """The checkpoints and days of every indicator, in the database."""

    def __init__(self, db: Database) -> None:
        self._checkpoints: Collection = db["checkpoints"]
        self._days: Collection = db["days"]

    async def create_indexes(self) -> None:
        await self._checkpoints.create_index([("partition", ASCENDING), ("end", ASCENDING)])
        await self._checkpoints.create_index([("folded", ASCENDING), ("partition", ASCENDING), ("end", ASCENDING)])
        await self._days.create_index([("indicator", ASCENDING), ("day", ASCENDING)])

    async def insert(self, pending: Mapping[str, Pending], now: datetime) -> dict[str, bool | OperationFailure]:
        """Store what is pending of many partitions in one round trip.

        Answers for each partition whether it is stored, or why not. False is for one whose range another instance has
        stored: what this one holds of it in memory is worthless.
        """
        documents = [_document(partition, each, now) for partition, each in pending.items()]
        answers: list[bool | OperationFailure] = await insert_missing(self._checkpoints, documents)
        for i, document in enumerate(documents):
            if answers[i] is False:
                answers[i] = await self._is_ours(document)
        return dict(zip(pending, answers, strict=True))

    async def _is_ours(self, document: Document) -> bool:
        """Whether a range that is stored already was stored from here: then the first answer was lost on its way."""
        stored = await self._checkpoints.find_one({"_id": document["_id"]}, {"end": 1, "ids": 1})
        return stored is not None and (stored["end"], stored["ids"]) == (document["end"], document["ids"])

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
        news: dict[str, News] = {}
        for checkpoint in batch:
            for indicator, document in unpacked(checkpoint["deltas"]).items():
                for day, part in Delta.from_document(document).by_day().items():
                    each = news.setdefault(f"{indicator}/{day}", News(indicator, day))
                    each.parts.append((checkpoint["end"], part))
        ids = list(news)
        for i in range(0, len(ids), _DAYS_AT_ONCE):
            await self._fold_days(partition, {id: news[id] for id in ids[i : i + _DAYS_AT_ONCE]})
        await self._checkpoints.update_many(
            {"_id": {"$in": [checkpoint["_id"] for checkpoint in batch]}}, {"$set": {"folded": True, "deltas": b""}}
        )

    async def _fold_days(self, partition: str, news: Mapping[str, "News"]) -> None:
        """Add what days do not hold yet, with three commands for all of them: one by one, whoever takes over thousands
        of indicators would be minutes at it. Where somebody else's newer day stands against it, once more."""
        while True:
            stored = {each["_id"]: each for each in await self._days.find({"_id": {"$in": list(news)}}).to_list(None)}
            days = {
                id: day for id, each in news.items() if (day := each.added_to(stored.get(id), partition)) is not None
            }
            new = [{"_id": id, **day} for id, day in days.items() if id not in stored]
            others = [
                ReplaceOne({"_id": id, "version": day["version"] - 1}, day) for id, day in days.items() if id in stored
            ]
            inserted = await insert_new(self._days, new)
            replaced = await replace_many(self._days, others) if others else 0
            if inserted == len(new) and replaced == len(others):
                return


@dataclass
class News:
    """What checkpoints that wait have for one day of an indicator, as (where the checkpoint ends, what it adds)."""

    indicator: str
    day: str
    parts: list[tuple[int, Delta]] = field(default_factory=list)

    def added_to(self, stored: Document | None, partition: str) -> Document | None:
        """The day with what it does not hold yet; None where there is nothing such."""
        folded: dict[str, int] = {each["partition"]: each["end"] for each in stored["folded"]} if stored else {}
        upto = folded.get(partition, -1)
        fresh = [part for end, part in self.parts if end > upto]
        if not fresh:
            return None
        folded[partition] = max(end for end, _ in self.parts)
        whole = Delta.from_document(unpacked(stored["data"])) if stored else Delta()
        for part in fresh:
            whole.merge(part)
        return _day(self.indicator, self.day, whole, folded, (stored["version"] if stored else 0) + 1)


def _day(indicator: str, day: str, whole: Delta, folded: Mapping[str, int], version: int) -> Document:
    return {
        "indicator": indicator,
        "day": day,
        "data": packed(whole.to_document()),
        "folded": [{"partition": partition, "end": end} for partition, end in folded.items()],
        "version": version,
    }


def _document(partition: str, pending: Pending, now: datetime) -> Document:
    return {
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


def packed(document: Mapping[str, Any]) -> bytes:
    return msgspec.msgpack.encode(document)


def unpacked(packed: bytes) -> dict[str, Any]:
    return msgspec.msgpack.decode(packed, type=dict[str, Any])
