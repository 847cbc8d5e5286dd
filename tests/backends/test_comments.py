"""Comments over HTTP on a real database: each party reads its own, both read what is shared."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sepakat_cli.backends import Backend
from sepakat_incidents import api, comment_api
from sepakat_incidents import line as domain
from sepakat_incidents.discussion import said_by
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Trigger
from sepakat_incidents.reply_reactions import ReplyReactions
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.store import Incidents
from sepakat_shared import mongo, web
from sepakat_shared.auth import Principal
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.notifications import NotificationReplied
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LINE, ID = "toko-checkout.checkout", "toko-checkout.checkout.0001"
SCOPES = frozenset({"incidents:read", "incidents:write"})
KEYS = {
    "rina": Principal("rina", "nusantara", frozenset(), SCOPES),
    "budi": Principal("budi", "toko-maju", frozenset(), SCOPES),
    "stranger": Principal("stranger", "other", frozenset(), SCOPES),
    "reader": Principal("reader", "toko-maju", frozenset(), frozenset({"incidents:read"})),
    "operator": Principal("operator", None, frozenset({"operator"}), frozenset()),
}
FILE = {"name": "log.txt", "media_type": "text/plain", "size": 12, "sha256": "0" * 64, "url": "https://f.example/log"}


class Keys:
    async def principal(self, secret: str) -> Principal:
        return KEYS[secret]


class World:
    def __init__(self, http: httpx.AsyncClient, clock: ManualClock, commits: Commits, replies: ReplyReactions,
                 discussions: Discussions) -> None:  # fmt: skip
        self._http, self.clock, self.commits, self.replies = http, clock, commits, replies
        self.discussions = discussions

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        self.clock.advance(timedelta(seconds=1))
        headers = {"Authorization": f"Bearer {who}"} | more.pop("headers", {})
        return await self._http.request(method, f"/v1/incidents/{ID}/{path}", headers=headers, **more)

    async def say(self, who: str, status: int = 201, **body: Any) -> Any:
        answer = await self.ask(who, "POST", "comments", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def read(self, who: str, path: str = "comments") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.ask(who, "GET", path)).json()["items"]
        return items


@asynccontextmanager
async def opened(backend: Backend) -> AsyncIterator[World]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db, clock = client[f"comments_{uuid.uuid4().hex[:8]}"], ManualClock(NOW)
    commits = Commits(db, clock)
    incidents, discussions = Incidents(commits, Rotations(commits)), Discussions(commits)
    about = About("toko-checkout", "checkout", "nusantara", "toko-maju")
    trigger = Trigger("impairment", "impairment:x", "e1", NOW, {"en": "Checkout is down"})
    await incidents.execute(
        LINE, lambda line, now: domain.begin(line, LINE, about, trigger, Handling("P1"), now), "test"
    )
    app = web.application("incidents", "", Keys(), 100_000)  # type: ignore[arg-type]
    app.include_router(api.router(incidents, timedelta(0), clock, (discussions.timeline,)))
    app.include_router(comment_api.router(incidents, discussions, IdempotentPosts(db), clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://incidents") as http:
        yield World(http, clock, commits, ReplyReactions(discussions, incidents), discussions)
    await mongo.close_client(client)


async def test_each_party_reads_what_is_its_own_and_what_is_shared_also_when_it_is_over(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.say("rina", body="the vendor is late again")
        await world.say("budi", body="who pays for this?\r\nnot us")
        said = await world.say("rina", body="see the log", visibility="shared", attachments=[FILE])
        assert (said["number"], said["party"], said["attachments"]) == (3, "nusantara", [FILE])
        await world.ask("rina", "POST", "resolve", json={"note": "restarted"})
        await world.ask("rina", "POST", "close")
        await world.say("budi", body="thank you", visibility="shared")
        assert [each["body"] for each in await world.read("rina")] == [
            "the vendor is late again", "see the log", "thank you",
        ]  # fmt: skip
        assert [each["number"] for each in await world.read("budi")] == [2, 3, 4]
        assert [each["number"] for each in await world.read("operator")] == [3, 4]
        timeline = await world.read("budi", "timeline")
        commits = await world.commits.collection.find({"aggregate": f"discussion/{ID}"}).to_list(None)
        tallies = await world.discussions.tallies(KEYS["budi"], "toko-checkout")
        assert [said_by(party, tallies[ID], "toko-maju")[0] for party in ("nusantara", "toko-maju")] == [1, 2]
        assert await world.discussions.tallies(KEYS["stranger"], None) == {}
        # A document of before comments were counted by party: they are counted from the commits.
        await world.discussions.all.states.update_one({"_id": ID}, {"$set": {"state.tallies": []}})
        counted = await world.discussions.tallies(KEYS["rina"], None)
        assert sorted(map(str, counted[ID])) == sorted(map(str, tallies[ID]))
    assert [each["what"] for each in timeline] == [
        "Opened", "Commented", "Commented", "Resolved", "Closed", "Commented",
    ]  # fmt: skip
    assert "vendor" not in str(timeline), "what the other party keeps to itself is on nobody else's timeline"
    assert timeline[1]["body"] == "who pays for this?\nnot us"
    published = [message["data"]["body"] for commit in commits for message in commit["messages"]]
    assert published == ["see the log", "thank you"], "and in no event"


async def test_a_comment_is_a_partys_and_refused_to_everybody_else(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.say("stranger", 404, body="hello")
        assert (await world.ask("stranger", "GET", "comments")).status_code == 404
        await world.say("reader", 403, body="hello")
        await world.say("operator", 403, body="hello")
        refused = await world.say("rina", 422, body="run it", attachments=[FILE | {"name": "fix.sh"}])
        assert refused["errors"] == [
            {"pointer": "/attachments/0/name", "detail": "must not be a script or a program (.sh)"}
        ]
        refused = await world.say("rina", 422, body="run it", attachments=[FILE | {"url": "http://f.example/log"}])
        assert refused["errors"][0]["pointer"] == "/attachments/0/url"
        assert (await world.say("rina", 422, body="x", attachments=[FILE | {"size": "12"}]))["status"] == 422
        assert await world.read("rina") == []


async def test_the_same_post_twice_is_one_comment(backend: Backend) -> None:
    async with opened(backend) as world:
        again = [
            await world.ask("rina", "POST", "comments", json={"body": "once"}, headers={"Idempotency-Key": "k"})
            for _ in range(2)
        ]
        assert [each.json()["number"] for each in again] == [1, 1]
        assert len(await world.read("rina")) == 1


async def test_a_reply_by_mail_is_a_comment_once_and_says_how_it_came(backend: Backend) -> None:
    async with opened(backend) as world:
        replied = {
            "notification": "n1", "channel": "email", "recipient": "rina", "about": ID, "about_type": "incident",
            "party": "nusantara", "at": NOW, "incident": ID, "contact": "rina", "reply": "r1",
            "body": "restarting\r\nnow", "quoted": "> x", "shared": False, "left_out": 2, "sender_known": True,
            "dkim": "pass", "spf": "none",
        }  # fmt: skip
        for n, changes in ((1, {}), (1, {}), (2, {"reply": "r2", "body": "for both", "shared": True})):
            cause = Envelope(f"e{n}", "/test", "t", f"reply/r{n}", None, b"", "00000001")
            await world.replies.on_replied(NotificationReplied.model_validate(replied | changes), cause)
        own, others = await world.read("rina"), await world.read("budi")
        assert [(each["body"], each["by"], each["visibility"]) for each in own] == [
            ("restarting\nnow", "rina", "internal"), ("for both", "rina", "shared"),
        ]  # fmt: skip
        assert own[0]["mail"] == {
            "quoted": "> x", "left_out": 2, "sender_known": True, "dkim": "pass", "spf": "none",
        }  # fmt: skip
        assert [each["body"] for each in others] == ["for both"]
