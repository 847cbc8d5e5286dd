"""Cases: how many were answered, restored or resolved within the limit."""

from fractions import Fraction
from typing import Any

from sepakat_metrics import cases
from sepakat_metrics.cases import Case
from sepakat_metrics.history import History
from sepakat_metrics.terms import Terms
from sepakat_metrics.windows import Interval

_Decided = dict[str, tuple[int, int, Case | None]]
"""By ticket: how many facts there are of it, when the last one was, and the case that they decide."""


def decided(terms: Terms, history: History, as_of: int) -> list[Case]:
    """The cases of every ticket, decided or not, as of that instant (ms).

    A case that was stopped, or is none of this objective's, stays so until another fact of it comes.
    """
    clock, timeline = terms.clock, terms.clock_timeline
    corrections: dict[str, int] = {}
    for ticket, ms in terms.adjustments.cases:
        corrections[ticket] = corrections.get(ticket, 0) + ms
    kept = terms.keep("cases", history, _none_yet)
    found = []
    for ticket, steps in history.steps.items():
        known = kept.get(ticket)
        # Of an instant before its last fact, such as a period's end, it was perhaps not decided, or not cancelled.
        if known is None or known[0] != len(steps) or as_of < known[1]:
            case = next(iter(cases.cases(steps, clock, timeline.counted, as_of, corrections)), None)
            last = max(step.at for step in steps)
            if last <= as_of and (case is None or case.stopped is not None):
                kept[ticket] = len(steps), last, case
        else:
            case = known[2]
        if case is not None:
            found.append(case)
    return sorted(found, key=lambda case: (case.started, case.ticket))


def _none_yet(terms: Terms, history: History) -> _Decided:
    return {}


def measure(terms: Terms, history: History, span: Interval, until: int) -> dict[str, Any]:
    """The fields of a Figure that this measure answers."""
    start = span[0]
    objective = terms.objective
    belonging = [case for case in decided(terms, history, until) if case.started < until]
    within = [case for case in belonging if case.decided_at is not None and start <= case.decided_at < until]
    open_ones = [case for case in belonging if case.decided_at is None]
    met, total = sum(case.met is True for case in within), len(within)
    few = objective.minimum_cases is not None and total < objective.minimum_cases
    holds = None
    if total:
        holds = total - met <= (objective.allowed_misses or 0) if few else met >= terms.target * total
    return {
        "good": Fraction(met),
        "total": Fraction(total),
        "budget": Fraction(objective.allowed_misses or 0) if few else (1 - terms.target) * total,
        "unit": "cases",
        "holds": holds,
        "observed": Fraction(total),
        "excluded": Fraction(terms.timeline.excluded_length(start, until), 1000),
        "unknown": Fraction(0),
        "coverage": None,
        "sample": total,
        "absolute": False,
        "cases": (*within, *open_ones),
    }
