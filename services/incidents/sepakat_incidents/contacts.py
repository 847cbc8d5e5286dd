"""Which contacts a party has: their ids alone, so that nobody is given anything who is unknown or has left."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sepakat_shared.contracts.agreements import ContactRecorded
from sepakat_shared.errors import Invalid
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database
from sepakat_shared.reacting import Erased


class Contacts:
    """The service's own copy; names and addresses are not in it."""

    def __init__(self, db: Database) -> None:
        self._contacts: Collection = db["contacts"]

    async def on_contact(self, fact: ContactRecorded, _cause: Envelope) -> None:
        await self._contacts.replace_one({"_id": f"{fact.party}/{fact.contact}"}, {"left": False}, upsert=True)

    async def on_erased(self, fact: Erased, _cause: Envelope) -> None:
        await self._contacts.replace_one({"_id": fact.key}, {"left": True}, upsert=True)

    async def check(self, pointer: str, party: str, contact: str) -> None:
        """Raise Invalid, naming the field, unless `contact` is one of `party` today."""
        found = await self._contacts.find_one({"_id": f"{party}/{contact}"})
        if found is None:
            rule = f"{contact!r} is not a contact of {party}, and must be one"
        elif found["left"]:
            rule = f"{contact!r} is a contact of {party} no longer"
        else:
            return
        raise Invalid.at(pointer, rule)

    async def whose(self, parties: Sequence[str], contact: str) -> str | None:
        """The first of `parties` that has it today; None where neither has, as far as is known here."""
        ids = [f"{party}/{contact}" for party in parties]
        there = await self._contacts.find({"_id": {"$in": ids}, "left": False}).to_list(None)
        found = {each["_id"] for each in there}
        return next((party for party, id in zip(parties, ids, strict=True) if id in found), None)

    async def unreachable(self, parties: Sequence[str], contacts: Iterable[str]) -> dict[str, str]:
        """Those of `contacts` who are of none of `parties` today, each with why no message will reach them.

        Of a party none of whose contacts has been heard of yet, nobody is called unknown: they may be on their way.
        """
        asked = list(contacts)
        ids = [f"{party}/{contact}" for contact in asked for party in parties]
        left: dict[str, list[bool]] = defaultdict(list)
        for each in await self._contacts.find({"_id": {"$in": ids}}).to_list(None):
            left[each["_id"].partition("/")[2]].append(each["left"])
        reasons = {contact: "the contact has left" for contact, known in left.items() if all(known)}
        unknown = [contact for contact in asked if contact not in left]
        if unknown and all([await self._has_any(party) for party in parties]):
            reasons |= dict.fromkeys(unknown, f"no contact of {' or '.join(parties)}")
        return {contact: reasons[contact] for contact in asked if contact in reasons}

    async def _has_any(self, party: str) -> bool:
        return await self._contacts.find_one({"_id": {"$gt": f"{party}/", "$lt": f"{party}0"}}) is not None
