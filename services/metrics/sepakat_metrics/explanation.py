"""How a figure is arrived at, step by step, in words and exact numbers, and where it lost most. Pure.

`sepakat explain`, `verify` and `evaluate --explain` print these.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from sepakat_metrics.figures import Figure, credit_of, decimal, exact, number, target_of, value_of
from sepakat_metrics.losses import Loss, greatest
from sepakat_metrics.terms import Terms
from sepakat_shared.calendars import from_ms
from sepakat_shared.contracts.fact import rfc3339

_COUNTED = {
    "time": "seconds up, degraded by weight, of seconds counted",
    "occurrences": "good events of all events",
    "share": "measurements at or under the threshold, of all measurements",
    "percentile": "measurements at or under the limit, of all measurements",
    "timeslices": "slices that met their target, of slices observed",
    "ratio-timeslices": "the sum of the slices' ratios, of slices observed",
    "per-case": "cases within the limit, of cases decided",
}


_NAMED = 10


def explained(terms: Terms, figure: Figure, lost: Sequence[Loss]) -> Iterator[str]:
    """One sentence a step; `lost` is all that `losses` found of the figure."""
    objective, (start, end) = figure.objective, figure.period
    until = min(end, figure.as_of)
    counted = number(Fraction(terms.timeline.counted_length(start, until), 1000))
    like = f", as {objective.profile} does" if objective.profile else ""
    yield f"{objective.id} measures {objective.indicator} by {objective.measure}{like}"
    yield f"from {_when(start)} to {_when(end)}, as of {_when(figure.as_of)}"
    yield f"{counted} of {number(Fraction(max(0, until - start), 1000))} s count by the calendar {objective.calendar}"
    if figure.excluded:
        means = "counted as up" if objective.exclusions == "count-as-up" else "taken out of both sides"
        yield f"{number(figure.excluded)} s are excluded: {means}"
    if figure.unknown:
        means = {"exclude": "left out", "up": "counted as up", "down": "counted as down"}[objective.unknown]
        yield f"nothing was heard of {number(figure.unknown)} s: {means}"
    if figure.coverage is not None:
        yield f"coverage {decimal(figure.coverage * 100)} % of what counts"
    yield from _compared(figure)
    yield from _spent(terms, figure)
    if objective.measure != "per-case":  # each of its cases follows
        yield from _lost_at(figure, lost)
    for case in figure.cases:
        verdict = {True: "met", False: "missed", None: "open"}[case.met]
        of = "" if case.agreed_until is None else f" by the terms until {_when(case.agreed_until)}"
        yield f"case {case.ticket}: {number(Fraction(case.elapsed, 1000))} s on its clock, {verdict}{of}"


def _compared(figure: Figure) -> Iterator[str]:
    target, unit = target_of(figure.objective)
    value, _ = value_of(figure)
    if value is not None:
        what = f"{figure.objective.percentile} % do not exceed" if figure.objective.percentile else "the mean is"
        yield f"{what} {value} {unit}; the limit is {target} {unit}"
    if figure.attainment is not None:
        share = decimal(figure.target * 100)
        sign = "≥" if figure.attainment >= figure.target else "<"
        yield (f"{_COUNTED[figure.objective.measure]}: {number(figure.good)} of {number(figure.total)} = "
               f"{exact(figure.attainment)} = {decimal(figure.attainment * 100, 6)} %, {sign} {share} %")  # fmt: skip
    if figure.holds is None:
        yield "nothing was observed, so there is no verdict"
    elif figure.met is None:
        yield "too little was observed to call it a verdict"
    else:
        so = "so far" if figure.as_of < figure.period[1] else "so"
        yield f"{so} the target is {'met' if figure.met else 'missed'}"


def _spent(terms: Terms, figure: Figure) -> Iterator[str]:
    if figure.objective.measure == "mean" or not figure.total:
        return
    yield (f"budget {decimal(figure.budget)} {figure.unit}, of which {decimal(figure.lost)} are lost and "
           f"{decimal(figure.budget - figure.lost)} left")  # fmt: skip
    if figure.spent_at is not None:
        yield f"it was exceeded at {_when(figure.spent_at)}"
    credit = credit_of(terms.text, figure)
    if credit is not None:
        yield f"credit: {credit['percent']} % of the charge, {credit['amount']} {credit['currency']}"
        if "measured_percent" in credit:
            yield f"that was agreed in a dispute; by the figure it would be {credit['measured_percent']} %"


def _lost_at(figure: Figure, lost: Sequence[Loss]) -> Iterator[str]:
    ordered = greatest(lost, len(lost))
    for loss in ordered[:_NAMED]:
        yield f"lost {decimal(loss.lost)} {figure.unit} from {_when(loss.start)} to {_when(loss.end)}: {loss.what}"
    if others := ordered[_NAMED:]:
        rest = sum((loss.lost for loss in others), Fraction(0))
        yield f"lost {decimal(rest)} {figure.unit} at {len(others)} other times"


def _when(at: int) -> str:
    return rfc3339(from_ms(at))
