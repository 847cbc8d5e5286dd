"""What a signed-in party hears as it happens: every event of its agreements, in order, from where it left off.

An event is kept as it was heard, for a few days. Readers ask the database, each at its own pace, so a slow one makes no
queue grow. Several instances write, and what one has heard first may be there second: so each reading looks back a
little, and leaves out what this reader has seen. What took longer than that to be written, so that a reader may be past
its place, gets another place at the end. So an event may come twice, then and after a break of the connection; its id
says so.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo import ASCENDING

from sepakat_notifier.planning import occasion_of
from sepakat_notifier.routing import TOLD, subject_of, wants
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import Fact, rfc3339
from sepakat_shared.errors import Malformed
from sepakat_shared.expiry import forget_old
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document, insert_missing
from sepakat_shared.reacting import Reaction
from sepakat_shared.together import Together

_LOOKS_BACK: Final = timedelta(seconds=2)
_IN_TIME: Final = timedelta(seconds=1)
"""Written so soon after it got its place, it is there before any reader is past it: clocks may be apart by the rest."""
_MAY_BE_LATE: Final = timedelta(minutes=10)
"""What is heard again so long after it got its place was written in another life, and is told to nobody anew."""
_TRIES: Final = 3
"""Where the database is slow for long, more copies would make it slower; its readers are as late as its writers."""
_AT_ONCE: Final = 100
_LOOKS_AGAIN: Final = 5.0
"""Seconds: another instance may have heard something, and nobody wakes us for it."""


@dataclass(frozen=True)
class Entry:
    """`place` is where it stands in the feed: what comes later has a greater one. `event` is a CloudEvent in JSON."""

    place: str
    type: str
    event: str


@dataclass
class _Seen:
    """What a reader has been given lately, by place."""

    last: str
    places: set[str] = field(default_factory=set)

    @property
    def looks_from(self) -> str:
        return rfc3339(_instant(self.last) - _LOOKS_BACK)

    def take(self, place: str) -> bool:
        """Whether it is new to the reader."""
        if place in self.places:
            return False
        self.places.add(place)
        self.last = max(self.last, place)
        self.places = {each for each in self.places if each >= self.looks_from}
        return True


class Feed:
    def __init__(self, db: Database, keep: timedelta, clock: Clock) -> None:
        self._all: Collection = db["feed"]
        self._keep: Together[Document, bool] = Together(lambda some: insert_missing(self._all, some))
        self._kept_for = keep
        self._clock = clock
        self._news = asyncio.Event()

    async def create_indexes(self) -> None:
        await self._all.create_index([("parties", ASCENDING), ("place", ASCENDING)])
        await self._all.create_index([("place", ASCENDING)])
        await self._all.create_index([("at", ASCENDING)])

    async def forget(self) -> None:
        """Drop what is older than it is kept, until cancelled."""
        await forget_old(self._all, self._kept_for, self._clock)

    def reactions(self) -> list[Reaction]:
        return [Reaction(topic, contract, self.on_fact, "feed") for topic, told in TOLD.items() for contract in told]

    async def on_fact(self, fact: Fact, cause: Envelope) -> None:
        occasion = occasion_of(cause)
        event = {
            "specversion": "1.0", "id": occasion.id, "source": occasion.source, "type": occasion.type,
            "subject": occasion.subject, "time": occasion.time, "datacontenttype": "application/json",
            "data": occasion.data,
        }  # fmt: skip
        document = {
            "type": occasion.type, "parties": list(subject_of(fact).parties),
            # As text: what is in it has names of fields, and lists in lists, that not every database keeps.
            "event": json.dumps(event, ensure_ascii=False, separators=(",", ":")),
        }  # fmt: skip
        if await self._is_late(occasion.id, document):
            for _ in range(_TRIES):
                if await self._placed(occasion.id, document, again=True):
                    break
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _is_late(self, id: str, document: Document) -> bool:
        """Write it. Whether a reader may be past its place by now, or by when it was heard again."""
        in_time = await self._placed(id, document)
        if in_time is not None:
            return not in_time
        # Whether it was in time then, nobody may know any more.
        known = await self._all.find_one({"_id": id}, {"place": 1})
        age = self._clock.now() - _instant(known["place"]) if known else _MAY_BE_LATE
        return _IN_TIME < age < _MAY_BE_LATE

    async def _placed(self, id: str, document: Document, again: bool = False) -> bool | None:
        """Write it at the place that is now the last one. Whether that was done in time; None where it was there."""
        now = self._clock.now()
        place = f"{rfc3339(now)} {id}"
        is_new = await self._keep({"_id": f"{id} {place}" if again else id, "place": place, "at": now, **document})
        return self._clock.now() - now <= _IN_TIME if is_new else None

    # -- reading ------------------------------------------------------------------------------------------------------

    def now(self) -> str:
        """The place that what comes from now on is after."""
        return rfc3339(self._clock.now())

    def is_lost(self, place: str) -> bool:
        """Whether something that came after that place is not kept any more. Raises Malformed for what is no place."""
        return _instant(place) < self._clock.now() - self._kept_for

    async def read(
        self, asking: Principal, types: Sequence[str], after: str, quiet: float
    ) -> AsyncGenerator[Sequence[Entry]]:
        """What `asking` may see of those types after that place, without end; nothing each time it is `quiet` seconds.

        Raises Malformed for what is no place.
        """
        seen = _Seen(after, {after})
        loop = asyncio.get_running_loop()
        said = loop.time()
        while True:
            news = self._news
            found = await self._after(asking, seen)
            wanted = [each for each in found if wants(types, each.type)]
            if wanted or loop.time() - said >= quiet:
                yield wanted
                said = loop.time()
            if not found:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(_LOOKS_AGAIN, max(0.01, said + quiet - loop.time()))):
                        await news.wait()

    async def _after(self, asking: Principal, seen: _Seen) -> list[Entry]:
        query: Document = asking.restrict({"place": {"$gt": seen.looks_from}})
        # Those that were seen are found again, and must not take the places of new ones.
        cursor = self._all.find(query).sort("place", ASCENDING).limit(_AT_ONCE + len(seen.places))
        found = [Entry(each["place"], each["type"], each["event"]) for each in await cursor.to_list(None)]
        return [each for each in found if seen.take(each.place)]


def _instant(place: str) -> datetime:
    try:
        at = datetime.fromisoformat(place.partition(" ")[0])
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 2000 <= at.year <= 9000:
        raise Malformed.at("/header/last-event-id", "send the id of the last event that came, unchanged")
    return at.astimezone(UTC)
