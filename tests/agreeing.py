"""Agreements over HTTP on a real database, with a clock that the test owns; parties sign with keys of their own."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from samples import agreement_dict

from sepakat_agreements import (
    api,
    backtest_api,
    calendar_api,
    maintenance_api,
    need_api,
    negotiation_api,
    obligation_api,
    plan_api,
    schedule_api,
    term_api,
    version_api,
)
from sepakat_agreements.backtest_store import Backtests
from sepakat_agreements.maintenance_store import Diaries
from sepakat_agreements.need_store import Needs
from sepakat_agreements.obligation_reactions import ObligationReactions
from sepakat_agreements.obligation_store import Obligations
from sepakat_agreements.party_store import Parties
from sepakat_agreements.people import People
from sepakat_agreements.standing_reactions import StandingReactions
from sepakat_agreements.standing_store import Standings
from sepakat_agreements.store import Agreements
from sepakat_cli.backends import Backend
from sepakat_shared import mongo, signatures, web
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import KEY, KnownKeys, digest
from sepakat_shared.calendar_links import CalendarLinks
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.agreements import KeyIssued
from sepakat_shared.contracts.fact import Fact, rfc3339
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings
from sepakat_shared.timers import Timers

NOW = datetime(2025, 11, 3, 9, tzinfo=UTC)
SIGNERS = {"nusantara": "rina", "toko-maju": "budi"}
PATH = "/v1/agreements/toko-checkout"


class Agreeing:
    """The parties' agreements; `nusantara`, `toko-maju` and `stranger` have a key each, and so has an operator."""

    def __init__(self, db: mongo.Database, clock: ManualClock) -> None:
        self.clock, self.commits = clock, Commits(db, clock)
        self.keys, self.posts = KnownKeys(db, clock), IdempotentPosts(db)
        self.agreements, self.needs = Agreements(self.commits), Needs(self.commits)
        self.diaries = Diaries(self.commits, self.agreements)
        links = CalendarLinks(self.commits, "maintenance-link", "agreement")
        self.obligations = Obligations(self.commits, self.agreements)
        self.standings = Standings(self.commits)
        self.reactions = [
            *ObligationReactions(self.obligations).all(), *StandingReactions(self.agreements, self.standings).all(),
        ]  # fmt: skip
        self.timers = [
            Timers(states, "due_at", clock, fire)
            for states, fire in (
                (self.agreements.all.states, self.agreements.fire),
                (self.obligations.all.states, self.obligations.fire),
                (self.obligations.rosters.states, self.obligations.advance),
                (self.standings.all.states, self.standings.fire),
                (self.diaries.all.states, self.diaries.fire),
            )
        ]  # fmt: skip
        self.heard: set[str] = set()
        self.events = 0
        self.signing_keys = {party: Ed25519PrivateKey.generate() for party in SIGNERS}
        self.app = web.application("agreements", "", self.keys, 5_000_000)
        issued = Aggregates(self.commits, KEY)
        for each in (
            api.router(self.agreements, Parties(self.commits), self.needs, issued, self.commits, self.posts, clock),
            need_api.router(self.needs, self.agreements, self.posts, clock),
            negotiation_api.router(self.agreements, self.posts, clock),
            version_api.router(self.agreements, self.posts, clock),
            term_api.router(self.agreements, self.standings),
            plan_api.router(self.standings, self.agreements, People(Parties(self.commits)), clock),
            obligation_api.router(self.obligations, self.agreements, self.posts, clock),
            backtest_api.router(Backtests(self.commits), self.agreements, self.posts, clock),
            maintenance_api.router(self.agreements, self.diaries, self.posts, clock),
            schedule_api.router(self.agreements, self.diaries, links, "http://agreements", clock),
            calendar_api.router(self.agreements, clock),
        ):
            self.app.include_router(each)
        self.http: httpx.AsyncClient

    async def key(self, name: str, party: str | None, *scopes: str) -> None:
        roles = () if party else ("operator",)
        if party and not scopes:
            scopes = ("agreements:read", "agreements:write", "compliance:read")
        issued = KeyIssued(key=name, digest=digest(f"spk_{name}"), party=party, roles=roles, scopes=scopes)
        await self.keys.on_issued(issued)

    def text(self, **changes: Any) -> dict[str, Any]:
        """The sample agreement, with the keys that the parties sign with."""
        keys = {party: signatures.public_key(key) for party, key in self.signing_keys.items()}
        signatories = [{"party": party, "contact": SIGNERS[party], "key": key} for party, key in keys.items()]
        return agreement_dict(**{"signatories": signatories, **changes})

    async def ask(self, who: str, method: str, path: str, status: int = 200, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer spk_{who}"} | more.pop("headers", {})
        answer = await self.http.request(method, path, headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def get(self, path: str = "", who: str = "toko-maju", **params: Any) -> Any:
        return await self.ask(who, "GET", PATH + path, params=params)

    async def post(self, who: str, path: str, status: int = 201, **body: Any) -> Any:
        return await self.ask(who, "POST", PATH + path, status, json=body)

    async def sign(self, party: str, status: int = 201) -> Any:
        """Read the text that is not signed yet, and sign that one."""
        shown = await self.get(who=party)
        number = shown["open_version"] or shown["version"]
        hashed = (await self.get(f"/versions/{number}", party))["hash"]
        return await self.post(
            party, "/signatures", status, party=party, contact=SIGNERS[party], hash=hashed,
            signature=signatures.sign(self.signing_keys[party], hashed),
        )  # fmt: skip

    async def accept(self, party: str, number: int) -> Any:
        following = (await self.get(f"/proposals/{number}", party))["following"]
        return await self.post(party, f"/proposals/{number}/accept", 200, hash=following["hash"])

    async def until(self, at: datetime) -> None:
        """Time passes; what is due on the way is done at its time, and heard."""
        while True:
            await self.hear()
            due = [each for timer in self.timers async for each in _dues(timer) if each <= at]
            if not due:
                break
            self.clock.set(max(min(due), self.clock.now()))
            assert await self.fire_due(), "what is due is done"
        self.clock.set(at)

    async def fire_due(self) -> int:
        """Do what is due now; returns how much it was."""
        return sum([await timer.fire_due() for timer in self.timers])

    async def hear(self) -> None:
        """What was published on the service's own topic comes back to it, each event twice."""
        commits = await self.commits.collection.find({}).sort([("committed_at", 1), ("n", 1)]).to_list(None)
        for commit in [each for each in commits if each["_id"] not in self.heard]:
            self.heard.add(commit["_id"])
            for i, each in enumerate(commit["messages"]):
                subject = each["subject"] or commit["aggregate"].partition("/")[2]
                cause = Envelope(
                    f"{commit['_id']}.{i}", "/sepakat/agreements", each["type"], subject,
                    each["at"] or rfc3339(commit["committed_at"]), b"", f"{commit['n']:08d}.{i:03d}",
                )  # fmt: skip
                for _ in range(2):
                    await self._react(each["topic"], each["type"], each["data"], cause)

    async def happens(self, topic: str, fact: Fact) -> None:
        """Another service tells of it."""
        self.events += 1
        cause = Envelope(f"e{self.events}", "/sepakat/other", fact.type, "x", None, b"", f"{self.events:08d}")
        await self._react(topic, fact.type, fact.as_json(), cause)
        await self.hear()

    async def _react(self, topic: str, type: str, data: dict[str, Any] | None, cause: Envelope) -> None:
        for each in self.reactions:
            if (each.topic, each.contract.type) == (topic, type):
                await each.handler(
                    each.contract.model_validate(data), msgspec.structs.replace(cause, reader=each.reader)
                )

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        """The types and data of everything that was published, in order of its commits."""
        commits = await self.commits.collection.find({}).sort([("committed_at", 1), ("n", 1)]).to_list(None)
        return [(each["type"], each["data"]) for commit in commits for each in commit["messages"]]


async def _dues(timer: Timers) -> AsyncIterator[datetime]:
    async for each in timer._states.find({"due_at": {"$ne": None}}, {"due_at": 1}):
        yield each["due_at"]


@asynccontextmanager
async def opened(backend: Backend) -> AsyncIterator[Agreeing]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    agreeing = Agreeing(client[f"agreeing_{uuid.uuid4().hex[:8]}"], ManualClock(NOW))
    await agreeing.commits.create_indexes()
    await agreeing.agreements.create_indexes()
    await agreeing.needs.create_indexes()
    await agreeing.obligations.create_indexes()
    await agreeing.standings.create_indexes()
    for party in (*SIGNERS, "stranger"):
        await agreeing.key(party, party)
    await agreeing.key("operator", None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(agreeing.app), base_url="http://agreements") as http:
        agreeing.http = http
        yield agreeing
    await mongo.close_client(client)


def day(year: int, month: int, day: int, hours: float = 0) -> datetime:
    return datetime(year, month, day, tzinfo=UTC) + timedelta(hours=hours)
