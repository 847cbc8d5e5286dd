"""Work beside ingestion, for a bounded share of the time."""

import asyncio
from collections.abc import Callable, Iterator
from time import thread_time
from typing import Final

_STEP: Final = 0.02
"""Seconds of work between two rests."""
_REST: Final = 1
_REST_WHILE_BUSY: Final = 19
"""A rest is so many times as long as the work before it: a twentieth of a core while events wait to be read."""


class Allowance:
    """Seconds that some work may take: a share of all the time that passes, and what was left over, up to `most`.

    Instants are seconds of one clock.
    """

    def __init__(self, share: float, most: float, now: float) -> None:
        self._share = share
        self._most = most
        self._left = most
        self._at = now

    def left(self, now: float) -> float:
        """What may be used now; below nothing where more was used."""
        self._left = min(self._most, self._left + self._share * (now - self._at))
        self._at = now
        return self._left

    def use(self, seconds: float) -> None:
        """No more than `most` is owed: what takes that long waits for somebody else."""
        self._left = max(-self._most, self._left - seconds)

    def wait(self, seconds: float, now: float) -> float:
        """How long it is until so much may be used."""
        return max(0.0, (seconds - self.left(now)) / self._share)


class Pace:
    """Takes iterators to their ends in short steps of a thread, with rests between the steps.

    In a thread the event loop goes on also beside a step that cannot be cut shorter. What is measured is the time that
    the thread itself took, not what it waited for the interpreter.
    """

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy

    async def through(self, steps: Iterator[object]) -> None:
        """Take `steps` to the end, and rest after each that is long enough."""
        while True:
            more, worked = await asyncio.to_thread(_work, steps)
            await self.rest(worked)
            if not more:
                return

    async def rest(self, worked: float) -> None:
        """Leave the others as much time as so many seconds of work ask for."""
        await asyncio.sleep(worked * (_REST_WHILE_BUSY if self._is_busy() else _REST))


def _work(steps: Iterator[object]) -> tuple[bool, float]:
    """Whether there is more to do, and how many seconds of this thread's own time were used."""
    begun = thread_time()
    for _ in steps:
        if (worked := thread_time() - begun) >= _STEP:
            return True, worked
    return False, thread_time() - begun
