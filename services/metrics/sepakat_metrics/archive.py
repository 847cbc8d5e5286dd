"""Reading what is stored of an indicator: its days, and the checkpoints that are not folded into them yet."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, DESCENDING

from sepakat_metrics.buckets import DAY_MINUTES, Delta
from sepakat_metrics.checkpoints import is_full, unpacked
from sepakat_metrics.events import MINUTE_MS
from sepakat_metrics.history import History
from sepakat_shared.mongo import Collection, Database, Document

_DAY_MS = DAY_MINUTES * MINUTE_MS
_FIRST, _LAST = "000000", "999999"


@dataclass(frozen=True)
class Waiting:
    """A checkpoint that is not folded into days yet; unpacked once, for however many indicators."""

    partition: str
    end: int
    deltas: Mapping[str, Any]

    def of(self, indicator: str) -> Iterable[tuple[str, Delta]]:
        """What it adds to an indicator, by day."""
        found = self.deltas.get(indicator)
        return () if found is None else Delta.from_document(found).by_day().items()


def _not_in(
    folded: Mapping[str, Mapping[str, int]], waiting: Iterable[Waiting], indicator: str
) -> Iterator[tuple[str, Delta]]:
    """By day: what the checkpoints that wait add to an indicator, beyond the offsets that its days are `folded` to."""
    for checkpoint in waiting:
        for day, part in checkpoint.of(indicator):
            if checkpoint.end > folded.get(day, {}).get(checkpoint.partition, -1):
                yield day, part


class Parts:
    """Which parts of days were seen, and whether each of them was as it stayed.

    Answers come batch by batch, and each batch is as of its own time. A part is only begun when the one before it is
    full, and that one changes no more: one that was seen before it was full lacks what a later part is folded to.
    """

    def __init__(self) -> None:
        self._full: set[tuple[str, int]] = set()
        self._followed: set[tuple[str, int]] = set()

    def see(self, day: Document) -> None:
        part: int = day.get("part", 0)
        if is_full(day):
            self._full.add((day["day"], part))
        self._followed.update((day["day"], before) for before in range(part))

    @property
    def are_torn(self) -> bool:
        return not self._followed <= self._full


@dataclass(frozen=True)
class Stored:
    """What was read of an indicator, still packed: unpacking a day of measurements takes a while."""

    indicator: str
    days: Sequence[Document]
    waiting: "Sequence[Waiting]"
    """Checkpoints that may not be folded into those days yet."""
    last: str

    def unpacked(self) -> Iterator[tuple[str, Delta]]:
        """Piece by piece as (day, what it adds), the days in order first."""
        for each in self.days:
            yield each["day"], Delta.from_document(unpacked(each["data"]))
        folded: dict[str, dict[str, int]] = {}
        for each in self.days:
            _go_on(folded, each)
        yield from ((day, part) for day, part in _not_in(folded, self.waiting, self.indicator) if day <= self.last)


class Laying:
    """The history of an indicator while its days are read, none of which is kept."""

    def __init__(self, indicator: str) -> None:
        self._indicator = indicator
        self._history = History()
        self._folded: dict[str, dict[str, int]] = {}
        self._parts = Parts()

    @property
    def is_torn(self) -> bool:
        """Whether days went on in other documents while they were read: then all are to be read again."""
        return self._parts.are_torn

    def add(self, days: Iterable[Document]) -> None:
        for day in days:
            self._history.apply(Delta.from_document(unpacked(day["data"])))
            _go_on(self._folded, day)
            self._parts.see(day)

    def with_those(self, waiting: Iterable[Waiting]) -> History:
        """The history, with what is not folded into the days that were added."""
        for _, part in _not_in(self._folded, waiting, self._indicator):
            self._history.apply(part)
        return self._history


class Archive:
    """Whoever asks, whichever instance counts the indicator's events now."""

    def __init__(self, db: Database) -> None:
        self._checkpoints: Collection = db["checkpoints"]
        self._days: Collection = db["days"]

    async def history(self, indicator: str, since: int | None = None, until: int | None = None) -> History:
        """What is stored of `[since, until)` (ms; None: everything), by whole days, with the state that held before."""
        return History.of(part for _, part in (await self.stored(indicator, since, until)).unpacked())

    async def histories(self, wanted: Mapping[str, int | None], holds: Callable[[str], bool]) -> dict[str, History]:
        """The histories of many indicators, each since its own instant (ms; None: from the first day on).

        `holds` says of which the state that held before is asked for too.
        """
        waiting = await self._waiting()
        laid: dict[str, Laying] = {id: Laying(id) for id in wanted}
        by_first: dict[str, list[str]] = {}
        for id, since in wanted.items():
            by_first.setdefault(_first(since), []).append(id)
            if since is not None and holds(id):
                laid[id].add(await self._day_before(id, _first(since)))
        for first, ids in by_first.items():
            # One query for all: hundreds at a time are what takes longest at a start.
            async for day in self._days.find({"indicator": {"$in": ids}, "day": {"$gte": first}}):
                laid[day["indicator"]].add([day])
        for id in [id for id, each in laid.items() if each.is_torn]:
            # With the state that held before, also where nobody asked for it: that changes nothing of what was later.
            laid[id] = Laying(id)
            laid[id].add((await self.stored(id, wanted[id])).days)
        return {id: each.with_those(waiting) for id, each in laid.items()}

    async def days(self, indicator: str, since: int | None = None, until: int | None = None) -> dict[str, Delta]:
        """The same by UTC day (days since 1970, as text)."""
        found: dict[str, Delta] = {}
        for day, part in (await self.stored(indicator, since, until)).unpacked():
            if day in found:
                found[day].merge(part)
            else:
                found[day] = part
        return found

    async def stored(self, indicator: str, since: int | None = None, until: int | None = None) -> Stored:
        """The same as it lies in the database."""
        waiting, first = await self._waiting(), _first(since)
        last = _LAST if until is None else _day(until - 1)
        days = await self._whole({"indicator": indicator, "day": {"$gte": first, "$lte": last}})
        if since is not None:
            days += await self._day_before(indicator, first)
        return Stored(indicator, sorted(days, key=lambda each: str(each["day"])), waiting, last)

    async def _waiting(self) -> list[Waiting]:
        """The checkpoints that are not folded. Ask for them before the days: one that is folded in between is then
        seen in its days, by the offset that they are folded to."""
        found = self._checkpoints.find({"folded": False}, {"ids": 0})
        return [
            Waiting(each["partition"], each["end"], unpacked(each["deltas"]))
            for each in await found.sort([("partition", ASCENDING), ("end", ASCENDING)]).to_list(None)
            if each["deltas"]
        ]

    async def _day_before(self, indicator: str, first: str) -> list[Document]:
        """The last day before `first` that anything is known of."""
        before = self._days.find({"indicator": indicator, "day": {"$lt": first}})
        last = await before.sort("day", DESCENDING).limit(1).to_list(None)
        if not last or not (last[0].get("part", 0) or is_full(last[0])):
            return last
        return await self._whole({"indicator": indicator, "day": last[0]["day"]})

    async def _whole(self, wanted: Document) -> list[Document]:
        """All parts of these days, as of one time or as if they were."""
        while True:
            days = await self._days.find(wanted).to_list(None)
            parts = Parts()
            for day in days:
                parts.see(day)
            if not parts.are_torn:
                return days


def _first(since: int | None) -> str:
    return _FIRST if since is None else _day(since)


def _day(at: int) -> str:
    return f"{at // _DAY_MS:06d}"


def _go_on(folded: dict[str, dict[str, int]], day: Document) -> None:
    """Note up to which offsets a day, or a part of one, is folded: of several parts, the last one counts."""
    known = folded.setdefault(day["day"], {})
    for each in day["folded"]:
        known[each["partition"]] = max(each["end"], known.get(each["partition"], -1))
