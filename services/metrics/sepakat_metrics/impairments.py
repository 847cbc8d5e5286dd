"""Impairments, as aggregates: that an indicator is down for longer than agreed, and up again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sepakat_metrics.history import History
from sepakat_metrics.telling import About, Told, message, tell
from sepakat_shared.aggregate import Kind
from sepakat_shared.calendars import from_ms
from sepakat_shared.contracts import compliance
from sepakat_shared.contracts.fact import rfc3339


@dataclass(frozen=True)
class Impairment:
    """Whether one indicator is told to be down under one agreement, and since when."""

    parties: tuple[str, ...]
    began_at: datetime | None = None
    state: str = ""
    number: int = 0


@dataclass(frozen=True)
class Began:
    parties: tuple[str, ...]
    at: datetime
    state: str
    told: Told


@dataclass(frozen=True)
class Ended:
    told: Told


ImpairmentEvent = Began | Ended


def impairment_id(about: About) -> str:
    return id_of(about.agreement, about.objective.indicator)


def id_of(agreement: str, indicator: str) -> str:
    return f"{agreement}/{indicator}"


def apply_impairment(impairment: Impairment | None, event: ImpairmentEvent) -> Impairment:
    if isinstance(event, Began):
        return Impairment(event.parties, event.at, event.state, (impairment.number if impairment else 0) + 1)
    if impairment is None:
        raise ValueError("an impairment begins before it ends")
    return replace(impairment, began_at=None, state="")


def decide_impairment(
    impairment: Impairment | None, about: About, objectives: Sequence[str], history: History, now: int, cause: str
) -> Sequence[ImpairmentEvent]:
    """Began: down for `downAfter` or longer, outside announced maintenance. Ended: up again."""
    held = history.states.state_at(now)
    began = impairment.began_at if impairment else None
    down = down_since(history, now)
    if began is None and down is not None and down_long_enough(about, down[0], now):
        at = from_ms(down[0])
        fact = compliance.ImpairmentBegan(
            **about.fields(), at=at, cause=cause, state=down[1], objectives=tuple(objectives),
            impairment=f"{impairment_id(about)}/{rfc3339(at)}",
        )  # fmt: skip
        return [Began(tuple(about.parties), at, down[1], tell(fact, about, at))]
    if began is not None and down is None and held is not None and held[1] is not None:
        at = from_ms(held[0])
        over = compliance.ImpairmentEnded(
            **about.fields(), at=at, cause=cause, began_at=began, impairment=f"{impairment_id(about)}/{rfc3339(began)}"
        )
        return [Ended(tell(over, about, at))]
    return []


def down_since(history: History, now: int) -> tuple[int, str] | None:
    """Since when (ms) the indicator is wholly down, and in which state; None when it is not."""
    held = history.states.state_at(now)
    if held is None or held[1] != 0:
        return None
    since, state = held[0], held[2]
    while True:
        before = history.states.state_at(since)
        if before is None or before[1] != 0:
            return since, state
        since, state = before[0], before[2]


def down_long_enough(about: About, since: int, now: int) -> bool:
    wait = about.indicator.down_after // timedelta(milliseconds=1) if about.indicator else 0
    if about.terms.timeline.is_excluded_at(now - 1):
        return False
    return now - since >= max(wait, 1)


def _impairment_fields(impairment: Impairment) -> Mapping[str, Any]:
    return {"parties": list(impairment.parties), "began_at": impairment.began_at}


IMPAIRMENT: Kind[Impairment, ImpairmentEvent] = Kind(
    "impairment",
    Impairment,
    (Began, Ended),
    apply_impairment,
    _impairment_fields,
    lambda event, _impairment: [message(event.told)],
)
