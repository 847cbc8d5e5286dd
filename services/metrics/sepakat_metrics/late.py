"""Events of periods that judging does not come to any more, as when somebody hands in a year at once.

Judging looks at the present period and at the one before. That there are events of older ones is written down before
they are stored, and forgotten when these periods have been closed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sepakat_metrics.buckets import Delta
from sepakat_metrics.parts import Part, Version, part_at, parts_at
from sepakat_metrics.registry import Registry
from sepakat_metrics.verdicts import LATENESS_MS
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Collection, Database

_QUIET: Final = timedelta(seconds=20)
_QUIET_AT_MOST: Final = timedelta(hours=1)
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True)
class Mark:
    """An indicator has events of older periods, from `since` (ms) on; they came from `first` until `last`."""

    indicator: str
    since: int
    first: datetime
    last: datetime

    def is_quiet(self, now: datetime) -> bool:
        """Whether all of them have come: with the first of many, a period would be closed for good."""
        return now >= min(self.last + _QUIET, self.first + _QUIET_AT_MOST)


class Late:
    def __init__(self, db: Database, registry: Registry, clock: Clock) -> None:
        self._marks: Collection = db["late"]
        self._registry = registry
        self._clock = clock

    async def note(self, deltas: Mapping[str, Delta]) -> None:
        """Write down those that reach further back than judging does."""
        now = self._clock.now()
        open_since = to_ms(now) - LATENESS_MS
        for indicator, delta in deltas.items():
            since = delta.earliest()
            if since is not None and since < open_since and any(self.periods(indicator, since)):
                changes = {"$min": {"since": since, "first": now}, "$max": {"last": now}}
                await self._marks.update_one({"_id": indicator}, changes, upsert=True)

    async def marks(self) -> list[Mark]:
        found = await self._marks.find({}).to_list(None)
        return [Mark(each["_id"], each["since"], each["first"], each["last"]) for each in found]

    async def forget(self, mark: Mark) -> None:
        """Its periods are closed; what came meanwhile stays written down."""
        await self._marks.delete_one({"_id": mark.indicator, "last": mark.last, "since": mark.since})

    def periods(self, indicator: str, since: int) -> Iterator[Part]:
        """The calendar periods of its objectives from `since` on, the oldest first, that judging does not come to."""
        now = to_ms(self._clock.now())
        for agreement, objective in self._registry.serves(indicator):
            versions = self._registry.agreements[agreement]
            _, before = parts_at(versions, objective, now)
            if before is not None and before.objective.window.calendar is not None:
                yield from _periods(versions, objective, indicator, since, before.period[0])


def _periods(versions: Sequence[Version], objective: str, indicator: str, since: int, until: int) -> Iterator[Part]:
    at = max(since, versions[0].starts)
    while at < until:
        part = part_at(versions, objective, at)
        if part is None or part.objective.window.calendar is None:
            at += _DAY_MS  # a version without it, or by a rolling window
            continue
        if part.objective.indicator == indicator:
            yield part
        at = part.period[1]
