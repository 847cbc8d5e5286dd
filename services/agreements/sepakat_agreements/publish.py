"""What the others are told of each event here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, assert_never

from sepakat_agreements import proposal_facts
from sepakat_agreements.agreement import (
    Activated,
    Agreement,
    Closed,
    Commented,
    Drafted,
    Event,
    Proposed,
    Reminded,
    Signed,
    Waived,
)
from sepakat_agreements.party import ContactErased, ContactRecorded, Party, PartyEvent, PartyRecorded
from sepakat_shared.contracts import agreements as published
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.messages import Message


def of_agreement(event: Event, agreement: Agreement) -> Iterable[Message]:
    identity = {"agreement": agreement.id, "version": agreement.version, "hash": agreement.hash}
    parties = {"provider": agreement.provider, "customer": agreement.customer}
    match event:
        case Drafted():
            return [_fact(agreement, published.AgreementDrafted(**identity, **parties))]
        case Signed(signature):
            fact = published.AgreementSigned(
                **identity, party=signature.party, contact=signature.contact, at=signature.at
            )
            return [_fact(agreement, fact)]
        case Activated():
            effective = {"effective_from": agreement.effective_from}
            text = published.AgreementTextPublished(**identity, **effective, text=agreement.text)
            return [
                Message.of(topics.AGREEMENT_TEXTS, f"{agreement.id}/{agreement.version}", text),
                _fact(agreement, published.AgreementActivated(**identity, **parties, **effective)),
            ]
        case Waived(waiver):
            waived = published.NeedWaived(
                **identity, **parties, need=waiver.need, party=waiver.party, statement=waiver.statement, by=waiver.by,
                at=waiver.at,
            )  # fmt: skip
            return [_fact(agreement, waived)]
        case Proposed() | Commented() | Closed() | Reminded():
            return [_fact(agreement, proposal_facts.of_proposal(event, agreement))]
        case _:
            assert_never(event)


def _fact(agreement: Agreement, fact: Fact) -> Message:
    return Message.of(topics.AGREEMENTS, agreement.id, fact)


def of_party(details: Callable[[str, str], Mapping[str, Any]]) -> Callable[[PartyEvent, Party], Iterable[Message]]:
    """`details` finds what is to be told of a contact; it is never part of what is hashed, so it can be erased."""

    def messages(event: PartyEvent, party: Party) -> Iterable[Message]:
        match event:
            case PartyRecorded():
                fact = published.PartyRecorded(party=party.id, name=party.name)
                return [Message.of(topics.CONTACTS, party.id, fact)]
            case ContactRecorded():
                known = details(party.id, event.contact)
                contact = published.ContactRecorded(party=party.id, contact=event.contact, **known)
                return [Message.of(topics.CONTACTS, f"{party.id}/{event.contact}", contact)]
            case ContactErased():
                return [Message(topics.CONTACTS, f"{party.id}/{event.contact}", "sepakat.contact.erased.v1", None)]
            case _:
                assert_never(event)

    return messages
