"""Parties in the database, and where people's details live."""

from collections.abc import Mapping
from typing import Any

from sepakat_agreements import publish
from sepakat_agreements.party import (
    ContactErased,
    ContactRecorded,
    Party,
    PartyEvent,
    PartyRecorded,
    apply_to_party,
    record_party,
)
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.errors import NotFound


class Parties:
    """Organisations and their contacts.

    The details of people are in documents of their own (`contact_details`) and in the messages of commits, which are
    not part of any hash: erasing someone removes both and leaves every hash valid.
    """

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._details = commits.db["contact_details"]
        self._to_tell: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._kind: Kind[Party, PartyEvent] = Kind(
            "party",
            Party,
            (PartyRecorded, ContactRecorded, ContactErased),
            apply_to_party,
            lambda party: {"parties": [party.id]},
            publish.of_party(lambda party, contact: self._to_tell[party, contact]),
        )
        self.all = Aggregates(commits, self._kind)

    async def visible(self, id: str, asking: Principal) -> Loaded[Party]:
        loaded = await self.all.find(id)
        if loaded is None or not asking.sees([id]):
            raise NotFound(f"there is no party {id!r} of yours")
        return loaded

    async def details(self, party: str) -> dict[str, Mapping[str, Any]]:
        found = await self._details.find({"party": party}).to_list(None)
        return {document["contact"]: document["details"] for document in found}

    async def record(
        self, id: str, name: str, address: str | None, contacts: Mapping[str, Mapping[str, Any]], by: str,
        expected_version: int | None,
    ) -> Loaded[Party]:  # fmt: skip
        """Record the organisation with exactly these contacts; those no longer named are erased."""
        known = await self.details(id)
        changed = [contact for contact, details in contacts.items() if known.get(contact) != details]
        gone = [contact for contact in known if contact not in contacts]
        self._to_tell.update({(id, contact): contacts[contact] for contact in changed})
        loaded = await self.all.execute(
            id,
            lambda party, _now: record_party(party, id, name, address, changed, gone),
            by=by,
            expected_version=expected_version,
        )
        for contact in changed:
            self._to_tell.pop((id, contact), None)
            key = f"{id}/{contact}"
            document = {"_id": key, "party": id, "contact": contact, "details": dict(contacts[contact])}
            await self._details.replace_one({"_id": key}, document, upsert=True)
        for contact in gone:
            await self._erase(id, contact)
        if loaded is None:
            raise NotFound(f"there is no party {id!r}")
        return loaded

    async def _erase(self, party: str, contact: str) -> None:
        await self._details.delete_one({"_id": f"{party}/{contact}"})
        told = {"aggregate": self._kind.key(party), "messages.key": f"{party}/{contact}"}
        for commit in await self._commits.collection.find(told).to_list(None):
            kept = [
                message
                for message in commit["messages"]
                if message["key"] != f"{party}/{contact}" or not message["data"]
            ]
            await self._commits.collection.update_one({"_id": commit["_id"]}, {"$set": {"messages": kept}})
