"""Checkpoints: one insert holds a range of offsets, what it adds to every indicator, and the ids seen in it.

A checkpoint's `_id` ends in its first offset, which is where the one before it ended. Two owners of a partition collide
on it, and the one that comes second must throw its memory away. Checkpoints are folded into the indicators' days in the
background, in order; `folded` in a day says up to which offset of each partition it holds.

A document has 16 MB at most, and an indicator may tell more than that of one day: then the day goes on in another
document, its next part, which holds up to the offsets that the one before it did. Whoever reads adds up the parts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from pymongo import ASCENDING, DESCENDING, ReplaceOne
from pymongo.errors import OperationFailure

from sepakat_metrics.buckets import Delta
from sepakat_metrics.events import Fact
from sepakat_metrics.sizes import OF_A_SAMPLE, weight_of
from sepakat_shared.mongo import Collection, Database, Document, insert_missing, insert_new, replace_many

ID_BYTES = 8
_MOST_PARKED, _MOST_WEIGHT = 5_000, 6_000_000
"""With one more event, and the ids of all (eight bytes to 64 of weight), it is less than the 16 MB of a document."""
_FOLD_AT_ONCE, _FOLD_BYTES_AT_ONCE, _READ_AT_ONCE = 64, 2_000_000, 8
_FULL_BYTES = 4_000_000
"""Of a part of a day: with what one fold adds, it is less than the 16 MB of a document."""
_DAYS_AT_ONCE = 50
_MOST_REACHED = 10_000


@dataclass
class Pending:
    """What was read of one partition since its last checkpoint: offsets `[first, end)`."""

    first: int
    end: int
    deltas: dict[str, Delta] = field(default_factory=dict)
    weight: int = 0
    """Bytes that `deltas` take at most when they are stored."""
    ids: bytearray = field(default_factory=bytearray)
    parked: list[Document] = field(default_factory=list)
    """What nobody has registered the indicator of, to be kept before the offsets are passed."""
    is_full: bool = False
    """Whether no more should be added before it is stored: a checkpoint is one document."""

    def add(self, fact: Fact, id: bytes, thresholds: tuple[int, ...]) -> None:
        """Take up one that is not a duplicate; `id` stands for it."""
        delta = self.deltas.get(fact.indicator)
        if delta is None:
            delta = self.deltas[fact.indicator] = Delta(thresholds)
            self.weight += _OF_AN_INDICATOR
        delta.add(fact)
        # Of most events it is this product, without a call.
        self.weight += OF_A_SAMPLE * len(fact.samples) or weight_of(fact, len(thresholds))
        self.ids += id
        if self.weight >= _MOST_WEIGHT:
            self.is_full = True

    def park(self, document: Document) -> None:
        self.parked.append(document)
        if len(self.parked) >= _MOST_PARKED:
            self.is_full = True


_OF_AN_INDICATOR = 256


class Checkpoints:
    """The checkpoints and days of every indicator, in the database."""

    def __init__(self, db: Database) -> None:
        self._checkpoints: Collection = db["checkpoints"]
        self._days: Collection = db["days"]
        self._reached: dict[str, str] = {}
        """The last part that was seen of days that have several: those before it are full, and stay as they are."""

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
        while batch := await self._waiting(partition):
            await self._fold(partition, batch)
            done += len(batch)
        return done

    async def _waiting(self, partition: str) -> list[Document]:
        """Some checkpoints that are not folded yet, the oldest first: one, or as many as are not too much for a day."""
        batch: list[Document] = []
        size = 0
        waiting = {"folded": False, "partition": partition}
        # After a long backlog each of them may have megabytes: few are read beyond those that are taken.
        found = self._checkpoints.find(waiting, {"ids": 0}, batch_size=_READ_AT_ONCE)
        try:
            async for each in found.sort("end", ASCENDING).limit(_FOLD_AT_ONCE):
                size += len(each["deltas"])
                if batch and size > _FOLD_BYTES_AT_ONCE:
                    break
                batch.append(each)
        finally:
            await found.close()
        return batch

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
            stored = await self._last_parts(news)
            days = [
                day for id, each in news.items() if (day := each.added_to(stored.get(id), partition)) is not None
            ]  # fmt: skip
            new = [day for day in days if day["version"] == 1]
            others = [
                ReplaceOne({"_id": day["_id"], "version": day["version"] - 1}, day)
                for day in days if day["version"] > 1
            ]  # fmt: skip
            inserted = await insert_new(self._days, new)
            replaced = await replace_many(self._days, others) if others else 0
            if inserted == len(new) and replaced == len(others):
                return

    async def _last_parts(self, ids: Iterable[str]) -> dict[str, Document]:
        """The last part of each day that is stored, by the day's id."""
        last: dict[str, Document] = {}
        looked_for = {self._reached.get(id, id): id for id in ids}
        while looked_for:
            found = await self._days.find({"_id": {"$in": list(looked_for)}}).to_list(None)
            news = {looked_for[each["_id"]]: each for each in found}
            last |= news
            # A database that has lost its newest writes may not have the part that was seen: then from the first one.
            gone = [day for day in looked_for.values() if day not in last and self._reached.pop(day, "")]
            looked_for = {next_part(each): day for day, each in news.items() if is_full(each)}
            looked_for |= {day: day for day in gone}
        if len(self._reached) >= _MOST_REACHED:
            self._reached.clear()
        self._reached |= {day: each["_id"] for day, each in last.items() if each.get("part", 0)}
        return last


def is_full(day: Mapping[str, Any]) -> bool:
    """Whether what comes later of that day stands in its next part."""
    return len(day["data"]) >= _FULL_BYTES


def next_part(day: Mapping[str, Any]) -> str:
    """The id of the part that follows."""
    return f"{day['indicator']}/{day['day']}/{day.get('part', 0) + 1:04d}"


@dataclass
class News:
    """What checkpoints that wait have for one day of an indicator, as (where the checkpoint ends, what it adds)."""

    indicator: str
    day: str
    parts: list[tuple[int, Delta]] = field(default_factory=list)

    def added_to(self, stored: Document | None, partition: str) -> Document | None:
        """The day's last part with what it does not hold yet, or a new one; None where there is nothing such."""
        folded: dict[str, int] = {each["partition"]: each["end"] for each in stored["folded"]} if stored else {}
        upto = folded.get(partition, -1)
        fresh = [part for end, part in self.parts if end > upto]
        if not fresh:
            return None
        folded[partition] = max(end for end, _ in self.parts)
        begun = None if stored is None or is_full(stored) else stored
        whole = Delta.from_document(unpacked(begun["data"])) if begun else Delta()
        for part in fresh:
            whole.merge(part)
        part_id, number = f"{self.indicator}/{self.day}", 0
        if stored is not None:
            part_id, number = stored["_id"], stored.get("part", 0)
            if begun is None:
                part_id, number = next_part(stored), number + 1
        return {
            "_id": part_id,
            "indicator": self.indicator,
            "day": self.day,
            "part": number,
            "data": packed(whole.to_document()),
            "folded": [{"partition": partition, "end": end} for partition, end in folded.items()],
            "version": (begun["version"] if begun else 0) + 1,
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
