"""What was told of each objective's periods, as far as it may be disputed; kept from compliance events."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from sepakat_shared.auth import Principal
from sepakat_shared.contracts import compliance
from sepakat_shared.contracts.fact import Title
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document

Told = (
    compliance.ObjectiveBreached | compliance.BreachRetracted | compliance.PeriodClosed | compliance.PeriodCorrected
)  # fmt: skip
_FIGURE = ("attainment", "value", "unit", "target", "met", "state", "credit_percent")


@dataclass(frozen=True)
class Disputable:
    """One period of an objective (or, of a rolling window, one breach) with its figure as it was last told.

    `told_at` is when that was, `told_by` the dispute whose outcome it followed from. `published_at` is when the figure
    of the whole period was told last; None while the period runs. `breach` is the event that told it as missed.
    """

    id: str
    agreement: str
    version: int
    provider: str
    customer: str
    service: str
    objective: str
    start: datetime
    end: datetime
    figure: dict[str, Any]
    told_at: datetime
    told_by: str | None = None
    published_at: datetime | None = None
    breach: str | None = None
    agreement_title: dict[str, str] | None = None
    service_title: dict[str, str] | None = None
    objective_title: dict[str, str] | None = None

    @property
    def period_name(self) -> str:
        """The start of a calendar window, or the number of a rolling window's breach."""
        return self.id.rpartition("/")[2]

    @property
    def is_rolling(self) -> bool:
        return self.period_name.isdigit()


class Disputables:
    """Those of all parties; every reading is narrowed to those of the principal."""

    def __init__(self, db: Database) -> None:
        self._collection: Collection = db["disputables"]

    async def create_indexes(self) -> None:
        await self._collection.create_index([("agreement", ASCENDING), ("start", DESCENDING)])

    async def on_told(self, fact: Told, cause: Envelope, now: datetime) -> Disputable:
        """Keep a figure, unless a later one of the same period is known. Returns what is known then."""
        known = await self._collection.find_one({"_id": fact.episode})
        before = None if known is None else _read(known)
        if known is not None and before is not None and known["sequence"] >= (cause.sequence or ""):
            return before
        told_at = datetime.fromisoformat(cause.time) if cause.time else now
        made = _after(before, fact, cause.id, told_at)
        document: Document = {
            **{name: value for name, value in vars(made).items() if name != "id"},
            "parties": [made.provider, made.customer],
            "sequence": cause.sequence or "",
        }
        await self._write(made.id, None if known is None else known["sequence"], document)
        return made

    async def _write(self, id: str, sequence: str | None, document: Document) -> None:
        if sequence is not None:
            await self._collection.replace_one({"_id": id, "sequence": sequence}, document)
            return
        try:
            await self._collection.insert_one({"_id": id, **document})
        except DuplicateKeyError:
            # Another instance had the partition a moment ago and has written the same event.
            return

    async def find(
        self, asking: Principal, agreement: str, objective: str, period: datetime | None
    ) -> Disputable | None:
        """The latest period of an objective, or the one that holds the instant `period`."""
        query: Document = {"agreement": agreement, "objective": objective}
        if period is not None:
            query |= {"start": {"$lte": period}, "end": {"$gt": period}}
        found = self._collection.find(asking.restrict(query)).sort([("start", DESCENDING), ("_id", DESCENDING)])
        documents = await found.limit(1).to_list(None)
        return _read(documents[0]) if documents else None

    async def latest(self, asking: Principal, agreement: str | None, limit: int) -> list[Disputable]:
        """The latest ones, of an agreement or of all."""
        query: Document = {} if agreement is None else {"agreement": agreement}
        found = self._collection.find(asking.restrict(query)).sort([("start", DESCENDING), ("_id", DESCENDING)])
        return [_read(each) for each in await found.limit(limit).to_list(None)]


def _after(before: Disputable | None, fact: Told, event: str, told_at: datetime) -> Disputable:
    is_rolling = fact.episode.rpartition("/")[2].isdigit()
    published = before.published_at if before else None
    closed = isinstance(fact, compliance.PeriodClosed) or is_rolling
    if closed or (isinstance(fact, compliance.PeriodCorrected) and published is not None):
        published = told_at
    breach = event if isinstance(fact, compliance.ObjectiveBreached) else before.breach if before else None
    return Disputable(
        id=fact.episode, agreement=fact.agreement, version=fact.version, provider=fact.provider,
        customer=fact.customer, service=fact.service, objective=fact.objective, start=fact.period.start,
        end=fact.period.end, figure=figure_of(fact), told_at=told_at, told_by=fact.dispute, published_at=published,
        breach=breach, agreement_title=_plain(fact.agreement_title), service_title=_plain(fact.service_title),
        objective_title=_plain(fact.objective_title),
    )  # fmt: skip


def figure_of(fact: Told) -> dict[str, Any]:
    """What is kept of a figure, beside what is agreed later."""
    return {name: value for name in _FIGURE if (value := getattr(fact, name)) is not None}


def figure_before(fact: compliance.PeriodCorrected) -> dict[str, Any]:
    """The same of the figure that a correction took the place of, as far as it says."""
    found = {name: getattr(fact, f"{name}_before", None) for name in _FIGURE} | {"target": fact.target}
    found["unit"] = fact.unit
    return {name: value for name, value in found.items() if value is not None}


def _plain(title: Title | None) -> dict[str, str] | None:
    return None if title is None else title.model_dump(exclude_none=True)


def _read(document: Document) -> Disputable:
    names = Disputable.__dataclass_fields__
    return Disputable(id=document["_id"], **{name: document[name] for name in names if name in document})
