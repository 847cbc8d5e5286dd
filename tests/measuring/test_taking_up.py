"""How batches of metric events are taken up: what waits to be stored is looked at after each event."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

from sepakat_metrics import checkpoints
from sepakat_metrics.checkpoints import Pending
from sepakat_metrics.feeds import Asked
from sepakat_metrics.ingestion import Ingestion
from sepakat_metrics.partition import Partition
from sepakat_metrics.settings import MetricsSettings
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts.texts import Indicator

FIRST, NOW = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
LATENCY = Indicator.model_validate(
    {"metadata": {"id": "nusantara/latency"}, "kindOfEvents": "measurement", "unit": "ms"}
)  # fmt: skip
THRESHOLDS = tuple(10**24 + i for i in range(5))


class Stored:
    """Checkpoints that keep in memory what they are given."""

    def __init__(self) -> None:
        self.checkpoints: list[dict[str, Any]] = []

    async def insert(self, pending: Mapping[str, Pending], now: datetime) -> dict[str, bool]:
        self.checkpoints += [checkpoints._document(name, each, now) for name, each in pending.items()]
        return dict.fromkeys(pending, True)


class Known:
    """Histories that take up everything, and nothing of it is urgent."""

    def __getitem__(self, _indicator: str) -> SimpleNamespace:
        return SimpleNamespace(add=lambda _fact: False)

    def missing(self, _indicators: Any) -> list[str]:
        return []


class Subscriber:
    """One that was never started."""

    consumer = None

    def __call__(self, _handler: Any) -> None:
        pass


def a_day_of(number: int) -> SimpleNamespace:
    """A record with a value in each minute of a day, by columns."""
    start = (FIRST + timedelta(days=number)).isoformat()
    columns = {"start": start, "offset": [i * 60_000 for i in range(1440)], "value": [12.5] * 1440}
    event = {
        "specversion": "1.0", "id": f"e{number}", "source": "/gateway", "type": "sepakat.metric.measurement.v1",
        "time": start, "data": {"indicator": "nusantara/latency", "unit": "ms", "columns": columns},
    }  # fmt: skip
    return SimpleNamespace(
        topic="metrics", partition=0, offset=number, key=b"nusantara/latency", value=json.dumps(event).encode(),
        headers=[("content-type", b"application/cloudevents+json")], timestamp=0,
    )  # fmt: skip


async def test_a_megabyte_of_columns_is_stored_in_as_many_checkpoints_as_fit_into_documents() -> None:
    told: list[str] = []

    async def on_folded(touched: Mapping[str, Any], urgent: set[str]) -> None:
        told.extend(fact.id for fact in touched.values())

    broker = SimpleNamespace(subscriber=lambda *_, **__: Subscriber())
    bus: Any = SimpleNamespace(broker=broker, group="metrics", progress=0)
    registry: Any = SimpleNamespace(
        indicators={"nusantara/latency": LATENCY}, on_change=lambda _call: None, is_served=lambda _id: True
    )  # fmt: skip
    stored, known = Stored(), Known()
    late: Any = SimpleNamespace(note=AsyncMock())
    ingestion = Ingestion(
        MetricsSettings(kafka="127.0.0.1:1", mongo="mongodb://127.0.0.1:1"), bus, None, stored, known, None,  # type: ignore[arg-type]
        late, registry, ManualClock(NOW), on_folded, lambda: None, lambda _id: Asked(THRESHOLDS, frozenset({"ms"})),
    )  # fmt: skip
    ingestion.intake.partitions_of_topic = 1
    ingestion._partitions[0] = Partition("c/t/0", 0, 1_000)
    records = tuple(a_day_of(number) for number in range(40))
    assert sum(len(each.value) for each in records) < 1_000_000
    await ingestion._consume(records)
    await ingestion.flush()
    assert [each["first"] for each in stored.checkpoints][1:] == [each["end"] for each in stored.checkpoints][:-1]
    assert stored.checkpoints[-1]["end"] == len(records)
    assert len(stored.checkpoints) == 3
    deltas = [checkpoints.unpacked(each["deltas"])["nusantara/latency"] for each in stored.checkpoints]
    assert sum(len(each["measured"]) for each in deltas) == 40 * 1440
    assert told[-1] == "e39" and len(told) == len(stored.checkpoints)
