"""What the services ask of a database and a broker, asked of each backend."""

import asyncio
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect

from sepakat_cli.backends import Backend
from sepakat_shared import mongo, sizes
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits, verify_chain
from sepakat_shared.contracts.topics import Topic
from sepakat_shared.errors import Conflict, Stale, TooLarge
from sepakat_shared.kafka_admin import create_topics, describe_cluster
from sepakat_shared.messages import Message
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Counted:
    by: int


@dataclass(frozen=True)
class Count:
    total: int = 0


def _messages(_event: Counted, _state: Count) -> Iterable[Message]:
    return []


COUNT: Kind[Count, Counted] = Kind(
    "count", Count, (Counted,), lambda state, event: Count((state or Count()).total + event.by),
    lambda state: {"total": state.total}, _messages,
)  # fmt: skip


def one(_state: Count | None, _now: datetime) -> Sequence[Counted]:
    return [Counted(1)]


@pytest.mark.parametrize("driver", ["pymongo", "motor"])
async def test_eight_writers_of_one_aggregate_lose_nothing(
    backend: Backend, driver: Literal["pymongo", "motor"]
) -> None:
    settings = ServiceSettings(kafka=backend.kafka, mongo=backend.mongo, mongo_driver=driver)
    clients = [mongo.open_client(settings) for _ in range(8)]
    name = f"eight_{driver}_{uuid.uuid4().hex[:8]}"
    try:
        writers = [Aggregates(Commits(client[name], SystemClock()), COUNT) for client in clients]

        async def write(writer: Aggregates[Count, Counted], number: int) -> None:
            for _ in range(20):
                await writer.execute("a", one, by=f"writer {number}")

        await asyncio.gather(*[write(writer, number) for number, writer in enumerate(writers)])
        loaded = await writers[0].get("a")
        assert (loaded.state.total, loaded.version) == (160, 160)
        commits = await Commits(clients[0][name], SystemClock()).of("count/a")
        assert [commit["n"] for commit in commits] == list(range(1, 161))
        verify_chain(commits)
        stored: Any = await writers[0].states.find_one({"_id": "a"})
        assert stored["version"] == 160
        with pytest.raises(Stale):
            await writers[0].execute("a", one, by="late", expected_version=159)
        commits[80]["events"][0]["data"]["by"] = 2
        with pytest.raises(ValueError, match="count/a:00000081"):
            verify_chain(commits)
    finally:
        for client in clients:
            await mongo.close_client(client)


async def test_a_command_that_begins_with_an_old_state_ends_with_the_present_one(backend: Backend) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db = client[f"guess_{uuid.uuid4().hex[:8]}"]

    def up_to_two(state: Count | None, _now: datetime) -> Sequence[Counted]:
        return [Counted(1)] if (state or Count()).total < 2 else []

    def only_from_two(state: Count | None, _now: datetime) -> Sequence[Counted]:
        if (state or Count()).total < 2:
            raise Conflict("not yet")
        return [Counted(1)]

    async def total_after(writer: Aggregates[Count, Counted], decide: Any, **more: Any) -> int:
        loaded = await writer.execute("a", decide, by="test", **more)
        assert loaded is not None
        return loaded.state.total

    try:
        here, there = (Aggregates(Commits(db, SystemClock()), COUNT) for _ in range(2))
        assert await total_after(here, one, new=True) == 1
        assert await total_after(there, one, new=True) == 2
        # `here` still remembers a total of one: that is not what decides.
        assert await total_after(here, only_from_two) == 3
        assert await total_after(there, up_to_two) == 3
        assert await total_after(there, one, expected_version=3) == 4
        assert await total_after(here, one, expected_version=4) == 5
        with pytest.raises(Stale):
            await total_after(there, one, expected_version=4)
        # Those who ask at once are answered together, and by what the other one has done since.
        both = await asyncio.gather(*[each.present("a") for each in (here, there) for _ in range(3)])
        assert [loaded and loaded.state.total for loaded in both] == [5] * 6
        assert await here.present("b") is None
        verify_chain(await Commits(db, SystemClock()).of("count/a"))
    finally:
        await mongo.close_client(client)


async def test_a_command_whose_state_was_not_written_is_done_and_its_state_is_written_later(backend: Backend) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db = client[f"half_{uuid.uuid4().hex[:8]}"]
    commits = Commits(db, SystemClock())
    writer = Aggregates(commits, COUNT)
    documents = writer._documents

    async def away(_loaded: object) -> None:
        raise AutoReconnect("the database is away")

    try:
        write, documents.write = documents.write, away  # type: ignore[method-assign]
        done = await writer.execute("a", one, by="test")
        assert done is not None and done.state.total == 1, "whoever asked must not ask again"
        assert await writer.execute_many({"b": one}, by="test")
        assert commits.unwritten == {"count/a:00000001", "count/b:00000001"}, "they must not be marked as published"
        documents.write = write  # type: ignore[method-assign]
        for id in "ab":
            await commits.refresh(f"count/{id}")
            stored: Any = await writer.states.find_one({"_id": id})
            assert stored["total"] == 1
    finally:
        await mongo.close_client(client)


async def test_many_commands_at_once_are_each_what_one_alone_would_be(backend: Backend) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db = client[f"many_{uuid.uuid4().hex[:8]}"]

    def up_to_two(state: Count | None, _now: datetime) -> Sequence[Counted]:
        return [Counted(1)] if (state or Count()).total < 2 else []

    try:
        here, there, third = (Aggregates(Commits(db, SystemClock()), COUNT) for _ in range(3))
        published: list[str] = []
        there._commits.publish_with(lambda commit: published.append(commit["_id"]))
        await here.execute_many(dict.fromkeys("abc", one), by="here")
        await there.execute_many(dict.fromkeys("abcd", one), by="there")
        # `here` remembers a total of one for each of these: a commit that collides, and one that it would not make.
        after = await here.execute_many({"a": one, "b": up_to_two, "d": one, "e": lambda _state, _now: []}, by="here")
        assert {id: loaded.state.total for id, loaded in after.items()} == {"a": 3, "b": 2, "d": 2}
        assert sorted(published) == ["count/a:00000002", "count/b:00000002", "count/c:00000002", "count/d:00000001"]
        both = await asyncio.gather(
            *[each.execute_many(dict.fromkeys("abcd", one), by="both") for each in (there, third)]
        )
        assert {id: max(each[id].state.total for each in both) for id in "abcd"} == {"a": 5, "b": 4, "c": 4, "d": 4}
        for id in "abcd":
            commits = await Commits(db, SystemClock()).of(f"count/{id}")
            verify_chain(commits)
            stored: Any = await here.states.find_one({"_id": id})
            assert stored["version"] == len(commits)
    finally:
        await mongo.close_client(client)


async def test_many_commands_with_old_guesses_are_asked_of_the_present_state_together(backend: Backend) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db = client[f"old_{uuid.uuid4().hex[:8]}"]

    def from_two(state: Count | None, _now: datetime) -> Sequence[Counted]:
        if (state or Count()).total < 2:
            raise Conflict("not yet")
        return [Counted(1)]

    try:
        here, there = (Aggregates(Commits(db, SystemClock()), COUNT) for _ in range(2))
        for writer in (here, there):
            await writer.execute_many(dict.fromkeys("abc", one), by="both")
        stale = [here.read(each) for each in await here.states.find({}).to_list(None)]
        # As if a crash had come between the commits and the states, and an older query had read these.
        await there.execute_many(dict.fromkeys("ab", one), by="there")
        for each in stale[:2]:
            await here.states.replace_one({"_id": each.id}, {"_id": each.id, **here._documents.document(each)})
        third = Aggregates(Commits(db, SystemClock()), COUNT)
        after = await third.execute_many(dict.fromkeys("abc", from_two), by="third", read=stale)
        assert {id: loaded.state.total for id, loaded in after.items()} == {"a": 4, "b": 4, "c": 3}
        # `here` remembers a total of one: its refusal there is no refusal, and what is refused now is raised.
        assert (await here.execute_many({"a": from_two}, by="here"))["a"].state.total == 5
        with pytest.raises(Conflict, match="not yet"):
            await here.execute_many({"a": one, "x": from_two}, by="here")
        assert (await here.get("a")).state.total == 6, "what was decided of the others by then is committed"
        for id in "abc":
            verify_chain(await Commits(db, SystemClock()).of(f"count/{id}"))
            assert (await here.get(id)).version == (await here.states.find_one({"_id": id}) or {})["version"]
    finally:
        await mongo.close_client(client)


@dataclass(frozen=True)
class Said:
    words: str


@dataclass(frozen=True)
class Book:
    pages: tuple[str, ...] = ()


BOOK: Kind[Book, Said] = Kind(
    "book", Book, (Said,), lambda state, event: Book((*(state or Book()).pages, event.words)), lambda _state: {},
    lambda event, _state: [Message("topic", "a", "sepakat.said.v1", {"words": event.words[:1_000_000]})],
)  # fmt: skip


async def test_what_can_be_neither_told_nor_stored_is_refused_with_its_size_before_it_is_committed(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db = client[f"size_{uuid.uuid4().hex[:8]}"]
    try:
        books = Aggregates(Commits(db, SystemClock()), BOOK)

        async def write(words: str) -> None:
            await books.execute("a", lambda _state, _now: [Said(words)], by="test")

        async def write_many(words: str) -> None:
            await books.execute_many({"a": lambda _state, _now: [Said(words)]}, by="test")

        for do in (write, write_many):
            await do("short")
            with pytest.raises(TooLarge, match=r"sepakat\.said\.v1 would have 1000013 bytes"):
                await do("x" * 1_000_000)
            monkeypatch.setattr(sizes, "MOST_TOLD", 100_000_000)
            with pytest.raises(TooLarge, match=r"book/a:\d+ would have \d+ bytes"):
                await do("x" * 13_000_000)
            monkeypatch.undo()
        monkeypatch.setattr(sizes, "MOST_STORED", 200_000)
        for do in (write, write_many, write):
            await do("x" * 40_000)
        for do in (write, write_many):
            with pytest.raises(Conflict, match=r"book/a would have \d+ bytes"):
                await do("x" * 90_000)
            await do("what is small goes on")
        while (await books.get("a")).version % 32 < 31:
            await write("x" * 7_000)
        with pytest.raises(Conflict, match="book/a would have"):
            await write("also where it grows by little")
        assert (await books.get("a")).version == 31 == await db["commits"].count_documents({})
    finally:
        await mongo.close_client(client)


def test_a_killed_database_still_has_what_it_acknowledged(cold_backend: Backend) -> None:
    cold_backend.start_database()
    try:
        with MongoClient[dict[str, Any]](cold_backend.mongo, w="majority") as client:
            for n in range(1500):
                client["kept"]["writes"].insert_one({"_id": n, "text": "x" * 300})
            cold_backend.stop_database(kill=True)
        cold_backend.start_database()
        with MongoClient[dict[str, Any]](cold_backend.mongo) as client:
            assert client["kept"]["writes"].count_documents({}) == 1500
    finally:
        cold_backend.stop()


async def test_a_killed_broker_is_the_same_one_exactly_where_it_keeps_its_records(cold_backend: Backend) -> None:
    await asyncio.to_thread(cold_backend.start_broker)
    try:
        await create_topics(cold_backend.kafka, [Topic("kept", "test", "none", partitions=1)])
        before, _ = await describe_cluster(cold_backend.kafka)
        await asyncio.to_thread(cold_backend.stop_broker, kill=True)
        await asyncio.to_thread(cold_backend.start_broker)
        after, names = await describe_cluster(cold_backend.kafka)
    finally:
        await asyncio.to_thread(cold_backend.stop)
    assert (after == before) is cold_backend.keeps_events
    assert ("kept" in names) is cold_backend.keeps_events
