"""The latest figure of every objective, for those who ask: a cache, written while nothing waits for it."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from time import monotonic

from pymongo import ASCENDING, ReplaceOne

from sepakat_metrics.figures import Figure, attainment_of, budget_of, decimal, span_of, target_of
from sepakat_metrics.parts import Version
from sepakat_metrics.telling import About
from sepakat_shared import retry
from sepakat_shared.auth import Principal
from sepakat_shared.calendars import from_ms
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.texts import Agreement, Objective
from sepakat_shared.mongo import Collection, Database, Document, replace_many

_AT_ONCE = 200
_PAUSE = 0.2
_SHARE = 4
"""While events wait to be read, a round of writing is followed by a pause of so many times its length."""


class Figures:
    """The `figures` collection: one document an objective."""

    def __init__(self, db: Database) -> None:
        self._collection: Collection = db["figures"]
        self._waiting: dict[str, Callable[[], Document]] = {}
        self._changed = asyncio.Event()
        self.is_busy: Callable[[], bool] = lambda: False
        """Whether events wait to be read."""

    async def create_indexes(self) -> None:
        await self._collection.create_index([("parties", ASCENDING), ("_id", ASCENDING)])

    def show(self, about: About, figure: Figure) -> None:
        self._put(about.agreement, about.objective.id, lambda: _shown(about, figure))

    def refuse(self, version: Version, objective: Objective, reason: str) -> None:
        """Say why there is no figure."""
        named = _named(version.agreement, version.number, version.text, objective)
        self._put(
            version.agreement, objective.id, lambda: {**named, "state": "unsupported", "reason": reason, **_NOTHING}
        )

    def _put(self, agreement: str, objective: str, document: Callable[[], Document]) -> None:
        self._waiting[f"{agreement}/{objective}"] = document
        self._changed.set()

    async def run(self) -> None:
        """Write what is to be shown, until cancelled: no batch and no verdict waits for that."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            latest, self._waiting = self._waiting, {}
            begun = monotonic()
            for batch in _batches(latest):
                await retry.until_done("showing figures", lambda b=batch: self._write(b))  # type: ignore[misc]
            busy = _SHARE * (monotonic() - begun) if self.is_busy() else 0
            await asyncio.sleep(max(_PAUSE, busy))

    async def _write(self, batch: dict[str, Callable[[], Document]]) -> None:
        writes = [ReplaceOne({"_id": id}, document(), upsert=True) for id, document in batch.items()]
        await replace_many(self._collection, writes)

    async def page(self, asking: Principal, agreement: str | None, after: str | None, limit: int) -> list[Document]:
        """The figures that `asking` may see, by id."""
        query: Document = {} if agreement is None else {"agreement": agreement}
        if after is not None:
            query["_id"] = {"$gt": after}
        return await self._collection.find(asking.restrict(query)).sort("_id", ASCENDING).limit(limit).to_list(None)


_NOTHING: Document = {"attainment": None, "met": None}


def _batches(of: dict[str, Callable[[], Document]]) -> Iterator[dict[str, Callable[[], Document]]]:
    items = iter(of.items())
    while batch := dict(islice(items, _AT_ONCE)):
        yield batch


def _named(agreement: str, number: int, text: Agreement, objective: Objective) -> Document:
    target, unit = target_of(objective)
    return {
        "parties": [text.parties.provider, text.parties.customer],
        "agreement": agreement,
        "version": number,
        "objective": objective.id,
        "title": None if objective.title is None else objective.title.model_dump(exclude_none=True),
        "indicator": objective.indicator,
        "measure": objective.measure,
        "target": target,
        "unit": unit,
    }


def _shown(about: About, figure: Figure) -> Document:
    return {
        **_named(about.agreement, about.version, about.text, about.objective),
        "state": figure.state,
        **attainment_of(figure),
        "met": figure.met,
        "period": span_of(figure.period),
        "budget": budget_of(figure),
        "coverage": None if figure.coverage is None else decimal(figure.coverage * 100),
        "approximate": not figure.exact_counts,
        "as_of": rfc3339(from_ms(figure.as_of)),
    }
