"""What `agreements` publishes."""

from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from sepakat_shared.contracts.fact import Fact, Instant, Title


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
    """Both have signed and its day has come: the text is in force from `effective_from`.

    `supersedes` is the version that was in force until then.
    """

    type: ClassVar[str] = "sepakat.agreement.activated.v1"
    agreement: str
    version: int
    hash: str
    provider: str
    customer: str
    effective_from: Instant
    supersedes: int | None = None


class ClockOffset(BaseModel):
    """From `since` on, clocks of a zone are `seconds` ahead of UTC."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    since: Instant
    seconds: int


class FrozenZone(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    zone: str
    offsets: tuple[ClockOffset, ...]


class FrozenCalendar(BaseModel):
    """The days of the term on which a calendar of the text has no hours, being holidays."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    calendar: str
    holidays: tuple[date, ...]


class Frozen(BaseModel):
    """What the tables of holidays and time zones that a text names said when both had signed it.

    It is of the days from `first_day` to `last_day`; `tables` are the releases of the packages that
    holidays are from, and `counting` names the way in which figures come about.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    first_day: date
    last_day: date
    calendars: tuple[FrozenCalendar, ...] = ()
    zones: tuple[FrozenZone, ...] = ()
    tables: dict[str, str] = {}
    counting: str | None = None


class AgreementAmended(Fact):
    """Both have signed the next version: the whole text, and when it will be in force.

    `contacts` have signed it; `recipients` are the same as `party/contact`.
    """

    type: ClassVar[str] = "sepakat.agreement.amended.v1"
    agreement: str
    version: int
    hash: str
    provider: str
    customer: str
    agreement_title: Title | None = None
    contacts: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    effective_from: Instant
    text: dict[str, Any]
    frozen: Frozen | None = None
    at: Instant


class AgreementTextPublished(Fact):
    """The whole machine-readable text of a version in force, on the compacted topic of texts."""

    type: ClassVar[str] = "sepakat.agreement-text.published.v1"
    agreement: str
    version: int
    hash: str
    effective_from: Instant
    text: dict[str, Any]
    frozen: Frozen | None = None


class _NeedEvent(Fact):
    """`need` is its id in the agreement that shall serve it, which need not be written yet."""

    need: str
    agreement: str
    provider: str
    customer: str
    service: str
    revision: int
    by: str
    at: Instant


class NeedStated(_NeedEvent):
    """The customer says what its business needs, or says it anew: what was answered before is void."""

    type: ClassVar[str] = "sepakat.need.stated.v1"
    statement: Title
    priority: Literal["must", "should", "could"]


class NeedAnswered(_NeedEvent):
    """The provider accepts a need with the objectives and obligations that serve it, adjusts it, or declines it."""

    type: ClassVar[str] = "sepakat.need.answered.v1"
    verdict: Literal["accepted", "adjusted", "declined"]
    served_by: tuple[str, ...] = ()
    reason: str | None = None


class NeedWithdrawn(_NeedEvent):
    """The customer needs it no longer."""

    type: ClassVar[str] = "sepakat.need.withdrawn.v1"
    reason: str | None = None


class NeedWaived(Fact):
    """A party says in writing that a need may stay uncovered by that version."""

    type: ClassVar[str] = "sepakat.need.waived.v1"
    agreement: str
    version: int
    hash: str
    provider: str
    customer: str
    need: str
    party: str
    statement: str
    by: str
    at: Instant


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
