"""An obligation that was not met in its time, and that by the agreement's text pauses the clocks of incidents. Pure.

A party that has not done what the other one needs must not gain from the time which that costs: as long as it lasts,
clocks of the other party stand still, in each incident of the services that it is about. What comes of it is the same
whatever is heard first, or twice: the incident or the obligation, that it was missed or that it is met.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from sepakat_incidents import clocks, timing
from sepakat_incidents.clocks import Pause
from sepakat_incidents.events import Event, Hindered, Timed, Unhindered
from sepakat_incidents.folding import apply
from sepakat_incidents.incident import Incident, Line, Status
from sepakat_shared.contracts import obligations
from sepakat_shared.contracts.fact import rfc3339

REASON: Final = "obligation-unmet"
How = Literal["met", "excused", "void"]
Told = (
    obligations.ObligationOverdue | obligations.ObligationMet | obligations.ObligationExcused
    | obligations.ObligationVoided
)  # fmt: skip
_UNMET: Final = {
    "en": "{text}: {party} has not met this in its time, and clocks stand still meanwhile",
    "id": "{text}: {party} tidak memenuhi ini pada waktunya, dan sementara itu waktu yang disepakati berhenti",
}
_OVER: Final = {
    "met": {"en": "{text}: this is met, and the clocks go on", "id": "{text}: ini terpenuhi, dan waktu berjalan lagi"},
    "excused": {
        "en": "{text}: this is excused, and the clocks go on",
        "id": "{text}: ini dimaafkan, dan waktu berjalan lagi",
    },
    "void": {
        "en": "{text}: this is owed no longer, and the clocks go on",
        "id": "{text}: ini tidak terutang lagi, dan waktu berjalan lagi",
    },
}


@dataclass(frozen=True)
class Hindrance:
    """One time (`occurrence`) that `party` did not meet an obligation: from `since` until `until`, None while it lasts.

    What is owed anew, since what had asked for it was taken back and came again, is another time of the same
    occurrence: it has its due instant behind that, after an `@`.

    It pauses clocks that stand for one of `objectives` or for none, in incidents of `services`; of all, where none is
    named.
    """

    occurrence: str
    agreement: str
    obligation: str
    party: str
    text: dict[str, str]
    objectives: tuple[str, ...]
    services: tuple[str, ...]
    since: datetime
    until: datetime | None = None
    how: How | None = None


@dataclass(frozen=True)
class Began:
    """It may be over as it is heard of."""

    hindrance: Hindrance


@dataclass(frozen=True)
class Ended:
    until: datetime
    how: How
    at: datetime


Change = Began | Ended
CHANGES: Final = (Began, Ended)


def folded(hindrance: Hindrance | None, event: Change) -> Hindrance:
    if isinstance(event, Began):
        return event.hindrance
    if hindrance is None:
        raise ValueError("a hindrance begins before it ends")
    return replace(hindrance, until=event.until, how=event.how)


def told_by(fact: Told) -> Hindrance | None:
    """What the event says; None where by the text nothing is paused."""
    if not fact.pauses:
        return None
    how: How | None = None
    match fact:
        case obligations.ObligationMet():
            how = "met"
        case obligations.ObligationExcused():
            how = "excused"
        case obligations.ObligationVoided():
            how = "void"
        case obligations.ObligationOverdue():
            pass
    ended = fact.unmet.end if fact.unmet is not None else fact.due_at
    return Hindrance(
        fact.occurrence, fact.agreement, fact.obligation, fact.party, fact.text.model_dump(exclude_none=True),
        fact.pauses, fact.services or (), fact.due_at, ended if how is not None else None, how,
    )  # fmt: skip


def apart(known: Hindrance | None, told: Hindrance) -> Hindrance:
    """What was told, as a time of its own where `known` of the same occurrence is one that was due at another instant.

    The first one keeps the id of the occurrence.
    """
    if known is None or known.since == told.since:
        return told
    return replace(told, occurrence=f"{told.occurrence}{clocks.ANEW}{rfc3339(told.since)}")


def take(known: Hindrance | None, told: Hindrance, now: datetime) -> Sequence[Change]:
    """What is new of it: it begins once and ends once. One that was met in its time never begins."""
    if known is None:
        return [] if told.until is not None and told.until <= told.since else [Began(told)]
    if known.until is None and told.until is not None and told.how is not None:
        return [Ended(told.until, told.how, now)]
    return []


def hinder(line: Line | None, hindrance: Hindrance, now: datetime) -> Sequence[Event]:
    """Let the clocks of the line's incident stand still for as long as it lasts, or lasted; again, nothing happens.

    The record of a closed incident stays as it is, and so do clocks of the party that has not met it.
    """
    incident = line.incident if line is not None else None
    if line is None or incident is None or not _concerns(hindrance, incident):
        return []
    known = next((each for each in incident.pauses if each.occurrence == hindrance.occurrence), None)
    due = _due(hindrance, incident)
    if due == known or (known is None and due.end is not None and due.end <= due.start):
        return []
    changed: Event
    if known is not None and known.end is None and due.end is not None:
        changed = Unhindered(hindrance.occurrence, hindrance.obligation, due.end, _words(hindrance, over=True), now)
    else:
        words = _words(hindrance, over=False)
        changed = Hindered(due, hindrance.obligation, hindrance.party, hindrance.text, words, now)
    after = apply(line, changed).incident
    return [changed, *(_corrected(incident, after, now) if after is not None else [])]


def _concerns(hindrance: Hindrance, incident: Incident) -> bool:
    named = not hindrance.services or incident.about.service in hindrance.services
    over = incident.status is Status.CLOSED or incident.merged_into is not None
    return named and not over and incident.responsible != hindrance.party


def _due(hindrance: Hindrance, incident: Incident) -> Pause:
    """The pause as it should be. What is resolved has no time that counts any more."""
    start = max(hindrance.since, incident.opened_at)
    ends = [each for each in (hindrance.until, incident.resolved_at) if each is not None]
    end = max(min(ends), start) if ends else None
    return Pause(REASON, start, end, hindrance.occurrence, hindrance.objectives)


def _corrected(before: Incident, after: Incident, now: datetime) -> Sequence[Timed]:
    """What was foretold or missed in time that does not count, was not."""
    corrected = timing.corrected(after, now)
    return [] if not corrected or corrected[0].clocks == before.clocks else corrected


def _words(hindrance: Hindrance, *, over: bool) -> dict[str, str]:
    patterns = _OVER[hindrance.how or "met"] if over and hindrance.until is not None else _UNMET
    some = next(iter(hindrance.text.values()), hindrance.obligation)
    return {
        language: pattern.format(text=hindrance.text.get(language, some), party=hindrance.party)
        for language, pattern in patterns.items()
    }
