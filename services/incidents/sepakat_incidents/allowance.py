"""So many in an hour, and no more: what keeps a public form from being a way to flood people. Pure but for its memory.

Each instance counts for itself, and from zero when it starts: a limit is there to bound harm, not to be exact.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)
_REMEMBERED = 10_000


class Allowance:
    """Counts what happened within the last hour, by key; keys that were not heard of for longest are forgotten."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()

    def take(self, key: str, most: int, now: datetime) -> timedelta | None:
        """Take one of `most` an hour. None when there was one left; else how long until there is."""
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while times and times[0] <= now - _HOUR:
            times.popleft()
        if len(times) >= most:
            return times[0] + _HOUR - now if times else _HOUR
        times.append(now)
        if len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)
        return None
