"""Disputes, and what may be disputed, as the API shows them. Pure."""

from datetime import datetime
from typing import Any

from sepakat_incidents.disputables import Disputable
from sepakat_incidents.dispute import Dispute, Outcome
from sepakat_incidents.dispute_facts import figure_fact, remedy_fact
from sepakat_incidents.procedure import Turn
from sepakat_incidents.remedy import Remedy
from sepakat_shared.contracts.fact import rfc3339


def dispute_view(dispute: Dispute) -> dict[str, Any]:
    """Everything about a dispute but its history. `turn` is None once nobody's time runs."""
    about, subject = dispute.about, dispute.about.subject
    return {
        "id": dispute.id,
        "number": dispute.number,
        "status": dispute.status.value,
        "agreement": about.agreement,
        "version": about.version,
        "provider": about.provider,
        "customer": about.customer,
        "raised_by": about.raised_by,
        "raised_at": rfc3339(dispute.raised_at),
        "subject": {
            "kind": subject.kind,
            "id": subject.id,
            "objective": subject.objective,
            "title": subject.objective_title,
            "period": None if subject.bounds.period is None else _span(*subject.bounds.period),
            "service": subject.service,
            "incident": subject.incident,
        },
        "asked": remedy_view(dispute.asked),
        "offers": [
            {"number": each.number, "party": each.party, "remedy": remedy_view(each.remedy)} for each in dispute.offers
        ],
        "turn": None if dispute.turn is None else _turn(dispute.turn, dispute.awaited),
        "forum": dispute.procedure.forum,
        "outcome": None if dispute.outcome is None else _outcome(dispute.outcome),
        "ended_at": _instant(dispute.ended_at),
        "measured": _figure(dispute.measured),
        "agreed": _figure(dispute.agreed),
        "corrections": [
            {"objective": objective, "measured": _figure(each.measured), "agreed": _figure(each.agreed)}
            for objective, each in dispute.corrections.items()
        ],
    }


def disputable_view(told: Disputable, until: datetime | None) -> dict[str, Any]:
    """`until` is None while the period runs: the time to dispute it has not begun."""
    return {
        "agreement": told.agreement,
        "objective": told.objective,
        "title": told.objective_title,
        "period": {**_span(told.start, told.end), "rolling": told.is_rolling},
        "figure": _figure(told.figure),
        "told_at": rfc3339(told.told_at),
        "final": told.published_at is not None,
        "until": _instant(until),
    }


def remedy_view(remedy: Remedy) -> dict[str, Any]:
    return remedy_fact(remedy).model_dump(mode="json", exclude_defaults=True)


def _turn(turn: Turn, awaits: tuple[str, ...]) -> dict[str, Any]:
    return {
        "act": turn.step.act,
        "awaits": list(awaits),
        "contact": turn.step.contact,
        "began_at": rfc3339(turn.began_at),
        "deadline": rfc3339(turn.deadline),
        "otherwise": turn.step.otherwise,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "result": outcome.result,
        "how": outcome.how,
        "remedy": remedy_view(outcome.remedy),
        "party": outcome.party,
        "by": outcome.by,
        "at": rfc3339(outcome.at),
        "statement": outcome.statement,
    }


def _figure(figure: dict[str, Any] | None) -> dict[str, Any] | None:
    known = figure_fact(figure)
    return None if known is None else known.model_dump(mode="json", exclude_none=True)


def _span(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": rfc3339(start), "end": rfc3339(end)}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
