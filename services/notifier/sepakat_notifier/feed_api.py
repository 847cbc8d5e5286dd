"""The feed over HTTP: server-sent events, which a reader takes up again where it was."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sepakat_notifier.feed import Entry, Feed
from sepakat_shared.auth import Principal
from sepakat_shared.errors import Unavailable
from sepakat_shared.web import Asking

_QUIET: Final = 15.0
"""Seconds after which a reader is told that nothing has happened: what lies between forgets silent connections."""
LASTS: Final = timedelta(minutes=15)
"""Then the connection ends, and the reader comes again: with a key that is still one."""
_TAKES: Final = 30.0
"""Seconds that a reader has to take what is sent; who is slower is dropped, and comes again where it was."""
_NO_PATTERNS: Final[list[str]] = []


def router(feed: Feed, most: int, lasts: timedelta = LASTS) -> APIRouter:
    """`most` readers at once, each connection for as long as it `lasts`."""
    routes = APIRouter(prefix="/v1", tags=["feed"])
    reading = asyncio.Semaphore(most)

    @routes.get("/feed", response_class=EventStream, status_code=200)
    async def get_feed(
        request: Request, asking: Asking,
        type: Annotated[list[str], Query(description="patterns such as `sepakat.incident.*`")] = _NO_PATTERNS,
        last_event_id: Annotated[str | None, Header(description="the last id that came, to go on after it")] = None,
    ) -> Response:  # fmt: skip
        """Every event of the key's party's agreements as it happens, as server-sent events of CloudEvents in JSON.

        It begins with what comes from now on, or after `Last-Event-ID`. An event `gap` says that some that came in
        between are not kept any more. Single reports are there for who asks for `sepakat.report.*`.
        """
        asking.require("notifications:read")
        after = last_event_id or feed.now()
        lost = feed.is_lost(after)
        if reading.locked():
            raise Unavailable("this instance has as many readers as it may have; try again soon")
        return EventStream(_written(feed, asking, type, after, lost), reading, lasts)

    return routes


async def _written(feed: Feed, asking: Principal, types: list[str], after: str, lost: bool) -> AsyncGenerator[str]:
    yield "retry: 3000\n\n"
    if lost:
        yield "event: gap\ndata: {}\n\n"
    async with aclosing(feed.read(asking, types, after, _QUIET)) as reading:
        async for entries in reading:
            yield "".join(_as_text(each) for each in entries) or ": nothing new\n\n"


def _as_text(entry: Entry) -> str:
    return f"id: {entry.place}\nevent: {entry.type}\ndata: {entry.event}\n\n"


class EventStream(Response):
    """Sends what comes until the reader is gone, too slow, or has had its time. One piece at a time is in memory."""

    media_type = "text/event-stream"

    def __init__(
        self, pieces: AsyncGenerator[str], reading: asyncio.Semaphore, lasts: timedelta = LASTS, takes: float = _TAKES
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._pieces = pieces
        self._reading = reading
        self._lasts = lasts.total_seconds()
        self._takes = takes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._reading:
            sending = asyncio.create_task(self._send(send))
            leaving = asyncio.create_task(_left(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (sending, leaving):
                    task.cancel()
                await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        async def give(message: dict[str, Any]) -> None:
            try:
                async with asyncio.timeout(self._takes):
                    await send(message)
            except TimeoutError as error:
                raise _TooSlow from error

        await give({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._pieces) as pieces:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._lasts):
                    async for piece in pieces:
                        await give({"type": "http.response.body", "body": piece.encode(), "more_body": True})
        await give({"type": "http.response.body", "body": b"", "more_body": False})


class _TooSlow(Exception):
    """The reader does not take what is sent."""


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
