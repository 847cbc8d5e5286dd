"""What is made of the figures: verdicts on objectives and impairments of indicators, as aggregates that tell others.

`decide_*` compare what was told before with what is known now; nothing is told twice, and every change is one event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sepakat_metrics.evaluation import projection
from sepakat_metrics.events import from_ms
from sepakat_metrics.figures import Burn, Figure, attainment_of, budget_of, credit_of, decimal, span_of
from sepakat_metrics.history import History
from sepakat_metrics.terms import Terms
from sepakat_metrics.windows import Interval
from sepakat_shared.commits import Kind
from sepakat_shared.contracts import compliance, topics
from sepakat_shared.contracts.fact import Fact, PeriodSpan, rfc3339
from sepakat_shared.contracts.texts import Agreement, Indicator, Need, Objective
from sepakat_shared.messages import Message

LATENESS: Final = timedelta(hours=24)
LATENESS_MS: Final = LATENESS // timedelta(milliseconds=1)
_RECOVERS_AFTER_MS: Final = 300_000
_NOTED_EVERY: Final = timedelta(days=1)


@dataclass(frozen=True)
class About:
    """An objective or indicator within one agreement in force."""

    agreement: str
    version: int
    terms: Terms
    public_url: str = ""
    """Where others reach this service."""

    @property
    def text(self) -> Agreement:
        return self.terms.text

    @property
    def objective(self) -> Objective:
        return self.terms.objective

    @property
    def indicator(self) -> Indicator | None:
        return self.terms.indicator

    @property
    def service(self) -> str:
        return self.text.service_of(self.objective, self.indicator).id

    @property
    def parties(self) -> list[str]:
        return [self.text.parties.provider, self.text.parties.customer]

    def evidence(self, period: Interval) -> str | None:
        """Where the evidence of a period is."""
        if not self.public_url:
            return None
        span = "/".join(span_of(period).values())
        of = f"/v1/agreements/{self.agreement}/objectives/{self.objective.id}/evidence"
        return f"{self.public_url.rstrip('/')}{of}?period={span}"

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
    failing: bool = False
    breached: bool = False
    closed: bool = False
    episodes: int = 0
    last_at: datetime | None = None
    known_at: datetime | None = None
    figure: dict[str, Any] | None = None
    """The figure as it was last written down, and when that was."""

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


@dataclass(frozen=True)
class VerdictNoted:
    """A revision that nobody is told of: how the figure stood at that time, by that version of the agreement."""

    at: datetime
    version: int
    figure: dict[str, Any]


VerdictEvent = VerdictBegun | VerdictTold | VerdictNoted


@dataclass(frozen=True)
class Since:
    """Since when (ms) an objective is at or under 90 % of its budget, and its burn rates of their factors."""

    low: int | None = None
    calm: int | None = None

    def after(self, figure: Figure) -> "Since":
        calm = all(burn.calm for burn in figure.burns)
        return Since(
            (figure.as_of if self.low is None else self.low) if figure.low else None,
            (figure.as_of if self.calm is None else self.calm) if calm else None,
        )


def verdict_id(agreement: str, objective: Objective, period: Interval) -> str:
    """The aggregate of one period of a calendar window, or of a rolling window for ever."""
    if objective.window.rolling is not None:
        return f"{agreement}/{objective.id}/rolling"
    return f"{agreement}/{objective.id}/{rfc3339(from_ms(period[0]))}"


_CHANGES: Final[Mapping[str, Mapping[str, Any]]] = {
    compliance.ObjectiveAtRisk.type: {"at_risk": True},
    compliance.ObjectiveRiskPassed.type: {"at_risk": False},
    compliance.ObjectiveFailing.type: {"failing": True},
    compliance.ObjectiveRegained.type: {"failing": False},
    compliance.ObjectiveBreached.type: {"breached": True},
    compliance.ObjectiveRecovered.type: {"breached": False, "at_risk": False},
    compliance.BreachRetracted.type: {"breached": False},
    compliance.PeriodClosed.type: {"closed": True, "at_risk": False},
    compliance.PeriodCorrected.type: {},
}


def apply_verdict(verdict: Verdict | None, event: VerdictEvent) -> Verdict:
    if isinstance(event, VerdictBegun):
        return verdict or Verdict(event.parties, event.period_end)
    if verdict is None:
        raise ValueError("a verdict begins with its parties")
    if isinstance(event, VerdictNoted):
        return replace(verdict, known_at=event.at, figure=event.figure)
    told, data = event.told, event.told.data
    figure = {name: data.get(name) for name in _REMEMBERED}
    episodes = verdict.episodes + (told.type == compliance.ObjectiveBreached.type)
    changed = replace(verdict, last_at=told.at, known_at=told.at, figure=figure, episodes=episodes)
    return replace(changed, **_CHANGES[told.type])


_REMEMBERED: Final = ("state", "met", "exact", "attainment", "value", "unit", "target", "budget", "coverage")
_Kind = type[compliance._ObjectiveEvent]


def decide_verdict(
    verdict: Verdict | None, about: About, figure: Figure, since: Since, cause: str
) -> Sequence[VerdictEvent]:
    """What is to be told now, or written down since a day has passed."""
    if verdict is not None and verdict.closed:
        return []
    told = verdict or Verdict((), None)
    found = _changes(told, figure, since)
    episodes = told.episodes + any(kind is compliance.ObjectiveBreached for kind, _ in found)
    events: list[VerdictEvent] = [_fact_told(kind, about, figure, at, episodes, cause) for kind, at in found]
    if not events and (told.known_at is None or from_ms(figure.as_of) - told.known_at >= _NOTED_EVERY):
        if figure.holds is None:
            return []
        events.append(_noted(about, figure))
    if verdict is None and events:
        end = None if about.objective.window.rolling is not None else from_ms(figure.period[1])
        events.insert(0, VerdictBegun(tuple(about.parties), end))
    return events


def _changes(told: Verdict, figure: Figure, since: Since) -> list[tuple[_Kind, int]]:
    """Each change of state as (event, when it was, in ms). None is told again while it lasts."""
    found: list[tuple[_Kind, int]] = []
    now = figure.as_of
    breached = _is_breached(told, figure, since)
    if breached:
        if not told.breached:
            found.append((compliance.ObjectiveBreached, now if figure.spent_at is None else figure.spent_at))
    elif told.breached:
        rolling = figure.objective.window.rolling is not None
        found.append((compliance.ObjectiveRecovered if rolling else compliance.BreachRetracted, now))
    elif figure.failing and not told.failing:
        found.append((compliance.ObjectiveFailing, now))
    elif told.failing and not figure.failing and _lasted(since.low, now, _RECOVERS_AFTER_MS):
        found.append((compliance.ObjectiveRegained, now))
    if not breached and not told.breached:
        if figure.at_risk and not told.at_risk:
            found.append((compliance.ObjectiveAtRisk, now))
        elif told.at_risk and not figure.at_risk and _lasted(since.calm, now, _calms_after(figure)):
            found.append((compliance.ObjectiveRiskPassed, now))
    if figure.ended and now >= figure.period[1] + LATENESS_MS:
        found.append((compliance.PeriodClosed, now))
    return found


def _is_breached(told: Verdict, figure: Figure, since: Since) -> bool:
    """Whether the period, or the rolling window, counts as breached now."""
    if figure.holds is None:
        return False
    if figure.objective.window.rolling is None:
        return figure.failing and (figure.absolute or figure.ended)
    return not _lasted(since.low, figure.as_of, _RECOVERS_AFTER_MS) if told.breached else figure.failing


def _lasted(since: int | None, now: int, long: int) -> bool:
    return since is not None and now - since >= long


def _calms_after(figure: Figure) -> int:
    """How long (ms) a burn must have been calm: five minutes, or less where the window is a short one."""
    return min([_RECOVERS_AFTER_MS, *(burn.short for burn in figure.burns)])


def _fact_told(kind: _Kind, about: About, figure: Figure, at: int, episodes: int, cause: str) -> VerdictTold:
    return VerdictTold(_told(_objective_fact(kind, about, figure, at, episodes, cause), about, from_ms(at)))


def _noted(about: About, figure: Figure) -> VerdictNoted:
    remembered = {**_facts(figure), "period": span_of(figure.period)}
    return VerdictNoted(from_ms(figure.as_of), about.version, remembered)


def decide_correction(verdict: Verdict | None, about: About, figure: Figure, cause: str) -> Sequence[VerdictEvent]:
    """What a granted exclusion or a correction makes of a verdict that was written down, also of a closed one.

    The new figure is told beside the old one; then a breach that is none any more is retracted, or one is added.
    """
    if verdict is None or verdict.figure is None or figure.holds is None:
        return []
    now = _facts(figure)
    if all(verdict.figure.get(name) == now[name] for name in ("exact", "value", "met")):
        return []
    breached = figure.failing and (figure.absolute or figure.ended)
    episodes = verdict.episodes + (breached and not verdict.breached)
    corrected = _objective_fact(compliance.PeriodCorrected, about, figure, figure.as_of, episodes, cause)
    before = {f"{name}_before": verdict.figure.get(name) for name in ("attainment", "exact", "value", "met", "state")}
    told = corrected.model_copy(update=before)
    events = [VerdictTold(_told(told, about, from_ms(figure.as_of)))]
    if breached != verdict.breached:
        kind = compliance.ObjectiveBreached if breached else compliance.BreachRetracted
        events.append(_fact_told(kind, about, figure, figure.as_of, episodes, cause))
    return events


def _facts(figure: Figure) -> dict[str, Any]:
    """What is remembered of a figure."""
    return {
        "state": figure.state,
        "met": figure.met,
        **attainment_of(figure),
        "budget": budget_of(figure),
        "coverage": None if figure.coverage is None else decimal(figure.coverage * 100),
    }


def _objective_fact(
    kind: _Kind, about: About, figure: Figure, at: int, episode: int, cause: str
) -> compliance._ObjectiveEvent:
    left, (start, end) = figure.budget - figure.lost, figure.period
    rolling = about.objective.window.rolling is not None
    name = f"{episode:06d}" if rolling else rfc3339(from_ms(start))
    credit, facts = credit_of(about.text, figure), _facts(figure)
    projected = projection(about.terms, figure)
    return kind(
        **about.fields(),
        at=from_ms(at),
        cause=cause,
        evidence=about.evidence(figure.period),
        episode=f"{about.agreement}/{about.objective.id}/{name}",
        objective=about.objective.id,
        objective_title=about.objective.title,
        period=PeriodSpan(start=from_ms(start), end=from_ms(end)),
        **{**facts, "budget": None if facts["budget"] is None else compliance.Budget(**facts["budget"])},
        burn_rates=tuple(_burn(burn) for burn in figure.burns),
        projection=None if projected is None else compliance.Projection(**projected),
        permitted_loss_left_seconds=decimal(left, 3) if figure.unit == "seconds" else None,
        permitted_loss_left=_in_money(about, figure),
        credit_percent=None if credit is None else credit["percent"],
    )


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
    return {"parties": list(verdict.parties), "closes_at": verdict.closes_at, "period_end": verdict.period_end}


def _verdict_messages(event: VerdictEvent, _verdict: Verdict) -> Iterable[Message]:
    return [_message(event.told)] if isinstance(event, VerdictTold) else []


def _message(told: Told) -> Message:
    return Message(topics.COMPLIANCE, told.key, told.type, told.data)


VERDICT: Kind[Verdict, VerdictEvent] = Kind(
    "verdict", Verdict, (VerdictBegun, VerdictTold, VerdictNoted), apply_verdict, _verdict_fields, _verdict_messages
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
    held = history.states.state_at(now)
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
    silent = history.states.silent_from()
    if silent is not None:
        candidates.append(silent + 1)
    if down is not None or figure.state != "met":
        candidates.append(now + 1000)
    return min(each for each in candidates if each > now)
