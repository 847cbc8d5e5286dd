"""What is measured and by which agreements: registered indicators, and texts that are or were in force, in memory."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from pymongo import ASCENDING

from sepakat_metrics.lately import Lately
from sepakat_metrics.parts import Version
from sepakat_shared import retry
from sepakat_shared.auth import Principal
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.contracts.lasting import AgreementEnded
from sepakat_shared.errors import NotFound, Stale
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document

_RELOAD_EVERY = 2.0
_AT_ONCE = 500


class Registry:
    """Indicators by id and the versions of every agreement. Other instances' changes arrive within seconds."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._indicators: Collection = db["indicators"]
        self._texts: Collection = db["texts"]
        self._ended: Collection = db["ended"]
        self._clock = clock
        self._listeners: list[Callable[[set[str]], None]] = []
        self._loading = asyncio.Lock()
        self._versions: dict[str, int] = {}
        self._lately = Lately(clock, "at")
        self._changed: set[str] = set()
        """Indicators that the listeners are to be told of; more than one reading may fail before that."""
        self._coming: dict[str, datetime] = {}
        """Texts by id that are not in force yet, and from when on they will be."""
        self._ends: dict[str, datetime] = {}
        self._serving: dict[str, tuple[tuple[str, str], ...]] = {}
        self.indicators: dict[str, texts.Indicator] = {}
        self.agreements: dict[str, list[Version]] = {}

    async def create_indexes(self) -> None:
        for each in (self._indicators, self._texts, self._ended):
            await each.create_index([("at", ASCENDING)])

    def on_change(self, listener: Callable[[set[str]], None]) -> None:
        """Call `listener` with the indicators that changed, or that other agreements are measured by now."""
        self._listeners.append(listener)

    async def load(self) -> None:
        """Read what was written lately; everything once a minute. Tell the listeners what has changed by it.

        Asking for thousands every two seconds, as every instance did, kept a small database busy with nothing else.
        """
        # One after another: a load that read before a registration must not be the last one to say what is there.
        async with self._loading:
            now, written = self._clock.now(), self._lately.query()
            await self._load_indicators(written)
            await self._load_texts(written, now)
            await self._load_ends(written, now)
            self._lately.was_read(written)
            changed, self._changed = self._changed, set()
        if changed:
            for listener in self._listeners:
                listener(changed)

    async def _load_indicators(self, written: Document) -> None:
        found = self._indicators
        if not self._lately.has_read:
            async for each in found.find({}):
                self._take_indicator(each)
            return
        stored = await found.find(written, {"version": 1}).to_list(None)
        changed = {each["_id"] for each in stored if self._versions.get(each["_id"]) != each["version"]}
        for batch in _batches(changed):
            for each in await found.find({"_id": {"$in": batch}}).to_list(None):
                self._take_indicator(each)

    def _take_indicator(self, stored: Document) -> None:
        self.indicators[stored["_id"]] = texts.Indicator.model_validate(stored["text"])
        self._versions[stored["_id"]] = stored["version"]
        self._changed.add(stored["_id"])

    async def _load_texts(self, written: Document, now: datetime) -> None:
        """Those whose day has come."""
        found = self._texts.find(written, {"agreement": 1, "version": 1, "hash": 1, "effective_from": 1})
        for each in await found.to_list(None):
            known = ((version.number, version.hash) for version in self.agreements.get(each["agreement"], ()))
            if (each["version"], each["hash"]) not in known:
                self._coming[each["_id"]] = each["effective_from"]
        for batch in _batches(id for id, begins in self._coming.items() if begins <= now):
            for each in await self._texts.find({"_id": {"$in": batch}}).to_list(None):
                self._take(each)
                del self._coming[each["_id"]]

    async def _load_ends(self, written: Document, now: datetime) -> None:
        """The agreements that have ended by now are asked for nothing that comes after."""
        self._ends |= {each["_id"]: each["ended_at"] for each in await self._ended.find(written).to_list(None)}
        for agreement, ended_at in self._ends.items():
            ends, versions = to_ms(ended_at), self.agreements.get(agreement, [])
            if ended_at <= now and any(version.ends != ends for version in versions):
                self.agreements[agreement] = [replace(version, ends=ends) for version in versions]
                self._changed |= _indicators(versions)

    def _take(self, stored: Document) -> None:
        """Let a text be in force."""
        text = texts.Agreement.model_validate(stored["text"])
        name, number = stored["agreement"], stored["version"]
        effective_from, counting = to_ms(stored["effective_from"]), stored.get("counting")
        version = Version(name, number, stored["hash"], effective_from, text, counting=counting)
        others = [each for each in self.agreements.get(name, ()) if each.number != number]
        self.agreements[name] = sorted([*others, version], key=lambda each: each.number)
        for objective in text.objectives:
            known = self._serving.get(objective.indicator, ())
            self._serving[objective.indicator] = tuple(sorted({*known, (name, objective.id)}))
        # An objective that moved to another indicator ends on the one before.
        self._changed |= _indicators(self.agreements[name])

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
            "at": self._clock.now(),
            "counting": fact.frozen.counting if fact.frozen is not None else None,
        }
        await self._texts.replace_one({"_id": f"{fact.agreement}/{fact.version}"}, document, upsert=True)
        await self.load()

    async def on_ended(self, fact: AgreementEnded, _cause: Envelope) -> None:
        document: Document = {"ended_at": fact.ended_at, "at": self._clock.now()}
        await self._ended.replace_one({"_id": fact.agreement}, document, upsert=True)
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

    def serves(self, indicator: str) -> Iterable[tuple[str, str]]:
        """The objectives that are or were on `indicator`, as (agreement, objective)."""
        return self._serving.get(indicator, ())

    def is_served(self, indicator: str) -> bool:
        """Whether any objective is or was on `indicator`."""
        return indicator in self._serving

    def is_amended(self, indicator: str) -> bool:
        """Whether what is asked of `indicator` may change by itself: a later text may begin to govern with a period."""
        return any(len(self.agreements[agreement]) > 1 for agreement, _ in self.serves(indicator))

    @property
    def served(self) -> Iterable[str]:
        """The indicators that any objective is or was on."""
        return self._serving


def _indicators(versions: Iterable[Version]) -> set[str]:
    return {each.indicator for version in versions for each in version.text.objectives}


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    listed = sorted(ids)
    return (listed[i : i + _AT_ONCE] for i in range(0, len(listed), _AT_ONCE))
