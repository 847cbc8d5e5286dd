"""What is made of the figures: verdicts on objectives and impairments of indicators, as aggregates that tell others.

`decide_*` compare what was told before with what is known now; nothing is told twice, and every change is one event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sepakat_metrics import windows
from sepakat_metrics.buckets import History
from sepakat_metrics.evaluation import Burn, Figure, credit_of, decimal, exact
from sepakat_metrics.events import from_ms
from sepakat_shared.commits import Kind
from sepakat_shared.contracts import compliance, topics
from sepakat_shared.contracts.fact import Fact, PeriodSpan, rfc3339
from sepakat_shared.contracts.texts import Agreement, Indicator, Need, Objective
from sepakat_shared.messages import Message

LATENESS: Final = timedelta(hours=24)
_RECOVERS_AFTER: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class About:
    """An objective or indicator within one agreement in force."""

    agreement: str
    version: int
    text: Agreement
    objective: Objective
    indicator: Indicator | None

    @property
    def service(self) -> str:
        return self.text.service_of(self.objective, self.indicator).id

    @property
    def parties(self) -> list[str]:
        return [self.text.parties.provider, self.text.parties.customer]

    def fields(self) -> dict[str, Any]:
        """What every compliance event says of whom and what it concerns."""
        service = self.text.service_of(self.objective, self.indicator)
        return {
            "agreement": self.agreement,
            "version": self.version,
            "provider": self.text.parties.provider,
            "customer": self.text.parties.customer,
            "service": service.id,
            "service_title": service.description,
            "agreement_title": self.text.metadata.title,
            "indicator": self.objective.indicator,
        }


@dataclass(frozen=True)
class Told:
    """One compliance event: its CloudEvents type and data. `key` orders all of one agreement's service."""

    type: str
    key: str
    data: dict[str, Any]
    at: datetime


def _told(fact: Fact, about: About, at: datetime) -> Told:
    return Told(fact.type, f"{about.agreement}/{about.service}", fact.as_json(), at)


# -- objectives --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What was told of one objective over one period (or, for a rolling window, over all of its episodes)."""

    parties: tuple[str, ...]
    period_end: datetime | None
    at_risk: bool = False
    breached: bool = False
    closed: bool = False
    episodes: int = 0
    last_at: datetime | None = None

    @property
    def closes_at(self) -> datetime | None:
        return None if self.closed or self.period_end is None else self.period_end + LATENESS


@dataclass(frozen=True)
class VerdictBegun:
    parties: tuple[str, ...]
    period_end: datetime | None


@dataclass(frozen=True)
class VerdictTold:
    told: Told


VerdictEvent = VerdictBegun | VerdictTold


def verdict_id(about: About, figure: Figure) -> str:
    """The aggregate of one period of a calendar window, or of a rolling window for ever."""
    if about.objective.window.rolling is not None:
        return f"{about.agreement}/{about.objective.id}/rolling"
    return f"{about.agreement}/{about.objective.id}/{rfc3339(from_ms(figure.period[0]))}"


def apply_verdict(verdict: Verdict | None, event: VerdictEvent) -> Verdict:
    if isinstance(event, VerdictBegun):
        return verdict or Verdict(event.parties, event.period_end)
    if verdict is None:
        raise ValueError("a verdict begins with its parties")
    told = replace(verdict, last_at=event.told.at)
    changes: Mapping[str, Mapping[str, Any]] = {
        compliance.ObjectiveAtRisk.type: {"at_risk": True},
        compliance.ObjectiveRiskPassed.type: {"at_risk": False},
        compliance.ObjectiveBreached.type: {"breached": True, "episodes": verdict.episodes + 1},
        compliance.ObjectiveRecovered.type: {"breached": False, "at_risk": False},
        compliance.BreachRetracted.type: {"breached": False},
        compliance.PeriodClosed.type: {"closed": True, "at_risk": False},
    }
    return replace(told, **changes[event.told.type])


def decide_verdict(
    verdict: Verdict | None, about: About, figure: Figure, low_since: int | None, cause: str
) -> Sequence[VerdictEvent]:
    """What is to be told now. `low_since`: since when (ms) a rolling window is at or under 90 % of its budget."""
    if verdict is not None and verdict.closed:
        return []
    found: list[tuple[type[compliance.ObjectiveAtRisk], int]] = []
    told = verdict or Verdict((), None)
    breached = _is_breached(told, figure, low_since)
    if figure.at_risk and not told.at_risk and not breached:
        found.append((compliance.ObjectiveAtRisk, figure.as_of))
    if breached and not told.breached:
        at = figure.spent_at if figure.spent_at is not None else figure.as_of
        found.append((compliance.ObjectiveBreached, at))  # type: ignore[arg-type]
    elif told.breached and not breached:
        rolling = figure.objective.window.rolling is not None
        passed = compliance.ObjectiveRecovered if rolling else compliance.BreachRetracted
        found.append((passed, figure.as_of))  # type: ignore[arg-type]
    elif told.at_risk and not figure.at_risk and not breached:
        found.append((compliance.ObjectiveRiskPassed, figure.as_of))  # type: ignore[arg-type]
    closes = figure.period[1] + LATENESS // timedelta(milliseconds=1)
    if figure.ended and figure.as_of >= closes:
        found.append((compliance.PeriodClosed, figure.as_of))  # type: ignore[arg-type]
    if not found:
        return []
    episodes = told.episodes + (breached and not told.breached)
    events: list[VerdictEvent] = [
        VerdictTold(_told(_objective_fact(kind, about, figure, at, episodes, cause), about, from_ms(at)))
        for kind, at in found
    ]
    if verdict is None:
        end = None if about.objective.window.rolling is not None else from_ms(figure.period[1])
        events.insert(0, VerdictBegun(tuple(about.parties), end))
    return events


def _is_breached(told: Verdict, figure: Figure, low_since: int | None) -> bool:
    """Whether the period, or the rolling window, counts as breached now."""
    if figure.attainment is None:
        return False
    if figure.objective.window.rolling is not None:
        if told.breached:
            recovered = low_since is not None and figure.as_of - low_since >= _RECOVERS_AFTER // timedelta(
                milliseconds=1
            )
            return not recovered
        return figure.over_budget and figure.enough
    if figure.absolute:
        return figure.over_budget
    return figure.ended and figure.enough and figure.attainment < figure.target


def is_low(figure: Figure) -> bool:
    """At or under 90 % of its budget."""
    return figure.lost * 10 <= figure.budget * 9


def _objective_fact(
    kind: type[Any], about: About, figure: Figure, at: int, episode: int, cause: str
) -> compliance.ObjectiveAtRisk:
    attainment, left = figure.attainment, figure.budget - figure.lost
    start, end = figure.period
    rolling = about.objective.window.rolling is not None
    name = f"{episode:06d}" if rolling else rfc3339(from_ms(start))
    credit = credit_of(about.text, figure)
    fact: compliance.ObjectiveAtRisk = kind(
        **about.fields(),
        at=from_ms(at),
        cause=cause,
        episode=f"{about.agreement}/{about.objective.id}/{name}",
        objective=about.objective.id,
        objective_title=about.objective.title,
        period=PeriodSpan(start=from_ms(start), end=from_ms(end)),
        state=figure.state,
        attainment=None if attainment is None else decimal(attainment * 100),
        exact=None if attainment is None else exact(attainment),
        target=str(about.objective.target),
        coverage=None if figure.coverage is None else decimal(figure.coverage * 100),
        budget=compliance.Budget(
            total=decimal(figure.budget), consumed=decimal(figure.lost), remaining=decimal(left), unit=figure.unit
        ),
        burn_rates=tuple(_burn(burn) for burn in figure.burns),
        permitted_loss_left_seconds=decimal(left, 3) if figure.unit == "seconds" else None,
        permitted_loss_left=_in_money(about, figure),
        credit_percent=None if credit is None else credit["percent"],
    )
    return fact


def _burn(burn: Burn) -> compliance.BurnRate:
    rates = ["none" if rate is None else decimal(rate, 2) for rate in (burn.rate_long, burn.rate_short)]
    return compliance.BurnRate(
        long=f"PT{burn.long // 1000}S", short=f"PT{burn.short // 1000}S", rate_long=rates[0], rate_short=rates[1],
        factor=decimal(burn.factor, 1),
    )  # fmt: skip


def _in_money(about: About, figure: Figure) -> compliance.Money | None:
    """What the permitted loss left would cost the customer, by the need that the objective serves."""
    need = _need_of(about)
    if need is None or need.impact is None or figure.unit != "seconds":
        return None
    left = max(figure.budget - figure.lost, figure.budget * 0)
    per_second = need.impact.cost / (need.impact.per // timedelta(milliseconds=1)) * 1000
    amount = left.numerator * per_second / left.denominator
    return compliance.Money(amount=f"{amount:.2f}", currency=need.impact.currency)


def _need_of(about: About) -> Need | None:
    return next((need for need in about.text.needs if about.objective.id in need.served_by), None)


def _verdict_fields(verdict: Verdict) -> Mapping[str, Any]:
    return {"parties": list(verdict.parties), "closes_at": verdict.closes_at}


def _verdict_messages(event: VerdictEvent, _verdict: Verdict) -> Iterable[Message]:
    return [] if isinstance(event, VerdictBegun) else [_message(event.told)]


def _message(told: Told) -> Message:
    return Message(topics.COMPLIANCE, told.key, told.type, told.data)


VERDICT: Kind[Verdict, VerdictEvent] = Kind(
    "verdict", Verdict, (VerdictBegun, VerdictTold), apply_verdict, _verdict_fields, _verdict_messages
)


# -- impairments -------------------------------------------------------------------------------------------------------


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
    return f"{about.agreement}/{about.objective.indicator}"


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
    held = history.state_at(now)
    began = impairment.began_at if impairment else None
    down = down_since(history, now)
    if began is None and down is not None and down_long_enough(about, down[0], now):
        at = from_ms(down[0])
        fact = compliance.ImpairmentBegan(
            **about.fields(), at=at, cause=cause, state=down[1], objectives=tuple(objectives),
            impairment=f"{impairment_id(about)}/{rfc3339(at)}",
        )  # fmt: skip
        return [Began(tuple(about.parties), at, down[1], _told(fact, about, at))]
    if began is not None and down is None and held is not None and held[1] is not None:
        at = from_ms(held[0])
        over = compliance.ImpairmentEnded(
            **about.fields(), at=at, cause=cause, began_at=began, impairment=f"{impairment_id(about)}/{rfc3339(began)}"
        )
        return [Ended(_told(over, about, at))]
    return []


def down_since(history: History, now: int) -> tuple[int, str] | None:
    """Since when (ms) the indicator is wholly down, and in which state; None when it is not."""
    held = history.state_at(now)
    if held is None or held[1] != 0:
        return None
    since, state = held[0], held[2]
    while True:
        before = history.state_at(since)
        if before is None or before[1] != 0:
            return since, state
        since, state = before[0], before[2]


def down_long_enough(about: About, since: int, now: int) -> bool:
    wait = about.indicator.down_after // timedelta(milliseconds=1) if about.indicator else 0
    if windows.maintenance(about.text, about.objective, now - 1, now):
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
    lambda event, _impairment: [_message(event.told)],
)


def next_instant(about: About, figure: Figure, history: History) -> int:
    """When (ms) the passing of time alone may change a verdict; at the latest in a minute."""
    now = figure.as_of
    candidates = [now + 60_000, figure.period[1] if figure.period[1] > now else now + 60_000]
    down = down_since(history, now)
    if down is not None:
        wait = about.indicator.down_after // timedelta(milliseconds=1) if about.indicator else 0
        candidates.append(down[0] + max(wait, 1))
    if figure.spent_by is not None:
        candidates.append(figure.spent_by)
    silent = history.silent_from()
    if silent is not None:
        candidates.append(silent + 1)
    if down is not None or figure.state != "met":
        candidates.append(now + 1000)
    return min(each for each in candidates if each > now)
