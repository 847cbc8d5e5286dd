"""The deadlines of an incident as one: the earliest, and what is to be done when it has come. Pure.

What came late is done at once and in order. A clock's marks keep their own time; a level that was told late still has
its whole time to answer from then on, for nobody can acknowledge what they were not told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sepakat_incidents import beside, clocks, escalation, snoozing
from sepakat_incidents.clocks import Clock
from sepakat_incidents.closing import closed
from sepakat_incidents.escalation import NOBODY, Exhausted, Rosters
from sepakat_incidents.events import Event, Foreseen, Missed, Unacknowledged
from sepakat_incidents.folding import apply
from sepakat_incidents.incident import Incident, Line, Status


@dataclass(frozen=True)
class _Deadline:
    """`of` is the clock that has a mark then, with the percentage, or `level` one that is told because it runs out.

    `wakes`: it was put off until then. None of these: it is the status's own.
    """

    at: datetime
    of: Clock | None = None
    percent: int | None = None
    level: int | None = None
    wakes: bool = False


def due_at(incident: Incident | None) -> datetime | None:
    """The earliest deadline of an incident, or None."""
    return None if incident is None else min((each.at for each in _deadlines(incident)), default=None)


def next_deadline(incident: Incident) -> datetime | None:
    """The earliest instant by which somebody has to do something, or something ends: no forecast is one."""
    own = [incident.due_at, incident.snoozed_until]
    running = [each for each in incident.clocks if each.stopped_at is None and each.missed_at is None]
    due = [clocks.due_at(each, incident.pauses) for each in running if incident.is_open]
    return min((each for each in (*own, *due) if each is not None), default=None)


def fire(line: Line | None, now: datetime, rosters: Rosters = NOBODY) -> Sequence[Event]:
    """Do everything that is due, in order. `rosters` are the rotations that the ladder names."""
    events: list[Event] = []
    while line is not None and line.incident is not None:
        due = min(_deadlines(line.incident), key=lambda each: each.at, default=None)
        done = _do(line.incident, due, now, rosters) if due is not None and due.at <= now else []
        if not done:
            break
        for event in done:
            line = apply(line, event)
        events.extend(done)
    return events


def _deadlines(incident: Incident) -> Iterator[_Deadline]:
    if incident.snoozed_until is not None:
        yield _Deadline(incident.snoozed_until, wakes=True)
    if incident.due_at is not None:
        yield _Deadline(incident.due_at)
    if incident.is_open:
        for clock in incident.clocks:
            mark = clocks.next_mark(clock, incident.pauses)
            if mark is not None:
                yield _Deadline(mark.at, clock, mark.percent)
        yield from _running_out(incident)


def _running_out(incident: Incident) -> Iterator[_Deadline]:
    """The levels that are told because little of a clock's limit is left."""
    running = {each.measures: each for each in incident.clocks if each.stopped_at is None}
    for level, rung in enumerate(incident.ladder.rungs, 1):
        clock = running.get(rung.left.clock) if rung.left is not None else None
        if rung.left is None or clock is None or level in incident.foretold:
            continue
        limit = clock.terms.limit
        at = clocks.reaches(clock, incident.pauses, limit - rung.left.of(limit))
        if at is not None:
            yield _Deadline(at, level=level)


def _do(incident: Incident, due: _Deadline, now: datetime, rosters: Rosters) -> Sequence[Event]:
    if due.wakes:
        return snoozing.wake(incident, now)
    if due.level is not None:
        return beside.tell(incident, due.level, now, rosters)
    if due.of is not None:
        limit = clocks.due_at(due.of, incident.pauses)
        if due.percent is not None:
            return [Foreseen(due.of.measures, due.percent, limit, now)]
        return [Missed(due.of.measures, limit, now)]
    match incident.status:
        case Status.OPEN:
            told = escalation.climb(incident.ladder, incident.level, incident.round, now, rosters)
            return told or [Exhausted(now)]  # a deadline that nothing follows from would fire for ever
        case Status.ACKNOWLEDGED:
            lapsed = Unacknowledged("sepakat", "lapsed", now)
            return [lapsed, *escalation.start(incident.ladder, now, rosters)]
        case Status.RESOLVED:
            return closed(incident, "time-passed", "sepakat", now)
        case Status.CLOSED:
            return []
