"""Folding checkpoints into days: many at once, by two who believe that a partition is theirs, and after a crash."""

import asyncio
import uuid
from datetime import UTC, datetime

import pytest

from sepakat_cli.backends import Backend
from sepakat_metrics import checkpoints
from sepakat_metrics.archive import Archive
from sepakat_metrics.buckets import Delta
from sepakat_metrics.checkpoints import Checkpoints, Pending
from sepakat_metrics.events import Fact
from sepakat_shared import mongo
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
NOW = datetime(2026, 11, 1, tzinfo=UTC)
INDICATORS = [f"p/i{i:03d}" for i in range(70)]
DAY = 86_400_000


def pending(number: int) -> Pending:
    """One event of each indicator at the end of a day, and one at the beginning of the next."""
    deltas = {}
    for indicator in INDICATORS:
        deltas[indicator] = Delta()
        for at in (20_000 * DAY - 1, 20_000 * DAY + number):
            deltas[indicator].add(Fact(indicator, "/p", f"{number}-{at}", at, "ratio", ((at, 1, 2),)))
    return Pending(number, number + 1, deltas, bytearray(f"{number:08d}".encode()))


async def test_what_is_folded_twice_and_by_two_at_once_is_counted_once(backend: Backend) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    database = client[f"t{uuid.uuid4().hex[:8]}"]
    owner, zombie = Checkpoints(database), Checkpoints(database)
    try:
        await owner.create_indexes()
        stored = 0
        for round in range(3):
            for _ in range(round + 1):
                assert await owner.insert({"c/t/0": pending(stored)}, NOW) == {"c/t/0": True}
                stored += 1
            kept = await database["checkpoints"].find({"folded": False}).to_list(None)
            await asyncio.gather(owner.fold("c/t/0"), zombie.fold("c/t/0"))
            # As if it had died before it noted that they are folded.
            for each in kept:
                await database["checkpoints"].replace_one({"_id": each["_id"]}, each)
            assert await owner.fold("c/t/0") == len(kept)
        for indicator in INDICATORS:
            days = await Archive(database).days(indicator)
            counted = {
                day: [sum(each) for each in zip(*delta.counts.values(), strict=True)] for day, delta in days.items()
            }
            assert counted == {"019999": [stored, 2 * stored], "020000": [stored, 2 * stored]}
        assert await database["checkpoints"].count_documents({"folded": False}) == 0
    finally:
        await mongo.close_client(client)


async def test_a_day_too_large_for_a_document_goes_on_in_another_and_counts_once(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_FULL_BYTES", 600)
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    database = client[f"t{uuid.uuid4().hex[:8]}"]
    owner, zombie, archive = Checkpoints(database), Checkpoints(database), Archive(database)
    try:
        await owner.create_indexes()
        for number in range(12):
            delta = Delta()
            for i in range(8):
                at = 20_000 * DAY + number * 1000 + i
                delta.add(Fact("p/i", "/p", f"{at}", at, "state", state="down" if i else "up", weight=0))
            await owner.insert({"c/t/0": Pending(number, number + 1, {"p/i": delta})}, NOW)
            kept = await database["checkpoints"].find({"folded": False}).to_list(None)
            await asyncio.gather(owner.fold("c/t/0"), zombie.fold("c/t/0"))
            # As if it had died before it noted that they are folded.
            for each in kept:
                await database["checkpoints"].replace_one({"_id": each["_id"]}, each)
            if number % 2:
                await owner.fold("c/t/0")
            [day] = (await archive.days("p/i")).values()
            assert len(day.transitions) == 8 * (number + 1)
        parts = await database["days"].find({"indicator": "p/i"}).to_list(None)
        assert len(parts) > 3 and max(len(each["data"]) for each in parts) < 1200
        # The state that held before what is asked for may stand in any of them.
        later = await archive.history("p/i", 20_001 * DAY)
        assert later.states.last == 20_000 * DAY + 11_007
    finally:
        await mongo.close_client(client)


async def test_of_many_at_once_each_is_stored_or_known_to_be_overtaken(backend: Backend) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    database = client[f"t{uuid.uuid4().hex[:8]}"]
    owner, zombie = Checkpoints(database), Checkpoints(database)
    try:
        await owner.create_indexes()
        assert await owner.insert({"c/t/0": pending(0), "c/t/1": pending(7)}, NOW) == {"c/t/0": True, "c/t/1": True}
        # The answer was lost on its way, and the same is stored again, with more beside it.
        again = {"c/t/0": pending(0), "c/t/2": pending(3)}
        assert await owner.insert(again, NOW) == {"c/t/0": True, "c/t/2": True}
        late = pending(7)
        late.end += 1
        assert await zombie.insert({"c/t/3": pending(1), "c/t/1": late}, NOW) == {"c/t/3": True, "c/t/1": False}
        ends = {name: await owner.end(name) for name in ("c/t/0", "c/t/1", "c/t/2", "c/t/3", "c/t/4")}
        assert ends == {"c/t/0": 1, "c/t/1": 8, "c/t/2": 4, "c/t/3": 2, "c/t/4": None}
    finally:
        await mongo.close_client(client)
