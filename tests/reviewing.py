"""Reviews over HTTP on a real database, with a clock that the test owns; what others publish is given by hand."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
from agreeing import NOW, PATH, SIGNERS, Agreeing, day

from sepakat_agreements import feedback_api, monthly_api, review_api, review_document_api, suggestion_api
from sepakat_agreements.asking_reactions import AskingReactions
from sepakat_agreements.backtest_store import Backtests
from sepakat_agreements.credit_reactions import CreditReactions
from sepakat_agreements.credit_store import CreditAccounts
from sepakat_agreements.feedback_store import IncidentFeedback
from sepakat_agreements.monthly_store import MonthlyReports
from sepakat_agreements.opening import Opening
from sepakat_agreements.packs import Packs
from sepakat_agreements.party_store import Parties
from sepakat_agreements.people import People
from sepakat_agreements.records import Records
from sepakat_agreements.reporting import Reporting
from sepakat_agreements.review_store import Reviews
from sepakat_cli.backends import Backend
from sepakat_shared import mongo
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts import compliance, incidents
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.contracts.compliance import Budget
from sepakat_shared.contracts.fact import PeriodSpan, Title
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings
from sepakat_shared.timers import Timers

REVIEW = {"every": "P3M", "first": "2026-04-10", "chair": "rina", "participants": ["rina", "budi"], "packBefore": "P5D",
          "feedback": "P7D"}  # fmt: skip
OPENS = day(2026, 4, 4, 17)
"""The fifth of April begins in Jakarta."""
_MONTHS = [day(2025, 12, 31, 17), day(2026, 1, 31, 17), day(2026, 2, 28, 17), day(2026, 3, 31, 17)]


class Reviewing(Agreeing):
    def __init__(self, db: mongo.Database, clock: ManualClock) -> None:
        super().__init__(db, clock)
        self.parties, self.credits = Parties(self.commits), CreditAccounts(self.commits)
        self.records, self.reviews = Records(self.commits), Reviews(self.commits)
        self.feedback, people = IncidentFeedback(self.commits), People(self.parties)
        packs = Packs(self.records, self.credits, self.needs, self.feedback, self.obligations, self.diaries)
        self.opening = Opening(self.commits, self.agreements, people, self.records, packs, self.reviews, clock)
        self.reports = MonthlyReports(self.commits)
        self.reporting = Reporting(
            self.reports, self.agreements, people, self.records, packs, "http://agreements", clock
        )  # fmt: skip
        self.months = Timers(self.reports.schedules.states, "due_at", clock, self.reporting.fire)
        self.reactions += [
            *self.records.reactions(), *AskingReactions(self.records, self.agreements, people, self.feedback).all()
        ]  # fmt: skip
        self.backtests = Backtests(self.commits)
        self.crediting = CreditReactions(self.agreements, self.credits)
        self.meetings = Timers(self.opening.calendars.states, "due_at", clock, self.opening.fire)
        self.closings = Timers(self.reviews.all.states, "due_at", clock, self.reviews.fire)
        for each in (
            review_api.router(self.opening, self.reviews, self.agreements, packs, self.posts, clock),
            suggestion_api.router(self.reviews, self.agreements, self.backtests, people, self.posts, clock),
            review_document_api.router(self.reviews, self.agreements, self.parties),
            monthly_api.router(self.reports, self.agreements, self.parties, clock),
            feedback_api.router(
                self.reviews, self.feedback, self.records, self.agreements, self.needs, people, self.posts, clock
            ),
        ):
            self.app.include_router(each)
        self._heard = 0

    def cause(self, aggregate: str = "x") -> Envelope:
        self._heard += 1
        return Envelope(f"e{self._heard}", "/test", "t", aggregate, None, b"", f"{self._heard:08d}")

    def hears_and_wakes_for_reviews(self) -> None:
        """From now on what is published comes to records and reviews too, and `until` wakes for their days."""
        self.reactions += [*self.crediting.all(), *self.records.reactions(), *self.opening.reactions()]
        self.timers += [self.meetings, self.closings]

    async def in_force(self, **changes: Any) -> None:
        """The sample agreement with reviews, signed and in force since the first instant of 2026 in Jakarta."""
        await self.ask("nusantara", "PUT", PATH, 201, json=self.text(**{"review": REVIEW, **changes}))
        for party in SIGNERS:
            await self.sign(party)
        await self.until(day(2025, 12, 31, 17))
        await self.opening.on_text(self.published(), self.cause())

    def published(self) -> AgreementTextPublished:
        return AgreementTextPublished(
            agreement="toko-checkout", version=1, hash="h", effective_from=day(2025, 12, 31, 17), text={}
        )

    def closed(self, month: int, attainment: str, *, met: bool) -> compliance.PeriodClosed:
        start, end = _MONTHS[month - 1], _MONTHS[month]
        lost = "1296" if met else "3000"
        return compliance.PeriodClosed(
            agreement="toko-checkout", version=1, provider="nusantara", customer="toko-maju", service="checkout",
            objective_title=Title(en="Availability per month", id="Ketersediaan per bulan"),
            indicator="nusantara/checkout-state", at=end + timedelta(days=1), cause="x",
            episode=f"toko-checkout/availability/2026-{month:02d}", objective="availability",
            period=PeriodSpan(start=start, end=end), state="met" if met else "breached", met=met,
            attainment=attainment, exact=f"{attainment.replace('.', '')}/1000000",
            target="99.9", coverage="99.5000", credit_percent="0" if met else "10",
            budget=Budget(total="2592", consumed=lost, remaining=str(2592 - int(lost)), unit="seconds"),
        )  # fmt: skip

    async def tell_figure(self, fact: compliance.PeriodClosed | compliance.PeriodCorrected) -> None:
        """As the service reacts to it, in its order."""
        cause = self.cause(fact.episode)
        await self.crediting.on_figure(fact, cause)
        await self.records.on_figure(fact, cause)
        await self.opening.on_missed(fact, cause)

    async def tell_incident(self, number: int, opened: datetime, minutes: float) -> None:
        about: dict[str, Any] = {
            "incident": f"toko-checkout.checkout.{number:04d}", "number": f"CHECKOUT-{number:04d}",
            "agreement": "toko-checkout", "provider": "nusantara", "customer": "toko-maju", "service": "checkout",
            "title": Title(en="Checkout is down", id="Kasir mati"), "priority": "P1", "opened_at": opened,
            "impact_started_at": opened,
        }  # fmt: skip
        ended = opened + timedelta(minutes=minutes)
        for fact in (
            incidents.IncidentOpened(**about, at=opened, cause="impairment", cause_event="e"),
            incidents.IncidentAcknowledged(
                **about, at=opened + timedelta(minutes=5), by="rina", party="nusantara", stops_ladder=True,
                seconds_to_acknowledge="300.000",
            ),
            incidents.IncidentResolved(**about, at=ended, by="sepakat", impact_ended_at=ended, seconds_to_resolve="1"),
        ):  # fmt: skip
            await self.records.on_incident(fact, self.cause(about["incident"]))

    async def answer_backtest(self, id: str, reached: list[str], strictest: str, target: str = "99.9") -> None:
        """As `metrics` would, with one period for each attainment."""
        periods = tuple(
            compliance.BacktestedPeriod(start=NOW, end=NOW, state="met", met=True, attainment=each) for each in reached
        )
        totals = compliance.BacktestTotals(
            periods=len(reached), judged=len(reached), missed=0, unverified=0, no_data=0, strictest_target=strictest
        )
        tried = compliance.BacktestedObjective(
            objective="availability",
            indicator="nusantara/checkout-state",
            target=target,
            periods=periods,
            totals=totals,
        )
        fact = compliance.BacktestCompleted(
            backtest=id, agreement="toko-checkout", provider="nusantara", customer="toko-maju", at=self.clock.now(),
            start=NOW, end=self.clock.now(), objectives=(tried,),
        )  # fmt: skip
        await self.backtests.on_completed(fact, self.cause(id))

    async def pass_to(self, at: datetime) -> None:
        """Time passes; what is due of reviews then is done."""
        self.clock.set(at)
        await self.meetings.fire_due()
        await self.closings.fire_due()
        await self.months.fire_due()

    async def told_of_reviews(self) -> list[str]:
        return [type for type, _ in await self.told() if type.startswith("sepakat.review.")]


@asynccontextmanager
async def opened(backend: Backend) -> AsyncIterator[Reviewing]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    world = Reviewing(client[f"reviewing_{uuid.uuid4().hex[:8]}"], ManualClock(NOW))
    for each in (
        world.commits,
        world.agreements,
        world.needs,
        world.credits,
        world.records,
        world.reviews,
        world.feedback,
        world.obligations,
        world.standings,
    ):
        await each.create_indexes()
    for party in (*SIGNERS, "stranger"):
        await world.key(party, party)
    await world.key("operator", None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url="http://agreements") as http:
        world.http = http
        yield world
    await mongo.close_client(client)
