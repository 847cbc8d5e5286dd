"""A proposal to change clauses of a text that is not signed: what it is, and when it is to be answered. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from sepakat_agreements.clauses import Change
from sepakat_agreements.difference import Difference

Outcome = Literal["accepted", "rejected", "withdrawn", "countered", "lapsed", "overtaken"]
"""`lapsed`: nobody answered in time; `overtaken`: both parties signed the text without it."""
_LAST_CALL: Final = timedelta(days=1)


@dataclass(frozen=True)
class Comment:
    party: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Proposal:
    """`base` is the hash of the text that it was made of, `differences` what it would have changed in that one.

    `counters` is the number of the other party's proposal that it was made instead of. `reminders` are those still to
    come, the earliest first.
    """

    number: int
    party: str
    base: str
    changes: tuple[Change, ...]
    differences: tuple[Difference, ...]
    reason: str | None
    by: str
    at: datetime
    deadline: datetime
    reminders: tuple[datetime, ...] = ()
    counters: int | None = None
    comments: tuple[Comment, ...] = ()
    outcome: Outcome | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    closed_party: str | None = None
    closing_words: str | None = None

    @property
    def is_open(self) -> bool:
        return self.outcome is None

    @property
    def due_at(self) -> datetime | None:
        return min((*self.reminders, self.deadline)) if self.is_open else None

    @property
    def size(self) -> int:
        """Of what was proposed, in bytes of JSON."""
        return len(msgspec.json.encode(replace(self, comments=())))


def reminders(since: datetime, deadline: datetime) -> tuple[datetime, ...]:
    """At half of the time, and a day before its end where that is later."""
    half = since + (deadline - since) / 2
    # The database keeps milliseconds.
    half = half.replace(microsecond=half.microsecond // 1000 * 1000)
    last_call = deadline - _LAST_CALL
    return (half, last_call) if last_call > half else (half,)
