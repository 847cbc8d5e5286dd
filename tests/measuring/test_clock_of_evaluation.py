"""The instant that an indicator is judged at: lag is no outage, and what comes late is no way back."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sepakat_metrics.partition import Partition
from sepakat_shared.calendars import to_ms

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def partition(read_up_to: int, last_record_at: datetime | None = None) -> Partition:
    made = Partition("c/t/0", 0, 1000)
    made.pending.end = read_up_to
    made.last_record_ms = None if last_record_at is None else to_ms(last_record_at)
    return made


def test_nothing_is_judged_before_the_broker_has_told_whether_records_wait() -> None:
    assert partition(0).now(START, None) is None
    assert partition(0).now(START, 5) is None, "five records wait, and none has been read"


def test_with_all_read_it_is_the_wall_clock() -> None:
    assert partition(0).now(START, 0) == START
    assert partition(5, START - SECOND).now(START, 5) == START


def test_while_records_wait_it_is_the_time_of_the_last_one_read() -> None:
    assert partition(5, START - 60 * SECOND).now(START, 9) == START - 60 * SECOND
    assert partition(5, START + SECOND).now(START, 9) == START, "a broker whose clock is ahead"


def test_a_producer_whose_clock_is_years_ahead_does_not_make_lag_an_outage_for_ever() -> None:
    held = partition(5, START + timedelta(days=365))
    assert held.now(START, 9) == START
    held.pending.end, held.last_record_ms = 6, to_ms(START - SECOND)
    assert held.now(START + 60 * SECOND, 9) == START, "as far as was judged, and no further"


def test_a_record_that_has_just_come_takes_back_nothing_that_was_judged() -> None:
    """A state is repeated every five seconds: between its coming and its folding the last record is an old one."""
    held = partition(5, START - 5 * SECOND)
    assert held.now(START, 5) == START
    assert held.now(START + SECOND, 6) == START
    held.pending.end, held.last_record_ms = 6, to_ms(START + SECOND)
    assert held.now(START + 2 * SECOND, 6) == START + 2 * SECOND


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans(), st.integers(0, 60_000)), max_size=30))
def test_it_only_goes_on_and_never_past_the_wall_clock(steps: list[tuple[int, bool, int]]) -> None:
    held, wall, before = partition(0), START, None
    for ahead, reads, passes in steps:
        wall += timedelta(milliseconds=passes)
        highwater = held.pending.end + ahead
        if reads and ahead:
            held.pending.end, held.last_record_ms = highwater - 1, to_ms(wall - SECOND)
        now = held.now(wall, highwater)
        assert now is None or (now <= wall and (before is None or now >= before))
        before = now or before
