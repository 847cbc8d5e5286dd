"""Deliveries: what is due is sent, several at once, no recipient waits for another's, and what became of it is kept.

A message is attempted by the instance that holds it, for at most a lease. An instance that dies with a message in hand
leaves it due at the lease's end, so a message may arrive twice but is never lost; its id is the same both times.
"""

import asyncio
import logging
import random
import secrets
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING

from sepakat_notifier import notification as domain
from sepakat_notifier import overdue, sending
from sepakat_notifier.attempts import Attempted, Attempts, Decide
from sepakat_notifier.breaker import is_open
from sepakat_notifier.channels import Sender
from sepakat_notifier.health import Health
from sepakat_notifier.notification import Notification, Status
from sepakat_notifier.outlets import Outlet, Outlets, Waiting
from sepakat_notifier.places import Places
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_shared import retry
from sepakat_shared.clock import Clock
from sepakat_shared.mongo import up_to
from sepakat_shared.telemetry import meter

_AT_LEAST_EVERY = timedelta(seconds=2)
"""Another instance, or a person, may have left a message due: nobody wakes us for it."""
_AT_MOST_EVERY = timedelta(milliseconds=250)
"""A look goes through all that is due, also what is held back: more of them, where all is slow, make it slower."""
_log = logging.getLogger(__name__)
_ended = meter.create_counter("sepakat_notifications_ended", description="by channel and how they ended")
_opened = meter.create_counter("sepakat_delivery_circuits_opened", description="recipients left alone for a while")


class Deliveries:
    """Sends what is due. `holder` names this instance in the messages that it has in hand."""

    def __init__(
        self, notifications: Notifications, senders: Mapping[str, Sender], settings: NotifierSettings, clock: Clock,
        health: Health | None = None,
    ) -> None:  # fmt: skip
        self.holder = secrets.token_hex(8)
        self.lease = 2 * settings.notifier_attempt_timeout
        self._notifications = notifications
        self._attempts = Attempts(senders, settings, notifications)
        self._settings = settings
        self._clock = clock
        self._health = health
        self._changed = asyncio.Event()
        self._places = Places(settings.notifier_concurrency, self._changed.set)
        self._outlets = Outlets(senders, settings)
        self._with_work: dict[str, Outlet] = {}
        self._in_hand: dict[str, datetime | None] = {}
        """Messages that wait or are under way here, and when each falls due for the other instances."""
        self._look_at = clock.now()
        self._looked_at = clock.now() - _AT_MOST_EVERY
        self._give_up_at = self._look_at
        self._is_full = False
        """Whether more may be due than there was room for: an attempt that ends makes room."""

    def hand(self, planned: Notification) -> None:
        """Send a message that this instance already holds: it needs no claim."""
        if planned.status is Status.PENDING and planned.holder == self.holder:
            self._add(planned.id, planned.channel, planned.recipient, planned.ordered, planned)

    def circuit(self, recipient: str) -> datetime | None:
        """Until when this instance leaves an endpoint alone, if it does."""
        outlet = self._outlets.of_endpoint(recipient)
        return outlet.breaker.open_until if outlet and is_open(outlet.breaker, self._clock.now()) else None

    def try_again(self, recipient: str) -> None:
        """Somebody says that the endpoint works again."""
        if outlet := self._outlets.of_endpoint(recipient):
            outlet.close_circuit()
        self._look_by(self._clock.now())
        self._changed.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._changed.clear()
                if self._look_at <= self._clock.now():
                    await retry.until_done("looking for due messages", self._look)
                self._begin_what_may(tasks)
                await self._clock.wait(self._changed, self._wake_at())

    # -- what is there to do ------------------------------------------------------------------------------------------

    def _add(self, id: str, channel: domain.Channel, recipient: str, ordered: bool, held: Notification | None) -> None:
        if id in self._in_hand:
            return
        outlet = self._outlets.of(channel, recipient)
        outlet.ordered = ordered
        if outlet.add(Waiting(id, held), self._clock.now()):
            self._in_hand[id] = held.due_at if held else None
            self._with_work[outlet.key] = outlet
            self._changed.set()

    async def _look(self) -> None:
        """Take up what is due, as far as there is room, and know when to look again."""
        now = self._clock.now()
        self._looked_at, self._look_at = now, now + _AT_LEAST_EVERY
        if now >= self._give_up_at:
            self._give_up_at = now + _AT_LEAST_EVERY
            await self._give_up_what_was_left_alone(now)
        kept = sum(min(len(each.waiting), each.limits.most_at_once) for each in self._outlets)
        room = 2 * self._settings.notifier_concurrency - kept - self._places.taken
        self._is_full = room <= 0
        if self._is_full:
            return
        # Not the earliest of all: sorting many thousands that wait costs seconds on some databases, and we look again.
        found = self._notifications.all.states.find(self._due(now), _PLACE).sort("due_at", ASCENDING).limit(room)
        following = await found.to_list(None)
        for each in following:
            if each["due_at"] > now:
                self._look_by(each["due_at"])
                return
            ordered = each.get("state", {}).get("ordered", False)
            self._add(each["_id"], each["channel"], each["recipient"], ordered, None)
        self._is_full = len(following) == room

    def _due(self, now: datetime) -> dict[str, Any]:
        """What is due soon and may be tried: of a server that is left alone, or has enough to do, nothing is read."""
        here = [id for id, due_at in self._in_hand.items() if due_at is None or due_at <= self._look_at]
        query: dict[str, Any] = {"due_at": up_to(self._look_at), "_id": {"$nin": here}}
        busy = [outlet for outlet in self._outlets if outlet.is_saturated(now)]
        if recipients := [each.recipient for each in busy if each.recipient is not None]:
            query["recipient"] = {"$nin": recipients}
        if channels := [each.channel for each in busy if each.recipient is None]:
            query["channel"] = {"$nin": channels}
        for each in busy:
            each.left_out = True
            if (until := each.held_back_until()) is not None and until > now:
                self._look_by(until)
        return query

    async def _give_up_what_was_left_alone(self, now: datetime) -> None:
        alone = [each for each in self._outlets if is_open(each.breaker, now)]
        if not alone:
            return
        lasts = self._settings.notifier_give_up_after
        ended, are_more = await overdue.give_up(self._notifications, alone, self._in_hand, lasts, now)
        for each in ended:
            _count(each)
        if are_more:
            self._give_up_at = now
            self._look_by(now)

    def _look_by(self, instant: datetime) -> None:
        self._look_at = max(min(self._look_at, instant), self._looked_at + _AT_MOST_EVERY)

    def _wake_at(self) -> datetime:
        """When the next message may fall due, or the next outlet may go on."""
        now = self._clock.now()
        held_back = [each.held_back_until() for each in self._with_work.values() if each.is_held_back(now)]
        return min([self._look_at, *[each for each in held_back if each is not None]])

    # -- doing it -----------------------------------------------------------------------------------------------------

    def _begin_what_may(self, tasks: asyncio.TaskGroup) -> None:
        """Begin attempts while there are places, the outlets in turn."""
        now = self._clock.now()
        turn = list(self._with_work.items())
        while turn:
            again = []
            for key, outlet in turn:
                if not outlet.waiting:
                    self._with_work.pop(key, None)
                elif self._places.free and outlet.may_begin(now):
                    waiting = outlet.begin(now)
                    self._places.taken += 1
                    tasks.create_task(self._attempt(outlet, waiting))
                    # Whoever was served goes to the end of the row.
                    self._with_work[key] = self._with_work.pop(key)
                    again.append((key, outlet))
            turn = again

    async def _attempt(self, outlet: Outlet, waiting: Waiting) -> None:
        works: bool | None = None
        place = self._places.take()
        id = waiting.id
        try:
            held = await self._in_turn(outlet, waiting) if outlet.ordered else await self._held(waiting)
            if held is not None:
                id = held.id
                attempted = await self._attempts.make(held)
                works = attempted.works
                await self._keep(outlet, held, attempted)
        finally:
            place.leave()
            still = {each.id for each in outlet.waiting} if outlet.ordered else set()
            for each in {id, waiting.id} - still:
                self._in_hand.pop(each, None)
            self._free(outlet, works)

    def _free(self, outlet: Outlet, works: bool | None) -> None:
        now = self._clock.now()
        was_open = is_open(outlet.breaker, now)
        for dropped in outlet.end(works, random.uniform(0.5, 1.0), now):  # noqa: S311 - jitter, not a secret
            self._in_hand.pop(dropped.id, None)
        if is_open(outlet.breaker, now) and not was_open:
            _opened.add(1, {"channel": outlet.channel})
            _log.warning(
                "%s %s is left alone until %s", outlet.channel, outlet.recipient or "", outlet.breaker.open_until
            )
        if self._is_full or outlet.ordered or (outlet.left_out and not outlet.waiting):
            outlet.left_out = False
            self._look_by(now)
        self._changed.set()

    async def _keep(self, outlet: Outlet, held: Notification, attempted: Attempted) -> None:
        after = await self._decide(held.id, attempted.decide)
        if after is not None and after.status is not Status.PENDING:
            _count(after)
        if after is not None and after.due_at is not None:
            self._look_by(after.due_at)
            if outlet.ordered:
                outlet.put_off(after.due_at)
        if self._health is not None and held.channel != "email":
            health = self._health
            await retry.until_done(
                "keeping how an endpoint is", lambda: health.note(held.recipient, attempted, held.attempts > 0)
            )

    async def _in_turn(self, outlet: Outlet, waiting: Waiting) -> Notification | None:
        """What is first for an endpoint that wants everything in its order; None where that must wait.

        A message that was just planned here may not be found yet.
        """
        recipient = outlet.recipient or ""
        first = await retry.until_done(
            f"looking for the first of {recipient}", lambda: self._notifications.first_pending(recipient)
        )
        if (
            first is None
            or first.id == waiting.id
            or (waiting.held and domain.order(waiting.held) < domain.order(first))
        ):
            held = await self._held(waiting)
            if held is None:
                outlet.put_off(self._clock.now() + _AT_LEAST_EVERY)
            return held
        # The one whose turn it was comes after it.
        outlet.waiting = deque([waiting, *[each for each in outlet.waiting if each.id != first.id]])
        now = self._clock.now()
        if first.holder != self.holder and first.due_at is not None and first.due_at > now:
            outlet.put_off(min(first.due_at, now + _AT_LEAST_EVERY))
            return None
        held = await self._held(Waiting(first.id, first if first.holder == self.holder else None))
        if held is None:
            outlet.put_off(now + _AT_LEAST_EVERY)
        return held

    async def _held(self, waiting: Waiting) -> Notification | None:
        """The message, if this instance may attempt it now and will still hold it when the attempt has ended."""
        if waiting.held is not None and self._held_long_enough(waiting.held):
            return waiting.held

        def decide(notification: Notification | None, now: datetime) -> list[domain.Event]:
            return list(sending.claim(notification, self.holder, now + self.lease, now))

        held = await self._decide(waiting.id, decide)
        if held is None or held.status is not Status.PENDING or held.holder != self.holder:
            return None
        self._in_hand[waiting.id] = held.due_at
        return held if self._held_long_enough(held) else None

    def _held_long_enough(self, held: Notification) -> bool:
        ends = self._clock.now() + self._settings.notifier_attempt_timeout
        return held.due_at is not None and held.due_at > ends

    async def _decide(self, id: str, decide: Decide) -> Notification | None:
        return await retry.until_done(
            f"keeping what became of {id}", lambda: self._notifications.execute(id, decide, by="delivery")
        )


_PLACE = {"due_at": 1, "channel": 1, "recipient": 1, "state.ordered": 1}


def _count(ended: Notification) -> None:
    _ended.add(1, {"channel": ended.channel, "status": ended.status.value})
