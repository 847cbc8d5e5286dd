"""One time that an obligation is owed: until when, whether it was met, and what the other party says to that. Pure.

The party that owes it says that it is met, with evidence. The other one accepts that or contests it, and may excuse
one that was not met. Evidence that is contested is no miss by that: better evidence may follow, or a dispute.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, assert_never

from sepakat_agreements import evidence as proof
from sepakat_shared.errors import Conflict, Forbidden
from sepakat_shared.references import Reference

_INSTANT: Final = timedelta(milliseconds=1)
Why = Literal["ended", "retracted"]


class Status(StrEnum):
    """`upcoming` until its owner is told of it, `due` from then on. `void`: nobody owes it any more."""

    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"
    MET = "met"
    MET_LATE = "met-late"
    EXCUSED = "excused"
    VOID = "void"


_OPEN: Final = (Status.UPCOMING, Status.DUE, Status.OVERDUE)


@dataclass(frozen=True)
class Occasion:
    """Why it is owed: by the calendar, by a `request` of the other party, or by an event, whose subject is `about`."""

    kind: Literal["calendar", "request", "incident", "target-missed"]
    about: str | None = None
    note: str | None = None
    by: str | None = None


@dataclass(frozen=True)
class Duty:
    """What the text of that version says of it. `owner` is a contact of `party`, `pauses` are objectives."""

    agreement: str
    version: int
    obligation: str
    provider: str
    customer: str
    party: str
    owner: str | None
    text: dict[str, str]
    pauses: tuple[str, ...] = ()
    agreement_title: dict[str, str] | None = None
    provider_contacts: tuple[str, ...] = ()
    customer_contacts: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    """What the objectives in `pauses` are of; none where one of them leaves that to its indicator."""

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer

    @property
    def other(self) -> str:
        """The party to which it is owed."""
        return self.customer if self.party == self.provider else self.provider

    def contacts(self, party: str) -> tuple[str, ...]:
        """Who has signed for that party."""
        return self.provider_contacts if party == self.provider else self.customer_contacts

    @property
    def answerable(self) -> tuple[str, ...]:
        """Who of the party that owes it is told: the owner, or those who signed for it."""
        return (self.owner,) if self.owner is not None else self.contacts(self.party)


@dataclass(frozen=True)
class Occurrence:
    """`remind_at` is when its owner is to be told that it is due; None once that was done, or where it never is.

    `contested` is what the other party has against the evidence, and `accepted_at` when it took that.
    """

    id: str
    duty: Duty
    occasion: Occasion
    begins_at: datetime
    due_at: datetime
    remind_at: datetime | None
    status: Status
    overdue_at: datetime | None = None
    met_at: datetime | None = None
    evidence: tuple[Reference, ...] = ()
    note: str | None = None
    contested: str | None = None
    accepted_at: datetime | None = None
    closed_at: datetime | None = None
    """When it was excused or became void."""
    reason: str | None = None

    @property
    def is_open(self) -> bool:
        return self.status in _OPEN

    @property
    def unmet(self) -> tuple[datetime, datetime] | None:
        """From its due instant until it was met, excused or void; None while that lasts, and for one in time."""
        end = self.met_at or self.closed_at
        return (self.due_at, end) if end is not None and end > self.due_at else None


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Begun:
    occurrence: Occurrence


@dataclass(frozen=True)
class Reminded:
    at: datetime


@dataclass(frozen=True)
class Missed:
    at: datetime


@dataclass(frozen=True)
class Met:
    """`anew`: better evidence for one that was met already."""

    late: bool
    anew: bool
    evidence: tuple[Reference, ...]
    note: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Answered:
    """The other party accepts the evidence, or says (`reason`) why it does not."""

    accepted: bool
    reason: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Excused:
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Voided:
    why: Why
    at: datetime


Event = Begun | Reminded | Missed | Met | Answered | Excused | Voided
EVENTS: Final = (Begun, Reminded, Missed, Met, Answered, Excused, Voided)


def apply(occurrence: Occurrence | None, event: Event) -> Occurrence:
    if isinstance(event, Begun):
        return event.occurrence
    if occurrence is None:
        raise ValueError("an occurrence begins before anything else")
    match event:
        case Reminded():
            return replace(occurrence, status=Status.DUE, remind_at=None)
        case Missed(at):
            return replace(occurrence, status=Status.OVERDUE, remind_at=None, overdue_at=at)
        case Met(late, anew, evidence, note, _, at):
            changed = replace(occurrence, evidence=evidence, note=note, contested=None, remind_at=None)
            status = Status.MET_LATE if late else Status.MET
            return changed if anew else replace(changed, status=status, met_at=at)
        case Answered(accepted, reason, _, at):
            return replace(occurrence, contested=reason, accepted_at=at if accepted else None)
        case Excused(reason, _, at):
            return replace(occurrence, status=Status.EXCUSED, remind_at=None, closed_at=at, reason=reason)
        case Voided(why, at):
            return replace(occurrence, status=Status.VOID, remind_at=None, closed_at=at, reason=why)
        case _:
            assert_never(event)


# -- decisions ---------------------------------------------------------------------------------------------------------


def begin(known: Occurrence | None, begun: Occurrence, now: datetime) -> Sequence[Event]:
    """It is owed from now on; one that is known stays as it is, unless what asked for it was taken back and came again.

    Whoever must hurry is told at once.
    """
    if known is not None and not (known.status is Status.VOID and known.reason == "retracted"):
        return []
    return [Begun(begun), *fire(begun, now)]


def fulfil(
    occurrence: Occurrence, party: str, evidence: tuple[Reference, ...], note: str | None, by: str, now: datetime
) -> Sequence[Event]:
    """The party that owes it says that it is met. Raises Forbidden, Invalid with every field, or Conflict."""
    if party != occurrence.duty.party:
        raise Forbidden(f"this obligation is {occurrence.duty.party!r}'s to meet")
    proof.check(evidence)
    if occurrence.met_at is not None and occurrence.status is not Status.EXCUSED:
        if (occurrence.evidence, occurrence.note) == (evidence, note):
            return []
        if occurrence.accepted_at is not None:
            raise Conflict("its evidence was accepted; nothing is to be added")
        return [Met(occurrence.status is Status.MET_LATE, True, evidence, note, by, now)]
    if not occurrence.is_open:
        raise Conflict(f"this obligation is {occurrence.status.value}; there is nothing to meet")
    return [Met(now > occurrence.due_at, False, evidence, note, by, now)]


def answer(
    occurrence: Occurrence, party: str, accepted: bool, reason: str | None, by: str, now: datetime
) -> Sequence[Event]:
    """The other party accepts the evidence or contests it. Raises Forbidden or Conflict."""
    _must_be_owed_to(occurrence, party)
    if occurrence.status not in (Status.MET, Status.MET_LATE):
        raise Conflict(f"this obligation is {occurrence.status.value}; nobody has said that it is met")
    if occurrence.accepted_at is not None:
        if accepted:
            return []
        raise Conflict("its evidence was accepted; raise a dispute where that was wrong")
    if not accepted and occurrence.contested == reason:
        return []
    return [Answered(accepted, reason, by, now)]


def excuse(occurrence: Occurrence, party: str, reason: str, by: str, now: datetime) -> Sequence[Event]:
    """The other party lets it be, or forgives that it was late. Raises Forbidden or Conflict."""
    _must_be_owed_to(occurrence, party)
    if occurrence.status is Status.EXCUSED:
        return []
    if not occurrence.is_open and occurrence.status is not Status.MET_LATE:
        raise Conflict(f"this obligation is {occurrence.status.value}; there is nothing to excuse")
    return [Excused(reason, by, now)]


def void(occurrence: Occurrence | None, why: Why, now: datetime) -> Sequence[Event]:
    """Nobody owes it any more: the agreement has ended, or what asked for it was taken back; then none was late."""
    if occurrence is None:
        return []
    forgiven = why == "retracted" and occurrence.status is Status.MET_LATE
    return [Voided(why, now)] if occurrence.is_open or forgiven else []


def _must_be_owed_to(occurrence: Occurrence, party: str) -> None:
    if party != occurrence.duty.other:
        raise Forbidden(f"this is for {occurrence.duty.other!r} to say, to whom the obligation is owed")


# -- time --------------------------------------------------------------------------------------------------------------


def next_at(occurrence: Occurrence) -> datetime | None:
    """When it is to be told of next. At the due instant it is in time; a millisecond later it is late."""
    if occurrence.status not in (Status.UPCOMING, Status.DUE):
        return None
    late = occurrence.due_at + _INSTANT
    return late if occurrence.remind_at is None else min(occurrence.remind_at, late)


def fire(occurrence: Occurrence | None, now: datetime) -> Sequence[Event]:
    """Tell what is due. What was noticed so late that its time has passed needs no reminder before."""
    at = next_at(occurrence) if occurrence else None
    if occurrence is None or at is None or at > now:
        return []
    return [Missed(now)] if now > occurrence.due_at else [Reminded(now)]
