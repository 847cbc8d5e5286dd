"""Service credits of one agreement in one year: what is owed, claimed, answered and settled. Pure.

All credits that may share a cap are one aggregate, so that two of them that come at once never both take what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal, assert_never

from sepakat_shared.errors import Conflict, Forbidden, NotFound

Reduction = Literal["same-outage", "cap"]


class Status(StrEnum):
    """`due` waits for the customer's claim, `claimed` for the provider's answer, `accepted` to be settled.

    A credit that is owed without being asked for begins as `claimed`. `void`: nothing is owed any more, or never was.
    """

    DUE = "due"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    CONTESTED = "contested"
    SETTLED = "settled"
    LAPSED = "lapsed"
    VOID = "void"


@dataclass(frozen=True)
class Terms:
    """What the text says of such a credit. Numbers are decimals as text; `claim_within` is an ISO 8601 span."""

    charge: str
    charge_amount: str
    currency: str
    mode: Literal["automatic", "on-claim"] = "automatic"
    same_outage: Literal["highest", "each"] = "highest"
    cap_percent: str | None = None
    cap_per: Literal["month", "quarter", "year"] | None = None
    cap_group: str = ""
    """The month, quarter or year whose credits share the cap."""
    claim_within: str | None = None


@dataclass(frozen=True)
class Credit:
    """What is owed for one period of an objective. Amounts are decimals as text, in the currency of the charge.

    `percent` of the charge is what the figure gives, `share` (an exact fraction) the part of the period that the term
    covers, `full` the amount of both, and `amount` what is owed of that after the rules that reduced it. `settled` is
    what was paid so far. `subject` is what a dispute about it has as its subject.
    """

    id: str
    objective: str
    service: str
    subject: str
    start: datetime
    end: datetime
    version: int
    terms: Terms
    percent: str
    share: str
    full: str
    amount: str
    status: Status
    told_at: datetime
    claim_until: datetime | None = None
    reduced_by: tuple[Reduction, ...] = ()
    settled: str = "0"
    reference: str | None = None
    reason: str | None = None
    agreement_title: dict[str, str] | None = None
    objective_title: dict[str, str] | None = None
    provider_contacts: tuple[str, ...] = ()
    customer_contacts: tuple[str, ...] = ()

    @property
    def outstanding(self) -> Decimal:
        """What is still to be settled; below zero where more was settled than is owed by now."""
        return Decimal(self.amount) - Decimal(self.settled)


@dataclass(frozen=True)
class Account:
    """The credits of one agreement whose periods begin in one year of its time zone, in the order they were told."""

    id: str
    agreement: str
    provider: str
    customer: str
    credits: tuple[Credit, ...] = ()

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer

    def find(self, id: str) -> Credit | None:
        return next((each for each in self.credits if each.id == id), None)

    def get(self, id: str) -> Credit:
        """Raises NotFound."""
        found = self.find(id)
        if found is None:
            raise NotFound(f"there is no credit {id!r}")
        return found


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Owed:
    """A credit as it begins; the account begins with its first one."""

    agreement: str
    provider: str
    customer: str
    account: str
    credit: Credit


@dataclass(frozen=True)
class Corrected:
    """`after` is the whole credit as it is from now on. `dispute` is the one whose outcome it follows from."""

    after: Credit
    percent_before: str
    amount_before: str
    dispute: str | None
    at: datetime


@dataclass(frozen=True)
class Claimed:
    credit: str
    statement: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Accepted:
    credit: str
    statement: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Contested:
    credit: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Settled:
    """`paid` is what was outstanding; `reference` is where the parties find it: a credit note, an invoice."""

    credit: str
    paid: str
    reference: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Lapsed:
    credit: str
    at: datetime


Event = Owed | Corrected | Claimed | Accepted | Contested | Settled | Lapsed
EVENTS: Final = (Owed, Corrected, Claimed, Accepted, Contested, Settled, Lapsed)


def apply(account: Account | None, event: Event) -> Account:
    if isinstance(event, Owed):
        known = account or Account(event.account, event.agreement, event.provider, event.customer)
        return replace(known, credits=(*known.credits, event.credit))
    if account is None:
        raise ValueError("an account of credits begins with one that is owed")
    match event:
        case Corrected(after=after):
            return _with(account, after)
        case Claimed(credit=id):
            return _with(account, replace(account.get(id), status=Status.CLAIMED))
        case Accepted(credit=id):
            return _with(account, replace(account.get(id), status=Status.ACCEPTED, reason=None))
        case Contested(id, reason):
            return _with(account, replace(account.get(id), status=Status.CONTESTED, reason=reason))
        case Settled(id, paid, reference):
            before = account.get(id)
            settled = f"{Decimal(before.settled) + Decimal(paid):f}"
            return _with(account, replace(before, status=Status.SETTLED, settled=settled, reference=reference))
        case Lapsed(credit=id):
            return _with(account, replace(account.get(id), status=Status.LAPSED))
        case _:
            assert_never(event)


def _with(account: Account, credit: Credit) -> Account:
    return replace(account, credits=tuple(credit if each.id == credit.id else each for each in account.credits))


# -- decisions ---------------------------------------------------------------------------------------------------------


def claim(account: Account, id: str, party: str, statement: str | None, by: str, now: datetime) -> Sequence[Event]:
    """The customer claims a credit within its time. Raises NotFound, Forbidden or Conflict."""
    credit = account.get(id)
    if party != account.customer:
        raise Forbidden(f"only {account.customer!r}, to whom the credit is owed, may claim it")
    if credit.status is Status.CLAIMED:
        return []
    if credit.status is Status.LAPSED or (credit.claim_until is not None and credit.claim_until <= now):
        raise Conflict("the time to claim this credit has passed")
    if credit.status is not Status.DUE:
        raise Conflict(f"this credit is {credit.status.value}; there is nothing to claim")
    return [Claimed(id, statement, by, now)]


def accept(account: Account, id: str, party: str, statement: str | None, by: str, now: datetime) -> Sequence[Event]:
    """The provider accepts what was claimed, also after having contested it. Raises NotFound, Forbidden or Conflict."""
    credit = _of_provider(account, id, party)
    if credit.status is Status.ACCEPTED:
        return []
    if credit.status not in (Status.CLAIMED, Status.CONTESTED):
        raise Conflict(_not_now(credit, "accepted"))
    return [Accepted(id, statement, by, now)]


def contest(account: Account, id: str, party: str, reason: str, by: str, now: datetime) -> Sequence[Event]:
    """The provider will not grant what was claimed, and says why. Raises NotFound, Forbidden or Conflict."""
    credit = _of_provider(account, id, party)
    if (credit.status, credit.reason) == (Status.CONTESTED, reason):
        return []
    if credit.status is not Status.CLAIMED:
        raise Conflict(_not_now(credit, "contested"))
    return [Contested(id, reason, by, now)]


def settle(account: Account, id: str, party: str, reference: str, by: str, now: datetime) -> Sequence[Event]:
    """The provider has paid or set off what was outstanding. Raises NotFound, Forbidden or Conflict."""
    credit = _of_provider(account, id, party)
    if (credit.status, credit.reference) == (Status.SETTLED, reference):
        return []
    if credit.status is not Status.ACCEPTED:
        raise Conflict(_not_now(credit, "settled"))
    return [Settled(id, f"{credit.outstanding:f}", reference, by, now)]


def _of_provider(account: Account, id: str, party: str) -> Credit:
    credit = account.get(id)
    if party != account.provider:
        raise Forbidden(f"the answer is due from {account.provider!r}, who owes the credit")
    return credit


_WAITS: Final = {
    Status.DUE: "it waits for the customer's claim",
    Status.CLAIMED: "it waits for the provider's answer",
    Status.ACCEPTED: "it waits to be settled",
    Status.CONTESTED: "accept it first, or settle the dispute about it",
    Status.SETTLED: "nothing is outstanding",
    Status.LAPSED: "nobody claimed it in time",
    Status.VOID: "nothing is owed",
}


def _not_now(credit: Credit, what: str) -> str:
    return f"a credit that is {credit.status.value} cannot be {what}: {_WAITS[credit.status]}"


# -- time --------------------------------------------------------------------------------------------------------------


def due_at(account: Account) -> datetime | None:
    """When the first time to claim passes; None where none is running."""
    return min((each for each in (_ends(credit) for credit in account.credits) if each is not None), default=None)


def _ends(credit: Credit) -> datetime | None:
    return credit.claim_until if credit.status is Status.DUE else None


def fire(account: Account | None, now: datetime) -> Sequence[Event]:
    """Whatever was not claimed in time lapses."""
    credits = account.credits if account else ()
    ends = [(each.id, _ends(each)) for each in credits]
    return [Lapsed(id, now) for id, until in ends if until is not None and until <= now]
