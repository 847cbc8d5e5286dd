"""What becomes of a message that is sent: it is taken up, waits, fails, arrives or ends without. Pure.

What ended in the meantime stays as it ended, until somebody asks for another try.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sepakat_notifier.notification import (
    Claimed,
    Delivered,
    Event,
    Failed,
    Faltered,
    GivenUp,
    Notification,
    Retried,
    Status,
    Suppressed,
    Waited,
)
from sepakat_shared.errors import Conflict


def claim(notification: Notification | None, holder: str, until: datetime, now: datetime) -> Sequence[Event]:
    """Take it up if it is due. Whoever is the `holder` afterwards may attempt it."""
    due = notification is not None and notification.due_at is not None and notification.due_at <= now
    return [Claimed(holder, until)] if due else []


def _if_pending(notification: Notification | None, event: Event) -> Sequence[Event]:
    """What ended in the meantime stays as it ended."""
    return [event] if notification is not None and notification.status is Status.PENDING else []


def wait(notification: Notification | None, reason: str, next_at: datetime, latest: datetime) -> Sequence[Event]:
    """Look again at `next_at`, or suppress it when that is after `latest`."""
    return _if_pending(notification, Suppressed(reason, latest) if next_at > latest else Waited(reason, next_at))


def fail(
    notification: Notification | None, reason: str, next_at: datetime, latest: datetime, now: datetime,
    falters_after: int = 0,
) -> Sequence[Event]:  # fmt: skip
    """Try again at `next_at`, or give up when that is after `latest`. It falters with the failure of that number."""
    if notification is None or next_at > latest:
        return _if_pending(notification, GivenUp(reason, now))
    failed = _if_pending(notification, Failed(reason, next_at))
    falters = failed and notification.attempts + 1 == falters_after
    return [*failed, Faltered(reason, now)] if falters else failed


def deliver(
    notification: Notification | None, party: str, now: datetime, told: tuple[str, ...] = (),
    reference: str | None = None,
) -> Sequence[Event]:  # fmt: skip
    """It has arrived at somebody of `party`; `told` is what a gathering message told of, `reference` a chat's."""
    return _if_pending(notification, Delivered(party, now, told=told, reference=reference))


def give_up(notification: Notification | None, reason: str, now: datetime) -> Sequence[Event]:
    """An attempt has failed in a way that does not pass."""
    return _if_pending(notification, GivenUp(reason, now))


def expire(notification: Notification | None, lasts: timedelta, otherwise: str, now: datetime) -> Sequence[Event]:
    """Give up what was tried for, or has waited, as long as `lasts`; `otherwise` is why, where no attempt said so."""
    if notification is None or now < (notification.tried_since or notification.created_at) + lasts:
        return []
    return _if_pending(notification, GivenUp(notification.reason or otherwise, now, attempted=False))


def suppress(notification: Notification | None, reason: str, now: datetime) -> Sequence[Event]:
    """It is not to be sent."""
    return _if_pending(notification, Suppressed(reason, now))


def retry(notification: Notification | None, now: datetime) -> Sequence[Event]:
    """Raises Conflict for what was delivered. What is being tried already stays as it is."""
    if notification is None:
        raise Conflict("there is no such delivery")
    if notification.status is Status.DELIVERED:
        raise Conflict("this was delivered; there is nothing to try again")
    return [] if notification.status is Status.PENDING else [Retried(now)]


def replay(notification: Notification | None, now: datetime) -> Sequence[Event]:
    """Send it again, also what was delivered; what is being tried already stays as it is."""
    return [] if notification is None or notification.status is Status.PENDING else [Retried(now)]
