"""How an objective stands over a period: exact figures from an indicator's history. Pure; no clock, no I/O.

The services and `sepakat evaluate` share this module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any, Final

from sepakat_metrics import windows
from sepakat_metrics.buckets import MINUTE_MS, History
from sepakat_metrics.events import UP, base_unit, from_ms, to_micro
from sepakat_metrics.windows import Interval
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.texts import Agreement, Indicator, Limit, Objective

MEASURES: Final = {"occurrences": "ratio", "time": "state", "share": "measurement"}
"""What this version measures, with the kind of events that each needs."""

_THIRTY_DAYS = 30 * 86_400_000
_ALERTS: Final = ((Fraction(144, 10), 3_600_000, 300_000), (Fraction(6), 21_600_000, 1_800_000),
                  (Fraction(1), 259_200_000, 21_600_000))  # fmt: skip
"""Burn-rate alerts for 30 days (Google SRE workbook, ch. 5): factor, long and short window in ms."""


class Unsupported(Exception):
    """An objective of a measure that this version does not know."""


@dataclass(frozen=True)
class Burn:
    """Burn rates over a pair of windows (ms); None where nothing was observed."""

    factor: Fraction
    long: int
    short: int
    rate_long: Fraction | None
    rate_short: Fraction | None

    @property
    def fires(self) -> bool:
        both = (self.rate_long, self.rate_short)
        return all(rate is not None and rate > self.factor for rate in both)


@dataclass(frozen=True)
class Figure:
    """One objective over one period, as of an instant (ms). Fractions are exact.

    `good` of `total` is the attainment; `lost` is what the budget is spent by, in the same unit (`seconds` or
    `events`), and `budget` what may be lost. `spent_at` is when a budget that is absolute was exceeded.
    """

    objective: Objective
    period: Interval
    as_of: int
    good: Fraction
    total: Fraction
    budget: Fraction
    unit: str
    observed: Fraction
    excluded: Fraction
    unknown: Fraction
    coverage: Fraction | None
    sample: int
    absolute: bool
    covered: bool
    exact_counts: bool = True
    spent_at: int | None = None
    spent_by: int | None = None
    """When the budget will be exceeded if the present state lasts (ms)."""
    burns: tuple[Burn, ...] = field(default=())

    @property
    def target(self) -> Fraction:
        return _target(self.objective)

    @property
    def attainment(self) -> Fraction | None:
        return self.good / self.total if self.total else None

    @property
    def lost(self) -> Fraction:
        return self.total - self.good

    @property
    def met(self) -> bool | None:
        """Whether the target is met by what was observed; None where nothing was, or too little of the period."""
        if self.attainment is None:
            return None
        if self.attainment < self.target:
            return False
        return True if self.covered else None

    @property
    def enough(self) -> bool:
        return self.sample >= self.objective.minimum_sample

    @property
    def ended(self) -> bool:
        return self.as_of >= self.period[1] and self.objective.window.calendar is not None

    @property
    def over_budget(self) -> bool:
        return self.lost > self.budget

    @property
    def at_risk(self) -> bool:
        return self.enough and any(burn.fires for burn in self.burns)

    @property
    def state(self) -> str:
        """`no_data`, `breached`, `failing`, `unverified`, `at_risk` or `met`, by this figure alone."""
        if self.attainment is None:
            return "no_data"
        if self.absolute:
            if self.over_budget:
                return "breached"
        elif self.attainment < self.target and self.enough:
            return "breached" if self.ended or self.objective.window.rolling is not None else "failing"
        if not self.covered or not self.enough:
            return "unverified"
        return "at_risk" if self.at_risk else "met"

    @property
    def credit_percent(self) -> Decimal | None:
        """What the tiers give for this attainment: the highest of those strictly above it."""
        if self.objective.credits is None or self.attainment is None:
            return None
        reached = [
            tier.percent for tier in self.objective.credits.tiers if self.attainment * 100 < Fraction(tier.below)
        ]
        return max(reached, default=Decimal(0))


def supported(objective: Objective, indicator: Indicator | None) -> None:
    """Raise Unsupported, by name, for what this version does not measure."""
    if objective.measure not in MEASURES:
        raise Unsupported(
            f"objective {objective.id}: the measure {objective.measure!r} is not supported; "
            f"there are {', '.join(sorted(MEASURES))}"
        )
    if indicator is not None and indicator.kind_of_events != MEASURES[objective.measure]:
        raise Unsupported(
            f"objective {objective.id}: {objective.measure!r} needs {MEASURES[objective.measure]} events, "
            f"but {objective.indicator} takes {indicator.kind_of_events}"
        )


def silence_of(indicator: Indicator | None) -> tuple[int, int | None] | None:
    """An indicator's silence rule as a History takes it."""
    if indicator is None or indicator.silence is None:
        return None
    weights: Mapping[str, int | None] = {"up": UP, "down": 0, "unknown": None}
    return indicator.silence.after // timedelta(milliseconds=1), weights[indicator.silence.means]


def threshold_of(objective: Objective) -> int | None:
    """A share objective's threshold in millionths of its base unit."""
    limit = objective.threshold
    if objective.measure != "share" or limit is None:
        return None
    if isinstance(limit.at_most, timedelta):
        return limit.at_most // timedelta(microseconds=1) * 1000
    return to_micro(limit.at_most, limit.unit or "")


def unit_of(objective: Objective) -> str | None:
    """The base unit that measurements for a share objective must come in."""
    limit = objective.threshold
    if objective.measure != "share" or not isinstance(limit, Limit):
        return None
    return "ms" if isinstance(limit.at_most, timedelta) else base_unit(limit.unit or "")


def evaluate(
    text: Agreement, objective: Objective, indicator: Indicator | None, history: History, as_of: int,
    period: Interval | None = None,
) -> Figure:  # fmt: skip
    """How the objective stands at the instant `as_of` (ms), over `period` or the window that holds that instant.

    Raises Unsupported.
    """
    supported(objective, indicator)
    span = period or windows.period_of(objective.window, text.term.time_zone, as_of)
    history.set_silence(silence_of(indicator))
    if objective.measure == "time":
        return _time(text, objective, indicator, history, as_of, span)
    return _counted(text, objective, indicator, history, as_of, span)


def _target(objective: Objective) -> Fraction:
    if isinstance(objective.target, Limit):
        raise Unsupported(f"objective {objective.id}: a limit as target is not supported")
    return Fraction(objective.target) / 100


# -- time --------------------------------------------------------------------------------------------------------------


@dataclass
class _Spent:
    """Milliseconds of an interval by what they count as; `up` and `down` in millionths of a millisecond."""

    up: int = 0
    down: int = 0
    unknown: int = 0
    losing: list[tuple[int, int, int]] = field(default_factory=list)
    """(from, to, millionths lost) of every part that was not wholly up."""


def _spend(objective: Objective, history: History, counted: list[Interval]) -> _Spent:
    spent = _Spent()
    weight_of_unknown = {"exclude": None, "up": UP, "down": 0}[objective.unknown]
    for start, end in counted:
        for a, b, weight, _ in history.segments(start, end):
            if weight is None:
                spent.unknown += b - a
                weight = weight_of_unknown
            if weight is None:
                continue
            spent.up += (b - a) * weight
            spent.down += (b - a) * (UP - weight)
            if weight < UP:
                spent.losing.append((a, b, UP - weight))
    return spent


def _time(
    text: Agreement, objective: Objective, indicator: Indicator | None, history: History, as_of: int, span: Interval
) -> Figure:
    start, end = span
    until = min(end, as_of)
    scheduled = windows.in_schedule(text, objective, start, end)
    excluded = [piece for each in windows.maintenance(text, objective, start, end)
                for piece in windows.clip(scheduled, *each)]  # fmt: skip
    whole = windows.without(scheduled, excluded)
    counted = windows.clip(whole, start, until)
    spent = _spend(objective, history, counted)
    excluded_so_far = windows.length(windows.clip(excluded, start, until))
    left_out = spent.unknown if objective.unknown == "exclude" else 0
    up, down = spent.up, spent.down
    possible = windows.length(whole) - left_out
    if objective.exclusions == "count-as-up":
        up += excluded_so_far * UP
        possible += windows.length(excluded)
    allowed = (1 - _target(objective)) * possible * UP
    elapsed = windows.length(counted)
    observed = elapsed - spent.unknown
    coverage = Fraction(observed, elapsed) if elapsed else None
    # With nothing observed there is no figure, whatever the exclusions would count as.
    total = up + down if observed or objective.unknown != "exclude" else 0
    now_losing = spent.losing[-1] if spent.losing and spent.losing[-1][1] == until else None
    spent_at = _exceeded(spent.losing, allowed)
    return Figure(
        objective=objective, period=span, as_of=as_of,
        good=Fraction(up if total else 0, UP * 1000), total=Fraction(total, UP * 1000),
        budget=allowed / (UP * 1000), unit="seconds",
        observed=Fraction(observed, 1000), excluded=Fraction(excluded_so_far, 1000),
        unknown=Fraction(spent.unknown, 1000), coverage=coverage, sample=1 if total else 0,
        absolute=True, covered=_covered(indicator, coverage), spent_at=spent_at,
        spent_by=_will_exceed(now_losing, allowed - down, until) if spent_at is None else None,
        burns=_burns(objective, span, lambda window: _burn_of_time(text, objective, history, until, window)),
    )  # fmt: skip


def _exceeded(losing: list[tuple[int, int, int]], allowed: Fraction) -> int | None:
    """The first millisecond at whose end strictly more than `allowed` was lost."""
    lost = 0
    for start, end, weight in losing:
        if lost + (end - start) * weight > allowed:
            return start + int((allowed - lost) / weight) + 1
        lost += (end - start) * weight
    return None


def _will_exceed(now_losing: tuple[int, int, int] | None, left: Fraction, now: int) -> int | None:
    return None if now_losing is None else now + int(left / now_losing[2]) + 1


def _burn_of_time(text: Agreement, objective: Objective, history: History, until: int, window: int) -> Fraction | None:
    scheduled = windows.in_schedule(text, objective, until - window, until)
    counted = windows.without(scheduled, windows.maintenance(text, objective, until - window, until))
    spent = _spend(objective, history, counted)
    total = spent.up + spent.down
    return _rate(Fraction(spent.down, total), objective) if total else None


# -- counts ------------------------------------------------------------------------------------------------------------


@dataclass
class _Counted:
    good: int = 0
    total: int = 0
    minutes: int = 0
    exact: bool = True

    def add(self, other: "_Counted", as_good: bool = False) -> None:
        self.good += other.total if as_good else other.good
        self.total += other.total
        self.minutes += other.minutes
        self.exact = self.exact and other.exact


def _sum(objective: Objective, history: History, intervals: list[Interval]) -> _Counted:
    threshold = threshold_of(objective)
    counted = _Counted()
    for start, end in intervals:
        # An edge inside a minute snaps to the minute that it is in: half-open like every interval.
        first, last = start // MINUTE_MS, -(-end // MINUTE_MS)
        if threshold is None:
            counted.add(_Counted(*history.sum_counts(first, last)))
        else:
            measured, minutes = history.sum_measured(first, last)
            under, exact = measured.at_most(threshold)
            counted.add(_Counted(under, measured.count, minutes, exact))
    return counted


def _snapped(intervals: list[Interval]) -> list[Interval]:
    """Exclusions and service hours over counts begin and end with whole minutes."""
    return windows.unite((start // MINUTE_MS * MINUTE_MS, -(-end // MINUTE_MS) * MINUTE_MS) for start, end in intervals)


def _counted(
    text: Agreement, objective: Objective, indicator: Indicator | None, history: History, as_of: int, span: Interval
) -> Figure:
    start, end = span
    until = min(end, as_of)
    scheduled = windows.in_schedule(text, objective, start, until)
    excluded = _snapped(windows.maintenance(text, objective, start, until))
    counted_intervals = windows.without(scheduled, excluded)
    counted = _sum(objective, history, counted_intervals)
    minutes = windows.length(counted_intervals) // MINUTE_MS
    coverage = min(Fraction(1), Fraction(counted.minutes, minutes)) if minutes else None
    if objective.exclusions == "count-as-up":
        counted.add(_sum(objective, history, [piece for each in excluded for piece in windows.clip(scheduled, *each)]),
                    as_good=True)  # fmt: skip
    return Figure(
        objective=objective, period=span, as_of=as_of, good=Fraction(counted.good), total=Fraction(counted.total),
        budget=(1 - _target(objective)) * counted.total, unit="events",
        observed=Fraction(counted.total), excluded=Fraction(windows.length(windows.clip(excluded, start, until)), 1000),
        unknown=Fraction(max(0, minutes - counted.minutes) * 60), coverage=coverage, sample=counted.total,
        absolute=False, covered=_covered(indicator, coverage), exact_counts=counted.exact,
        burns=_burns(objective, span, lambda window: _burn_of_counts(text, objective, history, until, window)),
    )  # fmt: skip


def _burn_of_counts(
    text: Agreement, objective: Objective, history: History, until: int, window: int
) -> Fraction | None:
    start = until - max(window, MINUTE_MS)
    scheduled = windows.in_schedule(text, objective, start, until)
    excluded = _snapped(windows.maintenance(text, objective, start, until))
    counted = _sum(objective, history, windows.without(scheduled, excluded))
    return _rate(Fraction(counted.total - counted.good, counted.total), objective) if counted.total else None


# -- both --------------------------------------------------------------------------------------------------------------


def _covered(indicator: Indicator | None, coverage: Fraction | None) -> bool:
    minimum = indicator.minimum_coverage if indicator else None
    return minimum is None or (coverage is not None and coverage * 100 >= Fraction(minimum))


def _rate(lost: Fraction, objective: Objective) -> Fraction | None:
    allowed = 1 - _target(objective)
    return lost / allowed if allowed else None


def can_fire(objective: Objective, factor: Fraction) -> bool:
    """A factor times the allowed loss above 1 can never be reached."""
    return factor * (1 - _target(objective)) <= 1


def _burns(objective: Objective, span: Interval, rate: Callable[[int], Fraction | None]) -> tuple[Burn, ...]:
    length = span[1] - span[0]
    burns = []
    for factor, long, short in _ALERTS:
        if can_fire(objective, factor) and _target(objective) < 1:
            scaled_long, scaled_short = (max(1000, window * length // _THIRTY_DAYS) for window in (long, short))
            burns.append(Burn(factor, scaled_long, scaled_short, rate(scaled_long), rate(scaled_short)))
    return tuple(burns)


# -- as text -----------------------------------------------------------------------------------------------------------


def decimal(value: Fraction, places: int = 4) -> str:
    """A fraction as decimals, rounded half-even from the exact value; never used to compare."""
    with localcontext() as context:
        context.prec = 60
        whole = (value.numerator * 10**places) // value.denominator
        rest = Fraction(value.numerator * 10**places, value.denominator) - whole
        up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)
        return f"{(Decimal(whole + up) / 10**places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN):f}"


def exact(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def number(value: Fraction) -> int | float:
    """A count or a length of time as a JSON number."""
    return value.numerator if value.denominator == 1 else float(value)


def credit_of(text: Agreement, figure: Figure) -> dict[str, str] | None:
    """What the objective's tiers give on the charge that they are of."""
    percent = figure.credit_percent
    if percent is None or figure.objective.credits is None:
        return None
    charge = next(each for each in text.charges if each.id == figure.objective.credits.of)
    amount = charge.amount * percent / 100
    return {"percent": f"{percent:f}", "amount": f"{amount:f}", "currency": charge.currency}


def shown(text: Agreement, figure: Figure) -> dict[str, Any]:
    """A figure as `sepakat evaluate` prints it (design, section 5)."""
    attainment = figure.attainment
    objective = figure.objective
    start, end = figure.period
    return {
        "objective": objective.id,
        "indicator": objective.indicator,
        "period": {"start": rfc3339(from_ms(start)), "end": rfc3339(from_ms(end))},
        "exact": None if attainment is None else exact(attainment),
        "attainment": None if attainment is None else decimal(attainment * 100),
        "value": None,
        "unit": None,
        "target": str(objective.target),
        "met": figure.met,
        "state": figure.state,
        "coverage": None if figure.coverage is None else decimal(figure.coverage * 100),
        "observed": number(figure.observed),
        "excluded_seconds": number(figure.excluded),
        "unknown_seconds": number(figure.unknown),
        "budget": {
            "total": decimal(figure.budget),
            "consumed": decimal(figure.lost),
            "remaining": decimal(figure.budget - figure.lost),
            "unit": figure.unit,
        },
        "credit": credit_of(text, figure),
        "cases": [],
    }
