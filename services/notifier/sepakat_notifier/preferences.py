"""The preferences of people in the database."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sepakat_notifier.preference import Chosen, Event, Muted, Preference, apply
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.commits import Commits


def _fields(preference: Preference) -> Mapping[str, Any]:
    return {"parties": [preference.party]}


PREFERENCE: Kind[Preference, Event] = Kind(
    "preference", Preference, (Chosen, Muted), apply, _fields, lambda *_: []
)  # fmt: skip


class Preferences:
    """One for each contact that has said something; `<party>/<contact>` is its id."""

    def __init__(self, commits: Commits) -> None:
        self._all = Aggregates(commits, PREFERENCE)

    async def find(self, party: str, contact: str) -> Loaded[Preference] | None:
        return await self._all.find(f"{party}/{contact}")

    async def of(self, readers: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Preference]:
        """By party and contact, what those have said who have."""
        if not readers:
            return {}
        ids = [f"{party}/{contact}" for party, contact in readers]
        found = await self._all.states.find({"_id": {"$in": ids}}).to_list(None)
        said = [self._all.read(each).state for each in found]
        return {(each.party, each.contact): each for each in said}

    async def execute(
        self, party: str, contact: str, decide: Callable[[Preference | None, datetime], Sequence[Event]], by: str,
        expected_version: int | None = None,
    ) -> Loaded[Preference] | None:  # fmt: skip
        """Raises Stale."""
        return await self._all.execute(f"{party}/{contact}", decide, by=by, expected_version=expected_version)
