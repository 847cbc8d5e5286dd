"""All that was ever told of one indicator's state, in order and small: most of it says once more what was said before.

Nothing may be left out. What comes late and contradicts a repeat goes before or after it by source and id, and holds
until the next repeat. So every transition is kept, but a page of them at a time, by columns and compressed; only the
newest lie open, and the page that something late was put into last.
"""

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from sys import intern
from typing import Any

import msgspec

from sepakat_metrics.buckets import Transition, order

_PAGE = 64
_FASTEST = 1


class Transitions:
    """A sorted set of transitions. A packed one takes about five bytes, and what its id cannot be compressed below."""

    def __init__(self) -> None:
        self._pages: list[bytes] = []
        self._begins = array("q")
        """The first instant of each page."""
        self._newest: list[Transition] = []
        """What comes after all pages; never empty where there is a page."""
        self._opened: tuple[int, list[Transition]] | None = None
        """The page that something late was put into, by its place among the pages; not packed again yet."""

    @property
    def last(self) -> Transition | None:
        return self._newest[-1] if self._newest else None

    def __iter__(self) -> Iterator[Transition]:
        for i in range(len(self._pages)):
            yield from self._read(i)
        yield from self._newest

    def append(self, transition: Transition) -> None:
        """Add one that comes after all others."""
        self._newest.append(transition)
        self._pack_newest()

    def insert(self, transition: Transition) -> tuple[Transition | None, Transition] | None:
        """Put one in its place before the last. Returns those before and after it; None where it is there already."""
        i = self._place(transition)
        page = self._read(i)
        j = bisect_left(page, order(transition), key=order)
        if j < len(page) and order(page[j]) == order(transition):
            return None
        before = page[j - 1] if j else None
        after = page[j] if j < len(page) else self._read(i + 1)[0]
        if i == len(self._pages):
            self._newest.insert(j, transition)
            self._pack_newest()
        else:
            self._insert_into_page(i, j, transition)
        return before, after

    def _place(self, transition: Transition) -> int:
        """The page that holds the last transition before this one, or the first page; after all pages: the newest."""
        if not self._pages or order(transition) >= order(self._newest[0]):
            return len(self._pages)
        i = max(0, bisect_right(self._begins, transition[0]) - 1)
        # A page may begin in the middle of an instant.
        while i > 0 and self._begins[i] == transition[0] and order(transition) < order(self._read(i)[0]):
            i -= 1
        return i

    def _read(self, i: int) -> Sequence[Transition]:
        if i == len(self._pages):
            return self._newest
        if self._opened is not None and self._opened[0] == i:
            return self._opened[1]
        return _unpacked(self._pages[i])

    def _insert_into_page(self, i: int, j: int, transition: Transition) -> None:
        page = self._open(i)
        page.insert(j, transition)
        self._begins[i] = page[0][0]
        if len(page) >= 2 * _PAGE:
            self._pages[i] = _packed(page[:_PAGE])
            self._pages.insert(i + 1, b"")
            self._begins.insert(i + 1, page[_PAGE][0])
            self._opened = i + 1, page[_PAGE:]

    def _open(self, i: int) -> list[Transition]:
        """What is late comes rarely alone: its page stays open until another one is needed."""
        if self._opened is None or self._opened[0] != i:
            if self._opened is not None:
                self._pages[self._opened[0]] = _packed(self._opened[1])
            self._opened = i, _unpacked(self._pages[i])
        return self._opened[1]

    def _pack_newest(self) -> None:
        if len(self._newest) >= 2 * _PAGE:
            self._begins.append(self._newest[0][0])
            self._pages.append(_packed(self._newest[:_PAGE]))
            del self._newest[:_PAGE]


def _packed(page: Sequence[Transition]) -> bytes:
    at, *columns = zip(*page, strict=True)
    steps = [at[0], *(following - each for each, following in pairwise(at))]
    return zlib.compress(msgspec.msgpack.encode([steps, *map(_column, columns)]), _FASTEST)


def _column(values: Sequence[Any]) -> Sequence[Any]:
    """Mostly the same value all over: then once."""
    return values if any(each != values[0] for each in values) else values[:1]


def _unpacked(page: bytes) -> list[Transition]:
    steps, *columns = msgspec.msgpack.decode(zlib.decompress(page))
    sources, ids, states, weights = (each if len(each) > 1 else each * len(steps) for each in columns)
    return list(zip(accumulate(steps), map(intern, sources), ids, map(intern, states), weights, strict=True))
