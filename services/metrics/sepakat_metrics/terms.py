"""An objective made ready to be measured: what it compares, when it counts, what was agreed on since."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Final, TypeVar, cast

from sepakat_metrics import profiles, windows
from sepakat_metrics.cases import Clock
from sepakat_metrics.events import UP, to_micro
from sepakat_metrics.history import History
from sepakat_metrics.ledger import Ledger, Sums
from sepakat_metrics.timeline import Timeline
from sepakat_metrics.windows import Interval
from sepakat_shared.contracts.texts import Agreement, Indicator, Limit, Objective
from sepakat_shared.contracts.units import base_unit

KINDS: Final = {
    "occurrences": ("ratio",),
    "time": ("state",),
    "timeslices": ("ratio", "state"),
    "ratio-timeslices": ("ratio", "state"),
    "share": ("measurement",),
    "percentile": ("measurement",),
    "mean": ("measurement", "state", "ticket"),
    "per-case": ("ticket",),
}
"""The measures, with the kinds of events that each is of."""

T = TypeVar("T")
_STATE_CLOCKS: Final = (("down", "up"), ("up", "down"))
_KEPT: Final = 12
_COUNTED: Final = ("occurrences", "share", "percentile")


class Unsupported(Exception):
    """An objective that its indicator's events cannot answer; the text names it."""


@dataclass(frozen=True, order=True)
class Announced:
    """Maintenance that was announced beside the text's windows, `[start, end)` in ms, as it is excluded.

    It is of the services and objectives that are named, and of everything where neither is. With `beyond_allowance` it
    is excluded whatever else there is, and uses up none of what the text allows.
    """

    start: int
    end: int
    beyond_allowance: bool = False
    services: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()

    def concerns(self, objective: str, service: str) -> bool:
        return not (self.services or self.objectives) or service in self.services or objective in self.objectives


@dataclass(frozen=True)
class Adjustments:
    """What was granted or corrected for one objective, in ms. All lists are united where they are intervals.

    `announced` is all of the agreement's: what is of other objectives uses up the same allowance.
    """

    excluded: tuple[Interval, ...] = ()
    down: tuple[Interval, ...] = ()
    events: tuple[tuple[int, int, int], ...] = ()
    """(instant, good, total) to add."""
    cases: tuple[tuple[str, int], ...] = ()
    """(ticket, ms of clock time to add)."""
    credits: tuple[tuple[int, int, str], ...] = ()
    """(start, end, percent): the credit agreed for a whole period, whatever its figure gives; the last one holds."""
    announced: tuple[Announced, ...] = ()


NONE: Final = Adjustments()


@dataclass
class Terms:
    """One objective of one agreement. `objective` is as it is measured: by its profile where it names one.

    `earlier` are the terms that cases keep which began before an amendment, each until its instant (ms), in order.
    Whatever of it is looked up again and again is kept here; make new terms when anything of them changes.
    """

    text: Agreement
    objective: Objective
    indicator: Indicator | None
    adjustments: Adjustments = NONE
    kind: str | None = None
    earlier: "tuple[tuple[int, Terms], ...]" = ()
    timeline: Timeline = field(init=False)
    _kept: dict[str, tuple[History, Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.indicator is not None:
            self.kind = self.indicator.kind_of_events
        if self.objective.profile is not None and self.kind is not None:
            self.objective = profiles.applied(self.objective, self.objective.profile, self.kind)
        self._check()
        self.timeline = self._timeline(self.objective.calendar)
        clock = self.objective.clock
        of_tickets = clock is not None and (clock.from_, clock.until) not in _STATE_CLOCKS
        self.clock_timeline = self._timeline(clock.calendar) if clock is not None and of_tickets else self.timeline

    def _check(self) -> None:
        id, measure, clock = self.objective.id, self.objective.measure, self.objective.clock
        if self.kind is not None and self.kind not in KINDS[measure]:
            needed = " or ".join(KINDS[measure])
            raise Unsupported(
                f"objective {id}: {measure!r} needs {needed} events, but {self.objective.indicator} takes {self.kind}"
            )
        kept = None if self.indicator is None else self.indicator.unit
        if kept is not None and self.unit not in (None, base_unit(kept)):
            field = "threshold" if measure == "share" else "target"
            raise Unsupported(
                f"objective {id}: {field}: is in {self.unit or 'no unit'}, "
                f"but {self.objective.indicator} is measured in {kept}"
            )
        if self.kind in ("ticket", "state") and measure in ("mean", "per-case"):
            between_states = clock is not None and (clock.from_, clock.until) in _STATE_CLOCKS
            if clock is None or between_states != (self.kind == "state"):
                raise Unsupported(
                    f"objective {id}: a {measure} of {self.kind} events needs a clock from one "
                    f"{'state' if self.kind == 'state' else 'fact of a ticket'} until another"
                )

    def _timeline(self, calendar: str) -> Timeline:
        is_mean_of_measurements = self.objective.measure == "mean" and self.objective.clock is None
        counted = self.objective.measure in _COUNTED or self.kind == "ratio" or is_mean_of_measurements

        def excluded(start: int, end: int) -> list[Interval]:
            found = windows.unite(
                [*self._maintenance(start, end), *windows.clip(self.adjustments.excluded, start, end)]
            )  # fmt: skip
            return windows.snapped(found) if counted else found

        return Timeline(lambda start, end: windows.in_schedule(self.text, calendar, start, end), excluded)

    def _maintenance(self, start: int, end: int) -> list[Interval]:
        """What is excluded of the text's windows and of what was announced, as far as it concerns this objective."""
        announced = self.adjustments.announced
        if not announced:
            return windows.maintenance(self.text, self.objective, start, end)
        service = self.text.service_of(self.objective, self.indicator).id
        return windows.maintenance(
            self.text, self.objective, start, end,
            within=[(each.start, each.end) for each in announced if not each.beyond_allowance],
            its_own=[
                (each.start, each.end) for each in announced
                if not each.beyond_allowance and each.concerns(self.objective.id, service)
            ],
            beyond=[
                (each.start, each.end) for each in announced
                if each.beyond_allowance and each.concerns(self.objective.id, service)
            ],
        )  # fmt: skip

    def keep(self, name: str, history: History, make: Callable[["Terms", History], T]) -> T:
        """What is kept of a history under `name`, made when it is first asked for or the history is another one."""
        kept = self._kept.get(name)
        if kept is None or kept[0] is not history:
            if len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            kept = self._kept[name] = history, make(self, history)
        return cast(T, kept[1])

    def ledger(self, history: History, add: Callable[[int, int], Sums]) -> Ledger:
        """The sums over counted time of that history; made with `add` when first asked for."""
        return self.keep("ledger", history, lambda terms, of: Ledger(terms.timeline, of.changes, add))

    # -- what is compared ---------------------------------------------------------------------------------------------

    @cached_property
    def target(self) -> Fraction:
        """The share (0 to 1) that must be good; of a percentile, the share that must be at or under the limit."""
        if self.objective.measure == "percentile":
            return Fraction(self.objective.percentile or 0) / 100
        if isinstance(self.objective.target, Limit):
            return Fraction(1)
        return Fraction(self.objective.target) / 100

    @cached_property
    def threshold(self) -> int | None:
        """What measurements are compared with, in millionths of their base unit."""
        limit = self.objective.target if self.objective.measure == "percentile" else self.objective.threshold
        return None if self.objective.measure == "per-case" else micro(limit)

    @property
    def unit(self) -> str | None:
        """The base unit that measurements must come in; None where any will do."""
        if self.objective.measure not in ("share", "percentile", "mean") or self.kind in ("state", "ticket"):
            return None
        limit = self.objective.threshold if self.objective.measure == "share" else self.objective.target
        if not isinstance(limit, Limit):
            return None
        return limit.base_unit

    @property
    def clock(self) -> Clock:
        """The clock of its cases."""
        clock, threshold = self.objective.clock, self.objective.threshold
        if clock is None:
            raise Unsupported(f"objective {self.objective.id}: has no clock")
        limit = None
        if self.objective.measure == "per-case" and threshold is not None:
            limit = (micro(threshold) or 0) // UP
        priority = self.objective.where.get("priority")
        return Clock(clock.from_, clock.until, frozenset(clock.pause_while), limit, priority, self.text.metadata.id)

    @property
    def silence(self) -> tuple[int, int | None] | None:
        """The indicator's silence rule as a History takes it."""
        if self.indicator is None or self.indicator.silence is None:
            return None
        weights: dict[str, int | None] = {"up": UP, "down": 0, "unknown": None}
        return self.indicator.silence.after // timedelta(milliseconds=1), weights[self.indicator.silence.means]


def asks_since(objective: Objective, kind: str | None, period: Interval) -> int | None:
    """From when on (ms) the figure of a period asks for events. None: from the first on, since a case or an outage that
    ended in it may have begun at any time.

    Burn rates look back a tenth of it; an outage at its begin is as long as it lasted in all.
    """
    if objective.measure == "per-case" or (objective.measure == "mean" and kind != "measurement"):
        return None
    shortest = (objective.shortest_outage or timedelta(0)) // timedelta(milliseconds=1)
    return period[0] - max((period[1] - period[0]) // 10, shortest)


def micro(limit: Limit | Decimal | None) -> int | None:
    """A limit in millionths of its base unit; None where it is a percentage."""
    if not isinstance(limit, Limit):
        return None
    amount = limit.amount
    if isinstance(amount, timedelta):
        return amount // timedelta(microseconds=1) * 1000
    return to_micro(amount, limit.unit or "")
