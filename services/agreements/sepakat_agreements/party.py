"""An organisation and its contacts, whose details live apart so that they can be erased. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never


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
