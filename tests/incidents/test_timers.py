"""Deadlines as data, on a real database with a clock the test owns: two instances, a restart, downtime, clock jumps."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_cli.demo.telling import until
from sepakat_incidents import escalation
from sepakat_incidents import line as domain
from sepakat_incidents.clocks import Terms
from sepakat_incidents.escalation import Ladder, Rung
from sepakat_incidents.events import Prioritised
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Trigger
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.store import LINE, Incidents, line_id
from sepakat_shared import mongo
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits, verify_chain
from sepakat_shared.mongo import Database, Document
from sepakat_shared.settings import ServiceSettings
from sepakat_shared.timers import Timers

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
SERVICES = [f"s{n}" for n in range(8)]
LADDER = Ladder((Rung(("oncall",), 300), Rung(("rina",), 300), Rung(("boss",), 3600)))
PRIMARY = {
    "id": "primary",
    "layers": [{"participants": ["sari"], "timeZone": "UTC", "from": "2026-01-01", "every": "day"}],
}


class Instance:
    """One `incidents` service's part that has deadlines, on a database that others may use too."""

    def __init__(self, db: Database, clock: ManualClock) -> None:
        commits = Commits(db, clock)
        self.made: list[Document] = []
        commits.publish_with(self.made.append)
        self.rotations = Rotations(commits)
        self.incidents = Incidents(commits, self.rotations)
        self.timers = Timers(self.incidents.lines.states, "due_at", clock, self.incidents.fire)
        commits.tell(self.incidents.lines.states.name, self.timers.wake)

    async def open(self, service: str, restore: timedelta, now: datetime, ladder: Ladder = LADDER) -> None:
        """An incident of one service whose restoration has that limit, and a ladder that climbs after five minutes."""
        about = About("toko", service, "nusantara", "toko-maju")
        trigger = Trigger("impairment", "impairment:x", f"e-{service}", now, {"en": "down"})
        terms = (Terms("restore", restore.total_seconds()),)
        how = Handling("P1", ladder, terms, 1)
        id = line_id("toko", service)
        await self.incidents.execute(id, lambda line, at: domain.begin(line, id, about, trigger, how, at), "test")


@asynccontextmanager
async def instances(backend: Backend, clock: ManualClock, count: int) -> AsyncIterator[list[Instance]]:
    settings = ServiceSettings(kafka=backend.kafka, mongo=backend.mongo)
    clients = [mongo.open_client(settings) for _ in range(count)]
    name = f"timers_{uuid.uuid4().hex[:8]}"
    made = [Instance(client[name], clock) for client in clients]
    await made[0].timers.create_indexes()
    try:
        yield made
    finally:
        for client in clients:
            await mongo.close_client(client)


@asynccontextmanager
async def running(*some: Instance) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.timers.run()) for each in some]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def happened(instance: Instance, service: str) -> list[tuple[str, Any]]:
    """What the commits of one line say, each with what tells it apart; the chain of hashes is unbroken."""
    commits = await instance.incidents._commits.of(LINE.key(line_id("toko", service)))
    verify_chain(commits)
    return [
        (event["type"], event["data"].get("percent", event["data"].get("level")))
        for commit in commits for event in commit["events"]
    ]  # fmt: skip


async def asked(instance: Instance, service: str) -> tuple[str, ...]:
    """Who is asked to take up the incident of a service."""
    incident = (await instance.incidents.lines.get(line_id("toko", service))).state.incident
    assert incident is not None
    return incident.asked


async def nothing_due(instance: Instance, clock: ManualClock) -> bool:
    due = {"due_at": {"$ne": None, "$lte": clock.now()}}
    return await instance.incidents.lines.states.count_documents(due) == 0


@pytest.mark.parametrize("at_once", [1, 2, 1000])
async def test_two_instances_fire_every_deadline_once(
    backend: Backend, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sepakat_shared.timers._FIRED_AT_ONCE", at_once)
    clock = ManualClock(NOW)
    async with instances(backend, clock, 2) as (here, there):
        for service in SERVICES:
            await here.open(service, timedelta(minutes=20), NOW)
        async with running(here, there):
            for minute in (5, 10, 15, 18, 20, 21):
                clock.set(NOW + timedelta(minutes=minute))
                await until("everything that is due", lambda: nothing_due(here, clock))
        for service in SERVICES:
            told = Counter(await happened(here, service))
            assert told == Counter([
                ("Opened", None), ("Timed", None), ("Escalated", 1), ("Escalated", 2), ("Escalated", 3),
                ("Foreseen", 50), ("Foreseen", 75), ("Foreseen", 90), ("Missed", None),
            ])  # fmt: skip


@pytest.mark.parametrize("at_once", [1, 2, 1000])
async def test_after_ten_minutes_of_downtime_what_is_late_comes_at_once_and_in_order(
    backend: Backend, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sepakat_shared.timers._FIRED_AT_ONCE", at_once)
    clock = ManualClock(NOW)
    async with instances(backend, clock, 2) as (before, after):
        limits = {"later": 18, "soon": 4, "middle": 9}
        for service, minutes in limits.items():
            await before.open(service, timedelta(minutes=minutes), NOW)
        # Both are down for ten minutes; one of them, as it was started anew, has never seen these incidents.
        clock.advance(timedelta(minutes=10))
        assert await after.timers.fire_due() == 3
        assert [commit["aggregate"] for commit in after.made] == [
            "line/toko.soon",
            "line/toko.middle",
            "line/toko.later",
        ]
        assert (await happened(after, "soon"))[3:] == [
            ("Foreseen", 50), ("Foreseen", 75), ("Foreseen", 90), ("Missed", None), ("Escalated", 2),
        ]  # fmt: skip
        assert (await happened(after, "middle"))[3:] == [
            ("Foreseen", 50), ("Escalated", 2), ("Foreseen", 75), ("Foreseen", 90), ("Missed", None),
        ]  # fmt: skip
        assert (await happened(after, "later"))[3:] == [("Escalated", 2), ("Foreseen", 50)]
        assert await before.timers.fire_due() == await after.timers.fire_due() == 0


async def test_a_clock_that_jumps_fires_nothing_twice_and_forgets_nothing(backend: Backend) -> None:
    clock = ManualClock(NOW)
    async with instances(backend, clock, 1) as (only,):
        await only.open("s", timedelta(minutes=20), NOW)
        clock.set(NOW + timedelta(minutes=11))
        assert await only.timers.fire_due() == 1
        seen = await happened(only, "s")
        clock.set(NOW - timedelta(hours=1))
        assert await only.timers.fire_due() == 0
        clock.set(NOW + timedelta(minutes=11))
        assert await only.timers.fire_due() == 0
        assert await happened(only, "s") == seen
        clock.set(NOW + timedelta(days=1))
        assert await only.timers.fire_due() == 1
        assert [each for each in await happened(only, "s") if each[0] in ("Foreseen", "Missed")] == [
            ("Foreseen", 50), ("Foreseen", 75), ("Foreseen", 90), ("Missed", None),
        ]  # fmt: skip


async def test_what_is_due_together_is_told_to_whoever_is_on_call(backend: Backend) -> None:
    clock = ManualClock(NOW)
    async with instances(backend, clock, 1) as (only,):
        await only.rotations.declare(agreement(rotations=[PRIMARY]), 1, NOW)
        on_call = Ladder((Rung(("oncall",), 300), Rung(("primary",), 300)), rotations={"primary": "nusantara/primary"})
        for service in SERVICES[:4]:
            await only.open(service, timedelta(hours=4), NOW, on_call)
            await only.open(f"no-rotation-{service}", timedelta(hours=4), NOW)
        clock.advance(timedelta(minutes=5))
        assert await only.timers.fire_due() == 8
        for service in SERVICES[:4]:
            assert await asked(only, service) == ("sari",)
            assert await asked(only, f"no-rotation-{service}") == ("rina",)


async def test_a_ladder_that_changed_since_it_was_read_tells_nobody_by_a_rotations_name(backend: Backend) -> None:
    clock = ManualClock(NOW)
    async with instances(backend, clock, 2) as (here, there):
        await here.rotations.declare(agreement(rotations=[PRIMARY]), 1, NOW)
        await here.open("s", timedelta(hours=4), NOW)
        on_call = Ladder((Rung(("oncall",), 60), Rung(("primary",), 60)), rotations={"primary": "nusantara/primary"})
        read = await here.incidents.lines.states.find({}).to_list(None)
        raised = Prioritised("P1", "P0", on_call, 1, "rina", "it is worse", NOW)
        first = escalation.start(on_call, NOW, {})
        await there.incidents.execute(line_id("toko", "s"), lambda _line, _now: [raised, *first], "test")
        clock.advance(timedelta(minutes=5))
        await here.incidents.fire(read)
        assert await asked(here, "s") == ("sari",)


async def test_a_deadline_that_cannot_be_fired_holds_up_no_other_and_is_tried_again(backend: Backend) -> None:
    clock = ManualClock(NOW)
    async with instances(backend, clock, 1) as (only,):
        for service in SERVICES:
            await only.open(service, timedelta(hours=4), NOW)
        broken = line_id("toko", "s3")

        async def fire(due: Sequence[Document]) -> None:
            if broken in [each["_id"] for each in due]:
                raise ValueError("a bug")
            await only.incidents.fire(due)

        timers = Timers(only.incidents.lines.states, "due_at", clock, fire)
        clock.advance(timedelta(minutes=5))
        assert await timers.fire_due() == 7
        assert await timers.fire_due() == 0
        broken = ""
        clock.advance(timedelta(minutes=1))
        assert await timers.fire_due() == 1
        assert [await asked(only, service) for service in SERVICES] == [("rina",)] * 8


async def test_a_deadline_that_is_due_still_after_it_was_fired_is_not_fired_in_a_circle(backend: Backend) -> None:
    clock = ManualClock(NOW)
    async with instances(backend, clock, 1) as (only,):
        for service in SERVICES[:2]:
            await only.open(service, timedelta(hours=4), NOW)
        fired: list[str] = []

        async def fire(due: Sequence[Document]) -> None:
            fired.extend(each["_id"] for each in due)
            await only.incidents.fire([each for each in due if each["_id"] == line_id("toko", "s0")])

        timers = Timers(only.incidents.lines.states, "due_at", clock, fire)
        clock.advance(timedelta(minutes=5))
        await timers.fire_due()
        assert sorted(fired) == [line_id("toko", "s0"), line_id("toko", "s1")]
        clock.advance(timedelta(minutes=1))
        await timers.fire_due()
        assert fired.count(line_id("toko", "s1")) == 2


async def test_what_a_crash_left_unwritten_is_not_fired_again_by_its_old_deadline(backend: Backend) -> None:
    clock = ManualClock(NOW)
    async with instances(backend, clock, 2) as (before, after):
        for service in SERVICES[:3]:
            await before.open(service, timedelta(hours=4), NOW)
        stale = await before.incidents.lines.states.find({}).to_list(None)
        clock.advance(timedelta(minutes=5))
        assert await before.timers.fire_due() == 3
        # As if it had died between the commits and the states: the old documents say that it is due still.
        for each in stale:
            await before.incidents.lines.states.replace_one({"_id": each["_id"]}, each)
        assert await after.timers.fire_due() == 3
        assert await nothing_due(after, clock)
        for service in SERVICES[:3]:
            assert await happened(after, service) == [
                ("Opened", None), ("Timed", None), ("Escalated", 1), ("Escalated", 2),
            ]  # fmt: skip
