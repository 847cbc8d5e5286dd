"""Back-tests as they are asked for: kept, made in the background beside ingestion, and told once.

What is asked is one commit and so is what came of it, whichever instance made it and however often it was begun.
"""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path
from opentelemetry.trace import SpanKind
from pymongo import ASCENDING

from sepakat_metrics import backtesting
from sepakat_metrics.archive import Archive, Stored
from sepakat_metrics.backtesting import Trial
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.history import History
from sepakat_metrics.ingestion import Ingestion
from sepakat_metrics.pace import Pace
from sepakat_metrics.profiles import NotApplicable
from sepakat_metrics.proposals import (
    BACKTEST,
    Asked,
    Backtest,
    Completed,
    Failed,
    end,
    packed,
    proposed,
    request,
    unpacked,
)
from sepakat_metrics.registry import Registry
from sepakat_metrics.terms import Unsupported
from sepakat_metrics.windows import Interval
from sepakat_shared import retry
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import compliance
from sepakat_shared.contracts.agreements import BacktestRequested
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.texts import Agreement, Objective
from sepakat_shared.errors import Invalid, NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.telemetry import continued, current_traceparent
from sepakat_shared.web import Asking

_log = logging.getLogger(__name__)
_LOOK_EVERY = timedelta(seconds=2)


def _laid(history: History, stored: Stored) -> Iterator[None]:
    for _, part in stored.unpacked():
        history.apply(part)
        yield


class Backtests:
    """Any instance keeps what is asked. The one that holds the partition of the agreement's id makes it, one after
    another: should two do so for a while, the first to commit is the one that tells.
    """

    def __init__(
        self, commits: Commits, registry: Registry, corrections: Corrections, archive: Archive, clock: Clock
    ) -> None:
        self._backtests = Aggregates(commits, BACKTEST)
        self._registry = registry
        self._corrections = corrections
        self._archive = archive
        self._clock = clock
        self._wake = asyncio.Event()
        self._pace = Pace(lambda: not self.ingestion.caught_up)
        self.ingestion: Ingestion

    async def create_indexes(self) -> None:
        await self._backtests.states.create_index([("pending", ASCENDING), ("requested_at", ASCENDING)])

    async def on_requested(self, fact: BacktestRequested, cause: Envelope) -> None:
        traceparent = current_traceparent()
        await self._backtests.execute(
            fact.backtest, lambda known, now: request(known, fact, traceparent, now), by=fact.by, cause=cause
        )
        self._wake.set()

    async def visible(self, id: str, asking: Principal) -> Backtest:
        """Raises NotFound also for what concerns others."""
        loaded = await self._backtests.find(id)
        if loaded is None or not asking.sees([loaded.state.asked.provider, loaded.state.asked.customer]):
            raise NotFound(f"there is no back-test {id!r} of yours")
        return loaded.state

    async def run(self) -> None:
        """Make what is pending, the oldest first, until cancelled."""
        while True:
            self._wake.clear()
            await retry.until_done("back-testing", self._make_pending)
            await self._clock.wait(self._wake, self._clock.now() + _LOOK_EVERY)

    async def _make_pending(self) -> None:
        pending = self._backtests.states.find({"pending": True}, {"agreement": 1})
        for each in await pending.sort("requested_at", ASCENDING).to_list(None):
            if self.ingestion.owns(each["agreement"]):
                await self._make(each["_id"])

    async def _make(self, id: str) -> None:
        backtest = (await self._backtests.get(id)).state
        if not backtest.pending:
            return
        with continued("back-test", backtest.traceparent, SpanKind.INTERNAL, {"sepakat.backtest": id}):
            outcome = await self._outcome(id, backtest.asked)
            await self._backtests.execute(id, lambda known, _now: end(known, outcome), by="metrics")

    async def _outcome(self, id: str, asked: Asked) -> Completed | Failed:
        try:
            at = self._clock.now()
            return Completed(await self._told(id, asked, at), at)
        except retry.TRANSIENT:
            raise
        except Invalid as error:
            return Failed(id, error.detail, self._clock.now())
        except Exception as error:  # noqa: BLE001 - whatever a bug raises, it must not be met again and again
            _log.exception("back-test %s failed", id)
            reason = f"this is a bug of ours ({type(error).__name__}); the log has the trace"
            return Failed(id, reason, self._clock.now())

    async def _told(self, id: str, asked: Asked, at: datetime) -> str:
        text, wanted, span = proposed(asked)
        tried: list[compliance.BacktestedObjective] = []
        left = backtesting.MOST_PERIODS
        for objective in wanted:
            tried.append(await self._try(asked, text, objective, span, left))
            left -= len(tried[-1].periods)
        fact = compliance.BacktestCompleted(
            backtest=id, agreement=asked.agreement, provider=asked.provider, customer=asked.customer,
            at=at, start=asked.start, end=asked.end, objectives=tuple(tried),
        )  # fmt: skip
        return await asyncio.to_thread(packed, fact)

    async def _try(
        self, asked: Asked, text: Agreement, objective: Objective, span: Interval, most: int
    ) -> compliance.BacktestedObjective:
        try:
            trial = await self._trial(asked, text, objective, span, most)
        except (Unsupported, NotApplicable) as error:
            return backtesting.refused(objective, str(error))
        for periods in trial.runs:
            stored = await self._read(objective.indicator, trial.since(periods), periods[-1][1])
            history = History()
            await self._pace.through(_laid(history, stored))
            await self._pace.through(trial.judge(history, periods))
        return trial.result()

    async def _trial(self, asked: Asked, text: Agreement, objective: Objective, span: Interval, most: int) -> Trial:
        """Raises Unsupported or NotApplicable."""
        id = objective.indicator
        if not self._may_see(asked, id):
            raise Unsupported(
                f"objective {objective.id}: indicator: {id} belongs to neither party, and no agreement of theirs that "
                "is in force is measured by it"
            )
        indicator, kind = self._registry.indicators.get(id), None
        if indicator is None:
            latest = await self._read(id, span[1], span[1])
            kind = next((backtesting.kind_of(part) for _, part in latest.unpacked()), None)
            if kind is None:
                raise Unsupported(f"objective {objective.id}: indicator: nothing was ever recorded of {id}")
        in_force = self._corrections.of(asked.agreement, objective.id)
        return Trial(text, objective, indicator, span, adjustments=in_force, kind=kind, most=most)

    def _may_see(self, asked: Asked, indicator: str) -> bool:
        """What is proposed is not signed: it must not tell the two of what is a third's."""
        parties = {asked.provider, asked.customer}
        agreements = {agreement for agreement, _ in self._registry.serves(indicator)}
        return indicator.partition("/")[0] in parties or any(
            {version.text.parties.provider, version.text.parties.customer} == parties
            for agreement in agreements
            for version in self._registry.agreements[agreement]
        )

    async def _read(self, indicator: str, since: int | None, until: int) -> Stored:
        reading = partial(self._archive.stored, indicator, since, until)
        return await retry.until_done(f"reading what is stored of {indicator}", reading)


# -- HTTP --------------------------------------------------------------------------------------------------------------


def router(backtests: Backtests) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["backtests"])

    @routes.get("/backtests/{id}")
    async def get_backtest(id: Annotated[str, Path(max_length=200)], asking: Asking) -> dict[str, Any]:
        """A back-test that was asked for, and what came of it: for the two parties of the proposed agreement."""
        asking.require("compliance:read")
        return _shown(id, await backtests.visible(id, asking))

    return routes


def _shown(id: str, backtest: Backtest) -> dict[str, Any]:
    asked = backtest.asked
    told = None
    if backtest.told is not None:
        told = compliance.BacktestCompleted.model_validate(unpacked(backtest.told)).model_dump(mode="json")
    return {
        "backtest": id,
        "agreement": asked.agreement,
        "provider": asked.provider,
        "customer": asked.customer,
        "state": backtest.state,
        "start": rfc3339(asked.start),
        "end": rfc3339(asked.end),
        "requested_by": asked.by,
        "requested_at": rfc3339(backtest.at),
        "ended_at": None if backtest.ended_at is None else rfc3339(backtest.ended_at),
        "reason": backtest.reason,
        "objectives": None if told is None else told["objectives"],
    }
