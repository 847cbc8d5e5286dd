"""One instance of `metrics` by a clock that the test owns, on a real database, which has counted what a test says."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sepakat_metrics.archive import Archive
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.history import History
from sepakat_metrics.registry import Registry
from sepakat_metrics.telling import About
from sepakat_metrics.terms import Terms
from sepakat_metrics.verdicts import VERDICT, Since, decide_verdict, verdict_id
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.contracts.texts import Agreement, Indicator


class Ingestion:
    """Of an instance that holds every indicator, or none, and has read all that there is."""

    def __init__(self, known: History) -> None:
        self.caught_up = self.holds = True
        self.known = known

    def owns(self, _indicator: str) -> bool:
        return self.holds

    def known_of(self, _indicator: str, _since: int | None) -> History:
        return self.known

    async def store_events_of(self, _indicator: str) -> None:
        pass


class Judged:
    """It judges the first objective of `text`, over `span`."""

    def __init__(
        self, db: Any, clock: ManualClock, known: History, text: Mapping[str, Any], span: tuple[datetime, datetime]
    ) -> None:
        self.clock, self.commits = clock, Commits(db, clock)
        self.registry = Registry(db, clock)
        self.corrections = Corrections(self.commits, self.registry, Archive(db), clock, "http://x")
        self.ingestion = Ingestion(known)
        self.corrections.ingestion = cast(Any, self.ingestion)
        self.verdicts = Aggregates(self.commits, VERDICT)
        self._text = text
        self._span = span

    async def begin(self) -> None:
        """The indicator and the text are known."""
        given = {"metadata": {"id": "nusantara/checkout-state"}, "kindOfEvents": "state"}
        await self.registry.register(Indicator.model_validate(given), None)
        published = AgreementTextPublished(
            agreement="toko-checkout", version=1, hash="sha256:x",
            effective_from=self._span[0] - timedelta(hours=30), text=dict(self._text),
        )  # fmt: skip
        await self.registry.on_text(published, cast(Any, None))

    async def judge(self) -> None:
        """Tell, or write down, the period as it stands."""
        text = Agreement.model_validate(self._text)
        objective, indicator = text.objectives[0], self.registry.indicators["nusantara/checkout-state"]
        in_force = self.corrections.of("toko-checkout", objective.id)
        about = About("toko-checkout", 1, Terms(text, objective, indicator, in_force), "http://x")
        span = to_ms(self._span[0]), to_ms(self._span[1])
        figure = evaluate(about.terms, self.ingestion.known, to_ms(self.clock.now()), span)
        await self.verdicts.execute(
            verdict_id("toko-checkout", objective, span),
            lambda known, _now: decide_verdict(known, about, figure, Since(), "x"),
            by="metrics",
        )

    async def told(self) -> list[dict[str, Any]]:
        """All that was told, in order."""
        commits = await self.commits.collection.find({}).sort([("committed_at", 1), ("n", 1)]).to_list(None)
        return [each for commit in commits for each in commit["messages"]]
