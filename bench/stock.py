"""Stocking a cluster for a benchmark: indicators, agreements and events in bulk, straight into topic and database."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaProducer
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.progress import track

from sepakat_shared.contracts import texts, topics

Client = AsyncMongoClient[dict[str, Any]]
METRICS = "sepakat_metrics"
words = Console(stderr=True)


def indicator_ids(count: int) -> list[str]:
    return [f"bench/indicator-{i:05d}" for i in range(count)]


async def register(client: Client, indicators: Iterable[str], kind: str = "ratio") -> None:
    """Indicators as `metrics` stores them."""
    documents = []
    for id in indicators:
        text = texts.Indicator.model_validate({"metadata": {"id": id}, "kindOfEvents": kind})
        documents.append({"_id": id, "version": 1, "text": texts.as_text(text), "parties": ["bench"]})
    await client[METRICS]["indicators"].insert_many(documents)


async def agree(client: Client, objectives: list[dict[str, Any]], each: int = 100, prefix: str = "bench") -> None:
    """Agreements in force as `metrics` stores them, so many objectives in one."""
    documents = []
    for i in range(0, len(objectives), each):
        name = f"{prefix}-{i // each:04d}"
        text = texts.Agreement.model_validate(
            {"metadata": {"id": name}, "parties": {"provider": "bench", "customer": "buyer"},
             "term": {"from": "2020-01-01", "until": "2099-12-31", "timeZone": "UTC"},
             "services": [{"id": "s", "description": {"en": "s"}}], "objectives": objectives[i : i + each]}
        )  # fmt: skip
        documents.append(
            {"_id": f"{name}/1", "agreement": name, "version": 1, "hash": texts.text_hash(text),
             "effective_from": datetime(2020, 1, 1, tzinfo=UTC), "text": texts.as_text(text)}
        )  # fmt: skip
    await client[METRICS]["texts"].insert_many(documents)


def objective(id: str, indicator: str, **changes: Any) -> dict[str, Any]:
    base = {"id": id, "indicator": indicator, "measure": "occurrences", "target": "99", "window": {"calendar": "month"}}
    return {**base, **changes}


def samples(
    count: int, indicators: list[str], batched: int = 1, first: int = 0, by_columns: bool = False
) -> Iterator[tuple[str, bytes]]:
    """(indicator, CloudEvent in JSON), one after another through the indicators, over the last ten minutes.

    A plain one has 288 bytes; `batched` is how many samples an event holds, spread over the time until the indicator's
    next event; ids are numbers from `first` on.
    """
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    apart = max(1, 600_000 * len(indicators) // count // batched)
    for i in range(count):
        id = indicators[i % len(indicators)]
        at = start + timedelta(milliseconds=i * 600_000 // count)
        data: dict[str, Any] = {"indicator": id, "good": 99, "total": 100}
        if by_columns:
            columns = {"offset": list(range(0, apart * batched, apart)), "good": [99] * batched,
                       "total": [100] * batched}  # fmt: skip
            data = {"indicator": id, "columns": {"start": _told(at), **columns}}
        elif batched > 1:
            rows = [{"time": _told(at + timedelta(milliseconds=n * apart)), "good": 99, "total": 100}
                    for n in range(batched)]  # fmt: skip
            data = {"indicator": id, "samples": rows}
        event = {"specversion": "1.0", "id": f"{first + i:010d}", "source": "/bench",
                 "type": "sepakat.metric.sample.v1", "time": _told(at), "subject": id,
                 "datacontenttype": "application/json", "data": data}  # fmt: skip
        yield id, json.dumps(event).encode()


def _told(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


async def publish(kafka: str, events: Iterable[tuple[str, bytes]], total: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks=1, linger_ms=5, max_batch_size=256 * 1024)
    await producer.start()
    headers = [("content-type", b"application/cloudevents+json")]
    try:
        for id, body in track(events, "publishing", total=total, console=words):
            await producer.send(topics.METRICS, body, key=id.encode(), headers=headers)
        await producer.flush()
    finally:
        await producer.stop()


async def stored(client: Client) -> int:
    """Events in checkpoints, by the newest of each partition: reading all of them would keep the database busy."""
    checkpoints = client[METRICS]["checkpoints"]
    newest = [
        await checkpoints.find_one({"partition": partition}, {"end": 1}, sort=[("end", -1)])
        for partition in await checkpoints.distinct("partition")
    ]
    return sum(each["end"] for each in newest if each is not None)


async def forget_what_was_read(client: Client) -> None:
    """Let `metrics` begin with the topic's first event again."""
    for name in ("checkpoints", "days", "figures", "commits", "verdict", "impairment"):
        await client[METRICS][name].delete_many({})
