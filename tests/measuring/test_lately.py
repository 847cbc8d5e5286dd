"""Keeping up with other instances asks for what was written lately, and for all of it once a minute."""

from datetime import UTC, datetime, timedelta

from sepakat_metrics.lately import Lately
from sepakat_shared.clock import ManualClock

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def test_everything_is_asked_for_until_it_was_read_and_then_once_a_minute() -> None:
    clock = ManualClock(NOON)
    lately = Lately(clock, "at")
    assert [lately.query(), lately.query(), lately.has_read] == [{}, {}, False], "a reading may fail"
    clock.advance(2 * SECOND)
    lately.was_read({})
    assert lately.has_read
    clock.advance(57 * SECOND)
    recent = lately.query()
    assert recent == {"at": {"$gte": clock.now() - MINUTE}}
    lately.was_read(recent)
    clock.advance(SECOND)
    assert lately.query() == {}, "a minute after it was asked for, not after it was read"
