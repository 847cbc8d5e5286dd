"""Messages leave over real SMTP and HTTP, to servers that accept, refuse, hang and lie."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from ipaddress import ip_address
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from facts import NOW, incident, notification, objective, report
from notifying import LOOPBACK, SETTINGS, VAULT, Receiver, received, settings
from standardwebhooks import Webhook

from sepakat_cli.backends import Backend
from sepakat_cli.backends.base import free_port
from sepakat_cli.demo.telling import until
from sepakat_notifier.channels import NotYet, Permanent, Transient, Unwanted
from sepakat_notifier.channels.addresses import NotAllowed, Unresolved, check, resolve
from sepakat_notifier.channels.email import MailSender
from sepakat_notifier.channels.webhook import WebhookSender, checked_url
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoint import Added, Endpoint, Removed
from sepakat_notifier.endpoints import Endpoints, new_secret
from sepakat_notifier.notification import Notification, Planned
from sepakat_notifier.preference import Chosen, Preference
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_shared import mongo
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import incidents, reports
from sepakat_shared.contracts.agreements import ContactRecorded
from sepakat_shared.contracts.reports import ReporterRecorded
from sepakat_shared.errors import Invalid
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Database
from sepakat_shared.reacting import Erased

CAUSE = Envelope("e", "/test", "t", None, None, b"")


# -- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)  # fmt: skip
def test_what_is_not_public_is_not_dialled(address: str) -> None:
    with pytest.raises(NotAllowed):
        check(ip_address(address), ())
    check(ip_address("1.1.1.1"), ())


async def test_one_bad_address_spoils_a_name_and_an_unresolved_one_is_not_dialled() -> None:
    with pytest.raises(NotAllowed):
        await resolve("localhost", 80, ())
    assert "127.0.0.1" in await resolve("localhost", 80, LOOPBACK)
    with pytest.raises(Unresolved):
        await resolve("no-such-host.invalid", 80, ())


@pytest.mark.parametrize(
    "url", ["ftp://a.example", "/hook", "https://", "https://user@a.example/", "http://127.0.0.1/", "http://[::1]/"]
)
def test_an_endpoint_is_a_public_http_address(url: str) -> None:
    with pytest.raises(Invalid, match=r"^/url: "):
        checked_url(url, ())
    assert checked_url("http://127.0.0.1:1/", LOOPBACK)


# -- webhooks ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with received() as receiver:
        yield receiver


@pytest.fixture
async def db(backend: Backend) -> AsyncIterator[Database]:
    settings = NotifierSettings.model_validate(SETTINGS | {"kafka": backend.kafka, "mongo": backend.mongo})
    client = mongo.open_client(settings)
    yield client[f"test_{uuid.uuid4().hex[:8]}"]
    await mongo.close_client(client)


async def endpoint(db: Database, url: str) -> tuple[Endpoints, str]:
    endpoints, secret = Endpoints(Commits(db, SystemClock())), new_secret()
    added = Endpoint("hook", "toko-maju", url, (), VAULT.seal(secret), NOW)
    await endpoints.all.execute("hook", lambda *_: [Added(added)], by="test")
    return endpoints, secret


def hook_message() -> Notification:
    return notification(objective(), "hook", channel="webhook")


def hook_sender(endpoints: Endpoints, allowed: Any = LOOPBACK) -> WebhookSender:
    return WebhookSender(endpoints, VAULT, allowed, settings().notifier_attempt_timeout, SystemClock())


@pytest.mark.servers
async def test_what_concerns_other_parties_is_not_posted_to_an_endpoint_whose_id_they_name(
    db: Database, receiver: Receiver
) -> None:
    endpoints, _ = await endpoint(db, f"http://localhost:{receiver.port}/hook")
    with pytest.raises(Unwanted, match="no endpoint of a or b"):
        await hook_sender(endpoints).send(replace(hook_message(), parties=("a", "b")))
    assert receiver.requests == []


@pytest.mark.servers
async def test_a_webhook_is_a_cloudevent_with_a_signature_that_the_library_verifies(
    db: Database, receiver: Receiver
) -> None:
    endpoints, secret = await endpoint(db, f"http://localhost:{receiver.port}/hook")
    assert await hook_sender(endpoints).send(hook_message()) == "toko-maju"
    headers, body = receiver.requests[0]
    event = Webhook(secret).verify(body, headers)
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", "e1", "sepakat.objective.breached.v1")
    assert event["data"]["attainment"] == "99.8990"
    assert headers["host"] == f"localhost:{receiver.port}"
    assert headers["webhook-id"] == "n1"


@pytest.mark.servers
@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", Transient, "answered 500"),
        (b"HTTP/1.1 301 x\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", Transient, "not followed"),
        (b"HTTP/1.1 410 x\r\nContent-Length: 0\r\n\r\n", Permanent, "410"),
        (b"not http at all\r\n\r\n", Transient, "RemoteProtocolError"),
    ],
)
async def test_an_endpoint_that_refuses_is_quoted(
    db: Database, receiver: Receiver, answer: bytes, kind: type[Exception], words: str
) -> None:
    receiver.answer = answer
    endpoints, _ = await endpoint(db, f"http://127.0.0.1:{receiver.port}/")
    with pytest.raises(kind, match=words):
        await hook_sender(endpoints).send(hook_message())
    assert len(receiver.requests) == 1


@pytest.mark.servers
async def test_a_body_without_end_is_not_read_to_its_end(db: Database, receiver: Receiver) -> None:
    receiver.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 200_000
    endpoints, _ = await endpoint(db, f"http://127.0.0.1:{receiver.port}/")
    assert await hook_sender(endpoints).send(hook_message()) == "toko-maju"


@pytest.mark.servers
async def test_a_name_that_leads_inside_is_refused_at_the_attempt(db: Database, receiver: Receiver) -> None:
    endpoints, _ = await endpoint(db, f"http://localhost:{receiver.port}/")
    with pytest.raises(Permanent, match="not a public address"):
        await hook_sender(endpoints, allowed=()).send(hook_message())
    assert receiver.requests == []
    await endpoints.execute("hook", lambda *_: [Removed(NOW)], "test")
    with pytest.raises(Unwanted, match="removed"):
        await hook_sender(endpoints).send(hook_message())


# -- mail --------------------------------------------------------------------------------------------------------------


@dataclass
class MailServer:
    """Answers each RCPT with the next of `answers`, then accepts."""

    answers: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self.received.append(envelope.original_content)
        return "250 ok"


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=free_port(), ready_timeout=60)
    controller.start()
    server.port = controller.port
    yield server
    controller.stop()


async def mailing(db: Database, server: MailServer, **contact: Any) -> tuple[MailSender, Directory]:
    directory = Directory(db)
    known = {"party": "nusantara", "contact": "rina", "name": "Rina 🙂", "email": "rina@nusantara.example"} | contact
    await directory.on_contact(ContactRecorded(**known), CAUSE)
    given = settings(notifier_smtp_host="127.0.0.1", notifier_smtp_port=server.port)
    notifications = Notifications(Commits(db, SystemClock()))
    return MailSender(
        given, directory, notifications, Preferences(Commits(db, SystemClock())), VAULT, SystemClock()
    ), directory


@pytest.mark.servers
async def test_a_mail_has_both_parts_its_thread_and_the_link(db: Database, mail_server: MailServer) -> None:
    sender, _ = await mailing(db, mail_server, language="id")
    assert await sender.send(notification(incident(incidents.IncidentEscalated), "rina")) == "nusantara"
    mail: Any = message_from_bytes(mail_server.received[0], policy=policy.default)
    assert mail["To"].addresses[0].display_name == "Rina 🙂"
    assert mail["Subject"].strip() == "[P1] Mohon ditangani: Kasir mati"
    assert (mail["Message-ID"], mail["References"]) == ("<n1@localhost>", "<toko.checkout.0001@localhost>")
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "id")
    plain, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    token = plain.split("https://sla.example/a/")[1].split()[0]
    assert token in page
    assert VAULT.open_link(token, NOW).contact == "rina"
    assert mail["List-Unsubscribe"] is None, "what asks to act is not unsubscribed from"


@pytest.mark.servers
async def test_a_mail_that_can_be_answered_says_above_which_line_and_who_reads_it(
    db: Database, mail_server: MailServer
) -> None:
    _, directory = await mailing(db, mail_server, language="id")
    given = settings(
        notifier_smtp_host="127.0.0.1", notifier_smtp_port=mail_server.port, notifier_inbound_port=2525,
        notifier_mail_from="sepakat@sla.example",
    )  # fmt: skip
    commits = Commits(db, SystemClock())
    sender = MailSender(given, directory, Notifications(commits), Preferences(commits), VAULT, SystemClock())
    id = "a" * 32
    await sender.send(notification(incident(incidents.IncidentEscalated), "rina", id=id))
    await sender.send(notification(objective(), "rina"))
    asked, breach = (message_from_bytes(each, policy=policy.default) for each in mail_server.received)
    (address,) = asked["Reply-To"].addresses
    assert VAULT.reply_addresses("sla.example").notification(address.addr_spec) == id
    for kind in ("plain", "html"):
        text = " ".join(asked.get_body((kind,)).get_content().split())
        assert "--- Tulis balasan Anda di atas baris ini ---" in text and "hanya pihak Anda yang membacanya" in text
    assert breach["Reply-To"] is None and "Tulis balasan" not in str(breach)


@pytest.mark.servers
async def test_a_mail_with_news_has_its_one_click_way_out_in_the_language_that_was_chosen(
    db: Database, mail_server: MailServer
) -> None:
    sender, _ = await mailing(db, mail_server)
    said = Chosen(Preference("nusantara", "rina", language="id"))
    await Preferences(Commits(db, SystemClock())).execute("nusantara", "rina", lambda *_: [said], "test")
    await sender.send(notification(incident(incidents.IncidentResolved), "rina"))
    mail: Any = message_from_bytes(mail_server.received[0], policy=policy.default)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" and mail["Content-Language"] == "id"
    [raw] = [line for line in mail_server.received[0].split(b"\r\n") if line.startswith(b"List-Unsubscribe:")]
    way_out = raw.decode().partition(": ")[2].strip("<>")
    assert way_out.startswith("https://sla.example/u/")
    of = VAULT.open_subscriber(way_out.rpartition("/")[2])
    assert (of.party, of.contact, of.language) == ("nusantara", "rina", "id")


@pytest.mark.servers
@pytest.mark.parametrize(("answer", "kind"), [("450 later", Transient), ("550 no such user", Permanent)])
async def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    db: Database, mail_server: MailServer, answer: str, kind: type[Exception]
) -> None:
    sender, _ = await mailing(db, mail_server)
    mail_server.answers = [answer]
    with pytest.raises(kind, match=answer):
        await sender.send(notification(objective(), "rina"))
    await sender.send(notification(objective(), "rina"))
    assert len(mail_server.received) == 1


@pytest.mark.servers
async def test_who_cannot_be_written_to_is_said(db: Database, mail_server: MailServer) -> None:
    sender, directory = await mailing(db, mail_server, email=None)
    with pytest.raises(Unwanted, match="no e-mail address"):
        await sender.send(notification(objective(), "rina"))
    with pytest.raises(NotYet, match="'siti'"):
        await sender.send(notification(objective(), "siti"))
    await directory.on_erased(Erased(key="nusantara/rina"), CAUSE)
    with pytest.raises(Unwanted, match="erased"):
        await sender.send(notification(objective(), "rina"))
    notifications = Notifications(Commits(db, SystemClock()))
    nowhere = MailSender(
        settings(), directory, notifications, Preferences(Commits(db, SystemClock())), VAULT, SystemClock()
    )
    with pytest.raises(Unwanted, match="SEPAKAT_NOTIFIER_SMTP_HOST"):
        await nowhere.send(notification(objective(), "rina"))
    sender, _ = await mailing(db, mail_server, email="rina@nusantara.example\r\nBcc: all@example.com")
    with pytest.raises(Permanent, match="addressed"):
        await sender.send(notification(objective(), "rina"))
    assert mail_server.received == []


@pytest.mark.servers
async def test_who_reported_a_problem_is_written_to_with_their_page_until_they_are_forgotten(
    db: Database, mail_server: MailServer
) -> None:
    sender, directory = await mailing(db, mail_server)
    fact = report(reports.ReportFiled)
    message = notification(fact, f"reporter/{fact.report}")
    with pytest.raises(NotYet, match="reporter/"):
        await sender.send(message)
    known = ReporterRecorded(
        report=fact.report,
        name="عبد الله",
        email="siti@toko.example",
        language="id",
        status_url="https://sla.example/s/x",
    )
    await directory.on_reporter(known, CAUSE)
    assert await sender.send(message) == "toko-maju"
    mail: Any = message_from_bytes(mail_server.received[0], policy=policy.default)
    assert (mail["To"].addresses[0].display_name, mail["To"].addresses[0].addr_spec) == (known.name, known.email)
    assert mail["Subject"].strip() == "Laporan R-K7QM-2XWA: diterima"
    assert "https://sla.example/s/x" in mail.get_body(("plain",)).get_content()
    forged = {"report": "another", "email": "x@y.example\r\nBcc: all@y.example"}
    await directory.on_reporter(known.model_copy(update=forged), CAUSE)
    with pytest.raises(Permanent, match="addressed"):
        await sender.send(notification(fact.model_copy(update={"report": "another"}), "reporter/another"))
    await directory.on_reporter_erased(Erased(key=fact.report), CAUSE)
    await directory.on_reporter(known, CAUSE)
    with pytest.raises(Unwanted, match="erased"):
        await sender.send(message)
    assert len(mail_server.received) == 1


# -- attempts ----------------------------------------------------------------------------------------------------------


@pytest.mark.servers
async def test_a_recipient_that_hangs_slows_nobody_else(
    db: Database, mail_server: MailServer, receiver: Receiver
) -> None:
    receiver.answer = b""
    endpoints, _ = await endpoint(db, f"http://127.0.0.1:{receiver.port}/")
    mails, _ = await mailing(db, mail_server)
    mail_server.answers = ["450 later", "450 later"]
    given: dict[str, Any] = {"notifier_give_up_after": "PT0S", "notifier_wait_for_contact": "PT0S"}
    notifications = Notifications(Commits(db, SystemClock()))
    senders = {"webhook": hook_sender(endpoints), "email": mails}
    patient, unforgiving, hasty = [
        Deliveries(notifications, senders, settings(**each), SystemClock())
        for each in ({}, given, given | {"notifier_attempt_timeout": "PT2S"})
    ]
    now = SystemClock().now()

    async def plan(id: str, channel: str, recipient: str) -> None:
        planned = notification(objective(), recipient, id=id, channel=channel, created_at=now, holder="", due_at=now)
        await notifications.all.execute(id, lambda *_: [Planned(planned)], by="test")

    async def ended(id: str) -> Notification:
        async def end() -> Notification | None:
            loaded = await notifications.all.get(id)
            return loaded.state if loaded.state.due_at is None else None

        return await until(f"the end of {id}", end)

    @asynccontextmanager
    async def running(deliveries: Deliveries) -> AsyncIterator[None]:
        run = asyncio.create_task(deliveries.run())
        try:
            yield
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)

    await plan("slow", "webhook", "hook")
    await plan("mail", "email", "rina")
    async with running(patient):
        mail = await ended("mail")
        assert (mail.status, mail.attempts, mail.party) == ("delivered", 3, "nusantara")
        assert (await notifications.all.get("slow")).state.status == "pending"

    await plan("stranger", "email", "siti")
    async with running(unforgiving):
        stranger = await ended("stranger")
    await plan("hung", "webhook", "hook")
    async with running(hasty):
        hung = await ended("hung")
    assert (stranger.status, stranger.attempts) == ("suppressed", 0)
    assert stranger.reason == "neither party has told of a contact 'siti'"
    assert (hung.status, hung.attempts, hung.reason) == ("given_up", 1, "no answer within 2 s")
    told = [message["type"] for each in await Commits(db, SystemClock()).of("notification/hung")
            for message in each["messages"]]  # fmt: skip
    assert told == ["sepakat.notification.given_up.v1"]
    assert json.loads(receiver.requests[-1][1])["id"] == "e1"


@pytest.mark.servers
async def test_a_backlog_greater_than_there_is_room_for_is_worked_off(db: Database, mail_server: MailServer) -> None:
    mails, _ = await mailing(db, mail_server)
    notifications = Notifications(Commits(db, SystemClock()))
    deliveries = Deliveries(notifications, {"email": mails}, settings(notifier_concurrency=1), SystemClock())
    now = SystemClock().now()
    for n in range(6):
        planned = notification(objective(), "rina", id=f"n{n}", created_at=now, holder="", due_at=now)
        await notifications.all.execute(planned.id, lambda *_, p=planned: [Planned(p)], by="test")

    async def all_delivered() -> bool:
        return bool(await notifications.all.states.count_documents({"status": "delivered"}) == 6)

    running = asyncio.create_task(deliveries.run())
    try:
        await until("six delivered mails", all_delivered)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert len(mail_server.received) == 6
