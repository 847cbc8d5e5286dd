"""Long work beside ingestion: how long it rests, and that nobody waits for one of its steps."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sepakat_metrics import pace
from sepakat_metrics.pace import Pace


def working(steps: int) -> Iterator[None]:
    for _ in range(steps):
        until = time.thread_time() + pace._STEP
        while time.thread_time() < until:
            pass
        yield


@pytest.mark.parametrize(("busy", "times"), [(True, 19), (False, 1)])
async def test_a_rest_is_as_many_times_as_long_as_the_work_before_it(
    busy: bool, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    here, sleep = asyncio.get_running_loop(), asyncio.sleep

    async def rest(seconds: float) -> None:
        # Servers that other tests have left running in threads rest, too.
        if asyncio.get_running_loop() is here:
            rests.append(seconds)
        else:
            await sleep(seconds)

    monkeypatch.setattr(pace.asyncio, "sleep", rest)  # type: ignore[attr-defined]
    await Pace(lambda: busy).through(working(3))
    # After the last one there is nothing left to do but to see that.
    assert len(rests) == 4
    assert all(each >= times * pace._STEP for each in rests[:3])


async def test_a_step_that_cannot_be_cut_shorter_does_not_hold_up_the_loop() -> None:
    told = threading.Event()

    def waits() -> Iterator[None]:
        assert told.wait(timeout=30), "the loop did not go on beside the step"
        yield

    going = asyncio.create_task(Pace(lambda: False).through(waits()))
    asyncio.get_running_loop().call_soon(told.set)
    await going


async def test_what_goes_wrong_in_a_step_is_raised() -> None:
    def fails() -> Iterator[Any]:
        yield
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await Pace(lambda: False).through(fails())
