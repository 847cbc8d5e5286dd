"""What a report costs the database, from the request to the incident that it belongs to, and many at once."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener
from reporting import MAIN, Desk, opened_on

from sepakat_cli.backends import Backend
from sepakat_shared import messages
from sepakat_shared.contracts import topics
from sepakat_shared.relay import Relay

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

MOST = 9
"""Commands of one report that comes alone, but for the mark that it was published, which many have together."""
MOST_OF_MANY = 4
AT_ONCE = 100


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
        assert len(commands.all) <= MOST_OF_MANY * AT_ONCE, len(commands.all) / AT_ONCE
        reports = [desk.world.reports.all.read(each).state
                   for each in await desk.world.reports.all.states.find().to_list(None)]  # fmt: skip
        assert len(reports) == 2 + AT_ONCE and {each.incident for each in reports} == {MAIN}
        # Of ten reports with one address the first is told how it goes; one of those ten had reported before.
        assert sum(each.followed for each in reports) == 1 + 10
