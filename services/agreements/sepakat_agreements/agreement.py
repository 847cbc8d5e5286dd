"""An agreement from draft to force: who wrote it down, who signed which exact text, and from when it binds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from sepakat_shared import signatures
from sepakat_shared.errors import Conflict, FieldProblem, Invalid


class Status(StrEnum):
    DRAFT = "draft"
    SIGNED = "signed"
    ACTIVE = "active"


@dataclass(frozen=True)
class Signature:
    party: str
    contact: str
    key: str
    signature: str
    at: datetime


@dataclass(frozen=True)
class Agreement:
    """`text` is the whole machine-readable text, `hash` that of its canonical form: what the signatures are of."""

    id: str
    version: int
    text: dict[str, Any]
    hash: str
    status: Status = Status.DRAFT
    signatures: tuple[Signature, ...] = ()
    effective_from: datetime | None = None

    @property
    def provider(self) -> str:
        return str(self.text["parties"]["provider"])

    @property
    def customer(self) -> str:
        return str(self.text["parties"]["customer"])

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer


@dataclass(frozen=True)
class Drafted:
    id: str
    version: int
    text: dict[str, Any]
    hash: str
    effective_from: datetime


@dataclass(frozen=True)
class Signed:
    signature: Signature


@dataclass(frozen=True)
class Activated:
    at: datetime


Event = Drafted | Signed | Activated


def apply(agreement: Agreement | None, event: Event) -> Agreement:
    if isinstance(event, Drafted):
        return Agreement(event.id, event.version, event.text, event.hash, effective_from=event.effective_from)
    if agreement is None:
        raise ValueError("an agreement begins with its draft")
    match event:
        case Signed():
            signatures = (*agreement.signatures, event.signature)
            complete = {signature.party for signature in signatures} >= set(agreement.parties)
            return replace(agreement, signatures=signatures, status=Status.SIGNED if complete else agreement.status)
        case Activated():
            return replace(agreement, status=Status.ACTIVE)
        case _:
            assert_never(event)


def draft(agreement: Agreement | None, id: str, text: dict[str, Any], text_hash: str) -> Sequence[Event]:
    """Write a text down, or replace one that not both have signed: that voids every signature given so far."""
    if agreement is not None:
        if agreement.status is not Status.DRAFT:
            raise Conflict("both parties have signed this text; it never changes")
        if set(agreement.parties) != set(text["parties"].values()):
            raise Conflict("an agreement keeps its parties; write another one for others")
        if agreement.hash == text_hash:
            return []
    return [Drafted(id, 1, text, text_hash, effective_from(text["term"]))]


def sign(
    agreement: Agreement, party: str, contact: str, text_hash: str, signature: str, now: datetime
) -> Sequence[Event]:
    """Record a party's signature of that exact text; with the last one the text binds from the start of its term."""
    if text_hash != agreement.hash:
        rule = f"the text is now {agreement.hash}; read it again before you sign"
        raise Conflict(rule, [FieldProblem("/hash", rule)])
    given = next((each for each in agreement.signatures if each.party == party), None)
    if given is not None and given.signature == signature:
        return []
    if agreement.status is not Status.DRAFT or given is not None:
        raise Conflict(f"{party} has signed this text already")
    key = _pinned_key(agreement.text, party, contact)
    signatures.verify(key, text_hash, signature)
    signed = Signed(Signature(party, contact, key, signature, now))
    after = apply(agreement, signed)
    return [signed, *activate(after, now)]


def activate(agreement: Agreement, now: datetime) -> Sequence[Event]:
    """Put a text that both have signed into force once its term has begun."""
    if agreement.status is not Status.SIGNED or agreement.effective_from is None or now < agreement.effective_from:
        return []
    return [Activated(now)]


def effective_from(term: Mapping[str, Any]) -> datetime:
    """The first instant of the term: midnight of its first day where the agreement is at home."""
    first = date.fromisoformat(str(term["from"]))
    return datetime.combine(first, time.min, ZoneInfo(str(term["timeZone"])))


def _pinned_key(text: Mapping[str, Any], party: str, contact: str) -> str:
    for signatory in text.get("signatories", ()):
        if signatory["party"] == party and signatory["contact"] == contact:
            return str(signatory["key"])
    rule = f"is not a signatory of {party} in this text"
    raise Invalid(rule, [FieldProblem("/contact", rule)])


# -- parties -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Party:
    """`contacts` maps a contact's id to the revision of its details, which live apart so that they can be erased."""

    id: str
    name: str
    address: str | None = None
    contacts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PartyRecorded:
    id: str
    name: str
    address: str | None


@dataclass(frozen=True)
class ContactRecorded:
    contact: str
    revision: int


@dataclass(frozen=True)
class ContactErased:
    contact: str


PartyEvent = PartyRecorded | ContactRecorded | ContactErased


def apply_to_party(party: Party | None, event: PartyEvent) -> Party:
    if isinstance(event, PartyRecorded):
        return Party(event.id, event.name, event.address, party.contacts if party else {})
    if party is None:
        raise ValueError("a party is recorded before its contacts")
    match event:
        case ContactRecorded():
            return replace(party, contacts={**party.contacts, event.contact: event.revision})
        case ContactErased():
            return replace(party, contacts={id: n for id, n in party.contacts.items() if id != event.contact})
        case _:
            assert_never(event)


def record_party(
    party: Party | None, id: str, name: str, address: str | None, changed: Sequence[str], gone: Sequence[str]
) -> Sequence[PartyEvent]:
    """Record an organisation; `changed` and `gone` are the contacts whose details are new, other, or to be erased."""
    events: list[PartyEvent] = []
    if party is None or (party.name, party.address) != (name, address):
        events.append(PartyRecorded(id, name, address))
    revisions = party.contacts if party else {}
    events.extend(ContactRecorded(contact, revisions.get(contact, 0) + 1) for contact in changed)
    events.extend(ContactErased(contact) for contact in gone if contact in revisions)
    return events
