"""Reading how an agreement's objectives stand over 30 days of events, against one bare indexed `find_one`."""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cluster import OPERATOR, api, started
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.table import Table
from stock import METRICS, Client, agree, indicator_ids, objective, register

from sepakat_metrics.checkpoints import packed
from sepakat_metrics.showing import Figures
from sepakat_shared.auth import Principal

READS = 200
ROUNDS = 5
BOUND = 3.0
_OPERATOR = Principal("bench", None, frozenset({"operator"}), frozenset())


async def measure(backend: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("agreements", "metrics")) as cluster:
            client: Client = AsyncMongoClient(cluster.backend.mongo)
            cluster.kill("metrics")
            [id] = indicator_ids(1)
            await register(client, [id])
            await agree(client, [objective("o", id, window={"rolling": "P30D"})])
            await client[METRICS]["days"].insert_many(a_month(id))
            await cluster.start_service("metrics")
            figures = client[METRICS]["figures"]
            while await figures.find_one({"attainment": {"$ne": None}}) is None:
                await asyncio.sleep(0.05)
            reading = Figures(client[METRICS])

            async def bare() -> object:
                return await figures.find_one({"_id": "bench-0000/o"})

            async def ours() -> object:
                return await reading.page(_OPERATOR, "bench-0000", None, 101)

            rounds = [(await _milliseconds(bare), await _milliseconds(ours)) for _ in range(ROUNDS)]
            async with api(cluster.urls["metrics"], OPERATOR) as http:
                over_http = await _milliseconds(lambda: http.get("/v1/status", params={"agreement": "bench-0000"}))
                http_floor = await _milliseconds(lambda: http.get("/livez"))
            await client.close()
    ratio = statistics.median(mine / floor for floor, mine in rounds)
    table = Table("what", "ms", title=f"status of 30 days, medians of {READS} reads ({backend})")
    table.add_row("bare find_one by id", f"{statistics.median(floor for floor, _ in rounds):.2f}")
    table.add_row("status read", f"{statistics.median(mine for _, mine in rounds):.2f}")
    table.add_row("ratio (bound)", f"{ratio:.2f} (≤ {BOUND})")
    table.add_row("the same over HTTP; an empty answer over HTTP", f"{over_http:.2f}; {http_floor:.2f}")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "status_read", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio <= BOUND, "backend": backend,
        "find_one_ms": [round(floor, 3) for floor, _ in rounds], "ours_ms": [round(mine, 3) for _, mine in rounds],
        "http_ms": round(over_http, 3), "empty_http_ms": round(http_floor, 3),
    }  # fmt: skip


def a_month(indicator: str, days: int = 30) -> list[dict[str, Any]]:
    """An event in every minute of the last days, as `metrics` stores them."""
    today = int(datetime.now(UTC).timestamp()) // 86_400
    return [
        {"_id": f"{indicator}/{day:06d}", "indicator": indicator, "day": f"{day:06d}", "folded": [], "version": 1,
         "data": _a_day(day)}
        for day in range(today - days, today)
    ]  # fmt: skip


@lru_cache
def _a_day(day: int) -> bytes:
    """The same for all indicators, so that thousands of them are stocked in seconds."""
    counts = [[day * 1440 + minute, 99, 100] for minute in range(1440)]
    return packed({"counts": counts, "measured": [], "transitions": [], "steps": []})


async def _milliseconds(read: Callable[[], Awaitable[object]]) -> float:
    taken = []
    for _ in range(READS):
        begun = time.perf_counter()
        await read()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)
