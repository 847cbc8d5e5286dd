"""Announced maintenance as `metrics` takes it on a real database: closed periods are judged again, each time once."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from measuring.test_adjusting import history
from samples import agreement_dict

from sepakat_cli.backends import Backend
from sepakat_metrics.archive import Archive
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.history import History
from sepakat_metrics.maintaining import Maintaining
from sepakat_metrics.registry import Registry
from sepakat_metrics.telling import About
from sepakat_metrics.terms import Terms
from sepakat_metrics.verdicts import VERDICT, Since, decide_verdict, verdict_id
from sepakat_shared import mongo
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Aggregates, Commits
from sepakat_shared.contracts import maintenance
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.contracts.fact import PeriodSpan
from sepakat_shared.contracts.maintenance import Excluded
from sepakat_shared.contracts.texts import Agreement, Indicator
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]
HOUR = timedelta(hours=1)
MONTH = datetime(2026, 10, 31, 17, tzinfo=UTC), datetime(2026, 11, 30, 17, tzinfo=UTC)
"""November in Jakarta."""
DOWN = MONTH[0] + 30 * HOUR
UP = 1_000_000


@pytest.fixture
async def db(backend: Backend) -> AsyncIterator[Any]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    yield client[f"maintaining_{uuid.uuid4().hex[:8]}"]
    await mongo.close_client(client)


class Metrics:
    """One instance, which knows an agreement and an indicator that was down for an hour of November."""

    def __init__(self, db: Any, clock: ManualClock) -> None:
        self.clock, self.commits = clock, Commits(db, clock)
        self.registry = Registry(db, clock)
        self.corrections = Corrections(self.commits, self.registry, Archive(db), clock, "http://x")
        self.maintaining = Maintaining(self.commits, self.registry, self.corrections, clock)
        self.verdicts = Aggregates(self.commits, VERDICT)
        start = to_ms(MONTH[0])
        known = history((start, "up", UP), (to_ms(DOWN), "down", 0), (to_ms(DOWN + HOUR), "up", UP))
        self.corrections.ingestion = cast(Any, _Ingestion(known))

    async def begin(self) -> None:
        given = {"metadata": {"id": "nusantara/checkout-state"}, "kindOfEvents": "state"}
        await self.registry.register(Indicator.model_validate(given), None)
        text = AgreementTextPublished(
            agreement="toko-checkout", version=1, hash="sha256:x", effective_from=MONTH[0] - 30 * HOUR,
            text=agreement_dict(),
        )  # fmt: skip
        await self.registry.on_text(text, cast(Any, None))
        await self.maintaining.read()
        await self.maintaining.load()

    async def close(self) -> None:
        """Judge November as it stands, closed."""
        text = Agreement.model_validate(agreement_dict())
        objective, indicator = text.objectives[0], self.registry.indicators["nusantara/checkout-state"]
        in_force = self.corrections.of("toko-checkout", "availability")
        about = About("toko-checkout", 1, Terms(text, objective, indicator, in_force), "http://x")
        span = to_ms(MONTH[0]), to_ms(MONTH[1])
        figure = evaluate(about.terms, self.corrections.ingestion.known_of("", None), to_ms(self.clock.now()), span)
        await self.verdicts.execute(
            verdict_id("toko-checkout", objective, span),
            lambda known, _now: decide_verdict(known, about, figure, Since(), "x"),
            by="metrics",
        )

    async def told(self) -> list[tuple[str, Any]]:
        """What was told of November since it was closed: type, and attainment or met."""
        commits = await self.commits.collection.find({}).sort([("committed_at", 1), ("n", 1)]).to_list(None)
        found = [each for commit in commits for each in commit["messages"]]
        types = [each["type"] for each in found]
        last = types.index("sepakat.period.closed.v1")
        return [(each["type"].split(".")[2], each["data"].get("met")) for each in found[last + 1 :]]


class _Ingestion:
    caught_up = True

    def __init__(self, known: History) -> None:
        self._known = known

    def known_of(self, _indicator: str, _since: int | None) -> History:
        return self._known

    async def store_events_of(self, _indicator: str) -> None:
        pass


def fact(kind: type[Any], revision: int, *in_force: tuple[datetime, datetime], **more: Any) -> Any:
    return kind(
        agreement="toko-checkout", version=1, provider="nusantara", customer="toko-maju", maintenance="m1",
        revision=revision, state="announced", reason="x", by="key", at=DOWN - HOUR,
        occurrences=[PeriodSpan(start=DOWN, end=DOWN + HOUR)],
        in_force=[Excluded(start=start, end=end) for start, end in in_force], **more,
    )  # fmt: skip


async def hear(metrics: Metrics, told: Any) -> None:
    n = f"{told.revision:08d}.000"
    cause = Envelope(f"e{told.revision}", "/sepakat/agreements", told.type, "toko-checkout", None, b"", n)
    await metrics.maintaining.on_told(told, cause)
    await metrics.maintaining.load()


async def test_what_is_heard_of_late_corrects_a_closed_period_and_each_telling_does_so_once(db: Any) -> None:
    metrics = Metrics(db, ManualClock(MONTH[1] + 25 * HOUR))
    await metrics.begin()
    await metrics.close()
    await hear(metrics, fact(maintenance.MaintenanceAnnounced, 1))
    assert await metrics.told() == [], "without consent it is down"

    consented = fact(maintenance.MaintenanceConsented, 2, (DOWN, DOWN + HOUR))
    for _ in range(2):
        await hear(metrics, consented)
    assert await metrics.told() == [("corrected", True), ("breach_retracted", True)]
    assert metrics.corrections.of("toko-checkout", "availability").announced

    again = Metrics(db, metrics.clock)
    await again.begin()
    assert again.corrections.of("toko-checkout", "availability").announced, "also after a restart"
    await hear(again, fact(maintenance.MaintenanceAnnounced, 1))
    assert len(await metrics.told()) == 2, "nor does what was told before"

    moved = fact(maintenance.MaintenanceMoved, 3, (DOWN + 2 * HOUR, DOWN + 3 * HOUR), previous=[])
    await hear(again, moved)
    assert (await again.told())[2:] == [("corrected", False), ("breached", False)]
    await metrics.maintaining.load()
    assert len(await metrics.told()) == 4, "the other instance judges nothing again"
    assert metrics.corrections.of("toko-checkout", "availability") == again.corrections.of(
        "toko-checkout", "availability"
    )


async def test_what_is_told_in_time_corrects_nothing(db: Any) -> None:
    metrics = Metrics(db, ManualClock(DOWN - HOUR))
    await metrics.begin()
    await hear(metrics, fact(maintenance.MaintenanceAnnounced, 1, (DOWN, DOWN + HOUR)))
    metrics.clock.set(MONTH[1] + 25 * HOUR)
    await metrics.close()
    await hear(metrics, fact(maintenance.MaintenanceCancelled, 2, (DOWN, DOWN + HOUR)))
    assert await metrics.told() == []
    later = MONTH[1] + 40 * HOUR
    await hear(metrics, fact(maintenance.MaintenanceMoved, 3, (DOWN, DOWN + HOUR), (later, later + HOUR), previous=[]))
    assert await metrics.told() == [], "what is still to come is of no period that was closed"
