"""The notifier from an event to a mail over real SMTP, on a real database, with a clock that the test owns."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller
from notifying import SETTINGS, VAULT
from samples import agreement_dict

from sepakat_cli.backends import Backend
from sepakat_cli.backends.base import free_port
from sepakat_cli.demo.telling import until
from sepakat_notifier.brandings import Brandings
from sepakat_notifier.channels.addresses import Network
from sepakat_notifier.channels.calling import Client
from sepakat_notifier.channels.chat import ChatSender
from sepakat_notifier.channels.email import MailSender
from sepakat_notifier.chat_links import ChatLinks
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.digests import Digests
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.notification import Notification
from sepakat_notifier.own_reactions import OwnReactions
from sepakat_notifier.planning import Planning
from sepakat_notifier.preference import Chosen, Preference
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.reactions import Reactions
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_shared import mongo
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.agreements import AgreementTextPublished, ContactRecorded
from sepakat_shared.contracts.fact import Fact, rfc3339
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Database

SIGNATORIES = [{"party": "nusantara", "contact": "rina", "key": "ed25519:x"},
               {"party": "toko-maju", "contact": "budi", "key": "ed25519:y"}]  # fmt: skip


class Inbox:
    """A mail server that takes everything, or answers what it is told to."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.answers: list[str] = []
        self.port = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.received.append(envelope.content)
        return "250 OK"

    def mails(self) -> list[Any]:
        return [message_from_bytes(each, policy=policy.default) for each in self.received]


@contextmanager
def inbox() -> Iterator[Inbox]:
    server = Inbox()
    controller = Controller(server, hostname="127.0.0.1", port=free_port(), ready_timeout=60)
    controller.start()
    server.port = controller.port
    yield server
    controller.stop()


def text(mail: Any, kind: str = "plain") -> str:
    """What is read in a mail."""
    return str(mail.get_body((kind,)).get_content())


class Instance:
    """One instance of the notifier; several may share a database."""

    def __init__(
        self, db: Database, clock: ManualClock, given: NotifierSettings, *, allowed: Sequence[Network] = ()
    ) -> None:
        self.clock, self.db, self.settings = clock, db, given
        self.commits = Commits(db, clock)
        self.notifications, self.endpoints = Notifications(self.commits), Endpoints(self.commits)
        self.preferences, self.directory = Preferences(self.commits), Directory(db)
        self.brandings = Brandings(self.commits)
        self.chat_links = ChatLinks(self.endpoints, self.directory, VAULT, given, clock)
        mails = MailSender(given, self.directory, self.notifications, self.preferences, VAULT, clock, self.brandings)
        senders: dict[str, Any] = {"email": mails, "chat": self.chats(allowed)}
        self.deliveries = Deliveries(self.notifications, senders, given, clock)
        self.planning = Planning(self.notifications, self.deliveries)
        self.reactions = Reactions(
            db, self.notifications, self.endpoints, self.directory, self.preferences, self.planning, clock
        )
        self.own = OwnReactions(self.notifications, self.endpoints, self.directory, self.planning, None, clock)
        self._heard = set[str]()

    def chats(self, allowed: Sequence[Network]) -> ChatSender:
        """What says things in chats, and may reach `allowed` besides what is public."""
        digests = Digests(self.notifications, self.directory, VAULT, self.settings, self.clock)
        client = Client(allowed, self.settings.notifier_attempt_timeout)
        return ChatSender(self.endpoints, self.notifications, self.directory, digests, self.chat_links, VAULT, client)

    async def introduce(self, *contacts: tuple[str, str], language: str = "en") -> None:
        """Let it know of an agreement and of contacts."""
        cause = Envelope("t", "/sepakat/test", "t", None, None, b"")
        said = agreement_dict(metadata={"id": "toko"}, signatories=SIGNATORIES)
        fact = AgreementTextPublished(
            agreement="toko", version=1, hash="sha256:x", effective_from=self.clock.now(), text=said
        )
        await self.reactions.on_text(fact, cause)
        for party, contact in contacts:
            known = ContactRecorded(
                party=party,
                contact=contact,
                name=contact.title(),
                language=language,
                email=f"{contact}@{party}.example",
            )
            await self.directory.on_contact(known, cause)

    async def choose(self, party: str, contact: str, **chosen: Any) -> None:
        said = Preference(party, contact, **chosen)
        await self.preferences.execute(party, contact, lambda *_: [Chosen(said)], "test")

    async def hear(self, fact: Fact, id: str) -> None:
        body = json.dumps(fact.as_json()).encode()
        cause = Envelope(id, "/sepakat/test", fact.type, "s", rfc3339(self.clock.now()), body)
        await self.reactions.on_fact(fact, cause)

    async def hear_itself(self) -> None:
        """Let it hear what it has published since the last time."""
        reactions = {reaction.contract.type: reaction for reaction in self.own.all()}
        for commit in await self.commits.collection.find({}).sort("_id", 1).to_list(None):
            for i, message in enumerate(commit["messages"]):
                id, reaction = f"{commit['_id']}.{i}", reactions.get(message["type"])
                if reaction is not None and id not in self._heard:
                    body = json.dumps(message["data"]).encode()
                    cause = Envelope(id, "/sepakat/notifier", message["type"], None, None, body)
                    await reaction.handler(reaction.contract.model_validate(message["data"]), cause)
                self._heard.add(id)

    async def all(self) -> list[Notification]:
        """Every message, in the order in which they were planned."""
        states = await self.notifications.all.states.find({}).sort("order", 1).to_list(None)
        return [self.notifications.all.read(each).state for each in states]

    async def about(self, event: str) -> Notification:
        [found] = [each for each in await self.all() if each.occasion.id == event]
        return found

    @asynccontextmanager
    async def sending(self, *others: "Instance") -> AsyncIterator[Callable[[datetime], Awaitable[None]]]:
        """Let it, and others of the same database, send what is due.

        Gives a way to set the clock and wait until all that is due then has ended.
        """
        running = [asyncio.create_task(each.deliveries.run()) for each in (self, *others)]

        async def at(instant: datetime) -> None:
            self.clock.set(instant)

            asked = 0

            async def nothing_is_due() -> bool:
                nonlocal asked
                asked += 1
                if asked % 20 == 0:
                    # What fell due again at this very instant is looked for a moment later.
                    self.clock.advance(timedelta(milliseconds=200))
                left = [each for each in await self.all() if each.due_at is not None]
                return not any(each.holder or (each.due_at or instant) <= instant for each in left)

            await until("the end of what is due", nothing_is_due, within=60)
            await self.hear_itself()

        try:
            yield at
        finally:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)


@asynccontextmanager
async def database(backend: Backend) -> AsyncIterator[tuple[Database, dict[str, Any]]]:
    """A database of its own, and the settings that lead to it."""
    given = SETTINGS | {"kafka": backend.kafka, "mongo": backend.mongo}
    client = mongo.open_client(NotifierSettings.model_validate(given))
    yield client[f"letters_{uuid.uuid4().hex[:8]}"], given
    await mongo.close_client(client)
