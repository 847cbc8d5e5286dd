"""What business hours come to, day by day: as clocks show it, also where these change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sepakat_shared import previews
from sepakat_shared.contracts.texts import Calendar


def calendar(zone: str = "Europe/Berlin", **changes: Any) -> Calendar:
    given = {"id": "office", "timeZone": zone, "weekly": {"mon-sun": ["00:00-04:00", "08:00-24:00"]}, **changes}
    return Calendar.model_validate(given)


def lasting(calendar: Calendar, day: date) -> list[timedelta]:
    [found] = previews.preview(calendar, day, 1)
    return [each.lasts for each in found.openings]


def test_hours_over_a_clock_change_are_as_long_as_they_really_are() -> None:
    hours = [timedelta(hours=n) for n in (4, 16)]
    assert lasting(calendar(), date(2026, 3, 28)) == hours
    assert lasting(calendar(), date(2026, 3, 29)) == [timedelta(hours=3), hours[1]]
    assert lasting(calendar(), date(2026, 10, 25)) == [timedelta(hours=5), hours[1]]
    assert lasting(calendar("Australia/Lord_Howe"), date(2026, 4, 5)) == [timedelta(hours=4, minutes=30), hours[1]]


def test_a_day_that_clocks_skip_has_no_hours_and_a_day_with_another_length_is_marked() -> None:
    days = previews.preview(calendar("Pacific/Apia"), date(2011, 12, 29), 3)
    assert [(len(each.openings), each.is_short_or_long) for each in days] == [(2, False), (0, True), (2, False)]


def test_holidays_of_the_country_are_closed_and_so_is_what_was_added_unless_it_was_removed() -> None:
    given = {"country": "ID", "add": ["2026-08-18"], "remove": ["2026-12-25"]}
    found = calendar("Asia/Jakarta", holidays=given)

    def closed(day: date) -> bool:
        [shown] = previews.preview(found, day, 1)
        assert shown.is_holiday is not bool(shown.openings)
        return shown.is_holiday

    assert [closed(date(2026, *each)) for each in ((8, 17), (8, 18), (8, 19), (12, 25))] == [True, True, False, False]


def test_the_next_opening_is_the_one_that_is_on_or_comes_next() -> None:
    office = calendar(weekly={"mon-fri": "08:00-17:00"}, holidays={"country": "DE"})
    good_friday_eve = datetime(2026, 4, 2, 15, tzinfo=UTC)  # five in the afternoon in Berlin
    found = previews.next_opening(office, good_friday_eve)
    assert found is not None and found.start.isoformat() == "2026-04-07T08:00:00+02:00", "after Easter Monday"
    during = previews.next_opening(office, good_friday_eve - timedelta(milliseconds=1))
    assert during is not None and during.start.isoformat() == "2026-04-02T08:00:00+02:00"
    assert previews.next_opening(office, good_friday_eve, within=2) is None
