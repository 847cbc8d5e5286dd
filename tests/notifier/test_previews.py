"""Previews and brandings: every letter can be seen before it is sent, and no wording that fails is ever kept."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from facts import NAMES, incident, objective
from jinja2 import TemplateError

from sepakat_cli.backends import Backend
from sepakat_notifier import branding, branding_api, brandings, chat_formats, gists, letters, sample_events, wording
from sepakat_notifier.branding import Branding
from sepakat_notifier.brandings import Brandings
from sepakat_notifier.chat_formats import Said
from sepakat_notifier.directory import Reader
from sepakat_notifier.gists import Gist
from sepakat_notifier.routing import CONTRACTS
from sepakat_notifier.wording import Refused, Wording
from sepakat_notifier.words import LANGUAGES
from sepakat_shared import mongo, web
from sepakat_shared.auth import KnownKeys, digest
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import incidents
from sepakat_shared.contracts.agreements import KeyIssued
from sepakat_shared.settings import ServiceSettings

OPENED = "sepakat.incident.opened.v1"


def reader(language: str = "en") -> Reader:
    return Reader("toko-maju", "budi", "Budi", None, language, "Asia/Jakarta")


def gist(type: str = OPENED, language: str = "en") -> Gist:
    return gists.gist_of(sample_events.sample_of(type), reader(language), sample_events.NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_has_a_sample_that_fits_it_in_every_form(language: str) -> None:
    seen = 0
    for type in CONTRACTS:
        fact = sample_events.sample_of(type)
        assert fact.type == type
        if gists.is_told(fact):
            said = gists.gist_of(fact, reader(language), sample_events.NAMES)
            assert said.subject and said.paragraphs
            told = Said(said.subject, said.paragraphs, said.figures, said.tone, said.agreement)
            assert chat_formats.slack(told)["blocks"] and chat_formats.teams(told)["attachments"]
            ours = Wording(type, "en", "{{ subject }}", "{{ text }}")
            wording.check(ours, said)
            assert wording.worded(said, ours).paragraphs == said.paragraphs
            seen += 1
    assert seen > 50


def test_a_wording_has_the_values_of_the_event_and_may_ask_for_them() -> None:
    theirs = Wording(
        OPENED, "en", "{{ priority }}! {{ title }}",
        "{% if priority == 'P2' %}Call the shop.{% else %}Wait.{% endif %}\n\n{{ text }}",
    )  # fmt: skip
    wording.check(theirs, gist())
    said = wording.worded(gist(), theirs)
    assert said.subject == "P2! Checkout is down"
    assert said.paragraphs == ["Call the shop.", *gist().paragraphs]
    assert said.figures == gist().figures, "the figures are not a party's to change"


@pytest.mark.parametrize(
    ("subject", "text", "field", "words"),
    [
        ("x", "{{ nothing }}", "text", "'nothing' is undefined; there are"),
        ("{{ title", "x", "subject", "unexpected end"),
        ("{{ title.upper() }}", "x", "subject", "not allowed"),
        ("x", "{% for a in title %}{{ a }}{% endfor %}", "text", "for is not allowed"),
        ("x", "{{ title.__class__ }}", "text", "not allowed"),
        ("x", "{{ 'a' * 1000000000 }}", "text", "mul is not allowed"),
        ("x", "{% include 'letter.html' %}", "text", "not allowed"),
        ("{% if priority == 'P9' %}x{% endif %}", "x", "subject", "must say something"),
        ("x" * 201, "x", "subject", "200 characters"),
        ("x", "{% if title > 5 %}x{% endif %}", "text", "cannot be said"),
        ("{% if 1 in title %}x{% endif %}", "x", "subject", "cannot be said"),
        ("x", "{{ " + "(" * 200 + "title" + ")" * 200 + " }}", "text", "cannot be said"),
        ("x", "{{ " + "title == (" * 90 + "title" + ")" * 90 + " }}", "text", "cannot be said"),
        ("x", "{{ " + "9" * 4_500 + " }}", "text", "cannot be said"),
        ("x", "{{ range }}", "text", "'range' is undefined"),
    ],
)
def test_a_wording_that_cannot_be_said_is_refused_with_its_field(
    subject: str, text: str, field: str, words: str
) -> None:
    with pytest.raises(Refused, match=words) as refused:
        wording.check(Wording(OPENED, "en", subject, text), gist())
    assert refused.value.field == field


def test_what_people_wrote_is_a_value_and_never_a_template() -> None:
    title = {"en": "<b>{{ 7 * 7 }}</b>\r\nBcc: x@y.example", "id": "x"}
    said = gists.gist_of(incident(incidents.IncidentOpened, title=title), reader(), NAMES)
    theirs = Wording(OPENED, "en", "{{ title }}", "{{ title }}")
    worded = wording.worded(said, theirs)
    assert "\n" not in worded.subject and "{{ 7 * 7 }}" in worded.subject
    letter = letters.letter_of(worded, reader(), None, None)
    assert "<b>" not in letter.html and "49" not in letter.html


def test_where_a_wording_names_what_this_event_does_not_have_the_letter_is_in_our_words() -> None:
    type = "sepakat.objective.breached.v1"
    theirs = Wording(type, "en", "{{ credit }} owed", "x")
    wording.check(theirs, gist(type))
    without = gists.gist_of(objective(), reader(), NAMES)
    with pytest.raises(TemplateError):
        wording.worded(without, theirs)
    letter = brandings.letter_of(type, without, reader(), None, None, Branding("toko-maju", wordings=(theirs,)))
    assert letter.subject == without.subject
    kept = Branding("toko-maju", wordings=(Wording(type, "en", "x", "{% if title > 5 %}x{% endif %}"),))
    assert brandings.letter_of(type, without, reader(), None, None, kept).subject == without.subject


def test_a_letter_has_the_name_colour_and_footer_of_its_readers_party() -> None:
    look = Branding("toko-maju", "Toko <Maju>", "#1f3a5f", "Ask the desk.", "Hubungi meja bantuan.")
    letter = brandings.letter_of(OPENED, gist(language="id"), reader("id"), None, None, look)
    assert "Toko &lt;Maju&gt;" in letter.html and "background:#1f3a5f" in letter.html
    assert "Hubungi meja bantuan." in letter.html and "Hubungi meja bantuan." in letter.text
    plain = letters.letter_of(gist(), reader(), None, None)
    assert brandings.letter_of(OPENED, gist(), reader(), None, None, None) == plain


@pytest.mark.parametrize(
    ("colour", "rule"),
    [("red", "#rrggbb"), ("#fff", "#rrggbb"), ("#ffffff;x:y", "#rrggbb"), ("#ffcc00", "contrast"), ("#1f3a5f", None)],
)
def test_a_colour_is_one_that_white_text_can_be_read_on(colour: str, rule: str | None) -> None:
    problem = branding.problem_of_colour(colour)
    assert problem is None if rule is None else rule in (problem or "")


# -- over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.fixture
async def http(backend: Backend) -> AsyncIterator[httpx.AsyncClient]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db: Any = client[f"brands_{uuid.uuid4().hex[:8]}"]
    clock = SystemClock()
    keys = KnownKeys(db, clock)
    scopes = ("notifications:read", "notifications:write")
    await keys.on_issued(
        KeyIssued(key="k", digest=digest("spk_k"), party="toko-maju", roles=("customer",), scopes=scopes)
    )
    app = web.application("t", "t", keys, 1_000_000)
    app.include_router(branding_api.router(Brandings(Commits(db, clock))))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://t", headers={"Authorization": "Bearer spk_k"}
    ) as asking:
        yield asking
    await mongo.close_client(client)


@pytest.mark.servers
async def test_a_branding_is_tried_before_it_is_kept_and_seen_in_previews(http: httpx.AsyncClient) -> None:
    path, mine = "/v1/brandings/toko-maju", {"If-Match": '"0"'}
    bad = {
        "colour": "#ffff00",
        "wordings": [
            {"type": "sepakat.nothing.v1", "language": "en", "subject": "x", "text": "x"},
            {"type": OPENED, "language": "en", "subject": "{{ nothing }}", "text": "x"},
        ],
    }
    refused = await http.put(path, json=bad, headers=mine)
    assert [each["pointer"] for each in refused.json()["errors"]] == [
        "/colour", "/wordings/0/type", "/wordings/1/subject"
    ]  # fmt: skip
    theirs = {"type": OPENED, "language": "en", "subject": "{{ title }}!", "text": "Go and look.\n\n{{ text }}"}
    good = {"name": "Toko Maju", "colour": "#1f3a5f", "footer_en": "Ask the desk.", "wordings": [theirs]}
    tried = await http.post("/v1/previews", json={"type": OPENED, "branding": good})
    assert tried.json()["subject"] == "Checkout is down!" and "Go and look." in tried.json()["html"]
    before = await http.post("/v1/previews", json={"type": OPENED})
    assert before.json()["subject"] == "[P2] Checkout is down", "what was tried was not kept"
    saved = await http.put(path, json=good, headers=mine)
    assert saved.status_code == 200 and (await http.get(path)).json()["wordings"] == [theirs]
    after = await http.post("/v1/previews", json={"type": OPENED})
    assert after.json()["html"] == tried.json()["html"]
    assert (await http.put("/v1/brandings/other", json=good, headers=mine)).status_code == 403
    for form, part in (("slack", "blocks"), ("teams", "attachments")):
        shown = await http.post("/v1/previews", json={"type": OPENED, "form": form, "language": "id"})
        assert part in shown.json()["body"]
    escalated = {"type": "sepakat.incident.escalated.v1"}
    asked = (await http.post("/v1/previews", json=escalated | {"form": "slack"})).json()["body"]["blocks"]
    assert [each["url"] for block in asked if block["type"] == "actions" for each in block["elements"]][:2] == [
        "https://sla.example/a/sample", "https://sla.example/join/sample"
    ]  # fmt: skip
    assert "https://sla.example/join/sample" in (await http.post("/v1/previews", json=escalated)).json()["html"]
    unknown = await http.post("/v1/previews", json={"type": "sepakat.nothing.v1"})
    assert unknown.json()["errors"][0]["pointer"] == "/type"
