"""What the others are told of each change of a credit; whoever must act, or must know of it, is written to. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never

from sepakat_agreements.credit import (
    Accepted,
    Account,
    Claimed,
    Contested,
    Corrected,
    Credit,
    Event,
    Lapsed,
    Owed,
    Status,
)
from sepakat_agreements.credit import Settled as SettledEvent
from sepakat_shared.contracts import credits as published
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.compliance import Money
from sepakat_shared.contracts.fact import Fact, PeriodSpan, Title, rfc3339
from sepakat_shared.messages import Message


def of_account(event: Event, account: Account) -> Iterable[Message]:
    """The message of one event, with `account` as the event left it."""
    id = (
        event.credit.id if isinstance(event, Owed) else event.after.id if isinstance(event, Corrected) else event.credit
    )
    fact = _fact(event, account, account.get(id))
    return [Message(topics.AGREEMENTS, account.agreement, fact.type, fact.as_json(), subject=id)]


def _fact(event: Event, account: Account, credit: Credit) -> Fact:
    def about(*told: str) -> dict[str, Any]:
        return {**_about(account, credit), **_readers(account, credit, told)}

    both = account.parties
    match event:
        case Owed():
            # What the rules left nothing of is on record, and nobody's to act on.
            told = () if credit.status is Status.VOID else both
            return published.CreditOwed(**about(*told), at=credit.told_at)
        case Corrected(_, percent_before, amount_before, dispute, at):
            return published.CreditCorrected(
                **about(*both), percent_before=percent_before, amount_before=_money(credit, amount_before),
                dispute=dispute, at=at,
            )  # fmt: skip
        case Claimed(_, statement, by, at):
            return published.CreditClaimed(**about(account.provider), statement=statement, by=by, at=at)
        case Accepted(_, statement, by, at):
            return published.CreditAccepted(**about(account.customer), statement=statement, by=by, at=at)
        case Contested(_, reason, by, at):
            return published.CreditContested(**about(account.customer), reason=reason, by=by, at=at)
        case SettledEvent(_, paid, reference, by, at):
            return published.CreditSettled(
                **about(account.customer), paid=_money(credit, paid), reference=reference, by=by, at=at
            )
        case Lapsed(at=at):
            return published.CreditLapsed(**about(*both), at=at)
        case _:
            assert_never(event)


def _about(account: Account, credit: Credit) -> dict[str, Any]:
    return {
        "credit": credit.id, "agreement": account.agreement, "version": credit.version, "provider": account.provider,
        "customer": account.customer, "agreement_title": _title(credit.agreement_title),
        "objective": credit.objective, "objective_title": _title(credit.objective_title), "service": credit.service,
        "subject": credit.subject, "period": PeriodSpan(start=credit.start, end=credit.end),
        "status": credit.status.value, "percent": credit.percent, "amount": _money(credit, credit.amount),
        "outstanding": _money(credit, f"{credit.outstanding:f}"), "reduced_by": credit.reduced_by,
        "claim_until": credit.claim_until,
    }  # fmt: skip


def _readers(account: Account, credit: Credit, told: tuple[str, ...]) -> dict[str, Any]:
    of = {account.provider: credit.provider_contacts, account.customer: credit.customer_contacts}
    signed = [(party, contact) for party in told for contact in of[party]]
    return {
        "contacts": tuple(contact for _, contact in signed),
        "recipients": tuple(f"{party}/{contact}" for party, contact in signed),
    }


def _money(credit: Credit, amount: str) -> Money:
    return Money(amount=amount, currency=credit.terms.currency)


def _title(title: dict[str, str] | None) -> Title | None:
    return None if title is None else Title(**title)


def history(at: datetime, by: str, events: Iterable[Event], id: str) -> list[dict[str, Any]]:
    """What of these events was about that credit, for people to read."""
    found: list[dict[str, Any]] = []
    more: dict[str, str | None]
    for event in events:
        match event:
            case Owed(credit=credit):
                told, more = credit.id, {"amount": credit.amount, "percent": credit.percent}
            case Corrected(after, percent_before, amount_before, dispute):
                told, more = after.id, {
                    "amount": after.amount, "percent": after.percent, "amount_before": amount_before,
                    "percent_before": percent_before, "dispute": dispute,
                }  # fmt: skip
            case Claimed(credit, statement) | Accepted(credit, statement):
                told, more = credit, {"statement": statement}
            case Contested(credit, reason):
                told, more = credit, {"reason": reason}
            case SettledEvent(credit, paid, reference):
                told, more = credit, {"paid": paid, "reference": reference}
            case Lapsed(credit):
                told, more = credit, {}
            case _:
                assert_never(event)
        if told == id:
            said = {name: value for name, value in more.items() if value is not None}
            found.append({"at": rfc3339(at), "by": by, "what": type(event).__name__, **said})
    return found
