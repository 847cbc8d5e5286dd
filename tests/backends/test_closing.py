"""Periods that are neither the present one nor the one before are closed too, on a real database, each once."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from judged import Judged
from measuring.test_adjusting import history
from samples import agreement_dict

from sepakat_metrics.closing import Closing
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import ManualClock

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]
HOUR = timedelta(hours=1)
DAY = datetime(2026, 11, 2, 17, tzinfo=UTC), datetime(2026, 11, 3, 17, tzinfo=UTC)
"""The third of November in Jakarta."""
TEXT = agreement_dict()
TEXT["objectives"][0]["window"] = {"calendar": "day"}


START = to_ms(DAY[0])
KNOWN = history((START, "up", 1_000_000), (START + 3_600_000, "down", 0), (START + 7_200_000, "up", 1_000_000))


class Metrics(Judged):
    """It wrote down how the third of November went while that was the present day."""

    def __init__(self, db: Any, clock: ManualClock) -> None:
        super().__init__(db, clock, KNOWN, TEXT, DAY)
        self.closing = Closing(self.commits, self.corrections, clock)
        self.closing.ingestion = cast(Any, self.ingestion)

    async def begin(self) -> None:
        await self.closing.create_indexes()
        await super().begin()
        await self.judge()

    async def closed(self) -> list[Any]:
        """The attainments of closed periods, as they were told."""
        return [each["data"]["attainment"] for each in await self.told() if each["type"] == "sepakat.period.closed.v1"]


@pytest.fixture
async def metrics(database: Any) -> Metrics:
    metrics = Metrics(database, ManualClock(DAY[0] + 3 * HOUR))
    await metrics.begin()
    return metrics


async def test_a_day_is_closed_once_when_its_lateness_has_passed(metrics: Metrics) -> None:
    metrics.clock.advance(timedelta(hours=45))
    await metrics.closing.close()
    assert await metrics.closed() == [], "a day after its end, events may still come"
    metrics.clock.advance(timedelta(minutes=3))
    for _ in range(2):
        await metrics.closing.close()
    assert await metrics.closed() == ["95.8333"]


async def test_a_period_that_ended_long_ago_is_closed_by_whoever_holds_its_indicator(metrics: Metrics) -> None:
    metrics.clock.advance(timedelta(days=40))
    for name in ("holds", "caught_up"):
        setattr(metrics.ingestion, name, False)
        await metrics.closing.close()
        setattr(metrics.ingestion, name, True)
        assert await metrics.closed() == []
    await metrics.closing.close()
    assert await metrics.closed() == ["95.8333"]
