"""Periods that are neither the present one nor the one before are closed too, on a real database, each once."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from judged import Judged
from measuring.test_adjusting import history
from samples import agreement_dict

from sepakat_metrics.buckets import Delta
from sepakat_metrics.closing import Closing
from sepakat_metrics.events import Fact
from sepakat_metrics.late import Late
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import ManualClock

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
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
        self.db, self.late = db, Late(db, self.registry, clock)
        self.closing = Closing(self.commits, self.corrections, self.late, clock)
        self.closing.ingestion = cast(Any, self.ingestion)

    async def begin(self) -> None:
        await self.closing.create_indexes()
        await super().begin()

    async def came(self, at: datetime) -> None:
        """Events of that time were read, and are about to be stored."""
        delta = Delta()
        delta.add(Fact("nusantara/checkout-state", "/p", "1", to_ms(at), "state", state="up", weight=1_000_000))
        await self.late.note({"nusantara/checkout-state": delta})

    async def closed(self) -> list[Any]:
        """The attainments of closed periods, as they were told."""
        return [each["data"]["attainment"] for each in await self.told() if each["type"] == "sepakat.period.closed.v1"]


@pytest.fixture
async def metrics(database: Any) -> Metrics:
    metrics = Metrics(database, ManualClock(DAY[0] + 3 * HOUR))
    await metrics.begin()
    await metrics.judge()
    return metrics


@pytest.fixture
async def later(database: Any) -> Metrics:
    """It begins five days later, and has judged nothing."""
    metrics = Metrics(database, ManualClock(DAY[0] + timedelta(days=5, hours=3)))
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


async def test_periods_of_long_ago_are_closed_when_all_of_their_events_have_come(later: Metrics) -> None:
    await later.came(DAY[0] + HOUR)
    for seconds in (0, 15):
        later.clock.advance(timedelta(seconds=seconds))
        await later.came(DAY[0] + 2 * HOUR)
        await later.closing.close()
        assert await later.closed() == [], "with the first of many it would be closed for good"
    later.clock.advance(timedelta(seconds=20))
    for _ in range(2):
        await later.closing.close()
        assert await later.closed() == ["95.8333"], "events of the days after it may come yet"
    assert await later.late.marks() == []
    # After a stop of hours, what comes then is waited for, too.
    await later.came(DAY[0] + timedelta(days=1, hours=1))
    later.late = later.closing._late = Late(later.db, later.registry, later.clock)
    later.clock.advance(timedelta(hours=2))
    await later.came(DAY[0] + timedelta(days=2, hours=1))
    await later.closing.close()
    assert await later.closed() == ["95.8333"]
    later.clock.advance(timedelta(seconds=20))
    await later.closing.close()
    assert await later.closed() == ["95.8333", "100.0000", "100.0000"]


async def test_what_judging_comes_to_is_not_late_and_nothing_is_said_of_what_was_before_the_term(
    later: Metrics,
) -> None:
    await later.came(DAY[0] + timedelta(days=4, hours=1))
    assert await later.late.marks() == []
    later.ingestion.known = history()
    await later.came(DAY[0] - timedelta(days=2000))
    later.clock.advance(timedelta(seconds=20))
    await later.closing.close()
    assert (await later.closed(), await later.late.marks()) == ([], [])


async def test_what_was_judged_is_not_closed_while_its_events_still_come(metrics: Metrics) -> None:
    metrics.clock.advance(timedelta(days=40))
    await metrics.came(DAY[0] + HOUR)
    await metrics.closing.close()
    assert await metrics.closed() == []
    metrics.clock.advance(timedelta(seconds=20))
    await metrics.closing.close()
    assert (await metrics.closed()).count("95.8333") == 1


async def test_what_never_stops_coming_is_closed_after_an_hour(later: Metrics) -> None:
    for _ in range(240):
        await later.came(DAY[0] + HOUR)
        later.clock.advance(timedelta(seconds=15))
    await later.came(DAY[0] + HOUR)
    await later.closing.close()
    assert await later.closed() == ["95.8333"]
