"""Obligations in the database: what is owed when, found by agreement, party and time; and what begins next."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from pymongo import ASCENDING

from sepakat_agreements import duties, obligation_facts, roster
from sepakat_agreements import occurrence as domain
from sepakat_agreements.agreement import Agreement
from sepakat_agreements.agreement import Status as Standing
from sepakat_agreements.duties import Happened
from sepakat_agreements.occurrence import Occurrence
from sepakat_agreements.roster import Roster
from sepakat_agreements.schedule import Slot
from sepakat_agreements.store import Agreements
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.errors import Conflict, NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Document


def _fields(occurrence: Occurrence) -> Mapping[str, Any]:
    return {
        "parties": list(occurrence.duty.parties), "agreement": occurrence.duty.agreement,
        "obligation": occurrence.duty.obligation, "about": occurrence.occasion.about,
        "status": occurrence.status.value, "is_open": occurrence.is_open, "owed_at": occurrence.due_at,
        "due_at": domain.next_at(occurrence),
    }  # fmt: skip


OCCURRENCE: Kind[Occurrence, domain.Event] = Kind(
    "obligation_occurrence", Occurrence, domain.EVENTS, domain.apply, _fields, obligation_facts.of_occurrence
)
ROSTER: Kind[Roster, roster.Event] = Kind(
    "obligation_roster", Roster, roster.EVENTS, roster.apply, lambda each: {"due_at": roster.next_at(each)},
    lambda _event, _roster: [],
)  # fmt: skip

Decide = Callable[[Occurrence, datetime], Sequence[domain.Event]]


class Obligations:
    """What is owed under all agreements; every reading is narrowed to that of the principal."""

    def __init__(self, commits: Commits, agreements: Agreements) -> None:
        self.all = Aggregates(commits, OCCURRENCE)
        self.rosters = Aggregates(commits, ROSTER)
        self._agreements = agreements
        self._commits = commits

    @property
    def clock(self) -> Clock:
        return self._commits.clock

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("_id", ASCENDING)])
        await self.all.states.create_index([("agreement", ASCENDING), ("is_open", ASCENDING)])

    async def adopt(self) -> None:
        """Where nobody has kept rosters before: go by every agreement in force, from now on and not from then."""
        if await self.rosters.states.find_one({}) is not None:
            return
        now = self.clock.now()
        found = await self._agreements.all.states.find({"status": Standing.ACTIVE.value}).to_list(None)
        states = [self._agreements.all.read(each).state for each in found]
        await self.rosters.execute_many({each.id: _assigning(each, now) for each in states}, by="agreements")

    # -- reading ------------------------------------------------------------------------------------------------------

    async def visible(self, id: str, asking: Principal) -> Loaded[Occurrence]:
        """Raises NotFound also for what is between others."""
        loaded = await self.all.find(id)
        if loaded is None or not asking.sees(loaded.state.duty.parties):
            raise NotFound(f"there is no occurrence {id!r} of an obligation of yours")
        return loaded

    async def page(
        self, asking: Principal, wanted: Mapping[str, str], after: str | None, limit: int
    ) -> list[Occurrence]:
        """By id. `wanted` are fields of the state documents with their values."""
        query: Document = {**wanted} if after is None else {**wanted, "_id": {"$gt": after}}
        found = self.all.states.find(asking.restrict(query)).sort("_id", ASCENDING).limit(limit)
        return [self.all.read(each).state for each in await found.to_list(None)]

    async def due_within(self, agreement: str, since: datetime, until: datetime) -> list[Occurrence]:
        """What was to be met in `(since, until]`."""
        query = {"agreement": agreement, "owed_at": {"$gt": since, "$lte": until}}
        return [self.all.read(each).state for each in await self.all.states.find(query).to_list(None)]

    async def history(self, id: str) -> list[dict[str, Any]]:
        """Everything that was decided of it, in order: from the commits, so nothing can be taken out of it."""
        return [
            {"at": commit["at"], "by": commit["by"], "what": event["type"], **_told(event)}
            for commit in await self._commits.of(OCCURRENCE.key(id))
            for event in commit["events"]
        ]

    # -- changing -----------------------------------------------------------------------------------------------------

    async def change(
        self, id: str, decide: Decide, by: str, expected_version: int | None = None
    ) -> Loaded[Occurrence]:  # fmt: skip
        """Raises NotFound, Stale when `expected_version` is not the present one, and whatever `decide` raises."""

        def on_known(occurrence: Occurrence | None, now: datetime) -> Sequence[domain.Event]:
            if occurrence is None:
                raise NotFound(f"there is no occurrence {id!r}")
            return decide(occurrence, now)

        await self.all.execute(id, on_known, by=by, expected_version=expected_version)
        return await self.all.get(id)

    async def request(
        self, agreement: Agreement, obligation: str, party: str, about: str | None, note: str | None, by: str
    ) -> Occurrence:
        """Ask for what is due on request; while that is open, to ask again for the same changes nothing.

        Otherwise one party could make the other miss as often as it asks. Raises NotFound, Forbidden or Conflict.
        """
        if agreement.status is not Standing.ACTIVE:
            raise Conflict(f"this agreement is {agreement.status.value}; nothing is owed under it")
        query = {"agreement": agreement.id, "obligation": obligation, "about": about}
        known = [self.all.read(each).state for each in await self.all.states.find(query).to_list(None)]
        before = next((each.id for each in known if each.is_open), None)
        asked = await self.all.find(before) if before is not None else None
        number = len(known)
        while True:
            # Numbered, and not random: of two that ask at the same time, one finds what the other has begun.
            begun = duties.by_request(agreement, obligation, number, party, about, note, by, self.clock.now())
            asked = asked or await self.all.find(begun.id)
            if asked is None:
                await self.begin(begun, by)
                return (await self.all.get(begun.id)).state
            if asked.state.is_open:
                return asked.state
            asked, number = None, number + 1

    async def begin(self, begun: Occurrence, by: str, cause: Envelope | None = None) -> None:
        await self.all.execute(
            begun.id, lambda known, now: domain.begin(known, begun, now), by=by, cause=cause, new=True
        )  # fmt: skip

    async def on_event(self, agreement: str, happened: Happened, cause: Envelope) -> None:
        """Begin what the text that was in force then makes due because of it."""
        loaded = await self._agreements.all.find(agreement)
        version = loaded.state.as_of(happened.at) if loaded else None
        for begun in duties.by_event(version, happened) if version else ():
            await self.begin(begun, cause.source, cause)

    async def retract(self, agreement: str, happened: Happened, cause: Envelope) -> None:
        """What it has made due is owed no more, by whichever version that was: another may be in force by now."""
        loaded = await self._agreements.all.find(agreement)
        versions = loaded.state.versions if loaded else ()
        for id in {begun.id for version in versions for begun in duties.by_event(version, happened)}:
            await self.all.execute(
                id, lambda known, now: domain.void(known, "retracted", now), by=cause.source, cause=cause
            )

    # -- by the calendar ----------------------------------------------------------------------------------------------

    async def assign(self, agreement: str, cause: Envelope) -> None:
        """Go by the agreement as it stands now; where it has ended, what was due later is owed no more."""
        loaded = await self._agreements.all.find(agreement)
        if loaded is None:
            return
        state = loaded.state
        await self.rosters.execute(agreement, _assigning(state), by=cause.source, cause=cause)
        if state.ended_at is not None:
            await self._end(agreement, state.ended_at)

    async def _end(self, agreement: str, at: datetime) -> None:
        query = {"agreement": agreement, "is_open": True, "owed_at": {"$gt": at}}
        ids = [each["_id"] for each in await self.all.states.find(query, {"_id": 1}).to_list(None)]
        await self.all.execute_many(dict.fromkeys(ids, _ended), by="timer")

    async def fire(self, due: Sequence[Document]) -> None:
        """Tell what is due of these occurrences (their documents)."""
        read = [self.all.read(each) for each in due]
        await self.all.execute_many({each.id: domain.fire for each in read}, by="timer", read=read)

    async def advance(self, due: Sequence[Document]) -> None:
        """Begin the intervals that are there, of these rosters (their documents).

        What is begun is on record before the roster goes on: after a crash between the two it is found begun.
        """
        for each in [self.rosters.read(document) for document in due]:
            agreement = (await self._agreements.all.get(each.id)).state
            version = agreement.get(each.state.version) or agreement
            begun = roster.pending(each.state, self.clock.now())
            occurrences: dict[str, Occurrence] = {}
            for obligation, slot in begun:
                occurrence = duties.by_calendar(version, obligation, slot)
                occurrences.setdefault(occurrence.id, occurrence)
            await self.all.execute_many({id: _beginning(one) for id, one in occurrences.items()}, by="timer")
            await self.rosters.execute(each.id, _advancing(begun), by="timer")


def _assigning(
    agreement: Agreement, since: datetime | None = None
) -> Callable[[Roster | None, datetime], Sequence[roster.Event]]:
    return lambda known, _now: roster.assign(known, agreement, since)


def _beginning(begun: Occurrence) -> Callable[[Occurrence | None, datetime], Sequence[domain.Event]]:
    return lambda known, now: domain.begin(known, begun, now)


def _advancing(begun: Sequence[tuple[str, Slot]]) -> Callable[[Roster | None, datetime], Sequence[roster.Event]]:
    return lambda known, _now: roster.advance(known, begun)


def _ended(occurrence: Occurrence | None, now: datetime) -> Sequence[domain.Event]:
    return domain.void(occurrence, "ended", now)


def _told(event: Mapping[str, Any]) -> dict[str, Any]:
    data = msgspec.to_builtins(event["data"])
    if event["type"] == "Begun":
        begun = data["occurrence"]
        return {"due_at": begun["due_at"], "occasion": begun["occasion"]["kind"]}
    return {name: value for name, value in data.items() if name not in ("by", "at") and value is not None}
