"""Where a figure lost what it lost: outages, bad minutes, bad slices, and cases that were missed. Pure.

What is listed adds up to what the figure lost, in the unit of its budget: nothing that counts is left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sepakat_metrics import windows
from sepakat_metrics.buckets import bins_at_most
from sepakat_metrics.events import MINUTE_MS, UP
from sepakat_metrics.figures import Figure, number, span_of
from sepakat_metrics.history import History
from sepakat_metrics.measures import slices, uptime
from sepakat_metrics.measures.counting import corrected, minutes_of
from sepakat_metrics.terms import Terms
from sepakat_metrics.windows import Interval


@dataclass(frozen=True)
class Loss:
    """What was lost from `start` until `end` (ms), in the unit of the figure's budget, and in words what that was."""

    start: int
    end: int
    lost: Fraction
    what: str


def losses(terms: Terms, history: History, figure: Figure) -> list[Loss]:
    """Each stretch that lost anything, in the order of time. Of a mean, which has no budget, there are none."""
    start, until = figure.period[0], max(figure.period[0], min(figure.period[1], figure.as_of))
    match figure.objective.measure:
        case "time":
            found = _of_time(terms, history, start, until)
        case "occurrences" | "share" | "percentile":
            found = _of_counts(terms, history, figure, start, until)
        case "timeslices" | "ratio-timeslices":
            found = _of_slices(terms, history, figure.period, until)
        case "per-case":
            found = (
                Loss(case.started, case.decided_at, Fraction(1), f"case {case.ticket} was over its limit")
                for case in figure.cases if case.met is False and case.decided_at is not None
            )  # fmt: skip
        case _:
            found = iter(())
    return sorted(found, key=lambda loss: (loss.start, loss.end, loss.what))


def greatest(found: Iterable[Loss], most: int) -> list[Loss]:
    """The greatest of them, the greatest first."""
    return sorted(found, key=lambda loss: (-loss.lost, loss.start))[:most]


def as_json(loss: Loss) -> dict[str, Any]:
    return {**span_of((loss.start, loss.end)), "lost": number(loss.lost), "what": loss.what}


# -- time --------------------------------------------------------------------------------------------------------------


def _of_time(terms: Terms, history: History, start: int, until: int) -> Iterator[Loss]:
    """Outages, and what else counts as down, each as long as it lasted without a break."""
    names: list[tuple[int, int, str]] = []
    for a, b, weight, state in history.states.segments(start, until):
        if weight is None:
            if terms.objective.unknown == "down":
                names.append((a, b, "unknown, which counts as down"))
        elif weight < UP:
            names.append((a, b, state if weight == 0 else f"{state}, {number(Fraction(weight, UP))} of it up"))
    names += [(a, b, "down, by a correction") for a, b in windows.clip(terms.adjustments.down, start, until)]
    for a, b in windows.unite((a, b) for a, b, _ in names):
        up, counts = uptime.spent(terms, history, a, b)
        lost = Fraction(counts * UP - up, UP * 1000)
        if lost:
            within = dict.fromkeys(name for first, last, name in sorted(names) if first < b and a < last)
            yield Loss(a, b, lost, "; ".join(within))


# -- counts and slices -------------------------------------------------------------------------------------------------

_Piece = tuple[int, int, Fraction, int]
"""(from, to, what it lost, of how many)."""


def _of_counts(terms: Terms, history: History, figure: Figure, start: int, until: int) -> Iterator[Loss]:
    """Minutes with bad events, and those that follow each other as one."""
    what = "events" if terms.threshold is None else "measurements"
    counted = [minutes_of(*each) for each in terms.timeline.counted(start, until)]
    pieces = (piece for first, last in counted for piece in _bad_minutes(terms, history, figure, first, last))
    for a, b, lost, total in _joined(pieces):
        yield Loss(a, b, lost, f"{lost} of {total} {what} bad")
    for at, good, total in corrected(terms, counted):
        if total > good:
            yield Loss(at, at, Fraction(total - good), f"{total - good} of {total} {what} bad, by a correction")


def _bad_minutes(terms: Terms, history: History, figure: Figure, first: int, last: int) -> Iterator[_Piece]:
    threshold = terms.threshold
    if threshold is None:
        for minute, good, total in history.counts.minutes(first, last):
            if total > good:
                yield minute * MINUTE_MS, (minute + 1) * MINUTE_MS, Fraction(total - good), total
        return
    for minute in history.measured.minutes(first, last):
        total, _, _ = history.measured.sum(minute, minute + 1)
        if figure.exact_counts:
            _, good = history.measured.under(threshold, minute, minute + 1)
        else:
            # As the figure: by the sketch throughout, also where a minute by itself was compared exactly.
            good = bins_at_most(history.measured.bins(minute, minute + 1), threshold)
        if total > good:
            yield minute * MINUTE_MS, (minute + 1) * MINUTE_MS, Fraction(total - good), total


def _of_slices(terms: Terms, history: History, span: Interval, until: int) -> Iterator[Loss]:
    """Slices that count as bad, those that follow each other as one; of a mean of ratios, what each lacks."""
    length, target = slices.length_of(terms), terms.objective.slice_target
    what = "not wholly good"
    if terms.objective.measure == "timeslices":
        what = "down" if target is None else f"below {target} %"
    pieces = ((begins, begins + length, lost, 1) for begins, lost in slices.lost(terms, history, span, until))
    for a, b, lost, number_of in _joined(pieces):
        name = "slice" if number_of == 1 else "slices"
        yield Loss(a, b, lost, f"{number_of} {name} of {number(Fraction(length, 1000))} s {what}")


def _joined(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Those that follow each other without a gap as one."""
    joined: _Piece | None = None
    for piece in pieces:
        if joined is not None and joined[1] == piece[0]:
            joined = joined[0], piece[1], joined[2] + piece[2], joined[3] + piece[3]
            continue
        if joined is not None:
            yield joined
        joined = piece
    if joined is not None:
        yield joined
