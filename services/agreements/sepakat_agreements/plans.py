"""Improvement plans: drafted by the party that owes one, agreed by the other, kept track of, and judged. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sepakat_agreements import shortfalls
from sepakat_agreements.standing import (
    Answered,
    Closed,
    Drafted,
    Event,
    Measure,
    Overdue,
    Plan,
    PlanStatus,
    Progressed,
    Standing,
)
from sepakat_shared.errors import Conflict, FieldProblem, Forbidden, Invalid

_INSTANT: Final = timedelta(milliseconds=1)
_LONGEST: Final = timedelta(days=3_660)
MOST: Final = 50
"""Measures of a plan, and notes of progress of it are at most twenty times as many."""
_UNDRAFTED: Final = (PlanStatus.DEMANDED, PlanStatus.RETURNED)


def draft(
    standing: Standing, id: str, party: str, owner: str, measures: Sequence[tuple[str, datetime]], by: str,
    now: datetime, people: Collection[str],
) -> Sequence[Event]:  # fmt: skip
    """Put the plan before the other party; again, as long as that has not agreed. `people` are contacts of `party`.

    Raises NotFound, Forbidden, Conflict, or Invalid with every field.
    """
    plan = _of(standing, id, party)
    if plan.status not in (*_UNDRAFTED, PlanStatus.DRAFTED):
        raise Conflict(f"this plan is {plan.status.value}; it can be drafted no more")
    problems = list(_problems(measures, now))
    if owner not in people:
        problems.insert(0, FieldProblem("/owner", f"{owner!r} is no contact of {party!r}, which owes the plan"))
    if problems:
        raise Invalid.of(problems, named=5)
    planned = tuple(Measure(f"{i}", text, due_at) for i, (text, due_at) in enumerate(measures, 1))
    if plan.status is PlanStatus.DRAFTED and (plan.owner, plan.measures) == (owner, planned):
        return []
    return [Drafted(id, owner, planned, by, now)]


def _problems(measures: Sequence[tuple[str, datetime]], now: datetime) -> Iterator[FieldProblem]:
    if not 0 < len(measures) <= MOST:
        yield FieldProblem("/measures", f"must be 1 to {MOST}")
    for i, (_, due_at) in enumerate(measures):
        if due_at <= now:
            yield FieldProblem(f"/measures/{i}/due_at", "must be in the future")
        elif due_at > now + _LONGEST:
            yield FieldProblem(f"/measures/{i}/due_at", "must be within ten years")


def answer(
    standing: Standing, id: str, party: str, agreed: bool, reason: str | None, by: str, now: datetime
) -> Sequence[Event]:
    """The other party agrees, or returns the draft with a reason: then another one is awaited for as long a time as the
    first one was. Raises NotFound, Forbidden or Conflict.
    """
    plan = _for(standing, id, party)
    wanted = PlanStatus.AGREED if agreed else PlanStatus.RETURNED
    if plan.status is wanted and (agreed or plan.returned_because == reason):
        return []
    if plan.status is not PlanStatus.DRAFTED:
        raise Conflict(f"this plan is {plan.status.value}; no draft of it waits for an answer")
    draft_by = plan.draft_by if agreed else now + (plan.draft_by - plan.awaited_since)
    return [Answered(id, agreed, reason, draft_by, by, now)]


def progress(
    standing: Standing, id: str, party: str, note: str, done: Sequence[str], by: str, now: datetime
) -> Sequence[Event]:
    """How it goes, and which measures are done. Raises NotFound, Forbidden, Conflict or Invalid."""
    plan = _of(standing, id, party)
    if plan.status is not PlanStatus.AGREED:
        raise Conflict(f"this plan is {plan.status.value}; there is progress of one that is agreed")
    if len(plan.progress) >= MOST * 20:
        raise Conflict(f"a plan has {MOST * 20} notes at most")
    known = [each.id for each in plan.measures]
    unknown = [FieldProblem(f"/done/{i}", f"{each!r} is no measure of it") for i, each in enumerate(done)
               if each not in known]  # fmt: skip
    if unknown:
        raise Invalid.of(unknown)
    anew = tuple(each.id for each in plan.measures if each.id in done and each.done_at is None)
    if not anew and plan.progress and plan.progress[-1].note == note:
        return []
    return [Progressed(id, note, anew, by, now)]


def close(
    standing: Standing, id: str, party: str, effective: bool, conclusion: str, by: str, now: datetime
) -> Sequence[Event]:
    """The other party says whether it has helped. Raises NotFound, Forbidden or Conflict."""
    plan = _for(standing, id, party)
    if plan.status is (PlanStatus.EFFECTIVE if effective else PlanStatus.INEFFECTIVE):
        return []
    if plan.status is not PlanStatus.AGREED:
        raise Conflict(f"this plan is {plan.status.value}; one that is agreed can be closed")
    return [Closed(id, effective, conclusion, by, now)]


def _of(standing: Standing, id: str, party: str) -> Plan:
    plan = standing.plan(id)
    if party != plan.party:
        raise Forbidden(f"this plan is owed by {plan.party!r}")
    return plan


def _for(standing: Standing, id: str, party: str) -> Plan:
    plan = standing.plan(id)
    if party == plan.party or party not in standing.about.parties:
        raise Forbidden(f"this is for {standing.about.other(plan.party)!r} to say, to whom the plan is owed")
    return plan


# -- time --------------------------------------------------------------------------------------------------------------


def due_at(standing: Standing) -> datetime | None:
    """The next instant at which a plan, a measure or a right runs out of time."""
    rights = [each.until for each in standing.rights if each.until is not None and each.lapsed_at is None]
    return min([*rights, *(at for at, _, _ in _deadlines(standing))], default=None)


def fire(standing: Standing | None, now: datetime) -> Sequence[Event]:
    """What is overdue is told, once; what has run out of time lapses."""
    if standing is None:
        return []
    late = [Overdue(plan, measure, now) for at, plan, measure in sorted(_deadlines(standing), key=_order) if at <= now]
    return [*late, *shortfalls.expire(standing, now)]


def _order(deadline: tuple[datetime, str, str | None]) -> tuple[datetime, str, str]:
    return deadline[0], deadline[1], deadline[2] or ""


def _deadlines(standing: Standing) -> Iterator[tuple[datetime, str, str | None]]:
    """When something is late, of which plan, and which measure of it (None: of its draft)."""
    for plan in standing.plans:
        if plan.status in _UNDRAFTED and plan.overdue_at is None:
            yield plan.draft_by + _INSTANT, plan.id, None
        for each in plan.measures if plan.status is PlanStatus.AGREED else ():
            if each.done_at is None and each.overdue_at is None:
                yield each.due_at + _INSTANT, plan.id, each.id
