"""Attempts: what is due is sent, several at once, and what became of it is kept.

A message is attempted by the instance that holds it, for at most a lease. An instance that dies with a message in hand
leaves it due at the lease's end, so a message may arrive twice but is never lost; its id is the same both times.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from opentelemetry.trace import SpanKind
from pymongo import ASCENDING

from sepakat_notifier import notification as domain
from sepakat_notifier.channels import NotYet, Permanent, Sender, Transient, Unwanted
from sepakat_notifier.notification import Event, Notification, Status
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_shared import retry
from sepakat_shared.clock import Clock
from sepakat_shared.telemetry import continued, meter

_AT_LEAST_EVERY = timedelta(seconds=2)
"""Another instance, or a person, may have left a message due: nobody wakes us for it."""
_log = logging.getLogger(__name__)
_attempted = meter.create_counter("sepakat_delivery_attempts", description="attempts, by channel and outcome")
_Decide = Callable[[Notification | None, datetime], Sequence[Event]]


class Deliveries:
    """Sends what is due. `holder` names this instance in the messages that it has in hand."""

    def __init__(
        self, notifications: Notifications, senders: Mapping[str, Sender], settings: NotifierSettings, clock: Clock
    ) -> None:
        self.holder = secrets.token_hex(8)
        self.lease = 2 * settings.notifier_attempt_timeout
        self._notifications = notifications
        self._senders = senders
        self._settings = settings
        self._clock = clock
        self._slots = asyncio.Semaphore(settings.notifier_concurrency)
        self._in_hand: set[str] = set()
        self._handed: list[Notification] = []
        self._changed = asyncio.Event()
        self._look_at = clock.now()
        self._is_full = False
        """Whether more may be due than there was room for: an attempt that ends makes room."""

    def hand(self, planned: Notification) -> None:
        """Send a message that this instance already holds: it needs no claim."""
        self._handed.append(planned)
        self._changed.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._changed.clear()
                handed, self._handed = self._handed, []
                for planned in handed:
                    self._begin(tasks, planned.id, planned)
                if self._look_at <= self._clock.now():
                    await retry.until_done("looking for due messages", lambda: self._begin_due(tasks))
                await self._clock.wait(self._changed, self._look_at)

    async def _begin_due(self, tasks: asyncio.TaskGroup) -> None:
        """Begin what is due, as far as there is room, and know when to look again."""
        now = self._clock.now()
        self._look_at = now + _AT_LEAST_EVERY
        room = self._settings.notifier_concurrency * 2 - len(self._in_hand)
        self._is_full = room <= 0
        if self._is_full:
            return
        # Not the earliest of all: sorting many thousands that wait costs seconds on some databases, and we look again.
        query = {"due_at": {"$lte": self._look_at}, "_id": {"$nin": list(self._in_hand)}}
        found = self._notifications.all.states.find(query, {"due_at": 1}).sort("due_at", ASCENDING).limit(room)
        following = await found.to_list(None)
        for each in following:
            if each["due_at"] > now:
                self._look_by(each["due_at"])
                return
            self._begin(tasks, each["_id"], None)
        self._is_full = len(following) == room

    def _look_by(self, instant: datetime) -> None:
        self._look_at = min(self._look_at, instant)

    def _begin(self, tasks: asyncio.TaskGroup, id: str, held: Notification | None) -> None:
        if id not in self._in_hand:
            self._in_hand.add(id)
            tasks.create_task(self._attempt(id, held))

    async def _attempt(self, id: str, held: Notification | None) -> None:
        """`held` is what this instance holds already, if it does; it may have waited too long for its turn."""
        try:
            async with self._slots:
                if held is None or not self._held_long_enough(held):
                    held = await self._hold(id)
                if held is not None:
                    after = await self._decide(id, await self._outcome(held))
                    if after is not None and after.due_at is not None:
                        self._look_by(after.due_at)
        finally:
            self._in_hand.discard(id)
            if self._is_full:
                self._look_by(self._clock.now())
            self._changed.set()

    async def _hold(self, id: str) -> Notification | None:
        """The message, if this instance may attempt it now and will still hold it when the attempt has ended."""

        def decide(notification: Notification | None, now: datetime) -> Sequence[Event]:
            return domain.claim(notification, self.holder, now + self.lease, now)

        held = await self._decide(id, decide)
        if held is None or held.status is not Status.PENDING or held.holder != self.holder:
            return None
        return held if self._held_long_enough(held) else None

    def _held_long_enough(self, held: Notification) -> bool:
        ends = self._clock.now() + self._settings.notifier_attempt_timeout
        return held.due_at is not None and held.due_at > ends

    async def _outcome(self, held: Notification) -> _Decide:
        """Attempt it once; what came of it, as a decision."""
        try:
            attributes = {"sepakat.notification": held.id, "sepakat.recipient": held.recipient}
            with continued(f"deliver {held.channel}", held.traceparent, SpanKind.CLIENT, attributes):
                async with asyncio.timeout(self._settings.notifier_attempt_timeout.total_seconds()):
                    party = await self._senders[held.channel].send(held)
        except NotYet as missing:
            return self._waiting(held, str(missing))
        except Unwanted as unwanted:
            reason = str(unwanted)
            self._count(held, "suppressed")
            return lambda notification, now: domain.suppress(notification, reason, now)
        except Permanent as refusal:
            reason = str(refusal)
            self._count(held, "given up")
            return lambda notification, now: domain.give_up(notification, reason, now)
        except Transient as failure:
            return self._failed(held, str(failure))
        except TimeoutError:
            return self._failed(held, f"no answer within {self._settings.notifier_attempt_timeout.total_seconds():g} s")
        except Exception as error:  # noqa: BLE001 - a bug in a channel must not end the deliveries of all others
            _log.exception("sending %s failed", held.id)
            return self._failed(held, f"{type(error).__name__}: {error}")
        self._count(held, "delivered")
        return lambda notification, now: domain.deliver(notification, party, now)

    def _failed(self, held: Notification, reason: str) -> _Decide:
        self._count(held, "failed")
        first, cap = self._settings.notifier_first_retry, self._settings.notifier_longest_retry
        pause = timedelta(seconds=retry.delay(held.attempts + 1, first.total_seconds(), cap.total_seconds()))
        latest = (held.tried_since or held.created_at) + self._settings.notifier_give_up_after
        _log.warning("%s to %s failed: %s", held.channel, held.recipient, reason)
        return lambda notification, now: domain.fail(notification, reason, now + pause, latest, now)

    def _waiting(self, held: Notification, reason: str) -> _Decide:
        pause = timedelta(seconds=retry.delay(held.waits + 1, 0.5, 30.0))
        latest = (held.tried_since or held.created_at) + self._settings.notifier_wait_for_contact
        return lambda notification, now: domain.wait(notification, reason, now + pause, latest)

    async def _decide(self, id: str, decide: _Decide) -> Notification | None:
        return await retry.until_done(
            f"keeping what became of {id}", lambda: self._notifications.execute(id, decide, by="delivery")
        )

    def _count(self, held: Notification, outcome: str) -> None:
        _attempted.add(1, {"channel": held.channel, "outcome": outcome})
