"""What follows from deliveries that do not go well: another way is taken, and somebody hears of it.

These are reactions to the notifier's own events, so that none of it is lost when an instance dies.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from sepakat_notifier import gathering, gists, sending
from sepakat_notifier import notification as domain
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.gathering import GATHERED, NOTHING_TO_TELL
from sepakat_notifier.notification import OPERATOR, Notification, Status
from sepakat_notifier.planning import Planning, occasion_of
from sepakat_notifier.routing import fact_of
from sepakat_notifier.store import Notifications
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.notifications import (
    EndpointDisabled,
    NotificationDelivered,
    NotificationFailing,
    NotificationGivenUp,
    NotificationSuppressed,
)
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Reaction

WINDOW = timedelta(hours=1)
"""Of one such window the operator gets two mails at most: one soon, and one at its end about what came later."""
GATHERED_FOR = timedelta(minutes=1)
_ENDED_AT_ONCE = 500


class OwnReactions:
    def __init__(
        self, notifications: Notifications, endpoints: Endpoints, directory: Directory, planning: Planning,
        operator: str | None, clock: Clock,
    ) -> None:  # fmt: skip
        self._notifications = notifications
        self._endpoints = endpoints
        self._directory = directory
        self._planning = planning
        self._operator = operator
        self._clock = clock

    def all(self) -> list[Reaction]:
        return [
            Reaction(topics.NOTIFICATIONS, NotificationDelivered, self.on_delivered),
            Reaction(topics.NOTIFICATIONS, NotificationFailing, self.on_failing),
            Reaction(topics.NOTIFICATIONS, NotificationGivenUp, self.on_given_up),
            Reaction(topics.NOTIFICATIONS, NotificationSuppressed, self.on_suppressed),
            Reaction(topics.NOTIFICATIONS, EndpointDisabled, self.on_endpoint_disabled),
        ]

    async def on_delivered(self, fact: NotificationDelivered, _cause: Envelope) -> None:
        """What a message told of besides is delivered with it."""
        if not fact.tells_of:
            return
        loaded = await self._notifications.all.find(fact.notification)
        if loaded is None:
            return
        ended = loaded.state

        def follow(notification: Notification | None, now: datetime) -> list[domain.Event]:
            return list(gathering.follow(notification, ended, now, now))

        for first in range(0, len(ended.told), _ENDED_AT_ONCE):
            ids = ended.told[first : first + _ENDED_AT_ONCE]
            await self._notifications.all.execute_many(dict.fromkeys(ids, follow), by="delivery")

    async def on_failing(self, fact: NotificationFailing, cause: Envelope) -> None:
        await self._fall_back(fact, cause)

    async def on_given_up(self, fact: NotificationGivenUp, cause: Envelope) -> None:
        """Whoever was to read it in the same mailbox is tried after all: else they would pass for told."""
        if fact.channel != "email":
            await self._fall_back(fact, cause)
        elif loaded := await self._notifications.all.find(fact.notification):
            await self._mail_who_reads_there(loaded.state, await self._told_of(loaded.state))
        # What could not be told to the operator must not be told to the operator.
        if self._operator is not None and fact.recipient != OPERATOR:
            await self._tell_operator(fact, cause)

    async def on_suppressed(self, fact: NotificationSuppressed, cause: Envelope) -> None:
        """What still waited for a chat that was disabled or removed is told another way, as what was given up is.

        What waited for a contact who was erased is told to who reads the same mailbox.
        """
        if fact.channel == "webhook" or fact.by_choice or fact.reason == NOTHING_TO_TELL:
            return
        loaded = await self._notifications.all.find(fact.notification)
        if loaded is None or not _has_words(loaded.state):
            return
        if fact.channel == "email":
            await self._mail_who_reads_there(loaded.state, await self._told_of(loaded.state))
        else:
            await self._fall_back(fact, cause)

    async def on_endpoint_disabled(self, fact: EndpointDisabled, cause: Envelope) -> None:
        """Its party hears of it, and who runs the service; of what somebody asked for, nobody."""
        if not fact.failed:
            return
        contacts = await self._directory.contacts_of(fact.party)
        told = [(contact, fact.party, (fact.party,)) for contact in contacts]
        if self._operator is not None:
            told.append((OPERATOR, OPERATOR, (OPERATOR,)))
        about = (f"endpoint/{fact.endpoint}", "endpoint")
        await asyncio.gather(
            *[
                self._planning.plan("email", contact, party, parties, about, occasion_of(cause), cause)
                for contact, party, parties in told
            ]
        )

    async def _fall_back(
        self, fact: NotificationFailing | NotificationGivenUp | NotificationSuppressed, cause: Envelope
    ) -> None:
        """Mail the event to the contact whom the endpoint names for that; once, also where that person was told."""
        if fact.channel == "email":
            return
        endpoint = await self._endpoints.of(fact.recipient)
        loaded = await self._notifications.all.find(fact.notification)
        if loaded is None:
            return
        failed, within = loaded.state, None
        told = await self._told_of(failed)
        if failed.occasion.type == GATHERED:
            within = gathering.again(failed, self._clock.now() + GATHERED_FOR)
        if fact.channel == "chat":
            await self._mail_who_reads_there(failed, told)
        if endpoint is None or endpoint.fallback is None:
            return
        for each in told:
            await self._planning.plan(
                "email", endpoint.fallback, endpoint.party, (endpoint.party,), (each.about, each.about_type),
                each.occasion, cause, within=within,
            )  # fmt: skip

    async def _told_of(self, failed: Notification) -> Sequence[Notification]:
        """What the message was to tell: itself, or what it gathers."""
        if failed.occasion.type != GATHERED:
            return [failed]
        return await self._notifications.gathered(failed.id, _ENDED_AT_ONCE)

    async def _mail_who_reads_there(self, failed: Notification, told: Sequence[Notification]) -> None:
        """Whoever was to read it in that chat, or that mailbox, gets the mail that was left out for it."""
        left_out = [
            id for each in told for id in await self._notifications.told_instead(each.about, each.occasion.id, failed)
        ]  # fmt: skip
        if left_out:
            await self._notifications.all.execute_many(dict.fromkeys(left_out, _tried), by="delivery")

    async def _tell_operator(self, fact: NotificationGivenUp, cause: Envelope) -> None:
        """One mail of all that was given up in a while: a server that is away must not bring a thousand of them."""
        begun = window_of(fact.at)
        soon = await self._plan_for_operator(f"{begun} soon", self._clock.now() + GATHERED_FOR, cause)
        if soon is not None and soon.status is not Status.PENDING and fact.at > (soon.ended_at or fact.at):
            await self._plan_for_operator(f"{begun} end", begun + WINDOW, cause)

    async def _plan_for_operator(self, window: str, due_at: datetime, cause: Envelope) -> Notification | None:
        about = ("deliveries", "deliveries")
        return await self._planning.plan(
            "email", OPERATOR, OPERATOR, (OPERATOR,), about, occasion_of(cause), cause,
            once_for=f"given up {window}", due_at=due_at,
        )  # fmt: skip


def _has_words(notification: Notification) -> bool:
    """Of what is only for machines, no mail says anything either."""
    return notification.occasion.type == GATHERED or gists.is_told(fact_of(notification))


def _tried(notification: Notification | None, now: datetime) -> list[domain.Event]:
    is_left_out = notification is not None and notification.status is Status.SUPPRESSED
    return list(sending.retry(notification, now)) if is_left_out else []


def window_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def first_of(begun: datetime) -> str:
    """The id of the first mail of a window."""
    return domain.notification_id(f"given up {begun} soon", "email", OPERATOR)
