"""What `agreements` publishes about the negotiation of a text that is not signed yet."""

from typing import ClassVar, Literal

from sepakat_shared.contracts.fact import Fact, Instant, Title


class _ProposalEvent(Fact):
    """`contacts` are whom to write to: the readers of a text that nobody has signed are known from itself alone.

    `recipients` are the same as `party/contact`, since both parties may have a contact of one id.
    """

    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: Title | None = None
    proposal: int
    proposed_by: str
    contacts: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    at: Instant


class ProposalMade(_ProposalEvent):
    """A party would change clauses; `changes` are in words of the field, `changes_id` the same in Indonesian.

    The other party is to answer by then.
    """

    type: ClassVar[str] = "sepakat.proposal.made.v1"
    by: str
    reason: str | None = None
    changes: tuple[str, ...]
    changes_id: tuple[str, ...] | None = None
    answer_by: Instant
    counters: int | None = None


class ProposalCommented(_ProposalEvent):
    """`party` said something about a proposal."""

    type: ClassVar[str] = "sepakat.proposal.commented.v1"
    party: str
    by: str
    text: str


class ProposalReminded(_ProposalEvent):
    """`party` has not answered yet, and the time for it runs out."""

    type: ClassVar[str] = "sepakat.proposal.reminded.v1"
    party: str
    answer_by: Instant


class ProposalClosed(_ProposalEvent):
    """What became of a proposal: accepted, it is part of the text now. `party` is whose doing that was, if anybody's.

    `lapsed`: nobody answered in time; `overtaken`: both parties signed the text without it.
    """

    type: ClassVar[str] = "sepakat.proposal.closed.v1"
    outcome: Literal["accepted", "rejected", "withdrawn", "countered", "lapsed", "overtaken"]
    party: str | None = None
    by: str | None = None
    reason: str | None = None
