"""Days that go on in another document, read and folded while they do."""

from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from sepakat_metrics import checkpoints
from sepakat_metrics.archive import Archive
from sepakat_metrics.buckets import Delta
from sepakat_metrics.checkpoints import Checkpoints, News, packed
from sepakat_metrics.events import Fact

DAY = 86_400_000
Documents = dict[str, dict[str, Any]]


def told(number: int) -> Delta:
    """What the checkpoint of that number adds to the day."""
    delta = Delta()
    for i in range(8):
        at = 20_000 * DAY + number * 1000 + i
        delta.add(Fact("p/i", "/p", f"{at}", at, "state", state="down" if i else "up", weight=0))
    return delta


def fold(days: Documents, number: int) -> None:
    stored, id = None, "p/i/020000"
    while id in days:
        stored = days[id]
        if not checkpoints.is_full(stored):
            break
        id = checkpoints.next_part(stored)
    day = News("p/i", "020000", [(number + 1, told(number))]).added_to(stored, "c/t/0")
    assert day is not None
    days[day["_id"]] = day


class Cursor:
    """An answer in batches of one document, each as of when it is asked for."""

    def __init__(self, documents: Callable[[], Iterator[dict[str, Any]]]) -> None:
        self._documents = documents

    def sort(self, *_: Any) -> "Cursor":
        return self

    def limit(self, most: int) -> "Cursor":
        found = list(self._documents())[:most]
        return Cursor(lambda: iter(found))

    async def to_list(self, _most: None) -> list[dict[str, Any]]:
        return list(self._documents())

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        for each in self._documents():
            yield each


@pytest.mark.parametrize("how", ["days", "histories"])
async def test_a_day_that_goes_on_in_another_document_while_it_is_read_is_read_whole(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_FULL_BYTES", 500)
    waiting = [{"partition": "c/t/0", "end": n + 1, "deltas": packed({"p/i": told(n).to_document()})} for n in (1, 2)]
    days: Documents = {}
    fold(days, 0)

    def found() -> Iterator[dict[str, Any]]:
        yield days["p/i/020000"]
        # Between two batches: the first part becomes full, and the next one is begun.
        if len(days) == 1:
            fold(days, 1)
            fold(days, 2)
        yield from [each for id, each in days.items() if id != "p/i/020000"]

    archive = Archive({
        "checkpoints": SimpleNamespace(find=lambda *_: Cursor(lambda: iter(waiting))),
        "days": SimpleNamespace(find=lambda query: Cursor(found if "$lt" not in query["day"] else lambda: iter(()))),
    })  # type: ignore[arg-type]  # fmt: skip
    if how == "days":
        read = (await archive.days("p/i"))["020000"].transitions
    else:
        read = set((await archive.histories({"p/i": None}, lambda _: True))["p/i"].states._told)
    assert len(days) == 2
    assert read == told(0).transitions | told(1).transitions | told(2).transitions


async def test_of_a_day_in_many_parts_only_the_last_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_FULL_BYTES", 500)
    days: Documents = {}
    read: list[str] = []

    def find(query: dict[str, Any]) -> Cursor:
        found = [days[id] for id in query["_id"]["$in"] if id in days]
        read.extend(each["_id"] for each in found)
        return Cursor(lambda: iter(found))

    folding = Checkpoints({"checkpoints": None, "days": SimpleNamespace(find=find)})  # type: ignore[arg-type]
    for number in range(9):
        fold(days, number)
    *full, last = days
    assert len(full) > 2 and not checkpoints.is_full(days[last])
    for wanted in (list(days), [last], [last]):
        read.clear()
        assert await folding._last_parts(["p/i/020000"]) == {"p/i/020000": days[last]}
        assert read == wanted
    # It goes on, and is full at last; then the newest parts are lost.
    fold(days, 9)
    fold(days, 10)
    newest = list(days)[-1]
    assert newest != last
    assert await folding._last_parts(["p/i/020000"]) == {"p/i/020000": days[newest]}
    for id in (newest, last):
        del days[id]
    assert await folding._last_parts(["p/i/020000"]) == {"p/i/020000": days[full[-1]]}
    assert await folding._last_parts(["p/i/020001"]) == {}


async def test_of_many_large_checkpoints_folding_reads_few_and_leaves_no_cursor_open() -> None:
    asked: list[tuple[Any, ...]] = []
    read: list[int] = []
    closed: list[bool] = []

    class Open(Cursor):
        def limit(self, _most: int) -> Cursor:
            return self

        async def close(self) -> None:
            closed.append(True)

    def documents() -> Iterator[dict[str, Any]]:
        for number in range(64):
            read.append(number)
            yield {"end": number + 1, "deltas": bytes(900_000)}

    def find(query: dict[str, Any], fields: Any = None, batch_size: int = 101) -> Cursor:
        asked.append((query, fields))
        assert batch_size < 10
        return Open(documents)

    database: Any = {"checkpoints": SimpleNamespace(find=find), "days": None}
    batch = await Checkpoints(database)._waiting("c/t/0")
    assert [each["end"] for each in batch] == [1, 2] and read == [0, 1, 2]
    assert asked == [({"folded": False, "partition": "c/t/0"}, {"ids": 0})]
    assert closed == [True]
