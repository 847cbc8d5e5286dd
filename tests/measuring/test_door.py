"""The door for metric events while the service has just been started, and the broker is not reached yet."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx

from sepakat_metrics.door import Door, router
from sepakat_shared import web
from sepakat_shared.auth import Principal
from sepakat_shared.bus import Bus
from sepakat_shared.clock import ManualClock
from sepakat_shared.settings import ServiceSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "specversion": "1.0", "id": "e1", "source": "/probe", "type": "sepakat.metric.state.v1",
    "time": "2026-11-24T08:59:00Z", "data": {"indicator": "nusantara/checkout-state", "state": "down"},
}  # fmt: skip


class Keys:
    async def principal(self, _secret: str) -> Principal:
        return Principal("op", None, frozenset({"operator"}), frozenset())


async def test_an_event_that_comes_before_the_broker_is_reached_is_to_be_sent_again() -> None:
    settings = ServiceSettings(kafka="127.0.0.1:1", mongo="mongodb://127.0.0.1:1")
    clock = ManualClock(NOW)
    bus = Bus(settings, "metrics", clock, None, [])  # type: ignore[arg-type]
    registry, ingestion = SimpleNamespace(indicators={}), SimpleNamespace(seen=lambda *_: False)
    door = Door({"rejections": None}, bus, registry, ingestion, clock)  # type: ignore[arg-type, dict-item]
    app = web.application("metrics", "of a test", Keys(), 1 << 20)  # type: ignore[arg-type]
    app.include_router(router(door))
    headers = {"Authorization": "Bearer x", "Content-Type": "application/cloudevents+json"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://metrics") as http:
        answer = await http.post("/v1/events", json=EVENT, headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (503, "Not ready; try again soon")
