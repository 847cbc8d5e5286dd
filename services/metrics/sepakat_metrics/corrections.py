"""Adjustments in force, and what they make of periods that were judged before them."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from pymongo import ASCENDING

from sepakat_metrics import adjustments as domain
from sepakat_metrics import verdicts
from sepakat_metrics.adjustments import ADJUSTMENT, Adjustment, Asked
from sepakat_metrics.archive import Archive
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import to_ms
from sepakat_metrics.parts import Part, part_at
from sepakat_metrics.registry import Registry
from sepakat_metrics.telling import About
from sepakat_metrics.terms import NONE, Adjustments, Terms
from sepakat_metrics.verdicts import VERDICT, Verdict
from sepakat_shared import retry
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Aggregates, Commits, Loaded
from sepakat_shared.contracts.disputes import DisputeSettled
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Document

_LOOK_EVERY = 2.0
_OUTCOMES = {"upheld": "upheld", "partly": "upheld in part", "rejected": "rejected"}
_DECIDERS = {
    "agreement": "both parties", "default": "the agreed default", "mediator": "the mediator", "forum": "the forum",
}  # fmt: skip
Changed = Callable[[str, str], None]


class Corrections:
    """Judges again, from what is stored, every period that a granted or withdrawn adjustment touches.

    Any instance may do it, whoever counts the indicator's events: what was corrected already is not corrected twice.
    """

    def __init__(self, commits: Commits, registry: Registry, archive: Archive, clock: Clock, public_url: str) -> None:
        self._adjustments = Aggregates(commits, ADJUSTMENT)
        self._verdicts = Aggregates(commits, VERDICT)
        self._registry = registry
        self._archive = archive
        self._clock = clock
        self._public_url = public_url
        self._wake = asyncio.Event()
        self._known: dict[str, int] = {}
        self._by_agreement: dict[str, dict[str, Adjustment]] = {}
        self._listeners: list[Changed] = []

    async def create_indexes(self) -> None:
        await self._adjustments.states.create_index([("parties", ASCENDING), ("agreement", ASCENDING)])
        await self._adjustments.states.create_index([("waiting", ASCENDING)])

    def on_change(self, listener: Changed) -> None:
        """Call `listener(agreement, objective)` when something else is in force for it."""
        self._listeners.append(listener)

    def of(self, agreement: str, objective: str) -> Adjustments:
        """What is in force for an objective."""
        granted = self._by_agreement.get(agreement)
        return NONE if not granted else domain.of_objective(granted.values(), objective)

    # -- granting -----------------------------------------------------------------------------------------------------

    async def grant(self, asked: Asked, asking: Principal) -> Loaded[Adjustment]:
        """Raises Forbidden or Invalid. What was granted in the very same words before is not granted twice."""
        id = hashlib.sha256(repr(asked).encode()).hexdigest()[:24]
        party = None if asking.is_operator else asking.party
        await self._adjustments.execute(
            id, lambda known, now: domain.grant(known, id, asked, party, asking.id, now), by=asking.id
        )
        self._wake.set()
        return await self._adjustments.get(id)

    async def on_settled(self, fact: DisputeSettled, cause: Envelope) -> None:
        """Grant everything that the outcome of a dispute changes, each part once."""
        for i, each in enumerate(fact.remedy.adjustments):
            id = hashlib.sha256(f"{fact.dispute}\n{i}".encode()).hexdigest()[:24]
            asked = Asked(
                fact.agreement, fact.provider, fact.customer, each.objectives, each.kind, "dispute",
                f"dispute {fact.number}: {_OUTCOMES[fact.result]} by {_DECIDERS[fact.how]}", each.start, each.end,
                each.good, each.total, each.ticket or "", each.seconds, fact.dispute,
            )  # fmt: skip
            await self._adjustments.execute(
                id,
                lambda known, now, id=id, asked=asked: domain.grant_outcome(known, id, asked, fact.by, now),  # type: ignore[misc]
                by=cause.source,
                cause=cause,
            )
        self._wake.set()

    async def withdraw(self, id: str, asking: Principal) -> Loaded[Adjustment]:
        """Raises NotFound, Forbidden or Conflict."""
        known = await self.visible(id, asking)
        party = None if asking.is_operator else asking.party
        await self._adjustments.execute(
            id,
            lambda found, now: domain.withdraw(found or known.state, party, asking.id, now),
            by=asking.id,
        )
        self._wake.set()
        return await self._adjustments.get(id)

    async def visible(self, id: str, asking: Principal) -> Loaded[Adjustment]:
        """Raises NotFound also for what concerns others."""
        loaded = await self._adjustments.find(id)
        if loaded is None or not asking.sees([loaded.state.asked.provider, loaded.state.asked.customer]):
            raise NotFound(f"there is no adjustment {id!r} of yours")
        return loaded

    async def page(self, asking: Principal, agreement: str | None, after: str | None, limit: int) -> list[Adjustment]:
        query: Document = {} if agreement is None else {"agreement": agreement}
        if after is not None:
            query["_id"] = {"$gt": after}
        found = self._adjustments.states.find(asking.restrict(query)).sort("_id", ASCENDING).limit(limit)
        return [self._adjustments.read(each).state for each in await found.to_list(None)]

    # -- correcting ---------------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read what is in force: at the start, and what has changed since."""
        stored = await self._adjustments.states.find({}, {"version": 1}).to_list(None)
        changed = [each["_id"] for each in stored if self._known.get(each["_id"], 0) < each["version"]]
        for id in changed:
            loaded = await self._adjustments.get(id)
            adjustment = loaded.state
            if not adjustment.applied:
                await self._correct(adjustment)
                await self._done(id, adjustment)
            self._put(adjustment)
            self._known[id] = loaded.version

    async def _done(self, id: str, corrected: Adjustment) -> None:
        await self._adjustments.execute(
            id, lambda known, now: domain.mark_applied(known, corrected, now), by="metrics"
        )  # fmt: skip

    async def run(self) -> None:
        """Keep up with what is granted and withdrawn, here or by another instance, until cancelled."""
        while True:
            self._wake.clear()
            await retry.until_done("correcting periods", self.load)
            await self._clock.wait(self._wake, self._clock.now() + timedelta(seconds=_LOOK_EVERY))

    def _put(self, adjustment: Adjustment) -> None:
        asked = adjustment.asked
        self._by_agreement.setdefault(asked.agreement, {})[adjustment.granted.id] = adjustment
        for objective in self._objectives(asked):
            for listener in self._listeners:
                listener(asked.agreement, objective)

    def _objectives(self, asked: Asked) -> Iterable[str]:
        versions = self._registry.agreements.get(asked.agreement, [])
        known = dict.fromkeys(each.id for version in versions for each in version.text.objectives)
        return [id for id in known if not asked.objectives or id in asked.objectives]

    async def _correct(self, adjustment: Adjustment) -> None:
        asked = adjustment.asked
        with_it = {**self._by_agreement.get(asked.agreement, {}), adjustment.granted.id: adjustment}
        for objective in self._objectives(asked):
            in_force = domain.of_objective(with_it.values(), objective)
            for verdict in await self._touched(asked, objective):
                await self._correct_period(asked.agreement, objective, verdict, in_force, adjustment)

    async def _touched(self, asked: Asked, objective: str) -> list[Loaded[Verdict]]:
        """The verdicts on periods that the adjustment may have to do with."""
        prefix = f"{asked.agreement}/{objective}/"
        found = await self._verdicts.states.find({"_id": {"$gte": prefix, "$lt": prefix + "~"}}).to_list(None)
        verdicts_read = [self._verdicts.read(each) for each in found]
        return [each for each in verdicts_read if self._may_touch(asked, each)]

    def _may_touch(self, asked: Asked, verdict: Loaded[Verdict]) -> bool:
        if verdict.state.period_end is None:
            return False  # a rolling window is judged anew by itself
        started, ended = datetime.fromisoformat(verdict.id.rpartition("/")[2]), verdict.state.period_end
        if asked.start is None:
            return True
        return asked.start < ended and (asked.end is None or asked.end > started)

    async def _correct_period(
        self, agreement: str, objective: str, verdict: Loaded[Verdict], in_force: Adjustments, adjustment: Adjustment
    ) -> None:
        begins = to_ms(datetime.fromisoformat(verdict.id.rpartition("/")[2]))
        part = part_at(self._registry.agreements[agreement], objective, begins)
        if part is None:
            return
        terms = self._terms(part, in_force)
        length = part.period[1] - part.period[0]
        history = await self._archive.history(
            part.objective.indicator, None if terms.kind == "ticket" else part.period[0] - length // 10, part.period[1]
        )
        figure = evaluate(terms, history, to_ms(self._clock.now()), part.period)
        about = About(agreement, part.version.number, terms, self._public_url)
        word = "granted" if adjustment.in_force else "withdrawn"
        cause = f"{adjustment.asked.kind} {adjustment.granted.id} {word}"
        # What a party gives back afterwards is its own doing, and not the outcome of the dispute any more.
        dispute = adjustment.asked.dispute if adjustment.in_force else ""
        await self._verdicts.execute(
            verdict.id,
            lambda known, _now: verdicts.decide_correction(known, about, figure, cause, dispute or None),
            by="metrics",
        )

    def _terms(self, part: Part, in_force: Adjustments) -> Terms:
        indicator = self._registry.indicators.get(part.objective.indicator)
        return Terms(part.version.text, part.objective, indicator, in_force)
