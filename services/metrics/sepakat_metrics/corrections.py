"""Adjustments in force, and what they make of periods that were judged before them."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic

from pymongo import ASCENDING

from sepakat_metrics import adjustments as domain
from sepakat_metrics import verdicts
from sepakat_metrics.adjustments import ADJUSTMENT, Adjustment, Asked
from sepakat_metrics.archive import Archive
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.figures import Figure
from sepakat_metrics.granting import Grants
from sepakat_metrics.history import History
from sepakat_metrics.ingestion import Ingestion
from sepakat_metrics.lately import Lately
from sepakat_metrics.pace import Pace
from sepakat_metrics.parts import Part, part_at
from sepakat_metrics.registry import Registry
from sepakat_metrics.telling import About, facts_of
from sepakat_metrics.terms import NONE, Adjustments, Announced, Terms, asks_since
from sepakat_metrics.verdicts import VERDICT
from sepakat_shared import retry
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits

_LOOK_EVERY = timedelta(seconds=2)
Changed = Callable[[str, str], None]


class Corrections:
    """Judges again every period that a granted or withdrawn adjustment touches: from memory where this instance counts
    the indicator's events, else from what is stored.

    Any instance may do it: what was corrected already is not corrected twice.
    """

    def __init__(self, commits: Commits, registry: Registry, archive: Archive, clock: Clock, public_url: str) -> None:
        self._adjustments = Aggregates(commits, ADJUSTMENT)
        self._verdicts = Aggregates(commits, VERDICT)
        self._registry = registry
        self._archive = archive
        self._clock = clock
        self._public_url = public_url
        self.announced: Callable[[str], tuple[Announced, ...]] = lambda _agreement: ()
        """What counts as announced maintenance of an agreement."""
        self.grants = Grants(self._adjustments, self._hand)
        self.alone = asyncio.Lock()
        """Held while periods are judged again: whatever else was agreed since must be in the figure already."""
        self._wake = asyncio.Event()
        self._handed: list[Adjustment] = []
        """What was just granted or withdrawn here."""
        self._pace = Pace(lambda: not self.ingestion.caught_up)
        self.ingestion: Ingestion
        self._lately = Lately(clock, "written_at")
        self._known: dict[str, int] = {}
        self._by_agreement: dict[str, dict[str, Adjustment]] = {}
        self._listeners: list[Changed] = []

    async def create_indexes(self) -> None:
        await self._adjustments.states.create_index([("parties", ASCENDING), ("agreement", ASCENDING)])
        await self._adjustments.states.create_index([("waiting", ASCENDING)])
        await self._adjustments.states.create_index([("written_at", ASCENDING)])

    def on_change(self, listener: Changed) -> None:
        """Call `listener(agreement, objective)` when something else is in force for it."""
        self._listeners.append(listener)

    def of(self, agreement: str, objective: str) -> Adjustments:
        """What is in force for an objective."""
        granted, announced = self._by_agreement.get(agreement), self.announced(agreement)
        in_force = NONE if not granted else domain.of_objective(granted.values(), objective)
        return replace(in_force, announced=announced) if announced else in_force

    def _hand(self, adjustment: Adjustment) -> None:
        self._handed.append(adjustment)
        self._wake.set()

    # -- correcting ---------------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read what is in force: at the start, and what has changed since."""
        written = self._lately.query()
        stored = await self._adjustments.states.find(written, {"version": 1}).to_list(None)
        changed = [each["_id"] for each in stored if self._known.get(each["_id"], 0) < each["version"]]
        for id in changed:
            loaded = await self._adjustments.get(id)
            if loaded.state.applied:
                self._put(loaded.state)
                self._known[id] = loaded.version
            else:
                await self._take(loaded.state)
        self._lately.was_read(written)

    async def _take(self, adjustment: Adjustment) -> None:
        """Judge again what it touches, then count with it."""
        async with self.alone:
            await self._take_alone(adjustment)

    async def _take_alone(self, adjustment: Adjustment) -> None:
        id = adjustment.granted.id
        await self._correct(adjustment)
        done = await self._adjustments.execute(
            id, lambda known, now: domain.mark_applied(known, adjustment, now), by="metrics"
        )
        self._put(adjustment)
        if done is not None and done.state.applied and done.state.in_force == adjustment.in_force:
            self._known[id] = done.version

    async def run(self) -> None:
        """Keep up with what is granted and withdrawn, here or by another instance, until cancelled."""
        look_at = self._clock.now()
        while True:
            self._wake.clear()
            while self._handed:
                adjustment = self._handed.pop(0)
                await retry.until_done("correcting periods", lambda each=adjustment: self._take(each))  # type: ignore[misc]
            if look_at <= self._clock.now():
                await retry.until_done("reading adjustments", self.load)
                look_at = self._clock.now() + _LOOK_EVERY
            await self._clock.wait(self._wake, look_at)

    def _put(self, adjustment: Adjustment) -> None:
        asked = adjustment.asked
        self._by_agreement.setdefault(asked.agreement, {})[adjustment.granted.id] = adjustment
        self.tell(asked.agreement, self.objectives(asked.agreement, asked.objectives))

    def tell(self, agreement: str, objectives: Iterable[str]) -> None:
        """Tell the listeners that something else is in force for these."""
        for objective in objectives:
            for listener in self._listeners:
                listener(agreement, objective)

    def objectives(self, agreement: str, named: Collection[str] = ()) -> list[str]:
        """Those of any version of the agreement, of the named ones where there are some."""
        versions = self._registry.agreements.get(agreement, [])
        known = dict.fromkeys(each.id for version in versions for each in version.text.objectives)
        return [id for id in known if not named or id in named]

    async def _correct(self, adjustment: Adjustment) -> None:
        asked = adjustment.asked
        with_it = {**self._by_agreement.get(asked.agreement, {}), adjustment.granted.id: adjustment}
        for objective, verdict in await self._touched(asked):
            in_force = domain.of_objective(with_it.values(), objective)
            in_force = replace(in_force, announced=self.announced(asked.agreement))
            await self._correct_period(asked.agreement, objective, verdict, in_force, adjustment)

    async def _touched(self, asked: Asked) -> list[tuple[str, str]]:
        """(objective, verdict) of the periods that it may touch. A rolling window is judged anew by itself."""
        objectives = self.objectives(asked.agreement, asked.objectives)
        if asked.start is not None:
            within = [self._period_around(asked, objective, asked.start) for objective in objectives]
            if all(each is not None for each in within):
                return [(id, each) for id, each in zip(objectives, within, strict=True) if each]
        begins, end = asked.start or datetime.min.replace(tzinfo=UTC), asked.end or asked.start
        found = await self.verdicts(asked.agreement, begins, end)
        return [(id, each) for id, each in found if id in objectives]

    async def verdicts(self, agreement: str, start: datetime, end: datetime | None) -> list[tuple[str, str]]:
        """(objective, verdict) of each period that touches that time; without end where there is None."""
        ids = {"_id": {"$gte": f"{agreement}/", "$lt": f"{agreement}/~"}}
        found = await self._verdicts.states.find({**ids, "period_end": {"$gt": start}}, {"_id": 1}).to_list(None)
        touched = [(each["_id"].partition("/")[2].rpartition("/")[0], str(each["_id"])) for each in found]
        return [(id, each) for id, each in touched if end is None or end >= _begins(each)]

    def _period_around(self, asked: Asked, objective: str, start: datetime) -> str | None:
        """The verdict of the one period that it lies in; "" where the window rolls, None where it may be several."""
        part = part_at(self._registry.agreements[asked.agreement], objective, to_ms(start))
        if part is None:
            return None
        if part.objective.window.rolling is not None:
            return ""
        inside = to_ms(asked.end or start) <= part.period[1]
        return verdicts.verdict_id(asked.agreement, part.objective, part.period) if inside else None

    async def _correct_period(
        self, agreement: str, objective: str, verdict: str, in_force: Adjustments, adjustment: Adjustment
    ) -> None:
        found = await self.measured(agreement, objective, verdict, in_force, to_ms(self._clock.now()))
        if found is None:
            return
        word = "granted" if adjustment.in_force else "withdrawn"
        cause = f"{adjustment.asked.kind} {adjustment.granted.id} {word}"
        # What a party gives back afterwards is its own doing, and not the outcome of the dispute any more.
        dispute = adjustment.asked.dispute if adjustment.in_force else ""
        await self._tell(verdict, *found, cause, dispute or None)

    async def judge_by(
        self, agreement: str, objective: str, verdict: str, before: tuple[Announced, ...] | None,
        after: tuple[Announced, ...], cause: str,
    ) -> None:  # fmt: skip
        """Judge a closed period again where other maintenance makes another figure of it. `alone` is held.

        With None `before`, it is not known which it was judged with. What is not closed is judged anew by itself.
        """
        known = await self._verdicts.find(verdict)
        if known is None or not known.state.closed:
            return
        in_force, at = self.of(agreement, objective), to_ms(self._clock.now())
        now = await self.measured(agreement, objective, verdict, replace(in_force, announced=after), at)
        if now is None:
            return
        if before is not None:
            was = await self.measured(agreement, objective, verdict, replace(in_force, announced=before), at)
            if was is not None and facts_of(was[1]) == facts_of(now[1]):
                return
        await self._tell(verdict, *now, cause, None)

    def part_of(self, agreement: str, objective: str, verdict: str) -> Part | None:
        """The period of a verdict and the text that governs it; None where no text says anything of it."""
        return part_at(self._registry.agreements.get(agreement, ()), objective, to_ms(_begins(verdict)))

    async def measured(
        self, agreement: str, objective: str, verdict: str, in_force: Adjustments, at: int
    ) -> tuple[About, Figure] | None:
        """The figure of a verdict's period with what is in force; None where no text says anything of it."""
        part = self.part_of(agreement, objective, verdict)
        if part is None:
            return None
        indicator = self._registry.indicators.get(part.objective.indicator)
        terms = part.terms(indicator, in_force)
        history = await self._history(terms, part)
        begun = monotonic()
        figure = evaluate(terms, history, at, part.period)
        await self._pace.rest(monotonic() - begun)
        return About(agreement, part.version.number, terms, self._public_url), figure

    async def _tell(self, verdict: str, about: About, figure: Figure, cause: str, dispute: str | None) -> None:
        # What is told must be durable first.
        await self.ingestion.store_events_of(about.objective.indicator)
        await self._verdicts.execute(
            verdict, lambda known, _now: verdicts.decide_correction(known, about, figure, cause, dispute), by="metrics"
        )

    async def _history(self, terms: Terms, part: Part) -> History:
        indicator, since = part.objective.indicator, asks_since(terms.objective, terms.kind, part.period)
        return self.ingestion.known_of(indicator, since) or await self._archive.history(
            indicator, since, part.period[1]
        )  # fmt: skip


def _begins(verdict: str) -> datetime:
    return datetime.fromisoformat(verdict.rpartition("/")[2])
