"""The service's own copy of agreements' texts, which keeps every version, and when an agreement has ended.

A version never changes once it was published: what was read of it stays in memory. Which one is in force is asked anew.
That an agreement has ended stands beside its versions: whoever asks for those learns of it by the same question.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from pymongo import DESCENDING

from sepakat_shared.calendars import from_ms, local_midnight
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.contracts.lasting import AgreementEnded
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Collection, Database, Document
from sepakat_shared.together import Shared

_EARLIEST: Final = date(1970, 1, 1)
_NO_VERSION: Final = 0
"""Of the document that says when an agreement has ended: its texts are counted from one."""
_REMEMBERED: Final = 200
"""Versions in memory: the last that were read."""


@dataclass(frozen=True)
class Wording:
    """One version of a text; `effective_from` is None for one that was kept before that was written down.

    `ended_at` is when the agreement has ended, where it was asked for what is in force.
    """

    version: int
    text: texts.Agreement
    effective_from: datetime | None
    ended_at: datetime | None = None


class Wordings:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._texts: Collection = db["texts"]
        self._clock = clock
        self._known: OrderedDict[tuple[str, int], Wording] = OrderedDict()
        self._versions = Shared(self._read_versions)

    async def keep(self, fact: AgreementTextPublished) -> None:
        """Keep a version that was published."""
        document = {"agreement": fact.agreement, "version": fact.version, "text": fact.text,
                    "effective_from": fact.effective_from}  # fmt: skip
        self._known.pop((fact.agreement, fact.version), None)
        await self._texts.replace_one({"_id": f"{fact.agreement}/{fact.version}"}, document, upsert=True)
        self._known.pop((fact.agreement, fact.version), None)

    async def on_ended(self, fact: AgreementEnded, _cause: Envelope) -> None:
        document = {"agreement": fact.agreement, "version": _NO_VERSION, "ended_at": fact.ended_at}
        await self._texts.replace_one({"_id": f"{fact.agreement}/ended"}, document, upsert=True)

    async def ended_at(self, agreement: str) -> datetime | None:
        """When it ended; None while it has not, as far as is known here."""
        return _ended_at(await self._versions(agreement))

    async def find(self, agreement: str, version: int) -> Wording | None:
        known = self._known.get((agreement, version))
        if known is not None:
            return known
        found = await self._texts.find_one({"_id": f"{agreement}/{version}"})
        return None if found is None else self._remember(agreement, _read(found))

    async def get(self, agreement: str, version: int) -> Wording:
        """Raises NotFound."""
        found = await self.find(agreement, version)
        if found is None:
            raise NotFound(f"the text of agreement {agreement!r}, version {version}, has not come yet; try again soon")
        return found

    async def in_force(self, agreement: str) -> Wording:
        """The version that governs now; the last that did of an agreement that has ended. Raises NotFound."""
        now = self._clock.now()
        versions = await self._versions(agreement)
        for each in versions:
            effective_from = each.get("effective_from")
            if each["version"] != _NO_VERSION and (effective_from is None or effective_from <= now):
                return replace(await self.get(agreement, each["version"]), ended_at=_ended_at(versions))
        raise NotFound(f"there is no agreement {agreement!r} of yours")

    async def last(self, agreement: str) -> Wording | None:
        """The latest version that is known here, in force or not."""
        versions = await self._versions(agreement)
        last = next((each["version"] for each in versions), _NO_VERSION)
        return await self.find(agreement, last) if last != _NO_VERSION else None

    async def terms(self, agreements: Iterable[str]) -> dict[str, tuple[datetime, datetime | None]]:
        """When each of those that are known here began, and when it ended; None: it has not."""
        found = {}
        for agreement in sorted(agreements):
            versions = await self._versions(agreement)
            first = min((each["version"] for each in versions if each["version"] != _NO_VERSION), default=_NO_VERSION)
            wording = await self.find(agreement, first) if first != _NO_VERSION else None
            if wording is not None:
                term = wording.text.term
                # Nothing was before that; and a term may begin in the year 1, which no clock of some zones has.
                begins = from_ms(local_midnight(max(term.from_, _EARLIEST), ZoneInfo(term.time_zone)))
                found[agreement] = begins, _ended_at(versions)
        return found

    async def _read_versions(self, agreement: str) -> list[Document]:
        """Which there are, the latest first; then whether it has ended."""
        fields = {"version": 1, "effective_from": 1, "ended_at": 1}
        return await self._texts.find({"agreement": agreement}, fields).sort("version", DESCENDING).to_list(None)

    def _remember(self, agreement: str, wording: Wording) -> Wording:
        self._known[agreement, wording.version] = wording
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return wording


def _ended_at(versions: Sequence[Document]) -> datetime | None:
    return next((each["ended_at"] for each in versions if each["version"] == _NO_VERSION), None)


def _read(document: Document) -> Wording:
    text = texts.Agreement.model_validate(document["text"])
    return Wording(document["version"], text, document.get("effective_from"))
