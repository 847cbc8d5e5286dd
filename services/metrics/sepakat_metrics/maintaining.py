"""Announced maintenance in force, and what it makes of periods that were judged before it was heard of."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from pymongo import ASCENDING

from sepakat_metrics import announced as domain
from sepakat_metrics.announced import ANNOUNCEMENT, Announcement, announcement_id
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.lately import Lately
from sepakat_metrics.registry import Registry
from sepakat_metrics.terms import Announced
from sepakat_shared import retry
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import maintenance, topics
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Reaction

_LOOK_EVERY = timedelta(seconds=2)
_TOLD = (
    maintenance.MaintenanceAnnounced, maintenance.MaintenanceMoved, maintenance.MaintenanceCancelled,
    maintenance.MaintenanceConsented,
)  # fmt: skip
"""What may change which time counts."""


class Maintaining:
    """Hears of announced maintenance, and judges again what it touches, as `Corrections` does for adjustments.

    Any instance may do it: what was corrected already is not corrected twice.
    """

    def __init__(self, commits: Commits, registry: Registry, corrections: Corrections, clock: Clock) -> None:
        self._all = Aggregates(commits, ANNOUNCEMENT)
        self._registry = registry
        self._corrections = corrections
        self._clock = clock
        self._wake = asyncio.Event()
        self._handed: list[str] = []
        """What was just heard of here."""
        self._lately = Lately(clock, "written_at")
        self._known: dict[str, int] = {}
        self._by_agreement: dict[str, dict[str, tuple[Announced, ...]]] = {}
        corrections.announced = self.of

    async def create_indexes(self) -> None:
        await self._all.states.create_index([("agreement", ASCENDING)])
        await self._all.states.create_index([("written_at", ASCENDING)])

    def reactions(self) -> list[Reaction]:
        return [Reaction(topics.AGREEMENTS, each, self.on_told) for each in _TOLD]

    async def on_told(self, fact: maintenance._MaintenanceEvent, cause: Envelope) -> None:
        heard = domain.heard_in(fact)
        await self._all.execute(
            announcement_id(fact.agreement, fact.maintenance),
            lambda known, _now: domain.hear(known, heard),
            by=cause.source,
            cause=cause,
            then=self._hand,
        )

    def _hand(self, announcement: Announcement) -> None:
        self._handed.append(announcement.id)
        self._wake.set()

    def of(self, agreement: str) -> tuple[Announced, ...]:
        """What counts as announced maintenance of that agreement, whatever it is of."""
        return _joined(self._by_agreement.get(agreement, {}))

    async def read(self) -> None:
        """At the start, before anything is judged: what periods were judged with so far."""
        async for document in self._all.states.find({}):
            loaded = self._all.read(document)
            self._put(loaded.state, loaded.state.before)

    async def load(self) -> None:
        """Read what is in force: at the start, and what has changed since."""
        written = self._lately.query()
        stored = await self._all.states.find(written, {"version": 1}).to_list(None)
        for each in stored:
            if self._known.get(each["_id"], 0) < each["version"]:
                await self._take(each["_id"])
        self._lately.was_read(written)

    async def run(self) -> None:
        """Keep up with what is announced, as heard of here or by another instance, until cancelled."""
        look_at = self._clock.now()
        while True:
            self._wake.clear()
            while self._handed:
                id = self._handed.pop(0)
                await retry.until_done("judging by announced maintenance", lambda id=id: self._take(id))  # type: ignore[misc]
            if look_at <= self._clock.now():
                await retry.until_done("reading announced maintenance", self.load)
                look_at = self._clock.now() + _LOOK_EVERY
            await self._clock.wait(self._wake, look_at)

    async def _take(self, id: str) -> None:
        """Judge again what it touches, then count with it."""
        # One at a time with adjustments: a figure without the other would take the place of one with both.
        async with self._corrections.alone:
            loaded = await self._all.get(id)
            if not loaded.state.is_applied:
                await self._correct(loaded.state)
                done = await self._all.execute(
                    id, lambda known, now: domain.mark_applied(known, loaded.state, now), by="metrics"
                )
                self._put(loaded.state, loaded.state.after)
                if done is not None and done.state.is_applied and done.state.heard == loaded.state.heard:
                    self._known[id] = done.version
                return
            self._put(loaded.state, loaded.state.after)
            self._known[id] = loaded.version

    def _put(self, announcement: Announcement, counts: tuple[Announced, ...]) -> None:
        agreement = announcement.heard.agreement
        known = self._by_agreement.setdefault(agreement, {})
        if known.get(announcement.id, ()) != counts:
            known[announcement.id] = counts
            self._corrections.tell(agreement, self._corrections.objectives(agreement))

    async def _correct(self, announcement: Announcement) -> None:
        heard, now = announcement.heard, to_ms(self._clock.now())
        texts = [each.text for each in self._registry.agreements.get(heard.agreement, [])]
        touched = domain.touched(texts, announcement.difference, now)
        if not touched:
            return
        known = self._by_agreement.get(heard.agreement, {})
        before = None if announcement.unsure else _joined({**known, announcement.id: announcement.before})
        after = _joined({**known, announcement.id: announcement.after})
        what = heard.told.split(".")[2]
        for objective, verdict in await self._corrections.verdicts(heard.agreement, *_ends(touched)):
            await self._corrections.judge_by(
                heard.agreement, objective, verdict, before, after, f"maintenance {heard.maintenance} {what}"
            )


def _joined(known: dict[str, tuple[Announced, ...]]) -> tuple[Announced, ...]:
    return tuple(sorted(each for counts in known.values() for each in counts))


def _ends(touched: Iterable[tuple[int, int]]) -> tuple[datetime, datetime]:
    spans = list(touched)
    return from_ms(spans[0][0]), from_ms(spans[-1][1])
