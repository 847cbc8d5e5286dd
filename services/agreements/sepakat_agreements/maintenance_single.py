"""One occurrence of repeated work, moved or cancelled alone. Pure.

What is moved alone is work of its own from then on, announced by the same rules in the place of the occurrence: so what
is left of the series counts as it did, whether the new time needs consent or not.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sepakat_agreements.announcing import open_work, require_provider
from sepakat_agreements.maintenance import (
    Announced,
    Diary,
    Event,
    OneTakenOut,
    Plan,
    Replaced,
    Span,
    State,
    TakenOut,
    Work,
    apply,
)
from sepakat_shared.errors import Conflict, NotFound


def cancel_one(
    diary: Diary, id: str, start: datetime, reason: str, party: str, by: str, now: datetime
) -> Sequence[Event]:  # fmt: skip
    """Call off the occurrence that begins at `start`; one that runs ends now. Once.

    Raises NotFound, Forbidden or Conflict.
    """
    require_provider(party, diary.provider)
    work = diary.get(id)
    if _planned(work, start) is None and TakenOut(start, _end(work, start), None) in work.taken_out:
        return []
    one = _to_come(diary, id, start, now)
    return [OneTakenOut(id, TakenOut(one.start, one.end), work.to_come(now), reason, by, now)]


def move_one(
    diary: Diary, id: str, start: datetime, plan: Plan, reason: str, party: str, by: str, now: datetime
) -> Sequence[Event]:  # fmt: skip
    """Do the occurrence that begins at `start` by that plan instead. To where it is already changes nothing.

    Raises NotFound, Forbidden or Conflict.
    """
    require_provider(party, diary.provider)
    work = diary.get(id)
    if _planned(work, start) is None and in_place_of(diary, id, start).plan.occurrences == plan.occurrences:
        return []
    one = _to_come(diary, id, start, now)
    if one.start <= now:
        raise Conflict("that occurrence has begun; cancel it, and announce what is still to be done")
    if plan.occurrences == (one,):
        return []
    state = State.AWAITING if plan.objections else State.ANNOUNCED
    instead = Work(
        diary.next_id, work.concern, plan, state, reason, by, now, now,
        instead_of=Replaced(id, one.start, one.end),
    )  # fmt: skip
    return [
        OneTakenOut(id, TakenOut(one.start, one.end, instead.id), work.to_come(now), reason, by, now),
        Announced(diary.agreement, diary.provider, diary.customer, instead),
    ]


def in_place_of(diary: Diary, id: str, start: datetime) -> Work:
    """What was announced last for that occurrence alone, or else the series itself. Raises NotFound."""
    found = diary.get(id)
    for each in diary.works:
        if each.instead_of is not None and (each.instead_of.maintenance, each.instead_of.start) == (id, start):
            found = each
    return found


def without_one(diary: Diary, id: str, start: datetime, now: datetime) -> Diary:
    """The diary as if the occurrence were not planned: so much of the allowance is free for it elsewhere.

    Raises NotFound.
    """
    one = _planned(diary.get(id), start)
    if one is None:
        return diary
    return apply(diary, OneTakenOut(id, TakenOut(one.start, one.end), (), "", "", now))


def _planned(work: Work, start: datetime) -> Span | None:
    return next((each for each in work.plan.occurrences if each.start == start), None)


def _end(work: Work, start: datetime) -> datetime:
    return next((each.end for each in reversed(work.taken_out) if each.start == start), start)


def _to_come(diary: Diary, id: str, start: datetime, now: datetime) -> Span:
    work = open_work(diary, id, now)
    one = _planned(work, start)
    if one is None:
        instead = in_place_of(diary, id, start)
        if instead.id != id:
            raise Conflict(f"that occurrence was moved alone: it is {instead.id!r} now")
        raise NotFound(
            f"maintenance {id!r} has no occurrence that begins at {start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        )
    if one.end <= now:
        raise Conflict("that occurrence is over")
    if len(work.plan.occurrences) == 1:
        raise Conflict("there is no other occurrence of it: move or cancel it as a whole")
    return one
