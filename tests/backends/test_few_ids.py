"""What is read by a few ids is read one by one: FerretDB reads a whole collection for a list of them."""

import asyncio
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener

from sepakat_cli.backends import Backend
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Message
from sepakat_shared.mongo import FEW, find_by_id

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


class Filters(CommandListener):
    """What was asked for."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def started(self, event: Any) -> None:
        if event.command_name == "find":
            self.asked.append(event.command["filter"])

    def succeeded(self, event: Any) -> None:
        pass

    def failed(self, event: Any) -> None:
        pass

    @property
    def lists(self) -> int:
        """How often everything would be read."""
        return sum(not isinstance(each.get("_id"), str) for each in self.asked)


@dataclass(frozen=True)
class Named:
    name: str


@dataclass(frozen=True)
class Name:
    name: str


def _messages(_event: Named, _state: Name) -> Iterable[Message]:
    return []


NAME: Kind[Name, Named] = Kind("name", Name, (Named,), lambda _, event: Name(event.name), lambda _: {}, _messages)


async def test_a_few_documents_are_read_one_by_one_and_many_by_one_list(backend: Backend) -> None:
    filters = Filters()
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(backend.mongo, event_listeners=[filters])
    numbers = client[f"few_{uuid.uuid4().hex[:8]}"]["numbers"]
    ids = [f"n{n}" for n in range(FEW)]
    await numbers.insert_many([{"_id": id, "of": id, "more": 1} for id in reversed(ids)])
    read = await find_by_id(numbers, [ids[1], "none", ids[0]], {"of": 1})
    assert read == [{"_id": "n1", "of": "n1"}, None, {"_id": "n0", "of": "n0"}]
    assert [each and each["of"] for each in await find_by_id(numbers, ids)] == ids
    assert (filters.lists, len(filters.asked)) == (0, 3 + FEW)
    assert [each and each["of"] for each in await find_by_id(numbers, [*ids, "none"])] == [*ids, None]
    assert (filters.lists, len(filters.asked)) == (1, 4 + FEW)
    await client.close()


async def test_a_few_aggregates_that_are_asked_for_at_once_are_read_by_their_ids(backend: Backend) -> None:
    filters = Filters()
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(backend.mongo, tz_aware=True, event_listeners=[filters])
    db = client[f"few_{uuid.uuid4().hex[:8]}"]
    there = Aggregates(Commits(db, SystemClock()), NAME)

    def named(name: str) -> Callable[[Name | None, datetime], Sequence[Named]]:
        return lambda _state, _now: [Named(name)]

    for id in ("a", "b", "c"):
        await there.execute(id, named(id), by="x", new=True)
    here = Aggregates(Commits(db, SystemClock()), NAME)
    filters.asked.clear()
    read = await asyncio.gather(*[here.seen(id) for id in ("a", "b", "none", "c")], return_exceptions=True)
    assert [each.state.name for each in read if isinstance(each, Loaded)] == ["a", "b", "c"]
    assert isinstance(read[2], NotFound)
    assert filters.asked and not filters.lists
    await client.close()
