"""How benches send a POST again: until it is answered, and never without an end."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.timeout(60)
_spec = importlib.util.spec_from_file_location("repeating", Path(__file__).parents[2] / "bench" / "repeating.py")
assert _spec is not None and _spec.loader is not None
repeating: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(repeating)


async def answered(answers: Iterator[int | Exception], within: float) -> int:
    def answer(_: httpx.Request) -> httpx.Response:
        given = next(answers)
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://test") as http:
        return int((await repeating.answered(http, "/", {}, "k", within)).status_code)


async def test_what_is_busy_or_away_is_asked_again() -> None:
    assert await answered(iter([503, httpx.ConnectError("away"), 409, 201]), 600) == 201


@pytest.mark.parametrize("status", [409, 503])
async def test_what_stays_busy_is_an_error_with_the_last_answer(status: int) -> None:
    with pytest.raises(httpx.HTTPStatusError, match=str(status)):
        await answered(iter(lambda: status, 0), 0)


async def test_what_stays_away_is_an_error() -> None:
    with pytest.raises(httpx.ConnectError):
        await answered(iter(lambda: httpx.ConnectError("away"), 0), 0)


async def test_what_is_refused_is_not_asked_again() -> None:
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        await answered(iter([422]), 600)
