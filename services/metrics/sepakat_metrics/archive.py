"""Reading what is stored of an indicator: its days, and the checkpoints that are not folded into them yet."""

from collections.abc import Iterable
from typing import Any

from pymongo import DESCENDING

from sepakat_metrics.buckets import DAY_MINUTES, MINUTE_MS, Delta
from sepakat_metrics.checkpoints import unpacked
from sepakat_metrics.history import History
from sepakat_shared.mongo import Collection, Database, Document

_DAY_MS = DAY_MINUTES * MINUTE_MS
_FIRST, _LAST = "000000", "999999"


class Archive:
    """Whoever asks, whichever instance counts the indicator's events now."""

    def __init__(self, db: Database) -> None:
        self._checkpoints: Collection = db["checkpoints"]
        self._days: Collection = db["days"]

    async def history(self, indicator: str, since: int | None = None, until: int | None = None) -> History:
        """What is stored of `[since, until)` (ms; None: everything), by whole days, with the state that held before."""
        days = await self.days(indicator, since, until)
        return History.from_days(days[day].to_document() for day in sorted(days))

    async def days(self, indicator: str, since: int | None = None, until: int | None = None) -> dict[str, Delta]:
        """The same by UTC day (days since 1970, as text)."""
        # Checkpoints before days: one that is folded in between is then seen in its day, by the offset it is folded to.
        waiting = (
            await self._checkpoints.find({"folded": False}, {"ids": 0})
            .sort([("partition", 1), ("end", 1)])
            .to_list(None)
        )
        first = _FIRST if since is None else _day(since)
        last = _LAST if until is None else _day(until - 1)
        stored = await self._days.find({"indicator": indicator, "day": {"$gte": first, "$lte": last}}).to_list(None)
        stored += await self._days.find({"indicator": indicator, "day": {"$lt": first}}).sort(
            "day", DESCENDING
        ).limit(1).to_list(None)  # fmt: skip
        found = {each["day"]: Delta.from_document(unpacked(each["data"])) for each in stored}
        folded = {each["day"]: _folded(each) for each in stored}
        for checkpoint in waiting:
            for day, part in _of(checkpoint, indicator):
                known = folded.get(day, {}).get(checkpoint["partition"], -1)
                if checkpoint["end"] > known and day <= last:
                    found.setdefault(day, Delta()).merge(part)
        return found


def _day(at: int) -> str:
    return f"{at // _DAY_MS:06d}"


def _folded(day: Document) -> dict[str, int]:
    return {each["partition"]: each["end"] for each in day["folded"]}


def _of(checkpoint: Document, indicator: str) -> Iterable[tuple[str, Any]]:
    deltas = unpacked(checkpoint["deltas"]) if checkpoint["deltas"] else {}
    return Delta.from_document(deltas[indicator]).by_day().items() if indicator in deltas else ()
