"""POSTs that are done once, however often they are sent with the same `Idempotency-Key`."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NewType

from fastapi import Depends, Header, Request, Response
from fastapi.responses import JSONResponse

from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Handled, handled
from sepakat_shared.errors import Conflict, SepakatError, TookEffect
from sepakat_shared.expiry import forget_old
from sepakat_shared.mongo import Collection, Database, Document, find_by_id, insert_missing
from sepakat_shared.problems import PROBLEM, problem_of
from sepakat_shared.together import Together

_LEASE: Final = timedelta(minutes=2)
"""Longer than any request takes: one that has no answer after that was ended in between, and a repeat is done."""
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_KEPT_HEADERS: Final = ("etag", "location")
_UNDER_WAY: Final = "the first request with this Idempotency-Key is still being handled; try again soon"
_ANOTHER_BODY: Final = "this Idempotency-Key was used for another body; use a new one"


RepeatableRequest = NewType("RepeatableRequest", Request)
"""One whose route says in its description that it honours `Idempotency-Key`."""


async def _repeatable(
    request: Request,
    _key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="a value of your own, such as a UUID: sent again with it within a day, it is done once, and "
            "answered as before",
        ),
    ] = None,
) -> RepeatableRequest:
    return RepeatableRequest(request)


Repeatable = Annotated[RepeatableRequest, Depends(_repeatable)]
"""The request, for a route that hands it to `IdempotentPosts.once`."""


class IdempotentPosts:
    """Answers a repeated POST with the same `Idempotency-Key` as the first, without doing it again.

    The answer is a document beside that of the request: many are inserted together, and each is changed by itself. One
    that takes over from a request whose process was killed is a document too: of two that try, one can insert it.
    """

    def __init__(self, db: Database) -> None:
        self._collection: Collection = db["idempotency"]
        self._commits: Collection = db["commits"]
        self._keep: Together[Document, bool] = Together(lambda some: insert_missing(self._collection, some))

    async def create_indexes(self) -> None:
        await self._collection.create_index("at")

    async def forget_old(self, clock: Clock) -> None:
        """Drop answers of more than a day ago, until cancelled."""
        await forget_old(self._collection, timedelta(days=1), clock)

    async def once(
        self, request: RepeatableRequest, asking: Principal, now: datetime, do: Callable[[], Awaitable[JSONResponse]],
        *, repeatable: bool = False,
    ) -> Response:  # fmt: skip
        """Do it, or answer as before. Raises Conflict when the key stands for another request or one under way.

        A request that was neither answered nor failed in two minutes was ended in between: a repeat does it, unless it
        was committed by then. Of that, and of what failed after its commit, repeats are told, and nothing is done
        again; what is `repeatable` knows by itself what was done. Where it is not known whether a commit was made,
        repeats wait those two minutes.
        """
        key = request.headers.get("idempotency-key")
        if key is None:
            return await do()
        body = await request.body()
        id = hashlib.sha256(_named(request, asking, key)).hexdigest()
        fingerprint = hashlib.sha256(body).hexdigest()
        holder, first_at, begun = id, now, asyncio.get_running_loop().time()
        if not await self._hold({"_id": id, "fingerprint": fingerprint, "at": now, "answer": None}):
            first, answer = await self._known(id)
            if answer is None:
                holder = await self._take_over(first, fingerprint, now)
                first, answer = await self._known(id)  # the first may have been answered just now
            if first is None:
                raise Conflict(_UNDER_WAY)
            if answer is not None:
                return _again(first, answer, fingerprint)
            first_at = first["at"]
            done = [] if repeatable else await self._made_by(id, first_at)
            if done:
                return await self._answer(id, first_at, _took_effect(done))
        this = Handled(id)
        token = handled.set(this)
        try:
            response = await do()
        except BaseException as error:
            if this.commits and not repeatable:
                if done := await self._made_of(this):
                    told = problem_of(error) if isinstance(error, SepakatError) else _took_effect(done)
                    await self._answer(id, first_at, told)
            # After its time another one may do it: that it has taken over from this one must stay known.
            elif asyncio.get_running_loop().time() - begun < _LEASE.total_seconds() / 2:
                await self._collection.delete_one({"_id": holder})
            raise
        finally:
            handled.reset(token)
        return await self._answer(id, first_at, response)

    async def _made_of(self, this: Handled) -> list[str]:
        """The commits that a request has tried and made."""
        found = await find_by_id(self._commits, this.commits, {"request": 1})
        return [each["_id"] for each in found if each is not None and each.get("request") == this.name]

    async def _made_by(self, request: str, since: datetime) -> list[str]:
        """The commits that a request has led to, as its process can't say any more.

        Without an index, which each commit would pay for: this is asked once after a process was killed. A key may be
        used again after a day.
        """
        query = {"request": request, "committed_at": {"$gte": since - _CLOCKS_DIFFER}}
        return [each["_id"] for each in await self._commits.find(query, {"_id": 1}).to_list(None)]

    async def _answer(self, id: str, first_at: datetime, response: JSONResponse) -> JSONResponse:
        """Keep it for repeats. With the time of the first request, both are forgotten together."""
        kept = {name: response.headers.get(name) for name in _KEPT_HEADERS}
        answer = {"status": response.status_code, "body": bytes(response.body), **kept}
        await self._keep({"_id": _answer_to(id), "at": first_at, "answer": answer})
        return response

    async def _hold(self, document: Document) -> bool:
        """Insert it; not when whoever asks has gone in the meantime: it would stand for what nobody does."""
        keeping = asyncio.ensure_future(self._keep(document))
        try:
            return await asyncio.shield(keeping)
        except asyncio.CancelledError:
            await asyncio.wait([keeping])
            if not keeping.cancelled() and keeping.exception() is None and keeping.result():
                await self._collection.delete_one({"_id": document["_id"]})
            raise

    async def _take_over(self, first: Document | None, fingerprint: str, now: datetime) -> str:
        """The id of the document by which it is done by this repeat. Raises Conflict while another one may do it."""
        held, tries = first, 0
        while first is not None and held is not None and now - held["at"] > _LEASE:
            if first["fingerprint"] != fingerprint:
                raise Conflict(_ANOTHER_BODY)
            tries += 1
            id = f"{first['_id']}/{tries}"
            if await self._hold({"_id": id, "at": now}):
                return id
            held = await self._collection.find_one({"_id": id})
        raise Conflict(_UNDER_WAY)

    async def _known(self, id: str) -> tuple[Document | None, dict[str, Any] | None]:
        """The document of the first request, and its answer."""
        first, answered = await find_by_id(self._collection, [id, _answer_to(id)])
        # An earlier version kept the answer in the document of the request.
        return first, answered["answer"] if answered is not None else None if first is None else first["answer"]


def _again(first: Document, answer: Mapping[str, Any], fingerprint: str) -> Response:
    if first["fingerprint"] != fingerprint:
        raise Conflict(_ANOTHER_BODY)
    # Those of earlier versions have no location.
    kept = {name: answer[name] for name in _KEPT_HEADERS if answer.get(name)}
    media_type = "application/json" if answer["status"] < 400 else PROBLEM
    return Response(answer["body"], answer["status"], {"Idempotent-Replayed": "true", **kept}, media_type=media_type)


def _took_effect(commits: Sequence[str]) -> JSONResponse:
    """The answer to the repeats of a request whose own answer nobody has."""
    lost = "the first request with this Idempotency-Key took effect, and its answer was lost; nothing is done again"
    return problem_of(TookEffect(f"{lost}: read what became of {', '.join(commits)}"))


async def name_of(request: Request, asking: Principal) -> str | None:
    """What a request and its repeats are called: whatever follows from it is known by that again. None without a key.

    Another body is another request. Keys may be used again after a day: whoever keeps names must see to that.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    return hashlib.sha256(_named(request, asking, key) + b"\n" + await request.body()).hexdigest()


def _named(request: Request, asking: Principal, key: str) -> bytes:
    return f"{asking.id}\n{request.method} {request.url.path}\n{key}".encode()


def _answer_to(request: str) -> str:
    return f"{request}/answer"
