"""The composition root of `agreements`: every part, every route and every subscription."""

from fastapi import FastAPI

from sepakat_agreements import api, document_api
from sepakat_agreements.settings import AgreementsSettings
from sepakat_agreements.store import Agreements, Parties
from sepakat_shared.auth import KEY
from sepakat_shared.bus import Reaction
from sepakat_shared.commits import Aggregates
from sepakat_shared.service import Service
from sepakat_shared.timers import Timers

REACTIONS: tuple[Reaction, ...] = ()
"""`agreements` reacts to nobody yet; like every service it keeps a copy of the API keys."""


def build(settings: AgreementsSettings) -> FastAPI:
    service = Service("agreements", settings)
    bus = service.start(REACTIONS)
    agreements, parties = Agreements(service.commits), Parties(service.commits)
    keys = Aggregates(service.commits, KEY)

    timers = Timers(agreements.all.states, "activates_at", service.clock, agreements.activate)
    service.commits.tell(agreements.all.states.name, timers.wake)
    service.before_start(agreements.create_indexes)
    service.before_start(timers.create_indexes)
    service.alongside(timers.run)

    app = service.web("Sepakat agreements", "What provider and customer agreed: parties, texts, signatures, API keys.")
    app.include_router(api.router(agreements, parties, keys, service.commits, service.posts, service.clock))
    app.include_router(document_api.router(agreements, parties))
    app.state.bus = bus
    return app
