"""What somebody has answered to a message by e-mail, kept once. Pure.

Its id follows from the mail's own id and from the message that it answers, so a mail that comes twice is one reply.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Verdict = Literal["pass", "fail", "none", "neutral", "softfail", "policy", "temperror", "permerror"]
"""Of a check of the sender (RFC 8601); `none`: there was nothing to check, or nobody who could."""


@dataclass(frozen=True)
class Sender:
    """What is known of who sent a mail, without saying who that was.

    `known`: the address that it says it is from is the one that the message went to.
    """

    known: bool
    dkim: Verdict = "none"
    spf: Verdict = "none"


@dataclass(frozen=True)
class Reply:
    """`party` and `contact` are whose message was answered; `left_out` counts the files that came with it."""

    id: str
    notification: str
    incident: str
    party: str
    contact: str
    body: str
    quoted: str | None
    shared: bool
    left_out: int
    sender: Sender
    at: datetime


@dataclass(frozen=True)
class Received:
    reply: Reply


Event = Received


def reply_id(message_id: str, notification: str) -> str:
    return hashlib.sha256(f"{message_id}\n{notification}".encode()).hexdigest()[:32]


def apply(_reply: Reply | None, event: Event) -> Reply:
    return event.reply


def receive(known: Reply | None, reply: Reply) -> Sequence[Event]:
    """The same mail again changes nothing."""
    return [] if known is not None else [Received(reply)]
