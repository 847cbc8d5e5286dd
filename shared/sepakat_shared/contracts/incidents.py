"""What `incidents` publishes."""

from typing import ClassVar, Literal

from sepakat_shared.contracts.fact import Fact, Instant, Part, Title
from sepakat_shared.contracts.matrix import Degree

Cause = Literal["impairment", "breach", "risk", "report"]


class _IncidentEvent(Fact):
    """Enough of the incident for a reader that knows nothing else of it."""

    incident: str
    number: str
    agreement: str
    agreement_title: Title | None = None
    provider: str
    customer: str
    service: str
    service_title: Title | None = None
    title: Title
    priority: str
    opened_at: Instant
    impact_started_at: Instant | None = None
    at: Instant


class IncidentOpened(_IncidentEvent):
    """An episode began. `cause_event` is the id of the event that opened it; `via` a door of other systems.

    `responsible` must take it up, which is the provider where nothing is said. `party` is set where one has opened it
    itself, with the `description` that it gave.
    """

    type: ClassVar[str] = "sepakat.incident.opened.v1"
    cause: Cause
    cause_event: str
    responsible: str | None = None
    via: Literal["alertmanager"] | None = None
    party: str | None = None
    description: str | None = None


class CauseAttached(_IncidentEvent):
    """What came later in the same episode: a breach within an impairment, say, or what a `party` wanted to open."""

    type: ClassVar[str] = "sepakat.incident.cause_attached.v1"
    cause: Cause
    cause_event: str
    via: Literal["alertmanager"] | None = None
    objective: str | None = None
    objective_title: Title | None = None
    attainment: str | None = None
    target: str | None = None
    party: str | None = None
    description: str | None = None


class IncidentRaised(_IncidentEvent):
    """What attached is worse than what opened it: `priority` and `title` are those of the worse one from now on.

    `asks` are the contacts whom another ladder, of the party that is `responsible`, asks by that to take it up.
    """

    type: ClassVar[str] = "sepakat.incident.raised.v1"
    previous_priority: str
    asks: tuple[str, ...] | None = None
    responsible: str | None = None


class Reopening(Part):
    """Why what was over is not: by whom, of which party, where it is not an operator, and for the how manieth time."""

    by: str
    party: str | None = None
    reason: str
    times: int


class _AskingEvent(_IncidentEvent):
    """What whoever is asked must know: what opened it and whose words these are, and why it was opened again last."""

    cause: Cause | None = None
    via: Literal["alertmanager"] | None = None
    opened_by: str | None = None
    description: str | None = None
    reopened: Reopening | None = None


class IncidentEscalated(_AskingEvent):
    """A level is told: `contacts` are asked to acknowledge before `acknowledge_by`, and `webhooks` are called.

    `reason` is why: its turn has come (`delay`), a clock runs out, somebody wanted it, nobody below could be reached.
    `silent_since` is the last word on how it goes, where the next one is overdue. `responsible` must take it up, and
    may put it off for `may_snooze_seconds` more; not at all where nothing is said. `needed` of its people must, where
    that is more than one; the contacts `taken_up_by` have, and are too few. `next_level` is told at `next_at`.
    """

    type: ClassVar[str] = "sepakat.incident.escalated.v1"
    level: int
    round: int
    contacts: tuple[str, ...]
    acknowledge_by: Instant | None = None
    next_level: int | None = None
    next_at: Instant | None = None
    needed: int | None = None
    taken_up_by: tuple[str, ...] | None = None
    reason: Literal["delay", "time-left", "manual", "unreached"] | None = None
    kind: Literal["functional", "hierarchical"] | None = None
    webhooks: tuple[str, ...] | None = None
    by: str | None = None
    note: str | None = None
    silent_since: Instant | None = None
    responsible: str | None = None
    may_snooze_seconds: str | None = None


class EscalationExhausted(_IncidentEvent):
    """Every level was told as often as agreed, and nobody of `responsible` (else the provider) acknowledged.

    Or too few: the contacts `taken_up_by`, where `needed` were to.
    """

    type: ClassVar[str] = "sepakat.incident.escalation_exhausted.v1"
    responsible: str | None = None
    needed: int | None = None
    taken_up_by: tuple[str, ...] | None = None


class IncidentAcknowledged(_IncidentEvent):
    """The responsible party has taken it up, and the ladder stops; another party's has `stops_ladder` false.

    So has one of the responsible party while fewer are `given` than `needed`. `responsible` is the provider where
    nothing is said.
    """

    type: ClassVar[str] = "sepakat.incident.acknowledged.v1"
    by: str
    party: str
    stops_ladder: bool
    seconds_to_acknowledge: str
    needed: int | None = None
    given: int | None = None
    responsible: str | None = None


class IncidentResolved(_IncidentEvent):
    """The impact is over: `by` is `sepakat` where that was measured, or the cause was none after all.

    Else somebody of `party`, or an operator where that is missing, has said so, with the `note` that they wrote.
    """

    type: ClassVar[str] = "sepakat.incident.resolved.v1"
    by: str
    impact_ended_at: Instant | None = None
    seconds_to_resolve: str
    party: str | None = None
    note: str | None = None


class IncidentClosed(_IncidentEvent):
    """The record is closed: its time had passed, a later one of its line began (`followed_by`), or `by` asked for it.

    Those of before say no reason.
    """

    type: ClassVar[str] = "sepakat.incident.closed.v1"
    because: Literal["time-passed", "followed", "asked"] | None = None
    by: str | None = None
    followed_by: str | None = None


class IncidentUnacknowledged(_IncidentEvent):
    """Nobody has it in hand any more: for too long nothing was heard, it was given back, or somebody went over it.

    `responsible` is told again, which is the provider where nothing is said.
    """

    type: ClassVar[str] = "sepakat.incident.unacknowledged.v1"
    by: str
    reason: Literal["lapsed", "released", "escalated"]
    responsible: str | None = None


class IncidentHandedOver(_AskingEvent):
    """`contacts` (behind `to`, a contact or a rotation) are asked to go on with it.

    If fewer than `needed` (one, where nothing is said) acknowledge by `acknowledge_by`, `next_level` is told.
    """

    type: ClassVar[str] = "sepakat.incident.handed_over.v1"
    by: str
    to: str
    contacts: tuple[str, ...]
    acknowledge_by: Instant | None = None
    next_level: int | None = None
    needed: int | None = None
    note: str | None = None
    responsible: str | None = None
    may_snooze_seconds: str | None = None


class IncidentJoined(_IncidentEvent):
    """Somebody of `party` works on it too; the escalation goes on."""

    type: ClassVar[str] = "sepakat.incident.joined.v1"
    by: str
    party: str


class IncidentSnoozed(_IncidentEvent):
    """`responsible` has put it off: nobody is called before `until`, and the escalation goes on at `goes_on_at`.

    `party` is missing where an operator did it.
    """

    type: ClassVar[str] = "sepakat.incident.snoozed.v1"
    by: str
    party: str | None = None
    until: Instant
    goes_on_at: Instant
    responsible: str
    may_snooze_seconds: str | None = None


class SnoozeEnded(_AskingEvent):
    """It was put off until now: `contacts`, who were asked before, are asked again to acknowledge.

    `needed` and `taken_up_by` are as of the level.
    """

    type: ClassVar[str] = "sepakat.incident.snooze_ended.v1"
    contacts: tuple[str, ...]
    acknowledge_by: Instant | None = None
    next_level: int | None = None
    needed: int | None = None
    taken_up_by: tuple[str, ...] | None = None
    responsible: str
    may_snooze_seconds: str | None = None


class ContactUnreached(_IncidentEvent):
    """Somebody whom the escalation asked gets no message; `responsible` is the party whose ladder it is.

    `level`: of a level that was told because a clock runs out. `webhook`: it is an endpoint, `contact` is its id.
    """

    type: ClassVar[str] = "sepakat.incident.contact_unreached.v1"
    contact: str
    reason: str
    responsible: str
    level: int | None = None
    webhook: bool | None = None


class IncidentUpdated(_IncidentEvent):
    """Somebody of `party` has told how it goes."""

    type: ClassVar[str] = "sepakat.incident.updated.v1"
    by: str
    party: str
    note: str


class AttachmentReference(Part):
    """Something that lies at `url`: its media type, its size in bytes and its SHA-256 in hexadecimal."""

    name: str
    media_type: str
    size: int
    sha256: str
    url: str


class IncidentCommented(_IncidentEvent):
    """Somebody of `party` has said something to the other party, and with `for_reporters` to those who reported it.

    What a party says to its own people alone is not published.
    """

    type: ClassVar[str] = "sepakat.incident.commented.v1"
    comment: int
    by: str
    party: str
    body: str
    for_reporters: bool | None = None
    attachments: tuple[AttachmentReference, ...] = ()


class IncidentPrioritised(_IncidentEvent):
    """Somebody has said that it is more, or less, urgent than `previous_priority`, and why.

    `impact` and `urgency` are there where that is all of the reason: somebody has sorted it so, and said no more.
    """

    type: ClassVar[str] = "sepakat.incident.prioritised.v1"
    by: str
    previous_priority: str
    reason: str
    impact: Degree | None = None
    urgency: Degree | None = None


# -- the record --------------------------------------------------------------------------------------------------------


class IncidentTriaged(_IncidentEvent):
    """Somebody has said how much is hit and how soon it hurts; `priority` follows from both."""

    type: ClassVar[str] = "sepakat.incident.triaged.v1"
    impact: Literal["high", "medium", "low"]
    urgency: Literal["high", "medium", "low"]
    by: str
    party: str | None = None
    reason: str | None = None


class IncidentOwnerChanged(_IncidentEvent):
    """`owner`, a contact of the party that is responsible, sees to it from now on; without one, nobody does."""

    type: ClassVar[str] = "sepakat.incident.owner_changed.v1"
    owner: str | None = None
    previous_owner: str | None = None
    responsible: str
    by: str


class IncidentReopened(_IncidentEvent):
    """It is not over: the ladder begins at its foot, and the clocks go on. It is so for the `times`th time."""

    type: ClassVar[str] = "sepakat.incident.reopened.v1"
    by: str
    party: str | None = None
    reason: str
    times: int


class ImpactCorrected(_IncidentEvent):
    """The party that is `responsible` has corrected when the impact was; `impact_started_at` is the new time."""

    type: ClassVar[str] = "sepakat.incident.impact_corrected.v1"
    impact_ended_at: Instant | None = None
    previous_started_at: Instant
    previous_ended_at: Instant | None = None
    responsible: str
    by: str
    reason: str


class IncidentMerged(_IncidentEvent):
    """It is a duplicate of `into`: its ladder and its clocks stop, and what comes for it later is for that one."""

    type: ClassVar[str] = "sepakat.incident.merged.v1"
    into: str
    into_number: str
    by: str
    reason: str | None = None


class IncidentLinked(_IncidentEvent):
    """Somebody has said how it stands to the incident `to`."""

    type: ClassVar[str] = "sepakat.incident.linked.v1"
    kind: Literal["related", "caused-by", "duplicates"]
    to: str
    to_number: str
    by: str


class IncidentUnlinked(_IncidentEvent):
    """That is said no longer."""

    type: ClassVar[str] = "sepakat.incident.unlinked.v1"
    kind: Literal["related", "caused-by", "duplicates"]
    to: str
    by: str


# -- clocks ------------------------------------------------------------------------------------------------------------


class ClockReading(Part):
    """One clock as it stands: at `due_at` its limit is reached if it runs on, `met` is the verdict once it stopped."""

    clock: str
    limit_seconds: str
    elapsed_seconds: str
    due_at: Instant | None = None
    met: bool | None = None


class _ClockEvent(_IncidentEvent):
    """`clock` is first-response, restore, resolve or update (the cadence of progress notes).

    `responsible` is the party that must be in time, `objective` the one of the agreement that the clock stands for.
    """

    clock: str
    limit_seconds: str
    responsible: str
    due_at: Instant | None = None
    objective: str | None = None


class ClockStarted(_ClockEvent):
    """A limit runs from the incident's opening."""

    type: ClassVar[str] = "sepakat.clock.started.v1"


class ClockForecast(_ClockEvent):
    """`percent` of the limit are used, and the clock runs on."""

    type: ClassVar[str] = "sepakat.clock.forecast.v1"
    percent: int


class ClockMet(_ClockEvent):
    """What the clock waited for has come in time."""

    type: ClassVar[str] = "sepakat.clock.met.v1"
    stopped_at: Instant
    elapsed_seconds: str


class ClockMissed(_ClockEvent):
    """The clock has run longer than its limit, and may run still."""

    type: ClassVar[str] = "sepakat.clock.missed.v1"
    stopped_at: Instant | None = None
    elapsed_seconds: str | None = None


class ClocksPaused(_IncidentEvent):
    """The incident waits for `reason`: `clocks` stand still.

    For `obligation-unmet` it says which `obligation` of the agreement that is, and `owed_by` which party.
    """

    type: ClassVar[str] = "sepakat.clock.paused.v1"
    by: str
    reason: str
    clocks: tuple[str, ...] = ()
    obligation: str | None = None
    obligation_text: Title | None = None
    owed_by: str | None = None


class ClocksResumed(_IncidentEvent):
    """The incident waits no longer; the clocks go on, and are due as they say.

    Where an `obligation` was waited for, it is met or owed no longer; a clock that something else pauses too has no
    `due_at`.
    """

    type: ClassVar[str] = "sepakat.clock.resumed.v1"
    by: str
    clocks: tuple[ClockReading, ...] = ()
    obligation: str | None = None


class ClocksRetimed(_IncidentEvent):
    """Another priority, or a pause that both parties agree on, has changed the clocks to these; `because` of which."""

    type: ClassVar[str] = "sepakat.clock.retimed.v1"
    because: Literal["priority", "pause"]
    clocks: tuple[ClockReading, ...] = ()


class _PauseRequest(_IncidentEvent):
    request: str
    party: str
    by: str
    reason: str
    start: Instant
    end: Instant
    note: str | None = None


class PauseRequested(_PauseRequest):
    """`party` asks that the clocks stood still in `[start, end)`; the other party is to answer.

    It can until the record is closed: at `answer_by`, where the incident is over already.
    """

    type: ClassVar[str] = "sepakat.incident.pause_requested.v1"
    answer_by: Instant | None = None


class PauseAnswered(_PauseRequest):
    """The other party than `party`, which asked, has consented or not."""

    type: ClassVar[str] = "sepakat.incident.pause_answered.v1"
    granted: bool


class PauseLapsed(_PauseRequest):
    """Nobody answered the request of `party` while the record was open: the clocks did not stand still for it.

    `because` the record was closed, or the incident merged into another one: then its clocks give no verdict.
    """

    type: ClassVar[str] = "sepakat.incident.pause_lapsed.v1"
    because: Literal["closed", "merged"]
