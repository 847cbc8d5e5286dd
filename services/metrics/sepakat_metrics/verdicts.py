"""Verdicts on objectives, as aggregates: what of the figures is told, and what is written down.

`decide_*` compare what was told before with what is known now; nothing is told twice, and every change is one event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sepakat_metrics.figures import Figure, credit_of, span_of
from sepakat_metrics.history import History
from sepakat_metrics.impairments import down_since
from sepakat_metrics.telling import About, Told, facts_of, message, objective_fact, tell
from sepakat_metrics.telling import Kind as FactKind
from sepakat_metrics.windows import Interval
from sepakat_shared.aggregate import Kind
from sepakat_shared.calendars import from_ms
from sepakat_shared.contracts import compliance
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.texts import Objective
from sepakat_shared.messages import Message

OF_TIME: Final = "the passing of time"
"""The cause of what no event has changed."""
LATENESS_MS: Final = compliance.LATENESS // timedelta(milliseconds=1)
_RECOVERS_AFTER_MS: Final = 300_000
_NOTED_EVERY: Final = timedelta(days=1)


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
        return None if self.closed or self.period_end is None else self.period_end + compliance.LATENESS


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


_REMEMBERED: Final = (
    "state", "met", "exact", "attainment", "value", "unit", "target", "budget", "coverage", "credit_percent",
)  # fmt: skip


def decide_verdict(
    verdict: Verdict | None, about: About, figure: Figure, since: Since, cause: str, notes: bool = True
) -> Sequence[VerdictEvent]:
    """What is to be told now, or written down since a day has passed; that only where `notes`: it can wait."""
    if verdict is not None and verdict.closed:
        return []
    told = verdict or Verdict((), None)
    found = _changes(told, figure, since)
    episodes = told.episodes + any(kind is compliance.ObjectiveBreached for kind, _ in found)
    closes = any(kind is compliance.PeriodClosed for kind, _ in found)
    events: list[VerdictEvent] = [_fact_told(kind, about, figure, at, episodes, cause, closes) for kind, at in found]
    if not events and notes and (told.known_at is None or from_ms(figure.as_of) - told.known_at >= _NOTED_EVERY):
        if figure.holds is None:
            return []
        events.append(_noted(about, figure))
    if verdict is None and events:
        end = None if about.objective.window.rolling is not None else from_ms(figure.period[1])
        events.insert(0, VerdictBegun(tuple(about.parties), end))
    return events


def _changes(told: Verdict, figure: Figure, since: Since) -> list[tuple[FactKind, int]]:
    """Each change of state as (event, when it was, in ms). None is told again while it lasts."""
    found: list[tuple[FactKind, int]] = []
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


def _fact_told(
    kind: FactKind, about: About, figure: Figure, at: int, episodes: int, cause: str, closes: bool
) -> VerdictTold:
    fact = objective_fact(kind, about, figure, at, episodes, cause)
    if closes and isinstance(fact, compliance.ObjectiveBreached):
        fact = fact.model_copy(update={"late": True})
    return VerdictTold(tell(fact, about, from_ms(at)))


def _noted(about: About, figure: Figure) -> VerdictNoted:
    credit = credit_of(about.text, figure)
    percent = None if credit is None else credit["percent"]
    remembered = {**facts_of(figure), "period": span_of(figure.period), "credit_percent": percent}
    return VerdictNoted(from_ms(figure.as_of), about.version, remembered)


def decide_correction(
    verdict: Verdict | None, about: About, figure: Figure, cause: str, dispute: str | None = None
) -> Sequence[VerdictEvent]:
    """What a granted exclusion or a correction makes of a verdict that was written down, also of a closed one.

    The new figure is told beside the old one; then a breach that is none any more is retracted, or one is added.
    `dispute` is the one whose outcome it is.
    """
    if verdict is None or verdict.figure is None or figure.holds is None:
        return []
    now, credit = facts_of(figure), credit_of(about.text, figure)
    by_tiers = None if credit is None else credit.get("measured_percent", credit["percent"])
    # What was written down before credits were remembered had that of the tiers.
    credit_before = verdict.figure.get("credit_percent", by_tiers)
    same_credit = credit_before == (None if credit is None else credit["percent"])
    if same_credit and all(verdict.figure.get(name) == now[name] for name in ("exact", "value", "met")):
        return []
    breached = figure.failing and (figure.absolute or figure.ended)
    episodes = verdict.episodes + (breached and not verdict.breached)
    corrected = objective_fact(compliance.PeriodCorrected, about, figure, figure.as_of, episodes, cause)
    before = {f"{name}_before": verdict.figure.get(name) for name in ("attainment", "exact", "value", "met", "state")}
    final = verdict.closed or about.objective.window.rolling is not None
    more = {"credit_percent_before": credit_before, "dispute": dispute, "final": final}
    told = corrected.model_copy(update={**before, **more})
    events = [VerdictTold(tell(told, about, from_ms(figure.as_of)))]
    if breached != verdict.breached:
        kind = compliance.ObjectiveBreached if breached else compliance.BreachRetracted
        changed = objective_fact(kind, about, figure, figure.as_of, episodes, cause)
        at = from_ms(figure.as_of)
        events.append(VerdictTold(tell(changed.model_copy(update={"dispute": dispute}), about, at)))
    return events


def _verdict_fields(verdict: Verdict) -> Mapping[str, Any]:
    return {"parties": list(verdict.parties), "closes_at": verdict.closes_at, "period_end": verdict.period_end}


def _verdict_messages(event: VerdictEvent, _verdict: Verdict) -> Iterable[Message]:
    return [message(event.told)] if isinstance(event, VerdictTold) else []


VERDICT: Kind[Verdict, VerdictEvent] = Kind(
    "verdict", Verdict, (VerdictBegun, VerdictTold, VerdictNoted), apply_verdict, _verdict_fields, _verdict_messages
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
    # Where there is nothing to judge by, no time that passes brings it: thousands of such would be judged every second.
    if down is not None or figure.state not in ("met", "no_data"):
        candidates.append(now + 1000)
    return min(each for each in candidates if each > now)
