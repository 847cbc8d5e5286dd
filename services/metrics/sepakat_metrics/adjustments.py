"""Exclusions granted and corrections made after the fact: what the parties agreed on about time already measured.

An exclusion takes time out, to the provider's good: the customer grants it, and the provider may give it back. A
correction adds what was missed, to the customer's good: the provider grants it, and the customer may give it back. The
operator may do either, for an outcome that both are bound to.

A credit is agreed by the outcome of a dispute alone. It changes no figure, and stands beside what the figure gives.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sepakat_metrics import windows
from sepakat_metrics.terms import Adjustments
from sepakat_shared.aggregate import Kind
from sepakat_shared.calendars import to_ms
from sepakat_shared.contracts import compliance, topics
from sepakat_shared.errors import Conflict, FieldProblem, Forbidden, Invalid
from sepakat_shared.messages import Message

EXCLUSION: Final = "exclusion"
KINDS: Final = (EXCLUSION, "downtime", "events", "case-time")
CREDIT: Final = "credit"


@dataclass(frozen=True)
class Asked:
    """What is to be granted. `start` and `end` bound an exclusion or downtime, or the period whose credit it is.

    `start` alone is when the events were.
    """

    agreement: str
    provider: str
    customer: str
    objectives: tuple[str, ...]
    kind: str
    reason: str
    note: str
    start: datetime | None = None
    end: datetime | None = None
    good: int = 0
    total: int = 0
    ticket: str = ""
    seconds: int = 0
    dispute: str = field(default="", repr=False)
    """The dispute whose outcome this is. Left out of the words that an adjustment's id is made from."""
    credit_percent: str = field(default="", repr=False)
    """Of the charge, for a credit. Left out of the same words: a credit has its id from its dispute."""

    @property
    def is_for_provider(self) -> bool:
        """Whether it takes away what counted against the provider."""
        return self.kind == EXCLUSION or (self.kind == "case-time" and self.seconds < 0)

    @property
    def may_grant(self) -> str:
        return self.customer if self.is_for_provider else self.provider

    @property
    def may_withdraw(self) -> str:
        return self.provider if self.is_for_provider else self.customer


@dataclass(frozen=True)
class Granted:
    id: str
    asked: Asked
    by: str
    at: datetime


@dataclass(frozen=True)
class Withdrawn:
    by: str
    at: datetime


@dataclass(frozen=True)
class Applied:
    """Every period that it touches has been judged again."""

    at: datetime


Event = Granted | Withdrawn | Applied


@dataclass(frozen=True)
class Adjustment:
    granted: Granted
    withdrawn_by: str | None = None
    applied: bool = False

    @property
    def asked(self) -> Asked:
        return self.granted.asked

    @property
    def in_force(self) -> bool:
        return self.withdrawn_by is None


def apply(adjustment: Adjustment | None, event: Event) -> Adjustment:
    if isinstance(event, Granted):
        return Adjustment(event)
    if adjustment is None:
        raise ValueError("an adjustment is granted before anything else")
    if isinstance(event, Withdrawn):
        return replace(adjustment, withdrawn_by=event.by, applied=False)
    return replace(adjustment, applied=True)


def grant(
    adjustment: Adjustment | None, id: str, asked: Asked, party: str | None, by: str, at: datetime
) -> list[Event]:
    """`party` is whom the asker acts for, None for an operator. Raises Forbidden or Invalid."""
    if adjustment is not None and adjustment.in_force:
        return []
    if party not in (None, asked.may_grant):
        raise Forbidden(f"a correction to the good of one party is granted by the other: here {asked.may_grant!r}")
    problems = list(_problems(asked))
    if problems:
        raise Invalid.of(problems)
    return [Granted(id, asked, by, at)]


def grant_outcome(adjustment: Adjustment | None, id: str, asked: Asked, by: str, at: datetime) -> list[Event]:
    """What a dispute has ended in, or the text says of a fact, binds both: granted once, and not again when a party has
    given it back since.

    Raises Invalid.
    """
    return [] if adjustment is not None else grant(None, id, asked, None, by, at)


def withdraw(adjustment: Adjustment, party: str | None, by: str, at: datetime) -> list[Event]:
    """Raises Forbidden, or Conflict when it was withdrawn before."""
    if adjustment.asked.kind == CREDIT and party is not None:
        raise Forbidden("a credit that a dispute has ended in binds both; an operator takes it back where both say so")
    if party not in (None, adjustment.asked.may_withdraw):
        raise Forbidden(f"it is to the good of {adjustment.asked.may_withdraw!r}, who alone may give it back")
    if not adjustment.in_force:
        raise Conflict("it was withdrawn before")
    return [Withdrawn(by, at)]


def mark_applied(adjustment: Adjustment | None, corrected: Adjustment, at: datetime) -> list[Event]:
    """`corrected` is what the periods were judged by; one that was withdrawn meanwhile is to be judged once more."""
    done = adjustment is None or adjustment.applied or adjustment.in_force != corrected.in_force
    return [] if done else [Applied(at)]


def _problems(asked: Asked) -> Iterable[FieldProblem]:
    if asked.kind == CREDIT and not (asked.dispute and asked.start and asked.end and asked.credit_percent):
        yield FieldProblem("/kind", "a credit is agreed by the outcome of a dispute about a period")
    if asked.kind in (EXCLUSION, "downtime"):
        if asked.start is None or asked.end is None:
            yield FieldProblem("/end" if asked.start else "/start", f"is required for {asked.kind}")
        elif asked.end <= asked.start:
            yield FieldProblem("/end", "must be after /start")
    if asked.kind == "events":
        if asked.start is None:
            yield FieldProblem("/start", "is required: when the events were")
        if not 0 <= asked.good <= asked.total or asked.total == 0:
            yield FieldProblem("/total", "must be more than 0, and not less than /good")
    if asked.kind == "case-time" and (not asked.ticket or asked.seconds == 0):
        yield FieldProblem("/seconds" if asked.ticket else "/ticket", "is required for case-time")


def of_objective(granted: Iterable[Adjustment], objective: str) -> Adjustments:
    """All that is in force for one objective, as it is measured."""
    asked = [
        each.asked for each in sorted(granted, key=lambda each: (each.granted.at, each.granted.id))
        if each.in_force and (not each.asked.objectives or objective in each.asked.objectives)
    ]  # fmt: skip

    def spans(kind: str) -> tuple[windows.Interval, ...]:
        return tuple(
            windows.unite((to_ms(a.start), to_ms(a.end)) for a in asked if a.kind == kind and a.start and a.end)
        )

    return Adjustments(
        excluded=spans(EXCLUSION),
        down=spans("downtime"),
        events=tuple(sorted((to_ms(a.start), a.good, a.total) for a in asked if a.kind == "events" and a.start)),
        cases=tuple(sorted((a.ticket, a.seconds * 1000) for a in asked if a.kind == "case-time")),
        credits=tuple(
            (to_ms(a.start), to_ms(a.end), a.credit_percent) for a in asked if a.kind == CREDIT and a.start and a.end
        ),
    )


def _fields(adjustment: Adjustment) -> Mapping[str, Any]:
    asked = adjustment.asked
    return {
        "parties": [asked.provider, asked.customer],
        "agreement": asked.agreement,
        "waiting": not adjustment.applied,
    }


def _messages(event: Event, adjustment: Adjustment) -> Sequence[Message]:
    asked = adjustment.asked
    if isinstance(event, Applied):
        return []
    kind = compliance.AdjustmentGranted if isinstance(event, Granted) else compliance.AdjustmentWithdrawn
    fact = kind(
        adjustment=adjustment.granted.id, agreement=asked.agreement, provider=asked.provider, customer=asked.customer,
        objectives=asked.objectives, kind=asked.kind, reason=asked.reason, note=asked.note, start=asked.start,
        end=asked.end, good=asked.good, total=asked.total, ticket=asked.ticket or None, seconds=asked.seconds,
        dispute=asked.dispute or None, credit_percent=asked.credit_percent or None, by=event.by, at=event.at,
    )  # fmt: skip
    return [Message.of(topics.COMPLIANCE, asked.agreement, fact)]


ADJUSTMENT: Kind[Adjustment, Event] = Kind(
    "adjustment", Adjustment, (Granted, Withdrawn, Applied), apply, _fields, _messages
)
