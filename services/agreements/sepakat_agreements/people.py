"""Who is who of an agreement's people: whose contact an id is that the text names."""

from collections.abc import Iterable
from dataclasses import dataclass

from sepakat_agreements.agreement import Version
from sepakat_agreements.party_store import Parties
from sepakat_shared.contracts import texts


@dataclass(frozen=True)
class Named:
    """All as `party/contact`. `signatories` come first in `contacts`, which are all of both parties."""

    signatories: tuple[str, ...]
    contacts: tuple[str, ...]

    def named(self, contact: str) -> str | None:
        """Whose contact that is: of two with one id the one who signs."""
        return next((each for each in self.contacts if each.partition("/")[2] == contact), None)

    def all_named(self, contacts: Iterable[str]) -> tuple[str, ...]:
        found = (self.named(each) for each in contacts)
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def taking_part(self, text: texts.Agreement) -> tuple[str, ...]:
        """Who takes part in reviews by the text, the chair first."""
        review = text.review
        return self.all_named(
            [] if review is None else [*([review.chair] if review.chair else []), *review.participants]
        )

    def of(self, party: str) -> tuple[str, ...]:
        return tuple(each for each in self.contacts if each.partition("/")[0] == party)


class People:
    def __init__(self, parties: Parties) -> None:
        self._parties = parties

    async def of(self, version: Version) -> Named:
        """Those whom the text names as signatories, and those whom the parties have recorded."""
        signatories = [f"{party}/{contact}" for party in version.parties for contact in version.contacts(party)]
        recorded: list[str] = []
        for party in version.parties:
            loaded = await self._parties.all.find(party)
            recorded += [f"{party}/{contact}" for contact in (loaded.state.contacts if loaded else ())]
        return Named(tuple(signatories), tuple(dict.fromkeys([*signatories, *recorded])))
