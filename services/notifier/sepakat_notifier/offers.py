"""Which links a message about an incident has, for the people of which party. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sepakat_notifier import snoozing
from sepakat_notifier.vault import Purpose
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.contracts.incidents import IncidentEscalated, IncidentHandedOver, PauseRequested, SnoozeEnded

_Asks = IncidentEscalated | IncidentHandedOver | SnoozeEnded


def offered(fact: Fact, party: str) -> Sequence[Purpose]:
    """What people of that party can say by pressing a link in a message about it, in order; nothing: it asks nobody."""
    if isinstance(fact, PauseRequested):
        return () if party == fact.party else ("consent", "refuse")
    if not isinstance(fact, _Asks):
        return ()
    if party != fact.responsible:
        return ("acknowledge", "join")
    if snoozing.choices(fact.may_snooze_seconds):
        return ("acknowledge", "join", "snooze", "resolve")
    return ("acknowledge", "join", "resolve")


def ends_at(fact: Fact, sent_at: datetime, lifetime: timedelta) -> datetime:
    """When the links of a message end; of a request not before it can be answered no more."""
    answer_by = fact.answer_by if isinstance(fact, PauseRequested) else None
    return max(sent_at + lifetime, answer_by) if answer_by is not None else sent_at + lifetime


def address_of(base: str, purpose: Purpose, token: str) -> str:
    """Where the page of such a link is."""
    return f"{base.rstrip('/')}/{'a' if purpose == 'acknowledge' else purpose}/{token}"
