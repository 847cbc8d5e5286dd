"""Measurements of one indicator by minute: sums over any minutes at the cost of their logarithm, and bins of any span.

Only the minute that something was added to last lies open; the others are packed. A minute takes about 130 bytes, four
for each bin and sixteen for each threshold that is asked for; a day some kilobytes besides, for the bins of all of it.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from sepakat_metrics.buckets import DAY_MINUTES, Measured

_HOUR: Final = 60
_decoder = msgspec.msgpack.Decoder()


class Measurements:
    """Counts, sums and comparisons with thresholds as running sums; bins by minute, hour and day."""

    def __init__(self) -> None:
        self._at = array("q")
        self._packed: list[bytes] = []
        self._opened: tuple[int, Measured] | None = None
        """The minute that was added to last, by its place; its packed bytes are of before."""
        self._hours: dict[int, bytes] = {}
        """The bins of whole hours, kept when they are first asked for."""
        self._days: dict[int, dict[int, int]] = {}
        self._count = array("q", [0])
        self._sum = [0]
        self._under: dict[int, tuple[array[int], array[int]]] = {}
        """By threshold: how many were compared with it, and how many of those are at or under it."""

    def __bool__(self) -> bool:
        return bool(self._at)

    @property
    def last(self) -> int | None:
        """The newest minute."""
        return self._at[-1] if self._at else None

    def merge(self, minute: int, measured: Measured) -> None:
        i = bisect_left(self._at, minute)
        if i == len(self._at) or self._at[i] != minute:
            self._close()
            self._at.insert(i, minute)
            self._packed.insert(i, _packed(Measured()))
        self._open(i).merge(measured)
        self._hours.pop(minute // _HOUR, None)
        _add(self._days.setdefault(minute // DAY_MINUTES, {}), measured.bins)
        self._cut(i)

    def sum(self, first: int, end: int) -> tuple[int, int, int]:
        """How many there are, their sum, and the minutes with any, over minutes `[first, end)`."""
        for i in range(len(self._count) - 1, len(self._at)):
            minute = self._minute(i)
            self._count.append(self._count[-1] + minute.count)
            self._sum.append(self._sum[-1] + minute.sum)
        i, j = bisect_left(self._at, first), bisect_left(self._at, end)
        return self._count[j] - self._count[i], self._sum[j] - self._sum[i], j - i

    def minutes(self, first: int, end: int) -> Iterator[int]:
        """Each minute of `[first, end)` with any."""
        yield from self._at[bisect_left(self._at, first) : bisect_left(self._at, end)]

    def under(self, threshold: int, first: int, end: int) -> tuple[int, int]:
        """How many were compared with `threshold` as they came, and how many of those are at or under it."""
        compared, under = self._under.setdefault(threshold, (array("q", [0]), array("q", [0])))
        for i in range(len(compared) - 1, len(self._at)):
            more = self._minute(i).under.get(threshold, (0, 0))
            compared.append(compared[-1] + more[0])
            under.append(under[-1] + more[1])
        i, j = bisect_left(self._at, first), bisect_left(self._at, end)
        return compared[j] - compared[i], under[j] - under[i]

    def bins(self, first: int, end: int) -> dict[int, int]:
        """How many there are in each bin, over minutes `[first, end)`: by whole days, whole hours, and minutes."""
        found: dict[int, int] = {}
        self._gather(found, first, end, (DAY_MINUTES, _HOUR))
        return found

    def _gather(self, into: dict[int, int], first: int, end: int, widths: tuple[int, ...]) -> None:
        if not widths:
            for i in range(bisect_left(self._at, first), bisect_left(self._at, end)):
                _add(into, self._minute(i).bins)
            return
        width, *finer = widths
        whole = range(-(-first // width), end // width)
        if not whole:
            self._gather(into, first, end, tuple(finer))
            return
        self._gather(into, first, whole.start * width, tuple(finer))
        for part in whole:
            _add(into, self._days.get(part, {}) if width == DAY_MINUTES else self._hour(part))
        self._gather(into, whole.stop * width, end, tuple(finer))

    def _hour(self, hour: int) -> Mapping[int, int]:
        kept = self._hours.get(hour)
        if kept is None:
            found: dict[int, int] = {}
            self._gather(found, hour * _HOUR, (hour + 1) * _HOUR, ())
            kept = self._hours[hour] = msgspec.msgpack.encode(found)
        bins: dict[int, int] = _decoder.decode(kept)
        return bins

    # -- minutes ------------------------------------------------------------------------------------------------------

    def _minute(self, i: int) -> Measured:
        if self._opened is not None and self._opened[0] == i:
            return self._opened[1]
        return _unpacked(self._packed[i])

    def _open(self, i: int) -> Measured:
        if self._opened is None or self._opened[0] != i:
            self._close()
            self._opened = i, _unpacked(self._packed[i])
        return self._opened[1]

    def _close(self) -> None:
        if self._opened is not None:
            self._packed[self._opened[0]] = _packed(self._opened[1])
            self._opened = None

    def _cut(self, i: int) -> None:
        """Sums behind the `i`-th minute are to be added anew."""
        del self._count[i + 1 :], self._sum[i + 1 :]
        for compared, under in self._under.values():
            del compared[i + 1 :], under[i + 1 :]


def _add(into: dict[int, int], bins: Mapping[int, int]) -> None:
    for bin, n in bins.items():
        into[bin] = into.get(bin, 0) + n


def _packed(minute: Measured) -> bytes:
    # Sums and thresholds may have more than 64 bits.
    under = [(str(threshold), *each) for threshold, each in minute.under.items()]
    return msgspec.msgpack.encode((minute.count, str(minute.sum), minute.bins, under))


def _unpacked(packed: bytes) -> Measured:
    count, total, bins, under = _decoder.decode(packed)
    return Measured(
        count, int(total), bins, {int(threshold): (compared, at_most) for threshold, compared, at_most in under}
    )
