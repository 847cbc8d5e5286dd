"""What a signed-in party hears as it happens: every event of its agreements, in order, from where it left off.

An event is kept as it was heard, for a few days. Readers ask the database, each at its own pace, so a slow one makes no
queue grow. Several instances write, and what one has heard first may be there second: so each reading looks back a
little, and leaves out what this reader has seen. After a break of the connection an event may come twice; its id says
so.
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
from sepakat_shared.bus import Reaction
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import Fact, rfc3339
from sepakat_shared.errors import Malformed
from sepakat_shared.expiry import forget_old
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document, insert_missing
from sepakat_shared.together import Together

_LOOKS_BACK: Final = timedelta(seconds=2)
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
        now, occasion = self._clock.now(), occasion_of(cause)
        event = {
            "specversion": "1.0", "id": occasion.id, "source": occasion.source, "type": occasion.type,
            "subject": occasion.subject, "time": occasion.time, "datacontenttype": "application/json",
            "data": occasion.data,
        }  # fmt: skip
        document = {
            "_id": occasion.id, "place": f"{rfc3339(now)} {occasion.id}", "at": now, "type": occasion.type,
            "parties": list(subject_of(fact).parties),
            # As text: what is in it has names of fields, and lists in lists, that not every database keeps.
            "event": json.dumps(event, ensure_ascii=False, separators=(",", ":")),
        }  # fmt: skip
        await self._keep(document)  # unless it was heard before
        news, self._news = self._news, asyncio.Event()
        news.set()

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
        raise Malformed("Last-Event-ID: send the id of the last event that came, unchanged")
    return at.astimezone(UTC)
