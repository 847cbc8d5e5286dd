"""What was told of objectives and outages, remembered, and the commands that tell what is new.

An instance remembers this of the indicators that it holds; what a crash kept from being written is found when deciding.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime

from sepakat_metrics import impairments, verdicts
from sepakat_metrics.figures import Figure
from sepakat_metrics.history import History
from sepakat_metrics.impairments import IMPAIRMENT, Impairment
from sepakat_metrics.telling import About
from sepakat_metrics.verdicts import VERDICT, Since, Verdict, VerdictEvent, VerdictTold
from sepakat_shared import retry
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.commits import Commits

Command = Callable[[], Awaitable[None]]
_READ_AT_ONCE = 500


class Told:
    def __init__(self, commits: Commits) -> None:
        self._verdicts = Aggregates(commits, VERDICT)
        self._impairments = Aggregates(commits, IMPAIRMENT)
        self._of: dict[str, Verdict | None] = {}
        self._down: dict[str, Impairment | None] = {}
        self._since: dict[str, Since] = {}
        self._noted: dict[str, Callable[[Verdict | None, datetime], Sequence[VerdictEvent]]] = {}

    def forget(self) -> None:
        """Partitions have moved: what is remembered may be another instance's past."""
        self._of.clear()
        self._down.clear()
        self._since.clear()
        self._noted.clear()

    async def read(self, of: Iterable[str], down: Iterable[str]) -> None:
        """Read these verdicts and impairments, by id, many at once."""
        for those in _batches(list(of)):
            found = await self._verdicts.states.find({"_id": {"$in": those}}).to_list(None)
            self._of |= dict.fromkeys(those) | {each["_id"]: self._verdicts.read(each).state for each in found}
        for those in _batches(sorted(set(down))):
            found = await self._impairments.states.find({"_id": {"$in": those}}).to_list(None)
            self._down |= dict.fromkeys(those) | {each["_id"]: self._impairments.read(each).state for each in found}

    async def last(self, id: str) -> Verdict | None:
        if id not in self._of:
            loaded = await self._verdicts.find(id)
            self._of[id] = loaded.state if loaded else None
        return self._of[id]

    def is_closed(self, id: str) -> bool:
        """Whether a verdict is known to be closed; not, where nothing of it was read yet."""
        known = self._of.get(id)
        return known is not None and known.closed

    async def judge(self, about: About, figure: Figure, cause: str, now: datetime, *, notes: bool) -> list[Command]:
        """What is to be told of a figure. With `notes`, a revision that nobody is told of is kept for `write_notes`."""
        id = verdicts.verdict_id(about.agreement, about.objective, figure.period)
        since = self._since[id] = self._since.get(id, Since()).after(figure)
        # An older figure that waits to be written down is not to be held against what is told from here on.
        self._noted.pop(id, None)

        def decide(verdict: Verdict | None, _now: datetime) -> Sequence[VerdictEvent]:
            return verdicts.decide_verdict(verdict, about, figure, since, cause, notes)

        told = await self.last(id)
        decided = decide(told, now)
        if not decided:
            return []
        if not any(isinstance(event, VerdictTold) for event in decided):
            self._noted[id] = decide
            return []

        async def tell() -> None:
            after = await self._verdicts.execute(id, decide, by="metrics", new=told is None)
            self._of[id] = after.state if after else None

        return [tell]

    @property
    def has_notes(self) -> bool:
        return bool(self._noted)

    async def write_notes(self) -> None:
        """Write down the revisions that nobody is told of, many at once. What they say is durable before."""
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            after = await self._verdicts.execute_many(noted, by="metrics")
        except retry.TRANSIENT:
            self._noted = noted | self._noted
            raise
        self._of |= {id: loaded.state for id, loaded in after.items()}

    async def judge_impairment(self, abouts: list[About], history: History, at: int, cause: str) -> list[Command]:
        """What is to be told of an outage of the indicator that these objectives, of one agreement, are on."""
        about = abouts[0]
        if about.indicator is None or about.indicator.kind_of_events != "state":
            return []
        id = impairments.impairment_id(about)
        if id not in self._down:
            loaded = await self._impairments.find(id)
            self._down[id] = loaded.state if loaded else None
        named = [each.objective.id for each in abouts]
        if not impairments.decide_impairment(self._down.get(id), about, named, history, at, cause):
            return []

        async def tell() -> None:
            after = await self._impairments.execute(
                id,
                lambda impairment, _now: impairments.decide_impairment(impairment, about, named, history, at, cause),
                by="metrics",
                new=self._down.get(id) is None,
            )
            self._down[id] = after.state if after else None

        return [tell]


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[i : i + _READ_AT_ONCE] for i in range(0, len(ids), _READ_AT_ONCE))
