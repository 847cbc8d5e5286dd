"""What the others are told of how long an agreement lasts. Pure."""

from datetime import date
from typing import Any, assert_never

from sepakat_agreements.agreement import (
    Agreement,
    Ended,
    Foretold,
    OfTerm,
    Renewed,
    Terminated,
    TerminationWithdrawn,
)
from sepakat_agreements.proposal_facts import readers, title_of
from sepakat_shared.contracts import lasting as published
from sepakat_shared.contracts.fact import Fact


def of_term(event: OfTerm, agreement: Agreement) -> Fact:
    """The fact, with `agreement` as the event left it."""
    about: dict[str, Any] = {
        "agreement": agreement.id, "version": agreement.version, "provider": agreement.provider,
        "customer": agreement.customer, "agreement_title": title_of(agreement),
        **readers(agreement, *agreement.parties),
    }  # fmt: skip
    match event:
        case Foretold(what, on, at):
            return published.DateAhead(**about, what=what, on=on, at=at)
        case Renewed(until, at):
            return published.AgreementRenewed(**about, until=date.fromisoformat(until), at=at)
        case Terminated(given):
            return published.TerminationGiven(
                **about, party=given.party, by=given.by, ground=given.ground, reason=given.reason,
                last_day=date.fromisoformat(given.last_day), ends_at=given.ends_at, notice=given.notice,
                honoured=given.honoured, right=given.right, at=given.at,
            )  # fmt: skip
        case TerminationWithdrawn(party, reason, by, at):
            return published.TerminationTakenBack(**about, party=party, by=by, reason=reason, at=at)
        case Ended(how, ended_at, at):
            return published.AgreementEnded(**about, how=how, ended_at=ended_at, at=at)
        case _:
            assert_never(event)
