"""What an instance knows of indicators, while it reads them again and again."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect
from samples import agreement

from sepakat_metrics.registry import Registry
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import ManualClock, SystemClock
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.contracts.lasting import AgreementEnded
from sepakat_shared.contracts.texts import Indicator
from sepakat_shared.messages import Envelope

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


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


async def test_what_was_registered_stays_known_when_an_older_reading_ends_later(database: Any) -> None:
    registry = Registry(database, SystemClock())
    registry._texts = slow = SlowFirst(registry._texts)
    older = asyncio.create_task(registry.load())
    await slow.asked.wait()
    registering = asyncio.create_task(registry.register(_indicator("p/i"), None))
    # It may overtake the older reading, or wait for it; both must end with the indicator known.
    await asyncio.wait([registering], timeout=0.5)
    slow.arrive.set()
    await asyncio.gather(older, registering)
    assert "p/i" in registry.indicators


async def test_what_another_instance_registers_is_known_soon_and_within_a_minute_whatever_its_clock(
    database: Any,
) -> None:
    clock = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    slow = ManualClock(clock.now() - timedelta(minutes=10))
    reading, writing, behind = (Registry(database, each) for each in (clock, clock, slow))
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


async def test_of_an_agreement_that_has_ended_every_instance_knows_the_end(database: Any) -> None:
    clock = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    told, other = Registry(database, clock), Registry(database, clock)
    changed: list[set[str]] = []
    other.on_change(changed.append)
    text, ends = agreement(), clock.now() + timedelta(days=1)
    cause = Envelope("1", "/sepakat/agreements", "", None, "", b"", None)
    published = AgreementTextPublished(
        agreement="toko", version=1, hash="sha256:1", effective_from=clock.now(), text=texts.as_text(text)
    )
    ended = AgreementEnded(
        agreement="toko", version=1, provider="nusantara", customer="toko-maju", at=ends, how="expired", ended_at=ends
    )
    await told.on_text(published, cause)
    await told.on_ended(ended, cause)
    await other.load()
    assert [each.ends for each in other.agreements["toko"]] == [None], "it is still ahead"
    clock.advance(timedelta(days=1))
    for _ in range(2):
        await other.load()
    assert [each.ends for each in other.agreements["toko"]] == [to_ms(ends)]
    assert changed[1:] == [{each.indicator for each in text.objectives}], "those that are judged by it, once"


class GoneOnce:
    """A collection whose database is away for the first question."""

    def __init__(self, collection: Any) -> None:
        self._collection, self._is_away = collection, True

    def find(self, *query: Any) -> Any:
        if self._is_away:
            self._is_away = False
            raise AutoReconnect("gone")
        return self._collection.find(*query)


async def test_what_a_reading_found_before_it_failed_is_told_with_the_next(database: Any) -> None:
    clock = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    told, other = Registry(database, clock), Registry(database, clock)
    changed: list[set[str]] = []
    other.on_change(changed.append)
    await told.register(_indicator("p/i"), None)
    other._ended = GoneOnce(other._ended)  # type: ignore[assignment]
    with pytest.raises(AutoReconnect):
        await other.load()
    await other.load()
    assert changed == [{"p/i"}]


async def test_a_text_is_in_force_from_its_day_on_though_nothing_was_written_since(database: Any) -> None:
    clock = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    told, other = Registry(database, clock), Registry(database, clock)
    published = AgreementTextPublished(
        agreement="toko", version=1, hash="sha256:1", effective_from=clock.now() + timedelta(seconds=150),
        text=texts.as_text(agreement()),
    )  # fmt: skip
    await told.on_text(published, Envelope("1", "/sepakat/agreements", "", None, "", b"", None))
    for seconds in (0, 70, 70):
        clock.advance(timedelta(seconds=seconds))
        await other.load()
    assert other.agreements == {}
    clock.advance(timedelta(seconds=10))
    await other.load()
    assert [each.number for each in other.agreements["toko"]] == [1]


def _indicator(id: str, **more: Any) -> Indicator:
    return Indicator.model_validate({"metadata": {"id": id}, "kindOfEvents": "state", **more})
