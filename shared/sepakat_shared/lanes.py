"""Handling records several at once, those of one key in order, and knowing how far each partition is done.

Kafka promises order to the records of a key only; a service that can bear it gains by not waiting for the others.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from sepakat_shared.messages import Record


@dataclass
class _Progress:
    """Of one partition: the offsets in hand, and the one after the last that was taken."""

    following: int = 0
    in_hand: set[int] = field(default_factory=set)

    @property
    def done_up_to(self) -> int:
        """Every record before this offset is done."""
        return min(self.in_hand, default=self.following)


class Lanes:
    """At most `at_once` records are with `handle`, which must bring each to its end; `after` follows each."""

    def __init__(self, at_once: int, handle: Callable[[Record], Awaitable[None]], after: Callable[[], None]) -> None:
        self._at_once = at_once
        self._handle = handle
        self._after = after
        self._room = asyncio.Semaphore(at_once)
        self._pausing = asyncio.Lock()
        self._last: dict[Hashable, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._progress: dict[TopicPartition, _Progress] = {}
        self._news: set[TopicPartition] = set()
        self._closed = False

    async def take(self, record: Record) -> None:
        """Return as soon as there is room for the record, which is then in hand; do nothing once closed."""
        await self._room.acquire()
        if self._closed:
            self._room.release()
            return
        partition = TopicPartition(record.topic, record.partition)
        progress = self._progress.setdefault(partition, _Progress())
        progress.in_hand.add(record.offset)
        progress.following = record.offset + 1
        lane = (record.topic, record.partition if record.key is None else record.key)
        task = asyncio.create_task(self._run(record, partition, lane, self._last.get(lane)))
        self._last[lane] = task
        self._tasks.add(task)

    async def _run(
        self, record: Record, partition: TopicPartition, lane: Hashable, before: asyncio.Task[None] | None
    ) -> None:
        task = asyncio.current_task()
        try:
            if before is not None:
                await asyncio.wait([before])
            await self._handle(record)
            self._progress[partition].in_hand.discard(record.offset)
            self._news.add(partition)
            self._after()
        finally:
            if self._last.get(lane) is task:
                del self._last[lane]
            if task is not None:
                self._tasks.discard(task)
            self._room.release()

    @property
    def in_hand(self) -> int:
        """How many records were taken and are not done."""
        return len(self._tasks)

    def news(self) -> dict[TopicPartition, int]:
        """Per partition of which a record was done since the last call, the offset before which all are."""
        news, self._news = self._news, set()
        return {partition: self._progress[partition].done_up_to for partition in news}

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """While inside, nothing is in hand and nothing is taken."""
        async with self._pausing:
            held = 0
            try:
                for _ in range(self._at_once):
                    await self._room.acquire()
                    held += 1
                yield
            finally:
                for _ in range(held):
                    self._room.release()

    async def close(self, timeout: float) -> None:
        """Take nothing more and wait `timeout` seconds for what is in hand; what is not done then is given up."""
        self._closed = True
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=timeout)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
