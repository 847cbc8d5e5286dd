"""Compliance events as they are told: whom and what they concern, and every figure in them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sepakat_metrics.evaluation import projection
from sepakat_metrics.figures import Burn, Figure, attainment_of, budget_of, credit_of, decimal, span_of
from sepakat_metrics.terms import Terms
from sepakat_metrics.windows import Interval
from sepakat_shared.calendars import from_ms
from sepakat_shared.contracts import compliance, topics
from sepakat_shared.contracts.counting import COUNTING
from sepakat_shared.contracts.fact import Fact, PeriodSpan, rfc3339
from sepakat_shared.contracts.texts import Agreement, Indicator, Need, Objective
from sepakat_shared.messages import Message

Kind = type[compliance._ObjectiveEvent]


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


def tell(fact: Fact, about: About, at: datetime) -> Told:
    return Told(fact.type, f"{about.agreement}/{about.service}", fact.as_json(), at)


def message(told: Told) -> Message:
    return Message(topics.COMPLIANCE, told.key, told.type, told.data)


def facts_of(figure: Figure) -> dict[str, Any]:
    """What is remembered of a figure."""
    return {
        "state": figure.state,
        "met": figure.met,
        **attainment_of(figure),
        "budget": budget_of(figure),
        "coverage": None if figure.coverage is None else decimal(figure.coverage * 100),
    }


def objective_fact(
    kind: Kind, about: About, figure: Figure, at: int, episode: int, cause: str
) -> compliance._ObjectiveEvent:
    left, (start, end) = figure.budget - figure.lost, figure.period
    rolling = about.objective.window.rolling is not None
    name = f"{episode:06d}" if rolling else rfc3339(from_ms(start))
    credit, facts = credit_of(about.text, figure), facts_of(figure)
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
        measured_credit_percent=None if credit is None else credit.get("measured_percent"),
        counting=COUNTING,
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
