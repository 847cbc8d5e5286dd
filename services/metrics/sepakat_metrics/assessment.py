"""Keeping every objective judged: after each batch of events, and when the passing of time alone changes something.

A change is first made durable (the checkpoint), then decided as a command on its aggregate, whose commit tells others.
What events changed for the worse or the better at once (a state, a ticket) is judged at once. Counts that went up are
judged as soon as there is time: a batch waits for a bounded share of it, however many objectives there are.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from time import monotonic

from opentelemetry.trace import SpanKind

from sepakat_metrics import impairments, verdicts
from sepakat_metrics.agenda import Agenda
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.feeds import Asked
from sepakat_metrics.figures import Figure
from sepakat_metrics.history import History
from sepakat_metrics.ingestion import Ingestion
from sepakat_metrics.pace import Allowance
from sepakat_metrics.parts import Part, part_at, parts_at
from sepakat_metrics.profiles import NotApplicable
from sepakat_metrics.quiet import quiet_from
from sepakat_metrics.registry import Registry
from sepakat_metrics.showing import Figures
from sepakat_metrics.telling import About
from sepakat_metrics.terms import Terms, Unsupported, asks_since
from sepakat_metrics.told import Command, Told
from sepakat_shared import retry
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.telemetry import continued

_SOONEST = timedelta(milliseconds=20)
_LATEST = timedelta(minutes=1)
_IDLE = timedelta(seconds=2)
_SHARE, _SAVED = 0.1, 0.5
"""Of all the time, how much is for judging what events touched; and how many seconds of it are kept for a burst."""
_STEP, _AT_MOST = 0.01, 0.1
"""Seconds of judging at a time: less is not worth beginning, more would keep heartbeats and checkpoints waiting."""
_READ_AT_ONCE = 50


class Assessment:
    """The figures and verdicts of the objectives whose indicators this instance holds."""

    def __init__(
        self,
        commits: Commits,
        registry: Registry,
        corrections: Corrections,
        figures: Figures,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._told = Told(commits)
        self._registry = registry
        self._corrections = corrections
        self._figures = figures
        self._clock = clock
        self._public_url = public_url
        self._agenda = Agenda()
        self._dirty: dict[str, Fact] = {}
        """Indicators to be judged, in order, with the event that makes it so."""
        self._terms: dict[tuple[str, str], tuple[Part, Terms]] = {}
        self._known: set[str] = set()
        """Indicators of which was read what their objectives were told."""
        self._settled: dict[str, int] = {}
        """By verdict of a period that is over: up to where its indicator's changes have been looked at."""
        self._told_late: dict[str, tuple[int, int]] = {}
        """By verdict that should be closed by now: since when and until when (ms) something was told of it."""
        self._wake = asyncio.Event()
        self._sleeps_until = clock.now()
        self._allowance = Allowance(_SHARE, _SAVED, monotonic())
        self.ingestion: Ingestion
        registry.on_change(self._now_due)
        corrections.on_change(self._adjusted)

    # -- when ---------------------------------------------------------------------------------------------------------

    def _now_due(self, indicators: set[str]) -> None:
        served = [indicator for indicator in indicators if self._registry.is_served(indicator)]
        self.ingestion.look_back_again(served)
        for indicator in served:
            self._agenda.put(indicator, self._clock.now())
        self._wake.set()

    def _adjusted(self, agreement: str, objective: str) -> None:
        self._terms.pop((agreement, objective), None)
        versions = self._registry.agreements.get(agreement, [])
        # A period that is over and not closed yet is to be looked at again, though nothing more was measured.
        for part in parts_at(versions, objective, to_ms(self._clock.now())):
            if part is not None:
                self._settled.pop(_verdict_of(part), None)
        self._now_due(
            {each.indicator for version in versions for each in version.text.objectives if each.id == objective}
        )

    def forget(self) -> None:
        """Partitions have moved: what was remembered of verdicts may be another instance's past."""
        self._terms.clear()
        self._known.clear()
        self._told.forget()
        self._settled.clear()
        self._told_late.clear()
        self._now_due(set(self._registry.served))

    async def on_folded(self, touched: Mapping[str, Fact], urgent: set[str]) -> None:
        """After a batch: judge what it touched, by the event that touched it last; `urgent` at once."""
        self._dirty |= touched
        await self._know(touched)
        for indicator in sorted(urgent):
            await self._assess(indicator)
        begun = monotonic()
        until = begun + min(_AT_MOST, self._allowance.left(begun))
        while self._dirty and monotonic() < until:
            await self._assess(next(iter(self._dirty)))
        self._allowance.use(monotonic() - begun)
        if self._dirty:
            self._wake.set()

    async def run(self) -> None:
        """Judge what is left over, and what the passing of time may have changed."""
        while True:
            self._wake.clear()
            await retry.until_done("judging objectives", lambda: self.ingestion.exclusively(self._assess_due))
            now = self._clock.now()
            following = self._agenda.soonest() or now + _IDLE
            self._sleeps_until = now + _SOONEST if self._dirty else max(following, now + _SOONEST)
            if self._dirty or not self.ingestion.caught_up:
                await asyncio.sleep(self._allowance.wait(_STEP, monotonic()))
            await self._clock.wait(self._wake, self._sleeps_until)

    async def _assess_due(self) -> None:
        """For a bounded time; then batches go on. Beside these, what time alone makes due has no time of its own."""
        now, is_busy = self._clock.now(), not self.ingestion.caught_up
        due = self._agenda.take(now, _READ_AT_ONCE, self.ingestion.owns)
        await self._know(id for _, id in due)
        begun = monotonic()
        until = begun + (min(_STEP, self._allowance.left(begun)) if is_busy else _AT_MOST / 2)
        while due and monotonic() < until:
            await self._assess_mine(due.popleft()[1])
            if not due:
                due = self._agenda.take(now, _READ_AT_ONCE, self.ingestion.owns)
                await self._know(id for _, id in due)
        if not is_busy:
            begun = monotonic()
            until = min(until, begun + self._allowance.left(begun))
        while self._dirty and monotonic() < until:
            await self._assess_mine(next(iter(self._dirty)))
        self._agenda.put_back(due)
        if self._told.has_notes:
            # Nothing is left of them where it turns out that another instance owns the partitions.
            await self.ingestion.flush()
            await self._told.write_notes()
        self._allowance.use(monotonic() - begun)

    async def _assess_mine(self, indicator: str) -> None:
        if self.ingestion.owns(indicator):
            await self._assess(indicator)
        else:
            self._dirty.pop(indicator, None)

    # -- what ---------------------------------------------------------------------------------------------------------

    async def _assess(self, id: str) -> None:
        """Judge every objective on one indicator. The ingestion's lock is held."""
        await self._know([id])
        history = await self.ingestion.history_of(id)
        now = self.ingestion.now(id)
        if now is None:
            self._agenda.put(id, self._clock.now() + _SOONEST)
            return
        at, event = to_ms(now), self._dirty.get(id)
        cause = verdicts.OF_TIME if event is None else f"{event.source} {event.id}"
        soonest = now + _LATEST
        with continued("assess", self.ingestion.traceparents.get(id), SpanKind.INTERNAL, {"sepakat.indicator": id}):
            commands: list[Command] = []
            current: dict[str, list[About]] = {}
            for agreement, objective in self._registry.serves(id):
                versions = self._registry.agreements[agreement]
                part, before = parts_at(versions, objective, at)
                if part is not None and part.objective.indicator == id:
                    about = self._about(part)
                    if about is not None:
                        current.setdefault(agreement, []).append(about)
                        due, decided = await self._assess_objective(about, part, history, at, cause)
                        soonest = min(soonest, due)
                        commands += decided
                if before is not None and before.objective.indicator == id:
                    due, decided = await self._close(before, history, at, cause)
                    soonest = min(soonest, due)
                    commands += decided
            for abouts in current.values():
                commands += await self._told.judge_impairment(abouts, history, at, cause)
            if commands:
                # What is told must be durable first; then nothing that is told waits for another.
                await self.ingestion.flush_events_of(id)
                if not self.ingestion.owns(id):
                    self._dirty.pop(id, None)
                    return
                await asyncio.gather(*[command() for command in commands])
        self._dirty.pop(id, None)
        # While records wait, the clock of evaluation is theirs; then every batch judges anew.
        again = self._clock.now() + max(soonest - now, _SOONEST)
        self._agenda.put(id, again)
        if again < self._sleeps_until:
            self._wake.set()

    def _about(self, part: Part, keep: bool = True) -> About | None:
        """The terms of a part, kept for as long as text and indicator are the same; of the past, only if they are."""
        key = part.version.agreement, part.objective.id
        indicator = self._registry.indicators.get(part.objective.indicator)
        kept = self._terms.get(key)
        if kept is not None and part.is_under_those_of(kept[0]) and kept[1].indicator is indicator:
            terms = kept[1]
        else:
            try:
                terms = part.terms(indicator, self._corrections.of(*key))
            except (Unsupported, NotApplicable) as error:
                self._figures.refuse(part.version, part.objective, str(error))
                return None
            if keep:
                self._terms[key] = part, terms
        return About(part.version.agreement, part.version.number, terms, self._public_url)

    def asked(self, id: str) -> Asked:
        """What objectives in force compare an indicator's measurements with."""
        at = to_ms(self._clock.now())
        thresholds, units = set[int](), set[str]()
        for agreement, objective in self._registry.serves(id):
            part = part_at(self._registry.agreements[agreement], objective, at)
            about = self._about(part) if part is not None and part.objective.indicator == id else None
            if about is not None and about.terms.threshold is not None:
                thresholds.add(about.terms.threshold)
            if about is not None and about.terms.unit is not None:
                units.add(about.terms.unit)
        return Asked(tuple(sorted(thresholds)), frozenset(units))

    def needed_since(self, id: str) -> int | None:
        """From when on (ms) judging asks for an indicator's events; None: from the first on, since a case may be old.

        That is the period before the present one, and what its burn rates look back to.
        """
        now = to_ms(self._clock.now())
        since = now
        indicator = self._registry.indicators.get(id)
        kind = None if indicator is None else indicator.kind_of_events
        for agreement, objective in self._registry.serves(id):
            versions = self._registry.agreements[agreement]
            part, before = parts_at(versions, objective, now)
            for each in (part, before):
                if each is None or each.objective.indicator != id:
                    continue
                # Of what is no more, nothing is asked for once its last period is closed.
                if part is None and self._told.is_closed(_verdict_of(each)):
                    continue
                asked = asks_since(each.objective, kind, each.period)
                if asked is None:
                    return None
                since = min(since, asked)
        return since

    async def _assess_objective(
        self, about: About, part: Part, history: History, at: int, cause: str
    ) -> tuple[datetime, list[Command]]:
        """When to look again, and what is to be told."""
        figure = evaluate(about.terms, history, at, part.period)
        self._figures.show(about, figure)
        commands = await self._judge(about, figure, cause)
        return from_ms(verdicts.next_instant(about, figure, history)), commands

    async def _close(self, before: Part, history: History, at: int, cause: str) -> tuple[datetime, list[Command]]:
        """A calendar period stays open for late events until its lateness has passed; then it is closed.

        What is told of it after that, as when somebody hands in the events of a month at once, is waited for: with the
        first of many it would be closed for good. Returns when to look again, and what is to be told.
        """
        later = from_ms(at) + _LATEST
        if before.objective.window.calendar is None:
            return later, []
        id = _verdict_of(before)
        told = await self._told.last(id)
        earliest, cursor = history.changes.since(self._settled.get(id, 0))
        unchanged = id in self._settled and (earliest is None or earliest >= before.period[1])
        if (told is not None and told.closed) or (unchanged and at < before.period[1] + verdicts.LATENESS_MS):
            self._settled[id] = cursor
            return later, []
        self._settled[id] = cursor
        if at >= before.period[1] + verdicts.LATENESS_MS:
            closes = self._quiet_from(id, at, not unchanged)
            if at < closes:
                return from_ms(closes), []
            self._told_late.pop(id, None)
        about = self._about(before, keep=False)
        if about is None:
            return later, []
        figure = evaluate(about.terms, history, at, before.period)
        return later, [] if figure.holds is None else await self._judge(about, figure, cause)

    def _quiet_from(self, verdict: str, at: int, is_told: bool) -> int:
        """From when on (ms) a period that should be closed is quiet; `is_told` where something of it is told now."""
        if is_told:
            first, _ = self._told_late.get(verdict, (at, at))
            self._told_late[verdict] = first, at
        if verdict not in self._told_late:
            return at
        return quiet_from(*self._told_late[verdict])

    async def _know(self, indicators: Iterable[str]) -> None:
        """Read what is stored of indicators and what was told of them, many at once: after a rebalance it is all of
        this instance's share, but of no more."""
        new = [id for id in indicators if id not in self._known]
        if not new:
            return
        await self.ingestion.have_histories(new)
        at = to_ms(self._clock.now())
        served = [(id, agreement, objective) for id in new for agreement, objective in self._registry.serves(id)]
        await self._told.read(
            [verdict for each in served for verdict in self._verdicts_of(*each, at)],
            [impairments.id_of(agreement, indicator) for indicator, agreement, _ in served],
        )
        self._known |= set(new)

    def _verdicts_of(self, indicator: str, agreement: str, objective: str, at: int) -> list[str]:
        """The verdicts of an objective's period at an instant and of the one before."""
        versions = self._registry.agreements[agreement]
        parts = parts_at(versions, objective, at)
        return [_verdict_of(each) for each in parts if each is not None and each.objective.indicator == indicator]

    async def _judge(self, about: About, figure: Figure, cause: str) -> list[Command]:
        # A revision that nobody is told of waits for a quiet moment: nothing that is told should wait for it.
        return await self._told.judge(about, figure, cause, self._clock.now(), notes=cause == verdicts.OF_TIME)


def _verdict_of(part: Part) -> str:
    return verdicts.verdict_id(part.version.agreement, part.objective, part.period)
