"""A POST that is sent again with its key is answered as before, and what is kept for that of many goes together."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener

from sepakat_cli.backends import Backend
from sepakat_shared.auth import Principal
from sepakat_shared.idempotency import IdempotentPosts

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]
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


def door(posts: IdempotentPosts) -> httpx.AsyncClient:
    """A route that counts what was done; a key that is asked for with `?key=`."""
    app, done = FastAPI(), list[str]()

    @app.post("/orders")
    async def order(request: Request) -> Response:
        async def do() -> JSONResponse:
            done.append(request.query_params["of"])
            return JSONResponse({"done": len(done)}, 201, {"ETag": '"1"'})

        who = Principal("budi", "toko-maju", frozenset(), frozenset())
        return await posts.once(request, who, NOW, do)

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
    assert [(each.status_code, each.json(), each.headers["etag"]) for each in again] == [
        (201, each.json(), '"1"') for each in first
    ]
    assert {each.headers["idempotent-replayed"] for each in again} == {"true"}
    await client.close()


async def test_what_an_earlier_version_answered_is_answered_so_still(backend: Backend) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(backend.mongo, tz_aware=True)
    db = client[f"repeated_{uuid.uuid4().hex[:8]}"]
    async with door(IdempotentPosts(db)) as http:
        await order(http, "k")
        kept = await db["idempotency"].find().sort("_id", 1).to_list(None)
        request, answer = kept
        await db["idempotency"].delete_one({"_id": answer["_id"]})
        await db["idempotency"].update_one({"_id": request["_id"]}, {"$set": {"answer": answer["answer"]}})
        assert (await order(http, "k")).json() == {"done": 1}
    await client.close()
