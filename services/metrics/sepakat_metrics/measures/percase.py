"""Cases: how many were answered, restored or resolved within the limit."""

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sepakat_metrics import cases
from sepakat_metrics.cases import Case, Step
from sepakat_metrics.history import History
from sepakat_metrics.terms import Terms
from sepakat_metrics.windows import Interval


class Decided:
    """The cases of every ticket. A look costs what is open and what is asked for, not all that ever was.

    A case that was stopped, or is none of this objective's, stays so until another fact of its ticket comes. One whose
    clock began under earlier terms keeps these, so that each case is of one part of an amended period, and of no other.
    """

    def __init__(self, terms: Terms, history: History) -> None:
        self._terms = terms
        self._history = history
        self._corrections: dict[str, int] = {}
        for ticket, ms in terms.adjustments.cases:
            self._corrections[ticket] = self._corrections.get(ticket, 0) + ms
        self._heard = 0
        """How much of what the history was told of tickets was looked at."""
        self._open: set[str] = set()
        self._over: dict[str, tuple[int, Case | None]] = {}
        """By ticket: when the last fact of it was, and the case that they decide."""
        self._by_last: list[tuple[int, str]] = []
        self._by_decision: list[tuple[int, str]] = []

    def within(self, start: int, until: int) -> list[Case]:
        """As of `until` (ms): the cases that were decided in `[start, until)` and the open ones, as they started."""
        self._hear()
        # Of an instant before its last fact, such as a period's end, it was perhaps not decided, or not cancelled.
        later = {ticket for _, ticket in self._by_last[bisect_left(self._by_last, (until + 1, "")) :]}
        first, last = (bisect_left(self._by_decision, (at, "")) for at in (start, until))
        found = [self._over[ticket][1] for _, ticket in self._by_decision[first:last] if ticket not in later]
        before = len(self._over)
        found += [self._judge(ticket, until) for ticket in (*self._open, *later)]
        if len(self._over) > before:
            # Mostly there is one more, behind the others; at a start there are all of them.
            self._by_last.sort()
            self._by_decision.sort()
        asked = [case for case in found if case is not None and _belongs(case, start, until)]
        return sorted(asked, key=lambda case: (case.started, case.ticket))

    def _hear(self) -> None:
        """What there is anything new of is open again."""
        told = self._history.told_of
        for i in range(self._heard, len(told)):
            known = self._over.pop(told[i], None)
            if known is not None:
                last, case = known
                del self._by_last[bisect_left(self._by_last, (last, told[i]))]
                if case is not None and case.decided_at is not None:
                    del self._by_decision[bisect_left(self._by_decision, (case.decided_at, told[i]))]
            self._open.add(told[i])
        self._heard = len(told)

    def _judge(self, ticket: str, as_of: int) -> Case | None:
        steps = self._history.steps[ticket]
        until, terms = self._governing(steps)
        running = terms.clock_timeline.counted
        case = next(iter(cases.cases(steps, terms.clock, running, as_of, self._corrections)), None)
        if case is not None and until is not None:
            case = replace(case, agreed_until=until)
        last = max(step.at for step in steps)
        if ticket in self._open and last <= as_of and (case is None or case.stopped is not None):
            self._open.remove(ticket)
            self._over[ticket] = last, case
            self._by_last.append((last, ticket))
            if case is not None and case.decided_at is not None:
                self._by_decision.append((case.decided_at, ticket))
        return case

    def _governing(self, steps: Collection[Step]) -> tuple[int | None, Terms]:
        """The terms under which the clock of a ticket began, and until when they were in force if they are earlier."""
        for until, terms in self._terms.earlier:
            if any(step.fact == terms.clock.start and step.at < until for step in steps):
                return until, terms
        return None, self._terms


def _belongs(case: Case, start: int, until: int) -> bool:
    """To a period up to `until`: a case is of the one that it is decided in; an open one is of none, and told of."""
    return case.started < until if case.decided_at is None else start <= case.decided_at < until


def decided(terms: Terms, history: History, start: int, until: int) -> list[Case]:
    """As of `until` (ms): the cases that were decided in `[start, until)` and the open ones, as they started."""
    return terms.keep("cases", history, Decided).within(start, until)


def measure(terms: Terms, history: History, span: Interval, until: int) -> dict[str, Any]:
    """The fields of a Figure that this measure answers."""
    start = span[0]
    objective = terms.objective
    found = decided(terms, history, start, until)
    within = [case for case in found if case.decided_at is not None]
    open_ones = [case for case in found if case.decided_at is None]
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
