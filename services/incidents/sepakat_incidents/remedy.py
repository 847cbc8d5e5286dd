"""What a dispute asks for and ends in: adjustments of what was measured, a credit, or words alone. Pure.

Adjustments are in the vocabulary of metrics' `/v1/adjustments`: that service grants each one that an outcome names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal

from sepakat_shared.errors import FieldProblem, Invalid

AdjustmentKind = Literal["exclusion", "downtime", "events", "case-time"]
Span = tuple[datetime, datetime]
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Adjustment:
    """`start` and `end` bound an exclusion or downtime; `start` is when the events were; `seconds` of a ticket."""

    kind: AdjustmentKind
    objectives: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    good: int = 0
    total: int = 0
    ticket: str = ""
    seconds: int = 0

    @property
    def span(self) -> Span | None:
        """The instants it touches, half-open; None where it has none."""
        if self.start is None:
            return None
        return self.start, self.end or self.start


@dataclass(frozen=True)
class Remedy:
    """`credit_percent` of the charge, exact, is for disputes about a credit; `terms` are words."""

    adjustments: tuple[Adjustment, ...] = ()
    credit_percent: str | None = None
    terms: str | None = None

    @property
    def is_empty(self) -> bool:
        return not self.adjustments and self.credit_percent is None and not (self.terms or "").strip()


NOTHING: Final = Remedy()


@dataclass(frozen=True)
class Bounds:
    """What a remedy of one subject may touch: one objective or ticket, the instants of a period, a credit or not.

    `objectives` are those in which the disputed clock of a ticket counts.
    """

    objective: str | None = None
    ticket: str | None = None
    period: Span | None = None
    credit: bool = False
    objectives: tuple[str, ...] = ()


def check(remedy: Remedy, bounds: Bounds, at: str) -> None:
    """`at` is the JSON Pointer of the remedy in what was sent. Raises Invalid with every field and its rule."""
    problems = list(_problems(remedy, bounds, at))
    if problems:
        raise Invalid.of(problems)


def _problems(remedy: Remedy, bounds: Bounds, at: str) -> Iterator[FieldProblem]:
    if remedy.is_empty:
        yield FieldProblem(f"{at}/adjustments", "ask for something: an adjustment, a credit, or terms in words")
    if remedy.credit_percent is not None and not bounds.credit:
        yield FieldProblem(f"{at}/credit_percent", "is for a dispute about a credit")
    for i, each in enumerate(remedy.adjustments):
        pointer = f"{at}/adjustments/{i}"
        if bounds.objective is None and bounds.ticket is None:
            yield FieldProblem(pointer, "a clause is disputed in words: use terms; figures are those of a verdict")
        elif bounds.ticket is not None and each.kind != "case-time":
            yield FieldProblem(f"{pointer}/kind", "the clock of an incident is corrected by case-time alone")
        else:
            yield from _incomplete(each, pointer)
            yield from _outside(each, bounds, pointer)


def _incomplete(adjustment: Adjustment, at: str) -> Iterator[FieldProblem]:
    kind, start, end = adjustment.kind, adjustment.start, adjustment.end
    if kind in ("exclusion", "downtime"):
        if start is None or end is None:
            yield FieldProblem(f"{at}/{'end' if start else 'start'}", f"is required for {kind}")
        elif end <= start:
            yield FieldProblem(f"{at}/end", "must be after the start")
    if kind == "events":
        if start is None:
            yield FieldProblem(f"{at}/start", "is required: when the events were")
        if not 0 <= adjustment.good <= adjustment.total or adjustment.total == 0:
            yield FieldProblem(f"{at}/total", "must be more than 0, and not less than good")
    if kind == "case-time" and (not adjustment.ticket or adjustment.seconds == 0):
        yield FieldProblem(f"{at}/{'seconds' if adjustment.ticket else 'ticket'}", "is required for case-time")


def _outside(adjustment: Adjustment, bounds: Bounds, at: str) -> Iterator[FieldProblem]:
    if bounds.ticket is not None and adjustment.ticket != bounds.ticket:
        yield FieldProblem(f"{at}/ticket", f"must be {bounds.ticket!r}, the incident that is disputed")
    if bounds.period is not None and adjustment.span is not None:
        (start, end), (first, last) = adjustment.span, bounds.period
        if start < first:
            yield FieldProblem(f"{at}/start", "must not be before the period that is disputed")
        if end > last or start >= last:
            yield FieldProblem(f"{at}/{'end' if adjustment.end else 'start'}", "must be within the period disputed")


def exceeds(offered: Remedy, asked: Remedy, measured_credit: str | None) -> bool:
    """Whether `offered` is more, or something else, than `asked`. Words are not weighed."""
    return any(_excess(offered, asked, measured_credit, ""))


def check_within(offered: Remedy, asked: Remedy, measured_credit: str | None, at: str) -> None:
    """The same, of the remedy at that JSON Pointer. Raises Invalid with every field and its rule."""
    problems = list(_excess(offered, asked, measured_credit, at))
    if problems:
        raise Invalid.of(problems)


def _excess(offered: Remedy, asked: Remedy, measured: str | None, at: str) -> Iterator[FieldProblem]:
    spans = all(_covered(_spans(offered, kind), _spans(asked, kind)) for kind in ("exclusion", "downtime"))
    if not spans or _more(_failed(offered), _failed(asked)) or _more(_added(offered), _added(asked)):
        yield FieldProblem(f"{at}/adjustments", "must be within what was asked; more is a dispute of its own")
    if offered.credit_percent is None:
        return
    if asked.credit_percent is None:
        yield FieldProblem(f"{at}/credit_percent", "must be left out: no credit was asked for")
        return
    least, most = sorted((Decimal(measured or 0), Decimal(asked.credit_percent)))
    if not least <= Decimal(offered.credit_percent) <= most:
        yield FieldProblem(
            f"{at}/credit_percent", f"must be from {least:f} to {most:f}: what is owed and what was asked"
        )


def _spans(remedy: Remedy, kind: str) -> list[Span]:
    return [each.span for each in remedy.adjustments if each.kind == kind and each.span is not None]


def _covered(inner: Iterable[Span], outer: Iterable[Span]) -> bool:
    """Whether every instant of `inner` is one of `outer`."""
    for start, end in inner:
        at = start
        for first, last in sorted(outer):
            if first <= at < last:
                at = last
        if at < end:
            return False
    return True


Amounts = dict[tuple[str, object], tuple[int, ...]]
"""What adjustments of one kind come to, by the instant or ticket that they are of."""


def _failed(remedy: Remedy) -> Amounts:
    """Good and failed events to add, by the instant they were."""
    found: Amounts = {}
    for each in remedy.adjustments:
        if each.kind == "events":
            key = ("events", each.start or _LATEST)
            good, failed = found.get(key, (0, 0))
            found[key] = (good + each.good, failed + each.total - each.good)
    return found


def _added(remedy: Remedy) -> Amounts:
    """Seconds to add to (or, less than 0, to take from) a ticket's clocks."""
    found: Amounts = {}
    for each in remedy.adjustments:
        if each.kind == "case-time":
            key = ("case-time", each.ticket)
            found[key] = (found.get(key, (0,))[0] + each.seconds,)
    return found


def _more(offered: Amounts, asked: Amounts) -> bool:
    for key, amounts in offered.items():
        limits = asked.get(key, (0,) * len(amounts))
        for amount, limit in zip(amounts, limits, strict=True):
            if amount and (amount * limit <= 0 or abs(amount) > abs(limit)):
                return True
    return False
