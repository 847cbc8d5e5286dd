"""Waiting by the clock."""

import asyncio

import pytest

from sepakat_shared.clock import SystemClock


async def test_a_cancellation_in_the_moment_of_the_wake_is_not_lost() -> None:
    wake = asyncio.Event()
    waiting = asyncio.create_task(SystemClock().wait(wake, None))
    await asyncio.sleep(0)
    wake.set()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
