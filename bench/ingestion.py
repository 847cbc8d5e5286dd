"""Metric events per second from topic to durable bucket, against bare aiokafka `getmany` over the same topic.

Both read the same records in the same run on the same backend; the ratio is what counts, not the figures.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from cluster import OPERATOR, api, started
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.progress import track
from rich.table import Table

from sepakat_shared.contracts import topics

EVENTS = 200_000
BOUND = 0.30
INDICATOR = "bench/requests"
_words = Console(stderr=True)


async def measure(backend: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("agreements", "metrics")) as cluster:
            async with api(cluster.urls["metrics"], OPERATOR) as http:
                indicator = {"apiVersion": "sepakat/v1", "kind": "Indicator", "metadata": {"id": INDICATOR}}
                answer = await http.put(f"/v1/indicators/{INDICATOR}", json={**indicator, "kindOfEvents": "ratio"})
                answer.raise_for_status()
                cluster.kill("metrics")
                await _fill(cluster.backend.kafka)
                bare = [await _bare(cluster.backend.kafka) for _ in range(3)]
                await cluster.start_service("metrics")
                ours = await _until_stored(cluster)
    floor = statistics.median(bare)
    ratio = ours / floor
    table = Table("what", "events/s", title=f"ingestion of {EVENTS:,} events ({backend})")
    table.add_row("bare aiokafka getmany, median of 3", f"{floor:,.0f}")
    table.add_row("topic to durable bucket", f"{ours:,.0f}")
    table.add_row("ratio (bound)", f"{ratio:.2f} (≥ {BOUND})")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "ingestion", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio >= BOUND, "backend": backend,
        "events": EVENTS, "bare_per_second": [round(each) for each in bare], "ours_per_second": round(ours),
    }  # fmt: skip


async def _fill(kafka: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks=1, linger_ms=5, max_batch_size=256 * 1024)
    await producer.start()
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)
    try:
        for i in track(range(EVENTS), "publishing", console=_words):
            at = (start + timedelta(milliseconds=i * 100)).isoformat()
            headers = {"ce_specversion": "1.0", "ce_id": f"e{i}", "ce_source": "/bench", "ce_time": at,
                       "ce_type": "sepakat.metric.sample.v1", "ce_subject": INDICATOR}  # fmt: skip
            await producer.send(
                topics.METRICS,
                json.dumps({"indicator": INDICATOR, "good": 99, "total": 100}).encode(),
                key=INDICATOR.encode(),
                headers=[(name, value.encode()) for name, value in headers.items()],
            )
        await producer.flush()
    finally:
        await producer.stop()


async def _bare(kafka: str) -> float:
    consumer = AIOKafkaConsumer(topics.METRICS, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        seen, begun = 0, time.perf_counter()
        while seen < EVENTS:
            batches = await consumer.getmany(timeout_ms=100, max_records=5_000)
            seen += sum(len(records) for records in batches.values())
        return EVENTS / (time.perf_counter() - begun)
    finally:
        await consumer.stop()


async def _until_stored(cluster: Any) -> float:
    """Events per second between the first and the last checkpoint of the run, by the database."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(cluster.backend.mongo)
    checkpoints = client["sepakat_metrics"]["checkpoints"]
    while True:
        stored = await checkpoints.find({}, {"first": 1, "end": 1, "at": 1}).to_list(None)
        if sum(each["end"] - each["first"] for each in stored) >= EVENTS:
            break
        await asyncio.sleep(0.2)
    await client.close()
    stored.sort(key=lambda each: each["at"])
    # The first checkpoint tells when storing began; what it holds was read before that and does not count.
    counted = sum(each["end"] - each["first"] for each in stored[1:])
    seconds = (stored[-1]["at"] - stored[0]["at"]).total_seconds()
    return float(counted / seconds)
