"""What two instances commit to the same aggregates arrives in order, whoever publishes it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from sepakat_cli.backends import Backend
from sepakat_cli.preparing import prepare
from sepakat_shared import mongo
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.bus import Bus
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import topics
from sepakat_shared.deadletters import DeadLetters
from sepakat_shared.messages import Message
from sepakat_shared.relay import Relay
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
COMMITS, WRITERS = 12, 2


@dataclass(frozen=True)
class Told:
    by: int


@dataclass(frozen=True)
class Untold:
    by: int


@dataclass(frozen=True)
class Story:
    length: int = 0


def _messages(event: Told | Untold, state: Story) -> Iterable[Message]:
    told = Message(topic=topics.COMPLIANCE, key="a", type="sepakat.test.v1", data={"length": state.length})
    return [told] if isinstance(event, Told) else []


def _kind(name: str) -> Kind[Story, Told | Untold]:
    return Kind(
        name, Story, (Told, Untold), lambda state, _event: Story((state or Story()).length + 1),
        lambda state: {"length": state.length}, _messages,
    )  # fmt: skip


@asynccontextmanager
async def instance(backend: Backend, database: str, name: str) -> AsyncIterator[Aggregates[Story, Told | Untold]]:
    """A writer whose commits are relayed for as long as the context lasts."""
    settings = ServiceSettings(kafka=backend.kafka, mongo=backend.mongo)
    client = mongo.open_client(settings)
    db, clock = client[database], SystemClock()
    commits, bus = Commits(db, clock), Bus(settings, "test", clock, DeadLetters(db), [])
    await commits.create_indexes()
    await bus.connect()
    relaying = asyncio.create_task(Relay(commits, bus, "/test").run())
    try:
        yield Aggregates(commits, _kind(name))
        while await commits.collection.count_documents({"published": False}):  # noqa: ASYNC110 - a database has no event
            await asyncio.sleep(0.02)
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        await bus.close()
        await mongo.close_client(client)


async def test_two_instances_publish_every_commit_and_none_after_a_later_one(backend: Backend) -> None:
    await prepare(backend.kafka, backend.mongo, None)
    name, database = f"story{uuid.uuid4().hex[:8]}", f"relay_{uuid.uuid4().hex[:8]}"
    ids = ("a", "b", "c")
    consumer: Any = AIOKafkaConsumer(topics.COMPLIANCE, bootstrap_servers=backend.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with AsyncExitStack() as stack:
            writers = [await stack.enter_async_context(instance(backend, database, name)) for _ in range(WRITERS)]

            async def write(writer: Aggregates[Story, Told | Untold], id: str, number: int) -> None:
                for n in range(COMMITS):
                    event = Untold(n) if (n + number) % 3 == 0 else Told(n)
                    await writer.execute(id, lambda _state, _now, e=event: [e], by="test", new=n == 0)  # type: ignore[misc]

            await asyncio.gather(*[write(each, id, number) for number, each in enumerate(writers) for id in ids])
            stored = await writers[0].states.database["commits"].find({"messages.0": {"$exists": True}}).to_list(None)
        expected = {id: sorted(each["n"] for each in stored if each["aggregate"] == f"{name}/{id}") for id in ids}
        arrived: dict[str, list[int]] = {id: [] for id in ids}
        while any(set(arrived[id]) != set(expected[id]) for id in ids):
            record = await consumer.getone()
            aggregate, _, n = dict(record.headers)["ce_id"].decode().partition(".")[0].rpartition(":")
            of, _, id = aggregate.partition("/")
            # What a consumer sees: it drops whatever is not above the last that it applied.
            if of == name and int(n) > max(arrived[id], default=0):
                arrived[id].append(int(n))
        assert arrived == expected
    finally:
        await consumer.stop()


async def test_what_can_never_be_published_or_read_keeps_nothing_else_from_being_told(backend: Backend) -> None:
    await prepare(backend.kafka, backend.mongo, None)
    name, database = f"story{uuid.uuid4().hex[:8]}", f"relay_{uuid.uuid4().hex[:8]}"
    consumer: Any = AIOKafkaConsumer(topics.COMPLIANCE, bootstrap_servers=backend.kafka, auto_offset_reset="earliest")
    await consumer.start()

    def committed(id: str, n: int, event: str, data: dict[str, Any]) -> dict[str, Any]:
        """As an earlier version may have left it, without its state document."""
        return {
            "_id": f"{name}/{id}:{n:08d}", "schema": 1, "aggregate": f"{name}/{id}", "n": n, "cause": None,
            "at": "2026-01-01T00:00:00.000Z", "by": "test", "previous": "", "hash": f"sha256:{n}", "traceparent": None,
            "committed_at": datetime(2026, 1, 1, tzinfo=UTC), "published": False,
            "events": [{"type": event, "data": {"by": n}}],
            "messages": [{"topic": topics.COMPLIANCE, "key": "a", "type": "sepakat.test.v1", "data": data}],
        }  # fmt: skip

    try:
        async with instance(backend, database, name) as writer:
            await writer.states.database["commits"].insert_many([
                committed("far-too-long", 1, "Told", {"text": "x" * 2_000_000}),
                committed("far-too-long", 2, "Told", {"text": "short"}),
                committed("of-nobody-knows-what", 1, "Forgotten", {}),
            ])  # fmt: skip
        arrived: set[str] = set()
        while len(arrived) < 2:
            record = await consumer.getone()
            id = dict(record.headers)["ce_id"].decode()
            arrived |= {id} if id.startswith(f"{name}/") else set()
        assert arrived == {f"{name}/far-too-long:00000002.0", f"{name}/of-nobody-knows-what:00000001.0"}
    finally:
        await consumer.stop()
