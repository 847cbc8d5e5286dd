"""How many attempts are under way at once. One that takes long gives its place to others: waiting costs nothing."""

import asyncio
from collections.abc import Callable

_LONG_SECONDS = 1.0
_MOST_LONG = 2_000
"""Attempts beyond their first second; each is a connection that is open."""


class Places:
    """`most` attempts in their first second; `freed` is called when there is room for another."""

    def __init__(self, most: int, freed: Callable[[], None]) -> None:
        self.taken = 0
        self.long = 0
        self._most = most
        self._freed = freed

    @property
    def free(self) -> bool:
        return self.taken < self._most

    def take(self) -> "Place":
        """A place that is counted in `taken` already."""
        return Place(self, self._freed)


class Place:
    def __init__(self, places: Places, freed: Callable[[], None]) -> None:
        self._places = places
        self._freed = freed
        self._is_long = False
        self._timer = asyncio.get_running_loop().call_later(_LONG_SECONDS, self._takes_long)

    def _takes_long(self) -> None:
        if self._places.long < _MOST_LONG:
            self._is_long = True
            self._places.long += 1
            self._places.taken -= 1
            self._freed()

    def leave(self) -> None:
        self._timer.cancel()
        if self._is_long:
            self._places.long -= 1
        else:
            self._places.taken -= 1
