"""A POST that is sent again with its key until it is answered, as a careful client sends it."""

import asyncio
import time
from typing import Any

import httpx

_AGAIN = (httpx.codes.CONFLICT, httpx.codes.SERVICE_UNAVAILABLE)
_PAUSE = 0.5


async def answered(http: httpx.AsyncClient, path: str, body: dict[str, Any], key: str, within: float) -> httpx.Response:
    """The answer. Raises the last failure when there was nothing else for `within` seconds, and any other at once."""
    tried_until = time.perf_counter() + within
    while True:
        try:
            answer = await http.post(path, json=body, headers={"Idempotency-Key": key})
            if answer.status_code not in _AGAIN or time.perf_counter() > tried_until:
                return answer.raise_for_status()
        except httpx.TransportError:
            if time.perf_counter() > tried_until:
                raise
        await asyncio.sleep(_PAUSE)
