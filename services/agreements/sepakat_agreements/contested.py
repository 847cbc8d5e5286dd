"""What was told of one dispute, kept for reviews: who contested what, and what came of it. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sepakat_shared.contracts import disputes
from sepakat_shared.contracts.fact import Title

Fact = (
    disputes.DisputeRaised | disputes.DisputeReferred | disputes.DisputeSettled | disputes.DisputeWithdrawn
    | disputes.DisputeRecalculated
)  # fmt: skip
FACTS: tuple[type[Fact], ...] = (
    disputes.DisputeRaised, disputes.DisputeReferred, disputes.DisputeSettled, disputes.DisputeWithdrawn,
    disputes.DisputeRecalculated,
)  # fmt: skip


@dataclass(frozen=True)
class Contested:
    """`measured` and `agreed` are attainments in percent, or values with their unit, where a figure was contested."""

    id: str
    number: str
    agreement: str
    provider: str
    customer: str
    raised_by: str
    raised_at: datetime
    kind: Literal["verdict", "clock", "credit", "clause"]
    objective: str | None = None
    objective_title: dict[str, str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    incident: str | None = None
    clause: str | None = None
    statement: str | None = None
    state: Literal["open", "referred", "settled", "withdrawn"] = "open"
    result: Literal["upheld", "partly", "rejected"] | None = None
    how: str | None = None
    ended_at: datetime | None = None
    measured: str | None = None
    agreed: str | None = None


@dataclass(frozen=True)
class DisputeTold:
    dispute: Contested


def apply(_dispute: Contested | None, event: DisputeTold) -> Contested:
    return event.dispute


def told(known: Contested | None, fact: Fact) -> list[DisputeTold]:
    """What is known of the dispute with that fact."""
    dispute = known or _begun(fact)
    match fact:
        case disputes.DisputeRaised():
            dispute = replace(
                dispute, raised_at=fact.at, statement=fact.statement, measured=_shown(fact.measured) or dispute.measured
            )
        case disputes.DisputeReferred():
            dispute = replace(dispute, state="referred")
        case disputes.DisputeSettled():
            dispute = replace(
                dispute, state="settled", result=fact.result, how=fact.how, ended_at=fact.at,
                agreed=_shown(fact.agreed) or dispute.agreed,
            )  # fmt: skip
        case disputes.DisputeWithdrawn():
            dispute = replace(dispute, state="withdrawn", ended_at=fact.at)
        case disputes.DisputeRecalculated():
            measured = _shown(fact.measured) or dispute.measured
            dispute = replace(dispute, measured=measured, agreed=_shown(fact.agreed))
    return [] if dispute == known else [DisputeTold(dispute)]


def _begun(fact: Fact) -> Contested:
    period = fact.period
    return Contested(
        fact.dispute, fact.number, fact.agreement, fact.provider, fact.customer, fact.raised_by, fact.at,
        fact.subject_kind, fact.objective, _plain(fact.objective_title), period.start if period else None,
        period.end if period else None, fact.incident_number, fact.clause,
    )  # fmt: skip


def _shown(figure: disputes.DisputedFigure | None) -> str | None:
    if figure is None:
        return None
    if figure.value is not None:
        return f"{figure.value} {figure.unit or ''}".strip()
    return None if figure.attainment is None else f"{figure.attainment} %"


def _plain(title: Title | None) -> dict[str, str] | None:
    return None if title is None else title.model_dump(exclude_none=True)
