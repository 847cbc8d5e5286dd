"""The links that people press and the API that systems call, on a real database."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from facts import incident, notification, objective
from notifying import LOOPBACK, VAULT, received, settings

from sepakat_cli.backends import Backend
from sepakat_notifier import api, endpoint_api, pages, preference_api, unsubscribing
from sepakat_notifier.channels.webhook import WebhookSender
from sepakat_notifier.chat_links import ChatLinks
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.notification import Notification, Planned
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.replays import Replays
from sepakat_notifier.standings import Standings
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Link
from sepakat_shared import mongo, web
from sepakat_shared.auth import KnownKeys, digest
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import incidents
from sepakat_shared.contracts.agreements import ContactRecorded, KeyIssued
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

pytestmark = pytest.mark.servers
CLOCK = SystemClock()
CAUSE = Envelope("e", "/test", "t", None, None, b"")


class Door:
    """The notifier's routes over a database of their own."""

    def __init__(self, db: Any) -> None:
        commits = Commits(db, CLOCK)
        self.commits, self.notifications, self.directory = commits, Notifications(commits), Directory(db)
        self.keys = KnownKeys(db, CLOCK)
        app = web.application("t", "t", self.keys, 1_000_000)
        endpoints = Endpoints(commits)
        app.include_router(api.router(self.notifications))
        given = settings()
        hooks = WebhookSender(endpoints, VAULT, (), given.notifier_attempt_timeout, CLOCK)
        deliveries = Deliveries(self.notifications, {}, given, CLOCK)
        self._routes = routes = endpoint_api.Routes(endpoints, deliveries, hooks, VAULT, given, CLOCK)
        app.include_router(endpoint_api.router(routes, Replays(self.notifications), IdempotentPosts(db)))
        self.preferences = Preferences(commits)
        app.include_router(preference_api.router(self.preferences, self.directory, endpoints))
        app.include_router(unsubscribing.router(self.preferences, VAULT))
        self.standings = Standings(db)
        asked = pages.Pages(
            self.notifications, self.directory, self.standings, VAULT,
            ChatLinks(endpoints, self.directory, VAULT, given, CLOCK), CLOCK,
        )  # fmt: skip
        app.include_router(pages.router(asked))
        self._transport = httpx.ASGITransport(app)

    def allow_loopback(self, longest: float | None = None) -> None:
        """As an operator's settings would have it; `longest` seconds for a trial."""
        timeout = settings().notifier_attempt_timeout
        self._routes.hooks = WebhookSender(self._routes.endpoints, VAULT, LOOPBACK, timeout, CLOCK)
        self._routes.allowed = LOOPBACK
        self._routes.longest = self._routes.longest if longest is None else longest

    async def http(self, party: str | None = None) -> httpx.AsyncClient:
        headers = {}
        if party is not None:
            secret = f"spk_{party}"
            scopes = ("notifications:read", "notifications:write")
            await self.keys.on_issued(
                KeyIssued(key=party, digest=digest(secret), party=party, roles=("customer",), scopes=scopes)
            )
            headers["Authorization"] = f"Bearer {secret}"
        return httpx.AsyncClient(transport=self._transport, base_url="http://t", headers=headers)

    async def plan(self, planned: Notification) -> None:
        await self.notifications.all.execute(planned.id, lambda *_: [Planned(planned)], by="test")


@pytest.fixture
async def door(backend: Backend) -> AsyncIterator[Door]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    yield Door(client[f"doors_{uuid.uuid4().hex[:8]}"])
    await mongo.close_client(client)


def acknowledging() -> str:
    """A link for another purpose."""
    return token()


def token(**changes: Any) -> str:
    until: datetime = CLOCK.now() + timedelta(hours=1)
    base = {"notification": "n1", "incident": "toko.checkout.0001", "party": "nusantara", "contact": "rina"}
    return VAULT.link_token(Link(**{**base, "until": until.timestamp(), **changes}))


async def test_looking_changes_nothing_and_pressing_twice_acknowledges_once(door: Door) -> None:
    await door.plan(notification(incident(incidents.IncidentEscalated), "rina"))
    contact = ContactRecorded(party="nusantara", contact="rina", name="Rina", language="id")
    await door.directory.on_contact(contact, CAUSE)
    async with await door.http() as browser:
        page = await browser.get(f"/a/{token()}")
        assert page.status_code == 200
        assert "Tangani CHECKOUT-0001: Kasir mati?" in page.text and "<button" in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert (await door.notifications.all.get("n1")).state.acknowledged_at is None
        pressed = [await browser.post(f"/a/{token()}") for _ in range(2)]
    assert ["Terima kasih" in each.text and "<button" not in each.text for each in pressed] == [True, True]
    told = [message["data"] for each in await door.commits.of("notification/n1") for message in each["messages"]]
    assert [(each["party"], each["contact"], each["incident"]) for each in told] == [
        ("nusantara", "rina", "toko.checkout.0001")
    ]


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda: token(until=(CLOCK.now() - timedelta(seconds=1)).timestamp()), 410),
        (lambda: token()[:-8], 404),
        (lambda: "unsigned", 404),
        (lambda: token(notification="gone"), 404),
        (lambda: token(contact="stranger"), 404),
    ],
    ids=["expired", "cut", "unsigned", "of no message", "of nobody"],
)
async def test_a_link_that_is_not_good_says_why_on_a_page(door: Door, make: Callable[[], str], status: int) -> None:
    await door.plan(notification(incident(incidents.IncidentEscalated), "rina"))
    async with await door.http() as browser:
        calls: list[Callable[[str], Awaitable[httpx.Response]]] = [browser.get, browser.post]
        for call in calls:
            answer = await call(f"/a/{make()}")
            assert answer.status_code == status
            assert answer.headers["content-type"].startswith("text/html") and "<h1>" in answer.text
    assert (await door.notifications.all.get("n1")).state.acknowledged_at is None


async def test_an_endpoint_is_its_partys_alone_and_its_secret_is_shown_once(door: Door) -> None:
    given = {"party": "toko-maju", "url": "https://hooks.example/x", "types": ["sepakat.incident.*"]}
    async with await door.http("toko-maju") as customer, await door.http("other") as other:
        made = await customer.post("/v1/webhook-endpoints", json=given)
        assert made.status_code == 201 and made.json()["secret"].startswith("whsec_")
        id = made.json()["id"]
        listed = (await customer.get("/v1/webhook-endpoints")).json()["items"]
        assert [(each["id"], "secret" in each) for each in listed] == [(id, False)]
        assert (await other.get("/v1/webhook-endpoints")).json()["items"] == []
        assert (await other.get(f"/v1/webhook-endpoints/{id}")).status_code == 404
        assert (await other.delete(f"/v1/webhook-endpoints/{id}")).status_code == 404
        assert (await other.post("/v1/webhook-endpoints", json=given)).status_code == 403
        stored = str(await door.commits.of(f"endpoint/{id}"))
        assert made.json()["secret"] not in stored
        for wrong, pointer in (({"types": ["nothing.*"]}, "/types/0"), ({"url": "http://10.0.0.1/"}, "/url")):
            refused = await customer.post("/v1/webhook-endpoints", json=given | wrong)
            assert refused.status_code == 422 and refused.json()["detail"].startswith(pointer)
        assert (await customer.delete(f"/v1/webhook-endpoints/{id}")).status_code == 204
        assert (await customer.get(f"/v1/webhook-endpoints/{id}")).status_code == 404


async def test_an_endpoint_is_edited_by_who_has_read_it_and_disabled_enabled_and_rotated(door: Door) -> None:
    given = {"party": "toko-maju", "url": "https://hooks.example/x"}
    edit = {"url": "https://hooks.example/y", "types": ["sepakat.dispute.*"], "ordered": True, "fallback": "budi"}
    async with await door.http("toko-maju") as customer, await door.http("other") as other:
        made = await customer.post("/v1/webhook-endpoints", json=given)
        path, etag = f"/v1/webhook-endpoints/{made.json()['id']}", made.headers["etag"]
        assert (await customer.put(path, json=edit)).status_code == 428
        edited = await customer.put(path, json=edit, headers={"If-Match": etag})
        assert edited.json() | edit == edited.json() and edited.json()["status"] == "working"
        assert (await customer.put(path, json=edit, headers={"If-Match": etag})).status_code == 412
        wrong = {"url": "ftp://x", "types": ["sepakat.*", "nothing"]}
        refused = await customer.put(path, json=wrong, headers={"If-Match": edited.headers["etag"]})
        assert [each["pointer"] for each in refused.json()["errors"]] == ["/url", "/types/1"]
        disabled = (await customer.post(f"{path}/disable")).json()
        assert disabled["status"] == "disabled" and disabled["disabled_at"]
        since = {"since": "2026-01-01T00:00:00Z"}
        assert (await customer.post(f"{path}/replay", json=since)).status_code == 422
        assert (await customer.post(f"{path}/enable")).json()["status"] == "working"
        assert (await customer.post(f"{path}/enable")).status_code == 409
        assert (await customer.post(f"{path}/replay", json=since)).json() == {"replayed": 0}
        rotated = (await customer.post(f"{path}/rotate-secret", json={"overlap": "PT1H"})).json()
        assert rotated["secret"] != made.json()["secret"] and rotated["previous_until"]
        assert (await customer.post(f"{path}/rotate-secret", json={"overlap": "P31D"})).status_code == 422
        for command in ("test", "disable", "enable", "rotate-secret"):
            assert (await other.post(f"{path}/{command}")).status_code == 404
    stored = str(await door.commits.of(f"endpoint/{made.json()['id']}"))
    assert rotated["secret"] not in stored


async def test_the_test_button_says_what_came_of_it_and_reaches_nothing_inside(door: Door) -> None:
    async with received() as receiver, await door.http("toko-maju") as customer:
        given = {"party": "toko-maju", "url": f"http://localhost:{receiver.port}/"}
        path = f"/v1/webhook-endpoints/{(await customer.post('/v1/webhook-endpoints', json=given)).json()['id']}"
        tried = (await customer.post(f"{path}/test")).json()
        assert tried["delivered"] is False and "not a public address" in tried["reason"]
        assert receiver.requests == []
        door.allow_loopback()
        await customer.post(f"{path}/disable")
        assert (await customer.post(f"{path}/test")).json()["delivered"] is True
        [(headers, body)] = receiver.requests
        assert json.loads(body)["type"] == "sepakat.endpoint.tested.v1" and headers["webhook-signature"]


async def test_the_test_button_waits_for_no_answer_that_trickles(door: Door) -> None:
    async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nx: ")
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.05)

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    door.allow_loopback(longest=0.5)
    async with await door.http("toko-maju") as customer:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        made = await customer.post("/v1/webhook-endpoints", json={"party": "toko-maju", "url": url})
        async with asyncio.timeout(60):
            tried = (await customer.post(f"/v1/webhook-endpoints/{made.json()['id']}/test")).json()
    server.close()
    assert (tried["delivered"], tried["reason"]) == (False, "no answer within 0.5 s")


async def test_how_people_want_to_be_told_is_their_partys_to_say_and_every_mistake_is_named(door: Door) -> None:
    for contact in ("rina", "ana"):
        known = ContactRecorded(party="nusantara", contact=contact, name=contact)
        await door.directory.on_contact(known, CAUSE)
    quiet = {"begin": "22:00", "end": "07:00", "time_zone": "Asia/Jakarta", "but_highest": True}
    away = {"start": "2026-12-20T00:00:00+07:00", "end": "2027-01-02T00:00:00+07:00", "delegate": "ana"}
    said = {"language": "id", "minimum_priority": "P2", "quiet": quiet, "vacation": away, "muted": False}
    path = "/v1/preferences/nusantara/rina"
    async with await door.http("nusantara") as ours, await door.http("other") as other:
        first = await ours.get(path)
        assert (first.headers["etag"], first.json()["quiet"]) == ('"0"', None)
        assert (await ours.put(path, json=said)).status_code == 428
        kept = await ours.put(path, json=said, headers={"If-Match": '"0"'})
        assert kept.status_code == 200 and kept.json() | {"vacation": away} == kept.json() | said
        assert (await ours.put(path, json=said, headers={"If-Match": '"0"'})).status_code == 412
        etag = {"If-Match": kept.headers["etag"]}
        wrong = said | {"minimum_priority": "urgent", "language": "fr",
                        "quiet": quiet | {"time_zone": "Jakarta", "end": "25:00"}}  # fmt: skip
        refused = await ours.put(path, json=wrong, headers=etag)
        pointers = {each["pointer"] for each in refused.json()["errors"]}
        assert pointers == {"/minimum_priority", "/language", "/quiet/time_zone", "/quiet/end"}
        nobody = await ours.put(path, json=said | {"vacation": away | {"delegate": "rina"}}, headers=etag)
        assert [each["pointer"] for each in nobody.json()["errors"]] == ["/vacation/delegate"]
        assert (await other.get(path)).status_code == 404
        assert (await other.put(path, json=said, headers=etag)).status_code == 403
        assert (
            await ours.put("/v1/preferences/nusantara/siti", json={}, headers={"If-Match": '"0"'})
        ).status_code == 404


async def test_unsubscribing_needs_one_press_no_key_and_can_be_undone(door: Door) -> None:
    token = VAULT.subscriber_token("nusantara", "rina", "id")

    async def is_muted() -> bool:
        loaded = await door.preferences.find("nusantara", "rina")
        return loaded is not None and loaded.state.muted

    async with await door.http() as browser:
        page = await browser.get(f"/u/{token}")
        assert page.status_code == 200 and "Berhenti berlangganan" in page.text and not await is_muted()
        # As RFC 8058 has a mail program do it.
        for _ in range(2):
            pressed = await browser.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})
            assert pressed.status_code == 200 and await is_muted()
        again = re.findall(r'action="([^"]+)"', (await browser.get(f"/u/{token}")).text)
        assert (await browser.post(again[0])).status_code == 200 and not await is_muted()
        for wrong in (token[:-4], "x", acknowledging()):
            answers = [await browser.get(f"/u/{wrong}"), await browser.post(f"/u/{wrong}"),
                       await browser.post(f"/u/{wrong}/again")]  # fmt: skip
            assert [each.status_code for each in answers] == [404] * 3
    assert not await is_muted()


async def test_deliveries_are_paged_filtered_and_shown_to_their_parties(door: Door) -> None:
    await door.notifications.create_indexes()
    for n in range(5):
        planned = notification(objective(), "rina", id=f"n{n}", created_at=CLOCK.now() + timedelta(seconds=n))
        await door.plan(planned)
    async with await door.http("toko-maju") as customer, await door.http("other") as other:
        seen, cursor = [], None
        while True:
            page = await customer.get(
                "/v1/deliveries", params={"limit": 2, "cursor": cursor} if cursor else {"limit": 2}
            )
            seen += [each["id"] for each in page.json()["items"]]
            cursor = page.json().get("next")
            if cursor is None:
                break
        assert seen == ["n4", "n3", "n2", "n1", "n0"]
        assert (await customer.get("/v1/deliveries", params={"status": "delivered"})).json()["items"] == []
        assert (await customer.get("/v1/delivery-counts")).json()["pending"] == 5
        assert (await other.get("/v1/delivery-counts")).json()["pending"] == 0
        assert len((await customer.get("/v1/deliveries", params={"about": "toko/availability"})).json()["items"]) == 5
        assert (await other.get("/v1/deliveries")).json()["items"] == []
        assert (await other.get("/v1/deliveries/n1")).status_code == 404
        assert (await customer.get("/v1/deliveries", params={"status": "lost"})).status_code == 422
        assert (await customer.post("/v1/deliveries/n1/retry")).json()["status"] == "pending"


async def test_the_page_of_the_api_brings_its_assets_along(door: Door) -> None:
    async with await door.http() as browser:
        page = (await browser.get("/docs")).text
        assets = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert assets and all(each.startswith("/") for each in assets)
        assert {(await browser.get(each)).status_code for each in assets} == {200}
