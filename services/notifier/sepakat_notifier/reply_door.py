"""The door for replies by e-mail: an SMTP server that takes answers to our own messages about incidents, and no others.

What was answered with 250 is stored. What is refused says why, with the code that SMTP has for it, so that the mail
server of whoever wrote it tells them. What no person wrote is taken and dropped: answering it could go on for ever.
"""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from sepakat_notifier.directory import Directory, Forgotten, Unknown
from sepakat_notifier.gathering import GATHERED
from sepakat_notifier.notification import Notification
from sepakat_notifier.replies import Replies
from sepakat_notifier.reply import Reply, Sender, reply_id
from sepakat_notifier.reply_address import ReplyAddresses
from sepakat_notifier.reply_bounds import Refused
from sepakat_notifier.reply_peers import Peers, peer_of
from sepakat_notifier.reply_reading import head, read
from sepakat_notifier.reply_senders import Senders
from sepakat_notifier.routing import fact_of, replies_are_shared, subject_of
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_shared.clock import Clock
from sepakat_shared.retry import TRANSIENT
from sepakat_shared.telemetry import meter

_log = logging.getLogger(__name__)
_outcomes = meter.create_counter("sepakat_replies", description="replies by e-mail, by outcome")
_IDLE_SECONDS: Final = 60
_LONGEST_SESSION_SECONDS: Final = 300
"""Idle time begins anew with each command: whoever only seems busy would keep their places for good."""
_MOST_SESSIONS: Final = 50
"""Of all peers together."""
_MOST_COMMANDS: Final = 50
_THREADS = ThreadPoolExecutor(4, "replies")
"""Mails are read here: what takes long must not keep the threads that others look names up in."""
_UNKNOWN: Final = "550 5.1.1 nobody takes replies at this address"


class ReplyDoor:
    """What the SMTP server asks for each mail: for whom it is, and what it says."""

    def __init__(
        self, settings: NotifierSettings, notifications: Notifications, directory: Directory, replies: Replies,
        addresses: ReplyAddresses, senders: Senders, clock: Clock,
    ) -> None:  # fmt: skip
        self._own = parseaddr(settings.notifier_mail_from)[1].lower()
        self._lifetime: timedelta = settings.notifier_reply_lifetime
        self._longest = settings.notifier_inbound_max_bytes
        self._notifications = notifications
        self._directory = directory
        self._replies = replies
        self._addresses = addresses
        self._senders = senders
        self._clock = clock
        self._peers = Peers(
            _MOST_SESSIONS, settings.notifier_inbound_connections, settings.notifier_inbound_rate
        )  # fmt: skip
        self._certificate = settings.notifier_inbound_certificate

    # -- the server ---------------------------------------------------------------------------------------------------

    async def run(self, host: str, port: int) -> None:
        """Listen until cancelled."""
        server = await self.listen(host, port)
        async with server:
            await server.serve_forever()

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Raises OSError, of which ssl.SSLError is one, where the certificate cannot be read."""
        context = None if self._certificate is None else shown(self._certificate)
        return await asyncio.get_running_loop().create_server(lambda: _Gate(self, context), host, port)

    def admit(self, transport: asyncio.Transport, context: ssl.SSLContext | None) -> asyncio.Protocol | None:
        """Who speaks with whoever has connected; None where they have too many connections, or all together have."""
        peer = peer_of(transport.get_extra_info("peername"))
        if not self._peers.admit(peer):
            return None
        return _Server(
            self, data_size_limit=self._longest, ident="Sepakat", timeout=_IDLE_SECONDS, enable_SMTPUTF8=True,
            command_call_limit=_MOST_COMMANDS, loop=asyncio.get_running_loop(), tls_context=context,
            auth_exclude_mechanism=["LOGIN", "PLAIN"], ended=lambda: self._peers.leave(peer),
        )  # fmt: skip

    # -- one mail -----------------------------------------------------------------------------------------------------

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        """Nobody is asked for a password, so AUTH is not offered: without a way to do it, it would be an empty list."""
        session.host_name = hostname
        return [each for each in answers if not each.startswith("250-AUTH")]

    async def handle_MAIL(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self._peers.may_send(peer_of(session.peer), self._clock.now()):
            return "450 4.7.1 too many mails in a minute; try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Only one: a reply is to one message."""
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        if address.lower() != self._own and self._addresses.notification(address) is None:
            return _UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        try:
            outcome = await self.take(envelope.mail_from or "", envelope.rcpt_tos[0], envelope.original_content or b"")
        except Refused as refused:
            return str(refused)
        except TRANSIENT as error:
            _log.warning("a reply met a server that is away: %s", error)
            return "451 4.3.0 a server behind this one does not answer; try again later"
        _outcomes.add(1, {"outcome": outcome})
        return f"250 2.0.0 {outcome}"

    async def take(self, mail_from: str, to: str, content: bytes) -> str:
        """What came of it: taken, repeated or ignored. Raises Refused."""
        loop = asyncio.get_running_loop()
        begun = await loop.run_in_executor(_THREADS, head, content)
        if begun == "automatic" or not mail_from:
            return "ignored"
        named = self._addresses.notification(to)
        answered = await (self._signed(named) if named else self._referred(begun.answers))
        # Only now: to read it and to check its signatures is work, which anybody could ask for.
        mail = await loop.run_in_executor(_THREADS, read, content)
        checked = await self._senders.check(content)
        known = begun.sender.lower() == await self._address_of(answered)
        # Others may know the ids of our messages: so who sent it must be certain. An address has who got it from us.
        if not named and not (known and checked.vouches_for(begun.sender)):
            raise Refused("550 5.7.1", "it is not certain who sent this; reply to the address that Reply-To names")
        party = answered.party or ""
        reply = Reply(
            reply_id(begun.id, answered.id), answered.id, answered.about, party, answered.recipient, mail.body,
            mail.quoted, _is_shared(answered), mail.left_out, Sender(known, checked.dkim, checked.spf),
            self._clock.now(),
        )  # fmt: skip
        return "taken" if await self._replies.keep(reply) else "repeated"

    async def _signed(self, id: str) -> Notification:
        """By the address alone: whoever has it got it in a message of ours."""
        found = await self._answerable(id)
        if found is None:
            raise Refused("550 5.1.1", "what this address was for is not here any more")
        if self._clock.now() >= found.created_at + self._lifetime:
            raise Refused("550 5.1.1", "this address has expired; reply to a later message")
        return found

    async def _referred(self, answers: Sequence[str]) -> Notification:
        """By the ids of messages that it refers to."""
        own = self._own.rpartition("@")[2]
        for each in answers:
            id, _, domain = each.partition("@")
            found = await self._answerable(id) if domain.lower() == own else None
            if found is not None and self._clock.now() < found.created_at + self._lifetime:
                return found
        raise Refused("550 5.1.1", "this answers no message of ours about an incident")

    async def _answerable(self, id: str) -> Notification | None:
        loaded = await self._notifications.all.find(id)
        if loaded is None or loaded.state.about_type != "incident" or loaded.state.channel != "email":
            return None
        return loaded.state if loaded.state.party is not None else None

    async def _address_of(self, notification: Notification) -> str | None:
        parties = notification.parties if notification.party is None else (notification.party,)
        try:
            reader = await self._directory.reader(parties, notification.recipient, _agreement_of(notification))
        except (Unknown, Forgotten) as error:
            raise Refused("550 5.1.1", "whoever this message was for is not known any more") from error
        return None if reader.email is None else reader.email.lower()


def _agreement_of(notification: Notification) -> str:
    if notification.occasion.type == GATHERED:
        return str(notification.occasion.data["agreement"])
    return subject_of(fact_of(notification)).agreement


def _is_shared(notification: Notification) -> bool:
    """What sums others up is told to one's own people: some of these may not be for the other party."""
    return notification.occasion.type != GATHERED and replies_are_shared(fact_of(notification))


class _Server(SMTP):
    """One session. Every refusal goes through `push`, whoever decided it, and is counted there."""

    def __init__(self, handler: ReplyDoor, *, ended: Any, **options: Any) -> None:
        super().__init__(handler, **options)
        self._tell_end = ended

    async def push(self, status: Any) -> None:
        code = status[:3].decode("ascii", "replace") if isinstance(status, bytes) else str(status)[:3]
        if code[:1] in ("4", "5"):
            _outcomes.add(1, {"outcome": f"refused {code}"})
        await super().push(status)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        begins = self.transport is None
        super().connection_made(transport)
        if begins and self._handler_coroutine is not None:
            latest = self.loop.call_later(_LONGEST_SESSION_SECONDS, self._end, self._handler_coroutine)

            def ended(_: Any) -> None:
                latest.cancel()
                self._tell_end()

            # Not when the connection is lost: of one that is lost while TLS begins, nobody tells this.
            self._handler_coroutine.add_done_callback(ended)

    def _end(self, handler: asyncio.Task[None]) -> None:
        """Hang up at once. Also the task is cancelled: while TLS begins, it would wait for what never comes."""
        handler.cancel()
        for each in (self.transport, self._original_transport):
            if isinstance(each, asyncio.WriteTransport):
                each.abort()


class _Gate(asyncio.Protocol):
    """Stands at the beginning of each connection, until it is known who it is from."""

    def __init__(self, door: ReplyDoor, context: ssl.SSLContext | None) -> None:
        self._door = door
        self._context = context

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            return
        server = self._door.admit(transport, self._context)
        if server is None:
            _outcomes.add(1, {"outcome": "refused 421"})
            transport.write(b"421 4.7.0 too many connections; try again later\r\n")
            transport.close()
            return
        transport.set_protocol(server)
        server.connection_made(transport)


def shown(certificate: Path) -> ssl.SSLContext:
    """What the door shows who asks for TLS. Raises OSError, of which ssl.SSLError is one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, password="")
    return context
