"""POSTs that are done once, however often they are sent with the same `Idempotency-Key`."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pymongo.errors import DuplicateKeyError

from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Conflict
from sepakat_shared.expiry import forget_old
from sepakat_shared.mongo import Collection, Database


class IdempotentPosts:
    """Answers a repeated POST with the same `Idempotency-Key` as the first, without doing it again."""

    def __init__(self, db: Database) -> None:
        self._collection: Collection = db["idempotency"]

    async def create_indexes(self) -> None:
        await self._collection.create_index("at")

    async def forget_old(self, clock: Clock) -> None:
        """Drop answers of more than a day ago, until cancelled."""
        await forget_old(self._collection, timedelta(days=1), clock)

    async def once(
        self, request: Request, asking: Principal, now: datetime, do: Callable[[], Awaitable[JSONResponse]]
    ) -> Response:
        """Do it, or answer as before. Raises Conflict when the key stands for another request or one under way."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return await do()
        body = await request.body()
        id = hashlib.sha256(f"{asking.id}\n{request.method} {request.url.path}\n{key}".encode()).hexdigest()
        fingerprint = hashlib.sha256(body).hexdigest()
        try:
            await self._collection.insert_one({"_id": id, "fingerprint": fingerprint, "at": now, "answer": None})
        except DuplicateKeyError:
            return await self._answered(id, fingerprint)
        try:
            response = await do()
        except BaseException:
            await self._collection.delete_one({"_id": id})
            raise
        answer = {"status": response.status_code, "body": bytes(response.body), "etag": response.headers.get("etag")}
        await self._collection.update_one({"_id": id}, {"$set": {"answer": answer}})
        return response

    async def _answered(self, id: str, fingerprint: str) -> Response:
        first = await self._collection.find_one({"_id": id})
        if first is None or first["answer"] is None:
            raise Conflict("the first request with this Idempotency-Key is still being handled; try again soon")
        if first["fingerprint"] != fingerprint:
            raise Conflict("this Idempotency-Key was used for another body; use a new one")
        answer = first["answer"]
        headers = {"Idempotent-Replayed": "true"} | ({"ETag": answer["etag"]} if answer["etag"] else {})
        return Response(answer["body"], answer["status"], headers, media_type="application/json")
