"""Time: up / (up + down), where degraded counts by its weight."""

from fractions import Fraction
from typing import Any

from sepakat_metrics import windows
from sepakat_metrics.events import UP
from sepakat_metrics.history import History
from sepakat_metrics.ledger import Ledger
from sepakat_metrics.terms import Terms
from sepakat_metrics.windows import Interval

_IN_SECONDS = UP * 1000


def ledger(terms: Terms, history: History) -> Ledger:
    """Sums of (millionths of ms up, ms known, ms) over counted time, corrections included."""
    states, corrected = history.states, terms.adjustments.down

    def add(start: int, end: int) -> tuple[int, ...]:
        up, known = states.sum(start, end)
        for a, b in windows.clip(corrected, start, end):
            was_up, was_known = states.sum(a, b)
            up, known = up - was_up, known - was_known + b - a
        return up, known, max(0, end - start)

    return terms.ledger(history, add)


def spent(terms: Terms, history: History, start: int, end: int) -> tuple[int, int]:
    """Millionths of ms up, and ms that count, over `[start, end)`; unknown time as agreed."""
    up, known, elapsed = ledger(terms, history).sum(start, end)
    if terms.objective.shortest_outage is not None:
        up += _forgiven(terms, history, start, end)
    return as_agreed(terms, up, known, elapsed)


def as_agreed(terms: Terms, up: int, known: int, elapsed: int) -> tuple[int, int]:
    """Millionths of ms up, and ms that count, where nothing is known of the rest of what elapsed."""
    if terms.objective.unknown == "exclude":
        return up, known
    return up + ((elapsed - known) * UP if terms.objective.unknown == "up" else 0), elapsed


def measure(terms: Terms, history: History, span: Interval, until: int) -> dict[str, Any]:
    """The fields of a Figure that this measure answers."""
    start, end = span
    objective, timeline = terms.objective, terms.timeline
    _, known, elapsed = ledger(terms, history).sum(start, until)
    up, counts = spent(terms, history, start, until)
    excluded = timeline.excluded_length(start, until)
    left_out = elapsed - known if objective.unknown == "exclude" else 0
    possible = timeline.counted_length(start, end) - left_out
    down = counts * UP - up
    if objective.exclusions == "count-as-up":
        up += excluded * UP
        possible += timeline.excluded_length(start, end)
    allowed = (1 - terms.target) * possible * UP
    # With nothing observed there is no figure, whatever the exclusions would count as.
    total = up + down if known or objective.unknown != "exclude" else 0
    over = down > allowed
    return {
        "good": Fraction(up if total else 0, _IN_SECONDS),
        "total": Fraction(total, _IN_SECONDS),
        "budget": allowed / _IN_SECONDS,
        "unit": "seconds",
        "holds": up >= terms.target * total if total else None,
        "observed": Fraction(known, 1000),
        "excluded": Fraction(excluded, 1000),
        "unknown": Fraction(elapsed - known, 1000),
        "coverage": Fraction(known, elapsed) if elapsed else None,
        "sample": 1 if total else 0,
        "absolute": True,
        "spent_at": _spent_at(terms, history, start, until, allowed) if over else None,
        "spent_by": None if over else _spent_by(terms, history, span, until, allowed - down),
    }


def lost_share(terms: Terms, history: History, start: int, end: int) -> Fraction | None:
    up, counts = spent(terms, history, start, end)
    return 1 - Fraction(up, counts * UP) if counts else None


def _lost(terms: Terms, history: History, start: int, end: int) -> int:
    up, counts = spent(terms, history, start, end)
    return counts * UP - up


def _spent_at(terms: Terms, history: History, start: int, until: int, allowed: Fraction) -> int:
    """The first millisecond at whose end strictly more than `allowed` was lost."""
    low, high = start, until
    while low + 1 < high:
        middle = (low + high) // 2
        if _lost(terms, history, start, middle) > allowed:
            high = middle
        else:
            low = middle
    return high


def _spent_by(terms: Terms, history: History, span: Interval, now: int, left: Fraction) -> int | None:
    """When strictly more than `left` will be lost, if the state that holds now lasts; None where it loses nothing."""
    held = history.states.state_at(now)
    weight = held[1] if held is not None else None
    if weight is None and terms.objective.unknown != "exclude":
        weight = UP if terms.objective.unknown == "up" else 0
    if weight is None or weight >= UP:
        return None
    return terms.timeline.after(now, int(left / (UP - weight)) + 1, max(span[1], now + 1))


def _forgiven(terms: Terms, history: History, start: int, end: int) -> int:
    """Millionths of ms lost in outages that are shorter than the agreement counts."""
    shortest = terms.objective.shortest_outage
    limit = shortest.total_seconds() * 1000 if shortest is not None else 0
    lost, begun, last = 0, None, start
    pieces: list[tuple[int, int, int]] = []

    def close() -> int:
        if begun is None or last - begun >= limit:
            return 0
        return sum(
            (b - a) * weight for x, y, weight in pieces for a, b in terms.timeline.counted(max(x, start), min(y, end))
        )

    for a, b, weight, _ in history.states.segments(_outage_begun(history, start), end):
        if weight is None or weight >= UP:
            lost += close()
            begun, pieces = None, []
            continue
        begun = a if begun is None else begun
        pieces.append((a, b, UP - weight))
        last = b
    return lost + close()


def _outage_begun(history: History, start: int) -> int:
    """When the outage began that `start` is in: what counts is how long it lasted in all. Else `start`."""
    begun = start
    held = history.states.state_at(start + 1)
    while held is not None and held[1] is not None and held[1] < UP:
        begun = min(begun, held[0])
        held = history.states.state_at(held[0])
    return begun
