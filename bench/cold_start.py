"""A start with 10,000 objectives over 5,000 indicators: how long until all are judged and shown, and the memory.

The floor is to read every bucket that is stored: the days' documents, unpacked to minutes.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cluster import started
from flow import resident_bytes, until
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.progress import track
from rich.table import Table
from status_read import a_month
from stock import METRICS, Client, agree, indicator_ids, objective, register, words

from sepakat_metrics.buckets import Delta
from sepakat_metrics.checkpoints import unpacked

INDICATORS = 5_000
OBJECTIVES = 10_000
DAYS = 3
ROUNDS = 2
BOUND = 8.0


async def measure(backend: str) -> dict[str, Any]:
    ids = indicator_ids(INDICATORS)
    floors, ours, resident = [], [], 0
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("agreements", "metrics")) as cluster:
            client: Client = AsyncMongoClient(cluster.backend.mongo)
            figures = client[METRICS]["figures"]
            empty = resident_bytes(cluster.pid("metrics"))
            cluster.kill("metrics")
            await register(client, ids)
            await agree(client, [objective(f"o{i:05d}", ids[i // 2]) for i in range(OBJECTIVES)])
            for i in track(range(0, INDICATORS, 100), "stocking", console=words):
                await client[METRICS]["days"].insert_many([day for id in ids[i : i + 100] for day in a_month(id, DAYS)])
            for _ in range(ROUNDS):
                floors.append(await _read_everything(client))
                await figures.delete_many({})
                begun = time.perf_counter()
                await cluster.start_service("metrics")
                await until("objectives were judged", OBJECTIVES, lambda: figures.count_documents({}))
                ours.append(time.perf_counter() - begun)
                resident = resident_bytes(cluster.pid("metrics"))
                cluster.kill("metrics")
                words.print(f"round {len(ours)} of {ROUNDS}: {floors[-1]:.1f} s to read, {ours[-1]:.1f} s to start")
            await client.close()
    ratio = statistics.median(mine / floor for mine, floor in zip(ours, floors, strict=True))
    per_thousand = (resident - empty) / INDICATORS * 1000
    table = Table(
        "what", "", title=f"{OBJECTIVES:,} objectives over {INDICATORS:,} indicators of {DAYS} days ({backend})"
    )
    table.add_row("reading every bucket", f"{statistics.median(floors):.1f} s")
    table.add_row("start until all are judged and shown", f"{statistics.median(ours):.1f} s")
    table.add_row("ratio (bound)", f"{ratio:.1f} (≤ {BOUND})")
    table.add_row("resident per 1,000 indicators", f"{per_thousand / 2**20:.0f} MiB")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "cold_start", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio <= BOUND, "backend": backend,
        "rounds": ROUNDS,
        "read_seconds": [round(each, 2) for each in floors], "start_seconds": [round(each, 2) for each in ours],
        "resident_bytes": resident, "resident_bytes_empty": empty, "resident_bytes_per_1000": round(per_thousand),
    }  # fmt: skip


async def _read_everything(client: Client) -> float:
    begun = time.perf_counter()
    async for day in client[METRICS]["days"].find({}):
        Delta.from_document(unpacked(day["data"]))
    return time.perf_counter() - begun
