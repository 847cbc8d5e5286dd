"""Every alert in a document of its own, so that each is counted once however often it is sent.

A line's state holds no list of them. That a document with this id is new is what decides. A tally is added up beside
them, and counted anew from the documents at each mark, with each repeat (a crash may have come in between, and then the
sender repeats itself) and at the end. They are forgotten when nothing was heard of them for a month; the tally stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pymongo import ASCENDING, DESCENDING, ReturnDocument

from sepakat_incidents.alerts import Alert
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.expiry import forget_old
from sepakat_shared.mongo import Collection, Database, Document, insert_new

_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class Tally:
    """How many alerts an incident has: different ones, and how often any of them was received firing.

    `truncated` is the most that the sender has said it left out of one message.
    """

    count: int = 0
    received: int = 0
    truncated: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.count + other.count, self.received + other.received, max(self.truncated, other.truncated)
        )  # fmt: skip


def alert_id(line: str, alert: Alert) -> str:
    return f"{line}/{alert.fingerprint}/{rfc3339(alert.started_at)}"


class AlertStore:
    def __init__(self, db: Database) -> None:
        self._alerts: Collection = db["alerts"]
        self._tallies: Collection = db["alert_tallies"]

    async def create_indexes(self) -> None:
        await self._alerts.create_index([("incident", ASCENDING), ("ended_at", DESCENDING)])
        await self._alerts.create_index([("incident", ASCENDING), ("started_at", ASCENDING)])
        await self._alerts.create_index("at")

    async def forget(self, clock: Clock) -> None:
        """Drop what nothing was heard of for long, until cancelled."""
        await forget_old(self._alerts, _KEPT, clock)

    async def known(self, line: str, alerts: Iterable[Alert]) -> Mapping[str, str | None]:
        """Of those that are there already, by id, the incident that they count for."""
        found = self._alerts.find({"_id": {"$in": [alert_id(line, each) for each in alerts]}}, {"incident": 1})
        return {each["_id"]: each["incident"] for each in await found.to_list(None)}

    async def add(self, line: str, incident: str | None, alerts: Sequence[Alert], now: datetime) -> int:
        """Keep new ones; one that is there already stays as it is. Returns how many were new."""
        documents: list[Document] = [
            {"_id": alert_id(line, each), "incident": incident, "started_at": each.started_at,
             "ended_at": each.ended_at, "at": now}
            for each in alerts
        ]  # fmt: skip
        return await insert_new(self._alerts, documents)

    async def heard(self, ids: Sequence[str], now: datetime) -> None:
        """They are firing still."""
        await self._alerts.update_many({"_id": {"$in": list(ids)}}, {"$set": {"at": now}})

    async def end(self, ids: Sequence[str], ended_at: datetime, now: datetime) -> None:
        """They are firing no longer: the last of them ended at `ended_at`."""
        await self._alerts.update_many(
            {"_id": {"$in": list(ids)}, "ended_at": None}, {"$set": {"ended_at": ended_at, "at": now}}
        )

    async def move(self, incident: str, to: str) -> None:
        """What still fires of an incident counts for another one."""
        await self._alerts.update_many({"incident": incident, "ended_at": None}, {"$set": {"incident": to}})

    async def is_firing(self, incident: str) -> bool:
        return await self._alerts.find_one({"incident": incident, "ended_at": None}) is not None

    async def last_end(self, incident: str) -> datetime | None:
        found = await self._alerts.find_one(
            {"incident": incident, "ended_at": {"$ne": None}}, sort=[("ended_at", DESCENDING)]
        )
        return None if found is None else found["ended_at"]

    async def first_start(self, incident: str) -> datetime | None:
        found = await self._alerts.find_one({"incident": incident}, sort=[("started_at", ASCENDING)])
        return None if found is None else found["started_at"]

    # -- numbers ------------------------------------------------------------------------------------------------------

    async def tally_up(self, incident: str, new: int, received: int, truncated: int) -> int:
        """Add up: so many are new, so many came. Returns how many there are, but for what a crash left out."""
        found = await self._tallies.find_one_and_update(
            {"_id": incident},
            {"$inc": {"count": new, "received": received}, "$max": {"truncated": truncated}},
            upsert=True, return_document=ReturnDocument.AFTER,
        )  # fmt: skip
        return 0 if found is None else int(found["count"])

    async def recount(self, incident: str) -> int:
        """How many alerts an incident has, by the documents; the tally says so from then on."""
        count = await self._alerts.count_documents({"incident": incident})
        await self._tallies.update_one(
            {"_id": incident},
            {"$set": {"count": count}, "$setOnInsert": {"received": count, "truncated": 0}},
            upsert=True,
        )
        return count

    async def tallies(self, incidents: Iterable[str]) -> dict[str, Tally]:
        """By incident; those without alerts are left out."""
        found = self._tallies.find({"_id": {"$in": list(incidents)}})
        return {
            each["_id"]: Tally(each["count"], each["received"], each["truncated"]) for each in await found.to_list(None)
        }
