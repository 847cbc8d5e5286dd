"""Deadlines as data: a field of the state documents. A loop sleeps until the earliest and fires it as a command."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from pymongo import ASCENDING

from sepakat_shared import retry
from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Collection

_AT_LEAST_EVERY = timedelta(seconds=2)
"""Another instance may have set an earlier deadline: nobody wakes us for it."""


class Timers:
    """Fires `fire(id)` for every document of `states` whose `field` (an instant or None) has come.

    `fire` is a command whose decision looks at the state again, so two instances never both fire, and a deadline that
    passed while nothing ran fires late, once, in order.
    """

    def __init__(self, states: Collection, field: str, clock: Clock, fire: Callable[[str], Awaitable[object]]) -> None:
        self._states = states
        self._field = field
        self._clock = clock
        self._fire = fire
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Look again: a deadline may have changed."""
        self._changed.set()

    async def create_indexes(self) -> None:
        await self._states.create_index([(self._field, ASCENDING)])

    async def run(self) -> None:
        """Fire deadlines until cancelled."""
        while True:
            self._changed.clear()
            await retry.until_done(f"firing {self._field}", self.fire_due)
            following = await retry.until_done(f"looking for the next {self._field}", self._next)
            await self._clock.wait(self._changed, following)

    async def _next(self) -> datetime:
        latest = self._clock.now() + _AT_LEAST_EVERY
        following = await self._states.find_one({self._field: {"$ne": None}}, sort=[(self._field, ASCENDING)])
        return min(following[self._field], latest) if following else latest

    async def fire_due(self) -> int:
        """Fire all that are due, earliest first. Returns how many were fired."""
        fired = 0
        while True:
            due = self._states.find({self._field: {"$ne": None, "$lte": self._clock.now()}}, {"_id": 1})
            batch = await due.sort(self._field, ASCENDING).limit(100).to_list(None)
            for document in batch:
                await self._fire(document["_id"])
            fired += len(batch)
            if not batch:
                return fired
