"""What the others are told of maintenance that is announced: of each change all of it, as it is then. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never

from sepakat_agreements.maintenance import (
    Announced,
    Cancelled,
    Consented,
    Diary,
    Event,
    Lapsed,
    Moved,
    OneTakenOut,
    Passed,
    Refused,
    Reminded,
    Replaced,
    Span,
    State,
    Work,
)
from sepakat_shared.contracts import maintenance as published
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact, PeriodSpan, Title
from sepakat_shared.messages import Message


def of_diary(event: Event, diary: Diary) -> Iterable[Message]:
    """The message of one event, with `diary` as the event left it."""
    if isinstance(event, Passed):
        return []
    work = diary.get(event.work.id if isinstance(event, Announced) else event.id)
    fact = _fact(event, diary, work)
    # The agreement itself has that id too, and numbers its events by itself.
    subject = f"{diary.agreement}/{work.id}"
    return [Message(topics.AGREEMENTS, diary.agreement, fact.type, fact.as_json(), subject=subject)]


def _fact(
    event: Announced | Moved | OneTakenOut | Cancelled | Consented | Refused | Lapsed | Reminded,
    diary: Diary,
    work: Work,
) -> Fact:
    def about(by: str, at: datetime, *told: str) -> dict[str, Any]:
        return _about(diary, work, told or diary.parties) | {"by": by, "at": at}

    match event:
        case Announced():
            return published.MaintenanceAnnounced(
                **about(work.by, work.announced_at), instead_of=_replaced(work.instead_of)
            )
        case Moved(previous=previous, by=by, at=at):
            return published.MaintenanceMoved(**about(by, at), previous=_spans(previous))
        case OneTakenOut(one=one, previous=previous, reason=reason, by=by, at=at):
            return published.MaintenanceMoved(
                **about(by, at) | {"reason": reason}, previous=_spans(previous),
                taken_out=PeriodSpan(start=one.start, end=one.end), instead=one.instead,
            )  # fmt: skip
        case Cancelled(by=by, at=at):
            return published.MaintenanceCancelled(**about(by, at))
        case Consented(statement=statement, by=by, at=at):
            return published.MaintenanceConsented(**about(by, at), statement=statement)
        case Refused(statement=statement, by=by, at=at):
            return published.MaintenanceRefused(**about(by, at), statement=statement)
        case Lapsed(at=at):
            return published.MaintenanceLapsed(**about("timer", at))
        case Reminded(_, starts_at, ends_at, at):
            told = (diary.customer,) if work.state is State.AWAITING else diary.parties
            return published.MaintenanceReminded(**about("timer", at, *told), starts_at=starts_at, ends_at=ends_at)
        case _:
            assert_never(event)


def _about(diary: Diary, work: Work, told: Iterable[str]) -> dict[str, Any]:
    concern, plan, parties = work.concern, work.plan, set(told)
    readers = tuple(each for each in concern.readers if each.partition("/")[0] in parties)
    return {
        "agreement": diary.agreement, "version": plan.version, "provider": diary.provider, "customer": diary.customer,
        "agreement_title": None if concern.agreement_title is None else Title(**concern.agreement_title),
        "maintenance": work.id, "revision": work.revision, "state": work.state.value, "reason": work.reason,
        "services": concern.services, "objectives": concern.objectives,
        "titles": tuple(Title(**each) for each in concern.titles), "occurrences": _spans(plan.occurrences),
        "in_force": tuple(
            published.Excluded(start=each.start, end=each.end, beyond_allowance=each.beyond_allowance)
            for each in work.in_force
        ),
        "rrule": plan.rrule, "needs_consent": plan.objections,
        "answer_by": plan.starts_at if work.state is State.AWAITING else None,
        "contacts": tuple(each.partition("/")[2] for each in readers), "recipients": readers,
    }  # fmt: skip


def _spans(spans: Iterable[Span]) -> tuple[PeriodSpan, ...]:
    return tuple(PeriodSpan(start=each.start, end=each.end) for each in spans)


def _replaced(one: Replaced | None) -> published.InPlaceOf | None:
    return None if one is None else published.InPlaceOf(maintenance=one.maintenance, start=one.start, end=one.end)
