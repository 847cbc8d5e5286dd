"""The composition root of `agreements`: every part, every route and every subscription."""

from fastapi import FastAPI

from sepakat_agreements import api, backtest_api, document_api, need_api, negotiation_api, term_api, version_api
from sepakat_agreements.backtest_store import Backtests
from sepakat_agreements.need_store import Needs
from sepakat_agreements.party_store import Parties
from sepakat_agreements.settings import AgreementsSettings
from sepakat_agreements.store import Agreements
from sepakat_shared.auth import KEY
from sepakat_shared.commits import Aggregates
from sepakat_shared.service import Service
from sepakat_shared.timers import Timers


def build(settings: AgreementsSettings) -> FastAPI:
    service = Service("agreements", settings)
    backtests = Backtests(service.commits)
    bus = service.start(backtests.reactions())
    agreements, parties = Agreements(service.commits), Parties(service.commits)
    needs, keys = Needs(service.commits), Aggregates(service.commits, KEY)

    timers = Timers(agreements.all.states, "due_at", service.clock, agreements.fire)
    service.commits.tell(agreements.all.states.name, timers.wake)
    service.before_start(agreements.create_indexes)
    service.before_start(agreements.schedule)
    service.before_start(needs.create_indexes)
    service.before_start(timers.create_indexes)
    service.alongside(timers.run)

    app = service.web("Sepakat agreements", "What provider and customer agreed: parties, texts, signatures, API keys.")
    app.include_router(api.router(agreements, parties, needs, keys, service.commits, service.posts, service.clock))
    app.include_router(need_api.router(needs, agreements, service.posts, service.clock))
    app.include_router(negotiation_api.router(agreements, service.posts, service.clock))
    app.include_router(version_api.router(agreements, service.posts, service.clock))
    app.include_router(term_api.router(agreements))
    app.include_router(backtest_api.router(backtests, agreements, service.posts, service.clock))
    app.include_router(document_api.router(agreements, parties))
    app.state.bus = bus
    return app
