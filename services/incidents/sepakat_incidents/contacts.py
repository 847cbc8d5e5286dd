"""Which contacts a party has: their ids alone, so that nobody is made an owner who is unknown or has left."""

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
            rule = f"{contact!r} is not a contact of {party}, which is responsible"
        elif found["left"]:
            rule = f"{contact!r} is a contact of {party} no longer"
        else:
            return
        raise Invalid.at(pointer, rule)
