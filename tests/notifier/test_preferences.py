"""How people want to be told, and what of it is theirs to choose: all of it pure."""

from datetime import UTC, datetime, time, timedelta

import pytest
from facts import NAMES, NOW, dispute, every_fact, incident, objective
from hypothesis import given
from hypothesis import strategies as st

from sepakat_notifier import letters
from sepakat_notifier import preference as domain
from sepakat_notifier.directory import Reader
from sepakat_notifier.preference import LeaveOut, Preference, QuietHours, Tell, Vacation
from sepakat_notifier.routing import asks_to_acknowledge
from sepakat_shared.contracts import compliance, disputes, incidents

NIGHT = QuietHours(time(22), time(7), "Asia/Jakarta")
EVENING, MORNING = datetime(2026, 11, 24, 16, tzinfo=UTC), datetime(2026, 11, 25, 0, tzinfo=UTC)
"""23:00 and 07:00 in Jakarta."""
AWAY = Vacation(NOW - timedelta(days=1), NOW + timedelta(days=1), "ana")
RESOLVED = incident(incidents.IncidentResolved, priority="P3")


def rina(**chosen: object) -> Preference:
    return Preference("nusantara", "rina", **chosen)  # type: ignore[arg-type]


def test_news_wait_for_the_end_of_the_night_and_what_is_gravest_does_not() -> None:
    assert domain.told(rina(quiet=NIGHT), RESOLVED, EVENING) == [Tell("rina", MORNING)]
    assert domain.told(rina(quiet=NIGHT), RESOLVED, MORNING) == [Tell("rina")]
    grave = incident(incidents.IncidentResolved, priority="P1")
    assert domain.told(rina(quiet=NIGHT), grave, EVENING) == [Tell("rina")]
    strict = QuietHours(time(22), time(7), "Asia/Jakarta", but_highest=False)
    assert domain.told(rina(quiet=strict), grave, EVENING) == [Tell("rina", MORNING)]
    asked = incident(incidents.IncidentEscalated, priority="P3")
    assert domain.told(rina(quiet=strict), asked, EVENING) == [Tell("rina")], "a ladder does not wait for the morning"


def test_quiet_hours_are_by_the_wall_clock_also_over_a_change_of_it() -> None:
    night = QuietHours(time(22), time(7), "Europe/Berlin")
    before_the_change = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)
    assert domain.quiet_until(night, before_the_change) == datetime(2026, 10, 25, 6, tzinfo=UTC)
    noon = QuietHours(time(12), time(13), "UTC")
    assert domain.quiet_until(noon, datetime(2026, 1, 1, 12, tzinfo=UTC)) == datetime(2026, 1, 1, 13, tzinfo=UTC)
    assert domain.quiet_until(noon, datetime(2026, 1, 1, 13, tzinfo=UTC)) is None


@given(
    begin=st.times(), end=st.times(), zone=st.sampled_from(["UTC", "Asia/Jakarta", "Europe/Berlin"]),
    minutes=st.integers(0, 527_040),
)  # fmt: skip
def test_quiet_hours_end_within_a_day_and_are_over_then(begin: time, end: time, zone: str, minutes: int) -> None:
    quiet, now = QuietHours(begin, end, zone), NOW + timedelta(minutes=minutes)
    until = domain.quiet_until(quiet, now)
    if until is not None:
        assert now < until <= now + timedelta(hours=25)


def test_news_below_the_least_that_is_wanted_are_left_out_and_say_why() -> None:
    [left_out] = domain.told(rina(minimum_priority="P2"), RESOLVED, NOW)
    assert left_out == LeaveOut("rina", "P3 is below P2, the least that is wanted")
    assert domain.told(rina(minimum_priority="P3"), RESOLVED, NOW) == [Tell("rina")]
    assert domain.told(rina(minimum_priority="P1"), objective(compliance.ObjectiveAtRisk), NOW) == [Tell("rina")]


def test_what_is_owed_or_asks_to_act_comes_to_whoever_muted_everything() -> None:
    muted = rina(muted=True, minimum_priority="P1")
    for fact in every_fact():
        is_told = domain.told(muted, fact, NOW) == [Tell("rina")]
        assert is_told != domain.may_be_left_out(fact), fact.type
    for owed in (objective(), dispute(disputes.DisputeRaised), incident(incidents.IncidentEscalated),
                 objective(compliance.PeriodClosed), incident(incidents.PauseRequested)):  # fmt: skip
        assert not domain.may_be_left_out(owed)
    assert not any(domain.may_be_left_out(fact) for fact in every_fact() if asks_to_acknowledge(fact.type))


def test_who_is_on_vacation_has_a_delegate_and_hears_of_what_is_owed_all_the_same() -> None:
    away = rina(vacation=AWAY)
    assert domain.told(away, RESOLVED, NOW) == [
        Tell("ana"), LeaveOut("rina", "on vacation; ana is told instead")
    ]  # fmt: skip
    assert domain.told(away, incident(incidents.IncidentEscalated), NOW)[0] == Tell("ana")
    assert domain.told(away, objective(), NOW) == [Tell("ana"), Tell("rina")]
    assert domain.told(away, RESOLVED, AWAY.end) == [Tell("rina")]


def test_unsubscribing_twice_is_as_once_and_keeps_what_else_was_said() -> None:
    [muted] = domain.mute(None, "nusantara", "rina", True)
    state = domain.apply(None, muted)
    assert state.muted and domain.mute(state, "nusantara", "rina", True) == []
    assert domain.mute(None, "nusantara", "rina", False) == []
    chosen = domain.apply(state, *domain.choose(state, rina(quiet=NIGHT, muted=True)))
    again = domain.apply(chosen, *domain.mute(chosen, "nusantara", "rina", False))
    assert (again.muted, again.quiet) == (False, NIGHT)
    assert domain.choose(again, again) == []


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_letter_about_news_has_a_way_out_and_one_about_what_is_owed_has_none(language: str) -> None:
    reader = Reader("nusantara", "rina", "Rina", "rina@nusantara.example", language, "Asia/Jakarta")
    out = "https://sla.example/u/token"
    news = letters.compose(RESOLVED, reader, NAMES, None, out)
    assert out in news.text and f'href="{out}"' in news.html
    assert "/u/" not in letters.compose(objective(), reader, NAMES, None).html
