"""Replies over SMTP on a real database: what is taken, refused, dropped; a real client asks."""

import ssl
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from certificates import authority
from facts import NOW, incident, notification, objective
from notifying import VAULT, settings
from pydantic import ValidationError

from sepakat_cli.backends import Backend
from sepakat_cli.demo.telling import until
from sepakat_notifier import reply_door
from sepakat_notifier.directory import Directory
from sepakat_notifier.notification import Delivered, Planned
from sepakat_notifier.replies import Replies
from sepakat_notifier.reply_door import ReplyDoor
from sepakat_notifier.reply_senders import Senders
from sepakat_notifier.store import Notifications
from sepakat_shared import mongo
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import incidents
from sepakat_shared.contracts.agreements import ContactRecorded
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

pytestmark = pytest.mark.servers
ID, OTHER, BREACH = "a" * 32, "b" * 32, "c" * 32
CAUSE = Envelope("e", "/test", "t", None, None, b"")
OURS = "sepakat@sla.example"


class Door:
    def __init__(self, db: mongo.Database, **changes: Any) -> None:
        self.clock = ManualClock(NOW)
        self.commits = Commits(db, self.clock)
        self.notifications, self.directory = Notifications(self.commits), Directory(db)
        given = settings(notifier_mail_from=f"Sepakat <{OURS}>", notifier_inbound_max_bytes=20_000, **changes)
        self.addresses = VAULT.reply_addresses("sla.example")
        self.door = ReplyDoor(
            given, self.notifications, self.directory, Replies(self.commits), self.addresses,
            Senders(given.notifier_inbound_authserv), self.clock,
        )  # fmt: skip
        self.port = 0

    async def sent(self, id: str, fact: Any, contact: str = "rina", party: str = "nusantara") -> None:
        """A message of ours that has arrived."""
        events = [Planned(notification(fact, contact, id=id)), Delivered(party, NOW)]
        await self.notifications.all.execute(id, lambda *_: events, by="test")
        known = ContactRecorded(party=party, contact=contact, name=contact, email=f"{contact}@{party}.example")
        await self.directory.on_contact(known, CAUSE)

    async def mail(
        self, to: str, text: str = "restarting\n", sender: str = "rina@nusantara.example", **headers: str
    ) -> str:
        """Send one. Returns what the server answered."""
        written = EmailMessage()
        given = {"From": sender, "To": to, "Message-ID": f"<{uuid.uuid4()}@x>"}
        for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            written[name] = value
        written.set_content(text)
        try:
            _, answer = await aiosmtplib.send(
                written.as_bytes(policy=SMTP), sender=sender, recipients=[to], hostname="127.0.0.1", port=self.port,
                start_tls=False,
            )  # fmt: skip
        except aiosmtplib.SMTPRecipientsRefused as error:
            return f"{error.recipients[0].code} {error.recipients[0].message}"
        except aiosmtplib.SMTPResponseException as error:
            return f"{error.code} {error.message}"
        return f"250 {answer}"

    def client(self, **more: Any) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, timeout=60, **more)

    async def told(self) -> list[Any]:
        commits = await self.commits.collection.find({"aggregate": {"$regex": "^reply/"}}).to_list(None)
        return [message["data"] for each in commits for message in each["messages"]]


@asynccontextmanager
async def opened(backend: Backend, **changes: Any) -> AsyncIterator[Door]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    door = Door(client[f"replies_{uuid.uuid4().hex[:8]}"], **changes)
    await door.sent(ID, incident(incidents.IncidentEscalated))
    server = await door.door.listen("127.0.0.1", 0)
    door.port = server.sockets[0].getsockname()[1]
    yield door
    server.close()
    await mongo.close_client(client)


async def test_a_reply_is_kept_once_as_whose_message_it_answers(backend: Backend) -> None:
    async with opened(backend) as door:
        to = door.addresses.of(ID)
        for _ in range(2):
            assert (await door.mail(to, Message_ID="<one@x>")).startswith("250")
        assert (await door.mail(to.upper(), "from elsewhere\n", "rina@home.example")).startswith("250 2.0.0 taken")
        await door.sent(OTHER, incident(incidents.IncidentCommented), "budi", "toko-maju")
        assert (await door.mail(door.addresses.of(OTHER), "all\n", "budi@toko-maju.example")).startswith("250")
        told = sorted(await door.told(), key=lambda each: str(each["body"]))
        said = [(each["body"], each["party"], each["contact"], each["shared"], each["sender_known"]) for each in told]
        assert said == [
            ("all", "toko-maju", "budi", True, True), ("from elsewhere", "nusantara", "rina", False, False),
            ("restarting", "nusantara", "rina", False, True),
        ]  # fmt: skip
        assert {each["incident"] for each in told} == {"toko.checkout.0001"}
        assert "example" not in str(told[2]), "no address of a person is told"


async def test_what_is_refused_says_why_with_its_code_and_keeps_nothing(backend: Backend) -> None:
    async with opened(backend) as door:
        to = door.addresses.of(ID)
        await door.sent(BREACH, objective())
        assert (await door.mail(f"r-{ID}-{'a' * 20}@sla.example")).startswith("550 5.1.1")
        assert (await door.mail("somebody@elsewhere.example")).startswith("550 5.1.1"), "no relay"
        assert (await door.mail(door.addresses.of("d" * 32))).startswith("550 5.1.1")
        assert (await door.mail(door.addresses.of(BREACH))).startswith("550 5.1.1"), "it is about no incident"
        assert (await door.mail(to, "x" * 12_000)).startswith("552")
        assert (await door.mail(to, "x\n" * 15_000)).startswith("552")
        door.clock.advance(timedelta(days=31))
        assert "expired" in await door.mail(to)
        assert await door.told() == []


async def test_what_no_person_wrote_is_taken_and_dropped(backend: Backend) -> None:
    async with opened(backend) as door:
        to = door.addresses.of(ID)
        for headers in ({"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Sepakat_Trace": "x"}):
            assert (await door.mail(to, **headers)).startswith("250 2.0.0 ignored")
        assert await door.told() == []


async def test_a_mail_that_only_refers_to_ours_must_be_from_whom_it_says(backend: Backend) -> None:
    async with opened(backend, notifier_inbound_authserv="mx.sla.example") as door:
        refers = {"In_Reply_To": f"<{ID}@sla.example>"}
        passed = "mx.sla.example; dkim=pass header.d=nusantara.example; spf=softfail smtp.mailfrom=nusantara.example"
        assert (await door.mail(OURS, **refers)).startswith("550 5.7.1")
        forged = await door.mail(OURS, sender="budi@toko-maju.example", Authentication_Results=passed, **refers)
        assert forged.startswith("550 5.7.1")
        assert (await door.mail(OURS, Authentication_Results=passed)).startswith("550 5.1.1")
        assert (await door.mail(OURS, Authentication_Results=passed, **refers)).startswith("250 2.0.0 taken")
        assert [(each["dkim"], each["spf"], each["sender_known"]) for each in await door.told()] == [
            ("pass", "softfail", True)
        ]


async def test_what_answers_nothing_of_ours_is_neither_read_nor_checked(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked = list[str]()
    monkeypatch.setattr(reply_door, "read", lambda _: worked.append("read"))
    monkeypatch.setattr(Senders, "check", lambda *_: worked.append("checked"))
    async with opened(backend) as door:
        assert (await door.mail(door.addresses.of("d" * 32))).startswith("550 5.1.1")
        assert (await door.mail(OURS, In_Reply_To=f"<{'d' * 32}@sla.example>")).startswith("550 5.1.1")
    assert worked == []


# -- who asks too much -------------------------------------------------------------------------------------------------


async def test_headers_that_are_too_much_are_refused_with_the_code_for_what_is_too_large(backend: Backend) -> None:
    async with opened(backend) as door:
        to = door.addresses.of(ID)
        assert (await door.mail(to, References="<a@b> " * 3_000)).startswith("552 5.3.4 the header references")
        assert (await door.mail(to, **{f"X_{n}": "y" for n in range(600)})).startswith("552 5.3.4 a mail may have 500")
        assert (await door.mail(to)).startswith("250 2.0.0 taken")
        assert len(await door.told()) == 1


async def test_a_peer_has_so_many_connections_and_mails_a_minute(backend: Backend) -> None:
    async with opened(backend, notifier_inbound_connections=2, notifier_inbound_rate=3) as door:
        to = door.addresses.of(ID)
        one, two, three = door.client(start_tls=False), door.client(start_tls=False), door.client(start_tls=False)
        await one.connect()
        await two.connect()
        with pytest.raises(aiosmtplib.SMTPConnectResponseError) as refused:
            await three.connect()
        assert (refused.value.code, "too many connections" in refused.value.message) == (421, True)
        await two.quit()

        async def let_in() -> str | None:
            answer = await door.mail(to)
            return None if answer.startswith("421") else answer

        # Of one that has left the door hears in its own time.
        for _ in range(3):
            assert (await until("a place for a connection", let_in)).startswith("250"), "once another one has left"
        assert (await door.mail(to)).startswith("450 4.7.1 too many mails")
        with pytest.raises(aiosmtplib.SMTPSenderRefused):
            await one.mail("rina@nusantara.example")
        door.clock.advance(timedelta(seconds=61))
        assert (await door.mail(to)).startswith("250")
        await one.quit()


async def test_it_speaks_tls_where_it_has_a_certificate_and_a_handshake_that_fails_leaves_no_session(
    backend: Backend, tmp_path: Path
) -> None:
    by = authority(tmp_path)
    by.server("127.0.0.1")
    shows = tmp_path / "127.0.0.1.pem"
    async with opened(backend, notifier_inbound_certificate=str(shows), notifier_inbound_connections=1) as door:
        for _ in range(3):
            with pytest.raises((aiosmtplib.SMTPException, OSError)):
                await door.client(start_tls=True, tls_context=ssl.create_default_context()).connect()

        async def let_in() -> bool:
            client = door.client(start_tls=True, tls_context=ssl.create_default_context(cafile=str(by.file)))
            try:
                await client.connect()
            except aiosmtplib.SMTPConnectResponseError:
                return False  # the session that failed is just about to end
            assert client.get_transport_info("cipher") is not None
            await client.sendmail("rina@nusantara.example", [door.addresses.of(ID)], b"From: rina@x.example\r\n\r\nhi")
            await client.quit()
            return True

        await until("a place for a connection", let_in)
        assert [each["body"] for each in await door.told()] == ["hi"]
    with pytest.raises(ValidationError, match="no certificate with its key"):
        settings(notifier_inbound_certificate=str(by.file))
