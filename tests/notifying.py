"""What tests of the notifier need: its settings, and a web server that accepts, refuses, hangs and lies."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from facts import NOW, objective

from sepakat_cli.demo.telling import until
from sepakat_notifier.channels import Permanent
from sepakat_notifier.channels.webhook import WebhookSender
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoint import Added, Endpoint
from sepakat_notifier.endpoints import Endpoints, new_secret
from sepakat_notifier.health import Health
from sepakat_notifier.notification import Notification
from sepakat_notifier.own_reactions import OwnReactions
from sepakat_notifier.planning import Planning, occasion_of
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Vault
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Database

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
VAULT = Vault("a secret of thirty-two characters")
OK = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
SETTINGS: dict[str, Any] = {
    "kafka": "-", "mongo": "mongodb://-", "notifier_secret_key": "a secret of thirty-two characters",
    "public_url": "https://sla.example", "notifier_first_retry": "PT0.01S", "notifier_longest_retry": "PT0.05S",
    "notifier_circuit_pause": "PT0.01S",
}  # fmt: skip


def settings(**changes: Any) -> NotifierSettings:
    return NotifierSettings.model_validate(SETTINGS | changes)


@dataclass
class Receiver:
    """A web server of raw bytes: answers each request with `answer`, or never when that is empty."""

    answer: bytes = OK
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0
    keeps: bool = False
    """Whether a connection is kept for the next request."""
    hangs_up: int = 0
    """So many requests are read, and the connection closed without an answer."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def ids(self) -> list[str]:
        """The `webhook-id`s in the order in which they came."""
        return [headers["webhook-id"] for headers, _ in self.requests]

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head if line)}
            self.requests.append((headers, await reader.readexactly(int(headers["content-length"]))))
            if not self.answer:
                await asyncio.Event().wait()
            if self.hangs_up:
                self.hangs_up -= 1
                break
            writer.write(self.answer)
            await writer.drain()
            if not self.keeps:
                break
        writer.close()


@asynccontextmanager
async def received(context: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """One that listens until the end of the block; with `context`, over TLS."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    yield receiver
    server.close()


class Post:
    """The notifier's deliveries on a real database, with what follows from them; mails are kept, not sent."""

    def __init__(self, db: Database, **changes: Any) -> None:
        clock = SystemClock()
        self.settings = settings(**({"notifier_operator_mail": "op@sla.example"} | changes))
        self.commits = Commits(db, clock)
        self.notifications, self.endpoints = Notifications(self.commits), Endpoints(self.commits)
        self.directory = Directory(db)
        self.hooks = WebhookSender(self.endpoints, VAULT, LOOPBACK, self.settings.notifier_attempt_timeout, clock)
        self.mails = Kept()
        health = Health(self.endpoints, self.settings.notifier_disable_after, clock)
        senders: dict[str, Any] = {"webhook": self.hooks, "email": self.mails}
        self.deliveries = Deliveries(self.notifications, senders, self.settings, clock, health)
        self.planning = Planning(self.notifications, self.deliveries)
        operator = self.settings.notifier_operator_mail
        self.own = OwnReactions(
            self.notifications, self.endpoints, self.directory, self.planning, operator, clock
        )  # fmt: skip
        self._heard = set[str]()

    async def add(self, id: str, url: str, **more: Any) -> str:
        """Register an endpoint. Returns its secret."""
        secret = new_secret()
        added = Endpoint(id, "toko-maju", url, (), VAULT.seal(secret), NOW, **more)
        await self.endpoints.execute(id, lambda *_: [Added(added)], "test")
        return secret

    async def plan(self, recipient: str, event: str, channel: Any = "webhook", ordered: bool = False) -> str:
        """Tell `recipient` of an event of that id. Returns the message's id."""
        fact = objective()
        cause = Envelope(event, "/sepakat/test", fact.type, "s", None, json.dumps(fact.as_json()).encode())
        planned = await self.planning.plan(
            channel, recipient, "toko-maju", ("toko-maju",), ("toko/availability", "objective"), occasion_of(cause),
            cause, ordered=ordered,
        )  # fmt: skip
        assert planned is not None
        return planned.id

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.deliveries.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def state(self, id: str) -> Notification:
        return (await self.notifications.all.get(id)).state

    async def ended(self, *ids: str) -> list[Notification]:
        """Those messages, when all of them have ended."""

        async def all_ended() -> list[Notification] | None:
            found = [await self.state(id) for id in ids]
            return found if all(each.due_at is None for each in found) else None

        return await until("the end of the messages", all_ended)

    async def hear(self) -> list[str]:
        """Let the notifier hear what it has published since the last time. Returns the types of all of it."""
        reactions = {reaction.contract.type: reaction for reaction in self.own.all()}
        types = []
        for commit in await self.commits.collection.find({}).sort("_id", 1).to_list(None):
            for i, message in enumerate(commit["messages"]):
                types.append(message["type"])
                id, reaction = f"{commit['_id']}.{i}", reactions.get(message["type"])
                if reaction is not None and id not in self._heard:
                    body = json.dumps(message["data"]).encode()
                    cause = Envelope(id, "/sepakat/notifier", message["type"], None, None, body)
                    await reaction.handler(reaction.contract.model_validate(message["data"]), cause)
                self._heard.add(id)
        return types


class Kept:
    """Takes every mail; `refuse` names recipients whose server refuses them for good."""

    def __init__(self) -> None:
        self.sent: list[Notification] = []
        self.refuse: set[str] = set()

    async def send(self, notification: Notification) -> str:
        if notification.recipient in self.refuse:
            raise Permanent("550 no such user")
        self.sent.append(notification)
        return notification.party or "toko-maju"
