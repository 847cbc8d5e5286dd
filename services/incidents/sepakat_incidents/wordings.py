"""Reading the service's own copy of agreements' texts, which keeps every version."""

from dataclasses import dataclass
from datetime import datetime

from pymongo import DESCENDING

from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.errors import NotFound
from sepakat_shared.mongo import Collection, Database, Document


@dataclass(frozen=True)
class Wording:
    """One version of a text; `effective_from` is None for one that was kept before that was written down."""

    version: int
    text: texts.Agreement
    effective_from: datetime | None


class Wordings:
    """The texts that `Reactions.on_text` keeps."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._texts: Collection = db["texts"]
        self._clock = clock

    async def find(self, agreement: str, version: int) -> Wording | None:
        found = await self._texts.find_one({"_id": f"{agreement}/{version}"})
        return None if found is None else _read(found)

    async def get(self, agreement: str, version: int) -> Wording:
        """Raises NotFound."""
        found = await self.find(agreement, version)
        if found is None:
            raise NotFound(f"the text of agreement {agreement!r}, version {version}, has not come yet; try again soon")
        return found

    async def in_force(self, agreement: str) -> Wording:
        """The version that governs now. Raises NotFound."""
        now = self._clock.now()
        versions = await self._texts.find({"agreement": agreement}).sort("version", DESCENDING).to_list(None)
        for each in versions:
            found = _read(each)
            if found.effective_from is None or found.effective_from <= now:
                return found
        raise NotFound(f"there is no agreement {agreement!r} of yours")


def _read(document: Document) -> Wording:
    text = texts.Agreement.model_validate(document["text"])
    return Wording(document["version"], text, document.get("effective_from"))
