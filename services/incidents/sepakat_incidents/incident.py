"""What is kept of an incident, and of the line it is on. Pure."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from sepakat_incidents.clocks import Clock, Measures, Pause
from sepakat_incidents.escalation import Ladder, Rung
from sepakat_shared.contracts.incidents import Cause
from sepakat_shared.contracts.matrix import Degree
from sepakat_shared.errors import Conflict

Kind = Cause | Literal["alert", "api"]
"""What begins an episode: `api` is a party that opens one itself. That, and an alert, is published as a report, since
readers of before know no other word.
"""


KEPT_CAUSES: Final = 200
"""Causes that an incident names: the one that opened it, and the last ones. Each is on its timeline."""
KEPT_PAST: Final = 50
"""Incidents before its last one that a line has in hand; each before those is a document of its own."""


class Status(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    CLOSED = "closed"


@dataclass(frozen=True)
class About:
    """Whom and what the incidents of a line concern."""

    agreement: str
    service: str
    provider: str
    customer: str
    agreement_title: dict[str, str] | None = None
    service_title: dict[str, str] | None = None
    cause: str | None = None
    """What tells lines of one service apart, where somebody has named it."""


@dataclass(frozen=True)
class Trigger:
    """Something that begins or joins an episode. `subject` tells two of a kind apart: an indicator, an objective."""

    kind: Kind
    subject: str
    event: str
    at: datetime
    words: dict[str, str]
    objective: str | None = None
    objective_title: dict[str, str] | None = None
    attainment: str | None = None
    target: str | None = None
    party: str | None = None
    """Of what a party says itself, with what it says of how grave that is."""
    description: str | None = None
    impact: Degree | None = None
    urgency: Degree | None = None
    said_since: datetime | None = None
    """What an alert says of when it began, where that is longer ago than can be on record."""


def waits(trigger: Trigger) -> bool:
    """A breach of a calendar period is a fact that nothing undoes: it keeps no incident open."""
    return trigger.kind in ("impairment", "risk", "alert") or trigger.subject.endswith("/rolling")


@dataclass(frozen=True)
class PauseRequest:
    """`party` asks that the clocks stood still in `[start, end)`; it counts when the other party consents."""

    id: str
    party: str
    reason: str
    start: datetime
    end: datetime
    note: str | None = None


LinkKind = Literal["related", "caused-by", "duplicates"]


@dataclass(frozen=True)
class Link:
    """How an incident stands to another one."""

    kind: LinkKind
    to: str
    number: str


@dataclass(frozen=True)
class AgreedTime:
    """A dispute has ended in so many seconds more of a clock, or less when below 0; `number` is the dispute's."""

    measures: Measures
    seconds: int
    dispute: str
    number: str


@dataclass(frozen=True)
class Beside:
    """A level that was told beside the ladder because a clock runs out; of its contacts, whom no message reaches."""

    level: int
    contacts: tuple[str, ...]
    unreached: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reopening:
    """Why it was opened again, by whom; `party` is None for an operator, and where something of a duplicate goes on."""

    by: str
    party: str | None
    reason: str


@dataclass(frozen=True)
class Incident:
    """`waiting` are the causes that must pass before it resolves by itself.

    `due_at` is the deadline of its status: of the level that was told, of the acknowledgement, or of the record's
    closing; those of its clocks follow from the clocks.
    """

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
    version: int = 0
    """Of the agreement's text that it is handled by; 0 while that is not known here."""
    clocks: tuple[Clock, ...] = ()
    pauses: tuple[Pause, ...] = ()
    requests: tuple[PauseRequest, ...] = ()
    requested: int = 0
    asked: tuple[str, ...] = ()
    """The contacts who are asked to acknowledge now, and of them those whom no message reaches."""
    unreached: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    """Of the webhook endpoints that the levels call, those that nothing reaches."""
    acknowledgers: tuple[str, ...] = ()
    """Who of the responsible party has acknowledged while more are needed, or did."""
    foretold: tuple[int, ...] = ()
    """The levels that were told because a clock runs out."""
    beside: tuple[Beside, ...] = ()
    """Whom these told; those of before this was kept are missing."""
    cause: Kind | None = None
    """What kind of thing opened it; None for those of before this was kept."""
    impact: Degree | None = None
    urgency: Degree | None = None
    """What somebody has said at its triage, or as it was opened."""
    owner: str | None = None
    """The contact of the responsible party who sees to it."""
    alerts: int = 0
    """How many alerts its timeline has told of last."""
    merged_into: str | None = None
    """The incident that it is a duplicate of: what it is about goes on there."""
    merged: tuple[str, ...] = ()
    """Its duplicates, and theirs."""
    links: tuple[Link, ...] = ()
    reopened: int = 0
    """How often."""
    opened_by: str | None = None
    description: str | None = None
    """The party that opened it itself, and the words of whoever opened it."""
    reopening: Reopening | None = None
    """The last time that it was opened again."""
    joined: tuple[str, ...] = ()
    """Who works on it beside whoever took it up (`party/id`; earlier the id alone), in the order in which they came."""
    snoozed_until: datetime | None = None
    """While it is put off: when those who were asked are asked again."""
    snoozed_seconds: float = 0.0
    """How long it was put off, in all."""
    begun_anew_at: datetime | None = None
    """When it was opened again last, or given up by whoever had it in hand."""
    caused: int = 0
    """How many causes it has had, where it names no longer all of them."""
    unsorted: bool = False
    """Impact and urgency are the first words of whoever opened it: nobody has sorted it since."""
    agreed: tuple[AgreedTime, ...] = ()
    """What disputes have made of its clocks, beside what was recorded."""
    deepest: int = 0
    rounds: int = 0
    """The deepest level and the last round that were ever told; 0 for those of before this was kept."""

    @property
    def responsible(self) -> str:
        """The party that must answer."""
        return self.about.customer if self.ladder.responsible == "customer" else self.about.provider

    @property
    def rung(self) -> Rung | None:
        """The level of its ladder that holds now; None where it has no ladder.

        Before the first one is told, that is the first. Of one that a shorter ladder has not, as after another
        priority, it is the last.
        """
        rungs = self.ladder.rungs
        return rungs[min(max(self.level, 1), len(rungs)) - 1] if rungs else None

    @property
    def needed(self) -> int:
        """How many must acknowledge to stop the ladder where it stands."""
        return 1 if self.rung is None else self.rung.needed

    @property
    def deepest_level(self) -> int:
        """The deepest level that was ever told, 0 where nobody was.

        Of what was told before it was kept as much is known as still follows: a second round was told every level.
        """
        whole = len(self.ladder.rungs) if self.round > 1 and not self.deepest else 0
        return max(self.deepest, self.level, whole, *self.foretold)

    @property
    def last_round(self) -> int:
        """The last round of its ladder that was ever walked."""
        return max(self.rounds, self.round)

    @property
    def pause(self) -> Pause | None:
        """The one that somebody has begun and nobody ended."""
        return next((each for each in self.pauses if each.end is None and each.occurrence is None), None)

    @property
    def hindered(self) -> tuple[Pause, ...]:
        """Those that follow from obligations which are not met yet."""
        return tuple(each for each in self.pauses if each.end is None and each.occurrence is not None)

    @property
    def cause_count(self) -> int:
        """How many causes it has had."""
        return max(self.caused, len(self.causes))

    @property
    def linked(self) -> frozenset[tuple[LinkKind, str]]:
        return frozenset((each.kind, each.to) for each in self.links)

    @property
    def is_open(self) -> bool:
        return self.status in (Status.OPEN, Status.ACKNOWLEDGED)


@dataclass(frozen=True)
class Line:
    about: About
    episodes: int = 0
    incident: Incident | None = None
    past: dict[str, Incident] = field(default_factory=dict)
    """Those before: what is done, by id."""
    leaving: dict[str, Incident] = field(default_factory=dict)
    """Of those, the ones that nothing changes any more: they are here until they have documents of their own."""

    @property
    def every(self) -> tuple[Incident, ...]:
        """The incidents that it has in hand, the last one at the end."""
        last = () if self.incident is None else (self.incident,)
        return (*self.leaving.values(), *self.past.values(), *last)

    def had(self, id: str) -> bool:
        """Whether that is the id of an incident of the line, be it in hand or not."""
        line, _, number = id.rpartition(".")
        same = self.incident is not None and self.incident.id.rpartition(".")[0] == line
        return same and number.isdigit() and 1 <= int(number) <= self.episodes


def not_before(incident: Incident, now: datetime) -> datetime:
    """`now`, but never before what is on record of its beginning, of its acknowledgement and of what it has missed.

    A clock that was put back since then ends nothing before it began, and makes good nothing that was told as missed.
    """
    missed = [each.missed_at for each in incident.clocks if each.missed_at is not None]
    taken_up = [] if incident.acknowledged_at is None else [incident.acknowledged_at]
    return max([now, incident.opened_at, incident.impact_started_at, *taken_up, *missed])


def as_told(incident: Incident) -> Incident:
    """It keeps how far its ladder has gone so far, whatever becomes of that."""
    return replace(incident, deepest=incident.deepest_level, rounds=incident.last_round)


def with_cause(incident: Incident, event: str) -> Incident:
    """It has that cause, too."""
    causes, count = (*incident.causes, event), incident.cause_count + 1
    if len(causes) > KEPT_CAUSES:
        causes = (causes[0], *causes[1 - KEPT_CAUSES :])
    return replace(incident, causes=causes, caused=count if count > len(causes) else 0)


def find(line: Line, id: str) -> Incident:
    """The incident of that id on the line. Raises Conflict."""
    found = line.incident if line.incident is not None and line.incident.id == id else line.past.get(id)
    if found is None and line.had(id):
        raise Conflict(f"{KEPT_PAST} incidents have followed {id} on its line: what is recorded of it stays so")
    if found is None:
        raise Conflict(f"there is no incident {id!r}")
    return found


def find_open(line: Line, id: str) -> Incident:
    """The incident of that id, which is not over. Raises Conflict."""
    incident = find(line, id)
    if incident.merged_into is not None:
        raise Conflict(f"incident {incident.number} was merged into {incident.merged_into}; handle that one")
    if not incident.is_open:
        raise Conflict(f"incident {incident.number} is {incident.status.value}; nothing of it can be handled any more")
    return incident
