"""What watches the shop from outside, and who shops there: real requests, real status codes, real latencies."""

import asyncio
import json
import logging
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from opentelemetry.trace import SpanKind, Tracer

from sepakat_cli.demo.texts import SOURCE
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.telemetry import current_traceparent

_EVERY = 0.5
_REPEAT_AFTER = 5.0
_SHOPPERS = 4
_log = logging.getLogger(__name__)


class Probe:
    """Asks the shop's door twice a second: its state goes to `metrics` over HTTP, its latency over Kafka."""

    def __init__(self, shop: str, metrics: str, key: str, state: str, latency: str, kafka: str, tracer: Tracer) -> None:
        self.state: str | None = None
        self.sent = 0
        self.bought = 0
        self._shop = shop
        self._state_id, self._latency_id = state, latency
        self._tracer = tracer
        self._door = httpx.AsyncClient(timeout=2)
        self._metrics = httpx.AsyncClient(base_url=metrics, headers={"Authorization": f"Bearer {key}"}, timeout=10)
        self._producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
        self._told_at = 0.0

    async def run(self) -> None:
        """Probe and shop until cancelled."""
        await self._producer.start()
        try:
            async with self._door, self._metrics, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch())
                for _ in range(_SHOPPERS):
                    tasks.create_task(self._buy())
        finally:
            await self._producer.stop()

    async def _watch(self) -> None:
        while True:
            began = time.monotonic()
            with self._tracer.start_as_current_span("probe", kind=SpanKind.PRODUCER):
                at = datetime.now(UTC)
                state = await self._ask()
                if state != self.state or began - self._told_at > _REPEAT_AFTER:
                    await self._tell_state(state, at)
                    self.state, self._told_at = state, began
                if state == "up":
                    await self._tell_latency(round((time.monotonic() - began) * 1000, 3), at)
            await asyncio.sleep(max(0.0, _EVERY - (time.monotonic() - began)))

    async def _ask(self) -> str:
        try:
            answer = await self._door.get(f"{self._shop}/health")
        except httpx.HTTPError:
            return "down"
        return "up" if answer.is_success else "down"

    async def _tell_state(self, state: str, at: datetime) -> None:
        event = _event("state", at, {"indicator": self._state_id, "state": state})
        headers = {"content-type": "application/cloudevents+json", "traceparent": current_traceparent() or ""}
        while True:
            try:
                answer = await self._metrics.post("/v1/events", content=json.dumps(event), headers=headers)
                if not answer.is_server_error:
                    answer.raise_for_status()
                    self.sent += 1
                    return
            except httpx.TransportError as error:
                _log.warning("metrics does not answer, sending again: %s", str(error) or type(error).__name__)
            # The same event again, under the same id: what was taken already counts once.
            await asyncio.sleep(_EVERY)

    async def _tell_latency(self, milliseconds: float, at: datetime) -> None:
        event = _event("measurement", at, {"indicator": self._latency_id, "value": milliseconds, "unit": "ms"})
        headers = [("content-type", b"application/cloudevents+json"),
                   ("traceparent", (current_traceparent() or "").encode())]  # fmt: skip
        try:
            await self._producer.send_and_wait(
                topics.METRICS, json.dumps(event).encode(), key=self._latency_id.encode(), headers=headers
            )
            self.sent += 1
        except KafkaError as error:
            _log.warning("a latency was not sent: %s", error)

    async def _buy(self) -> None:
        while True:
            try:
                answer = await self._door.post(f"{self._shop}/checkout", json={"items": {"kopi-gayo": 1}})
                self.bought += answer.is_success
            except httpx.HTTPError:
                _log.debug("a shopper found the shop closed")
            await asyncio.sleep(0.1)


def _event(kind: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": str(uuid.uuid4()), "source": SOURCE, "type": f"sepakat.metric.{kind}.v1",
        "time": rfc3339(at), "data": data,
    }  # fmt: skip
