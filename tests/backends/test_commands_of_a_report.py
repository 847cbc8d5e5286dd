"""What a report costs the database, from the request to the incident that it belongs to, and many at once."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener
from reporting import MAIN, Desk, World, fact_of, opened_on

from sepakat_cli.backends import Backend
from sepakat_incidents import answers
from sepakat_shared import messages
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.incidents import IncidentAcknowledged
from sepakat_shared.contracts.reports import ReportFiled
from sepakat_shared.relay import Relay

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

MOST = 9
"""Commands of one report that comes alone, but for the mark that it was published, which many have together."""
MOST_OF_MANY = 3
MOST_OF_WHAT_IS_READ_FIRST = 3
MOST_TOLD_ON = 2
"""Commands of one report of many that this instance has not filed, or has forgotten: until it is linked, or is told a
step of its incident."""
AT_ONCE = 100
ELSEWHERE = 48


class Commands(CommandListener):
    """What the service asks of the database, but for what the relay does by the clock: its marks and its sweep."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def started(self, event: Any) -> None:
        name, command = event.command_name, event.command
        if name in ("find", "insert", "update", "delete", "aggregate", "count", "findAndModify"):
            asked = command.get("filter", {}), *[each["u"].get("$set", {}) for each in command.get("updates", [])]
            if not any("published" in each for each in asked):
                self.all.append(f"{name} {command[name]}")

    def succeeded(self, event: Any) -> None:
        pass

    def failed(self, event: Any) -> None:
        pass


class Bus:
    """What the relay publishes is handled at once, as many facts beside each other as `incidents` takes."""

    headers = staticmethod(messages.binary_headers)

    def __init__(self, desk: Desk) -> None:
        self.connected, self._filed = asyncio.Event(), asyncio.Semaphore(0)
        self._desk, self._room = desk, asyncio.Semaphore(16)
        self._tasks: set[asyncio.Task[None]] = set()
        self.connected.set()

    async def publish(self, *, topic: str, key: str, body: bytes | None, headers: dict[str, str]) -> None:
        if topic == topics.INCIDENTS:
            self._tasks.add(asyncio.create_task(self._handle(headers, body or b"")))
            if headers["ce_type"] == "sepakat.report.filed.v1":
                self._filed.release()

    async def _handle(self, headers: dict[str, str], body: bytes) -> None:
        async with self._room:
            await self._desk.world.handle(headers, body)

    async def until_filed(self, more: int) -> None:
        """Until so many more reports were heard of, and whatever was to be done of it is done."""
        for _ in range(more):
            await self._filed.acquire()
        while self._tasks:
            done, self._tasks = self._tasks, set()
            await asyncio.gather(*done)


@asynccontextmanager
async def listened_to(backend: Backend) -> AsyncIterator[tuple[Desk, Bus, Commands]]:
    commands = Commands()
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        backend.mongo, tz_aware=True, event_listeners=[commands]
    )
    async with opened_on(client[f"commands_{uuid.uuid4().hex[:8]}"]) as desk:
        await desk.world.commits.create_indexes()
        bus = Bus(desk)
        relay = asyncio.create_task(Relay(desk.world.commits, bus, "/sepakat/incidents").run())  # type: ignore[arg-type]
        yield desk, bus, commands
        relay.cancel()
        await asyncio.gather(relay, return_exceptions=True)
    await client.close()


def by(n: int) -> dict[str, str]:
    return {"name": "Siti", "email": f"siti-{n}@toko.example", "language": "id"}


async def test_a_report_of_an_open_incident_costs_nine_commands_and_many_at_once_less_than_half_of_that_each(
    backend: Backend,
) -> None:
    async with listened_to(backend) as (desk, bus, commands):
        await desk.file(impact="high", urgency="high")
        await bus.until_filed(1)
        commands.all.clear()
        await desk.file(impact="high", urgency="high", reporter=by(0))
        await bus.until_filed(1)
        assert len(commands.all) <= MOST, commands.all
        commands.all.clear()
        left = list(range(AT_ONCE))

        async def sender() -> None:
            while left:
                # Ten people, each of whom reports it ten times.
                await desk.file(impact="high", urgency="high", reporter=by(left.pop() % 10))

        await asyncio.gather(*[sender() for _ in range(20)])
        await bus.until_filed(AT_ONCE)
        assert len(commands.all) <= MOST_OF_MANY * AT_ONCE, Counter(commands.all)
        reports = [desk.world.reports.all.read(each).state
                   for each in await desk.world.reports.all.states.find().to_list(None)]  # fmt: skip
        assert len(reports) == 2 + AT_ONCE and {each.incident for each in reports} == {MAIN}
        # Of ten reports with one address the first is told how it goes; one of those ten had reported before.
        assert sum(each.followed for each in reports) == 1 + 10


async def test_what_was_forgotten_or_filed_elsewhere_is_read_together_and_one_of_a_flood_opens_the_incident(
    backend: Backend,
) -> None:
    commands = Commands()
    listened: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        backend.mongo, tz_aware=True, event_listeners=[commands]
    )
    async with opened_on(listened[f"commands_{uuid.uuid4().hex[:8]}"]) as desk:
        # Ten people, each of whom reports it several times.
        urgent = [{"impact": "high", "urgency": "high", "reporter": by(n % 10)} for n in range(ELSEWHERE)]
        filed = await asyncio.gather(*[desk.file(**each) for each in urgent])
        facts = [await fact_of(desk.world, f"report/{each['id']}", ReportFiled) for each in filed]
        there, room = World(desk.world.db), asyncio.Semaphore(16)
        await there.links.load()

        async def handle(fact: tuple[dict[str, str], bytes]) -> None:
            async with room:
                await there.handle(*fact)

        commands.all.clear()
        await asyncio.gather(*[handle(each) for each in facts])
        assert len(commands.all) <= MOST_OF_WHAT_IS_READ_FIRST * ELSEWHERE, Counter(commands.all)
        # Sixteen of them came while there was none: each would be a cause of it, and take another's number.
        line = await there.incidents.lines.find("toko-checkout.checkout")
        assert line is not None and line.version == 1
        reports = [there.reports.all.read(each).state for each in await there.reports.all.states.find().to_list(None)]
        assert len(reports) == ELSEWHERE and {each.incident for each in reports} == {MAIN}
        assert sum(each.followed for each in reports) == 10

        await there.do(MAIN, answers.acknowledge, "rina", "nusantara")
        taken_up = await fact_of(there, "line/toko-checkout.checkout", IncidentAcknowledged)
        third = World(desk.world.db)
        commands.all.clear()
        await third.handle(*taken_up)
        assert len(commands.all) <= MOST_TOLD_ON * ELSEWHERE, Counter(commands.all)
        stages = [each["state"]["stage"] for each in await third.reports.all.states.find().to_list(None)]
        assert stages == ["taken-up"] * ELSEWHERE
    await listened.close()
