"""What a reader says with the links of a message. Each is for one press: the first counts, and again changes nothing.

An incident may begin anew, at `anew_at`: whoever had it in hand has it no longer. What was said before that says
nothing of what it is now, so the link is for one press more. Pure.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sepakat_notifier.notification import Acknowledged, Answer, Answered, Event, Notification, Rated


def acknowledge(
    notification: Notification | None, party: str, contact: str, now: datetime, anew_at: datetime | None = None
) -> Sequence[Event]:
    """Somebody takes care of what the message asks about."""
    if notification is None or acknowledged(notification, anew_at) is not None:
        return []
    return [Acknowledged(party, contact, _after(now, anew_at))]


def acknowledged(notification: Notification, anew_at: datetime | None = None) -> datetime | None:
    """When it was taken up with this message, where that still counts."""
    at = notification.acknowledged_at
    return None if at is None or (anew_at is not None and at < anew_at) else at


def answered(notification: Notification, answer: Answer, anew_at: datetime | None = None) -> Answered | None:
    """What was said with that link of the message, where that still counts."""
    said = [each for each in notification.answers if each.answer == answer]
    return next((each for each in said if anew_at is None or each.at >= anew_at), None)


def answer(notification: Notification | None, given: Answered, anew_at: datetime | None = None) -> Sequence[Event]:
    """Another link was pressed, with what `given` says."""
    if notification is None or answered(notification, given.answer, anew_at) is not None:
        return []
    return [replace(given, at=_after(given.at, anew_at))]


def request_answered(notification: Notification) -> Answered | None:
    """What was said with the message of the request that it asks to answer."""
    return answered(notification, "consent") or answered(notification, "refuse")


def answer_request(notification: Notification | None, given: Answered) -> Sequence[Event]:
    """The request is consented to or refused, by either of its two links."""
    return [] if notification is None or request_answered(notification) is not None else [given]


def _after(now: datetime, anew_at: datetime | None) -> datetime:
    """What was pressed on a page that knew of `anew_at` is later, whatever the clocks of two machines say."""
    return now if anew_at is None else max(now, anew_at)


def rate(notification: Notification | None, given: Rated) -> Sequence[Event]:
    """Somebody says what they think, behind the link that asks for it."""
    return [] if notification is None or notification.rated_at is not None else [given]
