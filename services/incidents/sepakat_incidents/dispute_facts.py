"""What the others are told of each change of a dispute."""

from collections.abc import Iterable
from typing import Any, assert_never

from sepakat_incidents import dispute as domain
from sepakat_incidents.dispute import Dispute, Event, Statement
from sepakat_incidents.identity import titled
from sepakat_incidents.remedy import Remedy
from sepakat_shared.contracts import disputes as contract
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact, PeriodSpan
from sepakat_shared.messages import Message


def of_dispute(event: Event, dispute: Dispute) -> Iterable[Message]:
    """The messages of one event, with the dispute after it."""
    return [Message.of(topics.INCIDENTS, dispute.id, _fact(event, dispute))]


def _about(dispute: Dispute) -> dict[str, Any]:
    about, subject, turn = dispute.about, dispute.about.subject, dispute.turn
    period = subject.bounds.period
    running: dict[str, Any] = {}
    if turn is not None:
        running = {
            "act": turn.step.act, "awaits": dispute.awaited, "contact": turn.step.contact, "deadline": turn.deadline,
            "otherwise": turn.step.otherwise,
        }  # fmt: skip
    return {
        "dispute": dispute.id,
        "number": dispute.number,
        "agreement": about.agreement,
        "agreement_title": titled(about.agreement_title),
        "provider": about.provider,
        "customer": about.customer,
        "raised_by": about.raised_by,
        "subject_kind": subject.kind,
        "subject": subject.id,
        "objective": subject.objective,
        "objective_title": titled(subject.objective_title),
        "period": None if period is None else PeriodSpan(start=period[0], end=period[1]),
        "service": subject.service,
        "service_title": titled(subject.service_title),
        "incident": subject.incident,
        "incident_number": subject.incident_number,
        "clause": subject.id if subject.kind == "clause" else None,
        "mediators": dispute.mediated_by or None,
        **running,
    }


def _fact(event: Event, dispute: Dispute) -> Fact:
    about = _about(dispute)
    match event:
        case domain.Raised(by=by, at=at):
            return contract.DisputeRaised(
                **about, at=at, **_said(event.statement), asked=remedy_fact(event.asked),
                measured=figure_fact(event.measured), by=by,
            )  # fmt: skip
        case domain.Answered(party, statement, offer, _, by, at):
            return contract.DisputeAnswered(
                **about, at=at, party=party, **_said(statement), by=by,
                offer=None if offer is None else remedy_fact(offer.remedy),
                offer_number=None if offer is None else offer.number,
            )  # fmt: skip
        case domain.Countered(party, statement, offer, by, at):
            return contract.DisputeCountered(
                **about, at=at, party=party, **_said(statement), offer=remedy_fact(offer.remedy),
                offer_number=offer.number, by=by,
            )  # fmt: skip
        case domain.Reminded(at=at):
            return contract.DisputeReminded(**about, at=at)
        case domain.Defaulted(step=step, at=at):
            return contract.DisputeStepDefaulted(
                **about, at=at, missed_act=step.act, default=step.otherwise, missed_mediator=step.mediator
            )
        case domain.Referred(forum, at):
            return contract.DisputeReferred(**about, at=at, forum=forum)
        case domain.Settled(outcome):
            return contract.DisputeSettled(
                **about, at=outcome.at, result=outcome.result, how=outcome.how, remedy=remedy_fact(outcome.remedy),
                party=outcome.party, statement=outcome.statement, by=outcome.by, agreed=figure_fact(dispute.agreed),
            )  # fmt: skip
        case domain.Withdrawn(statement, by, at):
            return contract.DisputeWithdrawn(**about, at=at, statement=statement, by=by)
        case domain.Recalculated(objective, _, _, at):
            correction = dispute.corrections[objective]
            return contract.DisputeRecalculated(
                **{**about, "objective": objective}, at=at, measured=figure_fact(correction.measured),
                agreed=contract.DisputedFigure(**correction.agreed),
            )  # fmt: skip
        case _:
            assert_never(event)


def _said(statement: Statement) -> dict[str, Any]:
    evidence = tuple(contract.Evidence(**vars(each)) for each in statement.evidence)
    return {"statement": statement.text, "evidence": evidence}


def figure_fact(figure: dict[str, Any] | None) -> contract.DisputedFigure | None:
    return None if figure is None else contract.DisputedFigure(**figure)


def remedy_fact(remedy: Remedy) -> contract.Remedy:
    adjustments = tuple(
        contract.Adjustment(**{**vars(each), "ticket": each.ticket or None}) for each in remedy.adjustments
    )
    return contract.Remedy(adjustments=adjustments, credit_percent=remedy.credit_percent, terms=remedy.terms)
