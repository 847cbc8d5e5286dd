"""Announced maintenance as `metrics` takes it on a real database: closed periods are judged again, each time once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from judged import Judged
from measuring.test_adjusting import history
from samples import agreement_dict

from sepakat_metrics.maintaining import Maintaining
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts import maintenance
from sepakat_shared.contracts.fact import PeriodSpan
from sepakat_shared.contracts.maintenance import Excluded
from sepakat_shared.messages import Envelope

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
HOUR = timedelta(hours=1)
MONTH = datetime(2026, 10, 31, 17, tzinfo=UTC), datetime(2026, 11, 30, 17, tzinfo=UTC)
"""November in Jakarta."""
DOWN = MONTH[0] + 30 * HOUR
UP = 1_000_000


class Metrics(Judged):
    """It knows an agreement and an indicator that was down for an hour of November."""

    def __init__(self, database: Any, clock: ManualClock) -> None:
        start = to_ms(MONTH[0])
        known = history((start, "up", UP), (to_ms(DOWN), "down", 0), (to_ms(DOWN + HOUR), "up", UP))
        super().__init__(database, clock, known, agreement_dict(), MONTH)
        self.maintaining = Maintaining(self.commits, self.registry, self.corrections, clock)

    async def begin(self) -> None:
        await super().begin()
        await self.maintaining.read()
        await self.maintaining.load()

    async def told_since(self) -> list[tuple[str, Any]]:
        """What was told of November since it was closed: type, and attainment or met."""
        found = await self.told()
        types = [each["type"] for each in found]
        last = types.index("sepakat.period.closed.v1")
        return [(each["type"].split(".")[2], each["data"].get("met")) for each in found[last + 1 :]]


def fact(kind: type[Any], revision: int, *in_force: tuple[datetime, datetime], **more: Any) -> Any:
    return kind(
        agreement="toko-checkout", version=1, provider="nusantara", customer="toko-maju", maintenance="m1",
        revision=revision, state="announced", reason="x", by="key", at=DOWN - HOUR,
        occurrences=[PeriodSpan(start=DOWN, end=DOWN + HOUR)],
        in_force=[Excluded(start=start, end=end) for start, end in in_force], **more,
    )  # fmt: skip


async def hear(metrics: Metrics, told: Any) -> None:
    n = f"{told.revision:08d}.000"
    cause = Envelope(f"e{told.revision}", "/sepakat/agreements", told.type, "toko-checkout", None, b"", n)
    await metrics.maintaining.on_told(told, cause)
    await metrics.maintaining.load()


async def test_what_another_instance_wrote_lately_is_taken_up_and_nothing_older_is_read_again(database: Any) -> None:
    clock = ManualClock(MONTH[1] + 25 * HOUR)
    here, there = Metrics(database, clock), Metrics(database, clock)
    for each in (here, there):
        await each.begin()
    clock.advance(timedelta(seconds=30))
    await hear(here, fact(maintenance.MaintenanceAnnounced, 1, (DOWN, DOWN + HOUR)))
    clock.advance(timedelta(seconds=20))
    await there.maintaining.load()
    assert there.corrections.of("toko-checkout", "availability").announced
    clock.advance(timedelta(seconds=90))
    await there.maintaining.load()
    asked = there.maintaining._lately.query()
    assert await database["announced_maintenance"].count_documents({}) == 1
    assert await database["announced_maintenance"].count_documents(asked) == 0


async def test_what_is_heard_of_late_corrects_a_closed_period_and_each_telling_does_so_once(database: Any) -> None:
    metrics = Metrics(database, ManualClock(MONTH[1] + 25 * HOUR))
    await metrics.begin()
    await metrics.judge()
    await hear(metrics, fact(maintenance.MaintenanceAnnounced, 1))
    assert await metrics.told_since() == [], "without consent it is down"

    consented = fact(maintenance.MaintenanceConsented, 2, (DOWN, DOWN + HOUR))
    for _ in range(2):
        await hear(metrics, consented)
    assert await metrics.told_since() == [("corrected", True), ("breach_retracted", True)]
    assert metrics.corrections.of("toko-checkout", "availability").announced

    again = Metrics(database, metrics.clock)
    await again.begin()
    assert again.corrections.of("toko-checkout", "availability").announced, "also after a restart"
    await hear(again, fact(maintenance.MaintenanceAnnounced, 1))
    assert len(await metrics.told_since()) == 2, "nor does what was told before"

    moved = fact(maintenance.MaintenanceMoved, 3, (DOWN + 2 * HOUR, DOWN + 3 * HOUR), previous=[])
    await hear(again, moved)
    assert (await again.told_since())[2:] == [("corrected", False), ("breached", False)]
    await metrics.maintaining.load()
    assert len(await metrics.told_since()) == 4, "the other instance judges nothing again"
    assert metrics.corrections.of("toko-checkout", "availability") == again.corrections.of(
        "toko-checkout", "availability"
    )


async def test_what_is_told_in_time_corrects_nothing(database: Any) -> None:
    metrics = Metrics(database, ManualClock(DOWN - HOUR))
    await metrics.begin()
    await hear(metrics, fact(maintenance.MaintenanceAnnounced, 1, (DOWN, DOWN + HOUR)))
    metrics.clock.set(MONTH[1] + 25 * HOUR)
    await metrics.judge()
    await hear(metrics, fact(maintenance.MaintenanceCancelled, 2, (DOWN, DOWN + HOUR)))
    assert await metrics.told_since() == []
    later = MONTH[1] + 40 * HOUR
    await hear(metrics, fact(maintenance.MaintenanceMoved, 3, (DOWN, DOWN + HOUR), (later, later + HOUR), previous=[]))
    assert await metrics.told_since() == [], "what is still to come is of no period that was closed"
