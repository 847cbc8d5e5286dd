"""What a reader says with the links of a message. Each is for one press: the first counts, and again changes nothing.

Pure.
"""

from collections.abc import Sequence
from datetime import datetime

from sepakat_notifier.notification import Acknowledged, Answer, Answered, Event, Notification, Rated


def acknowledge(notification: Notification | None, party: str, contact: str, now: datetime) -> Sequence[Event]:
    """Somebody takes care of what the message asks about."""
    if notification is None or notification.acknowledged_at is not None:
        return []
    return [Acknowledged(party, contact, now)]


def answered(notification: Notification, answer: Answer) -> Answered | None:
    """What was said with that link of the message."""
    return next((each for each in notification.answers if each.answer == answer), None)


def answer(notification: Notification | None, given: Answered) -> Sequence[Event]:
    """Another link was pressed, with what `given` says."""
    if notification is None or answered(notification, given.answer) is not None:
        return []
    return [given]


def rate(notification: Notification | None, given: Rated) -> Sequence[Event]:
    """Somebody says what they think, behind the link that asks for it."""
    return [] if notification is None or notification.rated_at is not None else [given]
