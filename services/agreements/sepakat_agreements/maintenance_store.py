"""Announced maintenance in the database: a diary is one document, found by its agreement, which is its id."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sepakat_agreements import maintenance_facts
from sepakat_agreements.agreement import Agreement
from sepakat_agreements.maintenance import EVENTS, Diary, Event, apply
from sepakat_agreements.maintenance_schedule import Occurrence, occurrences
from sepakat_agreements.maintenance_timing import due_at, fire
from sepakat_agreements.store import Agreements
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.commits import Commits
from sepakat_shared.mongo import Document


def _fields(diary: Diary) -> Mapping[str, Any]:
    return {"parties": list(diary.parties), "due_at": due_at(diary)}


DIARY: Kind[Diary, Event] = Kind("maintenance", Diary, EVENTS, apply, _fields, maintenance_facts.of_diary)


class Diaries:
    """What is announced under each agreement. Who may see an agreement may see its diary: ask `agreements` first."""

    def __init__(self, commits: Commits, agreements: Agreements) -> None:
        self.all = Aggregates(commits, DIARY)
        self._agreements = agreements

    async def of(self, agreement: Agreement) -> Diary:
        """An empty one where nothing was announced yet."""
        loaded = await self.all.find(agreement.id)
        return loaded.state if loaded else Diary(agreement.id, *agreement.parties)

    async def scheduled(self, agreement: str, start: datetime, end: datetime) -> list[Occurrence]:
        """All maintenance that touches `[start, end)`: the windows of the texts, and what was announced."""
        loaded = await self._agreements.all.get(agreement)
        return occurrences(loaded.state, await self.of(loaded.state), start, end)

    async def change(
        self, agreement: Agreement, decide: Callable[[Diary, datetime], Sequence[Event]], by: str
    ) -> Diary:
        """Raises whatever `decide` raises."""
        empty = Diary(agreement.id, *agreement.parties)
        await self.all.execute(agreement.id, lambda diary, now: decide(diary or empty, now), by=by)
        return await self.of(agreement)

    async def fire(self, due: Sequence[Document]) -> None:
        """Remind of what is near, and let lapse what nobody consented to, of these diaries (their documents)."""
        read = [self.all.read(each) for each in due]
        for each in read:
            agreement = await self._agreements.all.find(each.id)
            await self.all.execute(
                each.id, partial(fire, ended_at=agreement.state.ended_at if agreement else None), by="timer"
            )
