"""One, two and four instances of `metrics` on one topic: 10,000 objectives over 5,000 indicators, and what each costs.

All instances share the machine, so events per second say how many cores it has; the processor time of an event says
whether more instances make it dearer, and that is what is bound.
"""

import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from cluster import OPERATOR
from flow import Flow, Measured
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.table import Table
from stock import Client, agree, indicator_ids, objective, register, words

from sepakat_cli.backends import open_backend
from sepakat_cli.launcher import Launcher
from sepakat_cli.preparing import prepare

INSTANCES = (1, 2, 4)
INDICATORS = 5_000
OBJECTIVES = 10_000
EVENTS = 200_000
ROUNDS = 1
BOUND = 1.5


async def measure(backend: str) -> dict[str, Any]:
    ids = indicator_ids(INDICATORS)
    names = [f"metrics-{i}" for i in range(max(INSTANCES))]
    taken: dict[int, list[Measured]] = {count: [] for count in INSTANCES}

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
            flow = Flow(cluster, client, ids, EVENTS)
            for _ in range(ROUNDS):
                for count in INSTANCES:
                    taken[count].append(await flow.through(names[:count], OBJECTIVES))
                    words.print(f"{count} instances: {taken[count][-1]}")
            await client.close()
    medians = {
        count: Measured(*[statistics.median(each) for each in zip(*rounds, strict=True)])
        for count, rounds in taken.items()
    }
    ratio = medians[INSTANCES[-1]].cost / medians[INSTANCES[0]].cost
    table = Table(
        "instances", "s until all are judged", "events/s", "processor µs an event", "resident MiB each",
        title=f"{OBJECTIVES:,} objectives over {INDICATORS:,} indicators ({backend}, {os.cpu_count()} cores), "
        f"medians of {ROUNDS}",
    )  # fmt: skip
    for count, each in medians.items():
        table.add_row(str(count), f"{each.start:.0f}", f"{each.rate:,.0f}", f"{each.cost:.1f}",
                      f"{each.resident / 2**20:.0f}")  # fmt: skip
    table.add_row("ratio of the last to the first (bound)", "", "", f"{ratio:.2f} (≤ {BOUND})", "")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "instances", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio <= BOUND, "backend": backend,
        "cores": os.cpu_count(), "rounds": ROUNDS, "events": EVENTS, "indicators": INDICATORS, "objectives": OBJECTIVES,
        "by_instances": {
            str(count): {"seconds_until_judged": round(each.start, 1), "events_per_second": round(each.rate),
                         "processor_us_an_event": round(each.cost, 1), "resident_bytes_each": round(each.resident)}
            for count, each in medians.items()
        },
    }  # fmt: skip
