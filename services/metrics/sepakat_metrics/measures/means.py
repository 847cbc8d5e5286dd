"""Means: of measurements, of the clocks of cases (MTTA, MTTR), of outages and of the time between failures."""

from fractions import Fraction
from typing import Any

from sepakat_metrics import cases
from sepakat_metrics.events import UP
from sepakat_metrics.history import History
from sepakat_metrics.ledger import Ledger
from sepakat_metrics.measures import percase
from sepakat_metrics.measures.counting import minutes_of
from sepakat_metrics.terms import Terms, micro
from sepakat_metrics.windows import Interval
from sepakat_shared.contracts.texts import Limit


def measure(terms: Terms, history: History, span: Interval, until: int) -> dict[str, Any]:
    """The fields of a Figure that this measure answers; the value is in millionths (of ms, where it is time)."""
    start = span[0]
    observed_minutes = minutes = 0
    if terms.kind == "state":
        lengths = _between_states(terms, history, start, until)
    elif terms.kind == "ticket":
        lengths = _of_cases(terms, history, start, until)
    else:
        count, total, observed_minutes = _ledger(terms, history).sum(start, until)
        minutes = terms.timeline.counted_length(start, until) // 60_000
    if terms.kind in ("state", "ticket"):
        count, total = len(lengths), sum(lengths) * UP
    value = Fraction(total, count) if count else None
    return {
        "good": Fraction(0),
        "total": Fraction(0),
        "budget": Fraction(0),
        "unit": "events",
        "holds": None if value is None else _compared(terms.objective.target, value),
        "observed": Fraction(count),
        "excluded": Fraction(terms.timeline.excluded_length(start, until), 1000),
        "unknown": Fraction(max(0, minutes - observed_minutes) * 60),
        "coverage": min(Fraction(1), Fraction(observed_minutes, minutes)) if minutes else None,
        "sample": count,
        "absolute": False,
        "value": value,
    }


def _compared(limit: Any, value: Fraction) -> bool:
    amount = micro(limit)
    if not isinstance(limit, Limit) or amount is None:
        raise ValueError("a mean is compared with a limit")
    return value >= amount if limit.at_least is not None else value <= amount


def _ledger(terms: Terms, history: History) -> Ledger:
    return terms.ledger(history, lambda start, end: history.measured.sum(*minutes_of(start, end)))


def _of_cases(terms: Terms, history: History, start: int, until: int) -> list[int]:
    clock = terms.clock
    if clock.stop == "opened":
        steps = [step for each in history.steps.values() for step in each]
        gaps = cases.gaps(steps, clock.start, until, clock.agreement)
        return [gap for opened, gap in gaps if start <= opened < until]
    # Without a limit, a case is decided when it is stopped.
    return [case.elapsed for case in percase.decided(terms, history, start, until) if case.stopped is not None]


def _between_states(terms: Terms, history: History, start: int, until: int) -> list[int]:
    """Counted ms of each outage that ended, or of each time up that ended in a failure, within `[start, until)`.

    Of what lies wholly in excluded time there is none: an outage there is no failure, and no recovery in no time.
    """
    wants_down = terms.objective.clock is not None and terms.objective.clock.from_ == "down"
    found: list[int] = []
    begun: int | None = None
    for is_down, a, b in _runs(history, until):
        if is_down and not terms.timeline.counted_length(a, b):
            continue
        if is_down is wants_down:
            begun = a if begun is None else begun
            continue
        # Where it is unknown, nobody knows whether it failed meanwhile.
        lasted = terms.timeline.counted_length(begun, a) if begun is not None and is_down is not None else 0
        if lasted and start <= a < until:
            found.append(lasted)
        begun = None
    return found


def _runs(history: History, until: int) -> list[tuple[bool | None, int, int]]:
    """(whether it is down, None: unknown, from, to), in order. An outage lasts until it is known to be up."""
    runs: list[tuple[bool | None, int, int]] = []
    for a, b, weight, _ in history.states.segments(_first(history, until), until):
        is_down = None if weight is None else weight == 0
        if runs and (runs[-1][0] is is_down or (runs[-1][0] and is_down is None)):
            runs[-1] = runs[-1][0], runs[-1][1], b
        else:
            runs.append((is_down, a, b))
    return runs


def _first(history: History, until: int) -> int:
    first = history.states.first
    return until if first is None else min(first, until)
