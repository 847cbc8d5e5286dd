"""A chat service that listens on this machine: it keeps what is said there, and answers as it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Chat:
    """`answer` gives status and body for what is asked."""

    answer: Callable[[Asked], tuple[int, Any]] = lambda _asked: (200, {})
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        method, path, _ = first.split(" ")
        asked = Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
        self.asked.append(asked)
        status, body = self.answer(asked)
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(sent)}\r\nConnection: close\r\n\r\n".encode() + sent)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def chat() -> AsyncIterator[Chat]:
    listening = Chat()
    server = await asyncio.start_server(listening.take, "127.0.0.1", 0)
    listening.port = server.sockets[0].getsockname()[1]
    yield listening
    server.close()


def slack() -> Callable[[Asked], tuple[int, Any]]:
    """As Slack's API answers: each message that is posted has a time of its own."""
    posted: list[str] = []

    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.path.endswith("chat.postMessage"):
            posted.append(f"{len(posted) + 1}.0001")
            return 200, {"ok": True, "channel": "C1", "ts": posted[-1]}
        known = asked.json.get("ts") in posted
        return 200, {"ok": True, "channel": "C1", "ts": asked.json["ts"]} if known else {
            "ok": False, "error": "message_not_found"
        }  # fmt: skip

    return answer
