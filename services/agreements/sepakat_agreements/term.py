"""How long an agreement lasts: its end, renewal, notice, termination, and what is told ahead of each date. Pure.

A term with `renewal` goes on for as long again when its last day is over, unless a party has given notice; without it
the agreement expires. Whether a notice was in time is recorded beside it; whether it had to be is for the parties.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from sepakat_agreements.agreement import (
    Agreement,
    Ended,
    Event,
    Foretold,
    Renewed,
    Status,
    Terminated,
    Termination,
    TerminationWithdrawn,
)
from sepakat_agreements.standing import Right
from sepakat_agreements.starting import end_of
from sepakat_shared import spans
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Forbidden, Invalid

What = Literal["notice", "renewal", "expiry", "termination", "amendment"]
_TOLD_BEFORE: Final = (timedelta(days=30), timedelta(days=7), timedelta(days=1))
_FIRST_INSTANT: Final = datetime(2, 1, 1, tzinfo=UTC)
"""What lies before it, by a span that was signed before its length had a limit, is taken to be there."""


@dataclass(frozen=True)
class Ahead:
    """A date that both parties are told of before it comes; `notice` is the last instant to object to a renewal."""

    what: What
    at: datetime


# -- dates -------------------------------------------------------------------------------------------------------------


def last_day(agreement: Agreement) -> date:
    """The last day of the running term, as it was renewed."""
    return date.fromisoformat(agreement.renewed_until or agreement.text["term"]["until"])


def ends_at(agreement: Agreement) -> datetime:
    """The first instant after the running term, or after the last day that a notice of termination names."""
    if agreement.termination is not None:
        return agreement.termination.ends_at
    return end_of(last_day(agreement), agreement.text)


def ahead(agreement: Agreement) -> list[Ahead]:
    """The dates that are to come, by what is signed and said so far."""
    if agreement.status is not Status.ACTIVE:
        return []
    coming = [
        Ahead("amendment", each.effective_from) for each in agreement.following
        if each.status is Status.SIGNED and each.effective_from is not None
    ]  # fmt: skip
    end = ends_at(agreement)
    renewal = _term(agreement).renewal
    if agreement.termination is not None:
        return [*coming, Ahead("termination", end)]
    if renewal is None:
        return [*coming, Ahead("expiry", end)]
    return [*coming, Ahead("notice", _before(end, renewal.notice)), Ahead("renewal", end)]


def due_at(agreement: Agreement) -> datetime | None:
    """When something is to be told or done about the term next."""
    dates = ahead(agreement)
    if not dates:
        return None
    return min([ends_at(agreement), *(at for each in dates for at in _reminders(agreement, each))])


def _reminders(agreement: Agreement, date: Ahead) -> list[datetime]:
    """The instants ahead of it that are still to come: none from before anybody knew of the date."""
    since = agreement.watched_since or agreement.effective_from
    instants = [_before(date.at, each) for each in _TOLD_BEFORE]
    return [at for at in instants if since is None or at > since]


def _before(at: datetime, span: timedelta) -> datetime:
    try:
        return max(at - span, _FIRST_INSTANT)
    except OverflowError:
        return _FIRST_INSTANT


def _term(agreement: Agreement) -> texts.Term:
    return texts.Term.model_validate(agreement.text["term"])


# -- decisions ---------------------------------------------------------------------------------------------------------


def terminate(
    agreement: Agreement, party: str, day: date, ground: Literal["notice", "cause"], reason: str, by: str,
    now: datetime, right: Right | None = None,
) -> Sequence[Event]:  # fmt: skip
    """Give notice that the agreement ends with that `day`: for a `cause`, or by `notice` alone. `right` is the one that
    repeated misses gave, as the cause.

    Raises Forbidden, Conflict when it is not in force, notice was given already or the right does not stand, or Invalid
    for a day that is past.
    """
    if party not in agreement.parties:
        raise Forbidden(f"{party!r} has no part in this agreement")
    if agreement.status is not Status.ACTIVE:
        raise Conflict(f"this agreement is {agreement.status.value}; only one that is in force can be terminated")
    known = agreement.termination
    if known is not None:
        if (known.party, known.last_day) == (party, day.isoformat()):
            return []
        raise Conflict(f"{known.party} has given notice already: it ends with {known.last_day}")
    end = end_of(day, agreement.text)
    if end <= now:
        raise Invalid.at("/last_day", "must not be over yet")
    if day > last_day(agreement):
        raise Invalid.at("/last_day", f"is after {last_day(agreement).isoformat()}, the last day of the running term")
    if right is not None:
        _must_stand(right, party, ground, now)
    notice = _notice(agreement, day) if ground == "notice" else None
    if right is not None and right.notice_seconds is not None:
        notice = timedelta(seconds=right.notice_seconds)
    honoured = None if notice is None else notice <= end - now
    written = None if notice is None else _days(notice)
    cause = None if right is None else right.id
    return [Terminated(Termination(party, by, now, day.isoformat(), end, ground, reason, written, honoured, cause))]


def _must_stand(right: Right, party: str, ground: Literal["notice", "cause"], now: datetime) -> None:
    if right.party != party:
        raise Forbidden(f"this right is {right.party!r}'s, whose agreement was not kept")
    if ground != "cause":
        raise Invalid.at("/ground", "must be cause: the right follows from what was missed")
    if not right.stands(now):
        raise Conflict("this right does not stand any more; its time has passed, or what was missed was corrected")


def _notice(agreement: Agreement, day: date) -> timedelta | None:
    """How long before that day's end notice is to be given; None where the text says nothing of it."""
    term = _term(agreement)
    if term.renewal is not None and day == last_day(agreement):
        return term.renewal.notice
    return None if term.termination is None else term.termination.notice


def withdraw(agreement: Agreement, party: str, reason: str | None, by: str, now: datetime) -> Sequence[Event]:
    """Take one's notice back before the agreement has ended. Raises Forbidden or Conflict."""
    known = agreement.termination
    if known is None or agreement.status is not Status.ACTIVE:
        raise Conflict("no notice of termination is running")
    if known.party != party:
        raise Forbidden(f"only {known.party!r}, who gave notice, may take it back")
    if known.ends_at <= now:
        raise Conflict(f"it ended with {known.last_day}, by this notice")
    return [TerminationWithdrawn(party, reason, by, now)]


def foretell(agreement: Agreement, now: datetime, until: datetime | None = None) -> Sequence[Event]:
    """Tell of every date of which that is due. `until` is up to which instant, of dates that come after it.

    Also a last instant for notice that passed while nothing ran is told: late, as it would be read.
    """
    return [
        Foretold(each.what, each.at, now)
        for each in ahead(agreement)
        if (until is None or each.at > until) and any(at <= (until or now) for at in _reminders(agreement, each))
    ]


def at_the_end(agreement: Agreement, now: datetime) -> Renewed | Ended:
    """What the end of the term does: it is renewed, or the agreement is over."""
    if agreement.termination is not None:
        return Ended("terminated", ends_at(agreement), now)
    term = _term(agreement)
    if term.renewal is None:
        return Ended("expired", ends_at(agreement), now)
    return Renewed(_renewed(last_day(agreement), term).isoformat(), now)


def _renewed(until: date, term: texts.Term) -> date:
    """The last day of the term after the one that ends with `until`: as long as is said, else as the first one."""
    begins, whole = until + timedelta(days=1), term.until + timedelta(days=1)
    if term.renewal is not None and term.renewal.for_ is not None:
        following = spans.later(begins, term.renewal.for_)
    elif whole.day == term.from_.day:
        months = (whole.year - term.from_.year) * 12 + whole.month - term.from_.month
        following = spans.later(begins, f"P{months}M")
    else:
        following = begins + (whole - term.from_)
    return max(following - timedelta(days=1), begins)


def _days(notice: timedelta) -> str:
    return f"P{notice.days}D" if notice == timedelta(days=notice.days) else f"PT{int(notice.total_seconds())}S"
