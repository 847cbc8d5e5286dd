"""How an objective stands over a period: exact figures from an indicator's history. Pure; no clock, no I/O.

The services, `sepakat evaluate` and `sepakat verify` share this module.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from sepakat_metrics import windows
from sepakat_metrics.figures import Burn, Figure, decimal
from sepakat_metrics.history import History
from sepakat_metrics.measures import counting, means, percase, slices, uptime
from sepakat_metrics.terms import Terms
from sepakat_metrics.windows import Interval
from sepakat_shared.calendars import from_ms

_Measure = Callable[[Terms, History, Interval, int], dict[str, Any]]
_LostShare = Callable[[Terms, History, int, int], Fraction | None]

_MEASURES: Final[dict[str, tuple[_Measure, _LostShare | None]]] = {
    "time": (uptime.measure, uptime.lost_share),
    "occurrences": (counting.measure, counting.lost_share),
    "share": (counting.measure, counting.lost_share),
    "percentile": (counting.measure, counting.lost_share),
    "timeslices": (slices.measure, slices.lost_share),
    "ratio-timeslices": (slices.measure, slices.lost_share),
    "mean": (means.measure, None),
    "per-case": (percase.measure, None),
}
"""How each measure is taken, and what share was lost over any window, where burn rates make sense."""

_THIRTY_DAYS = 30 * 86_400_000
_ALERTS: Final = ((Fraction(144, 10), 3_600_000, 300_000), (Fraction(6), 21_600_000, 1_800_000),
                  (Fraction(1), 259_200_000, 21_600_000))  # fmt: skip
"""Burn-rate alerts for 30 days (Google SRE workbook, ch. 5): factor, long and short window in ms."""


def evaluate(terms: Terms, history: History, as_of: int, period: Interval | None = None) -> Figure:
    """How the objective stands at the instant `as_of` (ms), over `period` or the window that holds that instant."""
    span = period or windows.period_of(terms.objective.window, terms.text.term.time_zone, as_of)
    history.set_silence(terms.silence)
    until = max(span[0], min(span[1], as_of))
    measure, lost_share = _MEASURES[terms.objective.measure]
    found = measure(terms, history, span, until)
    indicator, coverage = terms.indicator, found["coverage"]
    minimum = indicator.minimum_coverage if indicator else None
    by_cases = terms.objective.measure == "per-case"
    return Figure(
        objective=terms.objective,
        period=span,
        as_of=as_of,
        target=terms.target,
        covered=minimum is None or by_cases or (coverage is not None and coverage * 100 >= Fraction(minimum)),
        enough=by_cases or found["sample"] >= terms.objective.minimum_sample,
        agreed_credit=_agreed_credit(terms, span),
        burns=() if lost_share is None else _burns(terms, history, span, until, lost_share),
        **found,
    )


def _agreed_credit(terms: Terms, span: Interval) -> Decimal | None:
    agreed = [percent for start, end, percent in terms.adjustments.credits if (start, end) == span]
    return Decimal(agreed[-1]) if agreed else None


def can_fire(terms: Terms, factor: Fraction) -> bool:
    """A factor times the allowed loss above 1 can never be reached."""
    return factor * (1 - terms.target) <= 1


def _burns(terms: Terms, history: History, span: Interval, until: int, lost_share: _LostShare) -> tuple[Burn, ...]:
    burns = []
    for factor, windows_ms in _alerts(terms, span[1] - span[0]):
        if can_fire(terms, factor) and terms.target < 1:
            scaled = [max(_grain(terms), window) for window in windows_ms]
            rates = [_rate(terms, lost_share(terms, history, until - window, until)) for window in scaled]
            burns.append(Burn(factor, scaled[0], scaled[1], rates[0], rates[1]))
    return tuple(burns)


def _alerts(terms: Terms, length: int) -> Iterator[tuple[Fraction, tuple[int, int]]]:
    """Factor, long and short window (ms) of each alert for a window of that length, the longest last."""
    agreed = terms.objective.alerts
    if agreed is None:
        for factor, long, short in _ALERTS:
            yield factor, (long * length // _THIRTY_DAYS, short * length // _THIRTY_DAYS)
        return
    for alert in sorted(agreed, key=lambda each: each.over):
        short_window = alert.and_over if alert.and_over is not None else alert.over / 12
        # History is kept for a tenth of a window before it: that of a short month is less than that of a long one.
        yield Fraction(alert.rate), (min(length // 10, _ms(alert.over)), min(length // 10, _ms(short_window)))


def _ms(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


def projection(terms: Terms, figure: Figure) -> dict[str, Any] | None:
    """How a running period will end if what was lost over the longest burn window goes on; None where there is none.

    `exhausted_at` is when the budget will be gone, None where it lasts or is gone already.
    """
    if figure.ended or terms.objective.window.rolling is not None or not figure.burns or not figure.total:
        return None
    burn = figure.burns[-1]
    rate = burn.rate_long
    if rate is None:
        return None
    now, end = figure.as_of, figure.period[1]
    share, spent = rate * (1 - terms.target), terms.timeline.counted_length(figure.period[0], now)
    to_come = terms.timeline.counted_length(now, end)
    more = figure.total * to_come / spent if spent else Fraction(0)
    attainment = (figure.good + more * (1 - share)) / (figure.total + more)
    budget = (1 - terms.target) * (figure.total + more)
    left, per_ms = budget - figure.lost, share * more / to_come if to_come else Fraction(0)
    gone = terms.timeline.after(now, int(left / per_ms) + 1, end) if left >= 0 and per_ms > 0 else None
    return {
        "attainment": decimal(attainment * 100),
        "met": attainment >= terms.target,
        "exhausted_at": None if gone is None else from_ms(gone),
        "assumption": f"what was lost over the last {burn.long // 1000} s goes on being lost, at the traffic so far",
    }


def _grain(terms: Terms) -> int:
    """The shortest window (ms) over which a rate says anything."""
    if terms.objective.measure in ("timeslices", "ratio-timeslices"):
        return slices.length_of(terms)
    return 1000 if terms.objective.measure == "time" else 60_000


def _rate(terms: Terms, lost: Fraction | None) -> Fraction | None:
    return None if lost is None else lost / (1 - terms.target)
