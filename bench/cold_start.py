"""A start with 10,000 objectives over 5,000 indicators: how long until all are judged and shown, and the memory.

The floor is to read every bucket that is stored: the days' documents, unpacked to minutes.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cluster import started
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
ROUNDS = 5
BOUND = 8.0


async def measure(backend: str) -> dict[str, Any]:
    ids = indicator_ids(INDICATORS)
    floors, ours, resident = [], [], 0
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("agreements", "metrics")) as cluster:
            client: Client = AsyncMongoClient(cluster.backend.mongo)
            empty = _resident(cluster.pid("metrics"))
            cluster.kill("metrics")
            await register(client, ids)
            await agree(client, [objective(f"o{i:05d}", ids[i // 2]) for i in range(OBJECTIVES)])
            for i in track(range(0, INDICATORS, 100), "stocking", console=words):
                await client[METRICS]["days"].insert_many([day for id in ids[i : i + 100] for day in a_month(id, DAYS)])
            for _ in range(ROUNDS):
                floors.append(await _read_everything(client))
                await client[METRICS]["figures"].delete_many({})
                begun = time.perf_counter()
                await cluster.start_service("metrics")
                while await client[METRICS]["figures"].count_documents({}) < OBJECTIVES:
                    await asyncio.sleep(0.1)
                ours.append(time.perf_counter() - begun)
                resident = _resident(cluster.pid("metrics"))
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
        "read_seconds": [round(each, 2) for each in floors], "start_seconds": [round(each, 2) for each in ours],
        "resident_bytes": resident, "resident_bytes_empty": empty, "resident_bytes_per_1000": round(per_thousand),
    }  # fmt: skip


async def _read_everything(client: Client) -> float:
    begun = time.perf_counter()
    async for day in client[METRICS]["days"].find({}):
        Delta.from_document(unpacked(day["data"]))
    return time.perf_counter() - begun


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
