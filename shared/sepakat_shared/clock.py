"""The one source of time. Code that needs the time is handed a `Clock`; only this module reads the machine's."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time in UTC, cut to milliseconds (what facts and databases keep), and waits."""

    def now(self) -> datetime: ...

    async def wait(self, wake: asyncio.Event, until: datetime | None) -> None:
        """Return when `wake` is set or at `until`, whichever comes first; `None` waits for `wake` alone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return to_milliseconds(datetime.now(UTC))

    async def wait(self, wake: asyncio.Event, until: datetime | None) -> None:
        timeout = None if until is None else max(0.0, (until - self.now()).total_seconds())
        try:
            # Python 3.11's wait_for loses a cancellation that comes in the very moment of the wake; this does not.
            async with asyncio.timeout(timeout):
                await wake.wait()
        except TimeoutError:
            return


class ManualClock:
    """A clock that a test owns: it moves only by `advance` and `set`."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self.set(self._now + by)

    def set(self, instant: datetime) -> None:
        self._now = instant
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def wait(self, wake: asyncio.Event, until: datetime | None) -> None:
        while not wake.is_set() and (until is None or self._now < until):
            either = [asyncio.ensure_future(event.wait()) for event in (wake, self._moved)]
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for waiter in either:
                    waiter.cancel()


def to_milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
