"""How long is waited for the rest of what is told late: with the first of many, a period would be closed for good."""

from datetime import timedelta
from typing import Final

QUIET: Final = timedelta(seconds=20)
"""How long nothing must have come,"""
_AT_MOST: Final = timedelta(hours=1)
"""and how long that is waited for at most."""
_QUIET_MS, _AT_MOST_MS = QUIET // timedelta(milliseconds=1), _AT_MOST // timedelta(milliseconds=1)


def quiet_from(first: int, last: int) -> int:
    """From when on (ms) it is quiet, where the first came at `first` and the last at `last` (ms)."""
    return min(last + _QUIET_MS, first + _AT_MOST_MS)
