"""The composition root of `metrics`: every part, every route and every subscription."""

from datetime import timedelta

from fastapi import FastAPI

from sepakat_metrics import api, door
from sepakat_metrics.archive import Archive
from sepakat_metrics.assessment import Assessment
from sepakat_metrics.attainment import Attainments
from sepakat_metrics.backtests import Backtests
from sepakat_metrics.backtests import router as backtest_routes
from sepakat_metrics.checkpoints import Checkpoints
from sepakat_metrics.closing import Closing
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.door import Door
from sepakat_metrics.ingestion import Ingestion
from sepakat_metrics.late import Late
from sepakat_metrics.maintaining import Maintaining
from sepakat_metrics.memory import Memory
from sepakat_metrics.packs import Packs
from sepakat_metrics.parking import Parking
from sepakat_metrics.registry import Registry
from sepakat_metrics.settings import MetricsSettings
from sepakat_metrics.showing import Figures
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.agreements import AgreementTextPublished, BacktestRequested
from sepakat_shared.contracts.disputes import DisputeSettled
from sepakat_shared.contracts.lasting import AgreementEnded
from sepakat_shared.contracts.obligations import ObligationExcused, ObligationMet, ObligationVoided
from sepakat_shared.reacting import Reaction
from sepakat_shared.service import Service


def build(settings: MetricsSettings) -> FastAPI:
    service = Service("metrics", settings)
    registry = Registry(service.db, service.clock)
    checkpoints = Checkpoints(service.db)
    parking = Parking(service.db, service.clock, timedelta(days=settings.metrics_park_days))
    archive = Archive(service.db)
    corrections = Corrections(service.commits, registry, archive, service.clock, settings.public_url)
    maintaining = Maintaining(service.commits, registry, corrections, service.clock)
    attainments = Attainments(service.commits, registry, corrections, archive, service.clock)
    packs = Packs(service.db, settings, attainments, archive, service.clock)
    late = Late(service.db, registry, service.clock)
    closing = Closing(service.commits, corrections, late, service.clock)
    backtests = Backtests(service.commits, registry, corrections, archive, service.clock)
    bus = service.start(
        [
            Reaction(topics.AGREEMENT_TEXTS, AgreementTextPublished, registry.on_text),
            Reaction(topics.AGREEMENTS, AgreementEnded, registry.on_ended),
            Reaction(topics.AGREEMENTS, BacktestRequested, backtests.on_requested),
            Reaction(topics.AGREEMENTS, ObligationMet, corrections.grants.on_unmet),
            Reaction(topics.AGREEMENTS, ObligationExcused, corrections.grants.on_unmet),
            Reaction(topics.AGREEMENTS, ObligationVoided, corrections.grants.on_unmet),
            Reaction(topics.INCIDENTS, DisputeSettled, corrections.grants.on_settled),
            *maintaining.reactions(),
        ]
    )
    figures = Figures(service.db)
    assessment = Assessment(service.commits, registry, corrections, figures, service.clock, settings.public_url)
    memory = Memory(archive, registry, assessment.needed_since)
    ingestion = Ingestion(
        settings, bus, service.dead_letters, checkpoints, memory, parking, late, registry, service.clock,
        assessment.on_folded, assessment.forget, assessment.asked,
    )  # fmt: skip
    assessment.ingestion = backtests.ingestion = corrections.ingestion = closing.ingestion = ingestion
    figures.is_busy = lambda: not ingestion.caught_up
    bus.replayed_by[topics.METRICS] = ingestion.intake.replay
    http = Door(service.db, bus, registry, ingestion, service.clock)

    for part in (registry, checkpoints, parking, corrections, maintaining, closing, backtests, figures, http):
        service.before_start(part.create_indexes)
    service.before_start(registry.load)
    service.before_start(maintaining.read)
    service.before_start(corrections.load)
    service.before_start(maintaining.load)
    service.before_start(packs.load)
    service.lags_too(ingestion.lag)
    service.alongside(http.forget_old)
    service.alongside(registry.run)
    service.alongside(corrections.run)
    service.alongside(maintaining.run)
    service.alongside(ingestion.run)
    service.alongside(assessment.run)
    service.alongside(closing.run)
    service.alongside(backtests.run)
    service.alongside(figures.run)
    service.alongside(lambda: parking.run(lambda: registry.indicators, ingestion.intake.put_back))

    app = service.web("Sepakat metrics", "Metric events in; how every objective stands out.")
    app.include_router(
        api.router(registry, figures, parking, attainments, packs, corrections, service.posts, service.clock)
    )
    app.include_router(backtest_routes(backtests))
    app.include_router(door.router(http, parking))
    app.state.bus = bus
    return app
