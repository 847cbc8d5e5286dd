"""Replies in the database, what `incidents` is told of them, and whose message a mail answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from sepakat_notifier import reply as domain
from sepakat_notifier.reply import Event, Received, Reply
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import notifications as contract
from sepakat_shared.contracts import topics
from sepakat_shared.messages import Message


def _fields(reply: Reply) -> Mapping[str, Any]:
    return {"parties": [reply.party], "incident": reply.incident}


def _messages(event: Event, _reply: Reply) -> Iterable[Message]:
    reply = event.reply
    fact = contract.NotificationReplied(
        notification=reply.notification, channel="email", recipient=reply.contact, about=reply.incident,
        about_type="incident", party=reply.party, at=reply.at, incident=reply.incident, contact=reply.contact,
        reply=reply.id, body=reply.body, quoted=reply.quoted, shared=reply.shared, left_out=reply.left_out,
        sender_known=reply.sender.known, dkim=reply.sender.dkim, spf=reply.sender.spf,
    )  # fmt: skip
    return [Message.of(topics.NOTIFICATIONS, reply.id, fact)]


REPLY: Kind[Reply, Event] = Kind("reply", Reply, (Received,), domain.apply, _fields, _messages)


class Replies:
    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, REPLY)

    async def keep(self, reply: Reply) -> bool:
        """Whether it is a new one."""
        kept: list[bool] = []

        def decide(known: Reply | None, _now: object) -> list[Event]:
            events = list(domain.receive(known, reply))
            kept[:] = [bool(events)]
            return events

        await self.all.execute(reply.id, decide, by=f"{reply.party}/{reply.contact}", new=True)
        return kept[0]
