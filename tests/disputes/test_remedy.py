"""What is a part of what: for any remedies whatever."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sepakat_incidents.remedy import NOTHING, Adjustment, Remedy, exceeds

START = datetime(2026, 11, 1, tzinfo=UTC)
MINUTES = st.integers(0, 120)


@st.composite
def adjustments(draw: st.DrawFn) -> Adjustment:
    kind = draw(st.sampled_from(["exclusion", "downtime", "events", "case-time"]))
    start = START + timedelta(minutes=draw(MINUTES))
    if kind == "events":
        good = draw(st.integers(0, 50))
        return Adjustment("events", (), start, good=good, total=good + draw(st.integers(1, 50)))
    if kind == "case-time":
        seconds = draw(st.integers(-600, 600).filter(bool))
        return Adjustment("case-time", ticket=draw(st.sampled_from(["a", "b"])), seconds=seconds)
    return Adjustment(kind, (), start, start + timedelta(minutes=draw(st.integers(1, 60))))  # type: ignore[arg-type]


REMEDIES = st.lists(adjustments(), max_size=4).map(lambda each: Remedy(tuple(each)))


def one_way(remedy: Remedy) -> bool:
    """Whether no ticket is both given and taken from: what such a remedy comes to is less than its parts."""
    signs = {(each.ticket, each.seconds > 0) for each in remedy.adjustments if each.kind == "case-time"}
    return len(signs) == len({ticket for ticket, _ in signs})


@given(REMEDIES)
def test_nothing_and_the_whole_are_parts_of_it(asked: Remedy) -> None:
    assert not exceeds(NOTHING, asked, None)
    assert not exceeds(asked, asked, None)


@given(REMEDIES.filter(one_way), st.data())
def test_what_leaves_something_out_is_a_part_and_what_adds_a_day_is_not(asked: Remedy, data: st.DataObject) -> None:
    left = tuple(each for each in asked.adjustments if data.draw(st.booleans()))
    assert not exceeds(Remedy(left), asked, None)
    day = Adjustment("exclusion", (), START + timedelta(days=9), START + timedelta(days=10))
    assert exceeds(Remedy((*left, day)), asked, None)


@given(REMEDIES, REMEDIES, REMEDIES)
def test_a_part_of_a_part_is_a_part(first: Remedy, second: Remedy, third: Remedy) -> None:
    if not exceeds(first, second, None) and not exceeds(second, third, None):
        assert not exceeds(first, third, None)


def test_words_that_are_blank_are_nothing_to_settle_for() -> None:
    assert Remedy(terms=" \n").is_empty
    assert not Remedy(terms="by nine").is_empty
