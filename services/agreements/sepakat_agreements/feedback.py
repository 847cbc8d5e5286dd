"""What the customer's people say of the service: marks, whether they would recommend it, words, whether needs are met.

Pure. It is given in a review, or of one incident once that is over. Whoever answers again has changed their mind.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from sepakat_agreements.handled import Handled
from sepakat_document.pack import Mark, Met, Opinion
from sepakat_document.review_source import Heard, Rated
from sepakat_shared.errors import Conflict, FieldProblem, Forbidden, Invalid

MOST_ANSWERS: Final = 500
"""People who answer in one review, or of one incident."""
_PROMOTES: Final = 9
_PASSIVE: Final = 7
"""Net promoter score: 9 and 10 promote, 7 and 8 are passive, whoever gives less detracts."""


@dataclass(frozen=True)
class Answer:
    """`respondent` is a contact of the customer, or the key that was used; `recommend` is 0 to 10."""

    respondent: str
    marks: tuple[Mark, ...]
    recommend: int | None
    words: str | None
    needs: tuple[Met, ...]
    by: str
    at: datetime


def check(
    answer: Answer, services: Collection[str], needs: Collection[str], people: Collection[str], contact: str | None
) -> None:
    """Raises Invalid with each field and its rule. `people` are the customer's contacts."""
    problems = [
        *(
            FieldProblem(f"/csat/{each.service}", f"{each.service!r} is no service of this agreement")
            for each in answer.marks if each.service not in services
        ),
        *(
            FieldProblem(f"/csat/{each.service}", "is a whole number from 1 to 5")
            for each in answer.marks if not 1 <= each.mark <= 5
        ),
        *(
            FieldProblem(f"/needs/{i}/need", f"{each.need!r} is no need of this agreement")
            for i, each in enumerate(answer.needs) if each.need not in needs
        ),
        *(
            FieldProblem(f"/needs/{i}/need", f"{each.need!r} was answered before")
            for i, each in enumerate(answer.needs) if each.need in [other.need for other in answer.needs[:i]]
        ),
    ]  # fmt: skip
    if contact is not None and contact not in people:
        problems.append(FieldProblem("/contact", f"{contact!r} is no contact of the customer"))
    if not answer.marks and answer.recommend is None and not answer.words and not answer.needs:
        problems.append(
            FieldProblem("", "says nothing: give a mark, a recommendation, words, or whether a need is met")
        )
    if problems:
        raise Invalid.of(problems)


def with_answer(answers: Sequence[Answer], answer: Answer) -> tuple[Answer, ...]:
    """The last one of each respondent, in the order in which they answered first."""
    if answer.respondent in [each.respondent for each in answers]:
        return tuple(answer if each.respondent == answer.respondent else each for each in answers)
    return (*answers, answer)


def heard(answers: Iterable[Answer | Opinion], needs: Iterable[str]) -> Heard:
    """All answers together; `needs` are in the order in which they are told."""
    answers = list(answers)
    by_service: dict[str, list[int]] = {}
    for answer in answers:
        for mark in answer.marks:
            by_service.setdefault(mark.service, []).append(mark.mark)
    recommending = [each.recommend for each in answers if each.recommend is not None]
    met = [each for answer in answers for each in answer.needs]
    return Heard(
        count=len(answers),
        rated=tuple(Rated(service, len(marks), _mean(marks)) for service, marks in sorted(by_service.items())),
        promoted=len(recommending),
        score=_score(recommending) if recommending else None,
        needs=tuple(
            (id, sum(each.met for each in of), sum(not each.met for each in of))
            for id in dict.fromkeys(needs) if (of := [each for each in met if each.need == id])
        ),
        words=tuple(
            words
            for answer in answers
            for words in (answer.words, *(each.words for each in answer.needs)) if words
        ),
    )  # fmt: skip


def _mean(marks: Sequence[int]) -> str:
    return f"{(Decimal(sum(marks)) / len(marks)).quantize(Decimal('0.01'), ROUND_HALF_EVEN):f}"


def _score(recommending: Sequence[int]) -> str:
    """Percent of promoters less percent of detractors, in whole numbers."""
    promoting = sum(each >= _PROMOTES for each in recommending)
    detracting = sum(each < _PASSIVE for each in recommending)
    score = (Decimal(promoting - detracting) * 100 / len(recommending)).quantize(Decimal(1), ROUND_HALF_EVEN)
    return f"{int(score)}"


# -- of an incident ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfIncident:
    """What was said of one incident; `asked_at` is when the customer's people were asked for it."""

    incident: str
    agreement: str
    provider: str
    customer: str
    answers: tuple[Answer, ...] = ()
    asked_at: datetime | None = None


@dataclass(frozen=True)
class IncidentFeedbackAsked:
    """`people` (`party/contact`) are asked until `answer_by` what they think of it."""

    incident: str
    number: str
    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: dict[str, str] | None
    service: str
    service_title: dict[str, str] | None
    title: dict[str, str]
    priority: str
    people: tuple[str, ...]
    answer_by: datetime
    at: datetime


@dataclass(frozen=True)
class IncidentFeedbackGiven:
    incident: str
    agreement: str
    provider: str
    customer: str
    answer: Answer


OfIncidentEvent = IncidentFeedbackAsked | IncidentFeedbackGiven


def apply(known: OfIncident | None, event: OfIncidentEvent) -> OfIncident:
    before = known or OfIncident(event.incident, event.agreement, event.provider, event.customer)
    if isinstance(event, IncidentFeedbackAsked):
        return replace(before, asked_at=event.at)
    return replace(before, answers=with_answer(before.answers, event.answer))


def of_incident(
    known: OfIncident | None, incident: Handled, party: str, answer: Answer
) -> Sequence[IncidentFeedbackGiven]:
    """Say something of an incident that is over. Raises Forbidden or Conflict."""
    check_party(party, incident.customer)
    if incident.is_open:
        raise Conflict(f"incident {incident.number} is not over yet; say what you think of it when it is")
    check_room(known.answers if known else (), answer)
    return [
        IncidentFeedbackGiven(incident.id, incident.agreement, incident.provider, incident.customer, answer)
    ]  # fmt: skip


def check_party(party: str, customer: str) -> None:
    """Raises Forbidden."""
    if party != customer:
        raise Forbidden(f"feedback is for the people of {customer!r}, the customer")


def check_room(answers: Sequence[Answer], answer: Answer) -> None:
    """Raises Conflict."""
    if len(with_answer(answers, answer)) > MOST_ANSWERS:
        raise Conflict(f"{MOST_ANSWERS} people have answered, which is the most")
