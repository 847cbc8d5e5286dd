"""What a measure finds: one objective over one period, in exact numbers, and the same as text."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any

from sepakat_metrics.cases import Case
from sepakat_metrics.events import MICRO
from sepakat_metrics.windows import Interval
from sepakat_shared.calendars import from_ms
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.texts import Agreement, Limit, Objective
from sepakat_shared.contracts.units import MILLISECONDS_PER


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
        return all(rate is not None and rate > self.factor for rate in (self.rate_long, self.rate_short))

    @property
    def calm(self) -> bool:
        """At or under 90 % of the factor over the short window, or nothing there."""
        return self.rate_short is None or self.rate_short * 10 <= self.factor * 9


@dataclass(frozen=True)
class Figure:
    """One objective over one period, as of an instant (ms). Fractions are exact.

    `good` of `total` is the attainment (of a mean there is none, only a `value`); `lost` is what the budget is spent
    by, in the same unit (`seconds`, `events`, `slices` or `cases`), and `budget` what may be lost. `holds` is the
    comparison with the target alone; `spent_at` when a budget that is absolute was exceeded.
    """

    objective: Objective
    period: Interval
    as_of: int
    target: Fraction
    good: Fraction
    total: Fraction
    budget: Fraction
    unit: str
    holds: bool | None
    observed: Fraction
    excluded: Fraction
    unknown: Fraction
    coverage: Fraction | None
    sample: int
    enough: bool
    absolute: bool
    covered: bool
    exact_counts: bool = True
    value: Fraction | None = None
    """Of a percentile or mean, in millionths of its base unit."""
    spent_at: int | None = None
    spent_by: int | None = None
    """When the budget will be exceeded if the present state lasts (ms)."""
    agreed_credit: Decimal | None = None
    """The credit of this very period, in percent of the charge, where a dispute has ended in one."""
    burns: tuple[Burn, ...] = field(default=())
    cases: tuple[Case, ...] = field(default=())

    @property
    def attainment(self) -> Fraction | None:
        return self.good / self.total if self.total else None

    @property
    def lost(self) -> Fraction:
        return self.total - self.good

    @property
    def met(self) -> bool | None:
        """Whether the target is met by what was observed; None where that is nothing, or too little to say so."""
        if self.holds is None or not self.enough:
            return None
        if not self.holds:
            return False
        return True if self.covered else None

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
    def failing(self) -> bool:
        """Below the target by enough of a sample; of a budget that is absolute: spent."""
        if self.absolute:
            return self.over_budget
        return self.holds is False and self.enough

    @property
    def low(self) -> bool:
        """At or under 90 % of its budget; of a mean, within its limit."""
        if self.objective.measure == "mean":
            return self.holds is not False
        return self.lost * 10 <= self.budget * 9

    @property
    def state(self) -> str:
        """`no_data`, `breached`, `failing`, `unverified`, `at_risk` or `met`, by this figure alone."""
        if self.holds is None:
            return "no_data"
        if self.failing:
            final = self.absolute or self.ended or self.objective.window.rolling is not None
            return "breached" if final else "failing"
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
    # Beyond 53 bits there is no such whole number in JSON: readers would round it, each in its own way.
    return value.numerator if value.denominator == 1 and value < 2**53 else float(value)


def target_of(objective: Objective) -> tuple[str, str | None]:
    """The target as text, and its unit: None where it is a percentage, seconds where it is a duration."""
    limit = objective.target
    if not isinstance(limit, Limit):
        return str(limit), None
    amount = limit.amount
    if isinstance(amount, timedelta):
        return decimal(Fraction(amount // timedelta(microseconds=1), MICRO), 3), "s"
    return f"{amount:f}", limit.unit


def value_of(figure: Figure) -> tuple[str | None, str | None]:
    """The value of a percentile or mean in the unit of its target, and that unit."""
    _, unit = target_of(figure.objective)
    if figure.value is None or not isinstance(figure.objective.target, Limit):
        return None, unit
    in_base = figure.value / MICRO
    return decimal(in_base / Fraction(MILLISECONDS_PER.get(unit or "", Decimal(1)))), unit


def attainment_of(figure: Figure) -> dict[str, str | None]:
    """Attainment, value and target as every reader gets them."""
    attainment = figure.attainment
    value, unit = value_of(figure)
    return {
        "exact": None if attainment is None else exact(attainment),
        "attainment": None if attainment is None else decimal(attainment * 100),
        "value": value,
        "unit": unit,
        "target": target_of(figure.objective)[0],
    }


def budget_of(figure: Figure) -> dict[str, str] | None:
    """The budget as every reader gets it; a mean has none."""
    if figure.objective.measure == "mean":
        return None
    return {
        "total": decimal(figure.budget),
        "consumed": decimal(figure.lost),
        "remaining": decimal(figure.budget - figure.lost),
        "unit": figure.unit,
    }


def credit_of(text: Agreement, figure: Figure) -> dict[str, str] | None:
    """What is agreed, or else what the objective's tiers give, on the charge that they are of.

    Where something else is agreed than they give, `measured_percent` is what they give.
    """
    measured = figure.credit_percent
    percent = measured if figure.agreed_credit is None else figure.agreed_credit
    if percent is None or figure.objective.credits is None:
        return None
    charge = next(each for each in text.charges if each.id == figure.objective.credits.of)
    amount = charge.amount * percent / 100
    credit = {"percent": f"{percent:f}", "amount": f"{amount:f}", "currency": charge.currency}
    return credit if measured is None or measured == percent else {**credit, "measured_percent": f"{measured:f}"}


def span_of(interval: Interval) -> dict[str, str]:
    return {"start": rfc3339(from_ms(interval[0])), "end": rfc3339(from_ms(interval[1]))}


def shown(text: Agreement, figure: Figure) -> dict[str, Any]:
    """A figure as `sepakat evaluate` prints it (docs/reference/evaluate.md)."""
    return {
        "objective": figure.objective.id,
        "indicator": figure.objective.indicator,
        "period": span_of(figure.period),
        **attainment_of(figure),
        "met": figure.met,
        "state": figure.state,
        "coverage": None if figure.coverage is None else decimal(figure.coverage * 100),
        "observed": number(figure.observed),
        "excluded_seconds": number(figure.excluded),
        "unknown_seconds": number(figure.unknown),
        "budget": budget_of(figure),
        "credit": credit_of(text, figure),
        "cases": [_case(case) for case in figure.cases],
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "ticket": case.ticket,
        "priority": case.priority or None,
        "elapsed_seconds": number(Fraction(case.elapsed, 1000)),
        "wall_seconds": number(Fraction(case.wall, 1000)),
        "due_at": None if case.due_at is None else rfc3339(from_ms(case.due_at)),
        "met": case.met,
    }
