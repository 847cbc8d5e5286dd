"""Records handled several at once: those of one key in order, and offsets that pass nothing unfinished."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from sepakat_shared.deadletters import DeadRecord
from sepakat_shared.lanes import Lanes
from sepakat_shared.messages import Record

PARTITION = TopicPartition("facts", 0)


def record(offset: int, key: bytes | None = b"a") -> DeadRecord:
    return DeadRecord("facts", 0, offset, key, b"{}", ())


class Handlers:
    """Handlers that end when they are told to."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self._may_end: dict[int, asyncio.Event] = {}

    def end(self, *offsets: int) -> None:
        for offset in offsets:
            self._may_end.setdefault(offset, asyncio.Event()).set()

    async def __call__(self, record: Record) -> None:
        self.begun.append(record.offset)
        await self._may_end.setdefault(record.offset, asyncio.Event()).wait()


async def settle(until: Callable[[], bool]) -> None:
    """Let the tasks run until it is so; they wait for nothing outside."""
    for _ in range(1000):
        if until():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


def lanes(at_once: int, handlers: Handlers) -> Lanes:
    return Lanes(at_once, handlers, lambda: None)


async def test_another_key_does_not_wait_and_the_same_key_does() -> None:
    handlers = Handlers()
    made = lanes(4, handlers)
    for each in (record(0), record(1), record(2, b"b")):
        await made.take(each)
    await settle(lambda: handlers.begun == [0, 2])
    handlers.end(0)
    await settle(lambda: handlers.begun == [0, 2, 1])
    handlers.end(1, 2)
    await settle(lambda: made.in_hand == 0)


async def test_an_offset_passes_no_record_that_is_not_done() -> None:
    handlers = Handlers()
    made = lanes(4, handlers)
    for each in (record(7, b"a"), record(8, b"b"), record(9, b"c")):
        await made.take(each)
    handlers.end(8)
    await settle(lambda: made.in_hand == 2)
    assert made.news() == {PARTITION: 7}
    assert made.news() == {}, "nothing has changed since"
    handlers.end(7)
    await settle(lambda: made.in_hand == 1)
    assert made.news() == {PARTITION: 9}
    handlers.end(9)
    await settle(lambda: made.in_hand == 0)
    assert made.news() == {PARTITION: 10}


async def test_no_more_are_in_hand_than_there_is_room_for() -> None:
    handlers = Handlers()
    made = lanes(2, handlers)
    await made.take(record(0, b"a"))
    await made.take(record(1, b"b"))
    third = asyncio.create_task(made.take(record(2, b"c")))
    await settle(lambda: handlers.begun == [0, 1])
    assert not third.done()
    handlers.end(0)
    await third
    await settle(lambda: handlers.begun == [0, 1, 2])
    handlers.end(1, 2)
    await settle(lambda: made.in_hand == 0)


async def test_a_pause_begins_with_nothing_in_hand_and_lets_nothing_in() -> None:
    handlers = Handlers()
    made = lanes(3, handlers)
    await made.take(record(0))
    inside, leave = asyncio.Event(), asyncio.Event()

    async def pause() -> None:
        async with made.paused():
            inside.set()
            await leave.wait()

    pausing = asyncio.create_task(pause())
    await settle(lambda: handlers.begun == [0])
    assert not inside.is_set()
    handlers.end(0)
    await inside.wait()
    taking = asyncio.create_task(made.take(record(1)))
    await asyncio.sleep(0)
    assert not taking.done() and made.in_hand == 0
    leave.set()
    handlers.end(1)
    await asyncio.gather(pausing, taking)
    await settle(lambda: made.in_hand == 0)
    assert handlers.begun == [0, 1]


async def test_closing_gives_up_what_hangs_and_its_offset_is_not_passed() -> None:
    handlers = Handlers()
    made = lanes(2, handlers)
    await made.take(record(0, b"a"))
    await made.take(record(1, b"b"))
    await settle(lambda: handlers.begun == [0, 1])
    handlers.end(1)
    await settle(lambda: made.in_hand == 1)
    await made.close(0.01)
    assert (made.in_hand, made.news()) == (0, {PARTITION: 0})
    await made.take(record(2, b"c"))
    assert made.in_hand == 0, "what comes after the end is left to the next start"


@given(st.lists(st.sampled_from([b"a", b"b", b"c", None]), min_size=1, max_size=30), st.integers(1, 5), st.integers())
def test_each_key_keeps_its_order(keys: Sequence[bytes | None], at_once: int, seed: int) -> None:
    async def play() -> list[tuple[bytes | None, int]]:
        handled: list[tuple[bytes | None, int]] = []
        random = Random(seed)

        async def handle(each: Record) -> None:
            for _ in range(random.randrange(4)):
                await asyncio.sleep(0)
            handled.append((each.key, each.offset))

        made = Lanes(at_once, handle, lambda: None)
        for offset, key in enumerate(keys):
            await made.take(record(offset, key))
        await made.close(10)
        assert made.news() == {PARTITION: len(keys)}
        return handled

    handled = asyncio.run(play())
    assert len(handled) == len(keys)
    for key in set(keys):
        of_key = [offset for each, offset in handled if each == key]
        assert of_key == sorted(of_key)
