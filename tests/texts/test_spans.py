"""Calendar time as texts write it."""

from datetime import date

import pytest

from sepakat_shared.spans import LAST_DAY, counts, later, months_later, unit_of


@pytest.mark.parametrize(
    ("day", "span", "then"),
    [
        (date(2026, 1, 31), "P1M", date(2026, 2, 28)),
        (date(2027, 12, 31), "P2M", date(2028, 2, 29)),
        (date(2028, 2, 29), "P1Y", date(2029, 2, 28)),
        (date(2026, 11, 24), "P1Y1M1W1D", date(2028, 1, 1)),
        (date(2026, 11, 24), "P0D", date(2026, 11, 24)),
    ],
)
def test_a_span_ends_on_the_same_day_of_the_month_or_its_last(day: date, span: str, then: date) -> None:
    assert later(day, span) == then


@pytest.mark.parametrize("span", ["P99999Y", "P9000000D", "P3650000000D", f"P{'9' * 5_000}M"])
def test_what_no_calendar_reaches_is_taken_to_be_at_its_end(span: str) -> None:
    assert later(date(2026, 11, 24), span) == LAST_DAY


def test_what_is_no_span_is_refused() -> None:
    with pytest.raises(ValueError, match="PT5M"):
        counts("PT5M")
    with pytest.raises(OverflowError):
        months_later(date(8999, 12, 1), 1)


@pytest.mark.parametrize(
    ("unit", "first", "following"),
    [
        ("day", date(2026, 12, 31), date(2027, 1, 1)),
        ("week", date(2026, 12, 28), date(2027, 1, 4)),
        ("month", date(2026, 12, 1), date(2027, 1, 1)),
        ("quarter", date(2026, 10, 1), date(2027, 1, 1)),
        ("year", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_a_unit_is_of_the_wall_calendar(unit: str, first: date, following: date) -> None:
    assert unit_of(unit, date(2026, 12, 31)) == (first, following)
