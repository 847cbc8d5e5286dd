"""What the others are told of improvement plans and rights to terminate; whoever must act is written to. Pure."""

from collections.abc import Iterable
from typing import Any, assert_never

from sepakat_agreements.standing import (
    Answered,
    Arose,
    Closed,
    Counted,
    Demanded,
    Discounted,
    Drafted,
    Event,
    Measure,
    Miss,
    OfPlan,
    OfRight,
    Overdue,
    Plan,
    Progressed,
    Right,
    Standing,
    Withdrawn,
)
from sepakat_shared.contracts import remedies as published
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact, Title
from sepakat_shared.messages import Message


def of_standing(event: Event, standing: Standing) -> Iterable[Message]:
    """The message of one event, with `standing` as the event left it. Single misses are told where they happen."""
    if isinstance(event, Counted | Discounted):
        return []
    agreement = standing.about.agreement
    if isinstance(event, OfRight):
        id = event.right.id if isinstance(event, Arose) else event.right
        right = next(each for each in standing.rights if each.id == id)
        return [_message(agreement, f"{agreement}.right.{id}", _of_right(event, standing, right))]
    plan = standing.plan(event.plan.id if isinstance(event, Demanded) else event.plan)
    return [_message(agreement, plan.id, _of_plan(event, standing, plan))]


def _message(agreement: str, subject: str, fact: Fact) -> Message:
    return Message(topics.AGREEMENTS, agreement, fact.type, fact.as_json(), subject=subject)


def _of_plan(event: OfPlan, standing: Standing, plan: Plan) -> Fact:
    other = standing.about.other(plan.party)

    def about(*told: str) -> dict[str, Any]:
        more = {"plan": plan.id, "draft_by": plan.draft_by, "owner": plan.owner,
                "measures": tuple(_measure(each) for each in plan.measures)}  # fmt: skip
        return {**_about(standing, plan.party, plan.misses), **_readers(standing, told, plan), **more}

    match event:
        case Demanded():
            return published.PlanDemanded(**about(plan.party, other), at=plan.demanded_at)
        case Drafted(by=by, at=at):
            return published.PlanDrafted(**about(other), by=by, at=at)
        case Answered(_, agreed, reason, _, by, at):
            return published.PlanAnswered(**about(plan.party), agreed=agreed, reason=reason, by=by, at=at)
        case Progressed(_, note, done, by, at):
            return published.PlanProgressed(**about(other), note=note, done=done, by=by, at=at)
        case Overdue(_, measure, at):
            late = next((_measure(each) for each in plan.measures if each.id == measure), None)
            return published.PlanOverdue(**about(plan.party, other), overdue=late, at=at)
        case Closed(_, effective, conclusion, by, at):
            return published.PlanClosed(
                **about(plan.party), effective=effective, conclusion=conclusion, by=by, at=at
            )  # fmt: skip
        case Withdrawn(at=at):
            return published.PlanWithdrawn(**about(plan.party, other), at=at)
        case _:
            assert_never(event)


def _of_right(event: OfRight, standing: Standing, right: Right) -> Fact:
    about = {
        **_about(standing, right.party, right.misses), **_readers(standing, standing.about.parties),
        "right": right.id, "until": right.until,
    }  # fmt: skip
    if isinstance(event, Arose):
        return published.TerminationRightArose(**about, at=right.since)
    return published.TerminationRightLapsed(**about, corrected=event.corrected, at=event.at)


def _about(standing: Standing, party: str, misses: tuple[str, ...]) -> dict[str, Any]:
    about = standing.about
    return {
        "agreement": about.agreement, "version": about.version, "provider": about.provider, "customer": about.customer,
        "agreement_title": Title(**about.agreement_title) if about.agreement_title else None, "party": party,
        "misses": tuple(_miss(each) for each in standing.misses if each.id in misses),
    }  # fmt: skip


def _miss(miss: Miss) -> published.RepeatedMiss:
    subject = {"objective" if miss.kind == "target" else "obligation": miss.subject}
    return published.RepeatedMiss(**subject, title=Title(**miss.title) if miss.title else None, at=miss.at)


def _measure(measure: Measure) -> published.PlannedMeasure:
    return published.PlannedMeasure(
        measure=measure.id, text=measure.text, due_at=measure.due_at, done_at=measure.done_at
    )  # fmt: skip


def _readers(standing: Standing, told: Iterable[str], plan: Plan | None = None) -> dict[str, Any]:
    """Those who signed for these parties, and the owner of a plan with its own party."""
    named: list[tuple[str, str]] = []
    for party in told:
        if plan is not None and plan.owner is not None and party == plan.party:
            named.append((party, plan.owner))
        named += [(party, each) for each in standing.about.contacts(party)]
    named = list(dict.fromkeys(named))
    return {
        "contacts": tuple(contact for _, contact in named),
        "recipients": tuple(f"{party}/{contact}" for party, contact in named),
    }
