"""An agreement and its versions: who wrote which text down, who signed it, and which one is in force. Pure."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from sepakat_agreements.freezing import Frozen
from sepakat_agreements.proposal import Comment, Outcome, Proposal


class Status(StrEnum):
    DRAFT = "draft"
    SIGNED = "signed"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    TERMINATED = "terminated"


@dataclass(frozen=True)
class Signature:
    party: str
    contact: str
    key: str
    signature: str
    at: datetime


@dataclass(frozen=True)
class Waiver:
    """A party's written word that a need may stay uncovered; `digest` is of the need as it stood then."""

    need: str
    digest: str
    party: str
    statement: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Termination:
    """A party's notice that the agreement ends with `last_day` (ISO 8601), at the instant `ends_at`.

    `notice` is what the text asks for (ISO 8601), and `honoured` whether it was given so long before; both None where
    the text asks for none, or the ground is a cause. `right` is the one that repeated misses gave, where that is the
    cause.
    """

    party: str
    by: str
    at: datetime
    last_day: str
    ends_at: datetime
    ground: Literal["notice", "cause"]
    reason: str
    notice: str | None = None
    honoured: bool | None = None
    right: str | None = None


@dataclass(frozen=True)
class Version:
    """`text` is the whole machine-readable text, `hash` that of its canonical form: what the signatures are of.

    `proposals` are all that were made about this version, in their order. `frozen` is what the tables that it names
    said when both had signed.
    """

    version: int
    text: dict[str, Any]
    hash: str
    status: Status = Status.DRAFT
    signatures: tuple[Signature, ...] = ()
    effective_from: datetime | None = None
    waivers: tuple[Waiver, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    frozen: Frozen | None = None

    @property
    def provider(self) -> str:
        return str(self.text["parties"]["provider"])

    @property
    def customer(self) -> str:
        return str(self.text["parties"]["customer"])

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer

    def other(self, party: str) -> str:
        return self.customer if party == self.provider else self.provider

    def contacts(self, party: str) -> tuple[str, ...]:
        """Who signs for that party by this text."""
        return tuple(each["contact"] for each in self.text.get("signatories", ()) if each["party"] == party)

    @property
    def open_proposals(self) -> tuple[Proposal, ...]:
        return tuple(each for each in self.proposals if each.is_open)


@dataclass(frozen=True, kw_only=True)
class Agreement(Version):
    """Its own fields are those of the version in force, or of the first one until that is.

    `earlier` are the versions that it took the place of; `following` are amendments that both have signed and whose day
    is to come, and after them the one that is still being written. Both are in their order. `renewed_until` is the last
    day (ISO 8601) of a term that was renewed; dates ahead are told of from `watched_since` on.
    """

    id: str
    earlier: tuple[Version, ...] = ()
    following: tuple[Version, ...] = ()
    renewed_until: str | None = None
    watched_since: datetime | None = None
    termination: Termination | None = None
    ended_at: datetime | None = None

    @property
    def current(self) -> Version:
        return Version(**{each.name: getattr(self, each.name) for each in fields(Version)})

    @property
    def versions(self) -> tuple[Version, ...]:
        return *self.earlier, self.current, *self.following

    @property
    def last(self) -> Version:
        return self.following[-1] if self.following else self.current

    @property
    def open(self) -> Version | None:
        """The version that is still being written and not signed by both."""
        return self.last if self.last.status is Status.DRAFT and self.ended_at is None else None

    def get(self, number: int) -> Version | None:
        return next((each for each in self.versions if each.version == number), None)

    def as_of(self, at: datetime) -> Version | None:
        """The version that is, was or will be in force at that instant, by what is signed so far."""
        if self.ended_at is not None and at >= self.ended_at:
            return None
        binding = [each for each in self.versions if each.status is not Status.DRAFT]
        begun = [each for each in binding if each.effective_from is not None and each.effective_from <= at]
        return begun[-1] if begun else None


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drafted:
    """`effective_from` of None: from the last signature on."""

    id: str
    version: int
    text: dict[str, Any]
    hash: str
    effective_from: datetime | None


@dataclass(frozen=True)
class Signed:
    """`frozen` comes with the last signature."""

    signature: Signature
    version: int = 1
    frozen: Frozen | None = None


@dataclass(frozen=True)
class Activated:
    """The version that was in force until then is superseded."""

    at: datetime
    version: int = 1


@dataclass(frozen=True)
class Waived:
    version: int
    waiver: Waiver


@dataclass(frozen=True)
class Proposed:
    version: int
    proposal: Proposal


@dataclass(frozen=True)
class Commented:
    version: int
    proposal: int
    comment: Comment


@dataclass(frozen=True)
class Closed:
    """`party` and `by` are whose doing it was; both None where time or the signatures closed it."""

    version: int
    proposal: int
    outcome: Outcome
    at: datetime
    party: str | None = None
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Reminded:
    """`left` are the reminders still to come."""

    version: int
    proposal: int
    left: tuple[datetime, ...]
    at: datetime


@dataclass(frozen=True)
class Foretold:
    """Both were told of a date that is ahead: what happens at `on`."""

    what: Literal["notice", "renewal", "expiry", "termination", "amendment"]
    on: datetime
    at: datetime


@dataclass(frozen=True)
class Renewed:
    """The term goes on until the end of that day (ISO 8601)."""

    until: str
    at: datetime


@dataclass(frozen=True)
class Terminated:
    termination: Termination


@dataclass(frozen=True)
class TerminationWithdrawn:
    party: str
    reason: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Ended:
    """It was in force until `ended_at`; `at` is when that was noticed."""

    how: Literal["expired", "terminated"]
    ended_at: datetime
    at: datetime


OfVersion = Drafted | Signed | Activated | Waived | Proposed | Commented | Closed | Reminded
OfTerm = Foretold | Renewed | Terminated | TerminationWithdrawn | Ended
Event = OfVersion | OfTerm
EVENTS: Final = (Drafted, Signed, Activated, Waived, Proposed, Commented, Closed, Reminded, Foretold, Renewed,
                 Terminated, TerminationWithdrawn, Ended)  # fmt: skip
