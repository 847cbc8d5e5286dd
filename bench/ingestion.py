"""Metric events per second from topic to durable bucket, against bare aiokafka `getmany` over the same topic.

Both read the same records in the same run on the same backend; the ratio is what counts, not the figures. `ingestion`
is of plain events of 288 bytes, `ingestion_batched` of events that hold 100 samples each, counted by sample: by rows
and by columns, each against the floor of the same bytes. A consumer that also makes objects of the JSON, and does
nothing with them, shows what of it is the parser's.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer
from cluster import started
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.table import Table
from stock import METRICS, Client, forget_what_was_read, indicator_ids, publish, register, samples

from sepakat_shared.contracts import topics

RUNS = 5
INDICATORS = 200
BOUND = 0.45
_ONE_FLUSH = timedelta(milliseconds=50)
"""The checkpoints of one flush are written within this."""


async def measure(backend: str) -> dict[str, Any]:
    return await _measure("ingestion", backend, events=400_000)


async def measure_batched(backend: str) -> dict[str, Any]:
    """The bound is for columns. What rows come to is told beside it, without one: their typed decoding alone, in C,
    takes about as long as it takes aiokafka to fetch them (docs/adr/0030-batches-by-columns.md).
    """
    rows = await _measure("by rows", backend, events=50_000, batched=100, is_bound=False)
    columns = await _measure("by columns", backend, events=100_000, batched=100, by_columns=True)
    by_rows = {name: value for name, value in rows.items() if name not in ("bench", "bound", "holds", "backend")}
    return {**columns, "bench": "ingestion_batched", "by_rows": by_rows}


async def _measure(
    name: str, backend: str, events: int, batched: int = 1, by_columns: bool = False, is_bound: bool = True
) -> dict[str, Any]:
    bare, parsed, ours = [], [], []
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("agreements", "metrics")) as cluster:
            client: Client = AsyncMongoClient(cluster.backend.mongo)
            await register(client, indicator_ids(INDICATORS))
            cluster.kill("metrics")
            told = samples(events, indicator_ids(INDICATORS), batched, by_columns=by_columns)
            await publish(cluster.backend.kafka, told, events)
            for _ in range(RUNS):
                bare.append(await _bare(cluster.backend.kafka, events) * batched)
                parsed.append(await _bare(cluster.backend.kafka, events, msgspec.json.decode) * batched)
                await forget_what_was_read(client)
                await cluster.start_service("metrics")
                ours.append(await _until_stored(client, events) * batched)
                cluster.kill("metrics")
            await client.close()
    ratio = statistics.median(mine / floor for mine, floor in zip(ours, bare, strict=True))
    what = "samples" if batched > 1 else "events"
    table = Table("what", f"{what}/s", title=f"{name}: {events * batched:,} {what} ({backend}), median of {RUNS}")
    table.add_row("bare aiokafka getmany", f"{statistics.median(bare):,.0f}")
    table.add_row("the same, parsed", f"{statistics.median(parsed):,.0f}")
    table.add_row("topic to durable bucket", f"{statistics.median(ours):,.0f}")
    if batched > 1:
        each = [statistics.median(batched * 1e6 / rate for rate in rates) for rates in (bare, ours)]
        table.add_row("µs an event of these, bare and ours", f"{each[0]:.1f}, {each[1]:.1f}")
    table.add_row("ratio (bound)", f"{ratio:.2f} (≥ {BOUND})" if is_bound else f"{ratio:.2f}")
    Console(file=sys.stdout).print(table)
    return {
        "bench": name, "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio >= BOUND, "backend": backend,
        what: events * batched, "bare_per_second": [round(each) for each in bare],
        "parsed_per_second": [round(each) for each in parsed],
        "ours_per_second": [round(each) for each in ours],
    }  # fmt: skip


async def _bare(kafka: str, events: int, parse: Callable[[bytes], object] | None = None) -> float:
    consumer = AIOKafkaConsumer(topics.METRICS, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        seen, begun = 0, time.perf_counter()
        while seen < events:
            batches = await consumer.getmany(timeout_ms=100, max_records=5_000)
            for records in batches.values():
                seen += len(records)
                if parse is not None:
                    for record in records:
                        parse(record.value)
        return events / (time.perf_counter() - begun)
    finally:
        await consumer.stop()


async def _until_stored(client: Client, events: int) -> float:
    """Events per second between the first and the last checkpoint of the run, by the database."""
    checkpoints = client[METRICS]["checkpoints"]
    while True:
        stored = await checkpoints.find({}, {"first": 1, "end": 1, "at": 1}).to_list(None)
        if sum(each["end"] - each["first"] for each in stored) >= events:
            break
        await asyncio.sleep(0.2)
    # The first flush, of every partition, tells when storing began; what it holds was read before that.
    begun = min(each["at"] for each in stored) + _ONE_FLUSH
    later = [each for each in stored if each["at"] > begun]
    if not later:
        raise RuntimeError("everything was stored with the first flush: publish more events")
    counted = sum(each["end"] - each["first"] for each in later)
    return float(counted / (max(each["at"] for each in later) - begun + _ONE_FLUSH).total_seconds())
