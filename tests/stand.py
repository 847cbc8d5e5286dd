"""A stand-in for the services: real HTTP, answers that the test gives, and a record of what was asked."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from typer.testing import Result

Run = Callable[..., Result]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[Asked], Response]


def answer(body: Any, status: int = 200, etag: str | None = None) -> Response:
    headers = {"ETag": etag} if etag else None
    return Response(json.dumps(body), status, headers, media_type="application/json")


def problem(status: int, detail: str, **more: Any) -> Response:
    body = {"type": "about:blank", "title": "No", "status": status, "detail": detail, **more}
    return Response(json.dumps(body), status, media_type="application/problem+json")


@dataclass
class Stand:
    """`on(method, path)` says how to answer; everything else gets a 404."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def on(self, method: str, path: str, give: Answer | Response) -> None:
        self.answers[method, path] = give if callable(give) and not isinstance(give, Response) else lambda _asked: give

    def of(self, method: str, path: str) -> list[Asked]:
        return [each for each in self.asked if (each.method, each.path) == (method, path)]

    async def handle(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode()
        asked = Asked(request.method, path, dict(request.query_params), dict(request.headers), await request.body())
        self.asked.append(asked)
        give = self.answers.get((request.method, path))
        return problem(404, "there is no such thing") if give is None else give(asked)


@contextmanager
def standing() -> Iterator[Stand]:
    """A stand-in on a port of its own, until the end of the block."""
    stand = Stand()
    web = FastAPI()
    web.add_api_route("/{path:path}", stand.handle, methods=["GET", "POST", "PUT", "DELETE"])
    server = uvicorn.Server(uvicorn.Config(web, port=0, log_config=None))
    socket = server.config.bind_socket()
    socket.listen()  # a command that is faster than the thread waits, and is not refused
    stand.url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([socket])))
    thread.start()
    try:
        yield stand
    finally:
        server.should_exit = True
        thread.join()
