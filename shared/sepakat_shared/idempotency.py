"""POSTs that are done once, however often they are sent with the same `Idempotency-Key`."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Conflict
from sepakat_shared.expiry import forget_old
from sepakat_shared.mongo import Collection, Database, Document, find_by_id, insert_missing
from sepakat_shared.together import Together


class IdempotentPosts:
    """Answers a repeated POST with the same `Idempotency-Key` as the first, without doing it again.

    The answer is a document beside that of the request: many are inserted together, and each is changed by itself.
    """

    def __init__(self, db: Database) -> None:
        self._collection: Collection = db["idempotency"]
        self._keep: Together[Document, bool] = Together(lambda some: insert_missing(self._collection, some))

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
        if not await self._keep({"_id": id, "fingerprint": fingerprint, "at": now, "answer": None}):
            return await self._answered(id, fingerprint)
        try:
            response = await do()
        except BaseException:
            await self._collection.delete_one({"_id": id})
            raise
        answer = {"status": response.status_code, "body": bytes(response.body), "etag": response.headers.get("etag")}
        await self._keep({"_id": _answer_to(id), "at": now, "answer": answer})
        return response

    async def _answered(self, id: str, fingerprint: str) -> Response:
        first, answered = await find_by_id(self._collection, [id, _answer_to(id)])
        # An earlier version kept the answer in the document of the request.
        answer = answered["answer"] if answered is not None else None if first is None else first["answer"]
        if first is None or answer is None:
            raise Conflict("the first request with this Idempotency-Key is still being handled; try again soon")
        if first["fingerprint"] != fingerprint:
            raise Conflict("this Idempotency-Key was used for another body; use a new one")
        headers = {"Idempotent-Replayed": "true"} | ({"ETag": answer["etag"]} if answer["etag"] else {})
        return Response(answer["body"], answer["status"], headers, media_type="application/json")


async def name_of(request: Request, asking: Principal) -> str | None:
    """What a request and its repeats are called: whatever follows from it is known by that again. None without a key.

    Another body is another request. Keys may be used again after a day: whoever keeps names must see to that.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    asked = f"{asking.id}\n{request.method} {request.url.path}\n{key}\n".encode() + await request.body()
    return hashlib.sha256(asked).hexdigest()


def _answer_to(request: str) -> str:
    return f"{request}/answer"
