"""Events through running instances of `metrics` that have judged everything before: what each of them costs."""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from cluster import processor_seconds
from stock import METRICS, Client, publish, samples, stored

from sepakat_cli.launcher import Launcher

_PAGE = os.sysconf("SC_PAGE_SIZE")
_WITHIN = 240


class Measured(NamedTuple):
    """Seconds from the start until all is judged; events per second; processor µs an event, over all instances; and
    resident bytes of one."""

    start: float
    rate: float
    cost: float
    resident: float


class Flow:
    """A topic that goes on growing from one measurement to the next; instances take it up where it was stored."""

    def __init__(self, cluster: Launcher, client: Client, indicators: list[str], events: int) -> None:
        self._cluster = cluster
        self._client = client
        self._indicators = indicators
        self._events = events
        self._published = 0

    async def through(self, names: Sequence[str], objectives: int) -> Measured:
        """Start those instances, wait until that many objectives are judged, and let events flow. They are ended then.

        Raises TimeoutError, with how far it came.
        """
        cluster, figures = self._cluster, self._client[METRICS]["figures"]
        await figures.delete_many({})
        begun = time.perf_counter()
        await asyncio.gather(*[cluster.start_service(name) for name in names])
        try:
            await until("objectives were judged", objectives, lambda: figures.count_documents({}))
            start = time.perf_counter() - begun
            # Made beforehand: while whoever publishes is the slower one, instances judge in the time that is left over.
            events = list(samples(self._events, self._indicators, first=self._published))
            before = sum(processor_seconds(cluster.pid(name)) for name in names)
            begun = time.perf_counter()
            await publish(cluster.backend.kafka, events, self._events)
            self._published += self._events
            await until("events were stored", self._published, lambda: stored(self._client))
            took = time.perf_counter() - begun
            used = sum(processor_seconds(cluster.pid(name)) for name in names) - before
            resident = statistics.mean(resident_bytes(cluster.pid(name)) for name in names)
        finally:
            for name in names:
                cluster.kill(name)
        return Measured(start, self._events / took, used / self._events * 1e6, resident)


async def until(what: str, wanted: int, count: Callable[[], Awaitable[int]], within: float = _WITHIN) -> None:
    """Ask once a second, so that asking does not keep the database busy. Raises TimeoutError, with how far it came."""
    begun = time.perf_counter()
    while (found := await count()) < wanted:
        if time.perf_counter() - begun > within:
            raise TimeoutError(f"{found} of {wanted} {what} after {within:g} s")
        await asyncio.sleep(1)


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
