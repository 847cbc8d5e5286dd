"""What is looked at before anything is committed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from unittest.mock import MagicMock

import pytest

from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.errors import Conflict


@dataclass(frozen=True)
class Set:
    at: datetime


@dataclass(frozen=True)
class Alarm:
    at: datetime


ALARM: Kind[Alarm, Set] = Kind(
    "alarm", Alarm, (Set,), lambda _state, event: Alarm(event.at),
    lambda state: {"due_at": state.at + timedelta(milliseconds=1)}, lambda _event, _state: [],
)  # fmt: skip


def at_the_end_of_all_calendars(_state: Alarm | None, _now: datetime) -> Sequence[Set]:
    return [Set(datetime.max.replace(tzinfo=UTC))]


async def test_what_leads_to_a_state_that_cannot_be_written_is_not_committed() -> None:
    db = MagicMock()
    alarms = Aggregates(Commits(db, SystemClock()), ALARM)
    with pytest.raises(Conflict, match="beyond all calendars"):
        await alarms.execute("a", at_the_end_of_all_calendars, by="x", new=True)
    assert not db["commits"].method_calls
