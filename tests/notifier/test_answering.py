"""The links of a message that join, put off and resolve: their pages, and what a press says; on a real database."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from facts import NOW, incident, notification
from fastapi import FastAPI
from notifying import VAULT, settings

from sepakat_cli.backends import Backend
from sepakat_notifier import answering, letters, pages, pause_pages, snoozing
from sepakat_notifier import notification as domain
from sepakat_notifier.chat_links import ChatLinks
from sepakat_notifier.directory import Directory, Reader
from sepakat_notifier.endpoint import Added, ChatChanged, Endpoint
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.notification import Answered, Planned
from sepakat_notifier.offers import offered
from sepakat_notifier.standing import Standing, after
from sepakat_notifier.standings import Standings
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Link, Purpose
from sepakat_shared import mongo
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import incidents
from sepakat_shared.contracts.agreements import ContactRecorded
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

CAUSE = Envelope("e", "/test", "t", None, None, b"")
ASKED = incident(incidents.IncidentEscalated, responsible="nusantara", may_snooze_seconds="3600.000")


def token(purpose: Purpose, **changes: Any) -> str:
    base = {"notification": "n1", "incident": "toko.checkout.0001", "party": "nusantara", "contact": "rina"}
    return VAULT.link_token(Link(**{**base, "until": (NOW + timedelta(days=7)).timestamp(), **changes}), purpose)


# -- what follows from what was told -----------------------------------------------------------------------------------


def test_how_an_incident_stands_follows_from_what_was_told_of_it() -> None:
    def stands(*facts: Any) -> Standing:
        standing = None
        for fact in facts:
            standing = after(standing, fact)
        assert standing is not None
        return standing

    opened = incident(incidents.IncidentOpened, responsible="nusantara")
    assert stands(opened).status == "open"
    put_off = stands(opened, ASKED, incident(incidents.IncidentSnoozed))
    assert (put_off.responsible, put_off.may_snooze_seconds) == ("nusantara", "1800.000")
    assert put_off.snoozed_until == NOW + timedelta(minutes=30)
    assert stands(ASKED, incident(incidents.SnoozeEnded)).snoozed_until is None
    taken = (ASKED, incident(incidents.IncidentAcknowledged))
    assert stands(*taken).status == "acknowledged"
    assert stands(*taken, incident(incidents.IncidentEscalated, reason="time-left")).status == "acknowledged"
    assert stands(ASKED, incident(incidents.IncidentAcknowledged, stops_ladder=False)).status == "open"
    assert stands(*taken, incident(incidents.IncidentUnacknowledged)).status == "open"
    over = stands(*taken, incident(incidents.IncidentResolved))
    assert (over.status, over.is_open) == ("resolved", False)
    assert stands(ASKED, incident(incidents.IncidentMerged)).into == "SEARCH-0007"


@pytest.mark.parametrize(
    ("left", "already", "offered"),
    [
        ("3600.000", 0, [15, 30, 60]),
        ("2700", 0, [15, 30, 45]),
        ("600", 0, [10]),
        ("59", 0, []),
        (None, 0, []),
        ("1800", 20, [30, 50]),
    ],
)
def test_a_page_offers_times_up_to_what_is_left(left: str | None, already: int, offered: list[int]) -> None:
    assert snoozing.choices(left, timedelta(minutes=already)) == offered


def test_each_link_opens_its_own_purpose_alone() -> None:
    for purpose in ("acknowledge", "join", "snooze", "resolve"):
        made = token(purpose)
        assert VAULT.open_link(made, NOW, purpose).contact == "rina"
        for other in ("acknowledge", "join", "snooze", "resolve"):
            if other != purpose:
                with pytest.raises(NotFound):
                    VAULT.open_link(made, NOW, other)


def test_each_link_counts_once_beside_the_others() -> None:
    planned = notification(ASKED, "rina")
    joined = answering.answer(planned, Answered("join", "nusantara", "rina", NOW))
    said = domain.apply(planned, joined[0])
    assert answering.answer(said, Answered("join", "nusantara", "rina", NOW)) == []
    assert len(answering.answer(said, Answered("resolve", "nusantara", "rina", NOW))) == 1


def test_a_letter_has_its_links_in_both_parts_and_both_languages() -> None:
    links = {"join": "https://x.example/join/t", "snooze": "https://x.example/snooze/t"}
    for language, words in (("en", ("I help with it", "Put it off")), ("id", ("Saya ikut membantu", "Tunda"))):
        reader = Reader("nusantara", "rina", "Rina", "rina@nusantara.example", language, "Asia/Jakarta")
        names = {"nusantara": "PT Nusantara Cloud", "toko-maju": "Toko Maju"}
        letter = letters.compose(ASKED, reader, names, "https://x.example/a/t", None, links)
        for part in (letter.text, letter.html):
            assert all(each in part for each in (*words, *links.values()))


# -- the pages ---------------------------------------------------------------------------------------------------------


class Door:
    def __init__(self, db: mongo.Database) -> None:
        self.clock = ManualClock(NOW)
        self.commits = Commits(db, self.clock)
        self.notifications, self.directory = Notifications(self.commits), Directory(db)
        self.standings, self.endpoints = Standings(db), Endpoints(self.commits)
        self.chat_links = ChatLinks(self.endpoints, self.directory, VAULT, settings(), self.clock)
        app = FastAPI()
        seen = pages.Pages(self.notifications, self.directory, self.standings, VAULT, self.chat_links, self.clock)
        app.include_router(pages.router(seen))
        app.include_router(pause_pages.router(pause_pages.PausePages(seen, self.notifications, self.directory)))
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t")

    async def asked(
        self, id: str = "n1", contact: str = "rina", party: str = "nusantara", language: str = "en", about: Any = ASKED
    ) -> None:
        planned = notification(about, contact, id=id)
        await self.notifications.all.execute(id, lambda *_: [Planned(planned)], by="test")
        known = ContactRecorded(party=party, contact=contact, name=contact, language=language)
        await self.directory.on_contact(known, CAUSE)

    async def heard(self, kind: Any, sequence: str = "", **changes: Any) -> None:
        cause = Envelope("e", "/test", kind.type, "toko.checkout", None, b"", sequence)
        await self.standings.on_fact(incident(kind, **changes), cause)

    async def told(self, id: str = "n1") -> list[Any]:
        commits = await self.commits.of(f"notification/{id}")
        return [message["data"] for each in commits for message in each["messages"]]


@pytest.fixture
async def door(backend: Backend) -> AsyncIterator[Door]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    door = Door(client[f"answering_{uuid.uuid4().hex[:8]}"])
    yield door
    await door.browser.aclose()
    await mongo.close_client(client)


@pytest.mark.servers
async def test_looking_says_nothing_and_each_button_says_its_own_once(door: Door) -> None:
    await door.asked(language="id")
    await door.heard(incidents.IncidentEscalated, responsible="nusantara", may_snooze_seconds="3600.000")
    for purpose, heading in (
        ("join", "Ikut membantu"),
        ("snooze", "Tunda"),
        ("resolve", "Sudah selesai? CHECKOUT-0001"),
    ):
        page = await door.browser.get(f"/{purpose}/{token(purpose)}")  # type: ignore[arg-type]
        assert (page.status_code, heading in page.text, "<button" in page.text) == (200, True, True)
        assert "form-action 'self'" in page.headers["content-security-policy"]
    assert await door.told() == []

    chosen = {"minutes": "30"}
    wrong = await door.browser.post(f"/snooze/{token('snooze')}", data={"minutes": "31"})
    assert wrong.status_code == 422 and "Pilih salah satu" in wrong.text
    for _ in range(2):
        put_off = await door.browser.post(f"/snooze/{token('snooze')}", data=chosen)
        assert put_off.status_code == 200 and "Anda menunda" in put_off.text and "<button" not in put_off.text
    assert "Terima kasih" in (await door.browser.post(f"/join/{token('join')}")).text
    long = await door.browser.post(f"/resolve/{token('resolve')}", data={"note": "x" * 4001})
    assert long.status_code == 422 and "x" * 4001 in long.text, "what was typed is there to be mended"
    hidden = await door.browser.post(f"/resolve/{token('resolve')}", data={"note": "<b>a\x1b[31m\u202e"})
    assert hidden.status_code == 422 and "karakter yang tidak terlihat" in hidden.text and "&lt;b&gt;a" in hidden.text
    note = {"note": " rolled back \r\nto 4.2"}
    assert "Terima kasih" in (await door.browser.post(f"/resolve/{token('resolve')}", data=note)).text
    said = [(each["answer"], each["party"], each["contact"], each.get("note")) for each in await door.told()]
    assert said == [
        ("snooze", "nusantara", "rina", None), ("join", "nusantara", "rina", None),
        ("resolve", "nusantara", "rina", "rolled back \nto 4.2"),
    ]  # fmt: skip
    assert (await door.told())[0]["until"] == "2026-11-24T09:30:00.000Z"


@pytest.mark.servers
async def test_a_link_that_cannot_be_pressed_says_why_on_a_page(door: Door) -> None:
    await door.asked()
    await door.asked("n2", "budi", "toko-maju")
    budi = {"notification": "n2", "party": "toko-maju", "contact": "budi"}

    async def refused(purpose: Purpose, status: int, words: str, **changes: Any) -> None:
        for call in (door.browser.get, door.browser.post):
            page = await call(f"/{purpose}/{token(purpose, **changes)}", headers={"Accept-Language": "id-ID,en;q=0.5"})
            assert (page.status_code, words in page.text) == (status, True), page.text
            assert "<button" not in page.text

    await refused("join", 410, "Tautan ini sudah kedaluwarsa", until=(NOW - timedelta(seconds=1)).timestamp())
    await refused("join", 404, "Tautan ini tidak mengarah", incident="toko.search.0001")
    await refused("join", 404, "Tautan ini tidak mengarah", contact="stranger")
    await refused("snooze", 403, "only its people may put it off", **budi)
    await refused("resolve", 403, "only its people may put it off", **budi)
    await door.heard(incidents.IncidentSnoozed, "01", until=NOW + timedelta(hours=1), may_snooze_seconds=None)
    await refused("snooze", 409, "cannot be put off any longer")
    await door.heard(incidents.IncidentAcknowledged, "02", responsible="nusantara")
    await refused("snooze", 409, "Somebody has taken up")
    await door.heard(incidents.IncidentEscalated, "01")
    await refused("snooze", 409, "Somebody has taken up")
    await door.heard(incidents.IncidentResolved, "03", at=NOW)
    for purpose in ("acknowledge", "join", "snooze", "resolve"):
        path: Purpose = purpose
        address = "a" if purpose == "acknowledge" else purpose
        page = await door.browser.post(f"/{address}/{token(path)}")
        assert (page.status_code, "This is over. CHECKOUT-0001: Checkout is down" in page.text) == (409, True)
    await door.heard(incidents.IncidentMerged, "04")
    await refused("resolve", 409, "It goes on as SEARCH-0007")
    assert await door.told() == await door.told("n2") == []


@pytest.mark.servers
async def test_a_link_acknowledges_anew_once_after_what_it_said_has_lapsed(door: Door) -> None:
    await door.asked()
    address = f"/a/{token('acknowledge')}"

    async def pressed() -> list[str]:
        for _ in range(2):
            page = await door.browser.post(address)
            assert page.status_code == 200 and "Thank you: you have taken up" in page.text
        return [each["at"] for each in await door.told()]

    await door.heard(incidents.IncidentEscalated, "01", responsible="nusantara")
    assert await pressed() == ["2026-11-24T09:00:00.000Z"]
    await door.heard(incidents.IncidentAcknowledged, "02", responsible="nusantara")
    door.clock.set(NOW + timedelta(minutes=6))
    lapsed = {"reason": "lapsed", "at": NOW + timedelta(minutes=5)}
    await door.heard(incidents.IncidentUnacknowledged, "03", **lapsed)
    await door.heard(incidents.IncidentEscalated, "04", at=NOW + timedelta(minutes=5))
    looked = await door.browser.get(address)
    assert "<button" in looked.text and "That counts no longer" in looked.text
    assert len(await door.told()) == 1
    assert await pressed() == ["2026-11-24T09:00:00.000Z", "2026-11-24T09:06:00.000Z"]
    for kind, sequence in ((incidents.IncidentReopened, "05"), (incidents.IncidentHandedOver, "06")):
        # Their clock may be ahead of ours.
        await door.heard(kind, sequence, at=door.clock.now() + timedelta(seconds=1))
        door.clock.set(door.clock.now() + timedelta(seconds=1))
        assert len(await pressed()) == int(sequence) - 2


@pytest.mark.servers
async def test_who_said_that_it_is_over_can_say_so_again_when_it_was_opened_again(door: Door) -> None:
    await door.asked()
    address = f"/resolve/{token('resolve')}"
    await door.heard(incidents.IncidentEscalated, "01", responsible="nusantara")
    assert "Thank you" in (await door.browser.post(address)).text
    await door.heard(incidents.IncidentResolved, "02")
    assert "Thank you" in (await door.browser.post(address)).text
    door.clock.set(NOW + timedelta(minutes=6))
    await door.heard(incidents.IncidentReopened, "03", at=NOW + timedelta(minutes=5))
    for _ in range(2):
        assert "Thank you" in (await door.browser.post(address)).text
    assert [each["at"] for each in await door.told()] == ["2026-11-24T09:00:00.000Z", "2026-11-24T09:06:00.000Z"]


@pytest.mark.servers
async def test_whoever_took_up_what_is_over_reads_that_it_is_over(door: Door) -> None:
    await door.asked()
    await door.heard(incidents.IncidentEscalated, "01", responsible="nusantara")
    assert "Thank you" in (await door.browser.post(f"/a/{token('acknowledge')}")).text
    await door.heard(incidents.IncidentResolved, "02")
    page = await door.browser.post(f"/a/{token('acknowledge')}")
    assert (page.status_code, "This is over." in page.text, "Thank you" in page.text) == (409, True, False)


@pytest.mark.servers
async def test_a_link_of_what_was_merged_takes_up_the_incident_that_was_kept_as_often_as_that_is_in_nobodys_hands(
    door: Door,
) -> None:
    await door.asked()
    address = f"/a/{token('acknowledge')}"
    kept = {"incident": "toko.search.0007", "number": "SEARCH-0007", "responsible": "nusantara"}

    async def press() -> int:
        for _ in range(2):
            page = await door.browser.post(address)
            assert (page.status_code, "Thank you: you have taken up SEARCH-0007" in page.text) == (200, True), page.text
        return len(await door.told())

    await door.heard(incidents.IncidentEscalated, "01", responsible="nusantara")
    assert "Thank you: you have taken up CHECKOUT-0001" in (await door.browser.post(address)).text
    await door.heard(incidents.IncidentEscalated, "01", **kept)
    door.clock.set(NOW + timedelta(minutes=1))
    await door.heard(incidents.IncidentMerged, "02", at=door.clock.now())
    looked = await door.browser.get(address)
    assert "Take up SEARCH-0007?" in looked.text and "<button" in looked.text
    assert "CHECKOUT-0001: Checkout is down was merged into it" in looked.text
    assert await press() == 2, "what was said before the merge took up the duplicate alone"

    await door.heard(incidents.IncidentAcknowledged, "02", **kept)
    door.clock.set(NOW + timedelta(minutes=6))
    await door.heard(incidents.IncidentUnacknowledged, "03", reason="lapsed", at=door.clock.now(), **kept)
    assert "That counts no longer" in (await door.browser.get(address)).text
    assert await press() == 3

    # It may be merged itself, while nobody has it in hand.
    at = NOW + timedelta(minutes=7)
    door.clock.set(at)
    await door.heard(incidents.IncidentMerged, "04", **kept, into="toko.pay.0001", into_number="PAY-0001", at=at)
    first = {"incident": "toko.pay.0001", "number": "PAY-0001", "responsible": "nusantara"}
    await door.heard(incidents.IncidentEscalated, "01", **first)
    assert "Take up PAY-0001?" in (await door.browser.get(address)).text
    await door.heard(incidents.IncidentResolved, "02", **first, at=NOW + timedelta(minutes=8))
    over = await door.browser.post(address)
    assert (over.status_code, "This is over. PAY-0001" in over.text) == (409, True), over.text
    assert len(await door.told()) == 3


@pytest.mark.servers
async def test_whoever_had_in_hand_what_was_merged_has_what_was_kept(door: Door) -> None:
    await door.asked()
    address = f"/a/{token('acknowledge')}"
    await door.heard(incidents.IncidentEscalated, "01", responsible="nusantara")
    await door.browser.post(address)
    await door.heard(incidents.IncidentAcknowledged, "02")
    kept = {"incident": "toko.search.0007", "number": "SEARCH-0007", "responsible": "nusantara"}
    await door.heard(incidents.IncidentEscalated, "01", **kept)
    door.clock.set(NOW + timedelta(minutes=1))
    await door.heard(incidents.IncidentMerged, "03", at=door.clock.now())
    await door.heard(incidents.IncidentAcknowledged, "02", at=door.clock.now(), **kept)
    page = await door.browser.post(address)
    assert "Thank you: you have taken up SEARCH-0007" in page.text, page.text
    assert len(await door.told()) == 1, "that is known already"


# -- whether clocks stood still ----------------------------------------------------------------------------------------

REQUESTED = incident(incidents.PauseRequested, note="we <b>waited</b>")
BUDI: dict[str, Any] = {"party": "toko-maju", "contact": "budi"}
ANSWERS: tuple[Purpose, ...] = ("consent", "refuse")


@pytest.mark.servers
async def test_a_request_is_answered_by_one_of_two_links_once_and_by_looking_at_none(door: Door) -> None:
    await door.asked(contact="budi", party="toko-maju", about=REQUESTED)
    consent, refuse = (f"/{each}/{token(each, **BUDI)}" for each in ANSWERS)
    for address, words in ((consent, "Agree that the clocks stood still?"), (refuse, "Refuse that the clocks")):
        page = await door.browser.get(address)
        assert (page.status_code, words in page.text, "<button" in page.text) == (200, True, True), page.text
        assert "nusantara asks you to agree" in page.text and "we &lt;b&gt;waited&lt;/b&gt;" in page.text
        assert "from 24 Nov 2026, 08:30:00 UTC until 24 Nov 2026, 09:00:00 UTC: waiting for toko-maju." in page.text
    assert await door.told() == []
    for address in (refuse, refuse, consent):
        page = await door.browser.post(address)
        assert (page.status_code, "Thank you: you have refused." in page.text) == (200, True), page.text
    [said] = await door.told()
    assert (said["party"], said["contact"], said["request"], said["granted"]) == ("toko-maju", "budi", "1", False)
    await door.heard(incidents.PauseAnswered, "01", granted=False)
    assert "Thank you: you have refused." in (await door.browser.get(consent)).text


@pytest.mark.servers
async def test_its_links_say_what_became_of_a_request_that_waits_no_more(door: Door) -> None:
    await door.asked(contact="budi", party="toko-maju", about=REQUESTED, language="id")
    addresses = [f"/{each}/{token(each, **BUDI)}" for each in ANSWERS]

    async def says(words: str, *which: str) -> None:
        for address in which or addresses:
            for call in (door.browser.get, door.browser.post):
                page = await call(address)
                assert (page.status_code, words in page.text, "<button" in page.text) == (409, True, False), page.text

    at = NOW + timedelta(minutes=1)
    await door.heard(incidents.IncidentOpened, "01", responsible="nusantara")
    await door.heard(incidents.PauseAnswered, "02", request="2", granted=True)
    await says("Ini hanya dapat ditolak", addresses[0])
    assert "<button" in (await door.browser.get(addresses[1])).text
    await door.heard(incidents.PauseAnswered, "03", at=at, granted=True)
    await says("Ini sudah dijawab: disetujui. CHECKOUT-0001")
    await door.heard(incidents.PauseLapsed, "04", at=at)
    await says("Permintaan ini sudah gugur")
    standing = await door.standings.find("toko.checkout.0001")
    assert standing is not None and (standing.status, standing.changed_at) == ("open", NOW)
    assert await door.told() == []


@pytest.mark.servers
async def test_a_request_of_a_record_that_was_closed_has_lapsed_also_where_no_event_says_so(door: Door) -> None:
    await door.asked(contact="budi", party="toko-maju", about=REQUESTED)
    await door.heard(incidents.IncidentClosed, "01")
    page = await door.browser.post(f"/consent/{token('consent', **BUDI)}")
    assert (page.status_code, "This request has lapsed. CHECKOUT-0001" in page.text) == (409, True)
    gone = await door.browser.get(f"/consent/{token('consent', **BUDI, until=(NOW - timedelta(1)).timestamp())}")
    assert (gone.status_code, "the commands in the message answer it" in gone.text) == (410, True)
    other = await door.browser.post(f"/consent/{token('refuse', **BUDI)}")
    assert other.status_code == 404
    assert await door.told() == []


def test_only_the_party_that_is_asked_has_the_links_of_a_request_in_both_languages() -> None:
    assert (offered(REQUESTED, "toko-maju"), offered(REQUESTED, "nusantara")) == (("consent", "refuse"), ())
    links = {"consent": "https://x.example/consent/t", "refuse": "https://x.example/refuse/t"}
    for language, words in (("en", ("Agree:", "Refuse:")), ("id", ("Setuju:", "Tolak:"))):
        reader = Reader("toko-maju", "budi", "Budi", "budi@toko-maju.example", language, "Asia/Jakarta")
        names = {"nusantara": "PT Nusantara Cloud", "toko-maju": "Toko Maju"}
        letter = letters.compose(REQUESTED, reader, names, None, None, links)
        assert all(each in letter.text for each in (*words, *links.values(), "answer-pause"))
        assert all(f'href="{each}"' in letter.html for each in links.values())


# -- from a chat -------------------------------------------------------------------------------------------------------


@pytest.mark.servers
async def test_a_link_in_a_chat_speaks_for_the_owner_of_the_room_while_that_is_the_owner(door: Door) -> None:
    room = Endpoint("ops", "nusantara", "", (), "sealed", NOW, kind="chat", service="slack", owner="rina")
    await door.endpoints.execute("ops", lambda *_: [Added(room)], "test")
    known = ContactRecorded(party="nusantara", contact="rina", name="Rina Wijaya", language="id")
    await door.directory.on_contact(known, CAUSE)
    id = "a" * 32
    planned = notification(ASKED, "ops", id=id, channel="chat", party="nusantara", parties=("nusantara",))
    await door.notifications.all.execute(id, lambda *_: [Planned(planned)], by="test")
    actions, in_name = await door.chat_links.of(planned, room)
    paths = [each.url.removeprefix("https://sla.example") for each in actions]
    assert [each.split("/")[1] for each in paths] == ["a", "join", "snooze", "resolve"]
    assert "Rina Wijaya" in in_name and all(len(each) < 80 for each in paths)
    assert await door.chat_links.of(planned, replace(room, owner=None)) == ((), "")
    assert await door.chat_links.of(planned, replace(room, owner="stranger")) == ((), "")
    other = await door.chat_links.of(planned, replace(room, party="toko-maju", owner="rina"))
    assert other == ((), ""), "rina is not that party's"

    page = await door.browser.get(paths[1])
    assert page.status_code == 200 and "dinyatakan oleh Rina Wijaya" in page.text and "<button" in page.text
    assert await door.told(id) == []
    join, resolve = paths[1].rpartition("/")[2], paths[3].rpartition("/")[2]
    for wrong in (
        f"/resolve/{join}",
        f"/join/{join[:-1]}{'a' if join[-1] != 'a' else 'b'}",
        f"/join/c-{'b' * 32}-{'a' * 26}",
    ):
        assert (await door.browser.post(wrong)).status_code == 404
    for _ in range(2):
        assert "Terima kasih" in (await door.browser.post(paths[1])).text
    [said] = await door.told(id)
    assert (said["answer"], said["party"], said["contact"], said["channel"]) == ("join", "nusantara", "rina", "chat")

    handed_on = ChatChanged((), None, "en", "UTC", owner="budi")
    await door.endpoints.execute("ops", lambda *_: [handed_on], "test")
    assert (await door.browser.post(f"/resolve/{resolve}")).status_code == 404, "the room has another owner"
    await door.endpoints.execute("ops", lambda *_: [replace(handed_on, owner="rina")], "test")
    door.clock.set(NOW + timedelta(days=7))
    assert (await door.browser.post(f"/resolve/{resolve}")).status_code == 410
    assert len(await door.told(id)) == 1
    assert (await door.browser.post("/pressed", data={"payload": "{}"})).status_code == 200
