"""How an objective did over a period: as it is known now, or as it was known then."""

import asyncio
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sepakat_metrics import windows
from sepakat_metrics.archive import Archive, Stored
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.explanation import explained
from sepakat_metrics.figures import Figure, shown, span_of
from sepakat_metrics.history import History
from sepakat_metrics.losses import as_json, greatest, losses
from sepakat_metrics.parts import Part, Version, part_at, parts_of
from sepakat_metrics.profiles import NotApplicable
from sepakat_metrics.registry import Registry
from sepakat_metrics.terms import Terms, Unsupported, asks_since
from sepakat_metrics.verdicts import VERDICT, VerdictNoted, VerdictTold, verdict_id
from sepakat_metrics.windows import Interval
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Conflict, Invalid, NotFound

_NAMED = 100
"""Losses in one answer: whoever wants more asks for a shorter period."""
_LONGEST_MS: Final = 366 * 86_400_000
"""What START/END may span: all of it is read and counted for one answer."""


class Attainments:
    """Reads of figures; nothing here changes one."""

    def __init__(
        self, commits: Commits, registry: Registry, corrections: Corrections, archive: Archive, clock: Clock
    ) -> None:
        self._verdicts = Aggregates(commits, VERDICT)
        self._registry = registry
        self._corrections = corrections
        self._archive = archive
        self._clock = clock

    async def now(self, asking: Principal, agreement: str, objective: str, period: str | None) -> dict[str, Any]:
        """The figure from all that is stored, over any period, and the verdict that was told of it.

        What comes later than a period's lateness is in the figure, not in the verdict: only a correction moves that.
        Raises NotFound or Invalid.
        """
        versions = self.visible(asking, agreement)
        part, span = self.part(versions, objective, period)
        terms, stored = await self._stored(part, span)
        _, figure = await asyncio.to_thread(_judged, terms, stored, to_ms(self._clock.now()), span)
        known = await self._revisions(part) if span == part.period else []
        verdict = known[-1] if known else None
        return {**_named(versions, part), **_as_of(terms, figure), "verdict": verdict}

    async def explained(self, asking: Principal, agreement: str, objective: str, period: str | None) -> dict[str, Any]:
        """The same figure, how it is arrived at step by step, and where it lost most. Raises NotFound or Invalid."""
        versions = self.visible(asking, agreement)
        part, span = self.part(versions, objective, period)
        terms, stored = await self._stored(part, span)
        told = await asyncio.to_thread(_explained, terms, stored, to_ms(self._clock.now()), span)
        return {**_named(versions, part), **told}

    async def _stored(self, part: Part, span: Interval) -> tuple[Terms, Stored]:
        """The terms of a part as they are now, and what is stored for that time."""
        terms = self.terms(part)
        since = asks_since(terms.objective, terms.kind, span)
        return terms, await self._archive.stored(part.objective.indicator, since, span[1])

    def terms(self, part: Part) -> Terms:
        """A part's terms with what is granted and corrected now. Raises Conflict where its events can't answer it."""
        indicator = self._registry.indicators.get(part.objective.indicator)
        try:
            return part.terms(indicator, self._corrections.of(part.version.agreement, part.objective.id))
        except (Unsupported, NotApplicable) as error:
            raise Conflict(str(error)) from error

    async def revisions(
        self, asking: Principal, agreement: str, objective: str, period: str | None, known_at: datetime | None
    ) -> list[dict[str, Any]]:
        """Every revision of a period's verdict that was known then, the oldest first. Raises NotFound or Invalid."""
        versions = self.visible(asking, agreement)
        part, span = self.part(versions, objective, period)
        if part.objective.window.calendar is not None and span != part.period:
            raise Invalid.at("/period", "is not a period of this objective: only those have revisions")
        return await self._revisions(part, known_at)

    async def _revisions(self, part: Part, known_at: datetime | None = None) -> list[dict[str, Any]]:
        id = verdict_id(part.version.agreement, part.objective, part.period)
        return [
            revision
            for commit in await self._verdicts.committed(id)
            if known_at is None or commit.at <= known_at
            for event in commit.events
            if (revision := _revision(event, commit.at)) is not None
        ]

    def visible(self, asking: Principal, agreement: str) -> list[Version]:
        """The versions of an agreement that `asking` is a party of. Raises NotFound."""
        versions = self._registry.agreements.get(agreement, [])
        parties = {party for each in versions for party in (each.text.parties.provider, each.text.parties.customer)}
        if not versions or not asking.sees(parties):
            raise NotFound(f"there is no agreement {agreement!r} in force that you may see")
        return versions

    def part(self, versions: list[Version], objective: str, period: str | None) -> tuple[Part, Interval]:
        """The part that a period names, and the span to judge. Raises NotFound or Invalid."""
        span = _span(period, versions[-1].text.term.time_zone)
        at = to_ms(self._clock.now()) if span is None else span[0]
        part = part_at(versions, objective, at)
        if part is None:
            raise NotFound(f"there is no objective {objective!r} in this agreement then")
        if span is None or span[0] == span[1]:
            return part, part.period
        if span[1] - span[0] > _LONGEST_MS and span != part.period:
            raise Invalid.at("/period", "may be 366 days long at most, or else a period of the objective")
        return part, span


# In a thread each: over a long period they take seconds, while the event loop has to answer and to send heartbeats.


def _judged(terms: Terms, stored: Stored, at: int, span: Interval) -> tuple[History, Figure]:
    history = History.of(part for _, part in stored.unpacked())
    return history, evaluate(terms, history, at, span)


def _explained(terms: Terms, stored: Stored, at: int, span: Interval) -> dict[str, Any]:
    history, figure = _judged(terms, stored, at, span)
    lost = losses(terms, history, figure)
    return {
        **_as_of(terms, figure),
        "steps": list(explained(terms, figure, lost)),
        "losses": [as_json(each) for each in greatest(lost, _NAMED)],
        "losses_in_all": len(lost),
    }


def _span(period: str | None, zone: str) -> Interval | None:
    """START/END, or an instant, day or month that a period holds (an interval without length)."""
    if period is None:
        return None
    start, slash, end = period.partition("/")
    span = _instant(start, zone), _instant(end, zone) if slash else _instant(start, zone)
    if slash and span[0] >= span[1]:
        raise Invalid.at("/period", "must end after it begins")
    return span


def _instant(text: str, zone: str) -> int:
    try:
        if len(text) <= 10:
            return windows.local_midnight(date.fromisoformat(text if len(text) > 7 else text + "-01"), ZoneInfo(zone))
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid.at("/period", "write START/END, or an instant with its offset, a day or a month: 2026-11")
    return to_ms(at)


def _named(versions: list[Version], part: Part) -> dict[str, Any]:
    """Which terms judge it. Where an amendment split the calendar period, a month names its first part: `parts` are
    all of them, and an instant within names any."""
    split = parts_of(versions, part)
    parts = [{"version": each.version.number, "period": span_of(each.period)} for each in split]
    return {"agreement": part.version.agreement, "version": part.version.number, "parts": parts}


def _as_of(terms: Terms, figure: Figure) -> dict[str, Any]:
    return {**shown(terms.text, figure), "as_of": rfc3339(from_ms(figure.as_of))}


def _revision(event: object, at: datetime) -> dict[str, Any] | None:
    if isinstance(event, VerdictNoted):
        return {"known_at": rfc3339(at), "told": None, "version": event.version, **event.figure}
    if isinstance(event, VerdictTold):
        data = event.told.data
        names = ("version", "period", "state", "met", "exact", "attainment", "value", "unit", "target", "budget",
                 "coverage", "cause")  # fmt: skip
        return {"known_at": rfc3339(at), "told": event.told.type, **{name: data.get(name) for name in names}}
    return None
