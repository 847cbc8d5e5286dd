"""Periods that are neither the present one nor the one before are closed too, on a real database, each once."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from measuring.test_adjusting import history
from samples import agreement_dict

from sepakat_cli.backends import Backend
from sepakat_metrics.archive import Archive
from sepakat_metrics.closing import Closing
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.registry import Registry
from sepakat_metrics.telling import About
from sepakat_metrics.terms import Terms
from sepakat_metrics.verdicts import VERDICT, Since, decide_verdict, verdict_id
from sepakat_shared import mongo
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Aggregates, Commits
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.contracts.texts import Agreement, Indicator
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]
HOUR = timedelta(hours=1)
DAY = datetime(2026, 11, 2, 17, tzinfo=UTC), datetime(2026, 11, 3, 17, tzinfo=UTC)
"""The third of November in Jakarta."""
TEXT = agreement_dict()
TEXT["objectives"][0]["window"] = {"calendar": "day"}


class Ingestion:
    """Of an instance that holds every indicator, or none."""

    def __init__(self) -> None:
        self.caught_up = self.holds = True
        start = to_ms(DAY[0])
        self.known = history(
            (start, "up", 1_000_000), (start + 3_600_000, "down", 0), (start + 7_200_000, "up", 1_000_000)
        )

    def owns(self, _indicator: str) -> bool:
        return self.holds

    def known_of(self, _indicator: str, _since: int | None) -> Any:
        return self.known

    async def store_events_of(self, _indicator: str) -> None:
        pass


class Metrics:
    """One instance, which wrote down how the third of November went while it was the present day."""

    def __init__(self, db: Any, clock: ManualClock) -> None:
        self.clock, self.commits = clock, Commits(db, clock)
        self.registry = Registry(db, clock)
        self.corrections = Corrections(self.commits, self.registry, Archive(db), clock, "http://x")
        self.closing = Closing(self.commits, self.corrections, clock)
        self.ingestion = Ingestion()
        self.corrections.ingestion = self.closing.ingestion = cast(Any, self.ingestion)

    async def begin(self) -> None:
        await self.closing.create_indexes()
        given = {"metadata": {"id": "nusantara/checkout-state"}, "kindOfEvents": "state"}
        await self.registry.register(Indicator.model_validate(given), None)
        text = AgreementTextPublished(
            agreement="toko-checkout", version=1, hash="sha256:x", effective_from=DAY[0] - 30 * HOUR, text=TEXT
        )
        await self.registry.on_text(text, cast(Any, None))
        agreed = Agreement.model_validate(TEXT)
        objective, indicator = agreed.objectives[0], self.registry.indicators["nusantara/checkout-state"]
        about = About("toko-checkout", 1, Terms(agreed, objective, indicator), "http://x")
        span = to_ms(DAY[0]), to_ms(DAY[1])
        figure = evaluate(about.terms, self.ingestion.known_of("", None), to_ms(self.clock.now()), span)
        await Aggregates(self.commits, VERDICT).execute(
            verdict_id("toko-checkout", objective, span),
            lambda known, _now: decide_verdict(known, about, figure, Since(), "x"),
            by="metrics",
        )

    async def closed(self) -> list[Any]:
        """The attainments of closed periods, as they were told."""
        commits = await self.commits.collection.find({}).sort([("committed_at", 1), ("n", 1)]).to_list(None)
        told = [each for commit in commits for each in commit["messages"]]
        return [each["data"]["attainment"] for each in told if each["type"] == "sepakat.period.closed.v1"]


@pytest.fixture
async def metrics(backend: Backend) -> AsyncIterator[Metrics]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    metrics = Metrics(client[f"closing_{uuid.uuid4().hex[:8]}"], ManualClock(DAY[0] + 3 * HOUR))
    await metrics.begin()
    yield metrics
    await mongo.close_client(client)


async def test_a_day_is_closed_once_when_its_lateness_has_passed(metrics: Metrics) -> None:
    metrics.clock.advance(timedelta(hours=45))
    await metrics.closing.close()
    assert await metrics.closed() == [], "a day after its end, events may still come"
    metrics.clock.advance(timedelta(minutes=3))
    for _ in range(2):
        await metrics.closing.close()
    assert await metrics.closed() == ["95.8333"]


async def test_a_period_that_ended_long_ago_is_closed_by_whoever_holds_its_indicator(metrics: Metrics) -> None:
    metrics.clock.advance(timedelta(days=40))
    for name in ("holds", "caught_up"):
        setattr(metrics.ingestion, name, False)
        await metrics.closing.close()
        setattr(metrics.ingestion, name, True)
        assert await metrics.closed() == []
    await metrics.closing.close()
    assert await metrics.closed() == ["95.8333"]
