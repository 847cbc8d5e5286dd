"""What the customer's people say, and what it comes to together: all of it pure."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sepakat_agreements import feedback, holding
from sepakat_agreements.feedback import Answer, heard
from sepakat_agreements.handled import Handled
from sepakat_agreements.review import Frozen, Review, apply
from sepakat_document.pack import Mark, Met, Opinion
from sepakat_document.review_source import Rated
from sepakat_shared.errors import Conflict, Forbidden, Invalid

NOW = datetime(2026, 4, 6, tzinfo=UTC)
SERVICES, NEEDS, PEOPLE = ("checkout", "search"), ("sell-all-day",), ("budi", "dewi")


def answer(who: str = "budi", **changes: Any) -> Answer:
    return replace(Answer(who, (Mark("checkout", 4),), 9, None, (Met("sell-all-day", True),), "key", NOW), **changes)


def review(**changes: Any) -> Review:
    made = Review(
        "a.0001", "t", "a", 1, 1, "nusantara", "toko-maju", "cadence", NOW, NOW, "2026-04-10", NOW, NOW, "timer",
        Frozen("", "sha256:x", NOW),
    )  # fmt: skip
    return replace(made, **changes)


def test_every_answer_that_breaks_a_rule_is_told_with_all_of_them() -> None:
    bad = answer(marks=(Mark("mail", 3), Mark("search", 6)), needs=(Met("fly", True), Met("sell-all-day", True),
                                                                   Met("sell-all-day", False)))  # fmt: skip
    with pytest.raises(Invalid) as refused:
        feedback.check(bad, SERVICES, NEEDS, PEOPLE, "rina")
    assert [each.pointer for each in refused.value.problems] == [
        "/csat/mail", "/csat/search", "/needs/0/need", "/needs/2/need", "/contact",
    ]  # fmt: skip
    with pytest.raises(Invalid, match="says nothing"):
        feedback.check(answer(marks=(), recommend=None, words=None, needs=()), SERVICES, NEEDS, PEOPLE, None)
    feedback.check(answer(marks=(), recommend=0, needs=()), SERVICES, NEEDS, PEOPLE, "dewi")


def test_feedback_is_the_customers_and_the_last_word_of_each_counts() -> None:
    with pytest.raises(Forbidden, match="toko-maju"):
        holding.give_feedback(review(), "nusantara", answer(), SERVICES, NEEDS, None, PEOPLE)
    [given] = holding.give_feedback(review(), "toko-maju", answer(), SERVICES, NEEDS, None, PEOPLE)
    answers = feedback.with_answer((answer(), answer("dewi")), answer(recommend=2))
    assert [(each.respondent, each.recommend) for each in answers] == [("budi", 2), ("dewi", 9)]
    closed = review(closed_at=NOW)
    with pytest.raises(Conflict, match="never changes"):
        holding.give_feedback(closed, "toko-maju", answer(), SERVICES, NEEDS, None, PEOPLE)
    full = tuple(answer(str(i)) for i in range(feedback.MOST_ANSWERS))
    feedback.check_room(full, answer("0"))
    with pytest.raises(Conflict):
        feedback.check_room(full, answer("another"))
    assert given is not None


@pytest.mark.parametrize(
    ("given", "score"),
    [([9, 10], "100"), ([0, 6], "-100"), ([7, 8], "0"), ([10, 6, 8], "0"), ([10, 10, 3], "33"), ([9, 3, 3], "-33")],
)
def test_the_net_promoter_score_is_promoters_less_detractors(given: list[int], score: str) -> None:
    together = heard([answer(str(i), recommend=each) for i, each in enumerate(given)], NEEDS)
    assert (together.score, together.promoted) == (score, len(given))


def test_marks_words_and_needs_are_told_together_with_those_of_incidents() -> None:
    opinion = Opinion("I-1", (Mark("checkout", 1),), None, "an hour is long", (Met("sell-all-day", False, "not at 9"),))
    other = answer("dewi", marks=(Mark("checkout", 5), Mark("search", 2)), words="good", recommend=None, needs=())
    together = heard([answer(), other, opinion], NEEDS)
    assert together.count == 3
    assert together.rated == (Rated("checkout", 3, "3.33"), Rated("search", 1, "2.00"))
    assert together.needs == (("sell-all-day", 1, 1),)
    assert together.words == ("good", "an hour is long", "not at 9")
    assert heard([], NEEDS).score is None


def test_an_incident_is_spoken_of_when_it_is_over() -> None:
    incident = Handled(
        "i.1", "I-1", "a", "nusantara", "toko-maju", "checkout", {"en": "down"}, "P1", NOW, NOW, resolved_at=NOW
    )
    [given] = feedback.of_incident(None, incident, "toko-maju", answer())
    assert feedback.apply(None, given).answers == (answer(),)
    with pytest.raises(Conflict, match="not over yet"):
        feedback.of_incident(None, replace(incident, resolved_at=None), "toko-maju", answer())
    with pytest.raises(Forbidden):
        feedback.of_incident(None, incident, "nusantara", answer())


def test_a_need_that_changed_is_noted_once_for_each_revision() -> None:
    state = review()
    [noted] = holding.note_need(state, "toko-maju", "a.toko-maju.sell", 2, NOW)
    state = apply(state, noted)
    assert holding.note_need(state, "toko-maju", "a.toko-maju.sell", 2, NOW) == []
    [again] = holding.note_need(state, "toko-maju", "a.toko-maju.sell", 3, NOW)
    assert [each.revision for each in apply(state, again).needs] == [3]
    with pytest.raises(Forbidden):
        holding.note_need(state, "nusantara", "a.toko-maju.sell", 3, NOW)
