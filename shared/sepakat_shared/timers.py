"""Deadlines as data: a field of the state documents. A loop sleeps until the earliest and fires what is due.

No query asks for the earliest deadline of all: sorting a hundred thousand that are pending costs seconds where the
database does not sort by its index. The loop looks again soon anyway, so it asks for what comes until then.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from pymongo import ASCENDING

from sepakat_shared import retry
from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Collection, Document, up_to

_AT_LEAST_EVERY = timedelta(seconds=2)
"""Another instance may have set an earlier deadline: nobody wakes us for it."""
_SEEN_AT_ONCE = 10_000
_FIRED_AT_ONCE = 1_000
_AGAIN_AFTER = timedelta(minutes=1)
_log = logging.getLogger(__name__)

Fire = Callable[[Sequence[Document]], Awaitable[object]]


class Timers:
    """Calls `fire` with the documents of `states` whose `field` (an instant or None) has come, earliest first.

    `fire` is one command a document, whose decision looks at the state again: so two instances never both fire, and a
    deadline that passed while nothing ran fires late, once, in order. One that can't be fired, or is due still when it
    was, is logged, holds up no other, and is tried again after a minute.
    """

    def __init__(self, states: Collection, field: str, clock: Clock, fire: Fire) -> None:
        self._states = states
        self._field = field
        self._clock = clock
        self._fire = fire
        self._changed = asyncio.Event()
        self._put_off: dict[str, datetime] = {}

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
        fired, tried = 0, dict[str, int]()
        while True:
            now = self._clock.now()
            following = now + _AT_LEAST_EVERY
            self._put_off = {id: until for id, until in self._put_off.items() if until > now}
            ahead = self._states.find({self._field: up_to(following)}, {self._field: 1})
            soon = await ahead.sort(self._field, ASCENDING).limit(_SEEN_AT_ONCE + len(self._put_off)).to_list(None)
            soon = [each for each in soon if each["_id"] not in self._put_off]
            due = [each for each in soon if each[self._field] <= now]
            if not due:
                return fired, min([following, *[each[self._field] for each in soon[:1]]])
            for first in range(0, len(due), _FIRED_AT_ONCE):
                found = await self._whole(due[first : first + _FIRED_AT_ONCE])
                unchanged = [each["_id"] for each in found if tried.get(each["_id"]) == each["version"]]
                self._put_off_for_a_while(unchanged, "is due still after it was fired")
                left = [each for each in found if each["_id"] not in self._put_off]
                fired += await self._fire_some(left) if left else 0
                tried |= {each["_id"]: each["version"] for each in left}

    async def _whole(self, due: Sequence[Document]) -> list[Document]:
        """The documents, by a range of the index: asking for a thousand ids is slower than all that follows."""
        order = {each["_id"]: place for place, each in enumerate(due)}
        span = {"$gte": due[0][self._field], "$lte": due[-1][self._field]}
        found = [each for each in await self._states.find({self._field: span}).to_list(None) if each["_id"] in order]
        return sorted(found, key=lambda each: order[each["_id"]])

    async def _fire_some(self, due: Sequence[Document]) -> int:
        """Together, or one by one where one of them can't be fired. Returns how many were."""
        try:
            await self._fire(due)
        except retry.TRANSIENT:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a bug raises, the others must not wait for it
            if len(due) > 1:
                return sum([await self._fire_some([each]) for each in due])
            self._put_off_for_a_while([each["_id"] for each in due], "can't be fired", error)
            return 0
        return len(due)

    def _put_off_for_a_while(self, ids: Sequence[str], why: str, error: Exception | None = None) -> None:
        for id in ids:
            _log.error("the deadline %s of %s %s", self._field, id, why, exc_info=error)
            self._put_off[id] = self._clock.now() + _AGAIN_AFTER
