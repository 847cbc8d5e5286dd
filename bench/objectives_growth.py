"""What an event costs with 10, 1,000 and 10,000 objectives over the same indicators, all of them judged before.

The cost is processor time of the service: events, their storing, and whatever judging goes on meanwhile.
"""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from cluster import started
from flow import Flow, Measured
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.table import Table
from stock import METRICS, Client, agree, indicator_ids, objective, register, words

EVENTS = 200_000
INDICATORS = 5_000
OBJECTIVES = (10, 1_000, 10_000)
RUNS = 5
BOUND = 1.5


async def measure(backend: str) -> dict[str, Any]:
    taken: dict[int, list[Measured]] = {count: [] for count in OBJECTIVES}
    ids = indicator_ids(INDICATORS)
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("agreements", "metrics")) as cluster:
            client: Client = AsyncMongoClient(cluster.backend.mongo)
            cluster.kill("metrics")
            await register(client, ids)
            flow = Flow(cluster, client, ids, EVENTS)
            for _ in range(RUNS):
                for count in OBJECTIVES:
                    await client[METRICS]["texts"].delete_many({})
                    await agree(client, [objective(f"o{i:05d}", ids[i // 2 % INDICATORS]) for i in range(count)])
                    taken[count].append(await flow.through(["metrics"], count))
                    words.print(f"{count:,} objectives: {taken[count][-1]}")
            await client.close()
    few, many = taken[OBJECTIVES[0]], taken[OBJECTIVES[-1]]
    ratio = statistics.median(b.cost / a.cost for a, b in zip(few, many, strict=True))
    table = Table("objectives", "processor µs an event", "events/s", "resident MiB",
                  title=f"{EVENTS:,} events over {INDICATORS:,} indicators ({backend}), medians of {RUNS}")  # fmt: skip
    for count, runs in taken.items():
        _, rate, cost, resident = (statistics.median(each) for each in zip(*runs, strict=True))
        table.add_row(f"{count:,}", f"{cost:.1f}", f"{rate:,.0f}", f"{resident / 2**20:.0f}")
    table.add_row("ratio of the last to the first (bound)", f"{ratio:.2f} (≤ {BOUND})")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "objectives_growth", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio <= BOUND,
        "backend": backend, "runs": RUNS, "events": EVENTS, "indicators": INDICATORS,
        "processor_us_an_event": {str(count): [round(each.cost, 1) for each in taken[count]] for count in OBJECTIVES},
        "events_per_second": {str(count): [round(each.rate) for each in taken[count]] for count in OBJECTIVES},
        "resident_bytes": {str(count): [round(each.resident) for each in taken[count]] for count in OBJECTIVES},
    }  # fmt: skip
