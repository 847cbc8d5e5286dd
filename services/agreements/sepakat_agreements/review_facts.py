"""What the others are told of a review. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Any, assert_never

from sepakat_agreements.review import (
    BacktestAsked,
    Closed,
    Commented,
    Decided,
    Drafted,
    Event,
    FeedbackGiven,
    NeedStated,
    Opened,
    Overdue,
    Reminded,
    Review,
)
from sepakat_shared.contracts import reviews as published
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact, Title
from sepakat_shared.messages import Message


def of_review(event: Event, review: Review) -> Iterable[Message]:
    """The messages of one event, with the review after it."""
    return [Message.of(topics.AGREEMENTS, review.agreement, fact) for fact in _facts(event, review)]


def _facts(event: Event, review: Review) -> Iterable[Fact]:
    people = review.people
    match event:
        case Opened():
            yield published.ReviewOpened(
                **_about(review), **_readers(people), because=review.because, by=review.by, reason=review.reason,
                pack_hash=review.pack.hash, at=review.opened_at,
            )  # fmt: skip
            if review.feedback_until is not None:
                yield published.FeedbackAsked(
                    **_about(review), **_readers(review.of_customer), answer_by=review.feedback_until,
                    at=review.opened_at,
                )  # fmt: skip
        case Reminded(at):
            yield published.ReviewReminded(**_about(review), **_readers(people), at=at)
        case Overdue(level, at):
            told = people if level == 1 else (*people, *review.signatories)
            yield published.ReviewOverdue(**_about(review), **_readers(told), level=level, at=at)
        case Closed(conclusion, pack, party, by, at):
            yield published.ReviewClosed(
                **_about(review), **_readers((*people, *(each.owner for each in review.decisions))), by=by,
                party=party, conclusion=conclusion, decisions=tuple(_decisions(review)), pack_hash=pack.hash, at=at,
            )  # fmt: skip
        case Commented() | Decided() | FeedbackGiven() | NeedStated() | BacktestAsked() | Drafted():
            return  # read in the review itself: the close tells what was decided, the intake of needs, the draft of it
        case _:
            assert_never(event)


def _about(review: Review) -> dict[str, Any]:
    return {
        "agreement": review.agreement, "version": review.version, "provider": review.provider,
        "customer": review.customer, "review": review.number, "meeting": date.fromisoformat(review.meeting),
        "agreement_title": None if review.agreement_title is None else Title(**review.agreement_title),
        "since": review.since, "until": review.until,
    }  # fmt: skip


def _readers(people: Iterable[str]) -> dict[str, Any]:
    named = tuple(dict.fromkeys(people))
    return {"contacts": tuple(each.partition("/")[2] for each in named), "recipients": named}


def _decisions(review: Review) -> Iterable[published.ReviewDecision]:
    for each in review.decisions:
        party, _, owner = each.owner.partition("/")
        yield published.ReviewDecision(text=each.text, owner=owner, owner_party=party, due=date.fromisoformat(each.due))
