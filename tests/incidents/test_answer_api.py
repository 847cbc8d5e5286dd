"""Handling an incident over HTTP on a real database: who may, what is answered, what the timeline keeps."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import handled
import httpx
import pytest
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents import answer_api, api, deadlines, ladder_api
from sepakat_incidents import line as domain
from sepakat_incidents.contacts import Contacts
from sepakat_incidents.handling import handling
from sepakat_incidents.incident import About, Trigger
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.store import Incidents
from sepakat_shared import mongo, web
from sepakat_shared.auth import KnownKeys, digest
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.agreements import ContactRecorded, KeyIssued
from sepakat_shared.contracts.notifications import NotificationAnswered
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LINE, ID = "toko-checkout.checkout", "toko-checkout.checkout.0001"
ROTATION = {
    "id": "primary",
    "layers": [{"participants": ["ana"], "timeZone": "UTC", "from": "2026-11-01", "every": "day"}],
}
TEXT = agreement(
    rotations=[ROTATION],
    priorities={
        "P1": {"restore": "PT4H", "updateEvery": "PT30M", "escalation": "critical"},
        "P3": {"restore": "P1D", "escalation": "critical"},
    },
    escalation={"critical": {"levels": [
        {"notify": ["primary"], "acknowledgeWithin": "PT15M"}, {"notify": ["rina"], "acknowledgeWithin": "PT30M"},
    ], "snoozeAtMost": "PT45M"}},
)  # fmt: skip


class World:
    def __init__(self, http: httpx.AsyncClient, incidents: Incidents, clock: ManualClock) -> None:
        self._http, self.incidents, self.clock = http, incidents, clock

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer spk_{who}"} | more.pop("headers", {})
        return await self._http.request(method, f"/v1/incidents/{path}", headers=headers, **more)

    async def post(self, who: str, what: str, status: int = 200, **body: Any) -> Any:
        answer = await self.ask(who, "POST", f"{ID}/{what}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def after(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        await self.incidents.on_ladder(LINE, deadlines.fire, by="timer")


@asynccontextmanager
async def opened(backend: Backend) -> AsyncIterator[World]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db, clock = client[f"answers_{uuid.uuid4().hex[:8]}"], ManualClock(NOW)
    commits = Commits(db, clock)
    keys, posts, rotations = KnownKeys(db, clock), IdempotentPosts(db), Rotations(commits)
    incidents = Incidents(commits, rotations)
    scopes = ("incidents:read", "incidents:write")
    for party in ("nusantara", "toko-maju", "stranger"):
        await keys.on_issued(KeyIssued(key=party, digest=digest(f"spk_{party}"), party=party, scopes=scopes))
    await keys.on_issued(KeyIssued(key="rina", digest=digest("spk_rina"), party="nusantara", scopes=scopes))
    await keys.on_issued(KeyIssued(key="operator", digest=digest("spk_operator"), roles=("operator",)))
    await rotations.declare(TEXT, 1, NOW - timedelta(days=9))
    how = handling(TEXT, 1, "checkout", "P1")
    about = About("toko-checkout", "checkout", "nusantara", "toko-maju")
    trigger = Trigger("impairment", "impairment:x", "e1", NOW, {"en": "Checkout is down"})
    rosters = await incidents.rosters(how.ladder)
    await incidents.execute(LINE, lambda line, now: domain.begin(line, LINE, about, trigger, how, now, rosters), "test")

    async def text_of(_agreement: str, _version: int) -> texts.Agreement:
        return TEXT

    app = web.application("incidents", "", keys, 10_000)
    app.include_router(api.router(incidents, timedelta(0), clock))
    app.include_router(answer_api.router(incidents, text_of, posts, clock))
    contacts, heard = Contacts(db), Envelope("e", "/test", "t", None, None, b"")
    for party, contact in (("nusantara", "tia"), ("toko-maju", "budi")):
        await contacts.on_contact(ContactRecorded(party=party, contact=contact, name=contact), heard)
    app.include_router(ladder_api.router(incidents, contacts, posts, clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://incidents") as http:
        yield World(http, incidents, clock)
    await mongo.close_client(client)


async def test_an_incident_is_handled_to_its_end_and_its_timeline_says_who_was_told_what_and_when(
    backend: Backend,
) -> None:
    async with opened(backend) as world:
        await world.after(15)
        seen = await world.post("nusantara", "acknowledge")
        assert (seen["status"], seen["level"], seen["acknowledged_by"]) == ("acknowledged", 2, "nusantara")
        assert [(each["clock"], each["state"], each["elapsed_seconds"]) for each in seen["clocks"]] == [
            ("restore", "running", 900.0), ("update", "running", 900.0),
        ]  # fmt: skip
        await world.post("nusantara", "updates", 201, note="restarting")
        waiting = await world.post("nusantara", "pause", reason="waiting-for-customer")
        assert (waiting["waits_for"], waiting["clocks"][0]["state"], waiting["clocks"][0]["due_at"]) == (
            "waiting-for-customer", "paused", None,
        )  # fmt: skip
        await world.after(60)
        going_on = await world.post("toko-maju", "updates", 201, note="it is shop 12")
        assert (going_on["waits_for"], going_on["clocks"][0]["due_at"]) == (None, "2026-11-24T14:00:00.000Z")
        handed = await world.post("nusantara", "hand-over", to="primary", note="the database")
        assert (handed["status"], handed["asked"]) == ("open", ["ana"])
        milder = await world.post("toko-maju", "priority", priority="P3", reason="only the old shop")
        assert (milder["priority"], milder["clocks"][0]["limit_seconds"]) == ("P3", 86_400.0)
        await world.post("nusantara", "resolve")
        await world.post("nusantara", "close")
        timeline = (await world.ask("toko-maju", "GET", f"{ID}/timeline")).json()["items"]
    escalated = [(each["at"][11:16], each["contacts"]) for each in timeline if each["what"] == "Escalated"]
    assert escalated == [("09:00", ["ana"]), ("09:15", ["rina"])]
    assert [each["what"] for each in timeline if each["what"] not in ("Escalated", "Timed")] == [
        "Opened", "Acknowledged", "Updated", "Paused", "Updated", "Resumed", "HandedOver", "Prioritised", "Resolved",
        "Stopped", "Closed",
    ]  # fmt: skip


async def test_a_pause_in_the_past_needs_both_parties(backend: Backend) -> None:
    span = {"start": "2026-11-24T09:05:00Z", "end": "2026-11-24T09:25:00Z", "reason": "waiting-for-customer"}
    async with opened(backend) as world:
        await world.after(30)
        asked = await world.post("nusantara", "pause-requests", 201, **span)
        (request,) = asked["pause_requests"]
        await world.post("nusantara", f"pause-requests/{request['id']}/answer", 403, granted=True)
        agreed = await world.post("toko-maju", f"pause-requests/{request['id']}/answer", granted=True)
        assert (agreed["pause_requests"], agreed["clocks"][0]["elapsed_seconds"]) == ([], 600.0)
        await world.post("toko-maju", f"pause-requests/{request['id']}/answer", 404, granted=True)
        refused = await world.post("nusantara", "pause-requests", 422, **span)
        assert refused["errors"][0]["pointer"] == "/start"
        assert (await world.post("nusantara", "pause", 422, reason="lunch"))["errors"][0]["pointer"] == "/reason"


async def test_a_request_that_nobody_has_answered_lapses_with_the_record_and_says_so(backend: Backend) -> None:
    span = {"start": "2026-11-24T09:05:00Z", "end": "2026-11-24T09:25:00Z", "reason": "waiting-for-customer"}
    async with opened(backend) as world:
        await world.after(30)
        await world.post("nusantara", "pause-requests", 201, **span)
        await world.post("nusantara", "resolve")
        await world.post("nusantara", "close")
        late = await world.post("toko-maju", "pause-requests/1/answer", 409, granted=True)
        assert "lapsed" in late["detail"] and "disputed" in late["detail"]
        timeline = (await world.ask("toko-maju", "GET", f"{ID}/timeline")).json()["items"]
    lapsed, closed = timeline[-2:]
    assert (lapsed["what"], lapsed["by"], lapsed["asked_by"]) == ("PauseLapsed", "sepakat", "nusantara")
    assert set(lapsed["words"]) == {"en", "id"} and lapsed["start"] == "2026-11-24T09:05:00Z"
    assert (closed["what"], closed["because"], closed["by"]) == ("Closed", "asked", "nusantara")


async def test_a_note_with_nothing_to_read_does_not_begin_the_time_to_the_next_one_anew(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.after(20)
        assert (await world.post("nusantara", "updates", 422, note=" \t"))["errors"][0]["pointer"] == "/note"
        await world.after(11)
        seen = (await world.ask("nusantara", "GET", ID)).json()
    assert [(each["clock"], each["state"]) for each in seen["clocks"]][1] == ("update", "missed")


async def test_the_next_deadline_is_one_and_no_forecast(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.post("nusantara", "acknowledge")
        seen = (await world.ask("nusantara", "GET", ID)).json()
        assert seen["next_deadline"] == "2026-11-24T09:30:00.000Z", "the next note is due"
        await world.post("nusantara", "pause", reason="waiting-for-customer")
        await world.post("nusantara", "priority", priority="P3", reason="only the old shop", status=403)
        await world.post("toko-maju", "priority", priority="P3", reason="only the old shop")
        await world.post("nusantara", "resume")
        seen = (await world.ask("nusantara", "GET", ID)).json()
        assert seen["next_deadline"] == "2026-11-25T09:00:00.000Z", "half of the day is no deadline"
        await world.post("nusantara", "resolve")
        assert (await world.ask("nusantara", "GET", ID)).json()["next_deadline"] == "2026-11-24T09:00:00.000Z"


async def test_what_follows_from_what_somebody_does_is_the_services_doing(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.post("toko-maju", "priority", priority="P3", reason="only the old shop")
        await world.after(15)
        timeline = (await world.ask("toko-maju", "GET", f"{ID}/timeline")).json()["items"]
    by = [(each["what"], each["by"]) for each in timeline]
    assert by == [
        ("Opened", "test"), ("Timed", "sepakat"), ("Escalated", "sepakat"), ("Prioritised", "toko-maju"),
        ("Timed", "sepakat"), ("Escalated", "timer"),
    ]  # fmt: skip


async def test_who_may_and_who_may_not(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.post("stranger", "acknowledge", 404)
        await world.post("operator", "acknowledge", 403)
        await world.post("toko-maju", "hand-over", 403, to="budi")
        await world.post("toko-maju", "unacknowledge", 403)
        await world.post("nusantara", "priority", 403, priority="P3", reason="it is late")
        unknown = await world.post("toko-maju", "priority", 422, priority="P2", reason="x")
        assert unknown["errors"][0]["pointer"] == "/priority"
        assert (await world.post("toko-maju", "escalate", note="it spreads"))["level"] == 2
        await world.post("toko-maju", "escalate", 409)
        await world.post("nusantara", "resolve")
        await world.post("nusantara", "close")
        for what, body in (("acknowledge", {}), ("updates", {"note": "x"}), ("escalate", {}), ("pause", {})):
            closed = await world.post("nusantara", what, 409, **body)
            assert "closed" in closed["detail"]


async def test_it_is_handed_to_a_contact_of_the_responsible_party_and_to_nobody_else(backend: Backend) -> None:
    async with opened(backend) as world:
        for nobody in ("nosuch", "budi"):
            (error,) = (await world.post("nusantara", "hand-over", 422, to=nobody))["errors"]
            assert error["pointer"] == "/to"
            assert error["detail"] == f"'{nobody}' is not a contact of nusantara, and must be one"
        assert (await world.post("nusantara", "hand-over", to="tia"))["asked"] == ["tia"]


async def test_of_two_who_acknowledge_at_once_one_has_it_and_both_are_answered(backend: Backend) -> None:
    async with opened(backend) as world:
        answers = await asyncio.gather(*[world.post(who, "acknowledge") for who in ("nusantara", "rina")])
        assert {each["status"] for each in answers} == {"acknowledged"}
        (who,) = {each["acknowledged_by"] for each in answers}
        timeline = (await world.ask("toko-maju", "GET", f"{ID}/timeline")).json()["items"]
        assert [each["by"] for each in timeline if each["what"] == "Acknowledged"] == [who]


async def test_a_repeated_request_escalates_once(backend: Backend) -> None:
    async with opened(backend) as world:
        answers = [
            await world.ask("toko-maju", "POST", f"{ID}/escalate", json={}, headers={"Idempotency-Key": "one"})
            for _ in range(2)
        ]
        assert [(each.status_code, each.json()["level"]) for each in answers] == [(200, 2), (200, 2)]


async def test_it_is_put_off_for_as_long_as_agreed_and_its_timer_wakes_it(backend: Backend) -> None:
    async with opened(backend) as world:
        for who, status, time in (("toko-maju", 403, "PT10M"), ("nusantara", 422, "PT46M"), ("nusantara", 422, "PT0S")):
            refused = await world.post(who, "snooze", status, time=time)
            assert status == 403 or refused["errors"][0]["pointer"] == "/time"
        put_off = await world.post("nusantara", "snooze", time="PT30M")
        assert (put_off["snoozed_until"], put_off["may_snooze_seconds"]) == ("2026-11-24T09:30:00.000Z", 900.0)
        assert put_off["next_deadline"] == put_off["snoozed_until"]
        await world.post("operator", "join", 403)
        assert (await world.post("toko-maju", "join"))["joined"] == ["toko-maju"]
        await world.after(30)
        woken = (await world.ask("nusantara", "GET", ID)).json()
        assert (woken["snoozed_until"], woken["level"], woken["may_snooze_seconds"]) == (None, 1, 900.0)
        await world.after(15)
        assert (await world.ask("nusantara", "GET", ID)).json()["level"] == 2
        timeline = (await world.ask("toko-maju", "GET", f"{ID}/timeline")).json()["items"]
        done = ["Snoozed", "Joined", "Woken", "Escalated"]
        assert [each["what"] for each in timeline if each["what"] in done] == ["Escalated", *done]


async def test_what_was_pressed_in_a_mail_is_done_once_and_never_for_the_other_party(backend: Backend) -> None:
    async with handled.opened(backend, TEXT) as world:
        id = await world.impaired()
        about = {"notification": "n1", "channel": "email", "recipient": "rina", "about": id, "about_type": "incident"}

        async def press(answer: str, party: str, **more: Any) -> str:
            pressed = NotificationAnswered.model_validate(
                {**about, "at": world.clock.now(), "party": party, "incident": id, "contact": "rina", "answer": answer}
                | more
            )
            cause = world.cause("notification/n1")
            for _ in range(2):
                await world.reactions.on_answered(pressed, cause)
            return str((await world.get(id))["status"])

        until = world.clock.now() + timedelta(minutes=20)
        await press("snooze", "toko-maju", until=until)
        assert (await world.get(id))["snoozed_until"] is None
        await press("snooze", "nusantara", until=until)
        assert (await world.get(id))["snoozed_until"] is not None
        assert await press("resolve", "toko-maju") == "open"
        assert await press("resolve", "nusantara", note="rolled back") == "resolved"
        assert await press("join", "nusantara") == "resolved"
        done = [(each["what"], each["by"]) for each in await world.timeline(id)]
        assert done.count(("Snoozed", "rina")) == done.count(("Resolved", "rina")) == 1
