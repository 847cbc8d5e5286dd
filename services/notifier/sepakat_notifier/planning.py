"""A message is planned: once for each event, channel and recipient, and held by the instance that planned it."""

import json
from datetime import datetime, timedelta

from sepakat_notifier import notification as domain
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.gathering import GATHERED, Gathering
from sepakat_notifier.notification import Channel, Notification, Occasion
from sepakat_notifier.store import Notifications
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.messages import Envelope
from sepakat_shared.telemetry import current_traceparent

_FOLLOWS_AFTER = timedelta(minutes=5)
"""What a gathering message told of is noted at once; after this, what came too late for it is looked after."""


def occasion_of(cause: Envelope) -> Occasion:
    return Occasion(
        cause.id, cause.source, cause.type, cause.subject, cause.time, json.loads(cause.data), cause.sequence
    )  # fmt: skip


class Planning:
    def __init__(self, notifications: Notifications, deliveries: Deliveries) -> None:
        self._notifications = notifications
        self._deliveries = deliveries

    async def _gathering(
        self, channel: Channel, recipient: str, party: str | None, parties: tuple[str, ...], within: Gathering,
        cause: Envelope,
    ) -> str:  # fmt: skip
        """Plan the message that tells of others, unless it is planned. Returns its id."""
        key = f"{within.kind} {party} {within.about[0]} {rfc3339(within.due_at)}"
        occasion = Occasion(key, cause.source, GATHERED, within.about[0], rfc3339(within.due_at), within.data)
        gathers = domain.notification_id(key, channel, recipient)

        def plan(known: Notification | None, now: datetime) -> list[domain.Event]:
            planned = Notification(
                gathers, channel, recipient, party, parties, *within.about, occasion, None, created_at=now, holder="",
                due_at=within.due_at, tried_since=within.due_at,
            )  # fmt: skip
            return [domain.Planned(planned)] if known is None else []

        await self._notifications.all.execute(gathers, plan, by=cause.source)
        return gathers

    async def plan(
        self, channel: Channel, recipient: str, party: str | None, parties: tuple[str, ...], about: tuple[str, str],
        occasion: Occasion, cause: Envelope, *, once_for: str | None = None, ordered: bool = False,
        due_at: datetime | None = None, left_out: str | None = None, within: Gathering | None = None,
        by_choice: bool = True,
    ) -> Notification | None:  # fmt: skip
        """Plan it, unless it is planned. `about` is what it is about, and of which kind.

        `once_for` stands for the event where several are told by one message; `due_at` puts the first attempt off;
        `left_out` says why it is not sent at all: the recipient does not want it, needs no message of its own, or, not
        `by_choice`, cannot be reached. `within`: it is told by that message, which is planned as well; where that ends
        without it, it is sent by itself a while later.
        """
        of = once_for or occasion.id

        async def planned(once_for: str) -> Notification | None:
            id = domain.notification_id(once_for, channel, recipient)
            return await self._once(
                id, channel, recipient, party, parties, about, occasion, cause, ordered, due_at, left_out, within,
                by_choice,
            )  # fmt: skip

        found = await planned(of)
        if found is not None and party is not None and found.party not in (None, party):
            return await planned(f"{of} {party}")  # that one is the other party's contact of the same id
        return found

    async def _once(
        self, id: str, channel: Channel, recipient: str, party: str | None, parties: tuple[str, ...],
        about: tuple[str, str], occasion: Occasion, cause: Envelope, ordered: bool, due_at: datetime | None,
        left_out: str | None, within: Gathering | None, by_choice: bool,
    ) -> Notification | None:  # fmt: skip
        traceparent = current_traceparent()
        gathers: str | None = None
        if within is not None:
            known = await self._notifications.all.find(id)
            if known is not None:
                return known.state  # an event that came again: its digest may be over
            gathers = await self._gathering(channel, recipient, party, parties, within, cause)
            due_at = within.due_at + _FOLLOWS_AFTER

        def plan(known: Notification | None, now: datetime) -> list[domain.Event]:
            if known is not None:
                return []
            # Planned in this instance's hands: the first attempt begins at once and needs no claim.
            in_hand = due_at is None
            planned = Notification(
                id, channel, recipient, party, parties, *about, occasion, traceparent, created_at=now,
                holder=self._deliveries.holder if in_hand else "",
                due_at=now + self._deliveries.lease if in_hand else due_at, ordered=ordered,
                # However long it was put off, it is tried for as long as any other.
                tried_since=due_at, within=gathers, reason=within.reason if within else None,
            )  # fmt: skip
            if left_out is not None:
                return [domain.Planned(planned), domain.Suppressed(left_out, now, by_choice=by_choice)]
            return [domain.Planned(planned)]

        loaded = await self._notifications.all.execute(
            id, plan, by=cause.source, cause=cause, new=True, then=self._deliveries.hand
        )  # fmt: skip
        return loaded.state if loaded else None
