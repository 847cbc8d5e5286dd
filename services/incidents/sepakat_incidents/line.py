"""One line per agreement and service: at most one incident is open on it at any time. Pure.

What begins an episode opens an incident if none is open; what comes later in the same episode attaches to it. The line
is the aggregate, so two causes that arrive at once can't open two incidents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from sepakat_shared.contracts.incidents import Cause
from sepakat_shared.contracts.texts import Escalation
from sepakat_shared.errors import Conflict


class Status(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    CLOSED = "closed"


@dataclass(frozen=True)
class Rung:
    """Whom one level tells, and how many seconds it waits for one of them."""

    notify: tuple[str, ...]
    wait_seconds: float


@dataclass(frozen=True)
class Ladder:
    """An escalation policy as it was agreed when the incident opened."""

    rungs: tuple[Rung, ...] = ()
    repeat: int = 0
    responsible: str = "provider"
    lasts_seconds: float | None = None

    @classmethod
    def of(cls, policy: Escalation | None) -> "Ladder":
        if policy is None:
            return cls()
        rungs = tuple(Rung(level.notify, level.acknowledge_within.total_seconds()) for level in policy.levels)
        lasts = policy.acknowledgement_lasts
        return cls(rungs, policy.repeat, policy.acknowledged_by, lasts.total_seconds() if lasts else None)


@dataclass(frozen=True)
class About:
    """Whom and what the incidents of a line concern."""

    agreement: str
    service: str
    provider: str
    customer: str
    agreement_title: dict[str, str] | None = None
    service_title: dict[str, str] | None = None


@dataclass(frozen=True)
class Trigger:
    """Something that begins or joins an episode. `subject` tells two of a kind apart: an indicator, an objective."""

    kind: Cause
    subject: str
    event: str
    at: datetime
    words: dict[str, str]
    objective: str | None = None
    objective_title: dict[str, str] | None = None
    attainment: str | None = None
    target: str | None = None


@dataclass(frozen=True)
class Incident:
    """`waiting` are the causes that must pass before it resolves by itself; `due_at` is the next deadline."""

    id: str
    number: str
    about: About
    priority: str
    title: dict[str, str]
    opened_at: datetime
    impact_started_at: datetime
    ladder: Ladder
    status: Status = Status.OPEN
    waiting: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    level: int = 0
    round: int = 1
    due_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    impact_ended_at: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True)
class Line:
    about: About
    episodes: int = 0
    incident: Incident | None = None
    past: dict[str, Incident] = field(default_factory=dict)
    """Those before: what is done, by id."""


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    incident: Incident
    trigger: Trigger


@dataclass(frozen=True)
class Attached:
    trigger: Trigger
    at: datetime


@dataclass(frozen=True)
class Planned:
    """The agreement's text came after the incident had opened: now it is known whom to tell."""

    priority: str
    ladder: Ladder


@dataclass(frozen=True)
class Raised:
    """What attached is worse than what opened the incident: it is handled, and called, as that from now on."""

    previous: str
    priority: str
    ladder: Ladder
    title: dict[str, str]
    at: datetime


@dataclass(frozen=True)
class Passed:
    """A cause is over."""

    subject: str
    at: datetime


@dataclass(frozen=True)
class Escalated:
    level: int
    round: int
    contacts: tuple[str, ...]
    acknowledge_by: datetime
    at: datetime


@dataclass(frozen=True)
class Exhausted:
    at: datetime


@dataclass(frozen=True)
class Acknowledged:
    by: str
    party: str
    stops_ladder: bool
    at: datetime
    lapses_at: datetime | None = None


@dataclass(frozen=True)
class Resolved:
    by: str
    impact_ended_at: datetime
    at: datetime
    closes_at: datetime
    note: str | None = None


@dataclass(frozen=True)
class Closed:
    at: datetime


@dataclass(frozen=True)
class Noted:
    """What became of a dispute or a breach that this incident, or one before it on the line, has to do with."""

    incident: str
    note: str
    dispute: str | None
    at: datetime


Event = Opened | Attached | Planned | Raised | Passed | Escalated | Exhausted | Acknowledged | Resolved | Closed | Noted


def apply(line: Line | None, event: Event) -> Line:
    if isinstance(event, Opened):
        before = line or Line(event.incident.about)
        past = {**before.past, before.incident.id: before.incident} if before.incident else before.past
        return Line(event.incident.about, before.episodes + 1, event.incident, past)
    if line is None or line.incident is None:
        raise ValueError("a line begins with an incident")
    if isinstance(event, Noted):
        return line
    return replace(line, incident=_changed(line.incident, event))


def _changed(
    incident: Incident,
    event: Attached | Planned | Raised | Passed | Escalated | Exhausted | Acknowledged | Resolved | Closed,
) -> Incident:
    match event:
        case Attached(trigger):
            waiting = (*incident.waiting, trigger.subject) if waits(trigger) else incident.waiting
            started = min(incident.impact_started_at, trigger.at)
            return replace(
                incident, waiting=waiting, causes=(*incident.causes, trigger.event), impact_started_at=started
            )
        case Planned(priority, ladder):
            return replace(incident, priority=priority, ladder=ladder)
        case Raised(_, priority, ladder, title, _):
            return replace(incident, priority=priority, ladder=ladder, title=title)
        case Passed(subject):
            return replace(incident, waiting=tuple(each for each in incident.waiting if each != subject))
        case Escalated(level, round, _, acknowledge_by):
            return replace(incident, status=Status.OPEN, level=level, round=round, due_at=acknowledge_by)
        case Exhausted():
            return replace(incident, due_at=None)
        case Acknowledged(by, _, True, at, lapses_at):
            return replace(
                incident, status=Status.ACKNOWLEDGED, acknowledged_at=incident.acknowledged_at or at,
                acknowledged_by=by, due_at=lapses_at,
            )  # fmt: skip
        case Acknowledged():
            return incident
        case Resolved(_, impact_ended_at, at, closes_at):
            return replace(
                incident, status=Status.RESOLVED, impact_ended_at=impact_ended_at, resolved_at=at, waiting=(),
                due_at=closes_at,
            )  # fmt: skip
        case Closed():
            return replace(incident, status=Status.CLOSED, due_at=None)
        case _:
            assert_never(event)


# -- decisions ---------------------------------------------------------------------------------------------------------


def waits(trigger: Trigger) -> bool:
    """A breach of a calendar period is a fact that nothing undoes: it keeps no incident open."""
    return trigger.kind in ("impairment", "risk") or trigger.subject.endswith("/rolling")


def is_open(incident: Incident | None) -> bool:
    return incident is not None and incident.status in (Status.OPEN, Status.ACKNOWLEDGED)


def begin(
    line: Line | None, id: str, about: About, trigger: Trigger, priority: str, ladder: Ladder, now: datetime
) -> Sequence[Event]:
    """Open an incident, or attach to the one that is open."""
    incident = line.incident if line else None
    known = [incident, *line.past.values()] if line else []
    if any(each is not None and trigger.event in each.causes for each in known):
        return []
    if incident is not None and is_open(incident):
        return [Attached(trigger, now), *_raise(incident, trigger, priority, ladder, now)]
    number = (line.episodes if line else 0) + 1
    opened = Incident(
        id=f"{id}.{number:04d}",
        number=f"{about.service.upper()}-{number:04d}",
        about=about,
        priority=priority,
        title=trigger.words,
        opened_at=now,
        impact_started_at=trigger.at,
        ladder=ladder,
        waiting=(trigger.subject,) if waits(trigger) else (),
        causes=(trigger.event,),
    )
    return [Opened(opened, trigger), *_step(opened, 0, 1, now)]


def _raise(incident: Incident, trigger: Trigger, priority: str, ladder: Ladder, now: datetime) -> Sequence[Event]:
    """P1 comes before P2. Another ladder begins at its foot, unless somebody has taken the incident up already."""
    if priority >= incident.priority:
        return []
    ladder = ladder if ladder.rungs else incident.ladder
    raised = Raised(incident.priority, priority, ladder, trigger.words, now)
    anew = ladder != incident.ladder and incident.status is Status.OPEN
    return [raised, *(_step(replace(incident, ladder=ladder), 0, 1, now) if anew else [])]


def plan(line: Line | None, priority: str, ladder: Ladder, now: datetime) -> Sequence[Event]:
    """Begin the ladder of an incident that opened before the agreement's text was known here."""
    incident = line.incident if line else None
    if incident is None or incident.status is not Status.OPEN or incident.ladder.rungs or not ladder.rungs:
        return []
    return [Planned(priority, ladder), *_step(replace(incident, ladder=ladder), 0, 1, now)]


def passed(line: Line | None, subject: str, at: datetime, now: datetime, close_after: timedelta) -> Sequence[Event]:
    """A cause is over; with the last one the incident resolves by itself."""
    incident = line.incident if line else None
    if incident is None or not is_open(incident) or subject not in incident.waiting:
        return []
    events: list[Event] = [Passed(subject, at)]
    # The impact has ended when nothing impairs the service any more: a burn rate falls for hours after that.
    left = [each for each in incident.waiting if each != subject and not each.startswith("risk:")]
    if not left:
        events.append(Resolved("sepakat", at, now, now + close_after))
    return events


def acknowledge(line: Line, id: str, by: str, party: str, now: datetime) -> Sequence[Event]:
    """Take an incident up; only the responsible party's stops the ladder. Raises Conflict when it is over."""
    incident = find(line, id)
    if not is_open(incident):
        raise Conflict(f"incident {incident.number} is {incident.status.value}; there is nothing to acknowledge")
    responsible = getattr(incident.about, incident.ladder.responsible)
    stops = party == responsible
    if stops and incident.status is Status.ACKNOWLEDGED:
        return []
    lasts = incident.ladder.lasts_seconds
    lapses = now + timedelta(seconds=lasts) if stops and lasts is not None else None
    return [Acknowledged(by, party, stops, now, lapses)]


def resolve(line: Line, id: str, by: str, note: str | None, now: datetime, close_after: timedelta) -> Sequence[Event]:
    """Say that the impact is over. Raises Conflict when it is closed; again, nothing happens."""
    incident = find(line, id)
    if incident.status is Status.CLOSED:
        raise Conflict(f"incident {incident.number} is closed")
    if incident.status is Status.RESOLVED:
        return []
    return [Resolved(by, now, now, now + close_after, note)]


def note(line: Line | None, id: str, what: str, dispute: str | None, now: datetime) -> Sequence[Event]:
    """Put it on the timeline of an incident of the line; nothing else changes."""
    known = line is not None and (id in line.past or (line.incident is not None and line.incident.id == id))
    return [Noted(id, what, dispute, now)] if known else []


def retracted(
    line: Line | None, cause: str, why: str, dispute: str | None, now: datetime, close_after: timedelta
) -> Sequence[Event]:
    """A breach was none after all: noted on its incident, which is over where nothing else has caused it."""
    if line is None:
        return []
    for incident in [line.incident, *line.past.values()]:
        if incident is not None and cause in incident.causes:
            noted = Noted(incident.id, f"breach retracted: {why}", dispute, now)
            alone = incident == line.incident and is_open(incident) and incident.causes == (cause,)
            return [noted, *([Resolved("sepakat", now, now, now + close_after)] if alone else [])]
    return []


def close(line: Line, id: str, now: datetime) -> Sequence[Event]:
    """Close what is resolved. Raises Conflict when it is not."""
    incident = find(line, id)
    if incident.status is Status.CLOSED:
        return []
    if incident.status is not Status.RESOLVED:
        raise Conflict(f"incident {incident.number} is {incident.status.value}; resolve it first")
    return [Closed(now)]


def fire(line: Line | None, now: datetime) -> Sequence[Event]:
    """What the passing of the incident's deadline does: the next level, a lapsed acknowledgement, the closing."""
    incident = line.incident if line else None
    if incident is None or incident.due_at is None or incident.due_at > now:
        return []
    match incident.status:
        case Status.OPEN:
            return _step(incident, incident.level, incident.round, now)
        case Status.ACKNOWLEDGED:
            return _step(incident, 0, 1, now)
        case Status.RESOLVED:
            return [Closed(now)]
        case Status.CLOSED:
            return []


def _step(incident: Incident, level: int, round: int, now: datetime) -> Sequence[Event]:
    """The level after `level`: of the next round after the last, and none after the last round."""
    rungs = incident.ladder.rungs
    if not rungs:
        return []
    level, round = (level + 1, round) if level < len(rungs) else (1, round + 1)
    if round > incident.ladder.repeat + 1:
        return [Exhausted(now)]
    rung = rungs[level - 1]
    return [Escalated(level, round, rung.notify, now + timedelta(seconds=rung.wait_seconds), now)]


def find(line: Line, id: str) -> Incident:
    """The incident of that id on the line. Raises Conflict."""
    found = line.incident if line.incident is not None and line.incident.id == id else line.past.get(id)
    if found is None:
        raise Conflict(f"there is no incident {id!r}")
    return found


def next_rung(incident: Incident) -> Mapping[str, int | None]:
    """What follows when nobody acknowledges."""
    following = _step(incident, incident.level, incident.round, incident.opened_at)
    return {"next_level": following[0].level if following and isinstance(following[0], Escalated) else None}
