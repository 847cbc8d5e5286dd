"""From the event that spends the budget to the customer's webhook, under load, against a bare four-hop relay.

The bare relay is four aiokafka consumer-producer pairs in a row: what the broker alone costs for as many hops (metric
event, compliance event, incident event, delivery). Both carry the same background load in the same run.

A breach is told to several, and what follows from it goes on after the webhook has come. So the ratio is of breaches
that come one by one, each when nothing is left to do for the one before; how it is when each comes on the heels of the
one before is printed beside it.
"""

import asyncio
import json
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from agreeing import agree
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from cluster import OPERATOR, api, at_rest, started
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sepakat_shared.contracts import topics
from sepakat_shared.contracts.topics import Topic
from sepakat_shared.kafka_admin import create_topics

ROUNDS = 30
_NAMES = [f"bench-{i:03d}" for i in range(2 * ROUNDS)]
LOAD_PER_SECOND = 1_000
BOUND = 3.0
HOPS = 4


async def measure(backend: str) -> dict[str, Any]:
    received: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as data:
        async with _receiver(received) as url:
            env = {
                "SEPAKAT_NOTIFIER_ALLOW_NETWORKS": "127.0.0.0/8",
                "SEPAKAT_NOTIFIER_SECRET_KEY": secrets.token_urlsafe(32),
            }
            async with started(backend, Path(data), env=env) as cluster:
                await _prepare(cluster, url)
                async with _load(cluster.backend.kafka):
                    bare = await _relay(cluster.backend.kafka)
                    ours = await _breaches(cluster, received, _NAMES[:ROUNDS], one_by_one=True)
                    burst = await _breaches(cluster, received, _NAMES[ROUNDS:], one_by_one=False)
    ratio = statistics.median(ours) / statistics.median(bare)
    table = Table("what", "p50 ms", "p99 ms", title=f"breach to webhook at {LOAD_PER_SECOND:,} events/s ({backend})")
    for name, taken in (
        ("bare relay of four hops", bare), ("metric event to webhook", ours), ("the same, on each other's heels", burst)
    ):  # fmt: skip
        table.add_row(name, f"{_p(taken, 50):.1f}", f"{_p(taken, 99):.1f}")
    table.add_row("ratio of p50 (bound)", f"{ratio:.2f} (≤ {BOUND})", "")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "breach_latency", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio <= BOUND,
        "backend": backend, "rounds": ROUNDS, "load_per_second": LOAD_PER_SECOND,
        "bare_ms": {"p50": round(_p(bare, 50), 1), "p99": round(_p(bare, 99), 1)},
        "ours_ms": {"p50": round(_p(ours, 50), 1), "p99": round(_p(ours, 99), 1)},
        "burst_ms": {"p50": round(_p(burst, 50), 1), "p99": round(_p(burst, 99), 1)},
    }  # fmt: skip


def _p(values: list[float], percent: int) -> float:
    """The nearest-rank percentile."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


# -- what is measured --------------------------------------------------------------------------------------------------


async def _prepare(cluster: Any, url: str) -> None:
    """One agreement with an objective per round, each on an indicator of its own, and a webhook for breaches."""
    objectives = [
        {"id": name, "indicator": f"bench/{name}", "service": name, "measure": "time", "target": "100",
         "window": {"calendar": "day"}} for name in _NAMES
    ]  # fmt: skip
    await agree(cluster, _NAMES, objectives=objectives)
    async with api(cluster.urls["metrics"], OPERATOR) as http:
        for name in [*_NAMES, "load"]:
            kind = "ratio" if name == "load" else "state"
            body = {"apiVersion": "sepakat/v1", "kind": "Indicator", "metadata": {"id": f"bench/{name}"}}
            answer = await http.put(f"/v1/indicators/bench/{name}", json={**body, "kindOfEvents": kind})
            answer.raise_for_status()
        while len((await http.get("/v1/status")).raise_for_status().json()["items"]) < len(_NAMES):
            await asyncio.sleep(0.1)
    async with api(cluster.urls["notifier"], OPERATOR) as http:
        body = {"url": url, "party": "buyer", "types": ["sepakat.objective.breached.v1"]}
        (await http.post("/v1/webhook-endpoints", json=body)).raise_for_status()


async def _breaches(cluster: Any, received: dict[str, float], names: list[str], one_by_one: bool) -> list[float]:
    """Milliseconds from publishing the event that spends a budget to its breach's webhook, one after another.

    With `one_by_one`, each begins when the services have nothing left to do for the one before.
    """
    producer = AIOKafkaProducer(bootstrap_servers=cluster.backend.kafka, acks="all")
    await producer.start()
    taken = []
    try:
        for name in names:
            if one_by_one:
                await at_rest(cluster, ("metrics", "incidents", "notifier"), but=("metrics",))
            now = datetime.now(UTC)
            await _state(producer, name, "up", now - timedelta(seconds=60))
            await _state(producer, name, "down", now - timedelta(seconds=5))
            begun = time.perf_counter()
            while name not in received:
                await asyncio.sleep(0.001)
                if time.perf_counter() - begun > 60:
                    raise TimeoutError(f"no webhook for the breach of {name} within a minute")
            taken.append((received[name] - begun) * 1000)
    finally:
        await producer.stop()
    return taken


async def _state(producer: AIOKafkaProducer, name: str, state: str, at: datetime) -> None:
    event = {"specversion": "1.0", "id": secrets.token_hex(8), "source": "/bench", "time": at.isoformat(),
             "type": "sepakat.metric.state.v1", "subject": f"bench/{name}",
             "data": {"indicator": f"bench/{name}", "state": state}}  # fmt: skip
    headers = [("content-type", b"application/cloudevents+json")]
    body = json.dumps(event).encode()
    await producer.send_and_wait(topics.METRICS, body, key=f"bench/{name}".encode(), headers=headers)


@asynccontextmanager
async def _receiver(received: dict[str, float]) -> AsyncIterator[str]:
    async def take(request: Request) -> Response:
        at = time.perf_counter()
        received.setdefault((await request.json())["data"]["objective"], at)
        return Response(status_code=204)

    app = Starlette(routes=[Route("/hook", take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/hook"
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def _load(kafka: str) -> AsyncIterator[None]:
    """`LOAD_PER_SECOND` sample events, in a hundred portions a second."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks=1, linger_ms=5)
    await producer.start()

    async def publish() -> None:
        portion, begun, sent = LOAD_PER_SECOND // 100, time.perf_counter(), 0
        while True:
            for _ in range(portion):
                sent += 1
                await producer.send(topics.METRICS, _SAMPLE, key=b"bench/load", headers=_sample_headers(sent))
            await asyncio.sleep(max(0.0, begun + sent / LOAD_PER_SECOND - time.perf_counter()))

    publishing = asyncio.create_task(publish())
    try:
        yield
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        await producer.stop()


_SAMPLE = b'{"indicator": "bench/load", "good": 99, "total": 100}'


def _sample_headers(n: int) -> list[tuple[str, bytes]]:
    attributes = {"specversion": "1.0", "id": f"load-{n}", "source": "/bench", "type": "sepakat.metric.sample.v1",
                  "subject": "bench/load", "time": datetime.now(UTC).isoformat()}  # fmt: skip
    return [(f"ce_{name}", value.encode()) for name, value in attributes.items()]


# -- the floor ---------------------------------------------------------------------------------------------------------


async def _relay(kafka: str) -> list[float]:
    """Milliseconds that a record takes through `HOPS` bare consumer-producer pairs and a last consumer."""
    names = [f"bench-hop-{i}" for i in range(HOPS + 1)]
    await create_topics(kafka, [Topic(name, "bench", "none", partitions=1) for name in names])
    arrived: dict[bytes, float] = {}
    consumers = [AIOKafkaConsumer(name, bootstrap_servers=kafka, fetch_max_wait_ms=100) for name in names]
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    for part in [producer, *consumers]:
        await part.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            hops = [tasks.create_task(_hop(consumers[i], producer, names[i + 1])) for i in range(HOPS)]
            last = tasks.create_task(_arrive(consumers[HOPS], arrived))
            taken = [await _once(producer, names[0], f"{i}".encode(), arrived) for i in range(ROUNDS)]
            for task in [*hops, last]:
                task.cancel()
    finally:
        for part in [producer, *consumers]:
            await part.stop()
    return taken


async def _once(producer: AIOKafkaProducer, topic: str, mark: bytes, arrived: dict[bytes, float]) -> float:
    begun = time.perf_counter()
    await producer.send_and_wait(topic, mark)
    while mark not in arrived:
        await asyncio.sleep(0.001)
    return (arrived[mark] - begun) * 1000


async def _hop(consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, to: str) -> None:
    async for record in consumer:
        await producer.send_and_wait(to, record.value)


async def _arrive(consumer: AIOKafkaConsumer, arrived: dict[bytes, float]) -> None:
    async for record in consumer:
        arrived[record.value] = time.perf_counter()
