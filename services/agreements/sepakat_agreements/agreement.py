"""An agreement and its versions: who wrote which text down, who signed it, and which one is in force. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, assert_never

from sepakat_agreements.proposal import Comment, Outcome, Proposal


class Status(StrEnum):
    DRAFT = "draft"
    SIGNED = "signed"
    ACTIVE = "active"


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
class Version:
    """`text` is the whole machine-readable text, `hash` that of its canonical form: what the signatures are of.

    `proposals` are all that were made about this version, in their order.
    """

    version: int
    text: dict[str, Any]
    hash: str
    status: Status = Status.DRAFT
    signatures: tuple[Signature, ...] = ()
    effective_from: datetime | None = None
    waivers: tuple[Waiver, ...] = ()
    proposals: tuple[Proposal, ...] = ()

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
    """Its own fields are those of the version in force, or of the first one until that is."""

    id: str

    @property
    def open(self) -> Version | None:
        """The version that is still being written and not signed by both."""
        return self if self.status is Status.DRAFT else None


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drafted:
    id: str
    version: int
    text: dict[str, Any]
    hash: str
    effective_from: datetime


@dataclass(frozen=True)
class Signed:
    signature: Signature


@dataclass(frozen=True)
class Activated:
    at: datetime


@dataclass(frozen=True)
class Waived:
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


Event = Drafted | Signed | Activated | Waived | Proposed | Commented | Closed | Reminded
EVENTS: Final = (Drafted, Signed, Activated, Waived, Proposed, Commented, Closed, Reminded)


def apply(agreement: Agreement | None, event: Event) -> Agreement:
    if isinstance(event, Drafted):
        return _drafted(agreement, event)
    if agreement is None:
        raise ValueError("an agreement begins with its draft")
    match event:
        case Signed():
            signatures = (*agreement.signatures, event.signature)
            complete = {signature.party for signature in signatures} >= set(agreement.parties)
            return replace(agreement, signatures=signatures, status=Status.SIGNED if complete else agreement.status)
        case Activated():
            return replace(agreement, status=Status.ACTIVE)
        case Waived(waiver):
            return replace(agreement, waivers=(*agreement.waivers, waiver))
        case Proposed(proposal=proposal):
            return replace(agreement, proposals=(*agreement.proposals, proposal))
        case Commented() | Closed() | Reminded():
            return replace(agreement, proposals=tuple(_moved(each, event) for each in agreement.proposals))
        case _:
            assert_never(event)


def _drafted(agreement: Agreement | None, event: Drafted) -> Agreement:
    """Another text voids what was signed of the one before; what was waived stays, as it names the need itself."""
    if agreement is None:
        return Agreement(
            version=event.version, text=event.text, hash=event.hash, effective_from=event.effective_from, id=event.id
        )
    return replace(agreement, text=event.text, hash=event.hash, effective_from=event.effective_from, signatures=())


def _moved(proposal: Proposal, event: Commented | Closed | Reminded) -> Proposal:
    if proposal.number != event.proposal:
        return proposal
    match event:
        case Commented(comment=comment):
            return replace(proposal, comments=(*proposal.comments, comment))
        case Closed():
            return replace(
                proposal, outcome=event.outcome, closed_at=event.at, closed_by=event.by, closed_party=event.party,
                closing_words=event.reason, reminders=(),
            )  # fmt: skip
        case Reminded(left=left):
            return replace(proposal, reminders=left)
        case _:
            assert_never(event)
