"""What the parties, the mediator and time do to a dispute. Pure.

Whose turn it is and until when follows from the agreed procedure. A deadline that has passed counts before anything
that comes after it, whether or not a timer has noticed yet. Each party has one offer on the table; what the other
accepts of it is the outcome.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any, Final, assert_never

from sepakat_incidents import procedure as agreed
from sepakat_incidents.dispute import (
    About,
    Answered,
    Countered,
    Defaulted,
    Dispute,
    Event,
    How,
    Kind,
    Offer,
    Outcome,
    Raised,
    Recalculated,
    Referred,
    Reminded,
    Result,
    Settled,
    Statement,
    Status,
    Withdrawn,
    apply,
    awaited,
)
from sepakat_incidents.procedure import Procedure, Turn
from sepakat_incidents.remedy import NOTHING, Remedy, check, check_within
from sepakat_shared.errors import Conflict, Forbidden, Invalid

# -- decisions: the parties' -------------------------------------------------------------------------------------------


def raise_(
    dispute: Dispute | None, id: str, number: str, about: About, procedure: Procedure, asked: Remedy,
    statement: Statement, measured: dict[str, Any] | None, by: str, now: datetime,
) -> Sequence[Event]:  # fmt: skip
    """Contest a subject. Raises Invalid, or Conflict when another one did so at the same time."""
    if dispute is not None:
        raise Conflict(f"dispute {dispute.number} about this was raised a moment ago; see {dispute.id}")
    check(asked, about.subject.bounds, "/asked")
    turn = agreed.first_turn(procedure, about.raised_as, now)
    raised = Raised(id, number, about, procedure, asked, statement, measured, turn, by, now)
    return [raised, *([] if turn else [Referred(procedure.forum, now)])]


def answer(
    dispute: Dispute, party: str, statement: Statement, offered: Remedy | None, by: str, now: datetime
) -> Sequence[Event]:
    """Answer within the answer's step: refuse, or offer a part of what is asked. To grant it all is to accept.

    Raises Forbidden, Conflict or Invalid.
    """
    overdue, dispute = _caught_up(dispute, now)
    _may_speak(dispute, party)
    turn = dispute.turn
    if turn is None or turn.step.act != "answer":
        raise Conflict(f"dispute {dispute.number} awaits no answer now; make an offer by a counter-proposal")
    if party != dispute.about.respondent:
        raise Forbidden(f"the answer is due from {dispute.about.respondent!r}: nobody answers itself")
    offer = None if offered is None else _offer(dispute, party, offered)
    following = agreed.turn_after(dispute.procedure, turn.index, dispute.about.raised_as, now)
    answered = Answered(party, statement, offer, following, by, now)
    return [*overdue, answered, *([] if following else [Referred(dispute.procedure.forum, now)])]


def counter(
    dispute: Dispute, party: str, statement: Statement, offered: Remedy, by: str, now: datetime
) -> Sequence[Event]:
    """Put another offer on the table, in place of one's last; not more than was asked at first.

    Raises Forbidden, Conflict or Invalid.
    """
    overdue, dispute = _caught_up(dispute, now)
    _may_speak(dispute, party)
    if dispute.status is Status.ANSWER and party == dispute.about.respondent:
        raise Conflict(f"dispute {dispute.number} awaits your answer, which may carry an offer")
    return [*overdue, Countered(party, statement, _offer(dispute, party, offered), by, now)]


def accept(dispute: Dispute, party: str, number: int, by: str, now: datetime) -> Sequence[Event]:
    """Settle for the other party's offer of that number. Raises Forbidden, or Conflict when it is not on the table."""
    outcome = dispute.outcome
    if outcome is not None and outcome.how == "agreement" and outcome.party == party:
        return []
    overdue, dispute = _caught_up(dispute, now)
    _may_speak(dispute, party)
    theirs = next((each for each in dispute.offers if each.party != party), None)
    if theirs is None:
        raise Conflict(f"the other party has made no offer in dispute {dispute.number}")
    if theirs.number != number:
        raise Conflict(f"offer {number} is not on the table; the other party's is offer {theirs.number}")
    result: Result = "upheld" if theirs.remedy == dispute.asked else "partly"
    return [*overdue, Settled(Outcome(result, "agreement", theirs.remedy, now, by, party))]


def withdraw(dispute: Dispute, party: str, statement: str | None, by: str, now: datetime) -> Sequence[Event]:
    """Give it up; only the party that raised it may. Raises Forbidden or Conflict."""
    if dispute.status is Status.WITHDRAWN and party == dispute.about.raised_by:
        return []
    overdue, dispute = _caught_up(dispute, now)
    _may_speak(dispute, party)
    if party != dispute.about.raised_by:
        raise Forbidden(f"only {dispute.about.raised_by!r}, who raised it, may withdraw it")
    return [*overdue, Withdrawn(statement, by, now)]


def decide(
    dispute: Dispute, result: Result, remedy: Remedy | None, statement: str, by: str, now: datetime,
    mediator: str | None = None,
) -> Sequence[Event]:  # fmt: skip
    """What the mediator, or the forum after it, decided. It may go beyond what was asked, or against who asked.

    `mediator` is the contact who decides in person, None where an operator records it. Raises Conflict while neither
    has it, Forbidden to a mediator whose turn it is not, or Invalid: a decision for a part says which.
    """
    overdue, dispute = _caught_up(dispute, now)
    _is_open(dispute)
    if dispute.status not in (Status.DECIDE, Status.FORUM):
        raise Conflict(f"dispute {dispute.number} is with the parties; nobody else decides it yet")
    if mediator is not None and (dispute.turn is None or dispute.turn.step.contact != mediator):
        raise Forbidden(f"dispute {dispute.number} is not with {mediator!r}: another mediator, or the forum, has it")
    granted = _granted(dispute, result, remedy)
    how: How = "mediator" if dispute.status is Status.DECIDE else "forum"
    return [*overdue, Settled(Outcome(result, how, granted, now, by, statement=statement))]


def _granted(dispute: Dispute, result: Result, remedy: Remedy | None) -> Remedy:
    if result == "rejected":
        if remedy is not None:
            rule = "is empty when the dispute is rejected; what changes a figure is upheld or partly"
            raise Invalid.at("/remedy", rule)
        return NOTHING
    if remedy is None and result == "partly":
        raise Invalid.at("/remedy", "is required: which part is upheld")
    if remedy is not None:
        check(remedy, dispute.about.subject.bounds, "/remedy")
    return dispute.asked if remedy is None else remedy


def _offer(dispute: Dispute, party: str, offered: Remedy) -> Offer:
    check(offered, dispute.about.subject.bounds, "/offer")
    measured = (dispute.measured or {}).get("credit_percent")
    check_within(offered, dispute.asked, measured, "/offer")
    return Offer(dispute.count + 1, party, offered)


def _is_open(dispute: Dispute) -> None:
    if not dispute.is_open:
        raise Conflict(f"dispute {dispute.number} is {dispute.status.value}; nothing changes it any more")


def _may_speak(dispute: Dispute, party: str) -> None:
    _is_open(dispute)
    if party not in (dispute.about.provider, dispute.about.customer):
        raise Forbidden(f"{party!r} has no part in dispute {dispute.number}")


# -- decisions: time's -------------------------------------------------------------------------------------------------


def fire(dispute: Dispute | None, now: datetime) -> Sequence[Event]:
    """What the passing of time does: a reminder, or what was agreed for the end of a step's time."""
    turn = dispute.turn if dispute else None
    if dispute is None or turn is None or turn.due_at > now:
        return []
    if turn.deadline <= now:
        return _default(dispute, turn, now)
    return [Reminded(tuple(each for each in turn.reminders if each > now), now)]


def _default(dispute: Dispute, turn: Turn, now: datetime) -> Sequence[Event]:
    """The next step has its whole time from `now`: a service that was away takes nothing of it."""
    otherwise = turn.step.otherwise
    following = None
    if otherwise == "next":
        following = agreed.turn_after(dispute.procedure, turn.index, dispute.about.raised_as, now)
    defaulted = Defaulted(turn.step, following, now)
    silent = awaited(dispute.about, turn)
    who = silent[0] if len(silent) == 1 else None
    match otherwise:
        case "upheld":
            return [defaulted, Settled(Outcome("upheld", "default", dispute.asked, now, "sepakat", who))]
        case "rejected":
            return [defaulted, Settled(Outcome("rejected", "default", NOTHING, now, "sepakat", who))]
        case "next" if following is not None:
            return [defaulted]
        case "next" | "forum":
            return [defaulted, Referred(dispute.procedure.forum, now)]
        case _:
            assert_never(otherwise)


def _caught_up(dispute: Dispute, now: datetime) -> tuple[Sequence[Event], Dispute]:
    """A step whose time has passed is over, though no timer came by yet: its default, and the dispute after it."""
    turn = dispute.turn
    events = _default(dispute, turn, now) if turn is not None and turn.deadline <= now else []
    return events, reduce(apply, events, dispute)


def recalculated(
    dispute: Dispute | None, objective: str, before: dict[str, Any], figure: dict[str, Any], now: datetime
) -> Sequence[Event]:
    """A period of an objective was judged again by the outcome. Nothing of the outcome itself changes."""
    if dispute is None or dispute.outcome is None:
        return []
    known = dispute.corrections.get(objective)
    return [] if known is not None and known.agreed == figure else [Recalculated(objective, before, figure, now)]


# -- once more ---------------------------------------------------------------------------------------------------------


_AGAIN: Final[Mapping[Kind, str]] = {
    "verdict": "on a new figure", "credit": "on a new figure", "clause": "on another version of the text",
    "clock": "once the incident was opened and resolved again",
}  # fmt: skip


def may_raise_again(previous: Dispute, party: str, told_at: datetime | None, told_by: str | None) -> None:
    """`told_at` is when the subject's figure was last published, `told_by` the dispute that made it so.

    Raises Conflict while `previous` runs; after its end for both parties, and after a withdrawal for the one that
    withdrew, unless the figure has changed since by something else than that dispute's own outcome.
    """
    if previous.is_open:
        raise Conflict(f"dispute {previous.number} about this is open ({previous.id}): one at a time")
    ended, again = previous.ended_at, f"it may be raised again {_AGAIN[previous.about.subject.kind]}"
    if ended is not None and told_at is not None and told_at > ended and told_by != previous.id:
        return
    if previous.status is Status.WITHDRAWN:
        if party == previous.about.raised_by:
            raise Conflict(f"you withdrew dispute {previous.number} about this; {again}")
        return
    raise Conflict(f"dispute {previous.number} about this is settled; {again}")
