"""Who is on call: layers of participants who take turns, and overrides over them. Pure.

A turn ends when the wall clock shows the time of the handover, so a night in which the clocks change is an hour longer
or shorter. Everything is asked through `shifts`: each instant is in exactly one of them, be it one with nobody in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, islice, pairwise
from zoneinfo import ZoneInfo

from sepakat_shared.calendars import Interval, from_ms, in_hours, to_ms
from sepakat_shared.contracts import texts

_MOST_MOVED = timedelta(hours=50)
"""Twice as much as clocks were ever put forward by: a day, in Apia."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Layer:
    """As the text has it; `every_seconds` is the wall time between handovers, `first` the wall time of the first one.

    `since` is where the first turn begins: with weeks, it may be shorter than the others.
    """

    participants: tuple[str, ...]
    time_zone: str
    first: str
    since: str
    every_seconds: float
    hours: dict[str, tuple[str, ...]]

    @property
    def begins(self) -> datetime:
        """When the first turn begins."""
        return _instant(datetime.fromisoformat(self.since), ZoneInfo(self.time_zone))

    @classmethod
    def of(cls, layer: texts.Layer) -> "Layer":
        since = datetime.combine(layer.from_, time.fromisoformat(layer.at))
        first = since if layer.weekday is None else since - timedelta(days=_days_since(layer.weekday, layer.from_))
        every = layer.every if isinstance(layer.every, timedelta) else {"day": _DAY, "week": 7 * _DAY}[layer.every]
        return cls(
            layer.participants, layer.time_zone, first.isoformat(), since.isoformat(), every.total_seconds(),
            {days: tuple(hours) for days, hours in layer.hours.items()},
        )  # fmt: skip


def _days_since(weekday: str, day: date) -> int:
    return (day.weekday() - texts.DAYS.index(weekday)) % 7


@dataclass(frozen=True)
class Override:
    """`contact` is on call in `[start, end)`, whoever's turn it is."""

    id: str
    contact: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Shift:
    """`contact` is on call in `[start, end)`; None: nobody is. `override` is the id of the override that says so."""

    start: datetime
    end: datetime
    contact: str | None
    override: str | None = None


def shifts(layers: Sequence[Layer], overrides: Iterable[Override], start: datetime, end: datetime) -> list[Shift]:
    """Who is on call when, from `start` to `end` without a hole: the last override first, then the first layer.

    The outer shifts are cut off at `start` and `end`; neighbours with the same person and reason are one.
    """
    if start >= end:
        return []
    over = [Shift(each.start, each.end, each.contact, each.id) for each in overrides]
    found = [Shift(start, end, None)]
    for layer in reversed(layers):
        found = _laid_over(found, _turns(layer, start, end))
    for each in over:
        found = _laid_over(found, [each])
    return joined(found)


def on_call(layers: Sequence[Layer], overrides: Iterable[Override], at: datetime) -> str | None:
    """Who is on call at that instant, or None when it is nobody's turn."""
    return shifts(layers, overrides, at, at + timedelta(milliseconds=1))[0].contact


def _laid_over(below: Sequence[Shift], above: Sequence[Shift]) -> list[Shift]:
    """`below`, which has no hole, with `above` (in order) in front of it."""
    edges = sorted({edge for each in (*below, *above) for edge in (each.start, each.end)})
    first, last = below[0].start, below[-1].end
    laid: list[Shift] = []
    lower, upper = iter(below), iter(above)
    low, up = next(lower), next(upper, None)
    for start, end in pairwise(edge for edge in edges if first <= edge <= last):
        while low.end <= start:
            low = next(lower)
        while up is not None and up.end <= start:
            up = next(upper, None)
        shown = up if up is not None and up.start <= start else low
        laid.append(Shift(start, end, shown.contact, shown.override))
    return laid


def joined(parts: Iterable[Shift]) -> list[Shift]:
    """Neighbours with the same person and reason as one."""
    joined: list[Shift] = []
    for each in parts:
        before = joined[-1] if joined else None
        if before is not None and (before.contact, before.override) == (each.contact, each.override):
            joined[-1] = Shift(before.start, each.end, each.contact, each.override)
        else:
            joined.append(each)
    return joined


# -- turns -------------------------------------------------------------------------------------------------------------


def _turns(layer: Layer, start: datetime, end: datetime) -> list[Shift]:
    """The turns of a layer within `[start, end)`, within its hours."""
    turns = list(_every_turn(layer, start, end))
    found: list[Shift] = []
    first = 0
    for opens, closes in _open(layer, to_ms(start), to_ms(end)):
        while first < len(turns) and to_ms(turns[first].end) <= opens:
            first += 1
        for turn in islice(turns, first, None):
            if to_ms(turn.start) >= closes:
                break
            begins, ends = max(opens, to_ms(turn.start)), min(closes, to_ms(turn.end))
            if begins < ends:
                found.append(Shift(from_ms(begins), from_ms(ends), turn.contact))
    return found


def _open(layer: Layer, start: int, end: int) -> list[Interval]:
    if not layer.hours:
        return [(start, end)]
    calendar = texts.Calendar(id="layer", time_zone=layer.time_zone, weekly=dict(layer.hours))
    return in_hours(calendar, start, end)


def _every_turn(layer: Layer, start: datetime, end: datetime) -> Iterator[Shift]:
    zone, every = ZoneInfo(layer.time_zone), timedelta(seconds=layer.every_seconds)
    first, begins = datetime.fromisoformat(layer.first), layer.begins
    # Where the clocks skip a time, two handovers may fall together or change places: the later one holds.
    number = max(0, (_wall(start, zone) - _MOST_MOVED - first) // every)
    last = (_wall(end, zone) + _MOST_MOVED - first) // every
    handovers = accumulate((_instant(first + each * every, zone) for each in range(number, last + 2)), max)
    for turn, (since, until) in enumerate(pairwise(handovers), number):
        if max(since, begins) < until:
            yield Shift(max(since, begins), until, layer.participants[turn % len(layer.participants)])


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)
