"""The world of reports on a real database, with a clock that the test owns; a bus brings what was committed."""

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from samples import agreement_dict

from sepakat_cli.backends import Backend
from sepakat_incidents import api, comment_api, merging, pages, reopening, report_api
from sepakat_incidents import line as domain
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.episodes import Episodes
from sepakat_incidents.forms import Forms
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Trigger
from sepakat_incidents.links import Signing
from sepakat_incidents.report_reactions import ReportReactions
from sepakat_incidents.reports import Reports
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.store import Incidents, line_of
from sepakat_incidents.wordings import Wordings
from sepakat_shared import mongo, web
from sepakat_shared.auth import Principal
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MAIN, OTHER = "toko-checkout.checkout.0001", "toko-checkout.checkout~other.0001"
FIRST = "toko-checkout.payments.0001"
"""Of another service: it opened before MAIN, which is merged into it."""
SCOPES = frozenset({"incidents:read", "incidents:write"})
KEYS = {
    "rina": Principal("rina", "nusantara", frozenset(), SCOPES),
    "budi": Principal("budi", "toko-maju", frozenset(), SCOPES),
    "stranger": Principal("stranger", "other", frozenset(), SCOPES),
    "reader": Principal("reader", "toko-maju", frozenset(), frozenset({"incidents:read"})),
    "operator": Principal("operator", None, frozenset({"operator"}), frozenset()),
}
REPORT: dict[str, Any] = {
    "agreement": "toko-checkout", "service": "checkout", "summary": "Cards are refused",
    "reporter": {"name": "Siti", "email": "siti@toko.example", "language": "id"},
}  # fmt: skip
SENT = {"name": "Siti", "email": "siti@toko.example", "summary": "Cards are refused", "severity": "part",
        "details": "since\r\nnine", "website": ""}  # fmt: skip


LATER = timedelta(days=1)


def reopen(line: Any, id: str, now: datetime) -> Any:
    return reopening.reopen(line, id, "budi", "toko-maju", "again", LATER, now)


class Keys:
    async def principal(self, secret: str) -> Principal:
        return KEYS[secret]


class World:
    """The service's parts on a clock that the test owns, with a bus that brings what was committed."""

    def __init__(self, db: Any) -> None:
        self.clock, self.db = ManualClock(NOW), db
        self.commits = Commits(db, self.clock)
        self.incidents, self.discussions = Incidents(self.commits, Rotations(self.commits)), Discussions(self.commits)
        self.links = Signing(db, None)
        self.reports = Reports(self.commits, self.links, "https://sla.example/")
        self.wordings = wordings = Wordings(db, self.clock)
        self.episodes = Episodes(self.incidents, wordings, timedelta(days=1))
        self.forms = Forms(
            self.commits, self.reports, self.incidents, self.episodes, self.links, wordings, "https://sla.example",
            self.clock,
        )  # fmt: skip
        about = ReportReactions(self.reports, self.incidents, self.episodes, wordings)
        self._reactions = {each.contract.type: each for each in about.all()}
        self._brought: set[str] = set()
        self.told: list[tuple[str, dict[str, Any]]] = []
        posts = IdempotentPosts(db)
        self.app = web.application("reports", "of a test", Keys(), 2 << 20)  # type: ignore[arg-type]
        timelines = (self.discussions.timeline, self.reports.timeline)
        self.app.include_router(api.router(self.incidents, timedelta(days=1), self.clock, timelines))
        self.app.include_router(comment_api.router(self.incidents, self.discussions, posts, self.clock))
        self.app.include_router(report_api.router(
            self.reports, self.incidents, self.forms, wordings, posts, self.clock
        ))  # fmt: skip
        self.app.include_router(pages.router(self.forms, self.reports, self.links, self.clock))

    async def bring(self, times: int = 1) -> None:
        """Everything that was committed since, each event `times` times over, until nothing new follows."""
        while found := await self.commits.collection.find().sort("_id", 1).to_list(None):
            fresh = [each for each in found if each["_id"] not in self._brought]
            if not fresh:
                return
            for commit in fresh:
                self._brought.add(commit["_id"])
                await self._deliver(commit, times)

    async def _deliver(self, commit: dict[str, Any], times: int) -> None:
        for i, message in enumerate(commit["messages"]):
            self.told.append((message["type"], message["data"]))
            reaction = self._reactions.get(message["type"])
            if reaction is None or message["topic"] != topics.INCIDENTS:
                continue
            subject = commit["aggregate"].partition("/")[2]
            cause = Envelope(f"{commit['_id']}.{i}", "/sepakat/incidents", message["type"], subject, commit["at"], b"",
                             f"{commit['n']:08d}.{i:03d}")  # fmt: skip
            for _ in range(times):
                await reaction.handler(reaction.contract.model_validate(message["data"]), cause)

    async def handle(self, headers: dict[str, str], body: bytes) -> None:
        """What a relay has published."""
        reaction = self._reactions.get(headers["ce_type"])
        if reaction is not None:
            cause = Envelope(headers["ce_id"], headers["ce_source"], headers["ce_type"], headers["ce_subject"],
                             headers["ce_time"], body, headers["ce_sequence"])  # fmt: skip
            await reaction.handler(reaction.contract.model_validate_json(body), cause)

    def forget(self) -> None:
        """Everything comes once more."""
        self._brought.clear()

    def mails(self) -> list[tuple[str, bool]]:
        """What the notifier is asked to mail to reporters: the step and whether."""
        return [
            (data.get("step", "filed"), data.get("mailed", data.get("acknowledged")))
            for type, data in self.told if type.startswith("sepakat.report.")
        ]  # fmt: skip

    async def do(self, incident: str, command: Any, *given: Any) -> None:
        await self.incidents.execute(line_of(incident), lambda line, now: command(line, incident, *given, now), "rina")

    async def resolve(self, incident: str) -> None:
        await self.do(incident, lambda line, id, now: domain.resolve(line, id, "rina", None, now, LATER))

    async def begin_first(self) -> None:
        """A minute before whatever follows."""
        about = About("toko-checkout", "payments", "nusantara", "toko-maju")
        trigger = Trigger("impairment", "impairment:payments", "e1", NOW, {"en": "Payments are down"})
        await self.episodes.begin(line_of(FIRST), about, trigger, Handling("P3", version=1), "test")
        self.clock.advance(timedelta(minutes=1))

    async def merge(self) -> None:
        await self.do(MAIN, merging.merge, await self.incidents.find(FIRST), "rina", None)
        await self.episodes.absorb(MAIN, "rina")


class Desk:
    def __init__(self, world: World, http: httpx.AsyncClient) -> None:
        self.world, self._http = world, http

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who}"} | more.pop("headers", {})
        return await self._http.request(method, f"/v1/{path}", headers=headers, **more)

    async def file(self, who: str = "budi", status: int = 201, **changes: Any) -> Any:
        answer = await self.ask(who, "POST", "reports", json={**REPORT, **changes})
        assert answer.status_code == status, answer.text
        return answer.json()

    async def form(self, **changes: Any) -> Any:
        given = {"agreement": "toko-checkout", "service": "checkout", **changes}
        answer = await self.ask("budi", "POST", "report-forms", json=given)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def look(self, url: str, **more: Any) -> httpx.Response:
        return await self._http.get(url.replace("https://sla.example", ""), **more)

    async def send(self, url: str, status: int = 303, **changes: Any) -> httpx.Response:
        """Open the form, fill it in and send it, as a browser does."""
        path = url.replace("https://sla.example", "")
        shown = (await self._http.get(path)).text
        fields = {**SENT, "showing": showing(shown), **changes}
        answer = await self._http.post(path, data={name: each for name, each in fields.items() if each is not None})
        assert answer.status_code == status, answer.text
        return answer


def showing(page: str) -> str:
    found = re.search(r'name="showing" value="([^"]+)"', page)
    assert found
    return found[1]


async def fact_of(world: World, aggregate: str, contract: type[Fact]) -> tuple[dict[str, str], bytes]:
    """The last fact of that kind that the aggregate's commits tell."""
    told = [(commit, i, message) for commit in await world.commits.of(aggregate)
            for i, message in enumerate(commit["messages"]) if message["type"] == contract.type]  # fmt: skip
    commit, i, message = told[-1]
    headers = {"ce_id": f"{commit['_id']}.{i}", "ce_source": "/sepakat/incidents", "ce_type": contract.type,
               "ce_subject": message["key"], "ce_time": commit["at"],
               "ce_sequence": f"{commit['n']:08d}.{i:03d}"}  # fmt: skip
    return headers, contract.model_validate(message["data"]).model_dump_json().encode()


@asynccontextmanager
async def opened(backend: Backend) -> AsyncIterator[Desk]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    async with opened_on(client[f"reports_{uuid.uuid4().hex[:8]}"]) as desk:
        yield desk
    await mongo.close_client(client)


@asynccontextmanager
async def opened_on(db: mongo.Database) -> AsyncIterator[Desk]:
    world = World(db)
    text = agreement_dict(priorities={each: {"escalation": "critical"} for each in ("P1", "P2", "P3")})
    document = {"agreement": "toko-checkout", "version": 1, "text": text, "effective_from": NOW - timedelta(days=1)}
    await world.db["texts"].replace_one({"_id": "toko-checkout/1"}, document, upsert=True)
    await world.links.load()
    await world.reports.create_indexes()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url="http://incidents") as http:
        yield Desk(world, http)
