"""Reviews as they are shown over HTTP. Pure."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from sepakat_agreements.feedback import Answer, heard
from sepakat_agreements.meetings import Calendar
from sepakat_agreements.review import Amendment, Decision, Frozen, Review
from sepakat_agreements.suggesting import Suggestion
from sepakat_shared.contracts.fact import rfc3339


def summary(review: Review) -> dict[str, Any]:
    return {
        "agreement": review.agreement,
        "review": review.number,
        "version": review.version,
        "state": review.state,
        "because": review.because,
        "reason": review.reason,
        "since": rfc3339(review.since),
        "until": rfc3339(review.until),
        "meeting": review.meeting,
        "opened_at": rfc3339(review.opened_at),
        "opened_by": review.by,
        "overdue": review.overdue,
        "closed_at": review.closed_at and rfc3339(review.closed_at),
    }


def whole(review: Review) -> dict[str, Any]:
    return {
        **summary(review),
        "provider": review.provider,
        "customer": review.customer,
        "chair": review.chair,
        "participants": list(review.participants),
        "packs": {"opening": pack_view(review.pack), "closing": pack_view(review.closing_pack)},
        "feedback_until": review.feedback_until and rfc3339(review.feedback_until),
        "feedback": feedback_view(review.feedback),
        "needs": [{"need": each.need, "revision": each.revision, "at": rfc3339(each.at)} for each in review.needs],
        "comments": [
            {"number": each.number, "party": each.party, "by": each.by, "text": each.text, "at": rfc3339(each.at)}
            for each in review.comments
        ],
        "decisions": [decision_view(each) for each in review.decisions],
        "closed_by": review.closed_by,
        "closing_party": review.closing_party,
        "conclusion": review.conclusion,
    }


def feedback_view(answers: Sequence[Answer]) -> dict[str, Any]:
    """Each answer, and all of them together: `csat` is 1 to 5 by service, `nps` -100 to 100."""
    together = heard(answers, (each.need for answer in answers for each in answer.needs))
    return {
        "count": together.count,
        "csat": [{"service": each.service, "count": each.count, "mean": each.mean} for each in together.rated],
        "nps": None if together.score is None else {"score": together.score, "count": together.promoted},
        "needs": [{"need": need, "met": yes, "unmet": no} for need, yes, no in together.needs],
        "answers": [
            {
                "respondent": each.respondent, "csat": {mark.service: mark.mark for mark in each.marks},
                "nps": each.recommend, "words": each.words,
                "needs": [{"need": met.need, "met": met.met, "words": met.words} for met in each.needs],
                "by": each.by, "at": rfc3339(each.at),
            }
            for each in answers
        ],
    }  # fmt: skip


def pack_view(frozen: Frozen | None) -> dict[str, Any] | None:
    return None if frozen is None else {"hash": frozen.hash, "at": rfc3339(frozen.at)}


def decision_view(decision: Decision) -> dict[str, Any]:
    return {
        "number": decision.number, "text": decision.text, "owner": decision.owner, "due": decision.due,
        "party": decision.party, "by": decision.by, "at": rfc3339(decision.at),
        "amendment": None if decision.amendment is None else amendment_view(decision.amendment),
    }  # fmt: skip


def amendment_view(amendment: Amendment) -> dict[str, Any]:
    """`version` is null until it was drafted; `proposal` too, where it became a draft of its own."""
    return {
        "changes": [{"clause": each.clause, each.how: each.body} for each in amendment.changes],
        "words": list(amendment.words),
        "words_id": list(amendment.told("id")),
        "backtest": amendment.backtest,
        "suggestions": [suggestion_view(each) for each in amendment.behind],
        "version": amendment.version,
        "proposal": amendment.proposal,
    }


def suggestion_view(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "objective": suggestion.objective, "target": suggestion.target, "unit": suggestion.unit,
        "suggested": suggestion.suggested, "how": suggestion.how, "judged": suggestion.judged,
        "missed": suggestion.missed, "would_miss": suggestion.would_miss, "reason": suggestion.reason,
    }  # fmt: skip


def calendar_view(calendar: Calendar | None) -> dict[str, Any]:
    opens_at = None if calendar is None else calendar.opens_at
    return {
        "meeting": None if calendar is None else calendar.meeting,
        "opens_at": None if opens_at is None else rfc3339(opens_at.astimezone(UTC)),
        "reviews": 0 if calendar is None else calendar.opened,
    }
