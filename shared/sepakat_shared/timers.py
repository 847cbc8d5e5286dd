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
_AT_ONCE = 100


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
            _, following = await retry.until_done(f"firing {self._field}", self._fire_due)
            await self._clock.wait(self._changed, following)

    async def fire_due(self) -> int:
        """Fire all that are due, earliest first. Returns how many were fired."""
        fired, _ = await self._fire_due()
        return fired

    async def _fire_due(self) -> tuple[int, datetime]:
        """How many were fired, and when to look again."""
        fired = 0
        while True:
            now = self._clock.now()
            found = self._states.find({self._field: {"$ne": None}}, {self._field: 1})
            earliest = await found.sort(self._field, ASCENDING).limit(_AT_ONCE).to_list(None)
            due = [each for each in earliest if each[self._field] <= now]
            for document in due:
                await self._fire(document["_id"])
            fired += len(due)
            if not due:
                return fired, min([now + _AT_LEAST_EVERY, *[each[self._field] for each in earliest[:1]]])
