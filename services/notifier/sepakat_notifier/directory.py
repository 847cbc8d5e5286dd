"""The notifier's own copy of whom it may write to: names of parties, contacts, and who signed for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sepakat_notifier.addressees import Person
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.agreements import AgreementTextPublished, ContactRecorded, PartyRecorded
from sepakat_shared.contracts.reports import ReporterRecorded
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document, find_by_id, insert_missing
from sepakat_shared.reacting import Erased
from sepakat_shared.together import Shared, Together


@dataclass(frozen=True)
class Reader:
    """A person or role as a message addresses them; `agreement_zone` is where the days of what it is about are."""

    party: str
    contact: str
    name: str
    email: str | None
    language: str
    time_zone: str
    agreement_zone: str | None = None


@dataclass(frozen=True)
class Covered:
    """What an agreement is about: its title, its services with theirs, and the zone that its times are in."""

    agreement: str
    parties: tuple[str, ...]
    title: Mapping[str, str]
    services: Mapping[str, Mapping[str, str]]
    time_zone: str


class Unknown(Exception):
    """The contact has not been heard of yet."""


class Forgotten(Exception):
    """The contact was erased."""


class Directory:
    def __init__(self, db: Database) -> None:
        self._contacts: Collection = db["contacts"]
        self._parties: Collection = db["parties"]
        self._texts: Collection = db["texts"]
        self._reporters: Collection = db["reporters"]
        self._keep_reporter: Together[Document, bool] = Together(lambda some: insert_missing(self._reporters, some))
        self._reporter: Together[str, Document | None] = Together(lambda ids: find_by_id(self._reporters, ids))
        self._last_text = Shared(self._read_last_text)

    # -- keeping it ---------------------------------------------------------------------------------------------------

    async def on_party(self, fact: PartyRecorded, _cause: Envelope) -> None:
        await self._parties.replace_one({"_id": fact.party}, {"name": fact.name}, upsert=True)

    async def on_contact(self, fact: ContactRecorded, _cause: Envelope) -> None:
        document = {"party": fact.party, "contact": fact.contact, "fact": fact.as_json()}
        await self._contacts.replace_one({"_id": f"{fact.party}/{fact.contact}"}, document, upsert=True)

    async def on_erased(self, fact: Erased, _cause: Envelope) -> None:
        await self._contacts.replace_one({"_id": fact.key}, {"erased": True}, upsert=True)

    async def on_reporter(self, fact: ReporterRecorded, _cause: Envelope) -> None:
        """It is said once of a report; heard again, also after they were erased, it changes nothing."""
        await self._keep_reporter({"_id": fact.report, "fact": fact.as_json()})

    async def on_reporter_erased(self, fact: Erased, _cause: Envelope) -> None:
        await self._reporters.replace_one({"_id": fact.key}, {"erased": True}, upsert=True)

    async def on_text(self, fact: AgreementTextPublished) -> None:
        text = texts.Agreement.model_validate(fact.text)
        document = {
            "agreement": fact.agreement,
            "version": fact.version,
            "time_zone": str(text.term.time_zone),
            "parties": [text.parties.provider, text.parties.customer],
            "title": text.metadata.title.model_dump(exclude_none=True) if text.metadata.title else {},
            "services": [
                {"id": each.id, "title": each.description.model_dump(exclude_none=True)} for each in text.services
            ],
            "signatories": [{"party": each.party, "contact": each.contact} for each in text.signatories],
        }
        await self._texts.replace_one({"_id": f"{fact.agreement}/{fact.version}"}, document, upsert=True)

    # -- asking it ----------------------------------------------------------------------------------------------------

    async def signatories(self, agreement: str, parties: Sequence[str]) -> dict[str, list[str]] | None:
        """Who signed for each of `parties`; of one that names nobody, or of whose signatories nobody is left, every
        contact too. None: the text has not come.
        """
        text = await self._last_text(agreement)
        if text is None:
            return None
        signed = text["signatories"]
        named = [(party, each["contact"]) for party in parties for each in signed if each["party"] == party]
        people = await self.with_those_left(named, parties)
        found = {party: [contact for whose, contact in people if whose == party] for party in parties}
        return {party: contacts or await self.contacts_of(party) for party, contacts in found.items()}

    async def with_those_left(self, people: Sequence[Person], parties: Sequence[str]) -> list[Person]:
        """`people`, and where all of them that are a party's were erased, the contacts whom that party has still.

        Somebody of whom nobody has told yet was not erased: they may be on their way.
        """
        ids = [f"{party}/{contact}" for party, contact in people if party in parties]
        if not ids:
            return list(people)
        found = await self._contacts.find({"_id": {"$in": ids}, "erased": True}, {"_id": 1}).to_list(None)
        left = {each["_id"] for each in found}
        there = {party for party, contact in people if f"{party}/{contact}" not in left}
        without = [party for party in parties if party not in there and any(whose == party for whose, _ in people)]
        others = [(party, contact) for party in without for contact in await self.contacts_of(party)]
        return list(dict.fromkeys([*people, *others]))

    async def contacts_of(self, party: str) -> list[str]:
        found = await self._contacts.find({"party": party}, {"contact": 1}).sort("_id", 1).to_list(None)
        return [each["contact"] for each in found]

    async def reader(self, parties: Sequence[str], contact: str, agreement: str) -> Reader:
        """The contact of that id, the provider's before the customer's. Raises Unknown or Forgotten."""
        found = await self._contacts_called([contact], parties)
        known = next((each for each in found if not each.get("erased")), None)
        if known is None:
            raise Forgotten if found else Unknown
        fact = ContactRecorded.model_validate(known["fact"])
        zone = await self.zone_of(agreement)
        return Reader(fact.party, contact, fact.name, fact.email, fact.language, fact.time_zone or zone, zone)

    async def parties_of(self, parties: Sequence[str], contacts: Sequence[str]) -> dict[str, str]:
        """By contact, whose it is, as `reader` reads it; those that are unknown or were erased are left out."""
        found = await self._contacts_called(contacts, parties)
        return {each["contact"]: each["party"] for each in reversed(found) if not each.get("erased")}

    async def mailboxes(
        self, parties: Sequence[str], contacts: Sequence[tuple[str | None, str]]
    ) -> dict[tuple[str | None, str], str]:
        """By party and contact, as they are given, party and address of the mailbox; those that have none are left out.

        Of a contact without a party it is the one that `reader` reads.
        """
        found = await self._contacts_called([contact for _, contact in contacts], parties)
        known = {(each["party"], each["contact"]): each for each in found if not each.get("erased")}
        mailboxes = {}
        for party, contact in contacts:
            whose = [party] if party is not None else parties
            document = next((known[each, contact] for each in whose if (each, contact) in known), None)
            email = None if document is None else ContactRecorded.model_validate(document["fact"]).email
            if document is not None and email is not None:
                mailboxes[party, contact] = f"{document['party']} {email.casefold()}"
        return mailboxes

    async def _contacts_called(self, contacts: Sequence[str], parties: Sequence[str]) -> list[Document]:
        """What is known of them, those of the first party before those of the second."""
        # Whoever has reported something is no party's contact.
        ids = [f"{party}/{contact}" for party in parties for contact in contacts if "/" not in contact]
        if not ids:
            return []
        found = {each["_id"]: each for each in await self._contacts.find({"_id": {"$in": ids}}).to_list(None)}
        return [found[id] for id in ids if id in found]

    async def reporter(self, report: str, party: str, agreement: str) -> tuple[Reader, str]:
        """Who filed the report, and the page that it is followed on. Raises Unknown or Forgotten."""
        known = await self._reporter(report)
        if known is None:
            raise Unknown
        if known.get("erased"):
            raise Forgotten
        fact = ReporterRecorded.model_validate(known["fact"])
        zone = await self.zone_of(agreement)
        return Reader(party, f"reporter/{report}", fact.name, fact.email, fact.language, zone), fact.status_url

    async def _read_last_text(self, agreement: str) -> Document | None:
        return await self._texts.find_one({"agreement": agreement}, sort=[("version", -1)])

    async def zone_of(self, agreement: str) -> str:
        """The zone that an agreement's days are in."""
        text = await self._last_text(agreement)
        return text["time_zone"] if text else "UTC"

    async def covered(self, agreement: str) -> Covered | None:
        """What the agreement is about, by its latest text; None where none has come since this is kept."""
        text = await self._last_text(agreement)
        if text is None or "parties" not in text:
            return None
        services = {each["id"]: each["title"] for each in text["services"]}
        return Covered(agreement, tuple(text["parties"]), text["title"], services, text["time_zone"])

    async def names(self, called: Sequence[str]) -> Mapping[str, str]:
        """What parties are called, and people (`party/contact`).

        A party that has not been heard of yet goes by its id; whoever no mail can be written to is left out.
        """
        parties = [each for each in called if "/" not in each]
        people = [each for each in called if "/" in each]
        found = await self._parties.find({"_id": {"$in": parties}}).to_list(None)
        names = {party: party for party in parties} | {each["_id"]: each["name"] for each in found}
        return names | (await self._people(people) if people else {})

    async def _people(self, ids: Sequence[str]) -> dict[str, str]:
        found = await self._contacts.find({"_id": {"$in": list(ids)}, "erased": {"$ne": True}}).to_list(None)
        known = {each["_id"]: ContactRecorded.model_validate(each["fact"]) for each in found}
        return {id: fact.name for id, fact in known.items() if fact.email is not None}
