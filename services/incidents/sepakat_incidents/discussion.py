"""What is said about an incident: every comment is kept, numbered, and never changed. Pure.

A discussion is an aggregate of its own beside the incident's line, so that what is said about one that is closed, or
that others followed, has its place too.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sepakat_incidents.identity import Identity
from sepakat_shared.references import Reference

Visibility = Literal["internal", "shared", "reporters"]
"""Who reads a comment: the party of its author alone, both parties, or both and those who reported the incident."""


@dataclass(frozen=True)
class Mail:
    """How a comment came that was sent by e-mail: what it quoted, how many files were left out, who vouches for it.

    `sender_known`: it is from the address that its author is written to; `dkim` and `spf` are results of RFC 8601.
    """

    quoted: str | None
    left_out: int
    sender_known: bool
    dkim: str
    spf: str


@dataclass(frozen=True)
class Comment:
    number: int
    party: str
    by: str
    visibility: Visibility
    body: str
    attachments: tuple[Reference, ...]
    at: datetime
    mail: Mail | None = None


@dataclass(frozen=True)
class Discussion:
    """`about` is the incident as it stood with the last comment. The comments themselves are in the commits."""

    about: Identity
    count: int = 0


@dataclass(frozen=True)
class Commented:
    about: Identity
    comment: Comment


Event = Commented


def apply(discussion: Discussion | None, event: Event) -> Discussion:
    if discussion is None:
        return Discussion(event.about, 1)
    return replace(discussion, about=event.about, count=discussion.count + 1)


def is_seen_by(comment: Comment, party: str | None) -> bool:
    """Whether it is for the eyes of `party`; None, an operator, is neither of the two."""
    return comment.visibility != "internal" or comment.party == party
