from datetime import UTC, datetime, timedelta

from sepakat_metrics.agenda import Agenda

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SOON, LATER = NOW - timedelta(seconds=2), NOW - timedelta(seconds=1)


def everybody(_indicator: str) -> bool:
    return True


def test_what_is_due_is_taken_the_soonest_first_and_no_more_than_asked() -> None:
    agenda = Agenda()
    for indicator, when in [("b", LATER), ("a", SOON), ("c", NOW), ("not-yet", NOW + timedelta(seconds=1))]:
        agenda.put(indicator, when)
    assert [each for _, each in agenda.take(NOW, 2, everybody)] == ["a", "b"]
    assert [each for _, each in agenda.take(NOW, 9, everybody)] == ["c"]
    assert agenda.soonest() == NOW + timedelta(seconds=1)


def test_of_each_indicator_the_last_entry_counts() -> None:
    agenda = Agenda()
    agenda.put("a", SOON)
    agenda.put("a", NOW + timedelta(seconds=1))
    assert not agenda.take(NOW, 9, everybody)
    assert list(agenda.take(NOW + timedelta(seconds=1), 9, everybody)) == [(NOW + timedelta(seconds=1), "a")]


def test_what_there_was_no_time_for_is_due_still_and_others_indicators_are_dropped() -> None:
    agenda = Agenda()
    agenda.put("mine", SOON)
    agenda.put("theirs", SOON)
    taken = agenda.take(NOW, 9, lambda indicator: indicator == "mine")
    assert list(taken) == [(SOON, "mine")]
    agenda.put_back(taken)
    assert list(agenda.take(NOW, 9, everybody)) == [(SOON, "mine")]
    assert agenda.soonest() is None
