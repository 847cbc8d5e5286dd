"""Notifications in the database: what they are found by, and what the others are told of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING

from sepakat_notifier.addressees import Person
from sepakat_notifier.gathering import GATHERED, Sent
from sepakat_notifier.notification import (
    INSTEAD,
    OPERATOR,
    SAME_MAILBOX,
    Acknowledged,
    Answered,
    Channel,
    Claimed,
    Delivered,
    Event,
    Failed,
    Faltered,
    GivenUp,
    Notification,
    Planned,
    Rated,
    Released,
    Retried,
    Status,
    Suppressed,
    Waited,
    apply,
    order,
)
from sepakat_notifier.preference import is_news
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import notifications as contract
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact, rfc3339
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope, Message
from sepakat_shared.mongo import Document

_REMEMBERED = 5_000
"""Messages that wait fall due by the thousand where a server was away: to read each of them again first would take as
long as to send it."""
_MOST_OF_LATE = 100


def _fields(notification: Notification) -> Mapping[str, Any]:
    return {
        "parties": list(notification.parties),
        "status": notification.status.value,
        "about": notification.about,
        "channel": notification.channel,
        "recipient": notification.recipient,
        "due_at": notification.due_at,
        "order": order(notification),
        "within": notification.within,
        "given_up_at": notification.ended_at if notification.status is Status.GIVEN_UP else None,
    }


def _messages(event: Event, notification: Notification) -> Iterable[Message]:
    fact = _fact(event, notification)
    return [] if fact is None else [Message.of(topics.NOTIFICATIONS, notification.id, fact)]


def _fact(event: Event, notification: Notification) -> Fact | None:
    about: dict[str, Any] = {
        "notification": notification.id,
        "channel": notification.channel,
        "recipient": notification.recipient,
        "about": notification.about,
        "about_type": notification.about_type,
        "party": notification.party,
    }
    match event:
        case Delivered(_, at, within, told, _):
            return contract.NotificationDelivered(
                **about, at=at, attempts=notification.attempts, within=within, tells_of=len(told) or None
            )
        case Faltered(reason, at):
            return contract.NotificationFailing(**about, at=at, attempts=notification.attempts, reason=reason)
        case GivenUp(reason, at, _):
            return contract.NotificationGivenUp(**about, at=at, attempts=notification.attempts, reason=reason)
        case Suppressed(reason, at, by_choice):
            chosen = True if by_choice else None
            return contract.NotificationSuppressed(**about, at=at, reason=reason, by_choice=chosen)
        case Acknowledged(party, contact, at):
            return contract.NotificationAcknowledged(
                **(about | {"party": party}), at=at, incident=notification.about, contact=contact
            )
        case Answered("consent" | "refuse" as answer, party, contact, at):
            return contract.NotificationPauseAnswered(
                **(about | {"party": party}), at=at, incident=notification.about, contact=contact,
                request=notification.occasion.data["request"], granted=answer == "consent",
            )  # fmt: skip
        case Answered(answer, party, contact, at, until, note):
            return contract.NotificationAnswered(
                **(about | {"party": party}), at=at, incident=notification.about, contact=contact, answer=answer,
                until=until, note=note,
            )  # fmt: skip
        case Rated(incident, mark, words, party, contact, at):
            return contract.NotificationFeedbackGiven(
                **(about | {"party": party}), at=at, incident=incident, contact=contact, mark=mark, words=words
            )
        case _:
            return None


NOTIFICATION: Kind[Notification, Event] = Kind(
    "notification",
    Notification,
    (
        Planned,
        Claimed,
        Waited,
        Failed,
        Faltered,
        Delivered,
        Released,
        GivenUp,
        Suppressed,
        Retried,
        Acknowledged,
        Answered,
        Rated,
    ),
    apply,
    _fields,
    _messages,
)


def _sent(document: Document) -> Sent | None:
    """None for what counts for no storm: digests, and what is no news."""
    state = document["state"]
    occasion = state["occasion"]
    gathers = occasion["type"] == GATHERED
    if gathers and occasion["data"]["kind"] == "digest":
        return None
    if not gathers and not is_news(occasion["type"]):
        return None
    at = state["tried_since"] if gathers else state["created_at"]
    return Sent(document["about"], occasion["data"].get("agreement"), datetime.fromisoformat(at), gathers)


def _told_instead(reason: str) -> Sequence[str]:
    """The rooms, or the contact, that are told instead of whom a mail was left out for so."""
    begins, _, named = reason.partition(": ")
    return named.split(", ") if f"{begins}:" in (INSTEAD, SAME_MAILBOX) else ()


class Notifications:
    """The messages to all parties; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, NOTIFICATION, _REMEMBERED)

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("order", DESCENDING)])
        await self.all.states.create_index([("about", ASCENDING)])
        await self.all.states.create_index([("given_up_at", DESCENDING)])
        await self.all.states.create_index([("due_at", ASCENDING)])
        await self.all.states.create_index([("recipient", ASCENDING), ("status", ASCENDING), ("order", ASCENDING)])
        await self.all.states.create_index([("within", ASCENDING), ("order", ASCENDING)])

    async def execute(
        self,
        id: str,
        decide: Callable[[Notification | None, datetime], Sequence[Event]],
        by: str,
        cause: Envelope | None = None,
    ) -> Notification | None:
        loaded = await self.all.execute(id, decide, by=by, cause=cause)
        return loaded.state if loaded else None

    async def told(self, about: str) -> list[Person]:
        """The contacts that were, or are being, written to about it, and those who did not want what came so far.

        The latter may want what comes next: what they have said decides anew of each event.
        """
        told = {"status": {"$in": ["pending", "delivered", "given_up"]}}
        query = {"about": about, "channel": "email", "$or": [told, {"state.by_choice": True}]}
        found = await self.all.states.find(query, {"recipient": 1, "state.party": 1}).to_list(None)
        people: set[Person] = {(each["state"]["party"], each["recipient"]) for each in found}
        return sorted(people, key=lambda each: (each[1], each[0] or ""))

    async def given_up_since(self, since: datetime, limit: int) -> tuple[list[Notification], int]:
        """The latest that were given up from `since` on, but for the operator's own, and how many there are."""
        query = {"given_up_at": {"$gte": since}, "recipient": {"$ne": OPERATOR}}
        found = self.all.states.find(query).sort("given_up_at", DESCENDING).limit(limit)
        return [self.all.read(each).state for each in await found.to_list(None)], await self.all.states.count_documents(
            query
        )

    async def counts(self, asking: Principal) -> dict[str, int]:
        """How many there are of each status, of those that the principal sees."""
        return {
            status.value: await self.all.states.count_documents(asking.restrict({"status": status.value}))
            for status in Status
        }

    async def first_pending(self, recipient: str) -> Notification | None:
        """Of what is to be told to it, what was planned before all the rest."""
        query = {"recipient": recipient, "status": "pending"}
        found = await self.all.states.find(query).sort("order", ASCENDING).limit(1).to_list(None)
        return self.all.read(found[0]).state if found else None

    async def sent_of_late(self, channel: Channel, recipient: str, party: str | None, since: datetime) -> list[Sent]:
        """The latest of what was planned from `since` on, to be sent by itself or to tell of others, but digests."""
        query: Document = {"recipient": recipient, "channel": channel, "within": None}
        query |= {"state.party": {"$in": [party, None]}}  # of earlier messages it is known once they are delivered
        query |= {"order": {"$gte": rfc3339(since)}, "status": {"$ne": Status.SUPPRESSED.value}}
        wanted = {
            "about": 1, "state.created_at": 1, "state.tried_since": 1, "state.occasion.type": 1,
            "state.occasion.data.agreement": 1, "state.occasion.data.kind": 1,
        }  # fmt: skip
        found = self.all.states.find(query, wanted).sort("order", DESCENDING).limit(_MOST_OF_LATE)
        return [sent for each in await found.to_list(None) if (sent := _sent(each)) is not None]

    async def said_before(self, recipient: str, about: str, limit: int) -> list[Notification]:
        """What was said about it in a chat, the latest first."""
        query = {"recipient": recipient, "status": "delivered", "about": about, "channel": "chat"}
        found = self.all.states.find(query).sort("order", DESCENDING).limit(limit)
        return [self.all.read(each).state for each in await found.to_list(None)]

    async def told_instead(self, about: str, event: str, said: Notification) -> list[str]:
        """The mails of an event that were left out since their recipients read it where `said` was to be told."""
        query: Document = {"about": about, "channel": "email", "status": "suppressed", "state.occasion.id": event}
        if said.party is not None:
            query["state.party"] = {"$in": [said.party, None]}
        found = await self.all.states.find(query, {"state.reason": 1}).to_list(None)
        reasons = {each["_id"]: str(each["state"]["reason"]) for each in found}
        return [id for id, why in reasons.items() if said.recipient in _told_instead(why)]

    async def gathered(self, within: str, limit: int) -> list[Notification]:
        """What a gathering message is to tell of, in order: also what was given up with an earlier try of it."""
        query = {"within": within, "status": {"$in": ["pending", "given_up"]}}
        found = await self.all.states.find(query).sort("order", ASCENDING).limit(limit).to_list(None)
        return [self.all.read(each).state for each in found]

    async def visible(self, id: str, asking: Principal) -> Loaded[Notification]:
        """Raises NotFound also for what belongs to others."""
        loaded = await self.all.find(id)
        if loaded is None or not asking.sees(loaded.state.parties):
            raise NotFound(f"there is no delivery {id!r} of yours")
        return loaded

    async def page(
        self, asking: Principal, status: str | None, about: str | None, before: str | None, limit: int
    ) -> list[tuple[str, Notification]]:
        """The latest first, each with what its place in that order is called."""
        wanted: Document = {name: value for name, value in (("status", status), ("about", about)) if value is not None}
        if before is not None:
            wanted["order"] = {"$lt": before}
        found = self.all.states.find(asking.restrict(wanted)).sort("order", DESCENDING).limit(limit)
        return [(each["order"], self.all.read(each).state) for each in await found.to_list(None)]
