"""One message to one recipient over one channel, until it is delivered, given up or suppressed. Pure.

Its id follows from the event, the channel and the recipient, so an event that comes again makes no second message. An
attempt is held by one instance until `due_at`; when that one dies, the message falls due again.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, assert_never

from sepakat_shared.contracts.fact import rfc3339

Channel = Literal["email", "webhook", "chat"]
Answer = Literal["join", "snooze", "resolve", "consent", "refuse"]
INSTEAD = "is told by chat instead:"
"""How the reason begins where its recipient reads it in a chat, by their own choice."""
SAME_MAILBOX = "is told in the same mailbox as:"
"""How the reason begins where somebody else of the party has the recipient's address, and is told at it."""
OPERATOR = "operator"
"""The recipient, and the party, of what is for whoever runs this service."""


class Status(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class Occasion:
    """The event that a message tells of, as it was published."""

    id: str
    source: str
    type: str
    subject: str | None
    time: str | None
    data: dict[str, Any]
    sequence: str | None = None
    """Its place among the events of its aggregate."""


@dataclass(frozen=True)
class Notification:
    """`recipient` is a contact's or an endpoint's id; `party` is theirs, None while the contact is not known.

    `parties` may see it. `about` is the incident's id, or `agreement/objective` or `agreement/indicator`.
    """

    id: str
    channel: Channel
    recipient: str
    party: str | None
    parties: tuple[str, ...]
    about: str
    about_type: str
    occasion: Occasion
    traceparent: str | None
    created_at: datetime
    holder: str
    due_at: datetime | None
    status: Status = Status.PENDING
    attempts: int = 0
    waits: int = 0
    tried_since: datetime | None = None
    """From when failures are counted towards giving up: the creation, or the last time somebody asked to try again."""
    reason: str | None = None
    ended_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    ordered: bool = False
    """Whether it waits for everything that was planned for its recipient before it."""
    by_choice: bool = False
    """Whether it was suppressed because the recipient, who can be reached, does not want it."""
    within: str | None = None
    """The gathering message that tells of this one, which is not sent by itself."""
    told: tuple[str, ...] = ()
    """Of a gathering message: what it told of, once it was delivered."""
    reference: str | None = None
    """Of a chat: what its service calls what was said, where it can be changed or replied to."""
    answers: tuple["Answered", ...] = ()
    """What was pressed in it beside the acknowledge link, each once."""
    rated_at: datetime | None = None
    """When its reader said, behind its link, what they think."""


def order(notification: Notification) -> str:
    """Messages in the order in which they were planned: text orders as the instants do, and equal ones by sequence."""
    sequence = notification.occasion.sequence or ""
    return " ".join(each for each in (rfc3339(notification.created_at), sequence, notification.id) if each)


def notification_id(event: str, channel: Channel, recipient: str) -> str:
    return hashlib.sha256(f"{event}\n{channel}\n{recipient}".encode()).hexdigest()[:32]


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planned:
    notification: Notification


@dataclass(frozen=True)
class Claimed:
    """An instance takes the message up that was due."""

    holder: str
    until: datetime


@dataclass(frozen=True)
class Waited:
    """Nothing could be attempted yet."""

    reason: str
    next_at: datetime


@dataclass(frozen=True)
class Failed:
    """An attempt failed in a way that may pass."""

    reason: str
    next_at: datetime


@dataclass(frozen=True)
class Faltered:
    """So many attempts have failed that it is told another way as well, where there is one."""

    reason: str
    at: datetime


@dataclass(frozen=True)
class Delivered:
    """`within` is the gathering message that told of it, `told` what a gathering message told of."""

    party: str
    at: datetime
    within: str | None = None
    told: tuple[str, ...] = ()
    reference: str | None = None


@dataclass(frozen=True)
class Released:
    """The message that was to tell of it has not: it is sent by itself."""

    at: datetime


@dataclass(frozen=True)
class GivenUp:
    """`attempted` is False where its time was over before its turn had come."""

    reason: str
    at: datetime
    attempted: bool = True


@dataclass(frozen=True)
class Suppressed:
    """`by_choice`: the recipient can be reached, and does not want it."""

    reason: str
    at: datetime
    by_choice: bool = False


@dataclass(frozen=True)
class Retried:
    """Somebody asked for another try of what was given up or suppressed, or to have all of a time once more."""

    at: datetime


@dataclass(frozen=True)
class Acknowledged:
    """The acknowledge link of the message was pressed."""

    party: str
    contact: str
    at: datetime


@dataclass(frozen=True)
class Answered:
    """Another link of the message was pressed: nobody is to be called before `until`, it is over as `note` says."""

    answer: Answer
    party: str
    contact: str
    at: datetime
    until: datetime | None = None
    note: str | None = None


@dataclass(frozen=True)
class Rated:
    """What somebody thinks of the incident that the message asks about: `mark` is 1 to 5."""

    incident: str
    mark: int
    words: str | None
    party: str
    contact: str
    at: datetime


Event = (
    Planned | Claimed | Waited | Failed | Faltered | Delivered | Released | GivenUp | Suppressed | Retried
    | Acknowledged | Answered | Rated
)  # fmt: skip


def apply(notification: Notification | None, event: Event) -> Notification:
    if isinstance(event, Planned):
        return event.notification
    if notification is None:
        raise ValueError(f"{type(event).__name__} of a notification that does not exist")
    match event:
        case Claimed(holder, until):
            return replace(notification, holder=holder, due_at=until)
        case Waited(reason, next_at):
            return replace(notification, holder="", due_at=next_at, reason=reason, waits=notification.waits + 1)
        case Failed(reason, next_at):
            attempts = notification.attempts + 1
            return replace(notification, holder="", due_at=next_at, reason=reason, attempts=attempts)
        case Faltered():
            return notification
        case Delivered(party, at, within, told, reference):
            attempts = notification.attempts + (0 if within else 1)
            ended = _ended(notification, Status.DELIVERED, f"in {within}" if within else None, at)
            return replace(ended, party=party, attempts=attempts, told=told, reference=reference)
        case Released(at):
            return replace(notification, within=None, holder="", due_at=at, tried_since=at, waits=0, reason=None)
        case GivenUp(reason, at, attempted):
            attempts = notification.attempts + (1 if attempted else 0)
            return replace(_ended(notification, Status.GIVEN_UP, reason, at), attempts=attempts)
        case Suppressed(reason, at, by_choice):
            return replace(_ended(notification, Status.SUPPRESSED, reason, at), by_choice=by_choice)
        case Retried(at):
            return replace(
                notification, status=Status.PENDING, due_at=at, holder="", tried_since=at, waits=0, ended_at=None,
                by_choice=False, within=None,
            )  # fmt: skip
        case Acknowledged(party, contact, at):
            return replace(notification, acknowledged_by=f"{party}/{contact}", acknowledged_at=at)
        case Answered():
            return replace(notification, answers=(*notification.answers, event))
        case Rated():
            return replace(notification, rated_at=event.at)
        case _:
            assert_never(event)


def _ended(notification: Notification, status: Status, reason: str | None, at: datetime) -> Notification:
    return replace(notification, status=status, reason=reason, ended_at=at, due_at=None, holder="")
