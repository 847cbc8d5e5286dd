"""What the passing of time does to announced maintenance: reminders, and what lapses without consent. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sepakat_agreements.maintenance import (
    Cancelled,
    Diary,
    Event,
    Lapsed,
    Passed,
    Reminded,
    Span,
    State,
    Work,
)

_REMINDED_BEFORE: Final = timedelta(days=1)
"""So long ahead of each occurrence both are reminded; the text says nothing of it."""


def due_at(diary: Diary) -> datetime | None:
    """When something is to be told or done next."""
    return min((at for work in diary.works for at in _instants(work)), default=None)


def _instants(work: Work) -> Iterator[datetime]:
    if work.state is State.AWAITING:
        yield work.plan.starts_at
    yield from (each.start - _REMINDED_BEFORE for each in _unreminded(work))


def _unreminded(work: Work) -> Iterator[Span]:
    """The occurrences that are still to be reminded of: none that was near already when it was announced."""
    if work.state is State.ANNOUNCED:
        coming: Iterable[Span] = work.plan.occurrences
    elif work.state is State.AWAITING:
        coming = work.plan.occurrences[:1]
    else:
        return
    yield from (each for each in coming if each.start - _REMINDED_BEFORE > work.watched_since)


def fire(diary: Diary | None, now: datetime, ended_at: datetime | None = None) -> Sequence[Event]:
    """What the passing of time does. `ended_at` is when the agreement was over, if it is."""
    events: list[Event] = []
    for work in () if diary is None else diary.works:
        if not any(at <= now for at in _instants(work)):
            continue
        if ended_at is not None and work.plan.ends_at > ended_at:
            events.append(Cancelled(work.id, "the agreement has ended", "timer", now))
        elif work.state is State.AWAITING and work.plan.starts_at <= now:
            events.append(Lapsed(work.id, now))
        else:
            near = [each for each in _unreminded(work) if each.start - _REMINDED_BEFORE <= now < each.start]
            events.append(Reminded(work.id, near[0].start, near[0].end, now) if near else Passed(work.id, now))
    return events
