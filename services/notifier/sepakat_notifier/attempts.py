"""One attempt: a message is handed to its channel, and what came of it becomes a decision."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opentelemetry.trace import SpanKind

from sepakat_notifier import gathering, sending
from sepakat_notifier.channels import Gone, NotYet, Permanent, Reached, Sender, Transient, Unreachable, Unwanted
from sepakat_notifier.notification import Event, Notification
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_shared import retry
from sepakat_shared.telemetry import continued, meter

_log = logging.getLogger(__name__)
_attempted = meter.create_counter("sepakat_delivery_attempts", description="attempts, by channel and outcome")
_FOLLOWED_EVERY = timedelta(minutes=5)
Decide = Callable[[Notification | None, datetime], Sequence[Event]]


@dataclass(frozen=True)
class Attempted:
    """`works` says whether the recipient's side takes messages at all; None: this attempt showed nothing of that."""

    decide: Decide
    works: bool | None
    reason: str = ""
    gone: bool = False


class Attempts:
    def __init__(self, senders: Mapping[str, Sender], settings: NotifierSettings, notifications: Notifications) -> None:
        self._senders = senders
        self._settings = settings
        self._notifications = notifications

    async def make(self, held: Notification) -> Attempted:
        """Attempt it once; what another message tells of ends as that did."""
        if held.within is not None:
            return await self._follow(held.within)
        try:
            attributes = {"sepakat.notification": held.id, "sepakat.recipient": held.recipient}
            with continued(f"deliver {held.channel}", held.traceparent, SpanKind.CLIENT, attributes):
                async with asyncio.timeout(self._settings.notifier_attempt_timeout.total_seconds()):
                    sent = await self._senders[held.channel].send(held)
        except NotYet as missing:
            return Attempted(self._waiting(held, str(missing)), None)
        except Unwanted as unwanted:
            reason = str(unwanted)
            _count(held, "suppressed")
            return Attempted(lambda notification, now: sending.suppress(notification, reason, now), None)
        except Permanent as refusal:
            reason = str(refusal)
            _count(held, "given up")
            return Attempted(
                lambda notification, now: sending.give_up(notification, reason, now), None, reason,
                isinstance(refusal, Gone),
            )  # fmt: skip
        except Unreachable as failure:
            return self._failed(held, str(failure), False, failure.after)
        except Transient as failure:
            return self._failed(held, str(failure), None, failure.after)
        except TimeoutError:
            timeout = self._settings.notifier_attempt_timeout.total_seconds()
            return self._failed(held, f"no answer within {timeout:g} s", False, None)
        except Exception as error:  # noqa: BLE001 - a bug in a channel must not end the deliveries of all others
            _log.exception("sending %s failed", held.id)
            return self._failed(held, f"{type(error).__name__}: {error}", None, None)
        _count(held, "delivered")
        reached = Reached(sent) if isinstance(sent, str) else sent
        told, reference = reached.told, reached.reference
        return Attempted(
            lambda notification, now: sending.deliver(notification, reached.party, now, told, reference), True
        )  # fmt: skip

    async def _follow(self, within: str) -> Attempted:
        try:
            found = await self._notifications.all.find(within)
        except retry.TRANSIENT as error:
            _log.warning("looking for %s failed: %s", within, error)
            return Attempted(lambda _notification, _now: [], None)
        state = found.state if found else None
        return Attempted(
            lambda notification, now: gathering.follow(notification, state, now + _FOLLOWED_EVERY, now), None
        )  # fmt: skip

    def _failed(self, held: Notification, reason: str, works: bool | None, after: timedelta | None) -> Attempted:
        _count(held, "failed")
        first, cap = self._settings.notifier_first_retry, self._settings.notifier_longest_retry
        pause = timedelta(seconds=retry.delay(held.attempts + 1, first.total_seconds(), cap.total_seconds()))
        # What the other side asks for counts, as far as we would ever wait.
        pause = max(pause, min(after, cap)) if after else pause
        latest = (held.tried_since or held.created_at) + self._settings.notifier_give_up_after
        falters = self._settings.notifier_fallback_after
        _log.warning("%s to %s failed: %s", held.channel, held.recipient, reason)
        return Attempted(
            lambda notification, now: sending.fail(notification, reason, now + pause, latest, now, falters),
            works,
            reason,
        )

    def _waiting(self, held: Notification, reason: str) -> Decide:
        pause = timedelta(seconds=retry.delay(held.waits + 1, 0.5, 30.0))
        latest = (held.tried_since or held.created_at) + self._settings.notifier_wait_for_contact
        return lambda notification, now: sending.wait(notification, reason, now + pause, latest)


def _count(held: Notification, outcome: str) -> None:
    _attempted.add(1, {"channel": held.channel, "outcome": outcome})
