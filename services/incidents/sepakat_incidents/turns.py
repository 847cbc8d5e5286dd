"""One after the other, in whichever instance: for writes to documents that others write too.

FerretDB reads a document, changes it and writes it back whole, so of two updates at once one is lost (ADR 0003). An
insert with a unique id is atomic everywhere, and that is what a turn is.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from weakref import WeakValueDictionary

from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Database, Document, insert_new

_LASTS: Final = timedelta(seconds=15)
"""A turn that nobody ended, since its holder was killed or lost the database, is over then."""
_LEFT_AT_LEAST: Final = timedelta(seconds=10)
"""What whoever is handed a turn has of it. With less left it is ended, and another instance may be the next."""


@dataclass
class _Queue:
    """Of one process: how many want the turn of a key. One has it, and hands it on to the next for a while."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0
    turn: Document | None = None


class Turns:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._turns = db["turns"]
        self._clock = clock
        self._here: WeakValueDictionary[str, _Queue] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """Wait for the turn of that key, and have it. Within a process it is handed on without the database."""
        queue = self._here.setdefault(key, _Queue())
        queue.wanted += 1
        try:
            async with queue.lock:
                if queue.turn is None or queue.turn["until"] - self._clock.now() < _LEFT_AT_LEAST:
                    await self._end(queue)
                    queue.turn = await self._begin(key)
                yield
        finally:
            queue.wanted -= 1
            if not queue.wanted:
                await self._end(queue)

    async def _begin(self, key: str) -> Document:
        mine: Document = {"_id": key, "by": secrets.token_hex(8)}
        while True:
            mine["until"] = self._clock.now() + _LASTS
            if await insert_new(self._turns, [mine]):
                return mine
            other = await self._turns.find_one({"_id": key})
            if other is not None and other["until"] < self._clock.now():
                await self._turns.delete_one({"_id": key, "by": other["by"]})
            elif other is not None:
                await asyncio.sleep(random.uniform(0.005, 0.03))  # noqa: S311 - jitter, not a secret

    async def _end(self, queue: _Queue) -> None:
        turn, queue.turn = queue.turn, None
        if turn is not None:
            await self._turns.delete_one({"_id": turn["_id"], "by": turn["by"]})
