"""From commits to topics: what was decided is published in order, at least once, also after a crash."""

import asyncio
import logging
import zlib
from collections import OrderedDict
from datetime import datetime, timedelta

from aiokafka.errors import MessageSizeTooLargeError
from opentelemetry.trace import SpanKind
from pymongo import ASCENDING

from sepakat_shared import retry
from sepakat_shared.bus import Bus
from sepakat_shared.commits import Commits
from sepakat_shared.messages import as_body
from sepakat_shared.mongo import Document
from sepakat_shared.telemetry import continued, current_traceparent

_WORKERS = 8
_SWEEP_EVERY = 1.0
_MARK_EVERY = 0.05
_REMEMBERED = 10_000
_log = logging.getLogger(__name__)


class Relay:
    """Publishes commits as they are made, and sweeps up what an earlier crash left unpublished.

    An aggregate always goes to the same worker, so its commits leave in their order. Another instance may relay the
    same commit: consumers drop what is not above the last sequence they applied.
    """

    def __init__(self, commits: Commits, bus: Bus, source: str) -> None:
        self._commits = commits
        self._bus = bus
        self._source = source
        self._queues: list[asyncio.Queue[str]] = [asyncio.Queue() for _ in range(_WORKERS)]
        self._queued: set[str] = set()
        self._fresh: dict[str, list[Document]] = {}
        """By aggregate: commits that were just made here, in order."""
        self._last: OrderedDict[str, int] = OrderedDict()
        """By aggregate: the number of the last commit that was published from here."""
        self._in_hand: set[str] = set()
        """Commits that were made here and are not marked yet: they need no sweep."""
        self._unmarked: list[str] = []
        self._to_mark = asyncio.Event()
        self._replays = 0
        commits.publish_with(self.take)

    def take(self, commit: Document) -> None:
        """Publish a commit that was just made."""
        self._in_hand.add(commit["_id"])
        self._fresh.setdefault(commit["aggregate"], []).append(commit)
        self.enqueue(commit["aggregate"])

    def enqueue(self, aggregate: str) -> None:
        """Publish what waits of an aggregate."""
        if aggregate not in self._queued:
            self._queued.add(aggregate)
            self._queues[zlib.crc32(aggregate.encode()) % _WORKERS].put_nowait(aggregate)

    async def run(self) -> None:
        """Relay until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for queue in self._queues:
                tasks.create_task(self._work(queue))
            tasks.create_task(self._mark())
            tasks.create_task(self._sweep())

    async def replay(self, since: datetime | None) -> int:
        """Mark commits as unpublished again, all or those from `since`; the sweep publishes them. Returns how many."""
        query: Document = {"published": True, "messages.0": {"$exists": True}}
        if since is not None:
            query["committed_at"] = {"$gte": since}
        self._unmarked.clear()
        self._in_hand.clear()
        result = await self._commits.collection.update_many(query, {"$set": {"published": False}})
        # From now on, each aggregate's next commit leaves behind those that are published again.
        self._replays += 1
        self._last.clear()
        return int(result.modified_count)

    async def _work(self, queue: "asyncio.Queue[str]") -> None:
        await self._bus.connected.wait()
        while True:
            aggregate = await queue.get()
            self._queued.discard(aggregate)
            await retry.until_done(f"publishing {aggregate}", lambda a=aggregate: self._publish(a))  # type: ignore[misc]

    async def _publish(self, aggregate: str) -> None:
        replays = self._replays
        for commit in await self._waiting_commits(aggregate):
            await self._publish_commit(commit)
            if replays != self._replays:
                continue
            self._last[aggregate] = commit["n"]
            self._last.move_to_end(aggregate)
            if len(self._last) > _REMEMBERED:
                self._last.popitem(last=False)
            self._unmarked.append(commit["_id"])
            self._to_mark.set()

    async def _waiting_commits(self, aggregate: str) -> list[Document]:
        """Those just made, where the one before them was published from here; else what the database knows of."""
        fresh = self._fresh.pop(aggregate, [])
        last = self._last.get(aggregate, 0)
        if fresh and [commit["n"] for commit in fresh] == list(range(last + 1, last + 1 + len(fresh))):
            return fresh
        # Another instance may have published some of these: they are never marked from here.
        self._in_hand.difference_update(commit["_id"] for commit in fresh)
        unpublished = self._commits.collection.find({"aggregate": aggregate, "published": False})
        return await unpublished.sort("n", ASCENDING).to_list(None)

    async def _mark(self) -> None:
        """Note what was published, many at once; what a crash leaves unmarked is published again."""
        while True:
            await self._to_mark.wait()
            await asyncio.sleep(_MARK_EVERY)
            self._to_mark.clear()
            # While its state document is missing, the sweep must find a commit: it writes the document.
            ids = [id for id in self._unmarked if id not in self._commits.unwritten]
            self._unmarked = [id for id in self._unmarked if id in self._commits.unwritten]
            if self._unmarked:
                self._to_mark.set()
            await retry.until_done("marking what was published", lambda of=ids: self._set_published(of))  # type: ignore[misc]

    async def _set_published(self, ids: list[str]) -> None:
        await self._commits.collection.update_many({"_id": {"$in": ids}}, {"$set": {"published": True}})
        self._in_hand.difference_update(ids)

    async def _publish_commit(self, commit: Document) -> None:
        subject = commit["aggregate"].partition("/")[2]
        for i, message in enumerate(commit["messages"]):
            attributes = {"messaging.destination.name": message["topic"], "sepakat.aggregate": commit["aggregate"]}
            with continued(f"publish {message['type']}", commit["traceparent"], SpanKind.PRODUCER, attributes):
                headers = self._bus.headers(
                    id=f"{commit['_id']}.{i}",
                    source=self._source,
                    type=message["type"],
                    subject=message.get("subject") or subject,
                    time=message.get("at") or commit["at"],
                    sequence=f"{commit['n']:08d}.{i:03d}",
                    traceparent=current_traceparent(),
                )
                body = as_body(message["data"])
                try:
                    await self._bus.publish(topic=message["topic"], key=message["key"], body=body, headers=headers)
                except MessageSizeTooLargeError:
                    # It never passes, and whatever this worker has besides must not wait for it.
                    size = len(body or b"")
                    _log.error("%s has %d bytes, more than the broker takes: nobody is told", headers["ce_id"], size)

    async def _sweep(self) -> None:
        while True:
            await retry.until_done("sweeping unpublished commits", self._enqueue_unpublished)
            await asyncio.sleep(_SWEEP_EVERY)

    async def _enqueue_unpublished(self) -> None:
        # Younger ones are most likely in a worker's hands right now.
        old_enough = self._commits.clock.now() - timedelta(seconds=_SWEEP_EVERY)
        query = {"published": False, "committed_at": {"$lt": old_enough}}
        for commit in await self._commits.collection.find(query, {"aggregate": 1}).limit(1000).to_list(None):
            if commit["_id"] in self._in_hand and commit["_id"] not in self._commits.unwritten:
                continue
            try:
                await self._commits.refresh(commit["aggregate"])
            except retry.TRANSIENT:
                raise
            except Exception:  # noqa: BLE001 - whatever a bug raises, the others must not wait for it
                # The others are told all the same. Reading it folds the commits, whatever state document is there.
                _log.exception("the state document of %s can't be written", commit["aggregate"])
            self._commits.unwritten.discard(commit["_id"])
            self.enqueue(commit["aggregate"])
