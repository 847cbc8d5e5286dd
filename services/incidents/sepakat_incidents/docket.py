"""Disputes in the database: found, changed, and raised about what there is to dispute."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING

from sepakat_incidents import settling
from sepakat_incidents.dispute import EVENTS, About, Dispute, Event, Statement, Subject, apply
from sepakat_incidents.dispute_facts import of_dispute
from sepakat_incidents.procedure import Procedure, deadline
from sepakat_incidents.remedy import Remedy
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Conflict, Forbidden, NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Document


def _fields(dispute: Dispute) -> Mapping[str, Any]:
    about = dispute.about
    return {
        "parties": [about.provider, about.customer],
        "agreement": about.agreement,
        "status": dispute.status.value,
        "raised_at": dispute.raised_at,
        "due_at": dispute.due_at,
    }


DISPUTE: Kind[Dispute, Event] = Kind("dispute", Dispute, EVENTS, apply, _fields, of_dispute)


@dataclass(frozen=True)
class Matter:
    """Something that may be disputed, by which procedure, and what was told of it: None where nothing was measured.

    `told_at` and `told_by` are of its last figure; `published_at` is from when the time to dispute it runs, None while
    it does not run yet.
    """

    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: dict[str, str] | None
    subject: Subject
    procedure: Procedure
    measured: dict[str, Any] | None = None
    told_at: datetime | None = None
    told_by: str | None = None
    published_at: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """The end of the time in which it may be disputed; None where that does not run yet."""
        if self.published_at is None:
            return None
        return deadline(self.procedure, self.procedure.raise_within, self.published_at)


def dispute_id(agreement: str, subject: Subject, round: int) -> str:
    """Follows from the subject and the round: two parties that raise at once collide, and the first has it."""
    return f"{_digest(agreement, subject)}.{round:04d}"


def dispute_number(agreement: str, subject: Subject, round: int) -> str:
    number = f"D-{_digest(agreement, subject)[:6].upper()}"
    return number if round == 1 else f"{number}-{round}"


def _digest(agreement: str, subject: Subject) -> str:
    return hashlib.sha256(f"{agreement}\n{subject.kind}\n{subject.id}".encode()).hexdigest()[:16]


class Docket:
    """The disputes of all parties; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.disputes = Aggregates(commits, DISPUTE)
        self._commits = commits

    async def create_indexes(self) -> None:
        await self.disputes.states.create_index([("parties", ASCENDING), ("raised_at", DESCENDING)])

    # -- reading ------------------------------------------------------------------------------------------------------

    async def visible(self, id: str, asking: Principal) -> Loaded[Dispute]:
        """Raises NotFound also for what is between others. A mediator sees what the agreement has them mediate."""
        loaded = await self.disputes.find(id)
        if loaded is None or not _sees(asking, loaded.state):
            raise NotFound(f"there is no dispute {id!r} of yours")
        return loaded

    async def page(
        self, asking: Principal, agreement: str | None, status: str | None, after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Dispute]:  # fmt: skip
        """The latest first; those after (raised at, id) of the page before."""
        if asking.mediates is not None:
            return await self._mediated(asking.mediates, agreement, status, after, limit)
        query: Document = {} if agreement is None else {"agreement": agreement}
        if status is not None:
            query["status"] = status
        if after is not None:
            at, id = after
            query["$or"] = [{"raised_at": {"$lt": at}}, {"raised_at": at, "_id": {"$lt": id}}]
        found = self.disputes.states.find(asking.restrict(query))
        documents = await found.sort([("raised_at", DESCENDING), ("_id", DESCENDING)]).limit(limit).to_list(None)
        return [self.disputes.read(each).state for each in documents]

    async def _mediated(
        self, mediator: str, agreement: str | None, status: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> list[Dispute]:
        """The same for a mediator: of one agreement, whose disputes are few."""
        theirs = mediator.partition("/")[0]
        if agreement not in (None, theirs):
            return []
        latest = [("raised_at", DESCENDING), ("_id", DESCENDING)]
        documents = await self.disputes.states.find({"agreement": theirs}).sort(latest).to_list(None)
        found = [self.disputes.read(each).state for each in documents]
        return [
            each for each in found
            if each.is_mediated_by(mediator) and status in (None, each.status.value)
            and (after is None or (each.raised_at, each.id) < after)
        ][:limit]  # fmt: skip

    async def all(self, asking: Principal, agreement: str | None) -> list[Dispute]:
        """Every dispute that `asking` may see, the latest first."""
        query: Document = {} if agreement is None else {"agreement": agreement}
        found = self.disputes.states.find(asking.restrict(query)).sort("raised_at", DESCENDING)
        return [self.disputes.read(each).state for each in await found.to_list(None)]

    async def history(self, id: str) -> list[dict[str, Any]]:
        """Everything that happened, in order: from the commits, so nothing can be taken out of it."""
        commits = await self._commits.of(DISPUTE.key(id))
        return [
            {"at": commit["at"], "by": commit["by"], "what": event["type"], **_told(event["data"])}
            for commit in commits
            for event in commit["events"]
        ]

    # -- changing -----------------------------------------------------------------------------------------------------

    async def raise_(
        self, matter: Matter, asking: Principal, asked: Remedy, statement: Statement, now: datetime
    ) -> Loaded[Dispute]:
        """Raises Forbidden, Invalid, or Conflict: too late, one is open, or it was settled before."""
        party = asking.party
        if party not in (matter.provider, matter.customer):
            raise Forbidden(f"a dispute is a party's: use a key that acts for {matter.provider} or {matter.customer}")
        round, subject = await self._next_round(matter, party), matter.subject
        if matter.until is not None and now >= matter.until:
            raise Conflict(f"the time to dispute this ended at {rfc3339(matter.until)}, as the agreement has it")
        id, number = (make(matter.agreement, subject, round) for make in (dispute_id, dispute_number))
        about = About(
            matter.agreement, matter.version, matter.provider, matter.customer, subject, party, matter.agreement_title
        )

        def decide(known: Dispute | None, at: datetime) -> Sequence[Event]:
            return settling.raise_(
                known, id, number, about, matter.procedure, asked, statement, matter.measured, asking.id, at
            )

        await self.disputes.execute(id, decide, by=asking.id, new=True)
        return await self.disputes.get(id)

    async def _next_round(self, matter: Matter, party: str) -> int:
        """Rounds are counted by their commits, which are never behind. Raises Conflict when none may follow."""
        round, last = 1, None
        while loaded := await self.disputes.find(dispute_id(matter.agreement, matter.subject, round)):
            round, last = round + 1, loaded.state
        if last is not None:
            settling.may_raise_again(last, party, matter.told_at, matter.told_by)
        return round

    async def execute(
        self, id: str, decide: Callable[[Dispute, datetime], Sequence[Event]], by: str, cause: Envelope | None = None
    ) -> Dispute:
        """Raises NotFound, and whatever `decide` raises."""

        def on_known(dispute: Dispute | None, now: datetime) -> Sequence[Event]:
            if dispute is None:
                raise NotFound(f"there is no dispute {id!r}")
            return decide(dispute, now)

        await self.disputes.execute(id, on_known, by=by, cause=cause)
        return (await self.disputes.get(id)).state

    async def fire(self, due: Sequence[Document]) -> None:
        """Do what is due of these disputes (their documents)."""
        read = [self.disputes.read(each) for each in due]
        await self.disputes.execute_many({each.id: settling.fire for each in read}, by="timer", read=read)


def _sees(asking: Principal, dispute: Dispute) -> bool:
    mediates = asking.mediates is not None and dispute.is_mediated_by(asking.mediates)
    return mediates or asking.sees([dispute.about.provider, dispute.about.customer])


def _told(data: Document) -> dict[str, Any]:
    """An event without what the dispute itself shows."""
    outcome = data.get("outcome") or {}
    shown = {name: value for name, value in {**data, **outcome}.items() if name not in _SHOWN_ELSEWHERE}
    return {name: value for name, value in shown.items() if value is not None}


_SHOWN_ELSEWHERE = ("id", "number", "about", "procedure", "outcome", "turn", "by", "at", "left")
