"""How each event changes an incident and its line. Pure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sepakat_incidents import record
from sepakat_incidents.clocks import Clock, Measures, Pause
from sepakat_incidents.escalation import Escalated, Exhausted, Waits
from sepakat_incidents.events import (
    Acknowledged,
    Attached,
    Closed,
    Event,
    Foreseen,
    HandedOver,
    Happened,
    Hindered,
    Joined,
    Leaving,
    LetGo,
    Missed,
    Noted,
    Opened,
    Passed,
    PauseAnswered,
    Paused,
    PauseLapsed,
    PauseRequested,
    Planned,
    Prioritised,
    Raised,
    Resolved,
    Resumed,
    Snoozed,
    Stopped,
    Timed,
    Unacknowledged,
    Unhindered,
    Unreached,
    Updated,
    Woken,
)
from sepakat_incidents.incident import Beside, Incident, Line, Status, as_told, waits, with_cause
from sepakat_incidents.record import RecordEvent
from sepakat_incidents.timing import silent_since


def apply(line: Line | None, event: Event) -> Line:
    if isinstance(event, Opened):
        before = line or Line(event.incident.about)
        past = {**before.past, before.incident.id: before.incident} if before.incident else before.past
        return replace(
            before, about=event.incident.about, episodes=before.episodes + 1, incident=event.incident, past=past
        )
    if line is None or line.incident is None:
        raise ValueError("a line begins with an incident")
    if isinstance(event, RecordEvent):
        return record.apply(line, event)
    if isinstance(event, Leaving | LetGo):
        return _leaving(line, event)
    after = _changed(line.incident, event)
    if after.due_at != line.incident.due_at and not isinstance(event, Snoozed | Woken):
        after = replace(after, snoozed_until=None)  # whatever else has moved the ladder has ended that it is put off
    return replace(line, incident=after)


def _leaving(line: Line, event: Leaving | LetGo) -> Line:
    gone = set(event.incidents)
    leaving = {id: each for id, each in (line.leaving | line.past).items() if id in line.leaving or id in gone}
    if isinstance(event, LetGo):
        leaving = {id: each for id, each in line.leaving.items() if id not in gone}
    return replace(line, leaving=leaving, past={id: each for id, each in line.past.items() if id not in gone})


def _changed(incident: Incident, event: Happened) -> Incident:
    match event:
        case Opened():
            return event.incident
        case Attached() | Planned() | Raised() | Passed() | Resolved() | Closed():
            return _in_episode(incident, event)
        case Escalated() | Waits() | Exhausted() | Unacknowledged() | HandedOver() | Unreached():
            return _on_ladder(incident, event)
        case Acknowledged() | Updated() | Prioritised():
            return _answered(incident, event)
        case Timed() | Foreseen() | Missed() | Stopped():
            return replace(incident, clocks=_timed(incident, event))
        case Paused() | Resumed() | PauseRequested() | PauseAnswered() | PauseLapsed():
            return _paused(incident, event)
        case Hindered() | Unhindered():
            return replace(incident, pauses=_hindered(incident.pauses, event))
        case Joined() | Snoozed() | Woken():
            return _put_off(incident, event)
        case Noted():
            return incident
        case _:
            assert_never(event)


def _in_episode(incident: Incident, event: Attached | Planned | Raised | Passed | Resolved | Closed) -> Incident:
    match event:
        case Attached(trigger):
            waiting = (*incident.waiting, trigger.subject) if waits(trigger) else incident.waiting
            # What a party says of one that is open is on the timeline: the responsible party alone corrects the impact.
            started = (
                incident.impact_started_at if trigger.kind == "api" else min(incident.impact_started_at, trigger.at)
            )
            joined = with_cause(incident, trigger.event)
            return replace(joined, waiting=tuple(dict.fromkeys(waiting)), impact_started_at=started)
        case Planned(priority, ladder, version):
            return replace(incident, priority=priority, ladder=ladder, version=version)
        case Raised(_, priority, ladder, title, _, version):
            of_ladder = (incident.foretold, incident.beside) if ladder == incident.ladder else ((), ())
            return replace(
                as_told(incident), priority=priority, ladder=ladder, title=title, version=version or incident.version,
                foretold=of_ladder[0], beside=of_ladder[1],
            )  # fmt: skip
        case Passed(subject):
            return replace(incident, waiting=tuple(each for each in incident.waiting if each != subject))
        case Resolved(_, impact_ended_at, at, closes_at):
            # At one instant, and after it, the stop goes before the pause.
            pauses = tuple(each if each.end else replace(each, end=at) for each in incident.pauses)
            return replace(
                incident, status=Status.RESOLVED, impact_ended_at=impact_ended_at, resolved_at=at, waiting=(),
                due_at=closes_at, pauses=pauses,
            )  # fmt: skip
        case Closed():
            return replace(incident, status=Status.CLOSED, due_at=None, requests=())


def _on_ladder(
    incident: Incident, event: Escalated | Waits | Exhausted | Unacknowledged | HandedOver | Unreached
) -> Incident:
    match event:
        case Escalated(reason="time-left"):
            beside = (*incident.beside, Beside(event.level, event.contacts))
            return as_told(replace(incident, foretold=(*incident.foretold, event.level), beside=beside))
        case Escalated(level, round, contacts, acknowledge_by):
            silent = tuple(each for each in incident.silent if each not in event.webhooks)
            told = replace(
                as_told(incident), status=Status.OPEN, level=level, round=round, due_at=event.next_at or acknowledge_by,
                asked=contacts, unreached=(), silent=silent,
            )  # fmt: skip
            return as_told(told)
        case Waits(until):
            return replace(
                as_told(incident), status=Status.OPEN, level=0, round=1, due_at=until, asked=(), unreached=()
            )  # fmt: skip
        case Exhausted():
            return replace(incident, due_at=None)
        case Unacknowledged(_, _, at):
            return replace(
                incident, status=Status.OPEN, acknowledged_by=None, acknowledgers=(), due_at=None, begun_anew_at=at
            )  # fmt: skip
        case HandedOver(_, _, contacts, acknowledge_by):
            return replace(
                incident, status=Status.OPEN, acknowledged_by=None, acknowledgers=(), due_at=acknowledge_by,
                asked=contacts, unreached=(),
            )  # fmt: skip
        case Unreached(contact, webhook=True):
            return replace(incident, silent=(*incident.silent, contact))
        case Unreached(contact, level=None):
            return replace(incident, unreached=(*incident.unreached, contact))
        case Unreached(contact):
            return replace(
                incident, beside=tuple(
                    replace(each, unreached=(*each.unreached, contact)) if each.level == event.level else each
                    for each in incident.beside
                ),
            )  # fmt: skip


def _put_off(incident: Incident, event: Joined | Snoozed | Woken) -> Incident:
    match event:
        case Joined(by):
            return replace(incident, joined=(*incident.joined, f"{event.party}/{by}"))
        case Snoozed(_, _, until, goes_on_at, seconds):
            in_all = incident.snoozed_seconds + seconds
            return replace(incident, snoozed_until=until, due_at=goes_on_at, snoozed_seconds=in_all)
        case Woken(_, goes_on_at):
            return replace(incident, snoozed_until=None, due_at=goes_on_at)


def _answered(incident: Incident, event: Acknowledged | Updated | Prioritised) -> Incident:
    match event:
        case Acknowledged(by, party, stops, at, lapses_at):
            if party == incident.responsible and by not in incident.acknowledgers:
                incident = replace(incident, acknowledgers=(*incident.acknowledgers, by))
            if not stops:
                return incident
            # Whoever takes it up after a silence has the whole time for the first note.
            clocks = incident.clocks if silent_since(incident) is None else _restarted(incident.clocks, at)
            return replace(
                incident, status=Status.ACKNOWLEDGED, acknowledged_at=incident.acknowledged_at or at,
                acknowledged_by=by, due_at=lapses_at, clocks=clocks,
            )  # fmt: skip
        case Updated(_, party, _, at, lapses_at):
            if party != incident.responsible:
                return incident
            restarted = replace(incident, clocks=_restarted(incident.clocks, at))
            return restarted if lapses_at is None else replace(restarted, due_at=lapses_at)
        case Prioritised(_, priority, ladder, version):
            # The deadline of a ladder that holds no longer is none; the new one says when its first level is told.
            waits = incident.status is Status.OPEN and ladder != incident.ladder
            due_at = None if waits else incident.due_at
            return replace(
                as_told(incident), priority=priority, ladder=ladder, version=version, foretold=(), beside=(),
                due_at=due_at,
            )  # fmt: skip


def _timed(incident: Incident, event: Timed | Foreseen | Missed | Stopped) -> tuple[Clock, ...]:
    match event:
        case Timed(clocks):
            return clocks
        case Foreseen(measures, percent):
            return _with(incident.clocks, measures, lambda each: replace(each, told=percent))
        case Missed(measures, _, at):
            return _with(incident.clocks, measures, lambda each: replace(each, missed_at=at))
        case Stopped(measures, stopped_at):
            return _with(incident.clocks, measures, lambda each: replace(each, stopped_at=stopped_at))


def _with(clocks: tuple[Clock, ...], measures: Measures, change: Callable[[Clock], Clock]) -> tuple[Clock, ...]:
    return tuple(change(each) if each.measures == measures else each for each in clocks)


def _restarted(clocks: tuple[Clock, ...], at: datetime) -> tuple[Clock, ...]:
    """The cadence of notes begins again with each note. One that does not come is missed once: then it is silence."""
    return _with(clocks, "update", lambda each: replace(each, started_at=at, missed_at=None))


def _paused(incident: Incident, event: Paused | Resumed | PauseRequested | PauseAnswered | PauseLapsed) -> Incident:
    match event:
        case Paused(reason, _, at):
            return replace(incident, pauses=(*incident.pauses, Pause(reason, at)))
        case Resumed(_, at):
            return replace(
                incident, pauses=tuple(e if e.end or e.occurrence else replace(e, end=at) for e in incident.pauses)
            )  # fmt: skip
        case PauseRequested(request):
            return replace(
                incident, requests=(*incident.requests, request), requested=incident.requested + 1
            )  # fmt: skip
        case PauseLapsed(request):
            return replace(incident, requests=tuple(each for each in incident.requests if each.id != request.id))
        case PauseAnswered(request, granted):
            left = tuple(each for each in incident.requests if each.id != request.id)
            agreed = (Pause(request.reason, request.start, request.end),) if granted else ()
            pauses = tuple(sorted([*incident.pauses, *agreed], key=lambda each: each.start))
            return replace(incident, requests=left, pauses=pauses)


def _hindered(pauses: tuple[Pause, ...], event: Hindered | Unhindered) -> tuple[Pause, ...]:
    """Each time that an obligation is owed pauses an incident once at most."""
    match event:
        case Hindered(pause):
            others = [each for each in pauses if each.occurrence != pause.occurrence]
            return tuple(sorted([*others, pause], key=lambda each: each.start))
        case Unhindered(occurrence, _, end):
            return tuple(replace(each, end=end) if each.occurrence == occurrence else each for each in pauses)
