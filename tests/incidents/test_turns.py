"""Turns among instances, on a real database."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from pymongo import AsyncMongoClient

from sepakat_cli.backends import Backend
from sepakat_incidents.turns import Turns
from sepakat_shared.clock import ManualClock

pytestmark = [pytest.mark.servers, pytest.mark.timeout(60)]

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
