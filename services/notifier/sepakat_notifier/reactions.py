"""What events do to notifications: each becomes a message to everyone concerned, once."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from sepakat_notifier import addressees, gathering, gists, preference, routing, subscription
from sepakat_notifier.addressees import Person
from sepakat_notifier.chat_addresses import CHANGES
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoint import Endpoint
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.gathering import FEW_AT_ONCE, Gathering, Rules
from sepakat_notifier.notification import INSTEAD, SAME_MAILBOX, Channel
from sepakat_notifier.planning import Planning, occasion_of
from sepakat_notifier.preference import LeaveOut, Preference, Tell
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.routing import CONTRACTS, Subject
from sepakat_notifier.sharing import most_eager, told_by
from sepakat_notifier.store import Notifications
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.agreements import AgreementTextPublished, ContactRecorded, PartyRecorded
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.contracts.reports import ReporterRecorded
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection as Documents
from sepakat_shared.mongo import Database
from sepakat_shared.reacting import Erased, Reaction


class Reactions:
    def __init__(
        self, db: Database, notifications: Notifications, endpoints: Endpoints, directory: Directory,
        preferences: Preferences, planning: Planning, clock: Clock, rules: Rules = FEW_AT_ONCE,
    ) -> None:  # fmt: skip
        self._rules = rules
        self._unrouted: Documents = db["unrouted"]
        """Events whose mails wait for the agreement's text: topics have no common order."""
        self._notifications = notifications
        self._endpoints = endpoints
        self._directory = directory
        self._preferences = preferences
        self._planning = planning
        self._clock = clock

    def all(self) -> list[Reaction]:
        return [
            Reaction(topics.CONTACTS, PartyRecorded, self._directory.on_party),
            Reaction(topics.CONTACTS, ContactRecorded, self._directory.on_contact),
            Reaction(topics.CONTACTS, Erased, self._directory.on_erased),
            Reaction(topics.REPORTERS, ReporterRecorded, self._directory.on_reporter),
            Reaction(topics.REPORTERS, Erased, self._directory.on_reporter_erased),
            Reaction(topics.AGREEMENT_TEXTS, AgreementTextPublished, self.on_text),
            *[Reaction(topic, contract, self.on_fact) for topic, told in routing.TOLD.items() for contract in told],
        ]

    async def create_indexes(self) -> None:
        await self._unrouted.create_index("agreement")

    async def on_text(self, fact: AgreementTextPublished, _cause: Envelope) -> None:
        await self._directory.on_text(fact)
        for each in await self._unrouted.find({"agreement": fact.agreement}).to_list(None):
            cause = msgspec.convert(each["cause"], Envelope)
            await self._mail(CONTRACTS[cause.type].model_validate_json(cause.data), cause)
            await self._unrouted.delete_one({"_id": each["_id"]})

    async def on_fact(self, fact: Fact, cause: Envelope) -> None:
        subject = routing.subject_of(fact)
        at = datetime.fromisoformat(cause.time) if cause.time else self._clock.now()
        named = routing.endpoints_named(fact)
        hearing = await self._endpoints.for_event(subject.parties, fact.type, at, named)
        missing = [each for each in named if each not in {endpoint.id for endpoint in hearing}]
        # A room that hears of it by itself does so at once, whatever somebody who reads there puts off.
        rooms = [each.id for each in hearing if each.kind == "chat"]
        await asyncio.gather(
            self._call_hooks(fact, cause, hearing), self._miss_hooks(missing, subject, cause),
            self._mail(fact, cause, rooms),
        )  # fmt: skip

    async def _call_hooks(self, fact: Fact, cause: Envelope, endpoints: Sequence[Endpoint]) -> None:
        subject = routing.subject_of(fact)
        occasion = occasion_of(cause)
        await asyncio.gather(
            *[
                self._planning.plan(
                    "webhook", each.id, each.party, (each.party,), (subject.about, subject.about_type), occasion, cause,
                    ordered=each.ordered,
                )
                for each in endpoints if each.kind == "webhook"
            ],
            *[self._say(each, fact, subject, cause) for each in endpoints if each.kind == "chat"],
        )  # fmt: skip

    async def _miss_hooks(self, missing: Sequence[str], subject: Subject, cause: Envelope) -> None:
        """Of an endpoint that a level names, and that neither party has, it is on record why it was not called."""
        await asyncio.gather(
            *[
                self._planning.plan(
                    "webhook", each, None, subject.parties, (subject.about, subject.about_type), occasion_of(cause),
                    cause, left_out=routing.no_endpoint(subject.parties), by_choice=False,
                )
                for each in missing
            ]
        )  # fmt: skip

    async def _say(
        self, room: Endpoint, fact: Fact, subject: Subject, cause: Envelope, digest: Tell | None = None
    ) -> None:
        """Say it in a chat: at once, with a digest, or summed up where the room was told much of late.

        Once, however many people read it there.
        """
        if not gists.is_told(fact) or routing.is_for_one_person(fact):
            return
        within, is_over = None, preference.was_over(fact)
        if is_over:
            digest = None
        elif digest is not None and digest.digest is not None and digest.at is not None:
            zone = digest.digest.time_zone
            within = gathering.digest(digest.digest.every, room.party, room.id, zone, digest.at)
        elif room.service not in CHANGES and preference.may_be_gathered(fact):
            within = await self._summary("chat", room.id, room.party, fact, subject)
        await self._planning.plan(
            "chat", room.id, room.party, (room.party,), (subject.about, subject.about_type), occasion_of(cause), cause,
            within=within, due_at=digest.at if digest is not None and within is None else None,
            left_out=preference.OVER if is_over else None,
        )  # fmt: skip

    async def _mail(self, fact: Fact, cause: Envelope, told_rooms: Collection[str] = ()) -> None:
        """Tell people, by mail and in the chats that they have chosen, but for those that are told of it already."""
        subject = routing.subject_of(fact)
        signatories: dict[str, list[str]] = {}
        if signing := addressees.signatories_of_whom(fact):
            found = await self._directory.signatories(subject.agreement, signing)
            if found is None:
                kept = msgspec.to_builtins(msgspec.structs.replace(cause, headers={}), builtin_types=(bytes,))
                document = {"agreement": subject.agreement, "cause": kept}
                await self._unrouted.replace_one({"_id": cause.id}, document, upsert=True)
                # The text may have come between the look and the note: then nobody else would find the note.
                found = await self._directory.signatories(subject.agreement, signing)
                if found is None:
                    return
            signatories = found
        # Whose contact it is comes first: else one party's wishes would redirect what the other is told.
        whose = await self._directory.parties_of(addressees.meant_first(fact), addressees.named_alone(fact))
        told = await self._told(subject) if addressees.depends_on_those_told_before(fact) else []
        people = addressees.mails(fact, signatories, told, whose)
        if addressees.stands_for_its_party(fact):
            people = await self._directory.with_those_left(people, subject.parties)
        if people:
            chosen = await self._preferences.of([(party, each) for party, each in people if party is not None])
            readers = [(party, each, chosen.get((party or "", each))) for party, each in people]
            await self._write(fact, subject, cause, readers, told_rooms)

    async def _told(self, subject: Subject) -> list[Person]:
        """Who was told of it before, and where nobody of a party is left of those, its others.

        Of earlier messages it may not have been known whose contact they were to.
        """
        told = await self._notifications.told(subject.about)
        unknown = [contact for party, contact in told if party is None]
        whose = await self._directory.parties_of(subject.parties, unknown)
        people = list(dict.fromkeys((party or whose.get(contact), contact) for party, contact in told))
        return await self._directory.with_those_left(people, subject.parties)

    async def _write(
        self,
        fact: Fact,
        subject: Subject,
        cause: Envelope,
        readers: Sequence[tuple[str | None, str, Preference | None]],
        told_rooms: Collection[str],
    ) -> None:
        """Write to contacts as they have said they want it; the party is None where nobody has told of them yet."""
        wishes = [(party, chosen, wish) for party, each, chosen in readers for wish in self._wishes(each, chosen, fact)]
        # A delegate who has left news out is told for the other all the same: to be told comes before to be left out.
        wishes.sort(key=lambda each: isinstance(each[2], LeaveOut))
        letters: dict[Person, _Letter] = {}
        for party, chosen, wish in wishes:
            letters.setdefault((party, wish.contact), _Letter(chosen.party if chosen else party, wish))
        await self._say_where_chosen(letters.values(), fact, subject, cause, told_rooms)
        # A link that is one person's is in each one's own mail: else only one of them could press theirs.
        if not (routing.asks_to_acknowledge(fact.type) or routing.is_for_one_person(fact)):
            await self._leave_out_twice(letters, subject)
        await asyncio.gather(*[self._plan(each, fact, subject, cause) for each in letters.values()])

    async def _say_where_chosen(
        self, letters: Collection["_Letter"], fact: Fact, subject: Subject, cause: Envelope, told: Collection[str]
    ) -> None:
        """Say it in the chats that people want to read it in, in each as its most eager reader wants it."""
        if routing.is_for_one_person(fact):
            return
        readers: dict[str, list[Tell]] = {}
        rooms: dict[str, Endpoint] = {}
        for letter in letters:
            if not isinstance(letter.wish, Tell) or not (chosen := await self._rooms(letter.wish, letter.party)):
                continue
            for each in chosen:
                rooms[each.id] = each
                readers.setdefault(each.id, []).append(letter.wish)
            if subscription.MAIL not in letter.wish.ways:
                letter.left_out = f"{INSTEAD} {', '.join(each.id for each in chosen)}"
        await asyncio.gather(
            *[
                self._say(rooms[id], fact, subject, cause, most_eager(wishes))
                for id, wishes in readers.items() if id not in told
            ]
        )  # fmt: skip

    async def _leave_out_twice(self, letters: Mapping[Person, "_Letter"], subject: Subject) -> None:
        """Of those who read one mailbox, one gets the mail."""
        tells = {
            key: each.wish for key, each in letters.items() if isinstance(each.wish, Tell) and each.left_out is None
        }
        if len(tells) > 1:
            mailboxes = await self._directory.mailboxes(subject.parties, list(tells))
            for key, contact in told_by(tells, mailboxes).items():
                letters[key].left_out = f"{SAME_MAILBOX} {contact}"

    def _wishes(self, contact: str, chosen: Preference | None, fact: Fact) -> list[Tell | LeaveOut]:
        """Who is told or left out: the contact, or as they have said they want it."""
        return [Tell(contact)] if chosen is None else preference.told(chosen, fact, self._clock.now())

    async def _plan(self, letter: "_Letter", fact: Fact, subject: Subject, cause: Envelope) -> None:
        party, wish = letter.party, letter.wish
        left_out = wish.reason if isinstance(wish, LeaveOut) else letter.left_out
        if preference.was_over(fact):
            left_out = preference.OVER
        due_at = wish.at if isinstance(wish, Tell) else None
        within = None if left_out else _digest(wish, party)
        if isinstance(wish, Tell) and not left_out and wish.at is None and preference.may_be_gathered(fact):
            within = await self._summary("email", wish.contact, party, fact, subject)
        await self._planning.plan(
            "email", wish.contact, party, subject.parties, (subject.about, subject.about_type), occasion_of(cause),
            cause, due_at=due_at, left_out=left_out, within=within,
        )  # fmt: skip

    async def _rooms(self, wish: Tell, party: str | None) -> list[Endpoint]:
        """The chats that somebody wants to read it in; none of them may be there any more."""
        chosen = [each for each in wish.ways if each != subscription.MAIL]
        return await self._endpoints.chats_of(party, chosen) if chosen and party is not None else []

    async def _summary(
        self, channel: Channel, recipient: str, party: str | None, fact: Fact, subject: Subject
    ) -> Gathering | None:
        """What sums news up, where so much was told of late that one message is better than many, and soon enough."""
        now = self._clock.now()
        recent = await self._notifications.sent_of_late(channel, recipient, party, now - 2 * self._rules.window)
        about = subject.about, subject.about_type
        found = gathering.summary(recent, about, subject.agreement, self._rules, now)
        return None if found is None or preference.is_too_late(fact, found.due_at) else found


@dataclass
class _Letter:
    """What is to become of one person's mail, `left_out` where they are told in another way."""

    party: str | None
    wish: Tell | LeaveOut
    left_out: str | None = None


def _digest(wish: Tell | LeaveOut, party: str | None) -> Gathering | None:
    """The digest that this waits for, if it does."""
    if isinstance(wish, LeaveOut) or wish.digest is None or wish.at is None or party is None:
        return None
    return gathering.digest(wish.digest.every, party, wish.contact, wish.digest.time_zone, wish.at)
