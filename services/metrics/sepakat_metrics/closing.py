"""Closing periods that judging does not come to any more.

Judging looks at the present period and at the one before. A day is the one before only while its lateness lasts, and a
long stop leaves more of them behind: what was written down of such a period is closed here, from what is stored.
"""

import asyncio
from datetime import timedelta
from typing import Final

from pymongo import ASCENDING

from sepakat_metrics.corrections import Corrections
from sepakat_metrics.ingestion import Ingestion
from sepakat_metrics.verdicts import OF_TIME, VERDICT, Since, decide_verdict
from sepakat_shared import retry
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.mongo import up_to

_EVERY: Final = timedelta(minutes=1)
_LEFT_TO_JUDGING: Final = timedelta(minutes=2)


class Closing:
    """Every period is closed once: by whoever holds its indicator, and not while events of it may wait to be read."""

    def __init__(self, commits: Commits, corrections: Corrections, clock: Clock) -> None:
        self._verdicts = Aggregates(commits, VERDICT)
        self._corrections = corrections
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
        """Close what judging has left open, the oldest first."""
        if not self.ingestion.caught_up:
            return
        overdue = self._verdicts.states.find({"closes_at": up_to(self._clock.now() - _LEFT_TO_JUDGING)}, {"_id": 1})
        for each in await overdue.sort("closes_at", ASCENDING).to_list(None):
            agreement, _, rest = each["_id"].partition("/")
            await self._close(agreement, rest.rpartition("/")[0], each["_id"])

    async def _close(self, agreement: str, objective: str, verdict: str) -> None:
        part = self._corrections.part_of(agreement, objective, verdict)
        if part is None or not self.ingestion.owns(part.objective.indicator):
            return
        # One at a time with adjustments, so that none is granted between the figure and its telling.
        async with self._corrections.alone:
            in_force, at = self._corrections.of(agreement, objective), to_ms(self._clock.now())
            found = await self._corrections.measured(agreement, objective, verdict, in_force, at)
            if found is None:
                return
            about, figure = found
            await self.ingestion.store_events_of(about.objective.indicator)
            await self._verdicts.execute(
                verdict,
                lambda known, _now: decide_verdict(known, about, figure, Since(), OF_TIME, notes=False),
                by="metrics",
            )
