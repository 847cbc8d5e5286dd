"""The post-incident note over HTTP on a real database, asked for by the agreement, with a clock that the test owns."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from samples import agreement_dict

from sepakat_cli.backends import Backend
from sepakat_incidents import api, merging, postmortem_api, reopening
from sepakat_incidents import line as domain
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Trigger
from sepakat_incidents.postmortems import PostmortemReactions, Postmortems
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.store import Incidents
from sepakat_incidents.wordings import Wordings
from sepakat_shared import mongo, web
from sepakat_shared.auth import Principal
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings
from sepakat_shared.timers import Timers

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LINE, ID = "toko-checkout.checkout", "toko-checkout.checkout.0001"
SCOPES = frozenset({"incidents:read", "incidents:write"})
KEYS = {
    "rina": Principal("rina", "nusantara", frozenset(), SCOPES),
    "budi": Principal("budi", "toko-maju", frozenset(), SCOPES),
    "stranger": Principal("stranger", "other", frozenset(), SCOPES),
    "operator": Principal("operator", None, frozenset({"operator"}), frozenset()),
}
NOTE: dict[str, Any] = {
    "what_happened": "The disk was full.", "why": "Nobody watched it.", "what_will_change": "Somebody does.",
    "follow_ups": [{"text": "An alert at 80 percent", "owner": "rina", "due": "2026-11-30"}],
}  # fmt: skip


class Keys:
    async def principal(self, secret: str) -> Principal:
        return KEYS[secret]


class World:
    def __init__(
        self, http: httpx.AsyncClient, clock: ManualClock, timers: Timers, incidents: Incidents,
        reactions: PostmortemReactions, commits: Commits,
    ) -> None:  # fmt: skip
        self._http, self.clock, self.timers, self.commits = http, clock, timers, commits
        self.incidents, self._reactions = incidents, {each.contract.type: each for each in reactions.all()}

    async def bring(self, n: int) -> None:
        """What the nth commit of the line has told comes, twice."""
        commit = (await self.commits.collection.find({"aggregate": f"line/{LINE}", "n": n}).to_list(None))[0]
        for i, message in enumerate(commit["messages"]):
            reaction = self._reactions.get(message["type"])
            cause = Envelope(f"e{n}.{i}", "/sepakat/incidents", message["type"], LINE, commit["at"], b"",
                             f"{n:08d}.{i:03d}")  # fmt: skip
            for _ in range(2 if reaction else 0):
                await reaction.handler(reaction.contract.model_validate(message["data"]), cause)  # type: ignore[union-attr]

    async def resolve(self) -> None:
        await self.incidents.execute(
            LINE, lambda line, now: domain.resolve(line, ID, "rina", None, now, timedelta(days=1)), "test"
        )

    async def reopen(self) -> None:
        within = timedelta(days=9)
        await self.incidents.execute(
            LINE, lambda line, now: reopening.reopen(line, ID, "budi", "toko-maju", "again", within, now), "budi"
        )

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who}"} | more.pop("headers", {})
        return await self._http.request(method, f"/v1/{path}", headers=headers, **more)

    async def note(self, who: str = "rina") -> Any:
        answer = await self.ask(who, "GET", f"incidents/{ID}/postmortem")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def draft(self, status: int = 200, who: str = "rina", **changes: Any) -> Any:
        before = await self.ask(who, "GET", f"incidents/{ID}/postmortem")
        headers = {"If-Match": before.headers["etag"]} if before.is_success else {}
        answer = await self.ask(who, "PUT", f"incidents/{ID}/postmortem/draft", json=NOTE | changes, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, what: str, status: int = 200, who: str = "rina", **body: Any) -> Any:
        answer = await self.ask(who, "POST", f"incidents/{ID}/postmortem/{what}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def after(self, **time: int) -> None:
        self.clock.advance(timedelta(**time))
        await self.timers.fire_due()

    async def told(self) -> list[tuple[str, bool]]:
        commits = await self.commits.collection.find({"aggregate": f"postmortem/{ID}.note"}).sort("n", 1).to_list(None)
        return [
            (each["type"].removeprefix("sepakat.").removesuffix(".v1"), each["data"]["late"])
            for commit in commits for each in commit["messages"]
        ]  # fmt: skip


async def begin(incidents: Incidents, id: str) -> None:
    about = About("toko-checkout", id.rpartition(".")[2], "nusantara", "toko-maju")
    trigger, how = Trigger("impairment", "impairment:x", "e1", NOW, {"en": "Down"}), Handling("P1", version=1)
    await incidents.execute(id, lambda line, now: domain.begin(line, id, about, trigger, how, now), "test")


@asynccontextmanager
async def opened(backend: Backend, asked: bool = True, brought: bool = True) -> AsyncIterator[World]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db, clock = client[f"notes_{uuid.uuid4().hex[:8]}"], ManualClock(NOW)
    text = agreement_dict(**({"postIncidentNote": {"priorities": ["P1"], "within": "P3D"}} if asked else {}))
    document = {"agreement": "toko-checkout", "version": 1, "text": text, "effective_from": NOW - timedelta(days=1)}
    await db["texts"].replace_one({"_id": "toko-checkout/1"}, document, upsert=True)
    commits = Commits(db, clock)
    incidents, postmortems = Incidents(commits, Rotations(commits)), Postmortems(commits)
    wordings = Wordings(db, clock)
    reactions = PostmortemReactions(postmortems, incidents, wordings)
    app = web.application("notes", "", Keys(), 100_000)  # type: ignore[arg-type]
    app.include_router(api.router(incidents, timedelta(0), clock, (postmortems.timeline,)))
    app.include_router(postmortem_api.router(incidents, postmortems, wordings, IdempotentPosts(db), clock))
    timers = Timers(postmortems.all.states, "due_at", clock, postmortems.fire)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://incidents") as http:
        world = World(http, clock, timers, incidents, reactions, commits)
        await begin(incidents, LINE)
        await world.resolve()
        if brought:
            await world.bring(2)
        yield world
    await mongo.close_client(client)


async def test_a_note_is_asked_for_late_published_amended_and_what_it_promised_is_followed(backend: Backend) -> None:
    async with opened(backend) as world:
        seen = await world.note("budi")
        assert (seen["status"], seen["due_at"], seen["late"]) == ("expected", "2026-11-27T09:00:00.000Z", False)
        await world.after(days=2)
        await world.after(days=2)
        assert (await world.note("budi"))["late"]
        drafted = await world.draft()
        assert drafted["draft"]["why"] == "Nobody watched it."
        assert "draft" not in await world.note("budi") and "draft" not in await world.note("operator")
        published = await world.post("publish")
        (promise,) = published["follow_ups"]
        # The last day belongs to it, in the agreement's zone (UTC+7).
        assert (promise["id"], promise["due_at"], promise["status"]) == ("1", "2026-11-30T16:59:59.999Z", "open")
        await world.after(days=2)
        kept = {"id": "1", "text": "An alert at 80 percent", "owner": "rina", "due": "2026-11-30"}
        await world.draft(why="Nobody watched it, and logs were kept.", follow_ups=[kept])
        await world.post("publish")
        await world.after(days=1)
        overdue = (await world.ask("budi", "GET", "follow-ups", params={"status": "overdue"})).json()["items"]
        assert [(each["number"], each["id"], each["owner"]) for each in overdue] == [("CHECKOUT-0001", "1", "rina")]
        await world.post("follow-ups/1/done", note="since Monday")
        await world.post("follow-ups/1/done")
        assert (await world.ask("budi", "GET", "follow-ups", params={"status": "overdue"})).json()["items"] == []
        versions = (await world.ask("budi", "GET", f"incidents/{ID}/postmortem/versions")).json()["items"]
        assert [(each["version"], each["why"]) for each in versions] == [
            (1, "Nobody watched it."), (2, "Nobody watched it, and logs were kept."),
        ]  # fmt: skip
        assert await world.told() == [
            ("postmortem.reminded", False), ("postmortem.reminded", True), ("postmortem.published", True),
            ("followup.reminded", False), ("postmortem.published", True), ("followup.reminded", True),
            ("followup.done", True),
        ]  # fmt: skip
        for who, drafts in (("budi", 0), ("rina", 2)):
            timeline = (await world.ask(who, "GET", f"incidents/{ID}/timeline")).json()["items"]
            what = [each["what"] for each in timeline]
            assert (what.count("PostmortemDrafted"), what.count("PostmortemPublished")) == (drafts, 2)


async def test_where_it_is_not_asked_for_it_may_be_written_by_the_responsible_party_alone(backend: Backend) -> None:
    async with opened(backend, asked=False) as world:
        assert (await world.ask("rina", "GET", f"incidents/{ID}/postmortem")).status_code == 404
        await world.post("publish", 409)
        for who, status in (("budi", 403), ("operator", 403), ("stranger", 404)):
            await world.draft(status, who)
        for changes, pointer in (
            ({"why": ""}, "/why"),
            ({"follow_ups": [{"text": "x", "owner": "rina", "due": "soon"}]}, "/follow_ups/0/due"),
            ({"follow_ups": [{"text": "x", "owner": "R I N A", "due": "2026-12-01"}]}, "/follow_ups/0/owner"),
            ({"follow_ups": [{"text": "x", "owner": "rina", "due": "2026-11-01"}]}, "/follow_ups/0/due"),
        ):  # fmt: skip
            assert [each["pointer"] for each in (await world.draft(422, **changes))["errors"]] == [pointer]
        assert (await world.draft())["status"] == "none"
        path = f"incidents/{ID}/postmortem/draft"
        assert (await world.ask("rina", "PUT", path, json=NOTE)).status_code == 428
        # Who may not, or wrote what cannot be taken, is told that, and not to read it first.
        assert (await world.ask("budi", "PUT", path, json=NOTE)).status_code == 403
        late = NOTE | {"follow_ups": [{"text": "x", "owner": "rina", "due": "2026-11-01"}]}
        assert (await world.ask("rina", "PUT", path, json=late)).json()["errors"][0]["pointer"] == "/follow_ups/0/due"
        stale = await world.ask("rina", "PUT", path, json=NOTE, headers={"If-Match": '"7"'})
        assert stale.status_code == 412
        assert not (await world.post("publish"))["late"]


async def test_the_first_draft_of_a_note_that_is_awaited_needs_no_reading_either(backend: Backend) -> None:
    async with opened(backend) as world:
        assert (await world.note())["status"] == "expected"
        path = f"incidents/{ID}/postmortem/draft"
        stale = await world.ask("rina", "PUT", path, json=NOTE, headers={"If-Match": '"7"'})
        assert stale.status_code == 412, "what is said to have been read is held to that"
        assert (await world.ask("rina", "PUT", path, json=NOTE)).status_code == 200
        assert (await world.ask("rina", "PUT", path, json=NOTE)).status_code == 428


async def test_while_the_incident_goes_on_again_no_note_is_due(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.reopen()
        await world.bring(3)
        seen = await world.note()
        assert (seen["status"], seen["due_at"], seen["late"]) == ("none", None, False)
        await world.after(days=4)
        assert await world.told() == []
        await world.resolve()
        for n in (4, 2, 3):  # what was told before may come once more
            await world.bring(n)
        assert (await world.note())["due_at"] == "2026-12-01T09:00:00.000Z"
        timeline = (await world.ask("budi", "GET", f"incidents/{ID}/timeline")).json()["items"]
        assert [(each["what"], each.get("why")) for each in timeline if each["what"].startswith("Postmortem")] == [
            ("PostmortemExpected", None), ("PostmortemNoLongerExpected", "reopened"), ("PostmortemExpected", None),
        ]  # fmt: skip
        again = Postmortems(world.commits)  # nothing remembered: what was stored loads
        assert [type(each).__name__ for each in await again._events(ID)].count("NoLongerExpected") == 1


async def test_a_resolution_that_is_heard_of_after_the_reopening_asks_for_nothing(backend: Backend) -> None:
    async with opened(backend, brought=False) as world:
        await world.reopen()
        await world.bring(2)
        assert (await world.ask("rina", "GET", f"incidents/{ID}/postmortem")).status_code == 404


async def test_of_a_duplicate_no_note_is_due(backend: Backend) -> None:
    async with opened(backend) as world:
        await begin(world.incidents, "toko-checkout.api")
        into = await world.incidents.find("toko-checkout.api.0001")
        assert into is not None
        await world.reopen()  # and this was never heard of, as by the software of before
        await world.incidents.execute(
            LINE, lambda line, now: merging.merge(line, ID, into, "rina", None, now) if line else [], "rina"
        )
        await world.bring(4)
        assert (await world.note())["status"] == "none"
        await world.after(days=9)
        assert await world.told() == []


async def test_of_two_first_drafts_at_once_one_is_kept_and_the_other_one_is_told(backend: Backend) -> None:
    async with opened(backend, asked=False) as world:
        path = f"incidents/{ID}/postmortem/draft"
        whys = [f"reason {i}" for i in range(5)]
        given = await asyncio.gather(*[world.ask("rina", "PUT", path, json=NOTE | {"why": each}) for each in whys])
        kept = [why for why, each in zip(whys, given, strict=True) if each.status_code == 200]
        assert {each.status_code for each in given} <= {200, 412, 428} and len(kept) == 1
        assert (await world.note())["draft"]["why"] == kept[0]
