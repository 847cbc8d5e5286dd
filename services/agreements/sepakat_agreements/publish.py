"""What the others are told of each event here."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, assert_never

import msgspec

from sepakat_agreements import proposal_facts, term_facts
from sepakat_agreements.agreement import (
    Activated,
    Agreement,
    Closed,
    Commented,
    Drafted,
    Event,
    OfTerm,
    Proposed,
    Reminded,
    Signed,
    Status,
    Version,
    Waived,
)
from sepakat_agreements.party import ContactErased, ContactRecorded, Party, PartyEvent, PartyRecorded
from sepakat_shared.contracts import agreements as published
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.messages import Message


def of_agreement(event: Event, agreement: Agreement) -> Iterable[Message]:
    if isinstance(event, OfTerm):
        return [_fact(agreement, term_facts.of_term(event, agreement))]
    version = agreement.get(event.version)
    if version is None:
        raise ValueError(f"there is no version {event.version} of {agreement.id}")
    identity = {"agreement": agreement.id, "version": version.version, "hash": version.hash}
    parties = {"provider": agreement.provider, "customer": agreement.customer}
    match event:
        case Drafted():
            return [_fact(agreement, published.AgreementDrafted(**identity, **parties))]
        case Signed(signature):
            fact = published.AgreementSigned(
                **identity, party=signature.party, contact=signature.contact, at=signature.at
            )
            return [_fact(agreement, fact), *_amended(version, agreement, signature.at)]
        case Activated():
            effective = {"effective_from": version.effective_from}
            before = version.version - 1 or None
            text = published.AgreementTextPublished(**identity, **effective, text=version.text, frozen=_frozen(version))
            return [
                Message.of(topics.AGREEMENT_TEXTS, f"{agreement.id}/{version.version}", text),
                _fact(agreement, published.AgreementActivated(**identity, **parties, **effective, supersedes=before)),
            ]
        case Waived(waiver=waiver):
            waived = published.NeedWaived(
                **identity, **parties, need=waiver.need, party=waiver.party, statement=waiver.statement, by=waiver.by,
                at=waiver.at,
            )  # fmt: skip
            return [_fact(agreement, waived)]
        case Proposed() | Commented() | Closed() | Reminded():
            return [_fact(agreement, proposal_facts.of_proposal(event, version))]
        case _:
            assert_never(event)


def _amended(version: Version, agreement: Agreement, at: datetime) -> Iterable[Message]:
    """With the last signature of an amendment: what will be in force, and from when on."""
    if version.version == 1 or version.status is Status.DRAFT:
        return []
    fact = published.AgreementAmended(
        agreement=agreement.id, version=version.version, hash=version.hash, provider=version.provider,
        customer=version.customer, agreement_title=proposal_facts.title_of(version),
        **proposal_facts.readers(version, *version.parties),
        effective_from=version.effective_from, text=version.text, frozen=_frozen(version), at=at,
    )  # fmt: skip
    return [_fact(agreement, fact)]


def _frozen(version: Version) -> published.Frozen | None:
    return None if version.frozen is None else published.Frozen.model_validate(msgspec.to_builtins(version.frozen))


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
