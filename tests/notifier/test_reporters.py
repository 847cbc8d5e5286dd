"""What the notifier keeps of those who reported a problem: many of them at once in few commands, each one once."""

import asyncio
import uuid
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener

from sepakat_cli.backends import Backend
from sepakat_notifier.directory import Directory, Forgotten
from sepakat_shared.contracts.reports import ReporterRecorded
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Erased

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
AT_ONCE = 40
FEW = 5
CAUSE = Envelope("e", "/test", "t", None, None, b"")


class Commands(CommandListener):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def started(self, event: Any) -> None:
        if event.command_name in ("find", "insert", "update"):
            self.asked.append(event.command_name)

    def succeeded(self, event: Any) -> None:
        pass

    def failed(self, event: Any) -> None:
        pass


def recorded(n: int) -> ReporterRecorded:
    return ReporterRecorded(
        report=f"r{n}",
        name=f"Siti {n}",
        email=f"siti-{n}@toko.example",
        language="id",
        status_url="https://sla.example/s",
    )


async def test_those_of_a_flood_are_kept_and_found_together_and_whoever_was_erased_stays_so(backend: Backend) -> None:
    commands = Commands()
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(backend.mongo, event_listeners=[commands])
    directory = Directory(client[f"reporters_{uuid.uuid4().hex[:8]}"])
    await asyncio.gather(*[directory.on_reporter(recorded(n), CAUSE) for n in range(AT_ONCE)])
    assert len(commands.asked) <= FEW, commands.asked
    commands.asked.clear()
    found = await asyncio.gather(*[directory.reporter(f"r{n}", "toko-maju", "toko-checkout") for n in range(AT_ONCE)])
    assert len(commands.asked) <= FEW, commands.asked
    assert [reader.name for reader, _ in found] == [f"Siti {n}" for n in range(AT_ONCE)]
    await directory.on_reporter_erased(Erased(key="r0"), CAUSE)
    await directory.on_reporter(recorded(0), CAUSE)
    with pytest.raises(Forgotten):
        await directory.reporter("r0", "toko-maju", "toko-checkout")
    await client.close()
