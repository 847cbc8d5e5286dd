"""What `agreements` publishes about how long an agreement lasts."""

from datetime import date
from typing import ClassVar, Literal

from sepakat_shared.contracts.fact import Fact, Instant, Title


class _LastingEvent(Fact):
    """`contacts` are those who signed for both parties: whom to write to; `recipients` the same as `party/contact`."""

    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: Title | None = None
    contacts: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    at: Instant


class DateAhead(_LastingEvent):
    """A date is near: the last instant to give notice before a renewal, a renewal, an expiry, the end that a notice
    names, or the first instant of an amendment. It is told 30, 7 and 1 days before.
    """

    type: ClassVar[str] = "sepakat.agreement.date_ahead.v1"
    what: Literal["notice", "renewal", "expiry", "termination", "amendment"]
    on: Instant


class AgreementRenewed(_LastingEvent):
    """The term goes on until the end of that day, since nobody gave notice."""

    type: ClassVar[str] = "sepakat.agreement.renewed.v1"
    until: date


class TerminationGiven(_LastingEvent):
    """`party` gave notice: it ends with `last_day`, at `ends_at`.

    `honoured` says whether the `notice` that the text asks for (ISO 8601) was kept, where it asks for any. `right` is
    the one that repeated misses gave, where that is the cause.
    """

    type: ClassVar[str] = "sepakat.agreement.termination_given.v1"
    party: str
    by: str
    ground: Literal["notice", "cause"]
    reason: str
    last_day: date
    ends_at: Instant
    notice: str | None = None
    honoured: bool | None = None
    right: str | None = None


class TerminationTakenBack(_LastingEvent):
    """`party` took its notice back: the agreement goes on as if none had been given."""

    type: ClassVar[str] = "sepakat.agreement.termination_withdrawn.v1"
    party: str
    by: str
    reason: str | None = None


class AgreementEnded(_LastingEvent):
    """It is in force no more, from `ended_at` on."""

    type: ClassVar[str] = "sepakat.agreement.ended.v1"
    how: Literal["expired", "terminated"]
    ended_at: Instant
