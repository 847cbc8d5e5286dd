"""What is said about an incident: every comment is kept, numbered, and never changed. Pure.

A discussion is an aggregate of its own beside the incident's line, so that what is said about one that is closed, or
that others followed, has its place too.
"""

from collections.abc import Iterable
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
class Tally:
    """How many comments of a party there are, of those for its own eyes or of the others; `last` is of the latest."""

    party: str
    internal: bool
    count: int
    last: datetime


@dataclass(frozen=True)
class Discussion:
    """`about` is the incident as it stood with the last comment. The comments themselves are in the commits."""

    about: Identity
    count: int = 0
    tallies: tuple[Tally, ...] = ()
    """Of all comments, but for those of before they were counted so."""

    @property
    def is_counted(self) -> bool:
        return sum(each.count for each in self.tallies) == self.count


@dataclass(frozen=True)
class Commented:
    about: Identity
    comment: Comment


Event = Commented


def apply(discussion: Discussion | None, event: Event) -> Discussion:
    before = discussion or Discussion(event.about)
    tallies = tally(before.tallies, event.comment)
    return replace(before, about=event.about, count=before.count + 1, tallies=tallies)


def tally(tallies: tuple[Tally, ...], comment: Comment) -> tuple[Tally, ...]:
    """With one comment more."""
    internal = comment.visibility == "internal"
    same = next((each for each in tallies if (each.party, each.internal) == (comment.party, internal)), None)
    count = 1 if same is None else same.count + 1
    counted = Tally(comment.party, internal, count, comment.at)
    return (*(each for each in tallies if each is not same), counted)


def said_by(party: str, tallies: Iterable[Tally], asking: str | None) -> tuple[int, datetime | None]:
    """How many comments of `party` are for the eyes of `asking`, and when the last of them was said."""
    seen = [each for each in tallies if each.party == party and (not each.internal or each.party == asking)]
    return sum(each.count for each in seen), max((each.last for each in seen), default=None)


def is_seen_by(comment: Comment, party: str | None) -> bool:
    """Whether it is for the eyes of `party`; None, an operator, is neither of the two."""
    return comment.visibility != "internal" or comment.party == party
