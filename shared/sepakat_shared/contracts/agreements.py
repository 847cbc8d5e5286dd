"""What `agreements` publishes."""

from typing import Any, ClassVar, Literal

from sepakat_shared.contracts.fact import Fact, Instant


class AgreementDrafted(Fact):
    """A text was written down; nobody is bound by it yet."""

    type: ClassVar[str] = "sepakat.agreement.drafted.v1"
    agreement: str
    version: int
    hash: str
    provider: str
    customer: str


class AgreementSigned(Fact):
    """One party's signatory approved that exact text."""

    type: ClassVar[str] = "sepakat.agreement.signed.v1"
    agreement: str
    version: int
    hash: str
    party: str
    contact: str
    at: Instant


class AgreementActivated(Fact):
    """Both have signed and the term has begun: the text is in force from `effective_from`."""

    type: ClassVar[str] = "sepakat.agreement.activated.v1"
    agreement: str
    version: int
    hash: str
    provider: str
    customer: str
    effective_from: Instant


class AgreementTextPublished(Fact):
    """The whole machine-readable text of a version in force, on the compacted topic of texts."""

    type: ClassVar[str] = "sepakat.agreement-text.published.v1"
    agreement: str
    version: int
    hash: str
    effective_from: Instant
    text: dict[str, Any]


class BacktestRequested(Fact):
    """A proposed text is to be held against what was recorded in `[start, end)`; no objective named means all of it."""

    type: ClassVar[str] = "sepakat.backtest.requested.v1"
    backtest: str
    agreement: str
    provider: str
    customer: str
    text: dict[str, Any]
    objectives: tuple[str, ...] = ()
    start: Instant
    end: Instant
    by: str
    at: Instant


class PartyRecorded(Fact):
    """An organisation's name, so that messages to people need no ids."""

    type: ClassVar[str] = "sepakat.party.recorded.v1"
    party: str
    name: str


class ContactRecorded(Fact):
    """Where and how one person or role of a party is reached. Erased by a tombstone of the same key."""

    type: ClassVar[str] = "sepakat.contact.recorded.v1"
    party: str
    contact: str
    name: str
    title: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str = "en"
    time_zone: str | None = None


Role = Literal["provider", "customer", "operator", "publisher", "auditor"]


class KeyIssued(Fact):
    """An API key, known by the SHA-256 of its secret only; other services keep it to check requests by.

    `mediates` (`agreement/contact`) makes it the key of the mediator whom that agreement names, and of nobody else.
    """

    type: ClassVar[str] = "sepakat.key.issued.v1"
    key: str
    digest: str
    party: str | None = None
    roles: tuple[Role, ...] = ()
    scopes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    expires_at: Instant | None = None
    mediates: str | None = None


class KeyRevoked(Fact):
    """An API key that opens nothing any more."""

    type: ClassVar[str] = "sepakat.key.revoked.v1"
    key: str
