"""One after the other, in whichever instance: for writes to documents that others write too.

FerretDB reads a document, changes it and writes it back whole, so of two updates at once one is lost (ADR 0003). An
insert with a unique id is atomic everywhere, and that is what a turn is.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from weakref import WeakValueDictionary

from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Database, Document, insert_new

_LASTS: Final = timedelta(seconds=15)
"""A turn that nobody ended, since its holder was killed or lost the database, is over then."""


class Turns:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._turns = db["turns"]
        self._clock = clock
        self._here: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """Wait for the turn of that key, and have it. Those of one process do not ask the database for whose it is."""
        lock = self._here.setdefault(key, asyncio.Lock())
        async with lock:
            mine: Document = {"_id": key, "by": secrets.token_hex(8)}
            while not await insert_new(self._turns, [mine | {"until": self._clock.now() + _LASTS}]):
                other = await self._turns.find_one({"_id": key})
                if other is not None and other["until"] < self._clock.now():
                    await self._turns.delete_one({"_id": key, "by": other["by"]})
                elif other is not None:
                    await asyncio.sleep(random.uniform(0.005, 0.03))  # noqa: S311 - jitter, not a secret
            try:
                yield
            finally:
                await self._turns.delete_one(mine)
