"""Events of periods that judging does not come to any more, as when somebody hands in a year at once.

Judging looks at the present period and at the one before. That there are events of older ones is written down before
they are stored, and forgotten when these periods have been closed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pymongo import UpdateOne

from sepakat_metrics.buckets import Delta
from sepakat_metrics.parts import Part, Version, part_at, parts_at
from sepakat_metrics.quiet import QUIET, quiet_from
from sepakat_metrics.registry import Registry
from sepakat_metrics.verdicts import LATENESS_MS
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Collection, Database

_WRITTEN_EVERY: Final = timedelta(seconds=5)
"""How often it is written down that more of the same came."""
_LOOKED_UP_EVERY: Final = timedelta(minutes=1)
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True)
class Mark:
    """An indicator has events of older periods, of `since` until `until` (ms); they came from `first` until `last`."""

    indicator: str
    since: int
    until: int
    first: datetime
    last: datetime

    def is_quiet(self, now: datetime) -> bool:
        """Whether all of them have come."""
        return to_ms(now) >= quiet_from(to_ms(self.first), to_ms(self.last))


class Late:
    def __init__(self, db: Database, registry: Registry, clock: Clock) -> None:
        self._marks: Collection = db["late"]
        self._registry = registry
        self._clock = clock
        self._written: dict[str, Mark] = {}
        self._reaches: dict[str, tuple[datetime, int]] = {}
        """By indicator: until when it was looked up, and from when on (ms) judging comes to all of its periods."""

    async def note(self, deltas: Mapping[str, Delta]) -> None:
        """Write down those that reach further back than judging does."""
        now = self._clock.now()
        open_since = to_ms(now) - LATENESS_MS
        marks = []
        for indicator, delta in deltas.items():
            span = delta.span()
            if span is not None and span[0] < open_since and span[0] < self._reach(indicator, now):
                mark = self._mark(indicator, span, now)
                known = self._written.get(indicator)
                if known is None or mark != replace(known, last=now) or now >= known.last + _WRITTEN_EVERY:
                    marks.append(mark)
        if marks:
            await self._marks.bulk_write([_update(mark) for mark in marks], ordered=False)
            self._written |= {mark.indicator: mark for mark in marks}

    def _mark(self, indicator: str, span: tuple[int, int], now: datetime) -> Mark:
        known = self._written.get(indicator)
        if known is None or now > known.last + QUIET:
            return Mark(indicator, *span, now, now)  # it was quiet meanwhile: the hour is counted anew
        return Mark(indicator, min(known.since, span[0]), max(known.until, span[1]), known.first, now)

    def _reach(self, indicator: str, now: datetime) -> int:
        looked_up, reach = self._reaches.get(indicator, (now, 0))
        if looked_up <= now:
            reach = max((before for _, _, before in self._older(indicator)), default=-(2**62))
            self._reaches[indicator] = now + _LOOKED_UP_EVERY, reach
        return reach

    async def marks(self) -> list[Mark]:
        found = await self._marks.find({}).to_list(None)
        return [Mark(each["_id"], each["since"], each["until"], each["first"], each["last"]) for each in found]

    async def forget(self, mark: Mark) -> None:
        """Its periods are closed; what came meanwhile stays written down."""
        span = {"since": mark.since, "until": mark.until}
        await self._marks.delete_one({"_id": mark.indicator, **span, "last": mark.last})
        self._written.pop(mark.indicator, None)

    def periods(self, mark: Mark) -> Iterator[Part]:
        """The calendar periods of the indicator's objectives that its events are of, and that judging does not come
        to: of the periods after these, events may come yet.
        """
        for versions, objective, before in self._older(mark.indicator):
            yield from _periods(versions, objective, mark, before)

    def _older(self, indicator: str) -> Iterator[tuple[Sequence[Version], str, int]]:
        """The objectives with periods that judging does not come to: those that begin before that instant (ms)."""
        now = to_ms(self._clock.now())
        for agreement, objective in self._registry.serves(indicator):
            versions = self._registry.agreements[agreement]
            _, before = parts_at(versions, objective, now)
            if before is not None and before.objective.window.calendar is not None:
                yield versions, objective, before.period[0]


def _update(mark: Mark) -> UpdateOne:
    changes = {"$min": {"since": mark.since}, "$max": {"until": mark.until}}
    return UpdateOne(
        {"_id": mark.indicator}, {**changes, "$set": {"first": mark.first, "last": mark.last}}, upsert=True
    )


def _periods(versions: Sequence[Version], objective: str, mark: Mark, before: int) -> Iterator[Part]:
    at = max(mark.since, versions[0].starts)
    while at < before and at <= mark.until:
        part = part_at(versions, objective, at)
        if part is None or part.objective.window.calendar is None:
            at += _DAY_MS  # a version without it, or by a rolling window
            continue
        if part.objective.indicator == mark.indicator:
            yield part
        at = part.period[1]
