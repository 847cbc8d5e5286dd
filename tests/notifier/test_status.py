"""The public status of an agreement: only where both parties allow it, in fixed words, and never a person's."""

import json
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from facts import NOW, agreed, incident
from notifying import VAULT
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_notifier import status_feed, status_feed_api, work
from sepakat_notifier.directory import Covered, Directory
from sepakat_notifier.standing import Standing, after
from sepakat_notifier.standings import Standings
from sepakat_notifier.status import status
from sepakat_notifier.status_feed import StatusFeed
from sepakat_notifier.status_feeds import StatusFeeds
from sepakat_notifier.status_formats import as_atom, as_json_feed
from sepakat_notifier.works import Works
from sepakat_shared import mongo, web
from sepakat_shared.auth import KnownKeys, digest
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import incidents, maintenance, texts
from sepakat_shared.contracts.agreements import AgreementTextPublished, KeyIssued
from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.maintenance import Excluded
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

PARTIES = ("nusantara", "toko-maju")
COVERED = Covered(
    "toko", PARTIES, {"en": "Checkout platform", "id": "Platform checkout"},
    {"checkout": {"en": "Checkout", "id": "Kasir"}, "search": {"en": "Search", "id": "Pencarian"}}, "Asia/Jakarta",
)  # fmt: skip
ATOM = "{http://www.w3.org/2005/Atom}"


def stood(*kinds: Any, **changes: Any) -> Standing:
    found = None
    for kind in kinds:
        found = after(found, incident(kind, **changes))
    assert found is not None
    return found


# -- who allows it -----------------------------------------------------------------------------------------------------


def said(*what: tuple[str, bool]) -> StatusFeed | None:
    feed = None
    for party, allows in what:
        for event in status_feed.decide(feed, "toko", PARTIES, party, allows, "k", NOW):
            feed = status_feed.apply(feed, event)
    return feed


def test_it_is_public_where_both_allow_it_and_ends_for_good_when_one_takes_it_back() -> None:
    assert said(("nusantara", False)) is None
    one, both = said(("nusantara", True)), said(("nusantara", True), ("toko-maju", True))
    assert one is not None and not one.is_public
    assert both is not None and both.is_public and both.series == 0
    back = said(("nusantara", True), ("toko-maju", True), ("toko-maju", False), ("toko-maju", False))
    assert back is not None and not back.is_public and back.series == 1
    again = said(("nusantara", True), ("toko-maju", True), ("toko-maju", False), ("toko-maju", True))
    assert again is not None and again.is_public and again.series == 1, "earlier addresses stay dead"
    hesitant = said(("nusantara", True), ("nusantara", False), ("nusantara", True), ("toko-maju", True))
    assert hesitant is not None and hesitant.series == 0, "it was not public yet"


# -- what it shows -----------------------------------------------------------------------------------------------------


def test_each_service_stands_as_its_open_incidents_say_in_both_languages() -> None:
    open_ = stood(incidents.IncidentEscalated, incidents.IncidentAcknowledged)
    over = stood(incidents.IncidentResolved, incident="toko.search.0001", service="search",
                 service_title=Title(en="Search", id="Pencarian"), at=NOW - timedelta(days=1))  # fmt: skip
    english, indonesian = (status(COVERED, [over, open_], each, NOW) for each in ("en", "id"))
    assert english.title == "Status of Checkout platform"
    assert english.summary == "Checkout: does not work as agreed; Search: works as agreed"
    assert [each.title for each in english.items] == ["Checkout: being worked on", "Search: works as agreed again"]
    assert [each.title for each in indonesian.items] == [
        "Kasir: sedang ditangani", "Pencarian: kembali berjalan sebagaimana disepakati",
    ]  # fmt: skip
    assert "24 Nov 2026, 15:58:00 WIB" in english.items[0].text
    assert english.changed_at == NOW
    assert status(COVERED, [], "en", NOW).changed_at is None


def test_an_outage_lasted_until_it_was_resolved_and_not_until_its_record_was_closed() -> None:
    resolved = stood(incidents.IncidentEscalated, incidents.IncidentResolved)
    closed = after(resolved, incident(incidents.IncidentClosed, at=NOW + timedelta(days=3)))
    assert closed.status == "closed"
    [before], [then] = (status(COVERED, [each], "en", NOW + timedelta(days=4)).items for each in (resolved, closed))
    assert then == before and then.changed_at == NOW
    never_resolved = after(
        stood(incidents.IncidentEscalated), incident(incidents.IncidentClosed, at=NOW + timedelta(1))
    )
    assert never_resolved.changed_at == NOW + timedelta(days=1)


def test_what_was_over_long_ago_or_is_a_part_of_another_is_not_listed() -> None:
    old = stood(incidents.IncidentResolved, at=NOW - timedelta(days=15))
    merged = stood(incidents.IncidentOpened, incidents.IncidentMerged)
    assert status(COVERED, [old, merged], "en", NOW).items == ()


IN_DAYS = [timedelta(days=each) for each in range(20)]


def announced(*days: int, kind: Any = maintenance.MaintenanceAnnounced, **changes: Any) -> Any:
    """Two hours on each of these days from now on."""
    in_force = tuple(Excluded(start=NOW + IN_DAYS[each], end=NOW + IN_DAYS[each] + timedelta(hours=2)) for each in days)
    return agreed(kind, in_force=in_force, at=NOW, **changes)


def test_maintenance_is_planned_then_runs_then_has_ended_by_the_clock() -> None:
    told = work.after(None, announced(4))

    def shown(after: timedelta, *standings: Standing, language: str = "en") -> tuple[list[str], str, list[str]]:
        found = status(COVERED, standings, language, NOW + after, [told])
        assert [each.changed_at for each in found.items] == sorted(
            (each.changed_at for each in found.items), reverse=True
        )
        assert all(each.began_at <= each.changed_at <= NOW + after for each in found.items), "nothing is of the future"
        return [each.title for each in found.items], found.services[0].state, [each.text for each in found.items]

    planned = shown(timedelta(0))
    assert planned[:2] == (["Checkout: maintenance is planned"], "up")
    assert planned[2] == ["From 28 Nov 2026, 16:00:00 WIB until 28 Nov 2026, 18:00:00 WIB."]
    assert shown(IN_DAYS[4])[:2] == (["Checkout: maintenance is going on"], "maintenance")
    assert shown(IN_DAYS[4], language="id")[0] == ["Kasir: pemeliharaan sedang berlangsung"]
    assert shown(IN_DAYS[4], stood(incidents.IncidentEscalated))[1] == "impaired", "what fails is said to fail"
    over = IN_DAYS[4] + timedelta(hours=2)
    assert shown(over)[:2] == (["Checkout: maintenance has ended"], "up")
    assert shown(over + timedelta(days=14))[0] == []
    assert shown(timedelta(days=-30))[0] == [], "not so far ahead"


def test_maintenance_of_single_objectives_is_of_these_and_of_no_service() -> None:
    def shown(language: str = "en", **named: Any) -> tuple[str, list[str]]:
        told = work.after(None, announced(0, **named))
        found = status(COVERED, [], language, NOW + timedelta(hours=1), [told])
        return found.items[0].title, [each.state for each in found.services]

    latency, kasir = Title(en="Latency", id="Latensi"), Title(en="Checkout", id="Kasir")
    one = {"services": (), "objectives": ("latency",), "titles": (latency,)}
    assert shown(**one) == ("Latency: maintenance is going on", ["up", "up"])
    assert shown("id", **one)[0] == "Latensi: pemeliharaan sedang berlangsung"
    assert shown(**one | {"titles": ()}) == ("latency: maintenance is going on", ["up", "up"])
    beside = {"services": ("checkout",), "objectives": ("latency",), "titles": (kasir, latency)}
    assert shown(**beside) == ("Checkout, Latency: maintenance is going on", ["maintenance", "up"])
    everything: Any = {"services": (), "objectives": (), "titles": ()}
    assert shown(**everything) == ("Checkout platform: maintenance is going on", ["maintenance", "maintenance"])


def test_what_was_called_off_or_moved_says_so_and_what_nobody_agreed_to_is_not_listed() -> None:
    asked = work.after(None, announced(state="awaiting-consent"))
    assert status(COVERED, [], "en", NOW, [asked]).items == ()
    twice = work.after(asked, announced(4, 5, revision=2))
    moved = work.after(twice, announced(4, 6, kind=maintenance.MaintenanceMoved, revision=3))
    assert work.after(moved, announced(4, 5, revision=2)) == moved, "what comes again, after what was told later"
    assert work.after(moved, announced(4, 6, kind=maintenance.MaintenanceMoved, revision=3)) == moved

    def found(what: work.Work) -> list[tuple[str, int]]:
        items = status(COVERED, [], "en", NOW, [what]).items
        each_day = {n: work.after(None, announced(n)) for n in range(len(IN_DAYS))}
        begins = {status(COVERED, [], "en", NOW, [of]).items[0].id: n for n, of in each_day.items() if n}
        return sorted((each.tags[1], begins[each.id]) for each in items)

    assert found(moved) == [("called off", 5), ("planned", 4), ("planned", 6)]
    cancelled = work.after(moved, announced(kind=maintenance.MaintenanceCancelled, revision=4, state="cancelled"))
    assert found(cancelled) == [("called off", 4), ("called off", 5), ("called off", 6)]
    again = work.after(cancelled, announced(5, revision=5))
    assert found(again) == [("called off", 4), ("called off", 6), ("planned", 5)]


def test_no_word_that_somebody_wrote_and_no_figure_is_in_it() -> None:
    told = stood(incidents.IncidentEscalated, title=Title(en="Rina's laptop <broke>"), priority="P1")
    shown = status(COVERED, [told], "en", NOW, [work.after(None, announced(4, reason="Rina's new disk"))])
    for text in (as_atom(shown, "https://x.example/s.atom").decode(), json.dumps(as_json_feed(shown, "https://x"))):
        assert not any(each in text for each in ("Rina", "rina", "oncall", "P1", "nusantara", "99"))


def test_both_formats_say_the_same() -> None:
    shown = status(COVERED, [stood(incidents.IncidentEscalated)], "id", NOW, [work.after(None, announced(1))])
    atom = ElementTree.fromstring(as_atom(shown, "https://x.example/a?b&c"))
    feed = as_json_feed(shown, "https://x.example/j")
    entries = dict(zip(atom.findall(f"{ATOM}entry"), feed["items"], strict=True))
    for entry, item in entries.items():
        assert [each.get("term") for each in entry.findall(f"{ATOM}category")] == item["tags"]
        assert entry.findtext(f"{ATOM}id") == item["id"]
    [(entry, item)] = [each for each in entries.items() if each[1]["tags"] == ["open"]]
    assert entry.findtext(f"{ATOM}title") == item["title"] == "Kasir: tidak berjalan sebagaimana disepakati"
    assert entry.findtext(f"{ATOM}updated") == item["date_modified"] == "2026-11-24T09:00:00.000Z"
    assert atom.findtext(f"{ATOM}subtitle") == feed["description"]
    link = atom.find(f"{ATOM}link")
    assert link is not None and link.get("href") == "https://x.example/a?b&c"
    for needed in ("id", "title", "updated", "author"):
        assert atom.find(f"{ATOM}{needed}") is not None
    assert [each["state"] for each in feed["_sepakat"]["services"]] == ["impaired", "up"]
    assert as_atom(shown, "x") == as_atom(shown, "x")
    empty = ElementTree.fromstring(as_atom(status(COVERED, [], "en", NOW), "x"))
    assert empty.findtext(f"{ATOM}updated") == "2000-01-01T00:00:00.000Z"


@pytest.mark.servers
async def test_what_was_over_long_ago_is_not_even_read(backend: Backend) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db = client[f"standings_{uuid.uuid4().hex[:8]}"]
    standings, works = Standings(db), Works(db)
    await standings.create_indexes()
    await works.create_indexes()

    async def heard(id: str, kind: Any, at: Any, sequence: str = "01") -> None:
        await standings.on_fact(incident(kind, incident=id, at=at), Envelope("e", "/t", "t", id, None, b"", sequence))

    await heard("open", incidents.IncidentEscalated, NOW - timedelta(days=90))
    await heard("lately", incidents.IncidentResolved, NOW - timedelta(days=1))
    await heard("long ago", incidents.IncidentResolved, NOW - timedelta(days=90))
    await heard("of before", incidents.IncidentEscalated, NOW - timedelta(days=90))
    kept = await db["standings"].find_one({"_id": "of before"})
    assert kept is not None
    earlier = {name: value for name, value in kept.items() if name not in ("open", "changed_at")}
    await db["standings"].replace_one({"_id": "of before"}, earlier)
    for id, day in (("soon", 4), ("never", 0)):
        in_force: Any = announced(*([day] if day else []), maintenance=id)
        await works.on_fact(in_force, Envelope("e", "/t", "t", id, None, b""))
    found = await standings.of("toko", NOW - timedelta(days=14))
    assert sorted(each.incident for each in found) == ["lately", "of before", "open"]
    assert [each.maintenance for each in await works.of("toko", NOW)] == ["soon"]
    assert await works.of("toko", NOW + timedelta(days=5)) == []
    await mongo.close_client(client)


# -- over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.fixture
async def http(backend: Backend) -> AsyncIterator[httpx.AsyncClient]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db, clock = client[f"status_{uuid.uuid4().hex[:8]}"], ManualClock(NOW)
    keys, directory, standings = KnownKeys(db, clock), Directory(db), Standings(db)
    for party in (*PARTIES, "stranger"):
        scopes = ("notifications:read", "notifications:write")
        await keys.on_issued(KeyIssued(key=party, digest=digest(f"spk_{party}"), party=party, scopes=scopes))
    await keys.on_issued(KeyIssued(key="operator", digest=digest("spk_operator"), roles=("operator",)))
    text = texts.as_text(agreement())
    await directory.on_text(
        AgreementTextPublished(agreement="toko", version=1, hash="h", effective_from=NOW, text=text)
    )
    cause = Envelope("e", "/test", "t", "toko.checkout", None, b"", "01")
    await standings.on_fact(incident(incidents.IncidentEscalated), cause)
    app = web.application("t", "t", keys, 1_000_000)
    works = Works(db)
    for revision, kind in enumerate((maintenance.MaintenanceAnnounced, maintenance.MaintenanceReminded), 1):
        await works.on_fact(agreed(kind, revision=revision), cause)
    feeds = StatusFeeds(Commits(db, clock), directory, standings, works, VAULT, clock)
    app.include_router(status_feed_api.router(feeds, "http://t"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as http:
        yield http
    await mongo.close_client(client)


@pytest.mark.servers
async def test_each_party_allows_it_with_its_own_key_and_the_address_needs_none(http: httpx.AsyncClient) -> None:
    async def allow(who: str, allowed: Any, status: int = 200) -> Any:
        answer = await http.put(
            "/v1/status-feeds/toko", json={"allowed": allowed}, headers={"Authorization": f"Bearer spk_{who}"}
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    await allow("stranger", True, 404)
    await allow("operator", True, 403)
    assert (await allow("nusantara", "yes", 422))["errors"][0]["pointer"] == "/allowed"
    half = await allow("nusantara", True)
    assert (half["allowed"], half["public"]) == ({"nusantara": True, "toko-maju": False}, False)
    assert half["atom"] is half["json"] is None
    whole = await allow("toko-maju", True)
    atom = await http.get(whole["atom"], headers={"Accept-Language": "id"})
    assert (atom.status_code, atom.headers["content-type"]) == (200, "application/atom+xml")
    assert "Status Platform checkout" in atom.text and "Checkout: tidak berjalan" in atom.text
    same = await http.get(whole["atom"], headers={"Accept-Language": "id", "If-None-Match": atom.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    feed = await http.get(whole["json"] + "?lang=en")
    titles = {each["title"]: each["tags"] for each in feed.json()["items"]}
    assert titles == {
        "Checkout: does not work as agreed": ["open"],
        "Checkout: maintenance is planned": ["maintenance", "planned"],
    }
    assert feed.headers["content-type"] == "application/feed+json"
    assert (await http.get(whole["json"][:-9] + ".json")).status_code == 404
    assert (await allow("nusantara", False))["atom"] is None
    assert (await http.get(whole["atom"])).status_code == 410
    await allow("nusantara", True)
    assert (await http.get(whole["atom"])).status_code == 410
