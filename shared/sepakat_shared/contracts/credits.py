"""What `agreements` publishes about service credits."""

from typing import ClassVar, Literal

from sepakat_shared.contracts.compliance import Money
from sepakat_shared.contracts.fact import Fact, Instant, PeriodSpan, Title


class _CreditEvent(Fact):
    """One credit as the event left it; `contacts` are those who signed for whoever is written to, `recipients` the same
    as `party/contact`.

    `amount` is what is owed for the period, `outstanding` what of it is not settled; `reduced_by` are the rules that
    took a part of what the `percent` of the charge would be. `subject` is that of a dispute about the credit.
    `claim_until` is None where it need not be claimed, or the agreement sets no time for that.
    """

    credit: str
    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: Title | None = None
    contacts: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    objective: str
    objective_title: Title | None = None
    service: str
    subject: str
    period: PeriodSpan
    status: Literal["due", "claimed", "accepted", "contested", "settled", "lapsed", "void"]
    percent: str
    amount: Money
    outstanding: Money
    reduced_by: tuple[str, ...] = ()
    claim_until: Instant | None = None
    at: Instant


class CreditOwed(_CreditEvent):
    """A period that closed is one to be credited: it is to be claimed (`due`), or is owed without that (`claimed`)."""

    type: ClassVar[str] = "sepakat.credit.owed.v1"


class CreditCorrected(_CreditEvent):
    """The figure of the period was corrected, or that of another credit which shares a rule with this one.

    `dispute` is the one whose outcome it follows from.
    """

    type: ClassVar[str] = "sepakat.credit.corrected.v1"
    percent_before: str
    amount_before: Money
    dispute: str | None = None


class CreditClaimed(_CreditEvent):
    """The customer claims it; the provider is to answer."""

    type: ClassVar[str] = "sepakat.credit.claimed.v1"
    statement: str | None = None
    by: str


class CreditAccepted(_CreditEvent):
    """The provider will settle it."""

    type: ClassVar[str] = "sepakat.credit.accepted.v1"
    statement: str | None = None
    by: str


class CreditContested(_CreditEvent):
    """The provider will not, and says why."""

    type: ClassVar[str] = "sepakat.credit.contested.v1"
    reason: str
    by: str


class CreditSettled(_CreditEvent):
    """`paid` was paid or set off; `reference` is where the parties find it."""

    type: ClassVar[str] = "sepakat.credit.settled.v1"
    paid: Money
    reference: str
    by: str


class CreditLapsed(_CreditEvent):
    """Nobody claimed it in time."""

    type: ClassVar[str] = "sepakat.credit.lapsed.v1"
