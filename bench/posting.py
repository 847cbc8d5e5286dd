"""A web server of its own process for the benches of webhooks: `python posting.py PORT`.

What a request's path begins with says how it is answered: `/well` at once, `/fails` with 503, `/hangs` never.
`GET /seen` tells how many requests came by path, and how many of them had a `webhook-id` that had not been seen.
"""

import asyncio
import json
import sys
from collections import Counter
from typing import Any, ClassVar

_OK = b"HTTP/1.1 204 No Content\r\n\r\n"
_BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


class Posts(asyncio.Protocol):
    requests: ClassVar[Counter[str]] = Counter()
    ids: ClassVar[dict[str, set[str]]] = {}

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._read = b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            whole = end + 4 + int(headers.get("content-length", 0))
            if len(self._read) < whole:
                return
            self._read = self._read[whole:]
            self._answer(head[0].split()[1], headers.get("webhook-id", ""))

    def _answer(self, path: str, id: str) -> None:
        if path == "/seen":
            seen = {each: [count, len(self.ids[each])] for each, count in self.requests.items()}
            body = json.dumps(seen).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            return
        self.requests[path] += 1
        self.ids.setdefault(path, set()).add(id)
        if not path.startswith("/hangs"):
            self._transport.write(_BUSY if path.startswith("/fails") else _OK)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Posts, "127.0.0.1", port, backlog=1_000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
