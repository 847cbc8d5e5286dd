"""The feed: each party's events in order, taken up where a reader was, and no reader holds up what is told."""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from facts import NOW, incident, objective, report
from pymongo.errors import AutoReconnect

from sepakat_cli.backends import Backend
from sepakat_cli.demo.telling import until
from sepakat_notifier import feed_api
from sepakat_notifier.feed import Entry, Feed
from sepakat_notifier.feed_api import EventStream
from sepakat_shared import mongo, web
from sepakat_shared.auth import KnownKeys, Principal, digest
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts import incidents, reports
from sepakat_shared.contracts.agreements import KeyIssued
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.errors import Malformed
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

SCOPES = frozenset({"notifications:read"})
MAJU = Principal("k", "toko-maju", frozenset(), SCOPES)
STRANGER = Principal("s", "other", frozenset(), SCOPES)
OPERATOR = Principal("o", None, frozenset({"operator"}), frozenset())
KEEP = timedelta(days=3)
SHORT = timedelta(seconds=2)


class Heard:
    def __init__(self, db: mongo.Database) -> None:
        self.clock = ManualClock(NOW)
        self.db, self.feed = db, Feed(db, KEEP, self.clock)

    async def hear(self, id: str, fact: Fact, by: Feed | None = None) -> None:
        """As this instance hears it, or another one."""
        cause = Envelope(id, "/sepakat/test", fact.type, "s", None, json.dumps(fact.as_json()).encode())
        await (by or self.feed).on_fact(fact, cause)

    async def read(
        self, count: int, asking: Principal = MAJU, after: str = "2026-11-24T00:00:00Z", types: Sequence[str] = ()
    ) -> list[Entry]:
        """So many, as they come."""
        found: list[Entry] = []
        async for entries in self.feed.read(asking, types, after, 60):
            found += entries
            if len(found) >= count:
                break
        return found


@pytest.fixture
async def heard(backend: Backend) -> AsyncIterator[Heard]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    heard = Heard(client[f"feed_{uuid.uuid4().hex[:8]}"])
    await heard.feed.create_indexes()
    yield heard
    await mongo.close_client(client)


def ids(entries: Sequence[Entry]) -> list[str]:
    return [str(json.loads(each.event)["id"]) for each in entries]


@pytest.mark.servers
async def test_each_party_reads_its_own_in_order_and_goes_on_where_it_was(heard: Heard) -> None:
    opened = incident(incidents.IncidentOpened)
    for id, fact in (("e1", opened), ("e2", objective()), ("e2", objective()), ("e3", report(reports.ReportFiled))):
        await heard.hear(id, fact)
        heard.clock.advance(timedelta(seconds=1))
    await heard.hear("e4", incident(incidents.IncidentResolved))
    found = await heard.read(3)
    assert ids(found) == ["e1", "e2", "e4"], "single reports are for who asks for them"
    assert ids(await heard.read(1, types=("sepakat.report.*",))) == ["e3"]
    assert ids(await heard.read(4, OPERATOR, types=("*",))) == ["e1", "e2", "e3", "e4"]
    assert json.loads(found[0].event)["data"]["incident"] == opened.incident
    # Those of the last two seconds may come again: their ids say so.
    assert ids(await heard.read(1, after=found[1].place))[-1] == "e4"

    heard.clock.advance(timedelta(minutes=1))
    waiting = asyncio.create_task(heard.read(1, after=heard.feed.now()))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await heard.read(1, STRANGER)
    await heard.hear("e5", incident(incidents.IncidentReopened))
    assert ids(await asyncio.wait_for(waiting, 60)) == ["e5"]


@pytest.mark.servers
async def test_what_another_instance_has_heard_first_and_stored_second_is_not_missed(heard: Heard) -> None:
    reading = heard.feed.read(MAJU, (), "2026-11-24T00:00:00Z", 60)
    await heard.hear("later", objective())
    assert ids(await anext(reading)) == ["later"]
    heard.clock.set(NOW - timedelta(seconds=1))
    await heard.hear("earlier", objective())
    assert ids(await anext(reading)) == ["earlier"]
    for n in range(120):
        await heard.hear(f"n{n:03d}", objective())
    rest: list[str] = []
    while len(rest) < 120:
        rest += ids(await anext(reading))
    assert sorted(rest) == [f"n{n:03d}" for n in range(120)], "more at once than are read at once, each once"
    await reading.aclose()


class Slow:
    """A database that takes five seconds for one event, in which others write and read; then it may be gone."""

    def __init__(self, heard: Heard, meanwhile: Any, answers: bool) -> None:
        self._all, self._heard, self._meanwhile, self._answers = heard.feed._all, heard, meanwhile, answers

    async def insert_many(self, documents: Any, ordered: bool) -> None:
        self._heard.feed._all = self._all
        self._heard.clock.advance(timedelta(seconds=5))
        await self._meanwhile()
        await self._all.insert_many(documents, ordered=ordered)
        if not self._answers:
            raise AutoReconnect("the answer was lost")


@pytest.mark.servers
@pytest.mark.parametrize("answers", [True, False])
async def test_what_was_written_long_after_its_place_is_not_missed_by_who_is_past_it(
    heard: Heard, answers: bool
) -> None:
    reading = heard.feed.read(MAJU, (), "2026-11-24T00:00:00Z", 60)
    places: list[str] = []

    async def meanwhile() -> None:
        await heard.hear("quick", objective(), by=Feed(heard.db, KEEP, heard.clock))
        [quick] = await anext(reading)
        places.append(quick.place)

    heard.feed._all = Slow(heard, meanwhile, answers)  # type: ignore[assignment]
    try:
        await heard.hear("slow", objective())
    except AutoReconnect:
        await heard.hear("slow", objective())  # what failed is heard again
    [slow] = await anext(reading)
    assert ids([slow]) == ["slow"] and slow.place > places[0]
    assert "slow" in ids(await heard.read(1, after=places[0])), "also by who comes back"
    await reading.aclose()
    heard.clock.advance(timedelta(minutes=11))
    await heard.hear("slow", objective())
    assert await heard.db["feed"].count_documents({"event": {"$regex": '"slow"'}}) == 2, "told anew to nobody"


@pytest.mark.servers
async def test_a_place_is_one_that_was_given_out(heard: Heard) -> None:
    for wrong in ("", "x", "2026-11-24", "2026-11-24T09:00:00", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z"):
        with pytest.raises(Malformed):
            heard.feed.is_lost(wrong)
    assert heard.feed.is_lost("2026-11-20T00:00:00.000Z e1") and not heard.feed.is_lost(heard.feed.now())


# -- over HTTP ---------------------------------------------------------------------------------------------------------


async def pieces(*given: str) -> AsyncGenerator[str]:
    for each in given:
        yield each
    await asyncio.Event().wait()


async def stays() -> Any:
    await asyncio.Event().wait()


async def test_a_reader_that_takes_nothing_is_dropped_and_gives_its_place_back() -> None:
    reading, sent = asyncio.Semaphore(1), []

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    await asyncio.wait_for(EventStream(pieces("a", "b"), reading, takes=0.05)({}, stays, send), 10)
    assert [each.get("body") for each in sent] == [None, b"a"]
    assert not reading.locked()


async def test_a_reader_that_leaves_ends_the_reading() -> None:
    gone, ended = asyncio.Event(), asyncio.Event()

    async def reading() -> AsyncGenerator[str]:
        try:
            yield "a"
            gone.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_message: Any) -> None:
        return None

    await asyncio.wait_for(EventStream(reading(), asyncio.Semaphore(1))({}, receive, send), 10)
    assert ended.is_set()


async def test_a_connection_has_its_time_and_ends_properly() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await asyncio.wait_for(EventStream(pieces("a", "b"), asyncio.Semaphore(1), SHORT)({}, stays, send), 10)
    assert [each.get("body") for each in sent] == [None, b"a", b"b", b""]
    headers = dict(sent[0]["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream") and b"content-length" not in headers


@pytest.mark.servers
async def test_who_may_read_it_and_what_is_written(heard: Heard) -> None:
    keys = KnownKeys(heard.db, heard.clock)
    for name, scopes in (("reader", ("notifications:read",)), ("other", ("incidents:read",))):
        await keys.on_issued(KeyIssued(key=name, digest=digest(f"spk_{name}"), party="toko-maju", scopes=scopes))
    app = web.application("t", "t", keys, 1_000_000)
    app.include_router(feed_api.router(heard.feed, 1, timedelta(seconds=3)))
    await heard.hear("e1", objective())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as http:

        async def get(key: str, **headers: str) -> httpx.Response:
            return await http.get("/v1/feed", headers={"Authorization": f"Bearer spk_{key}", **headers})

        assert (await http.get("/v1/feed")).status_code == 401
        assert (await get("other")).status_code == 403
        assert (await get("reader", **{"Last-Event-ID": "yesterday"})).status_code == 400

        async def told() -> httpx.Response | None:
            """A connection that lasted until there was something to tell: it has a few seconds."""
            answer = await get("reader", **{"Last-Event-ID": "2026-11-01T00:00:00.000Z e0"})
            return answer if "event: sepakat" in answer.text else None

        begun = await until("the event", told)
        retry, gap, event, _ = begun.text.split("\n\n")
        assert (retry, gap) == ("retry: 3000", "event: gap\ndata: {}")
        place, type, data = event.split("\n")
        assert place.startswith("id: 2026-11-24T09:00:00.000Z e1") and type == "event: sepakat.objective.breached.v1"
        assert json.loads(data.removeprefix("data: "))["data"]["agreement"] == "toko"
