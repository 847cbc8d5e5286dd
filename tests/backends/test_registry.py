"""What an instance knows of indicators, while it reads them again and again."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sepakat_cli.backends import Backend
from sepakat_metrics.registry import Registry
from sepakat_shared import mongo
from sepakat_shared.clock import ManualClock, SystemClock
from sepakat_shared.contracts.texts import Indicator
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]


class SlowFirst:
    """The texts' collection, whose first answer is on its way until `arrive` is set."""

    def __init__(self, texts: Any) -> None:
        self._texts = texts
        self.asked, self.arrive = asyncio.Event(), asyncio.Event()

    def find(self, *query: Any) -> "SlowFirst | Any":
        return self._texts.find(*query) if self.asked.is_set() else self

    async def to_list(self, _length: None) -> list[dict[str, Any]]:
        self.asked.set()
        await self.arrive.wait()
        return []


async def test_what_was_registered_stays_known_when_an_older_reading_ends_later(backend: Backend) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    registry = Registry(client[f"t{uuid.uuid4().hex[:8]}"], SystemClock())
    registry._texts = slow = SlowFirst(registry._texts)
    try:
        older = asyncio.create_task(registry.load())
        await slow.asked.wait()
        registering = asyncio.create_task(registry.register(_indicator("p/i"), None))
        # It may overtake the older reading, or wait for it; both must end with the indicator known.
        await asyncio.wait([registering], timeout=0.5)
        slow.arrive.set()
        await asyncio.gather(older, registering)
        assert "p/i" in registry.indicators
    finally:
        await mongo.close_client(client)


async def test_what_another_instance_registers_is_known_soon_and_within_a_minute_whatever_its_clock(
    backend: Backend,
) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    database, clock = client[f"t{uuid.uuid4().hex[:8]}"], ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    slow = ManualClock(clock.now() - timedelta(minutes=10))
    reading, writing, behind = (Registry(database, each) for each in (clock, clock, slow))
    try:
        await reading.create_indexes()
        for registry in (reading, writing, behind):
            await registry.load()
        await writing.register(_indicator("p/known"), None)
        await behind.register(_indicator("p/late"), None)
        await reading.load()
        assert set(reading.indicators) == {"p/known"}
        clock.advance(timedelta(minutes=1))
        await reading.load()
        assert set(reading.indicators) == {"p/known", "p/late"}
        changed = _indicator("p/known", silence={"after": "PT5M", "means": "down"})
        await writing.register(changed, 1)
        await reading.load()
        assert reading.indicators["p/known"] == changed
    finally:
        await mongo.close_client(client)


def _indicator(id: str, **more: Any) -> Indicator:
    return Indicator.model_validate({"metadata": {"id": id}, "kindOfEvents": "state", **more})
