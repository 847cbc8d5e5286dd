"""What a link of a message does to an incident when it was pressed. Pure.

Whoever has a mail may press its links: whose contact it was sent to says for which party, and what that party may do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from sepakat_incidents import line as domain
from sepakat_incidents import pauses, snoozing
from sepakat_incidents.answers import acknowledge, join, must_be_responsible
from sepakat_incidents.events import Event
from sepakat_incidents.incident import Line, find, find_open
from sepakat_shared.contracts.notifications import (
    NotificationAcknowledged,
    NotificationAnswered,
    NotificationPauseAnswered,
)


def acknowledged(line: Line, id: str, fact: NotificationAcknowledged, now: datetime) -> Sequence[Event]:
    """Take it up as whoever pressed that link. Raises Conflict when it is over."""
    return [] if _is_of_before(line, id, fact.at) else acknowledge(line, id, fact.contact, fact.party, now)


def pause_answered(line: Line, fact: NotificationPauseAnswered, now: datetime) -> Sequence[Event]:
    """Raises NotFound for what was answered before, Conflict for what has lapsed, Forbidden to whoever asked."""
    return pauses.answer(line, fact.incident, fact.request, fact.party, fact.granted, fact.contact, now)


def decide(line: Line, fact: NotificationAnswered, now: datetime, close_after: timedelta) -> Sequence[Event]:
    """Raises Conflict for what is over, Forbidden to the other party than the responsible one, Invalid for too long."""
    if _is_of_before(line, fact.incident, fact.at):
        return []
    match fact.answer:
        case "join":
            return join(line, fact.incident, fact.contact, fact.party, now)
        case "snooze":
            return snoozing.snooze(line, fact.incident, fact.contact, fact.party, fact.until or now, now)
        case "resolve":
            must_be_responsible(find_open(line, fact.incident), fact.party, "resolve it")
            return domain.resolve(line, fact.incident, fact.contact, fact.note, now, close_after, fact.party)
        case _:
            assert_never(fact.answer)


def _is_of_before(line: Line, id: str, at: datetime) -> bool:
    """Whether it was pressed before the incident began anew: a press that comes again says nothing of what it is now.

    Raises Conflict.
    """
    anew = find(line, id).begun_anew_at
    return anew is not None and at < anew
