"""Judging a month again after an exclusion, with its events published, against one query that reads that month's
buckets (the days' documents, unpacked to minutes: that is what a bucket is); and a thousand objectives judged again
while events are ingested.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer
from cluster import OPERATOR, api, started
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.table import Table
from status_read import a_month
from stock import METRICS, Client, agree, forget_what_was_read, indicator_ids, objective, publish, register, samples

from sepakat_metrics.buckets import Delta
from sepakat_metrics.checkpoints import unpacked
from sepakat_shared.contracts import compliance, topics

ROUNDS = 5
BOUND = 3.0
OBJECTIVES = 1_000
EVENTS = 200_000
KEPT_BOUND = 0.8


async def measure(backend: str) -> dict[str, Any]:
    ids = indicator_ids(1 + OBJECTIVES)
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("agreements", "metrics")) as cluster:
            client: Client = AsyncMongoClient(cluster.backend.mongo)
            cluster.kill("metrics")
            await register(client, ids)
            await agree(client, [objective("o", ids[0], window={"calendar": "year"})])
            await client[METRICS]["days"].insert_many(a_month(ids[0]))
            await cluster.start_service("metrics")
            await _until(client, "commits", {"events.type": "VerdictNoted"}, 1)
            async with api(cluster.urls["metrics"], OPERATOR) as http, _corrections(cluster.backend.kafka) as told:
                rounds = [(*await _query(client, ids[0]), await _corrected(http, told, i)) for i in range(ROUNDS)]
            alone, beside = await _beside_ingestion(cluster, client, ids[1:])
            await client.close()
    ratio, kept = statistics.median(mine / floor for _, floor, mine in rounds), beside / alone
    table = Table("what", "", title=f"a month judged again ({backend}), medians of {ROUNDS}")
    bare, floor, mine = (statistics.median(each) for each in zip(*rounds, strict=True))
    table.add_row("one query for that month's buckets (of it, without unpacking)", f"{floor:.1f} ms ({bare:.1f} ms)")
    table.add_row("asked by HTTP until published, and read from the topic", f"{mine:.1f} ms")
    table.add_row("ratio (bound)", f"{ratio:.2f} (≤ {BOUND})")
    table.add_row(f"ingestion beside {OBJECTIVES:,} objectives judged again (bound)", f"{kept:.2f} (≥ {KEPT_BOUND})")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "reevaluation", "ratio": round(ratio, 3), "bound": BOUND,
        "holds": ratio <= BOUND and kept >= KEPT_BOUND, "backend": backend,
        "query_ms": [round(each, 1) for _, each, _ in rounds], "ours_ms": [round(each, 1) for *_, each in rounds],
        "query_without_unpacking_ms": [round(each, 1) for each, *_ in rounds],
        "ingestion_kept": round(kept, 3), "ingestion_kept_bound": KEPT_BOUND,
    }  # fmt: skip


async def _query(client: Client, indicator: str) -> tuple[float, float]:
    """Milliseconds until the month's documents are here, and until their minutes are."""
    begun = time.perf_counter()
    days = await client[METRICS]["days"].find({"indicator": indicator}).to_list(None)
    read = time.perf_counter()
    buckets = [Delta.from_document(unpacked(day["data"])) for day in days]
    unpacked_at = time.perf_counter()
    assert sum(len(each.counts) for each in buckets) >= 29 * 1440
    return (read - begun) * 1000, (unpacked_at - begun) * 1000


@asynccontextmanager
async def _corrections(kafka: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(topics.COMPLIANCE, bootstrap_servers=kafka, fetch_max_wait_ms=100)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def _corrected(http: Any, told: AIOKafkaConsumer, i: int) -> float:
    """Milliseconds from the request until the corrected figures have been published, and read."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=30 + i)
    asked = {"agreement": "bench-0000", "kind": "events", "reason": "measurement-error", "note": "bench",
             "start": start.isoformat(), "good": 0, "total": 1 + i}  # fmt: skip
    begun = time.perf_counter()
    answer = (await http.post("/v1/adjustments", json=asked)).raise_for_status()
    async with asyncio.timeout(60):
        while dict((await told.getone()).headers).get("ce_type") != compliance.PeriodCorrected.type.encode():
            pass
        taken = (time.perf_counter() - begun) * 1000
        while not (await http.get(f"/v1/adjustments/{answer.json()['id']}")).raise_for_status().json()["applied"]:
            await asyncio.sleep(0.05)
    return taken


async def _beside_ingestion(cluster: Any, client: Client, ids: list[str]) -> tuple[float, float]:
    """Events per second alone, and while an adjustment has every objective judged again."""
    await agree_on_all(client, ids)
    rates = []
    for granted in (False, True):
        cluster.kill("metrics")
        await forget_what_was_read(client)
        await client[METRICS]["adjustment"].delete_many({})
        await client[METRICS]["days"].insert_many([day for id in ids[:50] for day in a_month(id, 5)])
        await cluster.start_service("metrics")
        async with api(cluster.urls["metrics"], OPERATOR) as http:
            await _until(client, "figures", {"agreement": "bench-all-0000"}, OBJECTIVES)
            if granted:
                start = datetime.now(UTC) - timedelta(days=2)
                asked = {"agreement": "bench-all-0000", "kind": "exclusion", "reason": "other", "note": "bench",
                         "start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}  # fmt: skip
                (await http.post("/v1/adjustments", json=asked)).raise_for_status()
            begun = time.perf_counter()
            await publish(cluster.backend.kafka, samples(EVENTS, ids), EVENTS)
            while await _stored(client) < EVENTS * (1 + granted):
                await asyncio.sleep(0.05)
            rates.append(EVENTS / (time.perf_counter() - begun))
    return rates[0], rates[1]


async def _until(client: Client, collection: str, query: dict[str, Any], count: int, within: float = 60) -> None:
    begun = time.perf_counter()
    while (found := await client[METRICS][collection].count_documents(query)) < count:
        if time.perf_counter() - begun > within:
            raise TimeoutError(f"{found} of {count} in {collection} as {query} after {within:.0f} s")
        await asyncio.sleep(0.002)


async def agree_on_all(client: Client, ids: list[str]) -> None:
    await agree(client, [objective(f"o{i:05d}", id, window={"calendar": "year"}) for i, id in enumerate(ids)],
                each=OBJECTIVES, prefix="bench-all")  # fmt: skip


async def _stored(client: Client) -> int:
    found = await client[METRICS]["checkpoints"].find({}, {"first": 1, "end": 1}).to_list(None)
    return sum(each["end"] - each["first"] for each in found)
