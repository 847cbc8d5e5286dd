"""What an event costs with 10, 1,000 and 10,000 objectives: the same events over the same indicators each time."""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from cluster import started
from ingestion import _until_stored
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.table import Table
from stock import (
    METRICS,
    Client,
    agree,
    forget_what_was_read,
    indicator_ids,
    objective,
    publish,
    register,
    samples,
    words,
)

EVENTS = 150_000
INDICATORS = 5_000
OBJECTIVES = (10, 1_000, 10_000)
RUNS = 5
BOUND = 1.5


async def measure(backend: str) -> dict[str, Any]:
    costs: dict[int, list[float]] = {count: [] for count in OBJECTIVES}
    ids = indicator_ids(INDICATORS)
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("agreements", "metrics")) as cluster:
            client: Client = AsyncMongoClient(cluster.backend.mongo)
            await register(client, ids)
            cluster.kill("metrics")
            await publish(cluster.backend.kafka, samples(EVENTS, ids), EVENTS)
            for _ in range(RUNS):
                for count in OBJECTIVES:
                    await client[METRICS]["texts"].delete_many({})
                    await agree(client, [objective(f"o{i:05d}", ids[i // 2 % INDICATORS]) for i in range(count)])
                    await forget_what_was_read(client)
                    await cluster.start_service("metrics")
                    costs[count].append(1e6 / await _until_stored(client, EVENTS))
                    words.print(f"{count:,} objectives: {costs[count][-1]:.1f} µs an event")
                    cluster.kill("metrics")
            await client.close()
    ratio = statistics.median(many / few for many, few in zip(costs[OBJECTIVES[-1]], costs[OBJECTIVES[0]], strict=True))
    table = Table("objectives", "µs an event", title=f"{EVENTS:,} events over {INDICATORS:,} indicators ({backend})")
    for count in OBJECTIVES:
        table.add_row(f"{count:,}", f"{statistics.median(costs[count]):.1f}")
    table.add_row("ratio of the last to the first (bound)", f"{ratio:.2f} (≤ {BOUND})")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "objectives_growth", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio <= BOUND,
        "backend": backend, "events": EVENTS, "indicators": INDICATORS,
        "microseconds_an_event": {str(count): [round(each, 1) for each in costs[count]] for count in OBJECTIVES},
    }  # fmt: skip
