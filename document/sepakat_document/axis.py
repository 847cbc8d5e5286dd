"""A time axis: which instants of it are named, by the clock on the wall of a time zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)
_STEPS: Final = tuple(
    timedelta(seconds=each)
    for each in (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
                 259_200, 432_000, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000)
)  # fmt: skip


@dataclass(frozen=True)
class Tick:
    """`opens_day` says that none before it is of its day."""

    at: datetime
    opens_day: bool


@dataclass(frozen=True)
class Axis:
    step: timedelta
    ticks: tuple[Tick, ...]

    @property
    def in_days(self) -> bool:
        return self.step >= _DAY

    @property
    def in_seconds(self) -> bool:
        return self.step < timedelta(minutes=1)


def axis(start: datetime, end: datetime, zone: ZoneInfo, most: int) -> Axis:
    """The finest round step that names `most` instants at most; of days, midnights."""
    step = next((each for each in _STEPS if (end - start) / each < most), _STEPS[-1])
    ticks: list[Tick] = []
    last: date | None = None
    for at in _instants(start, end, zone, step):
        ticks.append(Tick(at, at.date() != last))
        last = at.date()
    return Axis(step, tuple(ticks))


def _instants(start: datetime, end: datetime, zone: ZoneInfo, step: timedelta) -> Iterator[datetime]:
    """Each day by its own wall clock: a change of the clocks must not move the hours that follow."""
    day = start.astimezone(zone).date()
    while (midnight := datetime.combine(day, time(), zone)) <= end:
        if step >= _DAY:
            if midnight >= start:
                yield midnight
            day += step if midnight >= start else _DAY
            continue
        for n in range(_DAY // step):
            at = midnight + n * step  # wall time: arithmetic within a zone ignores its changes
            if start <= at <= end and at == at.astimezone(ZoneInfo("UTC")).astimezone(zone):
                yield at
        day += _DAY
