"""Back-tests: what proposed objectives would have come to over recorded history. Pure; no clock, no I/O.

A trial is one proposed objective over a span: its whole periods are judged in their order, from histories that hold a
month or so at a time; then they are summed up.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import Final

from sepakat_metrics import windows
from sepakat_metrics.buckets import Delta
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import MICRO, to_micro
from sepakat_metrics.figures import Figure, attainment_of, budget_of, credit_of, decimal, target_of
from sepakat_metrics.history import History
from sepakat_metrics.terms import NONE, Adjustments, Terms, Unsupported, asks_since, micro
from sepakat_metrics.windows import Interval
from sepakat_shared.calendars import from_ms
from sepakat_shared.contracts.compliance import (
    BacktestedObjective,
    BacktestedPeriod,
    BacktestTotals,
    Budget,
    Credit,
    Money,
)
from sepakat_shared.contracts.texts import Agreement, Indicator, Limit, Objective

MOST_PERIODS: Final = 2_000
"""Of all objectives of one back-test: what one event can carry."""
_SHARE: Final = Fraction(95, 100)
_AT_ONCE_MS: Final = 31 * 86_400_000
_NEVER: Final = Fraction(-(2**200))
_MILLISECONDS: Final = 3
_CENTS: Final = 2
_PLACES: Final = 4

Reached = tuple[Fraction, bool]
"""The hardest target (more is harder) that a period would have met, and whether it was seen enough of to be met at all:
one that was not can be missed, but not met."""


def periods_of(objective: Objective, time_zone: str, span: Interval) -> Iterator[Interval]:
    """The periods that lie wholly in `span`, in order; of a rolling window, one after another up to its end."""
    start, end = span
    window = objective.window
    if window.rolling is not None:
        length = window.rolling // timedelta(milliseconds=1)
        yield from ((end - k * length, end - (k - 1) * length) for k in range((end - start) // length, 0, -1))
        return
    period = windows.period_of(window, time_zone, start)
    while period[1] <= end:
        if period[0] >= start:
            yield period
        period = windows.period_of(window, time_zone, period[1])


def strictest(reached: Iterable[Reached], share: Fraction = _SHARE) -> Fraction | None:
    """The hardest target that at least `share` of the periods judged by it would have met; None where there is none."""
    known = list(reached)
    sure = sorted((target for target, verified in known if verified), reverse=True)
    unsure = sorted(target for target, verified in known if not verified)
    for i, target in enumerate(sure):
        if i + 1 >= share * (len(sure) + bisect_left(unsure, target)):
            return target
    return None


def kind_of(known: Delta) -> str | None:
    """The kind of the events that are known of an indicator; None where there are none."""
    kinds = {"ratio": known.counts, "measurement": known.measured, "state": known.transitions, "ticket": known.steps}
    return next((kind for kind, found in kinds.items() if found), None)


class Trial:
    """One proposed objective over `span` (ms). Raises Unsupported or NotApplicable, with the reason.

    Give `judge` the periods of each of `runs` with a history of that time, in order; then ask for the `result`.
    """

    def __init__(
        self, text: Agreement, objective: Objective, indicator: Indicator | None, span: Interval, *,
        adjustments: Adjustments = NONE, kind: str | None = None, most: int = MOST_PERIODS,
    ) -> None:  # fmt: skip
        self._text = text
        self._objective = objective
        self._indicator = indicator
        self._adjustments = adjustments
        self._kind = kind
        self._end = span[1]
        terms = self._terms()
        self.periods = list(islice(periods_of(objective, text.term.time_zone, span), most + 1))
        if len(self.periods) > most:
            raise Unsupported(
                f"objective {objective.id}: window: one back-test has room for {MOST_PERIODS} periods in all; {most} "
                "are left and it has more: ask for less history or for fewer objectives"
            )
        self._asks_since = partial(asks_since, terms.objective, terms.kind)
        self._judged: list[BacktestedPeriod] = []
        self._reached: list[Reached] = []
        self._approximate = False

    def _terms(self) -> Terms:
        return Terms(self._text, self._objective, self._indicator, self._adjustments, self._kind)

    @property
    def runs(self) -> list[list[Interval]]:
        """Periods that are judged from one history: of a month or so, whose measurements memory has room for."""
        runs: list[list[Interval]] = []
        for period in self.periods:
            if runs and (self.since([period]) is None or period[1] - runs[-1][0][0] <= _AT_ONCE_MS):
                runs[-1].append(period)
            else:
                runs.append([period])
        return runs

    def since(self, periods: Sequence[Interval]) -> int | None:
        """From when on (ms) a history for these periods, in order, has to know the events; None: from the first on."""
        return self._asks_since(periods[0])

    def judge(self, history: History, periods: Iterable[Interval]) -> Iterator[None]:
        """Judge these periods, one a step."""
        # New terms each time: the old ones keep sums of the history before.
        terms = self._terms()
        for period in periods:
            figure = evaluate(terms, history, self._end, period)
            self._judged.append(_told(terms, figure))
            self._approximate = self._approximate or not figure.exact_counts
            reached = _reached(figure)
            if reached is not None:
                self._reached.append(reached)
            yield

    def result(self) -> BacktestedObjective:
        target, unit = target_of(self._objective)
        return BacktestedObjective(
            objective=self._objective.id,
            indicator=self._objective.indicator,
            target=target,
            unit=unit,
            approximate=self._approximate,
            periods=tuple(self._judged),
            totals=self._totals(),
        )

    def _totals(self) -> BacktestTotals:
        states = [period.state for period in self._judged]
        target = strictest(self._reached)
        return BacktestTotals(
            periods=len(states),
            judged=sum(period.met is not None for period in self._judged),
            missed=sum(period.met is False for period in self._judged),
            unverified=states.count("unverified"),
            no_data=states.count("no_data"),
            credits=_credits(self._text, self._objective, self._judged),
            strictest_target=None if target is None else _as_target(self._objective, target),
        )


def refused(objective: Objective, reason: str) -> BacktestedObjective:
    """What is told of an objective of which nothing can be said."""
    target, unit = target_of(objective)
    return BacktestedObjective(
        objective=objective.id, indicator=objective.indicator, target=target, unit=unit, reason=reason
    )


# -- one period --------------------------------------------------------------------------------------------------------


def _told(terms: Terms, figure: Figure) -> BacktestedPeriod:
    facts, budget = attainment_of(figure), budget_of(figure)
    permitted = _permitted_loss(terms, figure)
    credit = None if figure.met is None else credit_of(terms.text, figure)
    return BacktestedPeriod(
        start=from_ms(figure.period[0]),
        end=from_ms(figure.period[1]),
        attainment=facts["attainment"],
        value=facts["value"],
        unit=facts["unit"],
        met=figure.met,
        state=_final_state(figure),
        coverage=None if figure.coverage is None else decimal(figure.coverage * 100),
        budget=None if budget is None else Budget(**budget),
        credit=None if credit is None else Credit(**credit),
        permitted_loss=None if permitted is None else decimal(permitted, _MILLISECONDS),
        permitted_cost=None if permitted is None else _cost(terms, permitted),
    )


def _final_state(figure: Figure) -> str:
    """Of a period that is over: nothing is at risk any more, and what fails is missed."""
    if figure.holds is None:
        return "no_data"
    if figure.met is None:
        return "unverified"
    return "met" if figure.met else "breached"


def _permitted_loss(terms: Terms, figure: Figure) -> Fraction | None:
    """In seconds; None where the budget is not time."""
    if figure.unit != "seconds":
        return None
    counted = terms.timeline.counted_length(*figure.period)
    if terms.objective.exclusions == "count-as-up":
        counted += terms.timeline.excluded_length(*figure.period)
    return (1 - terms.target) * counted / 1000


def _cost(terms: Terms, seconds: Fraction) -> Money | None:
    """Of so long a loss to the customer, by the first need with an impact that the objective serves."""
    serving = (need.impact for need in terms.text.needs if terms.objective.id in need.served_by)
    impact = next((each for each in serving if each is not None), None)
    if impact is None:
        return None
    cost = seconds * 1000 * Fraction(impact.cost) / (impact.per // timedelta(milliseconds=1))
    return Money(amount=decimal(cost, _CENTS), currency=impact.currency)


def _credits(text: Agreement, objective: Objective, judged: Sequence[BacktestedPeriod]) -> Money | None:
    if objective.credits is None:
        return None
    charge = next(each for each in text.charges if each.id == objective.credits.of)
    owed = sum((Decimal(each.credit.amount) for each in judged if each.credit is not None), Decimal(0))
    return Money(amount=f"{owed:f}", currency=charge.currency)


# -- the strictest target ----------------------------------------------------------------------------------------------


def _reached(figure: Figure) -> Reached | None:
    """None where it would be judged by no target. Of a limit that must not be passed, less is harder."""
    objective = figure.objective
    if figure.holds is None or not figure.enough:
        return None
    few = objective.measure == "per-case" and figure.total < (objective.minimum_cases or 0)
    if few:
        # Few cases are judged by the misses that are allowed, whatever the target.
        return (Fraction(1), True) if figure.holds else (_NEVER, False)
    if not isinstance(objective.target, Limit):
        return None if figure.attainment is None else (figure.attainment, figure.covered)
    if figure.value is None:
        return None
    if objective.measure == "percentile":
        return -_sure_limit(figure, figure.value), figure.covered
    return figure.value if objective.target.at_least is not None else -figure.value, figure.covered


def _sure_limit(figure: Figure, value: Fraction) -> Fraction:
    """A limit that the percentile certainly keeps: the upper end of its bin, which `value` stands for the middle of.

    What was counted at the limit itself, as it came, has the last word.
    """
    limit = micro(figure.objective.target) or 0
    upper = Fraction(-(-(value + Fraction(1, 2)) * 101 // 100))
    if not figure.holds:
        return max(upper, Fraction(limit + 1))
    return min(upper, Fraction(limit)) if figure.exact_counts else upper


def _as_target(objective: Objective, reached: Fraction) -> str:
    """As it would be written into the text, rounded to the side on which it is met."""
    limit = objective.target
    if not isinstance(limit, Limit):
        return _rounded(reached * 100, _PLACES, up=False)
    if isinstance(limit.amount, timedelta):
        return _rounded(abs(reached) / (1000 * MICRO), _MILLISECONDS, up=limit.at_most is not None)
    return _rounded(abs(reached) / to_micro(Decimal(1), limit.unit or ""), _PLACES, up=limit.at_most is not None)


def _rounded(value: Fraction, places: int, *, up: bool) -> str:
    scaled = value * 10**places
    return decimal(Fraction(-(-scaled // 1) if up else scaled // 1, 10**places), places)
