"""What is said in a chat, and where an address leads: all of it pure, but for what Apprise is asked."""

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote_plus

import pytest
from facts import NAMES, NOW, every_fact, incident, notification
from hypothesis import given
from hypothesis import strategies as st
from notifying import VAULT

from sepakat_notifier import chat_formats, gists
from sepakat_notifier.channels import Gone, Permanent, Transient, Unreachable, services
from sepakat_notifier.channels.calling import Answer, Client
from sepakat_notifier.channels.chat import ChatSender
from sepakat_notifier.chat_addresses import ByApprise, Hook, SlackBot, service_of, way_of
from sepakat_notifier.chat_formats import Action, Line, Said
from sepakat_notifier.directory import Reader
from sepakat_notifier.endpoint import Endpoint
from sepakat_shared.contracts import incidents

TONES = ("bad", "warn", "good", "calm")
HARMFUL = "<!channel> *bold* [text](https://evil.example) @everyone & <script>"


def said(fact: Any, language: str = "en") -> Said:
    reader = Reader("nusantara", "room", "Nusantara", None, language, "Asia/Jakarta")
    gist = gists.gist_of(fact, reader, NAMES)
    return Said(gist.subject, gist.paragraphs, gist.figures, gist.tone, gist.agreement)


# -- where -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "way"),
    [
        ("https://hooks.slack.com/services/A/B/C", Hook("slack", "https://hooks.slack.com/services/A/B/C")),
        ("slack://A/B/C", Hook("slack", "https://hooks.slack.com/services/A/B/C")),
        ("slack://xoxb-1-2-3/#incidents", SlackBot("https://slack.com/api", "xoxb-1-2-3", "#incidents")),
        ("slack://bot@xoxb-1-2-3/C123?api=https://slack-gov.com/api/",
         SlackBot("https://slack-gov.com/api", "xoxb-1-2-3", "C123")),
        ("https://x.webhook.office.com/webhookb2/y", Hook("teams", "https://x.webhook.office.com/webhookb2/y")),
        ("https://prod-1.westeurope.logic.azure.com/workflows/y",
         Hook("teams", "https://prod-1.westeurope.logic.azure.com/workflows/y")),
        ("ntfys://ntfy.example/topic", ByApprise("ntfys", "ntfys://ntfy.example/topic")),
    ],
)  # fmt: skip
def test_an_address_stands_for_a_way(address: str, way: Any) -> None:
    assert way_of(address) == way
    assert service_of(way) in ("slack", "slack-bot", "teams", "ntfys")


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.example/secret",
        "slack://xoxb-secret",
        "slack://secret/B",
        "slack://xoxb-1/#a/#secret",
        "http://[",
    ],
)
def test_an_address_that_leads_nowhere_is_refused_without_quoting_it(address: str) -> None:
    with pytest.raises(ValueError) as refused:
        way_of(address)
    assert "secret" not in str(refused.value)
    assert way_of("https://hooks.example/x", "teams") == Hook("teams", "https://hooks.example/x")


# -- how it looks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "id"])
def test_whatever_is_told_can_be_said_in_every_form(language: str) -> None:
    for fact in every_fact():
        if gists.is_told(fact):
            told = said(fact, language)
            _check_slack(chat_formats.slack(told))
            assert chat_formats.teams(told)["attachments"][0]["content"]["body"]
            title, body = chat_formats.plain(told)
            assert title and body


def _check_slack(message: dict[str, Any]) -> None:
    """By the limits of Slack's reference on blocks."""
    assert 1 <= len(message["blocks"]) <= 50
    for block in message["blocks"]:
        if block["type"] == "header":
            assert 1 <= len(block["text"]["text"]) <= 150
        if block["type"] == "section" and "text" in block:
            assert 1 <= len(block["text"]["text"]) <= 3000
        if "fields" in block:
            assert len(block["fields"]) <= 10
            assert all(1 <= len(each["text"]) <= 2000 for each in block["fields"])
        if block["type"] == "context":
            assert 1 <= len(block["elements"]) <= 10 and all(each["text"] for each in block["elements"])
        if block["type"] == "actions":
            assert 1 <= len(block["elements"]) <= 25
            assert len({each["action_id"] for each in block["elements"]}) == len(block["elements"])
            assert all(len(each["text"]["text"]) <= 75 and len(each["url"]) <= 3000 for each in block["elements"])


_TEXT = st.text(min_size=1, max_size=4000)
_LINES = st.lists(st.builds(Line, st.just("24 Nov"), _TEXT), max_size=60)
_ACTIONS = st.lists(st.builds(Action, _TEXT, st.integers(1, 4000).map(lambda n: f"https://{'x' * n}")), max_size=8)


@given(
    st.builds(
        Said, _TEXT, st.lists(_TEXT, max_size=5), st.lists(st.tuples(_TEXT, _TEXT), max_size=25),
        st.sampled_from(TONES), _TEXT, st.lists(st.tuples(_TEXT, _LINES), max_size=3), _ACTIONS, _TEXT,
    )
)  # fmt: skip
def test_no_text_is_longer_than_a_service_takes(told: Said) -> None:
    _check_slack(chat_formats.slack(told))
    teams = chat_formats.teams(told)
    assert len(json.dumps(teams["attachments"][0]["content"]["body"], ensure_ascii=False).encode()) < 180_000
    assert len(teams["attachments"][0]["content"].get("actions", [])) <= 6
    title, body = chat_formats.plain(told)
    assert len(title.replace("\u200b", "")) <= 200 and len(body.replace("\u200b", "")) <= 1_800


def test_what_people_wrote_is_shown_and_not_read_as_markup() -> None:
    told = Said(HARMFUL, [HARMFUL], [("Service", HARMFUL)], "bad", HARMFUL, [("", [Line("now", HARMFUL, HARMFUL)])])
    slack = chat_formats.slack(told)
    texts = [each["text"]["text"] for each in slack["blocks"] if each["type"] == "section" and "text" in each]
    assert all("<!channel>" not in each and "&lt;!channel&gt;" in each for each in [*texts, slack["text"]])
    card = chat_formats.teams(told)["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}, "a TextBlock would read markup"
    assert "@everyone" not in "".join(chat_formats.plain(told))


def test_what_can_be_answered_is_a_button_in_slack_and_in_teams_and_a_line_elsewhere() -> None:
    labels = ("I take care of it", "I help with it", "Put it off", "It is over")
    actions = [Action(label, f"https://sla.example/{n}/c-{A}-{'a' * 26}") for n, label in enumerate(labels)]
    told = Said("t", ["x" * 4000], [], "bad", "Shop", (), actions, "It counts as said by @Rina <b>.")
    blocks = chat_formats.slack(told)["blocks"]
    assert [each["type"] for each in blocks] == ["header", "section", "actions", "context"]
    assert blocks[2]["elements"][0] == {
        "type": "button", "action_id": "link-0", "url": actions[0].url, "style": "primary",
        "text": {"type": "plain_text", "text": "I take care of it", "emoji": False},
    }  # fmt: skip
    assert [each["text"] for each in blocks[3]["elements"]] == ["It counts as said by @Rina &lt;b&gt;.", "Shop"]
    card = chat_formats.teams(told)["attachments"][0]["content"]
    assert [(each["type"], each["title"], each["url"]) for each in card["actions"]] == [
        ("Action.OpenUrl", each.label, each.url) for each in actions
    ]
    _, text = chat_formats.plain(told)
    assert text.endswith("\n".join(f"{each.label}: {each.url}" for each in actions)), "whole, whatever is cut"
    assert "@Rina" not in text and len(text.replace("\u200b", "")) <= 1_800
    assert "actions" not in {
        each["type"] for each in chat_formats.slack(said(incident(incidents.ClockMissed)))["blocks"]
    }


def test_an_incident_in_slack_and_in_teams_has_title_figures_and_colour() -> None:
    told = said(incident(incidents.IncidentOpened), "id")
    slack = chat_formats.slack(told)
    assert slack["blocks"][0]["text"]["text"] == "🔴 [P1] Kasir mati"
    fields = next(each["fields"] for each in slack["blocks"] if "fields" in each)
    assert {"type": "mrkdwn", "text": "*Insiden*\nCHECKOUT-0001", "verbatim": True} in fields
    message = chat_formats.teams(told)
    card = message["attachments"][0]["content"]
    assert (message["type"], card["type"], card["version"]) == ("message", "AdaptiveCard", "1.4")
    assert card["body"][0]["inlines"][0] | {"text": ""} == {
        "type": "TextRun", "text": "", "size": "Large", "weight": "Bolder", "color": "Attention"
    }  # fmt: skip


# -- by Apprise --------------------------------------------------------------------------------------------------------

A, B = "a" * 32, "b" * 32
LINK = f"https://sla.example/join/c-{A}-{'b' * 26}"
ADDRESSES = {
    "discord": "discord://1234567890/abcdefghijklmnopqrstuvwxyz",
    "gchat": "gchat://workspace/key/token",
    "gotify": "gotify://gotify.example/aaaaaaaaaaaaaaa",
    "line": f"line://{'a' * 170}/U1234",
    "mmost": "mmost://mattermost.example/3ccdd113474722377935511fc85d3dd4",
    "msgbird": f"msgbird://{'a' * 25}/15550000000",
    "ntfy": "ntfy://ntfy.example/topic",
    "plivo": f"plivo://{'A' * 25}@{'b' * 40}/15551233456/15551233457",
    "pover": f"pover://{'u' * 30}@{'a' * 30}",
    "rocket": f"rocket://{'a' * 24}/{'b' * 24}@rocket.example/#x",
    "signal": "signal://signal.example/15550000000/15551111111",
    "sinch": f"sinch://{A}:{B}@15551233456/15551233457",
    "tgram": "tgram://123456789:abcdefg_hijklmnop/12315544/",
    "twilio": f"twilio://AC{A}:{B}@15551233456/15551233457",
    "vonage": "vonage://AC12345678:abcdefghijklmnop@15551233456/15551233457",
    "whatsapp": f"whatsapp://{'a' * 40}@1234567890/15551233457",
    "wxteams": f"wxteams://{'a' * 80}",
    "zulip": f"zulip://botname@apprise/{A}/#channel",
}


class Kept:
    """Stands for our client: keeps what is asked, and answers it."""

    within = timedelta(minutes=2)

    def __init__(self, status: int = 200, body: bytes = b"{}") -> None:
        self.asked: list[tuple[str, str, bytes]] = []
        self._answer = Answer(status, {"content-type": "application/json"}, body, None)

    async def ask(self, method: str, url: str, body: bytes, _headers: dict[str, str]) -> Answer:
        self.asked.append((method, url, body))
        return self._answer


@pytest.mark.parametrize("scheme", sorted(services.SERVICES))
async def test_every_request_of_every_service_leaves_through_our_client(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = ADDRESSES.get(scheme) or ADDRESSES[scheme[:-1]].replace(scheme[:-1], scheme, 1)

    def connect(*_: Any) -> None:
        raise AssertionError("a connection that nobody checked")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    kept = Kept()
    try:
        await services.tell(address, "title", f"text *b*\n{LINK}", kept)  # type: ignore[arg-type]
    except Transient as refused:
        assert "refused" in str(refused), "it answers otherwise than this stand-in, and that is all"
    assert kept.asked and all(url.startswith(("https://", "http://")) for _, url, _ in kept.asked)
    sent = unescape(unquote_plus("".join(body.decode() for _, _, body in kept.asked)))
    assert LINK in sent, "a link is whole, whatever form the service takes"
    assert scheme.rstrip("s") not in ("wxteam", "rocket") or (f"<{LINK}>" in sent and "text \\\\*b" in sent)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (500, Unreachable, "answered 500"),
        (410, Gone, "410"),
        (301, Unreachable, "not followed"),
        (404, Unreachable, "404"),
    ],
)
async def test_what_a_service_answers_decides_what_becomes_of_the_message(
    status: int, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        await services.tell(ADDRESSES["ntfy"], "title", "text", Kept(status))  # type: ignore[arg-type]


class Dripping(Kept):
    """Never has the whole of an answer."""

    within = timedelta(seconds=3)

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.left = 0

    async def ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.left += 1
        return await super().ask(method, url, body, headers)


async def idle_threads(among: ThreadPoolExecutor) -> bool:
    """Whether its only thread is free long before the drips end."""
    return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(among, lambda: True), 10)


async def test_a_service_that_answers_in_drips_keeps_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    services.service_of(ADDRESSES["ntfy"])  # what it loads the first time takes longer than this
    with ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(services, "_THREADS", threads)
        dripping = Dripping()
        with pytest.raises(Unreachable, match="in time"):
            await services.tell(ADDRESSES["ntfy"], "title", "text", dripping)  # type: ignore[arg-type]
        assert dripping.left == 1 and await idle_threads(threads)
        dripping.begun.clear()
        monkeypatch.setattr(Dripping, "within", timedelta(seconds=60))
        telling = asyncio.create_task(services.tell(ADDRESSES["ntfy"], "title", "text", dripping))  # type: ignore[arg-type]
        await dripping.begun.wait()
        telling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await telling
        assert await idle_threads(threads) and dripping.left == 2


@pytest.mark.parametrize(
    "address",
    ["ntfy://127.0.0.1:9/topic", "ntfy://[::1]/topic", "ntfy://169.254.169.254/topic", "gotify://10.0.0.1/aaaaaaaaaaaaaaa",
     "mmost://localhost/3ccdd113474722377935511fc85d3dd4", "ntfy://2130706433/topic", "signal://127.1:1/15550000000/1555111111"],
)  # fmt: skip
async def test_no_service_is_a_way_inside(address: str) -> None:
    client = Client((), timedelta(seconds=5))
    with pytest.raises((Permanent, Unreachable)):
        await services.tell(address, "title", "text", client)
    await client.close()


@pytest.mark.parametrize(
    "address",
    ["mailto://user:secret@mail.example", "json://secret.example", "syslog://", "file:///etc/secret", "dbus://", "",
     "discord://1234567890/secret?template=/etc/passwd", "ntfy://secret.example/t?verify=no", "discord://secret",
     "tgram://123456789:abcdefg_secret/1?detect=yes&template=x", "apprise://secret.example/t", "sns://secret",
     "discord://1234567890/abcdefghijklmnop#?template=/etc/secret", "ntfy://secret.example/t?to=x?verify=no",
     "discord://1234567890/abcdefghijklmnop?to=x;template=/etc/secret", "ntfy://secret.example/t?%76erify=no",
     "discord://1234567890/abcdefghijklmnop?TEMPLATE=/etc/secret", "ntfy://secret.example/t?+x-header=secret",
     "ntfy://secret.example/t?to=%ff"],
)  # fmt: skip
def test_what_is_not_spoken_to_from_here_is_refused_without_quoting_it(address: str) -> None:
    with pytest.raises(ValueError) as refused:
        services.service_of(address)
    assert "secret" not in str(refused.value)


def test_without_a_client_at_hand_nothing_leaves() -> None:
    services.service_of(ADDRESSES["ntfy"])
    made = services.service_of(ADDRESSES["ntfy"])
    assert made.notify(body="text", title="title") is False, "as in a thread that is not ours"


# -- one message of a bot ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "kind", "asked"), [
    (-1, incidents.IncidentOpened, ("chat.postMessage", False)), (1, incidents.IncidentOpened, ("chat.update", None)),
    (-1, incidents.IncidentEscalated, ("chat.postMessage", True)),
])  # fmt: skip
async def test_news_that_come_late_do_not_take_the_place_of_later_ones(
    minutes: int, kind: Any, asked: tuple[str, bool | None]
) -> None:
    resolved = notification(incident(incidents.IncidentResolved), "ops", id="n0", channel="chat", reference="C1/1.1")
    come = notification(incident(kind), "ops", channel="chat", created_at=NOW + timedelta(minutes=minutes))
    calls: list[tuple[str, bool | None]] = []

    class Stands:
        """For the database, and for Slack."""

        async def said_before(self, *_: Any) -> list[Any]:
            return [resolved]

        async def of(self, _id: str) -> None:
            return None

        async def post(self, url: str, body: bytes, _headers: Any) -> Answer:
            calls.append((url.rpartition("/")[2], json.loads(body).get("reply_broadcast")))
            return Answer(200, {}, b'{"ok": true, "channel": "C1", "ts": "1.1"}', None)

    stands: Any = Stands()
    room = Endpoint(
        "ops", "toko-maju", "", (), VAULT.seal_address("slack://xoxb-1/C1"), NOW, kind="chat", service="slack-bot"
    )  # fmt: skip
    sender = ChatSender(stands, stands, stands, stands, stands, VAULT, stands)
    assert await sender.say(room, said(incident(kind)), come) == "C1/1.1"
    assert calls == [asked]
