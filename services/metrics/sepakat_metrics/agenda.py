"""When each indicator is to be judged next, the soonest first. Pure."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime

Entry = tuple[datetime, str]
"""An instant, and the indicator that is due then."""


class Agenda:
    """Of each indicator the entry that was made last counts; earlier ones are passed over when their time comes."""

    def __init__(self) -> None:
        self._due: dict[str, datetime] = {}
        self._queue: list[Entry] = []

    def put(self, indicator: str, when: datetime) -> None:
        self._due[indicator] = when
        heapq.heappush(self._queue, (when, indicator))

    def put_back(self, entries: Iterable[Entry]) -> None:
        """What was taken and there was no time for."""
        for entry in entries:
            heapq.heappush(self._queue, entry)

    def soonest(self) -> datetime | None:
        """When to look again at the latest."""
        return self._queue[0][0] if self._queue else None

    def take(self, now: datetime, at_most: int, is_mine: Callable[[str], bool]) -> deque[Entry]:
        """Some of those that are due. Others' are dropped: whoever is given them finds all of them due."""
        due: deque[Entry] = deque()
        while self._queue and self._queue[0][0] <= now and len(due) < at_most:
            when, indicator = heapq.heappop(self._queue)
            if self._due.get(indicator) == when and is_mine(indicator):
                due.append((when, indicator))
        return due
