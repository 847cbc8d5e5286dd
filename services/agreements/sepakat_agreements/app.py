"""The composition root of `agreements`: every part, every route and every subscription."""

from fastapi import FastAPI

from sepakat_agreements import (
    api,
    backtest_api,
    calendar_api,
    credit_api,
    document_api,
    feedback_api,
    maintenance_api,
    monthly_api,
    need_api,
    negotiation_api,
    obligation_api,
    plan_api,
    review_api,
    review_document_api,
    schedule_api,
    suggestion_api,
    term_api,
    version_api,
)
from sepakat_agreements.asking_reactions import AskingReactions
from sepakat_agreements.backtest_store import Backtests
from sepakat_agreements.credit_reactions import CreditReactions
from sepakat_agreements.credit_store import CreditAccounts
from sepakat_agreements.feedback_store import IncidentFeedback
from sepakat_agreements.maintenance_store import Diaries
from sepakat_agreements.monthly_store import MonthlyReports
from sepakat_agreements.need_store import Needs
from sepakat_agreements.obligation_reactions import ObligationReactions
from sepakat_agreements.obligation_store import Obligations
from sepakat_agreements.opening import Opening
from sepakat_agreements.packs import Packs
from sepakat_agreements.party_store import Parties
from sepakat_agreements.people import People
from sepakat_agreements.records import Records
from sepakat_agreements.reporting import Reporting
from sepakat_agreements.review_store import Reviews
from sepakat_agreements.settings import AgreementsSettings
from sepakat_agreements.standing_reactions import StandingReactions
from sepakat_agreements.standing_store import Standings
from sepakat_agreements.store import Agreements
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import KEY
from sepakat_shared.calendar_links import CalendarLinks
from sepakat_shared.service import Service


def build(settings: AgreementsSettings) -> FastAPI:
    service = Service("agreements", settings)
    backtests = Backtests(service.commits)
    agreements, parties = Agreements(service.commits), Parties(service.commits)
    needs, keys = Needs(service.commits), Aggregates(service.commits, KEY)
    credits = CreditAccounts(service.commits)
    diaries = Diaries(service.commits, agreements)
    links = CalendarLinks(service.commits, "maintenance-link", "agreement")
    obligations, standings = Obligations(service.commits, agreements), Standings(service.commits)
    records, reviews, people = Records(service.commits), Reviews(service.commits), People(parties)
    feedback = IncidentFeedback(service.commits)
    packs = Packs(records, credits, needs, feedback, obligations, diaries)
    reports = MonthlyReports(service.commits)
    reporting = Reporting(reports, agreements, people, records, packs, settings.public_url, service.clock)
    opening = Opening(service.commits, agreements, people, records, packs, reviews, service.clock)
    bus = service.start(
        [
            *backtests.reactions(),
            *CreditReactions(agreements, credits).all(),
            *ObligationReactions(obligations).all(),
            *StandingReactions(agreements, standings).all(),
            *records.reactions(),
            *opening.reactions(),
            *reporting.reactions(),
            *AskingReactions(records, agreements, people, feedback).all(),
        ]
    )

    for setup in (
        agreements.create_indexes, agreements.schedule, needs.create_indexes, credits.create_indexes,
        links.create_indexes, records.create_indexes, reviews.create_indexes, feedback.create_indexes,
        obligations.create_indexes, obligations.adopt, standings.create_indexes,
        reports.create_indexes, reporting.adopt,
    ):  # fmt: skip
        service.before_start(setup)
    service.keep_time(agreements.all.states, agreements.fire)
    service.keep_time(credits.all.states, credits.fire)
    service.keep_time(diaries.all.states, diaries.fire)
    service.keep_time(opening.calendars.states, opening.fire)
    service.keep_time(reviews.all.states, reviews.fire)
    service.keep_time(obligations.all.states, obligations.fire)
    service.keep_time(obligations.rosters.states, obligations.advance)
    service.keep_time(standings.all.states, standings.fire)
    service.keep_time(reports.schedules.states, reporting.fire)

    app = service.web("Sepakat agreements", "What provider and customer agreed: parties, texts, signatures, API keys.")
    app.include_router(api.router(agreements, parties, needs, keys, service.commits, service.posts, service.clock))
    app.include_router(need_api.router(needs, agreements, service.posts, service.clock))
    app.include_router(negotiation_api.router(agreements, service.posts, service.clock))
    app.include_router(version_api.router(agreements, service.posts, service.clock))
    app.include_router(term_api.router(agreements, standings))
    app.include_router(backtest_api.router(backtests, agreements, service.posts, service.clock))
    app.include_router(credit_api.router(credits))
    app.include_router(obligation_api.router(obligations, agreements, service.posts, service.clock))
    app.include_router(plan_api.router(standings, agreements, people, service.clock))
    app.include_router(review_api.router(opening, reviews, agreements, packs, service.posts, service.clock))
    app.include_router(suggestion_api.router(reviews, agreements, backtests, people, service.posts, service.clock))
    app.include_router(review_document_api.router(reviews, agreements, parties))
    app.include_router(
        feedback_api.router(reviews, feedback, records, agreements, needs, people, service.posts, service.clock)
    )
    app.include_router(monthly_api.router(reports, agreements, parties, service.clock))
    app.include_router(document_api.router(agreements, parties))
    app.include_router(maintenance_api.router(agreements, diaries, service.posts, service.clock))
    app.include_router(schedule_api.router(agreements, diaries, links, settings.public_url, service.clock))
    app.include_router(calendar_api.router(agreements, service.clock))
    app.state.bus = bus
    return app
