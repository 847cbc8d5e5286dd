"""One dispute about one subject, from being raised to its end: what it is, and what each event makes of it. Pure."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal, assert_never

from sepakat_incidents import clock_figures
from sepakat_incidents.procedure import Procedure, Step, Turn
from sepakat_incidents.remedy import Bounds, Remedy

Kind = Literal["verdict", "clock", "credit", "clause"]
Result = Literal["upheld", "partly", "rejected"]
How = Literal["agreement", "default", "mediator", "forum"]


class Status(StrEnum):
    """Where it is: the act that is awaited, the forum outside of this system, or an end."""

    ANSWER = "answer"
    SETTLE = "settle"
    DECIDE = "decide"
    FORUM = "forum"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


ENDED: Final = (Status.SETTLED, Status.WITHDRAWN)


@dataclass(frozen=True)
class Subject:
    """`id` names it within the agreement: `objective/period`, `incident/clock` or `section/id`."""

    kind: Kind
    id: str
    bounds: Bounds
    objective: str | None = None
    objective_title: dict[str, str] | None = None
    service: str | None = None
    service_title: dict[str, str] | None = None
    incident: str | None = None
    incident_number: str | None = None


@dataclass(frozen=True)
class About:
    """Whom and what a dispute concerns; `raised_by` is a party."""

    agreement: str
    version: int
    provider: str
    customer: str
    subject: Subject
    raised_by: str
    agreement_title: dict[str, str] | None = None

    @property
    def respondent(self) -> str:
        return self.customer if self.raised_by == self.provider else self.provider

    @property
    def raised_as(self) -> Literal["provider", "customer"]:
        return "provider" if self.raised_by == self.provider else "customer"

    def party(self, role: str) -> str:
        return self.provider if role == "provider" else self.customer


@dataclass(frozen=True)
class Evidence:
    """`hash` (`sha256:…`) is that of a file or an evidence pack, so that both look at the same one."""

    description: str
    url: str | None = None
    hash: str | None = None


@dataclass(frozen=True)
class Statement:
    text: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Offer:
    """What a party would settle for; `number` is how the other says which one it accepts."""

    number: int
    party: str
    remedy: Remedy


@dataclass(frozen=True)
class Outcome:
    """`party` is whose acceptance or silence ended it, None where a third decided."""

    result: Result
    how: How
    remedy: Remedy
    at: datetime
    by: str
    party: str | None = None
    statement: str | None = None


@dataclass(frozen=True)
class Correction:
    """What was measured and what was agreed, of one objective."""

    measured: dict[str, Any]
    agreed: dict[str, Any]


@dataclass(frozen=True)
class Dispute:
    """`measured` is the figure as it was told when it was disputed. `corrections` are, by objective, the figures before
    and after the outcome was reckoned in: an incident's clock may count in several.
    """

    id: str
    number: str
    about: About
    procedure: Procedure
    raised_at: datetime
    asked: Remedy
    measured: dict[str, Any] | None = None
    corrections: dict[str, Correction] = field(default_factory=dict)
    turn: Turn | None = None
    offers: tuple[Offer, ...] = ()
    count: int = 0
    """The number of the last offer that anybody made."""
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    mediators: tuple[str, ...] = ()
    """Whose step has begun, as `Step.mediator` names them; of disputes of before this was kept, see `mediated_by`."""

    @property
    def mediated_by(self) -> tuple[str, ...]:
        """Who was asked to decide it, or is: the latest at the end, also where they were asked before."""
        now = None if self.turn is None else self.turn.step.mediator
        return self.mediators if now is None else (*(each for each in self.mediators if each != now), now)

    @property
    def status(self) -> Status:
        if self.ended_at is not None:
            return Status.WITHDRAWN if self.outcome is None else Status.SETTLED
        return Status(self.turn.step.act) if self.turn is not None else Status.FORUM

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def due_at(self) -> datetime | None:
        return None if self.turn is None else self.turn.due_at

    @property
    def agreed(self) -> dict[str, Any] | None:
        """The figure that followed from the outcome, of the objective or the clock that is disputed."""
        subject = self.about.subject
        if subject.kind == "clock" and self.outcome is not None:
            return clock_figures.agreed(self.measured, self.outcome.remedy, subject.incident or "")
        correction = self.corrections.get(self.about.subject.objective or "")
        return correction.agreed if correction else None

    def is_mediated_by(self, mediator: str) -> bool:
        """Whether `mediator` (`agreement/contact`) is whom the agreed procedure names."""
        agreement, _, contact = mediator.partition("/")
        named = [each.contact for each in self.procedure.steps if each.by == "mediator"]
        return self.about.agreement == agreement and contact in named

    @property
    def awaited(self) -> tuple[str, ...]:
        """The parties whose turn it is; none while a mediator or the forum has it."""
        return awaited(self.about, self.turn)


def awaited(about: About, turn: Turn | None) -> tuple[str, ...]:
    """The parties that a step waits for. An answer comes from who did not raise the dispute."""
    if turn is None or turn.step.act == "decide":
        return ()
    if turn.step.act == "answer":
        return (about.respondent,)
    return (about.provider, about.customer) if turn.step.by in ("both", "mediator") else (about.party(turn.step.by),)


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Raised:
    """`turn` is the first step, None where the agreement has none."""

    id: str
    number: str
    about: About
    procedure: Procedure
    asked: Remedy
    statement: Statement
    measured: dict[str, Any] | None
    turn: Turn | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Answered:
    """`offer` of None is a refusal."""

    party: str
    statement: Statement
    offer: Offer | None
    turn: Turn | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Countered:
    party: str
    statement: Statement
    offer: Offer
    by: str
    at: datetime


@dataclass(frozen=True)
class Reminded:
    """`left` are the reminders still to come."""

    left: tuple[datetime, ...]
    at: datetime


@dataclass(frozen=True)
class Defaulted:
    """The time of `step` passed; `turn` is what follows where that is another step."""

    step: Step
    turn: Turn | None
    at: datetime


@dataclass(frozen=True)
class Referred:
    """The agreed procedure is at its end: `forum`, where one is named, decides outside of this system."""

    forum: str | None
    at: datetime


@dataclass(frozen=True)
class Settled:
    outcome: Outcome


@dataclass(frozen=True)
class Withdrawn:
    statement: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Recalculated:
    """What was agreed is in the figure of an objective now; `before` it was another."""

    objective: str
    before: dict[str, Any]
    figure: dict[str, Any]
    at: datetime


Event = Raised | Answered | Countered | Reminded | Defaulted | Referred | Settled | Withdrawn | Recalculated
EVENTS: Final = (Raised, Answered, Countered, Reminded, Defaulted, Referred, Settled, Withdrawn, Recalculated)


def apply(dispute: Dispute | None, event: Event) -> Dispute:
    # Before and after it: of a dispute of before this was kept, the event ends the mediator's step.
    before = dispute.mediated_by if dispute is not None else ()
    changed = _after(dispute, event)
    return replace(changed, mediators=replace(changed, mediators=before).mediated_by)


def _after(dispute: Dispute | None, event: Event) -> Dispute:
    if isinstance(event, Raised):
        return Dispute(
            event.id, event.number, event.about, event.procedure, event.at, event.asked, event.measured,
            turn=event.turn, offers=(Offer(1, event.about.raised_by, event.asked),), count=1,
        )  # fmt: skip
    if dispute is None:
        raise ValueError("a dispute begins with being raised")
    match event:
        case Answered(offer=offer, turn=turn):
            answered = replace(dispute, turn=turn)
            return answered if offer is None else _with(answered, offer)
        case Countered(offer=offer):
            return _with(dispute, offer)
        case Reminded(left):
            return dispute if dispute.turn is None else replace(dispute, turn=replace(dispute.turn, reminders=left))
        case Defaulted(turn=turn):
            return replace(dispute, turn=turn)
        case Referred():
            return replace(dispute, turn=None)
        case Settled(outcome):
            return replace(dispute, turn=None, outcome=outcome, ended_at=outcome.at)
        case Withdrawn(at=at):
            return replace(dispute, turn=None, ended_at=at)
        case Recalculated(objective, before, figure):
            known = dispute.corrections.get(objective)
            correction = Correction(known.measured if known else before, figure)
            return replace(dispute, corrections={**dispute.corrections, objective: correction})
        case _:
            assert_never(event)


def _with(dispute: Dispute, offer: Offer) -> Dispute:
    others = tuple(each for each in dispute.offers if each.party != offer.party)
    return replace(dispute, offers=(*others, offer), count=offer.number)
