"""When an agreed time ends, whose turn it is, and which days count."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import agreement

from sepakat_incidents import procedure as domain
from sepakat_incidents.procedure import Procedure

WEDNESDAY = datetime(2026, 11, 25, 8, tzinfo=UTC)
OFFICE = {"id": "office", "timeZone": "Asia/Jakarta", "weekly": {"mon-fri": "08:00-17:00"},
          "holidays": {"country": "ID", "add": ["2026-11-27"]}}  # fmt: skip
STEPS = [
    {"by": "provider", "answerWithin": "P5D", "otherwise": "upheld"},
    {"by": "both", "settleWithin": "P10D", "otherwise": "next"},
    {"by": "mediator", "decideWithin": "P20D", "contact": "mediator", "otherwise": "forum"},
]


def agreed(**changes: Any) -> Procedure:
    disputes = {"raiseWithin": "P30D", "days": "business", "calendar": "office", "steps": STEPS, "forum": "BANI"}
    found = domain.procedure_of(agreement(calendars=[OFFICE], disputes={**disputes, **changes}))
    assert found is not None
    return found


def local(deadline: datetime) -> str:
    return (deadline + timedelta(hours=7)).strftime("%Y-%m-%d %H:%M")


def test_business_days_are_those_of_the_calendar_and_the_first_day_does_not_count() -> None:
    # Thursday; not Friday, which is a holiday of theirs, nor the weekend; Monday to Wednesday; Thursday.
    assert local(domain.deadline(agreed(), "P5D", WEDNESDAY)) == "2026-12-04 00:00"


def test_calendar_days_end_at_midnight_where_the_term_is_counted() -> None:
    procedure = agreed(days="calendar", calendar=None)
    assert local(domain.deadline(procedure, "P5D", WEDNESDAY)) == "2026-12-01 00:00"
    late_evening = datetime(2026, 11, 25, 16, 59, tzinfo=UTC)
    assert local(domain.deadline(procedure, "P1D", late_evening)) == "2026-11-27 00:00"
    assert local(domain.deadline(procedure, "P1D", late_evening + timedelta(minutes=1))) == "2026-11-28 00:00"


def test_months_end_with_the_month_and_weeks_are_seven_days() -> None:
    january = datetime(2026, 1, 31, 3, tzinfo=UTC)
    assert local(domain.deadline(agreed(days="calendar"), "P1M", january)) == "2026-03-01 00:00"
    assert local(domain.deadline(agreed(days="calendar"), "P1Y1M1W", january)) == "2027-03-08 00:00"


def test_a_calendar_without_business_days_ends_some_day_and_does_not_hang() -> None:
    procedure = domain.procedure_of(
        agreement(calendars=[{**OFFICE, "weekly": {}}],
                  disputes={"raiseWithin": "P1D", "days": "business", "calendar": "office"})
    )  # fmt: skip
    assert procedure is not None
    assert domain.deadline(procedure, "P1D", WEDNESDAY) > WEDNESDAY


def test_an_answer_is_never_asked_of_the_party_that_raised_the_dispute() -> None:
    turn = domain.first_turn(agreed(), "provider", WEDNESDAY)
    assert turn is not None and (turn.index, turn.step.act) == (1, "settle")
    turn = domain.first_turn(agreed(), "customer", WEDNESDAY)
    assert turn is not None and (turn.index, turn.step.by) == (0, "provider")


def test_after_the_last_step_there_is_none() -> None:
    assert domain.turn_after(agreed(), 2, "customer", WEDNESDAY) is None
    assert domain.first_turn(agreed(steps=[]), "customer", WEDNESDAY) is None


def test_a_step_that_says_no_time_is_none() -> None:
    assert agreed(steps=[{"by": "provider", "otherwise": "upheld"}]).steps == ()


def test_an_agreement_that_says_nothing_has_no_procedure() -> None:
    assert domain.procedure_of(agreement()) is None


def test_half_of_the_time_and_a_day_before_its_end_are_reminded_of() -> None:
    turn = domain.first_turn(agreed(), "customer", WEDNESDAY)
    assert turn is not None
    half, last_call = turn.reminders
    assert half - turn.began_at == turn.deadline - half
    assert turn.deadline - last_call == timedelta(days=1)
    short = domain.first_turn(
        agreed(days="calendar", steps=[{**STEPS[0], "answerWithin": "P1D"}]), "customer", WEDNESDAY
    )
    assert short is not None and len(short.reminders) == 1


@given(st.integers(0, 366 * 24 * 60), st.integers(0, 30))
def test_more_days_never_end_earlier_and_business_days_never_before_calendar_days(minutes: int, days: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    business, wall = agreed(), agreed(days="calendar")
    here = domain.deadline(business, f"P{days}D", at)
    assert here > at
    assert domain.deadline(business, f"P{days + 1}D", at) > here
    assert here >= domain.deadline(wall, f"P{days}D", at)


@pytest.mark.parametrize("within", ["5D", "PT1H", ""])
def test_what_is_no_span_is_refused(within: str) -> None:
    with pytest.raises(ValueError, match="span"):
        domain.deadline(agreed(), within, WEDNESDAY)


@pytest.mark.parametrize("within", ["P99999Y", "P9000000D", "P3650000000D"])
def test_a_time_that_no_calendar_reaches_ends_never(within: str) -> None:
    assert domain.deadline(agreed(days="calendar"), within, WEDNESDAY).year == 9000
