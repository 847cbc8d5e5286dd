"""Making back-tests from a real database: by two instances at once, and where something goes wrong on the way."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from samples import agreement_dict

from sepakat_metrics.archive import Archive
from sepakat_metrics.backtests import Backtests
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.registry import Registry
from sepakat_shared.auth import Principal
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.agreements import BacktestRequested
from sepakat_shared.contracts.texts import Indicator
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
CLOCK = SystemClock()
CAUSE = Envelope("e1", "/sepakat/agreements", BacktestRequested.type, "b1", None, b"", "00000001.000")


async def instance(database: Any) -> Backtests:
    registry, commits, archive = Registry(database, CLOCK), Commits(database, CLOCK), Archive(database)
    given = {"metadata": {"id": "nusantara/checkout-state"}, "kindOfEvents": "state"}
    await registry.register(Indicator.model_validate(given), None)
    made = Backtests(commits, registry, Corrections(commits, registry, archive, CLOCK, "http://x"), archive, CLOCK)
    made.ingestion = cast(Any, SimpleNamespace(owns=lambda _id: True, caught_up=True))
    await made.create_indexes()
    return made


def request() -> BacktestRequested:
    now = CLOCK.now()
    return BacktestRequested(
        backtest="b1", agreement="toko-checkout", provider="nusantara", customer="toko-maju", text=agreement_dict(),
        start=now - timedelta(days=90), end=now, by="budi-key", at=now,
    )  # fmt: skip


async def committed(database: Any) -> list[str]:
    found = await database["commits"].find({"aggregate": "backtest/b1"}).sort("n", 1).to_list(None)
    return [event["type"] for commit in found for event in commit["events"]]


async def test_two_instances_that_make_one_back_test_tell_one_result(database: Any) -> None:
    one, other = await instance(database), await instance(database)
    await asyncio.gather(one.on_requested(request(), CAUSE), other.on_requested(request(), CAUSE))
    await asyncio.gather(one._make_pending(), other._make_pending())
    assert await committed(database) == ["Requested", "Completed"]
    await other.on_requested(request(), CAUSE)
    await other._make_pending()
    assert await committed(database) == ["Requested", "Completed"]


async def test_one_that_is_not_this_instances_waits(database: Any) -> None:
    one = await instance(database)
    await one.on_requested(request(), CAUSE)
    one.ingestion = cast(Any, SimpleNamespace(owns=lambda _id: False, caught_up=True))
    await one._make_pending()
    assert await committed(database) == ["Requested"]


async def test_a_bug_ends_the_back_test_and_a_database_that_is_away_does_not(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await instance(database)
    await one.on_requested(request(), CAUSE)
    read, away = one._archive.stored, [ConnectionError("away"), ConnectionError("away")]

    async def stored(*asked: Any) -> Any:
        if away:
            raise away.pop()
        return await read(*asked)

    monkeypatch.setattr(one._archive, "stored", stored)
    monkeypatch.setattr("sepakat_metrics.backtesting.evaluate", lambda *_: 1 / 0)
    await one._make_pending()
    assert (away, await committed(database)) == ([], ["Requested", "Failed"])
    party = Principal("k", "toko-maju", frozenset({"customer"}), frozenset({"compliance:read"}))
    backtest = await one.visible("b1", party)
    assert backtest.reason == "this is a bug of ours (ZeroDivisionError); the log has the trace"
    assert backtest.asked.text == "", "what was proposed stays in the first commit alone"
    with pytest.raises(NotFound):
        await one.visible("b1", Principal("k", "stranger", frozenset(), frozenset({"compliance:read"})))
