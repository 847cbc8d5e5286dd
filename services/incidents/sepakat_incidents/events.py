"""What may happen to an incident: all that is known of one follows from these, and they are its timeline. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sepakat_incidents.clocks import Clock, Measures, Pause
from sepakat_incidents.escalation import Ladder, Step
from sepakat_incidents.incident import Incident, PauseRequest, Trigger
from sepakat_incidents.record import RecordEvent
from sepakat_shared.contracts.matrix import Degree

# -- the episode -------------------------------------------------------------------------------------------------------


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
    version: int = 0


@dataclass(frozen=True)
class Raised:
    """What attached is worse than what opened the incident: it is handled, and called, as that from now on."""

    previous: str
    priority: str
    ladder: Ladder
    title: dict[str, str]
    at: datetime
    version: int = 0
    asks: tuple[str, ...] = ()
    """The contacts whom another ladder asks by that, with the next event."""


@dataclass(frozen=True)
class Passed:
    """A cause is over."""

    subject: str
    at: datetime


@dataclass(frozen=True)
class Resolved:
    by: str
    impact_ended_at: datetime
    at: datetime
    closes_at: datetime
    note: str | None = None
    party: str | None = None
    """Of whoever said so; None for what was measured, for an operator, and for what was before this was kept."""


ClosedBecause = Literal["time-passed", "followed", "asked"]
"""It was resolved for so long, a later one of its line began (`followed_by`), or somebody asked for it."""


@dataclass(frozen=True)
class Closed:
    """Those of before have no reason."""

    at: datetime
    because: ClosedBecause | None = None
    by: str | None = None
    followed_by: str | None = None


@dataclass(frozen=True)
class Leaving:
    """Nothing changes these incidents any more: so many have followed them."""

    incidents: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class LetGo:
    """They are in documents of their own, and the line has them in hand no longer."""

    incidents: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class Noted:
    """What became of a dispute or a breach that this incident, or one before it on the line, has to do with."""

    incident: str
    note: str
    dispute: str | None
    at: datetime


# -- what people do ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Acknowledged:
    """Of the responsible party's, it is number `given` of the `needed` ones; of the other's both say nothing."""

    by: str
    party: str
    stops_ladder: bool
    at: datetime
    lapses_at: datetime | None = None
    needed: int = 1
    given: int = 1


@dataclass(frozen=True)
class Unacknowledged:
    """Nobody has it in hand any more: it took too long without a word, was given back, or somebody went over it."""

    by: str
    reason: Literal["lapsed", "released", "escalated"]
    at: datetime


@dataclass(frozen=True)
class HandedOver:
    """`contacts` (behind `to`) are asked to go on with it, before `acknowledge_by` if there is a ladder."""

    by: str
    to: str
    contacts: tuple[str, ...]
    acknowledge_by: datetime | None
    at: datetime
    note: str | None = None


@dataclass(frozen=True)
class Unreached:
    """The message to somebody who was asked will never arrive: `reason` says why.

    `webhook`: to an endpoint that was called, whose id `contact` is. `level` is that of a level which was told beside
    the ladder, because a clock runs out.
    """

    contact: str
    reason: str
    at: datetime
    level: int | None = None
    webhook: bool = False


@dataclass(frozen=True)
class Updated:
    """Somebody has told how it goes; who has it in hand keeps it so until `lapses_at`."""

    by: str
    party: str
    note: str
    at: datetime
    lapses_at: datetime | None = None


@dataclass(frozen=True)
class Prioritised:
    """Somebody has said that it is more, or less, urgent."""

    previous: str
    priority: str
    ladder: Ladder
    version: int
    by: str
    reason: str
    at: datetime
    impact: Degree | None = None
    urgency: Degree | None = None
    """Where nobody gave another reason than how it was sorted."""


@dataclass(frozen=True)
class Joined:
    """Somebody works on it too; the ladder goes on."""

    by: str
    party: str
    at: datetime


@dataclass(frozen=True)
class Snoozed:
    """Nobody is called before `until`, which is `seconds` longer than before; the ladder goes on at `goes_on_at`."""

    by: str
    party: str | None
    until: datetime
    goes_on_at: datetime
    seconds: float
    at: datetime


@dataclass(frozen=True)
class Woken:
    """It is put off no longer: `contacts`, who were asked last, are asked again, before the ladder goes on."""

    contacts: tuple[str, ...]
    goes_on_at: datetime
    at: datetime


# -- clocks ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Timed:
    """The clocks are these from now on."""

    clocks: tuple[Clock, ...]
    why: Literal["opened", "text", "priority", "pause"]
    at: datetime


@dataclass(frozen=True)
class Foreseen:
    """So many percent of a clock's limit are used."""

    measures: Measures
    percent: int
    due_at: datetime | None
    at: datetime


@dataclass(frozen=True)
class Missed:
    """A clock has run longer than its limit."""

    measures: Measures
    due_at: datetime | None
    at: datetime


@dataclass(frozen=True)
class Stopped:
    """What a clock waited for has come at `stopped_at`: in time or not."""

    measures: Measures
    stopped_at: datetime
    met: bool
    at: datetime


@dataclass(frozen=True)
class Paused:
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Resumed:
    by: str
    at: datetime


@dataclass(frozen=True)
class Hindered:
    """`party` has not met an obligation (`text`) in its time, and the text says what that pauses: in `pause`.

    In words of both languages, for the timeline. Told again, it takes the place of what was known of that time.
    """

    pause: Pause
    obligation: str
    party: str
    text: dict[str, str]
    words: dict[str, str]
    at: datetime


@dataclass(frozen=True)
class Unhindered:
    """It is met, or owed no longer: what it paused goes on, from `end` on."""

    occurrence: str
    obligation: str
    end: datetime
    words: dict[str, str]
    at: datetime


@dataclass(frozen=True)
class PauseRequested:
    request: PauseRequest
    by: str
    at: datetime


@dataclass(frozen=True)
class PauseAnswered:
    """The other party has consented to a request, or not: only then the clocks stood still."""

    request: PauseRequest
    granted: bool
    by: str
    at: datetime


@dataclass(frozen=True)
class PauseLapsed:
    """Nobody has answered a request while the record was open: the clocks did not stand still for it."""

    request: PauseRequest
    words: dict[str, str]
    at: datetime
    merged: bool = False
    """Whether that is since the incident was merged, and not since its record was closed."""


Happened = (
    Opened | Attached | Planned | Raised | Passed | Resolved | Closed | Noted | Step | Acknowledged | Unacknowledged
    | HandedOver | Unreached | Updated | Prioritised | Timed | Foreseen | Missed | Stopped | Paused | Resumed
    | PauseRequested | PauseAnswered | PauseLapsed | Joined | Snoozed | Woken | Hindered | Unhindered
)  # fmt: skip

Event = Happened | RecordEvent | Leaving | LetGo
