"""What the others are told of a negotiation: each fact names whom to write to, since nobody has signed yet. Pure."""

from typing import Any, assert_never

from sepakat_agreements.agreement import Closed, Commented, Proposed, Reminded, Version
from sepakat_agreements.difference import in_words
from sepakat_shared.contracts import proposals as published
from sepakat_shared.contracts.fact import Fact, Title


def of_proposal(event: Proposed | Commented | Closed | Reminded, agreement: Version) -> Fact:
    """The fact, with `agreement` as the event left it."""
    number = event.proposal.number if isinstance(event, Proposed) else event.proposal
    proposal = next(each for each in agreement.proposals if each.number == number)
    about: dict[str, Any] = {
        "agreement": agreement.text["metadata"]["id"], "version": agreement.version, "provider": agreement.provider,
        "customer": agreement.customer, "agreement_title": title_of(agreement), "proposal": number,
        "proposed_by": proposal.party,
    }  # fmt: skip
    answering = agreement.other(proposal.party)
    match event:
        case Proposed():
            return published.ProposalMade(
                **about, **readers(agreement, answering), by=proposal.by, reason=proposal.reason,
                changes=tuple(each.words for each in proposal.differences),
                changes_id=tuple(in_words(each, "id") for each in proposal.differences), answer_by=proposal.deadline,
                counters=proposal.counters, at=proposal.at,
            )  # fmt: skip
        case Commented(comment=comment):
            return published.ProposalCommented(
                **about, **readers(agreement, agreement.other(comment.party)), party=comment.party,
                by=comment.by, text=comment.text, at=comment.at,
            )  # fmt: skip
        case Reminded(at=at):
            return published.ProposalReminded(
                **about, **readers(agreement, answering), party=answering, answer_by=proposal.deadline, at=at
            )
        case Closed():
            concerned = agreement.parties if event.party is None else (agreement.other(event.party),)
            # Whoever counters says so with the proposal that follows: one letter is enough.
            told = () if event.outcome == "countered" else concerned
            return published.ProposalClosed(
                **about, **readers(agreement, *told), outcome=event.outcome, party=event.party, by=event.by,
                reason=event.reason, at=event.at,
            )  # fmt: skip
        case _:
            assert_never(event)


def readers(version: Version, *parties: str) -> dict[str, Any]:
    """Who signs for these parties: by their ids alone, as they always were told, and with the party of each."""
    signing = [(party, contact) for party in parties for contact in version.contacts(party)]
    return {
        "contacts": tuple(contact for _, contact in signing),
        "recipients": tuple(f"{party}/{contact}" for party, contact in signing),
    }


def title_of(version: Version) -> Title | None:
    title = version.text["metadata"].get("title")
    return None if title is None else Title(**title)
