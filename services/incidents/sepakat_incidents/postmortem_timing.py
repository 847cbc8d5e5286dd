"""When something of a post-incident note is due, or is to be reminded of: the note itself, or a follow-up. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sepakat_incidents.postmortem import Event, FollowUpReminded, Postmortem, Reminded

_BEFORE: Final = timedelta(days=1)
"""How long before a follow-up is due its owner is reminded."""
_INSTANT: Final = timedelta(milliseconds=1)


def due_at(note: Postmortem) -> datetime | None:
    """The earliest deadline: of the note itself, or of a follow-up."""
    return min((at for at, _, _ in _deadlines(note)), default=None)


def fire(note: Postmortem | None, now: datetime) -> Sequence[Event]:
    """Tell what is due. What came so late that the deadline has passed needs no reminder of it before."""
    if note is None:
        return []
    latest: dict[str | None, bool] = {}
    for at, id, late in sorted(_deadlines(note), key=lambda each: each[0]):
        if at <= now:
            latest[id] = late or latest.get(id, False)
    return [Reminded(late, now) if id is None else FollowUpReminded(id, late, now) for id, late in latest.items()]


def _deadlines(note: Postmortem) -> Iterator[tuple[datetime, str | None, bool]]:
    """When something is to be told, of which follow-up (None: of the note), and whether it is late then.

    At the due instant it is in time; a millisecond later it is late.
    """
    expected = note.expected
    if expected is not None and not note.versions and expected.overdue_at is None:
        yield expected.due_at + _INSTANT, None, True
        if expected.remind_at is not None and expected.reminded_at is None:
            yield expected.remind_at, None, False
    for each in note.follow_ups:
        if each.done_at is not None or each.overdue_at is not None:
            continue
        yield each.due_at + _INSTANT, each.id, True
        remind_at = each.due_at - _BEFORE
        if each.reminded_at is None and remind_at > each.promised_at:
            yield remind_at, each.id, False
