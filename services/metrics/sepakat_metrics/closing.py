"""Closing periods that judging does not come to any more.

Judging looks at the present period and at the one before. A day is the one before only while its lateness lasts, and a
long stop leaves more of them behind; events may come of periods that were over long ago, too. Such a period is closed
here, from what is stored.
"""

import asyncio
from datetime import timedelta
from typing import Final

from pymongo import ASCENDING

from sepakat_metrics.corrections import Corrections
from sepakat_metrics.ingestion import Ingestion
from sepakat_metrics.late import Late, Mark
from sepakat_metrics.parts import Part
from sepakat_metrics.profiles import NotApplicable
from sepakat_metrics.terms import Unsupported
from sepakat_metrics.verdicts import OF_TIME, VERDICT, Since, decide_verdict, verdict_id
from sepakat_shared import retry
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.mongo import up_to

_EVERY: Final = timedelta(seconds=20)
_LEFT_TO_JUDGING: Final = timedelta(minutes=2)


class Closing:
    """Every period is closed once: by whoever holds its indicator, and not while events of it may wait to be read."""

    def __init__(self, commits: Commits, corrections: Corrections, late: Late, clock: Clock) -> None:
        self._verdicts = Aggregates(commits, VERDICT)
        self._corrections = corrections
        self._late = late
        self._clock = clock
        self.ingestion: Ingestion

    async def create_indexes(self) -> None:
        await self._verdicts.states.create_index([("closes_at", ASCENDING)])

    async def run(self) -> None:
        """Close what is overdue, until cancelled."""
        while True:
            await retry.until_done("closing periods", self.close)
            await self._clock.wait(asyncio.Event(), self._clock.now() + _EVERY)

    async def close(self) -> None:
        """Close what judging has left open or never came to, the oldest first."""
        if not self.ingestion.caught_up:
            return
        now = self._clock.now()
        marks = await self._late.marks()
        for mark in marks:
            if mark.is_quiet(now) and self.ingestion.owns(mark.indicator):
                await self._close_older(mark)
                await self._late.forget(mark)
        still_coming = {mark.indicator for mark in marks if not mark.is_quiet(now)}
        overdue = self._verdicts.states.find({"closes_at": up_to(now - _LEFT_TO_JUDGING)}, {"_id": 1})
        for each in await overdue.sort("closes_at", ASCENDING).to_list(None):
            agreement, _, rest = each["_id"].partition("/")
            part = self._corrections.part_of(agreement, rest.rpartition("/")[0], each["_id"])
            if part is not None and part.objective.indicator not in still_coming:
                await self._close(part, each["_id"])

    async def _close_older(self, mark: Mark) -> None:
        parts = sorted(self._late.periods(mark), key=lambda each: each.period)
        by_id = {verdict_id(each.version.agreement, each.objective, each.period): each for each in parts}
        closed = self._verdicts.states.find({"_id": {"$in": list(by_id)}, "closes_at": None}, {"_id": 1})
        for each in await closed.to_list(None):
            del by_id[each["_id"]]
        for id, part in by_id.items():
            await self._close(part, id)

    async def _close(self, part: Part, verdict: str) -> None:
        if not self.ingestion.owns(part.objective.indicator):
            return
        agreement, objective = part.version.agreement, part.objective.id
        # One at a time with adjustments, so that none is granted between the figure and its telling.
        async with self._corrections.alone:
            in_force, at = self._corrections.of(agreement, objective), to_ms(self._clock.now())
            try:
                found = await self._corrections.measured(agreement, objective, verdict, in_force, at)
            except (Unsupported, NotApplicable):
                return  # as judging tells of the objective by itself
            if found is None:
                return
            about, figure = found
            if figure.holds is None and await self._verdicts.find(verdict) is None:
                return  # nothing was said of it, and nothing is to be
            await self.ingestion.store_events_of(about.objective.indicator)
            await self._verdicts.execute(
                verdict,
                lambda known, _now: decide_verdict(known, about, figure, Since(), OF_TIME, notes=False),
                by="metrics",
            )
