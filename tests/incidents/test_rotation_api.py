"""Rotations over HTTP on a real database: declared by a text, asked, overridden, as a calendar."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents import calendar_link_api, rotation_api
from sepakat_incidents.contacts import Contacts
from sepakat_incidents.rotation_store import Rotations
from sepakat_shared import mongo, web
from sepakat_shared.auth import KnownKeys, digest
from sepakat_shared.calendar_links import CalendarLinks
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.agreements import ContactRecorded, KeyIssued
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PATH = "/v1/rotations/nusantara/primary"
ROTATION = {
    "id": "primary", "title": {"en": "Primary"},
    "layers": [{"participants": ["ana", "budi"], "timeZone": "Asia/Jakarta", "from": "2026-11-23", "every": "day"}],
}  # fmt: skip


class Desk:
    """The routes as one party uses them."""

    def __init__(self, http: httpx.AsyncClient, party: str) -> None:
        self._http, self._key = http, f"spk_{party}"

    async def subscribed(self, url: str) -> httpx.Response:
        """What a calendar program does: it knows an address and nothing else."""
        return await self._http.get(url)

    async def ask(self, method: str, path: str = PATH, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._key}"} | more.pop("headers", {})
        return await self._http.request(method, path, headers=headers, **more)


@asynccontextmanager
async def opened(backend: Backend, clock: ManualClock) -> AsyncIterator[dict[str, Desk]]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db = client[f"rota_{uuid.uuid4().hex[:8]}"]
    commits = Commits(db, clock)
    keys, rotations, posts = KnownKeys(db, clock), Rotations(commits), IdempotentPosts(db)
    scopes = ("incidents:read", "incidents:write")
    parties = ("nusantara", "toko-maju", "stranger")
    for party in parties:
        await keys.on_issued(KeyIssued(key=party, digest=digest(f"spk_{party}"), party=party, scopes=scopes))
    await rotations.declare(agreement(rotations=[ROTATION]), 1, NOW - timedelta(days=1))
    contacts, heard = Contacts(db), Envelope("e", "/test", "t", None, None, b"")
    for party, contact in (("nusantara", "dewi"), ("nusantara", "ana"), ("toko-maju", "budi")):
        await contacts.on_contact(ContactRecorded(party=party, contact=contact, name=contact), heard)
    app = web.application("incidents", "", keys, 10_000)
    app.include_router(rotation_api.router(rotations, contacts, posts, clock))
    links = CalendarLinks(commits, "calendar-link", "rotation")
    app.include_router(calendar_link_api.router(links, rotations, "http://incidents/", clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://incidents") as http:
        yield {party: Desk(http, party) for party in parties}
    await mongo.close_client(client)


async def test_who_is_on_call_now_and_next_is_seen_by_both_parties_and_nobody_else(backend: Backend) -> None:
    async with opened(backend, ManualClock(NOW)) as desks:
        told = (await desks["toko-maju"].ask("GET", PATH + "/oncall")).json()
        assert (told["now"]["contact"], told["now"]["end"]) == ("budi", "2026-11-25T02:00:00.000Z")
        assert (told["next"]["contact"], told["next"]["start"]) == ("ana", "2026-11-25T02:00:00.000Z")
        assert (await desks["stranger"].ask("GET", PATH + "/oncall")).status_code == 404
        listed = (await desks["nusantara"].ask("GET", "/v1/rotations")).json()["items"]
        assert [(each["id"], each["on_call"]) for each in listed] == [("nusantara/primary", "budi")]
        assert (await desks["stranger"].ask("GET", "/v1/rotations")).json()["items"] == []


async def test_an_override_is_the_partys_own_is_made_once_and_is_taken_back_with_its_etag(backend: Backend) -> None:
    clock = ManualClock(NOW)
    given = {"contact": "dewi", "end": "2026-11-24T12:00:00Z"}
    async with opened(backend, clock) as desks:
        refused = await desks["toko-maju"].ask("POST", PATH + "/overrides", json=given)
        assert refused.status_code == 403
        past = await desks["nusantara"].ask("POST", PATH + "/overrides", json=given | {"start": "2026-11-20T00:00:00Z"})
        assert (past.status_code, past.json()["errors"][0]["pointer"]) == (422, "/start")
        once, again = [
            await desks["nusantara"].ask("POST", PATH + "/overrides", json=given, headers={"Idempotency-Key": "one"})
            for _ in range(2)
        ]
        assert (once.status_code, once.json()) == (201, again.json())
        assert (once.json()["on_call"], len(once.json()["overrides"])) == ("dewi", 1)
        clock.advance(timedelta(hours=1))
        id = once.json()["overrides"][0]["id"]
        path = f"{PATH}/overrides/{id}"
        assert (await desks["nusantara"].ask("DELETE", path)).status_code == 428
        assert (await desks["nusantara"].ask("DELETE", path, headers={"If-Match": '"1"'})).status_code == 412
        etag = (await desks["nusantara"].ask("GET")).headers["ETag"]
        left = await desks["nusantara"].ask("DELETE", path, headers={"If-Match": etag})
        assert (left.json()["on_call"], left.json()["overrides"][0]["end"]) == ("budi", "2026-11-24T10:00:00.000Z")


@pytest.mark.parametrize("contact", ["nosuch", "budi"])
async def test_nobody_is_put_on_call_who_is_no_contact_of_the_party(backend: Backend, contact: str) -> None:
    given = {"contact": contact, "end": "2026-11-24T12:00:00Z"}
    async with opened(backend, ManualClock(NOW)) as desks:
        refused = await desks["nusantara"].ask("POST", PATH + "/overrides", json=given)
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["pointer"]) == (422, "/contact")
    assert error["detail"] == f"'{contact}' is not a contact of nusantara, and must be one"


async def test_a_calendar_program_reads_every_shift(backend: Backend) -> None:
    span = {"from": "2026-11-24T02:00:00Z", "until": "2026-11-27T02:00:00Z"}
    async with opened(backend, ManualClock(NOW)) as desks:
        answer = await desks["nusantara"].ask("GET", PATH + "/oncall.ics", params=span)
        assert answer.headers["content-type"].startswith("text/calendar")
        shifts = (await desks["nusantara"].ask("GET", PATH + "/shifts", params=span)).json()["items"]
        long = await desks["nusantara"].ask("GET", PATH + "/shifts", params=span | {"until": "2028-11-27T02:00:00Z"})
        assert (long.status_code, long.json()["errors"][0]["pointer"]) == (422, "/query/until")
    events = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert [str(each["summary"]) for each in events] == ["budi: Primary", "ana: Primary", "budi: Primary"]
    assert [each.decoded("dtstart") for each in events] == [datetime.fromisoformat(each["start"]) for each in shifts]
    assert len({str(each["uid"]) for each in events}) == 3


async def test_what_runs_has_the_same_beginning_and_name_with_each_look(backend: Backend) -> None:
    clock, looks = ManualClock(NOW), []
    async with opened(backend, clock) as desks:
        for _ in range(2):
            on_call = (await desks["nusantara"].ask("GET", PATH + "/oncall")).json()
            assert (on_call["now"]["start"], on_call["now"]["contact"]) == ("2026-11-24T02:00:00.000Z", "budi")
            calendar = icalendar.Calendar.from_ical((await desks["nusantara"].ask("GET", PATH + "/oncall.ics")).content)
            looks.append([(str(each["uid"]), each.decoded("dtstart")) for each in calendar.walk("VEVENT")])
            clock.advance(timedelta(minutes=7))
    assert looks[0] == looks[1]


async def test_a_calendar_program_subscribes_by_a_link_until_it_is_revoked(backend: Backend) -> None:
    clock = ManualClock(NOW)
    async with opened(backend, clock) as desks:
        ana, budi, stranger = desks["nusantara"], desks["toko-maju"], desks["stranger"]
        assert (await stranger.ask("POST", PATH + "/calendar-links")).status_code == 404
        made = (await ana.ask("POST", PATH + "/calendar-links")).json()
        other = (await budi.ask("POST", PATH + "/calendar-links")).json()
        read = await ana.subscribed(made["url"])
        assert (read.status_code, read.headers["cache-control"]) == (200, "private, no-cache")
        summaries = [str(each["summary"]) for each in icalendar.Calendar.from_ical(read.content).walk("VEVENT")]
        assert {"budi: Primary", "ana: Primary"} == set(summaries)
        # What is overridden after it was subscribed to is read with the next look.
        await ana.ask("POST", PATH + "/overrides", json={"contact": "dewi", "end": "2026-11-24T12:00:00Z"})
        assert "dewi: Primary" in (await ana.subscribed(made["url"])).text

        [listed] = (await ana.ask("GET", PATH + "/calendar-links")).json()["items"]
        assert listed["id"] == made["id"] and "url" not in listed, "the address is shown once"
        assert (await budi.ask("DELETE", f"{PATH}/calendar-links/{made['id']}")).status_code == 404
        for _ in range(2):
            assert (await ana.ask("DELETE", f"{PATH}/calendar-links/{made['id']}")).status_code == 204
        assert (await ana.subscribed(made["url"])).status_code == 410
        assert (await ana.ask("GET", PATH + "/calendar-links")).json()["items"] == []
        assert (await budi.subscribed(other["url"])).status_code == 200, "the other party's goes on"
        for wrong in (made["url"][:-5] + "x.ics", "/v1/calendars/.ics"):
            assert (await ana.subscribed(wrong)).status_code == 404
