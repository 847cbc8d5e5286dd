"""Calls that go together: what waits goes in one, and each gets its own answer or error."""

import asyncio
from collections.abc import Sequence

import pytest

from sepakat_shared.together import Together


class Server:
    """Doubles numbers, one round trip after another; each takes until `answer` is set."""

    def __init__(self) -> None:
        self.trips: list[list[int]] = []
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()
        self.away = False

    async def double(self, items: Sequence[int]) -> list[int | Exception]:
        self.trips.append(list(items))
        self.asked.set()
        await self.answer.wait()
        if self.away:
            raise ConnectionError("the server is away")
        if 13 in items:
            raise ValueError("13 can't be doubled")
        return [KeyError(each) if each < 0 else 2 * each for each in items]


async def ask(together: Together[int, int], *items: int) -> list[int | BaseException]:
    return await asyncio.gather(*[together(each) for each in items], return_exceptions=True)


async def test_one_goes_at_once_and_those_that_come_meanwhile_go_together() -> None:
    server = Server()
    together = Together(server.double)
    asking = asyncio.create_task(ask(together, 1))
    await server.asked.wait()
    more = asyncio.create_task(ask(together, 2, 3, 4))
    await asyncio.sleep(0)
    assert server.trips == [[1]]
    server.answer.set()
    assert await asking == [2]
    assert await more == [4, 6, 8]
    assert server.trips == [[1], [2, 3, 4]]


async def test_a_server_that_is_away_fails_all_that_went_and_none_that_comes_after() -> None:
    server = Server()
    together = Together(server.double)
    server.away = True
    server.answer.set()
    failed = await ask(together, 1, 2)
    assert [type(each) for each in failed] == [ConnectionError, ConnectionError]
    server.away = False
    assert await ask(together, 1, 2) == [2, 4]


async def test_an_item_that_cannot_be_done_fails_alone() -> None:
    server = Server()
    server.answer.set()
    answers = await ask(Together(server.double), 5, 13, 6, -1)
    assert answers[0::2] == [10, 12]
    assert isinstance(answers[1], ValueError)
    assert isinstance(answers[3], KeyError)


async def test_whoever_has_gone_is_not_waited_for() -> None:
    server = Server()
    together = Together(server.double)
    gone = asyncio.create_task(together(1))
    await server.asked.wait()
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    server.answer.set()
    assert await together(2) == 4
