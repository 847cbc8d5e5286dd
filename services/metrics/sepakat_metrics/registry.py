"""What is measured and by which agreements: registered indicators and the texts in force, kept in memory."""

import asyncio
from collections.abc import Callable
from typing import Any

from pymongo import ASCENDING

from sepakat_shared import retry
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.errors import NotFound, Stale
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document

_RELOAD_EVERY = 2.0


class Registry:
    """Indicators by id and the version in force of every agreement. Other instances' changes arrive within seconds."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._indicators: Collection = db["indicators"]
        self._texts: Collection = db["texts"]
        self._clock = clock
        self._listeners: list[Callable[[], None]] = []
        self._fingerprint: tuple[Any, ...] = ()
        self._loading = asyncio.Lock()
        self.indicators: dict[str, texts.Indicator] = {}
        self.agreements: dict[str, tuple[int, texts.Agreement]] = {}

    def on_change(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    async def load(self) -> None:
        """Read everything; tell the listeners when something is new."""
        # One after another: a load that read before a registration must not be the last one to say what is there.
        async with self._loading:
            await self._load()

    async def _load(self) -> None:
        indicators = await self._indicators.find({}).to_list(None)
        versions = await self._texts.find({}).sort("version", ASCENDING).to_list(None)
        now = self._clock.now()
        in_force = {each["agreement"]: each for each in versions if each["effective_from"] <= now}
        fingerprint = (
            tuple(sorted((each["_id"], each["version"]) for each in indicators)),
            tuple(sorted((name, each["version"], each["hash"]) for name, each in in_force.items())),
        )
        if fingerprint == self._fingerprint:
            return
        self.indicators = {each["_id"]: texts.Indicator.model_validate(each["text"]) for each in indicators}
        self.agreements = {
            name: (each["version"], texts.Agreement.model_validate(each["text"])) for name, each in in_force.items()
        }
        self._fingerprint = fingerprint
        for listener in self._listeners:
            listener()

    async def run(self) -> None:
        """Keep up with other instances and with texts whose day has come."""
        while True:
            await retry.until_done("reading indicators and texts", self.load)
            await asyncio.sleep(_RELOAD_EVERY)

    async def on_text(self, fact: AgreementTextPublished, _cause: Envelope) -> None:
        document: Document = {
            "agreement": fact.agreement,
            "version": fact.version,
            "hash": fact.hash,
            "effective_from": fact.effective_from,
            "text": fact.text,
        }
        await self._texts.replace_one({"_id": f"{fact.agreement}/{fact.version}"}, document, upsert=True)
        await self.load()

    async def register(self, indicator: texts.Indicator, expected: int | None) -> tuple[int, bool]:
        """Store an indicator. Returns its version and whether it is new; raises Stale unless `expected` is present."""
        id = indicator.metadata.id
        text = texts.as_text(indicator)
        stored = await self._indicators.find_one({"_id": id})
        version = stored["version"] if stored else 0
        if stored is not None and stored["text"] == text:
            return version, False
        if expected is not None and expected != version:
            raise Stale("the indicator has changed since it was read; read it again and repeat the edit")
        document = {"version": version + 1, "text": text, "parties": [indicator.party], "at": self._clock.now()}
        if stored is None:
            await self._indicators.insert_one({"_id": id, **document})
        else:
            result = await self._indicators.replace_one({"_id": id, "version": version}, document)
            if result.matched_count == 0:
                raise Stale("the indicator has changed since it was read; read it again and repeat the edit")
        await self.load()
        return version + 1, stored is None

    async def stored(self, id: str, asking: Principal) -> Document:
        """An indicator's document, if `asking` may see it. Raises NotFound."""
        document = await self._indicators.find_one(asking.restrict({"_id": id}))
        if document is None:
            raise NotFound(f"there is no indicator {id!r}")
        return document

    def serves(self, indicator: str) -> list[tuple[str, int, texts.Agreement]]:
        """The agreements in force with an objective on `indicator`, as (id, version, text)."""
        return [
            (name, version, text)
            for name, (version, text) in self.agreements.items()
            if any(objective.indicator == indicator for objective in text.objectives)
        ]
