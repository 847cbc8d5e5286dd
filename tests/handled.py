"""Incidents over HTTP on a real database, with a clock that the test owns; what others publish is given by hand."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from sepakat_cli.backends import Backend
from sepakat_incidents import alert_api, answer_api, api, deadlines, merging_api, record_api, triage_api
from sepakat_incidents.alert_door import AlertDoor
from sepakat_incidents.contacts import Contacts
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.episodes import Episodes
from sepakat_incidents.reactions import Reactions
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.store import Incidents
from sepakat_incidents.turns import Turns
from sepakat_incidents.wordings import Wordings
from sepakat_shared import mongo, web
from sepakat_shared.auth import KnownKeys, digest
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import compliance, texts
from sepakat_shared.contracts.agreements import AgreementTextPublished, ContactRecorded, KeyIssued
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SCOPES = ("incidents:read", "incidents:write")


class Handled:
    """The incidents of a few agreements; `nusantara`, `toko-maju` and `stranger` have a key each."""

    def __init__(self, db: mongo.Database, clock: ManualClock, close_after: timedelta) -> None:
        self.clock, self.db, self.commits = clock, db, Commits(db, clock)
        self.keys, self.posts, self.rotations = KnownKeys(db, clock), IdempotentPosts(db), Rotations(self.commits)
        self.incidents, self.contacts = Incidents(self.commits, self.rotations), Contacts(db)
        self.wordings = wordings = Wordings(db, clock)
        self.episodes = Episodes(self.incidents, wordings, close_after)
        self.reactions = Reactions(self.incidents, self.rotations, self.contacts, self.episodes, wordings)
        self.discussions = Discussions(self.commits)
        self.door = AlertDoor(
            self.incidents, self.episodes, self.incidents.alerts, wordings, Turns(db, clock), self.discussions, clock
        )
        self.beside: list[api.Beside] = []
        self.app = web.application("incidents", "", self.keys, 5_000_000)
        for each in (
            api.router(self.incidents, close_after, clock, self.beside),
            answer_api.router(self.incidents, self.reactions.text, self.posts, clock),
            alert_api.router(self.door),
            merging_api.router(self.incidents, self.episodes, clock),
            record_api.router(self.incidents, wordings, self.reactions.text, self.posts, clock),
            triage_api.router(self.incidents, self.contacts, self.rotations, self.reactions.text, clock),
        ):
            self.app.include_router(each)
        self.http: httpx.AsyncClient
        self._heard = 0

    async def key(self, name: str, party: str | None, *scopes: str) -> None:
        roles = () if party else ("operator",)
        issued = KeyIssued(key=name, digest=digest(f"spk_{name}"), party=party, roles=roles, scopes=scopes)
        await self.keys.on_issued(issued)

    # -- what others publish ------------------------------------------------------------------------------------------

    def cause(self, aggregate: str = "x") -> Envelope:
        self._heard += 1
        return Envelope(f"e{self._heard}", "/test", "t", aggregate, None, b"", f"{self._heard:08d}")

    async def agree(self, text: texts.Agreement) -> None:
        fact = AgreementTextPublished(
            agreement=text.metadata.id, version=1, hash="h", effective_from=NOW - timedelta(days=9),
            text=texts.as_text(text),
        )  # fmt: skip
        await self.reactions.on_text(fact, self.cause())

    async def contact(self, party: str, contact: str) -> None:
        await self.contacts.on_contact(ContactRecorded(party=party, contact=contact, name=contact), self.cause())

    async def impaired(self, agreement: str = "toko-checkout", service: str = "checkout") -> str:
        """An impairment of that service is told; returns the id of the incident that it is on."""
        about: dict[str, Any] = {
            "agreement": agreement, "version": 1, "service": service, "provider": "nusantara", "customer": "toko-maju",
            "indicator": f"nusantara/{service}", "at": self.clock.now(), "cause": "x",
        }  # fmt: skip
        began = compliance.ImpairmentBegan(**about, impairment="i", state="down")
        await self.reactions.on_impairment(began, self.cause(f"{agreement}.{service}"))
        loaded = await self.incidents.lines.get(f"{agreement}.{service}")
        assert loaded.state.incident is not None
        return loaded.state.incident.id

    async def mended(self, agreement: str = "toko-checkout", service: str = "checkout") -> None:
        about: dict[str, Any] = {
            "agreement": agreement, "version": 1, "service": service, "provider": "nusantara", "customer": "toko-maju",
            "indicator": f"nusantara/{service}", "at": self.clock.now(), "cause": "x",
        }  # fmt: skip
        ended = compliance.ImpairmentEnded(**about, impairment="i", began_at=self.clock.now())
        await self.reactions.on_impairment_ended(ended, self.cause(f"{agreement}.{service}"))

    async def after(self, **passed: float) -> None:
        """Time passes; what is due then is done."""
        self.clock.advance(timedelta(**passed))
        for each in await self.incidents.lines.states.find({"due_at": {"$ne": None}}, {"_id": 1}).to_list(None):
            await self.incidents.on_ladder(each["_id"], deadlines.fire, by="timer")

    # -- what people and systems ask ----------------------------------------------------------------------------------

    async def ask(self, who: str, method: str, path: str, status: int = 200, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer spk_{who}"} | more.pop("headers", {})
        answer = await self.http.request(method, path, headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def post(self, who: str, id: str, what: str, status: int = 200, **body: Any) -> Any:
        return await self.ask(who, "POST", f"/v1/incidents/{id}/{what}", status, json=body)

    async def get(self, id: str, who: str = "toko-maju") -> Any:
        return await self.ask(who, "GET", f"/v1/incidents/{id}")

    async def timeline(self, id: str, who: str = "toko-maju") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.ask(who, "GET", f"/v1/incidents/{id}/timeline"))["items"]
        return items

    async def told(self, *, suffix: str = "") -> list[str]:
        """The types of everything that was published, in order of its commits."""
        commits = await self.commits.collection.find({}).sort("committed_at", 1).to_list(None)
        types = [message["type"] for commit in commits for message in commit["messages"]]
        return [each for each in types if each.endswith(suffix)]


@asynccontextmanager
async def opened(
    backend: Backend, *agreements: texts.Agreement, close_after: timedelta = timedelta(hours=24),
    more: Callable[[Handled], None] = lambda _handled: None,
) -> AsyncIterator[Handled]:  # fmt: skip
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    handled = Handled(client[f"handled_{uuid.uuid4().hex[:8]}"], ManualClock(NOW), close_after)
    await handled.commits.create_indexes()
    await handled.incidents.create_indexes()
    for party in ("nusantara", "toko-maju", "stranger"):
        await handled.key(party, party, *SCOPES)
    await handled.key("operator", None)
    for text in agreements:
        await handled.agree(text)
    more(handled)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(handled.app), base_url="http://incidents") as http:
        handled.http = http
        yield handled
    await mongo.close_client(client)
