"""Outages, breaches and ladders while services are ended by SIGKILL at random points: what must hold all the same.

`SEPAKAT_TEST_KILLS` says how often (5 where it says nothing), `SEPAKAT_TEST_SEED` repeats the choice of victims and
pauses of an earlier run; where in its work a victim is hit is the machine's to choose.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from world import World, event, opened

from sepakat_cli.backends import Backend
from sepakat_cli.demo.telling import until
from sepakat_cli.launcher import SERVICES
from sepakat_shared.commits import verify_chain

KILLS = int(os.environ.get("SEPAKAT_TEST_KILLS", "5"))
SEED = int(os.environ.get("SEPAKAT_TEST_SEED") or random.SystemRandom().randrange(2**32))

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(400 + 40 * KILLS)]

HALF_MINUTE = timedelta(seconds=30)
LADDER: dict[str, Any] = {
    "priorities": {"P1": {"escalation": "critical"}},
    "escalation": {"critical": {
        "levels": [
            {"notify": ["oncall"], "acknowledgeWithin": "PT2S"}, {"notify": ["rina"], "acknowledgeWithin": "PT2S"},
            {"notify": ["rina", "budi"], "acknowledgeWithin": "PT2S"},
        ],
        "repeat": 100,
    }},
}  # fmt: skip
LEVELS = len(LADDER["escalation"]["critical"]["levels"])
ESCALATED = "sepakat.incident.escalated.v1"
ONCE_AN_EPISODE = {
    "sepakat.impairment.began.v1": 2, "sepakat.impairment.ended.v1": 2, "sepakat.objective.breached.v1": 1,
}  # fmt: skip


@pytest.fixture
async def world(cold_backend: Backend, tmp_path: Path) -> AsyncIterator[World]:
    async with opened(cold_backend, tmp_path) as world:
        yield world


@dataclass(frozen=True)
class Outages:
    """One agreement whose service is down twice for a minute; the first time breaks the year's objective for good."""

    agreement: str
    indicator: str

    async def prepare(self, world: World) -> None:
        await world.register(self.indicator)
        await world.agree(self.agreement, self.indicator, window={"calendar": "year"}, target="99.9999", **LADDER)

    async def play(self, world: World, provider: str) -> None:
        begin = datetime.now(UTC) - timedelta(minutes=10)
        states = ["up"] * 4 + ["down"] * 2 + ["up"] * 4 + ["down"] * 2 + ["up"] * 2
        events = [
            event(f"{self.agreement}-{i}", state, begin + i * HALF_MINUTE, self.indicator)
            for i, state in enumerate(states)
        ]
        await world.deliver(*events[:6])
        await self._until(world, 1, lambda each: each["causes"] >= 2 and (each["round"], each["level"]) >= (2, 2))
        await world.deliver(*events[6:10])
        await self._until(world, 1, lambda each: each["status"] == "resolved")
        await world.deliver(*events[10:12])
        second = await self._until(world, 2, lambda each: each["level"] == LEVELS)
        await self._acknowledge(world, second["id"], provider)
        await world.deliver(*events[12:])
        await self._until(world, 2, lambda each: each["status"] == "resolved")

    async def _until(self, world: World, number: int, holds: Any) -> dict[str, Any]:
        """The incident of that number, once that holds of it."""

        async def found() -> dict[str, Any] | None:
            known = await world.incidents(self.agreement)
            assert len(known) <= number, f"one incident an episode: {known}"
            latest = known[0] if len(known) == number else None
            return latest if latest is not None and holds(latest) else None

        what = f"incident {number} of {self.agreement} to be so"
        return dict(await until(what, found, within=120))

    async def _acknowledge(self, world: World, incident: str, provider: str) -> None:
        async def taken() -> bool:
            # Again until there is an answer, as a person would press a button again.
            return await world.post("incidents", f"/v1/incidents/{incident}/acknowledge", provider) is not None

        await until("the acknowledgement", taken, within=90)


PAIRS = (("incidents", "notifier"), ("metrics", "agreements"))
"""Two are down at a time at most, one of each pair."""


@dataclass
class Killing:
    """Ends services one after another and starts them again; `killed` counts those that were hit during an outage."""

    world: World
    playing: bool = False
    killed: Counter[str] = field(default_factory=Counter)
    idle: int = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for i, pair in enumerate(PAIRS):
                tasks.create_task(self._among(pair, (KILLS + i) // 2, random.Random(SEED + i)))

    async def _among(self, services: Sequence[str], times: int, dice: random.Random) -> None:
        for _ in range(times):
            await asyncio.sleep(dice.uniform(0, 2))
            victim = dice.choice(services)
            self.world.cluster.kill(victim)
            self.killed[victim] += self.playing
            self.idle += not self.playing
            await asyncio.sleep(dice.uniform(0, 0.5))
            await self.world.cluster.start_service(victim)


async def test_whatever_is_killed_each_episode_is_one_incident_and_each_level_is_told_once_in_its_order(
    world: World,
) -> None:
    print(f"SEPAKAT_TEST_KILLS={KILLS} SEPAKAT_TEST_SEED={SEED}")
    prepared = [Outages(f"toko-{n:02d}", f"nusantara/shop-{n:02d}") for n in range(2 + KILLS // 2)]
    for each in prepared:
        await each.prepare(world)
    provider = await world.key_of("nusantara", "incidents:read", "incidents:write")
    killing = Killing(world, playing=True)
    running = asyncio.create_task(killing.run())
    played: list[Outages] = []
    try:
        while not played or (not running.done() and len(played) < len(prepared)):
            await prepared[len(played)].play(world, provider)
            played.append(prepared[len(played)])
        killing.playing = False
        await running
    finally:
        running.cancel()
    mails = [await check(world, each) for each in played]
    links = await check_chains(world)
    print(f"{killing.killed.total()} kills during outages ({dict(killing.killed)}) and {killing.idle} after them")
    print(f"{2 * len(played)} episodes, {sum(mails)} mails about levels, {links} commits in unbroken chains")


async def check(world: World, outages: Outages) -> int:
    """Everything that must hold of one agreement, once all is told. Returns how many mails told of a level."""
    incidents = sorted(await world.incidents(outages.agreement), key=lambda each: str(each["opened_at"]))
    assert [(each["number"], each["status"]) for each in incidents] == [
        ("CHECKOUT-0001", "closed"), ("CHECKOUT-0002", "resolved"),
    ]  # fmt: skip

    async def told() -> Counter[str] | None:
        found = Counter(await world.told("metrics", outages.agreement))
        return found if all(found[type] >= count for type, count in ONCE_AN_EPISODE.items()) else None

    facts = await until("the facts of both outages to be published", told, within=120)
    assert {type: facts[type] for type in ONCE_AN_EPISODE} == ONCE_AN_EPISODE, "each is told once"

    async def exact() -> bool:
        figure = await world.figure(outages.agreement)
        return figure is not None and figure["budget"]["consumed"] == "120.0000"

    await until("the figure, to the millisecond", exact, within=120)
    return sum([await check_levels(world, each["id"]) for each in incidents])


async def check_levels(world: World, incident: str) -> int:
    timeline = await world.items("incidents", f"/v1/incidents/{incident}/timeline")
    told = in_order(timeline)
    expected = Counter(contact for each in told for contact in each["contacts"])

    async def ended() -> list[dict[str, Any]] | None:
        found = await deliveries_of(world, incident)
        return found if len(found) >= expected.total() and all(each["status"] != "pending" for each in found) else None

    deliveries = list(await until("the end of every delivery", ended, within=120))
    assert Counter(each["recipient"] for each in deliveries) == expected, "once to each of a level's people"
    assert {each["status"] for each in deliveries} == {"delivered"}
    # A notifier that dies between sending and noting it sends again: the mark is the same Message-ID.
    ids = {each["id"] for each in deliveries}
    mailed = {(str(each.message["Message-ID"])[1:33], each.to, each.subject) for each in world.desk.mails}
    assert Counter(id for id, _, _ in mailed if id in ids) == Counter(ids)
    return len(ids)


async def deliveries_of(world: World, incident: str) -> list[dict[str, Any]]:
    """Those that tell of a level; none while the notifier is away."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        body = await world.get("notifier", "/v1/deliveries", about=incident, limit=200, **more)
        if body is None:
            return []
        found += [each for each in body["items"] if each["type"] == ESCALATED]
        cursor = body.get("next")
        if cursor is None:
            return found


def in_order(timeline: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tellings of a timeline, which skip no level, repeat none, and come only while nobody has it in hand."""
    told: list[dict[str, Any]] = []
    following: tuple[int, int] | None = (1, 1)
    for entry in timeline:
        if entry["what"] == "Escalated":
            assert (entry["level"], entry["round"]) == following, timeline
            told.append(entry)
            level, round = following
            following = (level + 1, round) if level < LEVELS else (1, round + 1)
        elif entry["what"] in ("Resolved", "Acknowledged"):
            following = None
    assert [entry["what"] for entry in timeline].count("Resolved") == 1
    return told


async def check_chains(world: World) -> int:
    """Every aggregate's commits follow from one another, in every service. Returns how many commits there are."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(world.cluster.backend.mongo, tz_aware=True)
    total = 0
    try:
        for service in SERVICES:
            commits = await client[f"sepakat_{service}"]["commits"].find({}).to_list(None)
            commits.sort(key=lambda each: (each["aggregate"], each["n"]))
            for _, chain in groupby(commits, key=lambda each: each["aggregate"]):
                verify_chain(chain)
            total += len(commits)
    finally:
        await client.close()
    return total
