"""Keeping every objective judged: after each batch of events, and when the passing of time alone changes something.

A change is first made durable (the checkpoint), then decided as a command on its aggregate, whose commit tells others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from opentelemetry.trace import SpanKind
from pymongo import ASCENDING

from sepakat_metrics import verdicts, windows
from sepakat_metrics.buckets import History
from sepakat_metrics.evaluation import Figure, Unsupported, decimal, evaluate, exact, silence_of, threshold_of
from sepakat_metrics.events import from_ms, to_ms
from sepakat_metrics.ingestion import Ingestion
from sepakat_metrics.registry import Registry
from sepakat_metrics.verdicts import IMPAIRMENT, VERDICT, About
from sepakat_shared import retry
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Aggregates, Commits
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.mongo import Collection, Document
from sepakat_shared.telemetry import continued

_Command = Callable[[], Awaitable[None]]
_SHOW_PAUSE = 0.2
_SOONEST = timedelta(milliseconds=20)


class Assessment:
    """The figures and verdicts of the objectives whose indicators this instance holds."""

    def __init__(self, commits: Commits, registry: Registry, clock: Clock) -> None:
        self._verdicts = Aggregates(commits, VERDICT)
        self._impairments = Aggregates(commits, IMPAIRMENT)
        self._figures: Collection = commits.db["figures"]
        self._registry = registry
        self._clock = clock
        self._due: dict[str, datetime] = {}
        self._dirty: set[str] = set()
        self._told: dict[str, Any] = {}
        self._low_since: dict[str, int | None] = {}
        self._to_show: dict[str, Callable[[], Document]] = {}
        self._to_show_changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._sleeps_until = clock.now()
        self.ingestion: Ingestion
        registry.on_change(self._everything_is_due)

    async def create_indexes(self) -> None:
        await self._figures.create_index([("parties", ASCENDING), ("_id", ASCENDING)])
        await self._verdicts.states.create_index([("closes_at", ASCENDING)])

    # -- when ---------------------------------------------------------------------------------------------------------

    def _everything_is_due(self) -> None:
        self._due.clear()
        self._wake.set()

    def forget(self) -> None:
        """Partitions have moved: what was remembered of verdicts may be another instance's past."""
        self._told.clear()
        self._low_since.clear()
        self._everything_is_due()

    async def on_folded(self, touched: set[str]) -> None:
        """After a batch: judge what it touched."""
        self._dirty |= touched
        for indicator in sorted(self._dirty):
            await self._assess(indicator)
            self._dirty.discard(indicator)

    async def run(self) -> None:
        """Judge what the passing of time may have changed."""
        while True:
            self._wake.clear()
            await retry.until_done("judging objectives", lambda: self.ingestion.exclusively(self._assess_due))
            now = self._clock.now()
            following = min(self._due.values(), default=now + timedelta(seconds=2))
            self._sleeps_until = max(following, now + _SOONEST)
            await self._clock.wait(self._wake, self._sleeps_until)

    async def _assess_due(self) -> None:
        now = self._clock.now()
        named = {each.indicator for _, text in self._registry.agreements.values() for each in text.objectives}
        for indicator in sorted(named):
            if self.ingestion.owns(indicator) and self._due.get(indicator, now) <= now:
                await self._assess(indicator)

    # -- what ---------------------------------------------------------------------------------------------------------

    async def _assess(self, id: str) -> None:
        """Judge every objective on one indicator. The ingestion's lock is held."""
        history = await self.ingestion.history_of(id)
        indicator = self._registry.indicators.get(id)
        served = self._registry.serves(id)
        history.set_silence(silence_of(indicator))
        history.thresholds = self.thresholds(id)
        now = self.ingestion.now()
        at = to_ms(now)
        soonest = now + timedelta(minutes=1)
        with continued("assess", self.ingestion.traceparents.get(id), SpanKind.INTERNAL, {"sepakat.indicator": id}):
            commands: list[_Command] = []
            for agreement, version, text in served:
                abouts = [About(agreement, version, text, objective, indicator) for objective in text.objectives
                          if objective.indicator == id]  # fmt: skip
                commands += await self._assess_impairment(abouts, history, at)
                for about in abouts:
                    due, decided = await self._assess_objective(about, history, at)
                    soonest = min(soonest, due)
                    commands += decided
            if commands:
                # What is told must be durable first; then nothing that is told waits for another.
                await self.ingestion.flush()
                await asyncio.gather(*[command() for command in commands])
        # While records wait, the clock of evaluation is theirs; then every batch judges anew.
        self._due[id] = self._clock.now() + max(soonest - now, _SOONEST)
        if self._due[id] < self._sleeps_until:
            self._wake.set()

    def thresholds(self, id: str) -> tuple[int, ...]:
        """The thresholds, in millionths, that objectives in force compare an indicator's measurements with."""
        found = {
            threshold
            for _, _, text in self._registry.serves(id)
            for objective in text.objectives
            if objective.indicator == id and (threshold := threshold_of(objective)) is not None
        }
        return tuple(sorted(found))

    async def _assess_objective(self, about: About, history: History, at: int) -> tuple[datetime, list[_Command]]:
        """When to look again, and what is to be told."""
        soonest = from_ms(at) + timedelta(minutes=1)
        try:
            figure = evaluate(about.text, about.objective, about.indicator, history, at)
        except Unsupported as error:
            self._show(about, partial(_unsupported, about, str(error)))
            return soonest, []
        commands = await self._judge(about, figure)
        commands += await self._judge_the_one_before(about, history, figure, at)
        self._show(about, partial(_shown, about, figure))
        return min(soonest, from_ms(verdicts.next_instant(about, figure, history))), commands

    async def _judge_the_one_before(self, about: About, history: History, figure: Figure, at: int) -> list[_Command]:
        """A calendar period stays open for late events until its lateness has passed."""
        start = figure.period[0]
        grace = (verdicts.LATENESS + timedelta(hours=1)) // timedelta(milliseconds=1)
        if about.objective.window.calendar is None or at - start > grace:
            return []
        before = windows.period_of(about.objective.window, about.text.term.time_zone, start - 1)
        earlier = evaluate(about.text, about.objective, about.indicator, history, at, before)
        return [] if earlier.attainment is None else await self._judge(about, earlier)

    async def _judge(self, about: About, figure: Figure) -> list[_Command]:
        id = verdicts.verdict_id(about, figure)
        low_since = self._low_since.get(id)
        if not verdicts.is_low(figure):
            low_since = None
        elif low_since is None:
            low_since = figure.as_of
        self._low_since[id] = low_since
        if id not in self._told:
            loaded = await self._verdicts.find(id)
            self._told[id] = loaded.state if loaded else None
        cause = about.objective.indicator
        if not verdicts.decide_verdict(self._told[id], about, figure, low_since, cause):
            return []

        async def tell() -> None:
            after = await self._verdicts.execute(
                id,
                lambda verdict, _now: verdicts.decide_verdict(verdict, about, figure, low_since, cause),
                by="metrics",
            )
            self._told[id] = after.state if after else None

        return [tell]

    async def _assess_impairment(self, abouts: list[About], history: History, at: int) -> list[_Command]:
        about = abouts[0]
        if about.indicator is None or about.indicator.kind_of_events != "state":
            return []
        id = verdicts.impairment_id(about)
        if id not in self._told:
            loaded = await self._impairments.find(id)
            self._told[id] = loaded.state if loaded else None
        named = [each.objective.id for each in abouts]
        cause = about.objective.indicator
        if not verdicts.decide_impairment(self._told[id], about, named, history, at, cause):
            return []

        async def tell() -> None:
            after = await self._impairments.execute(
                id,
                lambda impairment, _now: verdicts.decide_impairment(impairment, about, named, history, at, cause),
                by="metrics",
            )
            self._told[id] = after.state if after else None

        return [tell]

    # -- showing ------------------------------------------------------------------------------------------------------

    async def keep_showing(self) -> None:
        """Write the latest figures for the status API, until cancelled: no batch and no verdict waits for that."""
        while True:
            await self._to_show_changed.wait()
            self._to_show_changed.clear()
            latest, self._to_show = self._to_show, {}
            for id, document in latest.items():
                await retry.until_done(f"showing {id}", partial(self._write_figure, id, document()))
            await asyncio.sleep(_SHOW_PAUSE)

    async def _write_figure(self, id: str, document: Document) -> None:
        await self._figures.replace_one({"_id": id}, document, upsert=True)

    def _show(self, about: About, document: Callable[[], Document]) -> None:
        self._to_show[f"{about.agreement}/{about.objective.id}"] = document
        self._to_show_changed.set()

    async def page(self, asking: Principal, agreement: str | None, after: str | None, limit: int) -> list[Document]:
        """The figures that `asking` may see, by id."""
        query: Document = {} if agreement is None else {"agreement": agreement}
        if after is not None:
            query["_id"] = {"$gt": after}
        return await self._figures.find(asking.restrict(query)).sort("_id", ASCENDING).limit(limit).to_list(None)


def _named(about: About) -> Document:
    title = about.objective.title
    return {
        "parties": about.parties,
        "agreement": about.agreement,
        "version": about.version,
        "objective": about.objective.id,
        "title": None if title is None else title.model_dump(exclude_none=True),
        "indicator": about.objective.indicator,
        "measure": about.objective.measure,
        "target": str(about.objective.target),
    }


def _unsupported(about: About, reason: str) -> Document:
    return {**_named(about), "state": "unsupported", "reason": reason, "attainment": None, "met": None}


def _shown(about: About, figure: Figure) -> Document:
    attainment, (start, end) = figure.attainment, figure.period
    return {
        **_named(about),
        "state": figure.state,
        "attainment": None if attainment is None else decimal(attainment * 100),
        "exact": None if attainment is None else exact(attainment),
        "met": figure.met,
        "period": {"start": rfc3339(from_ms(start)), "end": rfc3339(from_ms(end))},
        "budget": {
            "total": decimal(figure.budget),
            "consumed": decimal(figure.lost),
            "remaining": decimal(figure.budget - figure.lost),
            "unit": figure.unit,
        },
        "coverage": None if figure.coverage is None else decimal(figure.coverage * 100),
        "approximate": not figure.exact_counts,
        "as_of": rfc3339(from_ms(figure.as_of)),
    }
