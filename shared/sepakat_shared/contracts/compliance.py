"""What `metrics` publishes: how each indicator and objective does."""

from datetime import timedelta
from typing import ClassVar, Final

from sepakat_shared.contracts.fact import Fact, Instant, Part, PeriodSpan, Title

LATENESS: Final = timedelta(hours=24)
"""How long after its end a period takes what was late; then it is closed, and its figure final."""


class Budget(Part):
    """Decimal strings in `unit` (`seconds`, `events`, `slices` or `cases`)."""

    total: str
    consumed: str
    remaining: str
    unit: str


class BurnRate(Part):
    """How fast the budget goes over a pair of windows: 1.0 spends it exactly by the window's end."""

    long: str
    short: str
    rate_long: str
    rate_short: str
    factor: str


class Projection(Part):
    """How the period would end, by an assumption that is said: what was lost lately goes on being lost."""

    attainment: str
    met: bool
    exhausted_at: Instant | None = None
    assumption: str


class Money(Part):
    """An amount as a decimal string with its ISO 4217 currency."""

    amount: str
    currency: str


class _About(Fact):
    """Whom and what a compliance event concerns."""

    agreement: str
    version: int
    provider: str
    customer: str
    service: str
    service_title: Title | None = None
    agreement_title: Title | None = None
    indicator: str
    at: Instant
    cause: str
    evidence: str | None = None


class ImpairmentBegan(_About):
    """An indicator is down for longer than its `downAfter`; `at` is when the outage itself began."""

    type: ClassVar[str] = "sepakat.impairment.began.v1"
    impairment: str
    state: str
    objectives: tuple[str, ...] = ()


class ImpairmentEnded(_About):
    """The indicator is up again since `at`."""

    type: ClassVar[str] = "sepakat.impairment.ended.v1"
    impairment: str
    began_at: Instant


class _ObjectiveEvent(_About):
    """The figures of one objective over one period, as they were known at `at`.

    `dispute` is the one whose outcome they follow from, where that is what made them. `credit_percent` is what is owed;
    `measured_credit_percent` what the figure alone gives, where a dispute has agreed on something else. `counting` is
    the name of the way in which they came about.
    """

    episode: str
    objective: str
    objective_title: Title | None = None
    period: PeriodSpan
    state: str
    met: bool | None = None
    attainment: str | None = None
    exact: str | None = None
    value: str | None = None
    unit: str | None = None
    target: str
    coverage: str | None = None
    budget: Budget | None = None
    burn_rates: tuple[BurnRate, ...] = ()
    projection: Projection | None = None
    permitted_loss_left_seconds: str | None = None
    permitted_loss_left: Money | None = None
    credit_percent: str | None = None
    measured_credit_percent: str | None = None
    dispute: str | None = None
    counting: str | None = None


class ObjectiveAtRisk(_ObjectiveEvent):
    """A multi-window burn-rate alert has fired; not sent again while it lasts."""

    type: ClassVar[str] = "sepakat.objective.at_risk.v1"


class ObjectiveRiskPassed(_ObjectiveEvent):
    """The burn-rate alert has ended without a breach."""

    type: ClassVar[str] = "sepakat.objective.risk_passed.v1"


class ObjectiveFailing(_ObjectiveEvent):
    """Below its target by enough of a sample, while the period still runs."""

    type: ClassVar[str] = "sepakat.objective.failing.v1"


class ObjectiveRegained(_ObjectiveEvent):
    """A failing objective has been well within its target for a while."""

    type: ClassVar[str] = "sepakat.objective.regained.v1"


class ObjectiveBreached(_ObjectiveEvent):
    """The period's target is missed since `at`; provisional until the period closes.

    It is `late` where it is told only as the period closes, of events that came a day after its end or later: that is
    for the record, and nothing can be restored any more.
    """

    type: ClassVar[str] = "sepakat.objective.breached.v1"
    late: bool | None = None


class ObjectiveRecovered(_ObjectiveEvent):
    """A rolling window is back within its budget."""

    type: ClassVar[str] = "sepakat.objective.recovered.v1"


class BreachRetracted(_ObjectiveEvent):
    """Late data or an exclusion showed that the target was not missed after all."""

    type: ClassVar[str] = "sepakat.objective.breach_retracted.v1"


class PeriodClosed(_ObjectiveEvent):
    """The period is over and its lateness has passed: this is its figure."""

    type: ClassVar[str] = "sepakat.period.closed.v1"


class PeriodCorrected(_ObjectiveEvent):
    """An exclusion was granted or withdrawn, or a correction made: the figure now, and as it was told before.

    It is not `final` while the period is open for late events: the figure that closes it holds the correction. Of
    before that was told, it is None.
    """

    type: ClassVar[str] = "sepakat.period.corrected.v1"
    final: bool | None = None
    attainment_before: str | None = None
    exact_before: str | None = None
    value_before: str | None = None
    met_before: bool | None = None
    state_before: str | None = None
    credit_percent_before: str | None = None


class AdjustmentGranted(Fact):
    """An exclusion or a correction of what was measured, agreed on afterwards; the periods it touches are corrected."""

    type: ClassVar[str] = "sepakat.adjustment.granted.v1"
    adjustment: str
    agreement: str
    provider: str
    customer: str
    objectives: tuple[str, ...] = ()
    kind: str
    reason: str
    note: str
    start: Instant | None = None
    end: Instant | None = None
    good: int = 0
    total: int = 0
    ticket: str | None = None
    seconds: int = 0
    dispute: str | None = None
    credit_percent: str | None = None
    by: str
    at: Instant


class AdjustmentWithdrawn(AdjustmentGranted):
    """It does not count any more."""

    type: ClassVar[str] = "sepakat.adjustment.withdrawn.v1"


class Credit(Part):
    """What is owed for one period, by the tiers of its objective."""

    percent: str
    amount: str
    currency: str


class BacktestedPeriod(PeriodSpan):
    """What a proposed objective would have come to in one period: `met`, `breached`, `unverified` or `no_data`.

    `permitted_loss` is what the target allows of the counted time, in seconds, where the budget is time, and
    `permitted_cost` what that would cost the customer, by the first need with an impact that the objective serves. A
    credit is owed only for what is judged.
    """

    attainment: str | None = None
    value: str | None = None
    unit: str | None = None
    met: bool | None = None
    state: str
    coverage: str | None = None
    budget: Budget | None = None
    credit: Credit | None = None
    permitted_loss: str | None = None
    permitted_cost: Money | None = None


class BacktestTotals(Part):
    """All periods of a proposed objective together.

    `judged` are those met or missed; the rest was seen too little of (`unverified`) or not at all (`no_data`).
    `credits` is the sum by the tiers alone, before caps and before one outage is credited once. `strictest_target` is
    the hardest one, in the unit of the target, that at least 95 % of the periods judged by it would have met.
    """

    periods: int
    judged: int
    missed: int
    unverified: int
    no_data: int
    credits: Money | None = None
    strictest_target: str | None = None


class BacktestedObjective(Part):
    """One proposed objective over recorded history, or the `reason` why there is nothing to be said of it.

    `approximate` where measurements were compared with a limit that nobody counted by as they came.
    """

    objective: str
    indicator: str
    target: str
    unit: str | None = None
    reason: str | None = None
    approximate: bool = False
    periods: tuple[BacktestedPeriod, ...] = ()
    totals: BacktestTotals | None = None


class _Backtest(Fact):
    """Whom a back-test concerns."""

    backtest: str
    agreement: str
    provider: str
    customer: str
    at: Instant


class BacktestCompleted(_Backtest):
    """What was proposed was held against the history of `[start, end)`."""

    type: ClassVar[str] = "sepakat.backtest.completed.v1"
    start: Instant
    end: Instant
    objectives: tuple[BacktestedObjective, ...] = ()


class BacktestFailed(_Backtest):
    """A back-test that cannot be made; the reason names the field and the rule."""

    type: ClassVar[str] = "sepakat.backtest.failed.v1"
    reason: str
