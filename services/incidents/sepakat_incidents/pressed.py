"""What a link of a message does to an incident when it was pressed. Pure.

Whoever has a mail may press its links: whose contact it was sent to says for which party, and what that party may do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from sepakat_incidents import line as domain
from sepakat_incidents import snoozing
from sepakat_incidents.answers import must_be_responsible
from sepakat_incidents.events import Event
from sepakat_incidents.incident import Line, find_open
from sepakat_shared.contracts.notifications import NotificationAnswered


def decide(line: Line, fact: NotificationAnswered, now: datetime, close_after: timedelta) -> Sequence[Event]:
    """Raises Conflict for what is over, Forbidden to the other party than the responsible one, Invalid for too long."""
    match fact.answer:
        case "join":
            return snoozing.join(line, fact.incident, fact.contact, fact.party, now)
        case "snooze":
            return snoozing.snooze(line, fact.incident, fact.contact, fact.party, fact.until or now, now)
        case "resolve":
            must_be_responsible(find_open(line, fact.incident), fact.party, "resolve it")
            return domain.resolve(line, fact.incident, fact.contact, fact.note, now, close_after)
        case _:
            assert_never(fact.answer)
