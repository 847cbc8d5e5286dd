"""One line per agreement and service: at most one incident is open on it at any time. Pure.

What begins an episode opens an incident if none is open; what comes later in the same episode attaches to it. The line
is the aggregate, so two causes that arrive at once can't open two incidents.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sepakat_incidents import escalation, timing
from sepakat_incidents.closing import closed
from sepakat_incidents.escalation import NOBODY, Escalated, Rosters
from sepakat_incidents.events import (
    Attached,
    Event,
    Leaving,
    LetGo,
    Noted,
    Opened,
    Passed,
    Planned,
    Raised,
    Resolved,
)
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import KEPT_PAST, About, Incident, Line, Status, Trigger, find, not_before, waits
from sepakat_shared.errors import Conflict


def begin(
    line: Line | None, id: str, about: About, trigger: Trigger, handling: Handling, now: datetime,
    rosters: Rosters = NOBODY,
) -> Sequence[Event]:  # fmt: skip
    """Open an incident, or attach to the one that is open. `rosters` are the rotations that its ladder names."""
    incident = line.incident if line else None
    if line is not None and any(trigger.event in each.causes for each in line.every):
        return []
    if incident is not None and incident.is_open:
        return attached(incident, trigger, handling, now, rosters)
    # Nobody waits any more for whether the one before is really over: this one says how it went on.
    number = (line.episodes if line else 0) + 1
    begun = f"{id}.{number:04d}"
    over = incident is not None and incident.status is Status.RESOLVED
    before = closed(incident, "followed", "sepakat", now, begun) if incident is not None and over else []
    opened = Incident(
        id=begun,
        number=f"{id[len(about.agreement) + 1 :].upper().replace('.', '-')}-{number:04d}",
        about=about,
        priority=handling.priority,
        title=trigger.words,
        opened_at=now,
        impact_started_at=trigger.at,
        ladder=handling.ladder,
        # What a party has opened itself no measurement ends: it is over when somebody says so.
        waiting=(trigger.subject,) if waits(trigger) or trigger.kind == "api" else (),
        causes=(trigger.event,),
        version=handling.version,
        cause=trigger.kind,
        impact=trigger.impact,
        urgency=trigger.urgency,
        unsorted=trigger.kind == "api",
        opened_by=trigger.party,
        description=trigger.description or None,
    )
    return [
        *before,
        Opened(opened, trigger),
        *_leave(line, now),
        *timing.begun(handling.clocks, opened, "opened", now),
        *escalation.start(opened.ladder, now, rosters),
    ]


def _leave(line: Line | None, now: datetime) -> Sequence[Event]:
    """Those before the last ones are only read from now on."""
    if line is None or line.incident is None or len(line.past) < KEPT_PAST:
        return []
    past = sorted(line.past.values(), key=lambda each: (each.opened_at, each.id))
    return [Leaving(tuple(each.id for each in past[: len(past) + 1 - KEPT_PAST]), now)]


def let_go(line: Line | None, kept: Collection[str], now: datetime) -> Sequence[Event]:
    """Those of `kept` that leave are in documents of their own: the line has them no longer."""
    gone = tuple(id for id in line.leaving if id in kept) if line is not None else ()
    return [LetGo(gone, now)] if gone else []


def attached(
    incident: Incident, trigger: Trigger, handling: Handling, now: datetime, rosters: Rosters = NOBODY
) -> Sequence[Event]:
    """What comes later in the same episode. Of alerts that are firing already another one is counted, and not told."""
    more = trigger.kind == "alert" and trigger.subject in incident.waiting
    if more and incident.impact is not None and not incident.unsorted:
        return []  # what a person has sorted stays so
    graver = raised(incident, handling, trigger.words, now, rosters)
    return [*([] if more else [Attached(trigger, now)]), *graver]


def raised(
    incident: Incident, handling: Handling, title: dict[str, str], now: datetime, rosters: Rosters = NOBODY,
    *, in_hand: bool = False,
) -> Sequence[Event]:  # fmt: skip
    """P1 comes before P2. Another ladder begins at its foot, unless somebody has taken the incident up already, or has
    it `in_hand` by what follows.
    """
    if handling.priority >= incident.priority:
        return []
    ladder = handling.ladder if handling.ladder.rungs else incident.ladder
    anew = ladder != incident.ladder and incident.status is Status.OPEN and not in_hand
    steps = escalation.start(ladder, now, rosters) if anew else []
    asked = tuple(each for step in steps if isinstance(step, Escalated) for each in step.contacts)
    return [
        Raised(incident.priority, handling.priority, ladder, title, now, handling.version, asked),
        *(timing.anew(handling.clocks, incident, now) if handling.version else []),
        *steps,
    ]


def plan(line: Line | None, handling: Handling, now: datetime, rosters: Rosters = NOBODY) -> Sequence[Event]:
    """Begin the ladder and the clocks of an incident that opened before the agreement's text was known here.

    One that a text governs stays as that has it, also where that has neither.
    """
    incident = line.incident if line else None
    if incident is None or not incident.is_open or incident.version or incident.ladder.rungs or incident.clocks:
        return []
    if not handling.ladder.rungs and not handling.clocks:
        return []
    return [
        Planned(handling.priority, handling.ladder, handling.version),
        *timing.begun(handling.clocks, incident, "text", now),
        *(escalation.start(handling.ladder, now, rosters) if incident.status is Status.OPEN else []),
    ]


def passed(line: Line | None, subject: str, at: datetime, now: datetime, close_after: timedelta) -> Sequence[Event]:
    """A cause is over; with the last one the incident resolves by itself."""
    incident = line.incident if line else None
    if incident is None or not incident.is_open or subject not in incident.waiting:
        return []
    # The impact has ended when nothing impairs the service any more: a burn rate falls for hours after that.
    left = [each for each in incident.waiting if each != subject and not each.startswith("risk:")]
    now, ended = not_before(incident, now), max(at, incident.impact_started_at)
    over = [] if left else _resolved(incident, Resolved("sepakat", ended, now, now + close_after))
    return [Passed(subject, at), *over]


def resolve(
    line: Line, id: str, by: str, note: str | None, now: datetime, close_after: timedelta, party: str | None = None
) -> Sequence[Event]:
    """Say that the impact is over, as somebody of `party`; None is an operator.

    Raises Conflict when it is closed; again, nothing happens.
    """
    incident = find(line, id)
    if incident.status is Status.CLOSED:
        raise Conflict(f"incident {incident.number} is closed")
    if incident.status is Status.RESOLVED:
        return []
    now = not_before(incident, now)
    return _resolved(incident, Resolved(by, now, now, now + close_after, note, party))


def _resolved(incident: Incident, event: Resolved) -> Sequence[Event]:
    restored = max(event.impact_ended_at, incident.opened_at)
    return [
        event,
        *timing.stopped(incident, "restored", restored, event.at),
        *timing.stopped(incident, "resolved", event.at, event.at),
    ]


def note(line: Line | None, id: str, what: str, dispute: str | None, now: datetime) -> Sequence[Event]:
    """Put it on the timeline of an incident of the line; nothing else changes."""
    return [Noted(id, what, dispute, now)] if line is not None and line.had(id) else []


def retracted(
    line: Line | None, cause: str, why: str, dispute: str | None, now: datetime, close_after: timedelta,
    before: Incident | None = None,
) -> Sequence[Event]:  # fmt: skip
    """A breach was none after all: noted on its incident, which is over where nothing else has caused it.

    `before` is one of the line that is in a document of its own, and has that cause.
    """
    if line is None:
        return []
    for incident in (*line.every, *([] if before is None else [before])):
        if cause in incident.causes:
            noted = Noted(incident.id, f"breach retracted: {why}", dispute, now)
            alone = incident == line.incident and incident.is_open and incident.cause_count == 1
            ended = not_before(incident, now)
            over = _resolved(incident, Resolved("sepakat", ended, ended, ended + close_after)) if alone else []
            return [noted, *over]
    return []


def close(line: Line, id: str, by: str, now: datetime) -> Sequence[Event]:
    """Close what is resolved. Raises Conflict when it is not."""
    incident = find(line, id)
    if incident.status is Status.CLOSED:
        return []
    if incident.status is not Status.RESOLVED:
        raise Conflict(f"incident {incident.number} is {incident.status.value}; resolve it first")
    return closed(incident, "asked", by, now)
