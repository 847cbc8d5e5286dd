"""What the others are told of each change of an incident."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sepakat_incidents import clocks, escalation, record, record_telling, snoozing, tickets, timing
from sepakat_incidents import events as happened
from sepakat_incidents.clocks import Clock
from sepakat_incidents.events import Event
from sepakat_incidents.identity import Identity, titled
from sepakat_incidents.incident import Incident, Kind, Line, PauseRequest, Status, Trigger, find
from sepakat_incidents.record import RecordEvent, Reopened
from sepakat_shared.contracts import incidents as contract
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.messages import Message

_CLOCKS = (
    happened.Timed | happened.Foreseen | happened.Missed | happened.Stopped | happened.Paused | happened.Resumed
    | happened.Hindered | happened.Unhindered
)  # fmt: skip


def of_line(event: Event, line: Line) -> Iterable[Message]:
    """The messages of one event, with the line after it."""
    incident = line.incident
    if incident is None:
        raise ValueError("an event without an incident")
    told: Iterable[Fact]
    if isinstance(event, RecordEvent):
        incident = find(line, record.whose(event, line))
        told = [*record_telling.facts(event, incident), *_resumed(event, incident)]
    else:
        told = _of_clocks(event, incident) if isinstance(event, _CLOCKS) else _of_incident(event, incident)
    return [*[Message.of(topics.INCIDENTS, incident.id, fact) for fact in told], *tickets.facts(event, incident)]


def _about(incident: Incident, at: datetime) -> dict[str, Any]:
    return Identity.of(incident).as_fact(at)


def _cause(trigger: Trigger) -> dict[str, Any]:
    return {
        **_opened_by(trigger.kind), "cause_event": trigger.event, "party": trigger.party,
        "description": trigger.description or None,
    }  # fmt: skip


def _opened_by(kind: Kind | None) -> dict[str, Any]:
    """What kind of thing, in words that readers of before know."""
    return {
        "cause": "report" if kind in ("alert", "api") else kind, "via": "alertmanager" if kind == "alert" else None,
    }  # fmt: skip


def _of_incident(event: Event, incident: Incident) -> Iterable[Fact]:
    match event:
        case happened.Opened(_, trigger):
            about = _about(incident, incident.opened_at)
            yield contract.IncidentOpened(**about, **_cause(trigger), responsible=incident.responsible)
        case happened.Attached(trigger, at):
            yield contract.CauseAttached(
                **_about(incident, at), **_cause(trigger), objective=trigger.objective,
                objective_title=titled(trigger.objective_title), attainment=trigger.attainment, target=trigger.target,
            )  # fmt: skip
        case happened.Raised(previous, _, _, _, at):
            yield contract.IncidentRaised(
                **_about(incident, at), previous_priority=previous, asks=event.asks or None,
                responsible=incident.responsible,
            )  # fmt: skip
        case happened.Prioritised(previous, _, _, _, by, reason, at):
            about = _about(incident, at)
            yield contract.IncidentPrioritised(
                **about, by=by, previous_priority=previous, reason=reason, impact=event.impact, urgency=event.urgency
            )
        case escalation.Escalated(level, round, contacts, acknowledge_by, at):
            following = escalation.following(incident.ladder, level, round)
            yield contract.IncidentEscalated(
                **_about(incident, at), level=level, round=round, contacts=contacts, acknowledge_by=acknowledge_by,
                next_level=following[0] if following and acknowledge_by else None,
                next_at=event.next_at if following and acknowledge_by else None, **_answers(incident, acknowledge_by),
                reason=event.reason, kind=event.kind, webhooks=event.webhooks or None, by=event.by, note=event.note,
                silent_since=timing.silent_since(incident), **_asked_of(incident),
            )  # fmt: skip
        case escalation.Exhausted(at):
            given = incident.acknowledgers or None
            needed = max(each.needed for each in incident.ladder.rungs) if given else None
            yield contract.EscalationExhausted(
                **_about(incident, at), responsible=incident.responsible, needed=needed, taken_up_by=given
            )
        case happened.Acknowledged(by, party, stops, at):
            counts = party == incident.responsible
            yield contract.IncidentAcknowledged(
                **_about(incident, at), by=by, party=party, stops_ladder=stops,
                seconds_to_acknowledge=_seconds(at - incident.opened_at), needed=event.needed if counts else None,
                given=event.given if counts else None, responsible=incident.responsible,
            )  # fmt: skip
        case happened.Unacknowledged(by, reason, at):
            about = _about(incident, at)
            yield contract.IncidentUnacknowledged(**about, by=by, reason=reason, responsible=incident.responsible)
        case happened.HandedOver(by, to, contacts, acknowledge_by, at, note):
            following = escalation.following(incident.ladder, incident.level, incident.round)
            yield contract.IncidentHandedOver(
                **_about(incident, at), by=by, to=to, contacts=contacts, acknowledge_by=acknowledge_by,
                next_level=following[0] if following else None, needed=_more_than_one(incident), note=note,
                **_asked_of(incident),
            )  # fmt: skip
        case happened.Joined(by, party, at):
            yield contract.IncidentJoined(**_about(incident, at), by=by, party=party)
        case happened.Snoozed(by, party, until, goes_on_at, _, at):
            yield contract.IncidentSnoozed(
                **_about(incident, at), by=by, party=party, until=until, goes_on_at=goes_on_at,
                responsible=incident.responsible, may_snooze_seconds=_left_to_snooze(incident),
            )  # fmt: skip
        case happened.Woken(contacts, goes_on_at, at):
            following = escalation.following(incident.ladder, incident.level, incident.round)
            yield contract.SnoozeEnded(
                **_about(incident, at), contacts=contacts, acknowledge_by=goes_on_at,
                next_level=following[0] if following else None, **_answers(incident, goes_on_at),
                **_asked_of(incident),
            )  # fmt: skip
        case happened.Unreached(contact, level=int(level)) if _is_known_lost(incident, contact, level):
            return  # told already: of one person one letter, however many levels name them
        case happened.Unreached(contact, reason, at):
            yield contract.ContactUnreached(
                **_about(incident, at), contact=contact, reason=reason, responsible=incident.responsible,
                level=event.level, webhook=event.webhook or None,
            )  # fmt: skip
        case happened.Updated(by, party, note, at):
            yield contract.IncidentUpdated(**_about(incident, at), by=by, party=party, note=note)
        case happened.Resolved(by, ended, at):
            yield contract.IncidentResolved(
                **_about(incident, at),
                by=by,
                impact_ended_at=ended,
                seconds_to_resolve=_seconds(at - incident.opened_at),
                party=event.party,
                note=event.note,
            )
        case happened.Closed(at, because, by, followed_by):
            yield contract.IncidentClosed(**_about(incident, at), because=because, by=by, followed_by=followed_by)
        case happened.PauseRequested(request, by, at):
            closes_at = incident.due_at if incident.status is Status.RESOLVED else None
            yield contract.PauseRequested(**_about(incident, at), **_request(request), by=by, answer_by=closes_at)
        case happened.PauseAnswered(request, granted, by, at):
            yield contract.PauseAnswered(**_about(incident, at), **_request(request), by=by, granted=granted)
        case happened.PauseLapsed(request, _, at, merged):
            yield contract.PauseLapsed(
                **_about(incident, at), **_request(request), by="sepakat", because="merged" if merged else "closed"
            )
        case _:
            return  # told to nobody: Planned, Passed, Noted and Waits are seen by what follows from them


def _is_known_lost(incident: Incident, contact: str, level: int) -> bool:
    """Whether it is told of another place that nothing reaches them."""
    first = next((each.level for each in incident.beside if contact in each.unreached), level)
    return contact in incident.unreached or first != level


def _asked_of(incident: Incident) -> dict[str, Any]:
    """Whose it is to take it up, how long they may still put it off, and what is known of it."""
    return {
        "responsible": incident.responsible, "may_snooze_seconds": _left_to_snooze(incident),
        **_opened_by(incident.cause), "opened_by": incident.opened_by, "description": incident.description,
        "reopened": _reopened(incident),
    }  # fmt: skip


def _left_to_snooze(incident: Incident) -> str | None:
    left = snoozing.left_to_snooze(incident)
    return _seconds(left) if left else None


def _reopened(incident: Incident) -> contract.Reopening | None:
    again = incident.reopening
    if again is None:
        return None
    return contract.Reopening(by=again.by, party=again.party, reason=again.reason, times=incident.reopened)


def _answers(incident: Incident, by: datetime | None) -> dict[str, Any]:
    """How many must take it up by then, where that is more than one, and who has; nothing where nobody is awaited."""
    if by is None:
        return {}
    return {"needed": _more_than_one(incident), "taken_up_by": incident.acknowledgers or None}


def _more_than_one(incident: Incident) -> int | None:
    return incident.needed if incident.needed > 1 else None


def _request(request: PauseRequest) -> dict[str, Any]:
    return {
        "request": request.id, "party": request.party, "reason": request.reason, "start": request.start,
        "end": request.end, "note": request.note,
    }  # fmt: skip


# -- clocks ------------------------------------------------------------------------------------------------------------


def _of_clocks(event: _CLOCKS, incident: Incident) -> Iterable[Fact]:
    by_name = {each.measures: each for each in incident.clocks}
    match event:
        case happened.Timed(set_to, "priority" | "pause" as because, at):
            readings = tuple(_reading(each, incident, at) for each in set_to)
            yield contract.ClocksRetimed(**_about(incident, at), because=because, clocks=readings)
        case happened.Timed(set_to, _, at):
            for each in set_to:
                yield contract.ClockStarted(**_clock(each, incident, at), due_at=clocks.due_at(each, incident.pauses))
        case happened.Foreseen(measures, percent, due_at, at):
            yield contract.ClockForecast(**_clock(by_name[measures], incident, at), percent=percent, due_at=due_at)
        case happened.Missed(measures, due_at, at):
            yield contract.ClockMissed(**_clock(by_name[measures], incident, at), due_at=due_at)
        case happened.Stopped(measures, stopped_at, met, at):
            clock = by_name[measures]
            verdict = contract.ClockMet if met else contract.ClockMissed
            if measures != "update" and (met or clock.missed_at is None):
                yield verdict(
                    **_clock(clock, incident, at), stopped_at=stopped_at,
                    elapsed_seconds=_seconds(clocks.elapsed(clock, incident.pauses, at)),
                )  # fmt: skip
        case happened.Paused(reason, by, at):
            yield contract.ClocksPaused(**_about(incident, at), by=by, reason=reason, clocks=_standing(incident))
        case happened.Resumed(by, at):
            readings = tuple(_reading(each, incident, at) for each in _running(incident))
            yield contract.ClocksResumed(**_about(incident, at), by=by, clocks=readings)
        case happened.Hindered() | happened.Unhindered():
            yield from _of_hindrance(event, incident)


def _of_hindrance(event: happened.Hindered | happened.Unhindered, incident: Incident) -> Iterable[Fact]:
    """Where no clock stands still, or runs, nothing is told; of what is over when it is heard of, the new times are."""
    match event:
        case happened.Hindered(pause, obligation, party, text, _, at):
            standing = _standing(incident)
            if pause.end is None and standing:
                yield contract.ClocksPaused(
                    **_about(incident, at), by="sepakat", reason=pause.reason, clocks=standing, obligation=obligation,
                    obligation_text=titled(text), owed_by=party,
                )  # fmt: skip
        case happened.Unhindered(_, obligation, _, _, at):
            readings = tuple(_reading(each, incident, at) for each in _running(incident))
            if readings:
                about = _about(incident, at)
                yield contract.ClocksResumed(**about, by="sepakat", clocks=readings, obligation=obligation)


def _standing(incident: Incident) -> tuple[str, ...]:
    return tuple(each.measures for each in _running(incident) if clocks.is_paused(each, incident.pauses))


def _resumed(event: RecordEvent, incident: Incident) -> Iterable[Fact]:
    """The clocks of an incident that was opened again go on."""
    if isinstance(event, Reopened) and _running(incident):
        readings = tuple(_reading(each, incident, event.at) for each in _running(incident))
        yield contract.ClocksResumed(**_about(incident, event.at), by=event.by, clocks=readings)


def _running(incident: Incident) -> list[Clock]:
    return [each for each in incident.clocks if each.stopped_at is None]


def _clock(clock: Clock, incident: Incident, at: datetime) -> dict[str, Any]:
    return {
        **_about(incident, at),
        "clock": clock.measures,
        "limit_seconds": _seconds(timedelta(milliseconds=clock.terms.limit)),
        "responsible": incident.responsible,
        "objective": clock.terms.objective,
    }


def _reading(clock: Clock, incident: Incident, at: datetime) -> contract.ClockReading:
    return contract.ClockReading(
        clock=clock.measures,
        limit_seconds=_seconds(timedelta(milliseconds=clock.terms.limit)),
        elapsed_seconds=_seconds(clocks.elapsed(clock, incident.pauses, at)),
        due_at=clocks.due_at(clock, incident.pauses),
        met=None if clock.stopped_at is None else clocks.met(clock, incident.pauses, at),
    )


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.3f}"
