"""TLS: to web servers and mail servers that show a good certificate, a wrong one, or none; and what is kept sealed."""

import socket
import ssl
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from certificates import Authority, authority
from facts import NOW, notification, objective
from notifying import LOOPBACK, VAULT, received, settings

from sepakat_cli.backends import Backend
from sepakat_cli.backends.base import free_port
from sepakat_notifier.channels import Transient, Unreachable
from sepakat_notifier.channels.email import MailSender
from sepakat_notifier.channels.webhook import WebhookSender
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoint import Endpoint
from sepakat_notifier.endpoints import new_secret
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.store import Notifications
from sepakat_shared import mongo
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.agreements import ContactRecorded
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Database
from sepakat_shared.settings import ServiceSettings

CAUSE = Envelope("e", "/test", "t", None, None, b"")


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("trusted"))


# -- webhooks ----------------------------------------------------------------------------------------------------------


async def post(url: str, authorities: Path | None, patience: timedelta = settings().notifier_attempt_timeout) -> None:
    hooks = WebhookSender(None, VAULT, LOOPBACK, patience, SystemClock(), authorities)  # type: ignore[arg-type]
    endpoint = Endpoint("hook", "toko-maju", url, (), VAULT.seal(new_secret()), NOW)
    try:
        await hooks.post(endpoint, notification(objective(), "hook", channel="webhook"))
    finally:
        await hooks.close()


async def test_a_web_server_is_known_by_its_name_and_not_by_the_address_that_is_dialled(
    trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def getaddrinfo(_host: str, port: int, **_more: Any) -> list[Any]:
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    async with received(trusted.server("hooks.example")) as receiver:
        await post(f"https://hooks.example:{receiver.port}/", trusted.file)
        assert receiver.requests[0][0]["host"] == f"hooks.example:{receiver.port}"
        for name, authorities in (("other.example", trusted.file), ("hooks.example", None)):
            with pytest.raises(Unreachable, match=r"(?i)certificate"):
                await post(f"https://{name}:{receiver.port}/", authorities)
        assert len(receiver.requests) == 1
    async with received() as plain:
        with pytest.raises(Unreachable):
            await post(f"https://hooks.example:{plain.port}/", trusted.file, timedelta(seconds=1))


# -- mail --------------------------------------------------------------------------------------------------------------


@dataclass
class MailServer:
    """`refusals` are answered to RCPT, one each, before mails are taken."""

    refusals: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        self.encrypted.append(session.ssl is not None)
        self.received.append(envelope.original_content)
        return "250 ok"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"right", handled=False)


@contextmanager
def serving(server: MailServer, context: ssl.SSLContext | None = None, **more: Any) -> Iterator[int]:
    """The port that it listens on; with `context` it offers STARTTLS and asks for it."""
    options = {"tls_context": context, "require_starttls": True} if context else {}
    options["ready_timeout"] = 60
    controller = Controller(server, hostname="127.0.0.1", port=free_port(), **options, **more)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture
async def db(backend: Backend) -> AsyncIterator[Database]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    yield client[f"encryption_{uuid.uuid4().hex[:8]}"]
    await mongo.close_client(client)


async def send(db: Database, port: int, host: str = "localhost", **changes: Any) -> None:
    directory = Directory(db)
    known = ContactRecorded(party="nusantara", contact="rina", name="Rina", email="rina@nusantara.example")
    await directory.on_contact(known, CAUSE)
    given = settings(notifier_smtp_host=host, notifier_smtp_port=port, **changes)
    clock = SystemClock()
    sender = MailSender(
        given, directory, Notifications(Commits(db, clock)), Preferences(Commits(db, clock)), VAULT, clock
    )
    await sender.send(notification(objective(), "rina"))


@pytest.mark.servers
async def test_mail_is_sent_encrypted_and_logged_in_and_never_in_the_clear_instead(
    db: Database, trusted: Authority
) -> None:
    login = {"notifier_smtp_user": "sepakat", "notifier_smtp_password": "right"}
    server = MailServer()
    ours = {"notifier_smtp_tls": "starttls", "notifier_authorities": trusted.file}
    with serving(server, trusted.server("localhost"), authenticator=server.authenticate, auth_required=True) as port:
        await send(db, port, **ours, **login)
        with pytest.raises(Unreachable, match="login"):
            await send(db, port, **ours, **(login | {"notifier_smtp_password": "wrong"}))
    assert server.encrypted == [True] and set(server.logins) == {"sepakat"}
    plain = MailServer()
    with serving(plain) as port:
        for way in ("starttls", "tls"):
            with pytest.raises(Unreachable):
                await send(db, port, notifier_smtp_tls=way, notifier_authorities=trusted.file, **login)
    assert plain.received == [] and plain.logins == []


@pytest.mark.servers
async def test_a_mail_server_with_a_wrong_certificate_gets_nothing(db: Database, trusted: Authority) -> None:
    server = MailServer()
    with serving(server, trusted.server("mail.example")) as port:
        for changes in ({"notifier_authorities": trusted.file}, {}):
            with pytest.raises(Unreachable):
                await send(db, port, notifier_smtp_tls="starttls", **changes)
    assert server.received == []


@pytest.mark.servers
@pytest.mark.parametrize(
    ("answer", "kind"),
    [("451 4.7.1 greylisted, come back in five minutes", Transient), ("452 4.2.2 mailbox full", Transient),
     ("421 4.3.2 shutting down", Unreachable)],
)  # fmt: skip
async def test_what_a_mail_server_puts_off_says_whether_others_have_to_wait_too(
    db: Database, answer: str, kind: type[Exception]
) -> None:
    server = MailServer(refusals=[answer])
    with serving(server) as port:
        with pytest.raises(Transient, match=answer[:3]) as refused:
            await send(db, port)
        assert type(refused.value) is kind
        await send(db, port)
    assert len(server.received) == 1


@pytest.mark.servers
async def test_a_mail_server_that_is_away_is_for_all_mails(db: Database) -> None:
    with pytest.raises(Unreachable):
        await send(db, free_port())
