"""A POST that is sent again with its key is answered as before, and what is kept for that of many goes together."""

import asyncio
import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect, OperationFailure
from pymongo.monitoring import CommandListener

from sepakat_cli.backends import Backend
from sepakat_shared import mongo
from sepakat_shared.auth import Principal
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits, new_commit
from sepakat_shared.errors import Forbidden
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.problems import PROBLEM, answer_with_problems

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
AT_ONCE = 40


class Commands(CommandListener):
    def __init__(self) -> None:
        self.asked = 0

    def started(self, event: Any) -> None:
        self.asked += event.command_name in ("find", "insert", "update", "delete", "aggregate")

    def succeeded(self, event: Any) -> None:
        pass

    def failed(self, event: Any) -> None:
        pass


def door(
    posts: IdempotentPosts, clock: ManualClock | None = None, faults: list[Exception] | None = None,
    commits: Commits | None = None,
) -> Any:  # fmt: skip
    """A client of a route that counts what was done, commits it, and fails with each of the faults once."""
    app, done = FastAPI(), list[str]()
    answer_with_problems(app)

    @app.post("/orders")
    async def order(request: Request) -> Response:
        async def do() -> JSONResponse:
            if commits is not None:
                number = await commits.collection.count_documents({}) + 1
                await commits.insert(new_commit("order/a", number, "", [], [], "budi", None, NOW))
            if faults:
                raise faults.pop()
            done.append(request.query_params["of"])
            return JSONResponse({"done": len(done)}, 201, {"ETag": '"1"', "Location": f"/orders/{len(done)}"})

        who = Principal("budi", "toko-maju", frozenset(), frozenset())
        return await posts.once(request, who, clock.now() if clock else NOW, do)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test")


async def order(http: httpx.AsyncClient, key: str, of: str = "a") -> httpx.Response:
    return await http.post(f"/orders?of={of}", headers={"Idempotency-Key": key}, json={"of": of})


async def test_many_at_once_cost_few_commands_and_each_that_is_repeated_is_answered_as_before(backend: Backend) -> None:
    commands = Commands()
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        backend.mongo, tz_aware=True, event_listeners=[commands]
    )
    posts = IdempotentPosts(client[f"repeated_{uuid.uuid4().hex[:8]}"])
    async with door(posts) as http:
        first = await asyncio.gather(*[order(http, f"k{n}") for n in range(AT_ONCE)])
        assert sorted(each.json()["done"] for each in first) == list(range(1, AT_ONCE + 1))
        # Two for each where each is kept by itself.
        assert commands.asked <= AT_ONCE / 2
        again = await asyncio.gather(*[order(http, f"k{n}") for n in range(AT_ONCE)])
    assert [(each.status_code, each.json(), each.headers["etag"], each.headers["location"]) for each in again] == [
        (201, each.json(), '"1"', f"/orders/{each.json()['done']}") for each in first
    ]
    assert {each.headers["idempotent-replayed"] for each in again} == {"true"}
    await client.close()


async def test_a_request_that_goes_away_while_it_is_noted_leaves_its_key_free(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(backend.mongo, tz_aware=True)
    posts = IdempotentPosts(client[f"repeated_{uuid.uuid4().hex[:8]}"])
    noted, told, keep = asyncio.Event(), asyncio.Event(), posts._keep

    async def slow(document: dict[str, Any]) -> bool:
        kept = await keep(document)
        noted.set()
        await told.wait()
        return kept

    async with door(posts) as http:
        with monkeypatch.context() as slowly:
            slowly.setattr(posts, "_keep", slow)
            gone = asyncio.create_task(order(http, "k"))
            await noted.wait()
            gone.cancel()
            told.set()
            with pytest.raises(asyncio.CancelledError):
                await gone
        assert (await order(http, "k")).json() == {"done": 1}
    await client.close()


async def test_what_a_killed_process_left_undone_is_done_by_one_of_the_repeats_once_its_time_is_over(
    backend: Backend,
) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(backend.mongo, tz_aware=True)
    db, clock, faults = client[f"repeated_{uuid.uuid4().hex[:8]}"], ManualClock(NOW), list[Exception]()
    async with door(IdempotentPosts(db), clock, faults) as http:
        await order(http, "k")
        await db["idempotency"].delete_one({"_id": {"$regex": "/answer$"}})
        clock.advance(timedelta(minutes=1))
        assert (await order(http, "k")).status_code == 409
        clock.advance(timedelta(minutes=2))
        assert "another body" in (await http.post("/orders?of=b", headers={"Idempotency-Key": "k"}, json={})).text
        faults.append(ValueError("it fails"))
        assert (await order(http, "k")).status_code == 500
        # That one failed, and said so: the next one need not wait.
        some = await asyncio.gather(*[order(http, "k") for _ in range(5)])
        assert {each.status_code for each in some} <= {201, 409}
        assert [each.json() for each in some if each.status_code == 201][:1] == [{"done": 2}]
        again = await order(http, "k")
        assert (again.status_code, again.json(), again.headers["idempotent-replayed"]) == (201, {"done": 2}, "true")

        # Killed once more: the time is that of whoever has it now.
        await db["idempotency"].delete_one({"_id": {"$regex": "/answer$"}})
        assert (await order(http, "k")).status_code == 409
        clock.advance(timedelta(minutes=3))
        assert (await order(http, "k")).json() == {"done": 3}
        times = {each["at"] for each in await db["idempotency"].find({"_id": {"$regex": "/answer$"}}).to_list(None)}
        assert times == {NOW}, "it is forgotten with the request"
    await client.close()


async def test_what_was_committed_is_not_done_again_when_its_answer_was_lost(database: Any) -> None:
    clock, faults = ManualClock(NOW), list[Exception]()
    commits = Commits(database, clock)
    async with door(IdempotentPosts(database), clock, faults, commits) as http:
        await order(http, "killed")
        await database["idempotency"].delete_one({"_id": {"$regex": "/answer$"}})
        clock.advance(timedelta(minutes=3))
        told = await order(http, "killed")
        assert told.status_code == 409
        assert "took effect, and its answer was lost" in told.json()["detail"]
        assert "order/a:00000001" in told.json()["detail"]
        again = await order(http, "killed")
        assert (again.status_code, again.json()) == (409, told.json())
        assert (again.headers["idempotent-replayed"], again.headers["content-type"]) == ("true", PROBLEM)

        faults.append(ValueError("it fails"))
        assert (await order(http, "failed")).status_code == 500
        assert "order/a:00000002" in (await order(http, "failed")).json()["detail"]
        faults.append(Forbidden("not for you"))
        refused = [await order(http, "refused") for _ in range(2)]
        assert [(each.status_code, each.json()["detail"]) for each in refused] == [(403, "not for you")] * 2
        assert await commits.collection.count_documents({}) == 3
        assert (await order(http, "another")).json() == {"done": 2}

        # A key may be used again when its request is forgotten: what it led to then is of no concern.
        await database["idempotency"].delete_many({})
        clock.advance(timedelta(days=30))
        await database["idempotency"].insert_one(held(http, "killed", clock))
        clock.advance(timedelta(minutes=3))
        assert (await order(http, "killed")).json() == {"done": 3}


def held(http: httpx.AsyncClient, key: str, clock: ManualClock) -> dict[str, Any]:
    """What a request leaves behind whose process was killed before it did anything."""
    id = hashlib.sha256(f"budi\nPOST /orders\n{key}".encode()).hexdigest()
    body = http.build_request("POST", "/orders", json={"of": "a"}).content
    return {"_id": id, "fingerprint": hashlib.sha256(body).hexdigest(), "at": clock.now(), "answer": None}


@pytest.mark.parametrize("is_made", [True, False])
async def test_what_may_have_been_committed_is_looked_for_before_it_is_done_again(
    database: Any, monkeypatch: pytest.MonkeyPatch, is_made: bool
) -> None:
    clock = ManualClock(NOW)
    commits = Commits(database, clock)
    insert = mongo.insert_missing

    async def broken(collection: Any, documents: Any) -> Any:
        if is_made:
            await insert(collection, documents)
        raise AutoReconnect("the connection was lost")

    async with door(IdempotentPosts(database), clock, [], commits) as http:
        with monkeypatch.context() as lost:
            lost.setattr(mongo, "insert_missing", broken)
            assert (await order(http, "k")).status_code == 503
        again = await order(http, "k")
        assert again.status_code == 409
        assert again.json()["type"].endswith("/took-effect") == is_made
        clock.advance(timedelta(minutes=3))
        later = await order(http, "k")
        assert (later.status_code, await commits.collection.count_documents({})) == (409 if is_made else 201, 1)


async def test_what_the_database_has_refused_is_done_by_the_next_repeat(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(NOW)

    async def refused(_collection: Any, documents: Any) -> Any:
        return [OperationFailure("it is too large") for _ in documents]

    async with door(IdempotentPosts(database), clock, [], Commits(database, clock)) as http:
        with monkeypatch.context() as refusing:
            refusing.setattr(mongo, "insert_missing", refused)
            assert (await order(http, "k")).status_code == 500
        assert (await order(http, "k")).status_code == 201


async def test_what_an_earlier_version_answered_is_answered_so_still(backend: Backend) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(backend.mongo, tz_aware=True)
    db = client[f"repeated_{uuid.uuid4().hex[:8]}"]
    async with door(IdempotentPosts(db)) as http:
        await order(http, "k")
        kept = await db["idempotency"].find().sort("_id", 1).to_list(None)
        request, answer = kept
        await db["idempotency"].delete_one({"_id": answer["_id"]})
        del answer["answer"]["location"]
        await db["idempotency"].update_one({"_id": request["_id"]}, {"$set": {"answer": answer["answer"]}})
        assert (await order(http, "k")).json() == {"done": 1}
    await client.close()
