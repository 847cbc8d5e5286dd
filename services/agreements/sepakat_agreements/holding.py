"""What the parties do in a review, and what the passing of time does to it, until it is closed. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sepakat_agreements import feedback
from sepakat_agreements.feedback import Answer
from sepakat_agreements.review import (
    Amendment,
    BacktestAsked,
    ChangedNeed,
    Closed,
    Comment,
    Commented,
    Decided,
    Decision,
    Drafted,
    Event,
    FeedbackGiven,
    Frozen,
    NeedStated,
    Opened,
    Overdue,
    Reminded,
    Review,
)
from sepakat_shared.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound

OVERDUE_AFTER: Final = (timedelta(days=7), timedelta(days=14))
"""From the end of the day of the meeting: first those who take part are told, then all who signed as well."""
MOST_COMMENTS: Final = 200
MOST_DECISIONS: Final = 100
"""Of one party in one review: neither can leave the other without room."""


def open_(known: Review | None, review: Review) -> Sequence[Event]:
    """A review of that number which is there already stays as it is."""
    return [] if known is not None else [Opened(review)]


def comment(review: Review, party: str, text: str, by: str, now: datetime) -> Sequence[Event]:
    """Say something for both to read. Raises Forbidden or Conflict."""
    check_open(review, party)
    if sum(each.party == party for each in review.comments) >= MOST_COMMENTS:
        raise Conflict(f"{party} has commented {MOST_COMMENTS} times on this review, which is the most")
    return [Commented(Comment(len(review.comments) + 1, party, by, text, now))]


def give_feedback(
    review: Review, party: str, answer: Answer, services: Sequence[str], needs: Sequence[str], contact: str | None,
    people: Sequence[str],
) -> Sequence[Event]:  # fmt: skip
    """What somebody of the customer thinks; whoever answers again has changed their mind.

    Raises Forbidden, Conflict, or Invalid with each field and its rule.
    """
    check_open(review, party)
    feedback.check_party(party, review.customer)
    feedback.check(answer, services, needs, people, contact)
    feedback.check_room(review.feedback, answer)
    return [FeedbackGiven(answer)]


def note_need(review: Review, party: str, need: str, revision: int, now: datetime) -> Sequence[Event]:
    """Note that a need was stated, which is in the intake by then. Raises Forbidden or Conflict."""
    check_open(review, party)
    feedback.check_party(party, review.customer)
    if any((each.need, each.revision) == (need, revision) for each in review.needs):
        return []
    return [NeedStated(ChangedNeed(need, revision, now))]


def note_backtest(review: Review, party: str, backtest: str, by: str, now: datetime) -> Sequence[Event]:
    """Raises Forbidden or Conflict."""
    check_open(review, party)
    return [BacktestAsked(backtest, by, now)]


def decide(
    review: Review, party: str, text: str, owner: str, due: str, people: Sequence[str], by: str, now: datetime,
    amendment: Amendment | None = None,
) -> Sequence[Event]:  # fmt: skip
    """Record what was decided, who sees to it and until which day. `people` are the contacts of both parties.

    Raises Forbidden, Conflict, or Invalid with each field and its rule.
    """
    check_open(review, party)
    problems = broken(review, owner, due, people)
    if problems:
        raise Invalid.of(problems)
    if sum(each.party == party for each in review.decisions) >= MOST_DECISIONS:
        raise Conflict(f"{party} has recorded {MOST_DECISIONS} decisions in this review, which is the most")
    return [
        Decided(Decision(len(review.decisions) + 1, text, _named(owner, people)[0], due, party, by, now, amendment))
    ]


def broken(review: Review, owner: str, due: str, people: Sequence[str]) -> list[FieldProblem]:
    """The rules that a decision breaks."""
    problems = []
    found = _named(owner, people)
    if not found:
        problems.append(FieldProblem("/owner", f"{owner!r} is no contact of either party"))
    if len(found) > 1:
        problems.append(FieldProblem("/owner", f"both parties have a contact {owner!r}; say {' or '.join(found)}"))
    if due < review.opened_at.date().isoformat():
        problems.append(FieldProblem("/due", "must not be before the day on which the review opened"))
    return problems


def _named(owner: str, people: Sequence[str]) -> list[str]:
    """Those that are meant: a contact with its party, or whoever has that id."""
    return [each for each in people if owner in (each, each.partition("/")[2])]


def note_draft(
    review: Review, party: str, number: int, version: int, proposal: int | None, by: str, now: datetime
) -> Sequence[Event]:
    """Note what a decision has become. Raises NotFound, Forbidden or Conflict."""
    check_open(review, party)
    amendment = to_draft(review, number)
    if (amendment.version, amendment.proposal) == (version, proposal):
        return []
    return [Drafted(number, version, proposal, by, now)]


def to_draft(review: Review, number: int) -> Amendment:
    """What that decision changes of the agreement. Raises NotFound, or Conflict where it changes nothing."""
    decision = get_decision(review, number)
    if decision.amendment is None:
        raise Conflict(f"decision {number} changes nothing of the agreement: there is nothing to draft")
    return decision.amendment


def close(review: Review, party: str, conclusion: str | None, pack: Frozen, by: str, now: datetime) -> Sequence[Event]:
    """End it, with the pack as it is then; from there on it never changes. Raises Forbidden or Conflict.

    Where somebody chairs it, that is for the chair's party.
    """
    if review.closed_at is not None and (review.closing_party, review.conclusion) == (party, conclusion):
        return []
    check_open(review, party)
    chairing = review.chair.partition("/")[0] if review.chair else party
    if party != chairing:
        raise Forbidden(f"{review.chair} chairs this review: it is for {chairing!r} to close it")
    return [Closed(conclusion, pack, party, by, now)]


def get_decision(review: Review, number: int) -> Decision:
    """Raises NotFound."""
    found = next((each for each in review.decisions if each.number == number), None)
    if found is None:
        raise NotFound(f"there is no decision {number} of review {review.number}")
    return found


def check_open(review: Review, party: str) -> None:
    """Raises Forbidden or Conflict."""
    if party not in review.parties:
        raise Forbidden(f"{party!r} has no part in this agreement")
    if review.closed_at is not None:
        raise Conflict(f"review {review.number} is closed, and never changes; open another one")


# -- time --------------------------------------------------------------------------------------------------------------


def due_at(review: Review) -> datetime | None:
    """When somebody is to be told next that it is still open."""
    if review.closed_at is not None:
        return None
    if not review.reminded:
        return review.meeting_ends
    if review.overdue < len(OVERDUE_AFTER):
        return review.meeting_ends + OVERDUE_AFTER[review.overdue]
    return None


def fire(review: Review | None, now: datetime) -> Sequence[Event]:
    """What the passing of time does: after the meeting a reminder, then it is late. Only the last of these is told."""
    if review is None or review.closed_at is not None:
        return []
    passed = sum(review.meeting_ends + after <= now for after in OVERDUE_AFTER)
    if passed > review.overdue:
        return [Overdue(passed, now)]
    return [Reminded(now)] if not review.reminded and review.meeting_ends <= now else []
