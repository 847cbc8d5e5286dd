"""One, two and four instances of `metrics` on one topic: 10,000 objectives over 5,000 indicators, and what each costs.

All instances share the machine, so events per second say how many cores it has; the processor time of an event says
whether more instances make it dearer, and that is what is bound.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cluster import OPERATOR
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.table import Table
from stock import METRICS, Client, agree, forget_what_was_read, indicator_ids, objective, publish, register, samples

from sepakat_cli.backends import open_backend
from sepakat_cli.launcher import Launcher
from sepakat_cli.preparing import prepare

INSTANCES = (1, 2, 4)
INDICATORS = 5_000
OBJECTIVES = 10_000
EVENTS = 150_000
ROUNDS = 3
BOUND = 1.5
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_WITHIN = 240


async def measure(backend: str) -> dict[str, Any]:
    ids = indicator_ids(INDICATORS)
    names = [f"metrics-{i}" for i in range(max(INSTANCES))]
    taken: dict[int, list[tuple[float, float, float]]] = {count: [] for count in INSTANCES}

    async def prepared(kafka: str, mongo: str) -> None:
        await prepare(kafka, mongo, OPERATOR)

    with tempfile.TemporaryDirectory() as data:
        async with Launcher(
            open_backend(backend, Path(data)), Path(data), services=names, prepare=prepared,
            command=lambda _name: [sys.executable, "-m", "sepakat_metrics"],
        ) as cluster:  # fmt: skip
            client: Client = AsyncMongoClient(cluster.backend.mongo)
            for name in names:
                cluster.kill(name)
            await register(client, ids)
            await agree(client, [objective(f"o{i:05d}", ids[i // 2]) for i in range(OBJECTIVES)])
            for _ in range(ROUNDS):
                for count in INSTANCES:
                    taken[count].append(await _run(cluster, client, names[:count], ids))
            await client.close()
    medians = {
        count: [statistics.median(each) for each in zip(*rounds, strict=True)] for count, rounds in taken.items()
    }
    few, many = medians[INSTANCES[0]], medians[INSTANCES[-1]]
    ratio = many[1] / few[1]
    table = Table(
        "instances", "events/s", "processor µs an event", "resident MiB each",
        title=f"{OBJECTIVES:,} objectives over {INDICATORS:,} indicators ({backend}, {os.cpu_count()} cores), "
        f"medians of {ROUNDS}",
    )  # fmt: skip
    for count, (rate, cost, resident) in medians.items():
        table.add_row(str(count), f"{rate:,.0f}", f"{cost:.1f}", f"{resident / 2**20:.0f}")
    table.add_row("ratio of the last to the first (bound)", "", f"{ratio:.2f} (≤ {BOUND})", "")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "instances", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio <= BOUND, "backend": backend,
        "cores": os.cpu_count(), "events": EVENTS, "indicators": INDICATORS, "objectives": OBJECTIVES,
        "by_instances": {
            str(count): {"events_per_second": round(rate), "processor_us_an_event": round(cost, 1),
                         "resident_bytes_each": round(resident)}
            for count, (rate, cost, resident) in medians.items()
        },
    }  # fmt: skip


async def _run(cluster: Launcher, client: Client, names: list[str], ids: list[str]) -> tuple[float, float, float]:
    """Events per second, processor microseconds an event over all instances, and resident bytes of one of them."""
    await forget_what_was_read(client)
    await asyncio.gather(*[cluster.start_service(name) for name in names])
    try:
        await _until(client, "figures", OBJECTIVES)
        ends = await _ends(client)
        before = sum(_processor_seconds(cluster.pid(name)) for name in names)
        begun = time.perf_counter()
        await publish(cluster.backend.kafka, samples(EVENTS, ids), EVENTS)
        while (stored := await _ends(client) - ends) < EVENTS:
            if time.perf_counter() - begun > _WITHIN:
                raise TimeoutError(f"{stored} of {EVENTS} events stored after {_WITHIN} s")
            await asyncio.sleep(0.05)
        took = time.perf_counter() - begun
        used = sum(_processor_seconds(cluster.pid(name)) for name in names) - before
        resident = statistics.mean(_resident(cluster.pid(name)) for name in names)
    finally:
        for name in names:
            cluster.kill(name)
    return EVENTS / took, used / EVENTS * 1e6, resident


async def _until(client: Client, collection: str, count: int) -> None:
    async with asyncio.timeout(_WITHIN):
        while await client[METRICS][collection].count_documents({}) < count:
            await asyncio.sleep(0.2)


async def _ends(client: Client) -> int:
    """Events in checkpoints."""
    found = await client[METRICS]["checkpoints"].find({}, {"first": 1, "end": 1}).to_list(None)
    return sum(each["end"] - each["first"] for each in found)


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
