"""The door for metric events: before the broker is reached, and of events that no record has room for."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

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


def deep(levels: int) -> Any:
    found: Any = 0
    for _ in range(levels):
        found = [found]
    return found


def door_to(bus: Any, rejections: Any) -> Door:
    db: Any = {"rejections": rejections}
    registry: Any = SimpleNamespace(indicators={})
    ingestion: Any = SimpleNamespace(seen=lambda *_: False)
    return Door(db, bus, registry, ingestion, ManualClock(NOW))


class Keys:
    async def principal(self, _secret: str) -> Principal:
        return Principal("op", None, frozenset({"operator"}), frozenset())


async def test_an_event_that_comes_before_the_broker_is_reached_is_to_be_sent_again() -> None:
    settings = ServiceSettings(kafka="127.0.0.1:1", mongo="mongodb://127.0.0.1:1")
    clock = ManualClock(NOW)
    bus = Bus(settings, "metrics", clock, None, [])  # type: ignore[arg-type]
    door = door_to(bus, None)
    app = web.application("metrics", "of a test", Keys(), 1 << 20)  # type: ignore[arg-type]
    parking: Any = None
    app.include_router(router(door, parking))
    headers = {"Authorization": "Bearer x", "Content-Type": "application/cloudevents+json"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://metrics") as http:
        answer = await http.post("/v1/events", json=EVENT, headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (503, "Not ready; try again soon")


class Taken:
    """A bus and a place for rejections that keep what they are given."""

    def __init__(self) -> None:
        self.published: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.rejected: list[str] = []
        self.broker = self
        self.connected = asyncio.Event()
        self.connected.set()

    async def publish(self, body: bytes, *, headers: dict[str, str], **_: Any) -> None:
        self.published.append(body)
        self.headers.append(headers)

    async def insert_one(self, document: dict[str, Any]) -> None:
        self.rejected.append(document["reason"])


NAN = {"indicator": "nusantara/latency", "unit": "ms", "value": float("nan")}
ODD = [({"id": "\ud800"}, "?"), ({"data": {**EVENT["data"], "\ud800": 1}}, "e1"), ({"id": 10**23}, None),
       ({"id": {"\0": 1}}, None), ({"data": NAN}, "e1"), ({"more": deep(200_000)}, "e1")]  # fmt: skip


@pytest.mark.parametrize(("odd", "id"), ODD)
async def test_what_is_read_as_json_and_can_not_be_written_is_rejected_by_itself(odd: dict[str, Any], id: Any) -> None:
    """Before, such an event ended the request, and whatever came with it."""
    kept = Taken()
    answer = await door_to(kept, kept).take({**EVENT, **odd}, await Keys().principal(""), set())
    assert (answer["id"], answer["outcome"]) == (id, "rejected")
    json.dumps(answer, ensure_ascii=False).encode()
    assert (len(kept.rejected), kept.published) == (1, [])


async def test_a_trace_that_is_no_text_is_none() -> None:
    kept = Taken()
    answer = await door_to(kept, kept).take({**EVENT, "traceparent": 5}, await Keys().principal(""), set())
    assert (answer["outcome"], kept.headers) == ("parked", [{"content-type": "application/cloudevents+json"}])


def by_columns(id: str, rows: int) -> dict[str, Any]:
    columns = {"start": "2026-11-24T08:00:00Z", "offset": [100_000] * rows, "value": [12.25] * rows}
    data = {"indicator": "nusantara/latency", "unit": "ms", "columns": columns}
    return {**EVENT, "id": id, "type": "sepakat.metric.measurement.v1", "data": data}


async def test_an_event_is_published_without_spaces_and_one_that_is_too_large_is_rejected_by_itself() -> None:
    kept = Taken()
    door = door_to(kept, kept)
    operator, taken = await Keys().principal(""), set[tuple[str, str]]()
    answers = [await door.take(by_columns(id, rows), operator, taken) for id, rows in (("a", 75_000), ("b", 80_000))]
    assert [answer["outcome"] for answer in answers] == ["parked", "rejected"]
    assert answers[0]["indicator"] == "nusantara/latency"
    size = len(json.dumps(by_columns("b", 80_000), separators=(",", ":")))
    reason = f"data: the event has {size} bytes, at most 1000000 are taken: send several"
    assert (answers[1]["reason"], kept.rejected) == (reason, [reason])
    assert [json.loads(body) for body in kept.published] == [by_columns("a", 75_000)]
    assert b" " not in kept.published[0]
