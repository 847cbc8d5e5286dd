"""Turns among instances, on a real database."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from pymongo import AsyncMongoClient

from sepakat_cli.backends import Backend
from sepakat_incidents.turns import Turns
from sepakat_shared.clock import ManualClock

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


async def test_of_what_two_instances_write_to_one_document_nothing_is_lost(backend: Backend) -> None:
    clock = ManualClock(NOW)
    async with AsyncMongoClient(backend.mongo, tz_aware=True) as client:
        db = client[f"turns_{secrets.token_hex(4)}"]
        await db["count"].insert_one({"_id": "x", "n": 0})

        async def count(turns: Turns) -> None:
            for _ in range(10):
                async with turns.of("x"):
                    seen = await db["count"].find_one({"_id": "x"})
                    await db["count"].update_one({"_id": "x"}, {"$set": {"n": seen["n"] + 1}})

        here, there = Turns(db, clock), Turns(db, clock)
        await asyncio.gather(*[count(each) for each in (here, there, here, there)])
        assert (await db["count"].find_one({"_id": "x"}))["n"] == 40
        assert await db["turns"].count_documents({}) == 0


async def test_a_turn_that_nobody_ended_is_over_after_its_time(backend: Backend) -> None:
    clock = ManualClock(NOW)
    async with AsyncMongoClient(backend.mongo, tz_aware=True) as client:
        db = client[f"turns_{secrets.token_hex(4)}"]
        await db["turns"].insert_one({"_id": "x", "by": "killed", "until": NOW + timedelta(seconds=15)})
        asking = asyncio.create_task(Turns(db, clock).of("x").__aenter__())
        done, _ = await asyncio.wait([asking], timeout=0.3)
        assert not done
        clock.advance(timedelta(seconds=16))
        await asking


async def test_a_turn_is_handed_on_within_a_process_and_nothing_of_it_is_left(backend: Backend) -> None:
    clock = ManualClock(NOW)
    async with AsyncMongoClient(backend.mongo, tz_aware=True) as client:
        db = client[f"turns_{secrets.token_hex(4)}"]
        turns, held = Turns(db, clock), []

        async def hold(passes: timedelta) -> None:
            async with turns.of("x"):
                held.append((await db["turns"].find_one({"_id": "x"}))["by"])
                clock.advance(passes)

        await asyncio.gather(*[hold(timedelta(seconds=passes)) for passes in (1, 5, 0, 0)])
        assert held[0] == held[1], "there is time enough left of it"
        assert held[1] != held[2] == held[3], "after five seconds another instance may be the next"
        assert await db["turns"].count_documents({}) == 0

        first = turns.of("x")
        await first.__aenter__()
        cancelled = asyncio.create_task(hold(timedelta(0)))
        await asyncio.sleep(0)
        cancelled.cancel()
        await first.__aexit__(None, None, None)
        await asyncio.gather(cancelled, return_exceptions=True)
        assert await db["turns"].count_documents({}) == 0
