"""Calls that go together: what is asked for while one round trip is under way goes, all of it, in the next."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from sepakat_shared import retry

T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)


class Together(Generic[T, R]):
    """`do` takes items in the order in which they came and answers each, also with an error that is its alone.

    A single one goes at once.
    """

    def __init__(self, do: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]]) -> None:
        self._do = do
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, item: T) -> R:
        """The answer to `item`. Raises what `do` raises: a transient error for all that went with it."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    await self._answer(batch)
                except retry.TRANSIENT as error:
                    _refuse(batch, error)
                except Exception as error:  # noqa: BLE001 - it belongs to the item that it is about
                    if len(batch) == 1:
                        _refuse(batch, error)
                    else:
                        await self._one_by_one(batch)
        finally:
            self._task = None

    async def _one_by_one(self, batch: list[tuple[T, "asyncio.Future[R]"]]) -> None:
        """One item can't be done: the others must not suffer for it."""
        for each in batch:
            try:
                await self._answer([each])
            except Exception as error:  # noqa: BLE001 - it is handed to the one who asked
                _refuse([each], error)

    async def _answer(self, batch: list[tuple[T, "asyncio.Future[R]"]]) -> None:
        answers = await self._do([item for item, _ in batch])
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue  # whoever asked has gone
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)


class Shared(Generic[K, R]):
    """`read` is one answer for all who ask for the same key while it is being read: it begins after each has asked."""

    def __init__(self, read: Callable[[K], Awaitable[R]]) -> None:
        self._read = read
        self._asked: WeakValueDictionary[K, Together[None, R]] = WeakValueDictionary()

    async def __call__(self, key: K) -> R:
        """What is there for `key`. Raises what `read` raises."""

        async def once(asked: Sequence[None]) -> Sequence[R]:
            return [await self._read(key)] * len(asked)

        asked: Together[None, R] = self._asked.setdefault(key, Together(once))
        return await asked(None)


def _refuse(batch: Sequence[tuple[T, "asyncio.Future[R]"]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
