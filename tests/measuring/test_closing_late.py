"""A period whose events are handed in when it should be closed already is closed when they have come, all of them."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from measuring.test_parts import FIRST, JANUARY, MIDDLE, OF

from sepakat_metrics import assessment
from sepakat_metrics.assessment import Assessment
from sepakat_metrics.events import Fact
from sepakat_metrics.history import History
from sepakat_metrics.parts import part_at
from sepakat_shared.calendars import from_ms
from sepakat_shared.clock import ManualClock

SECOND = 1000


class Closing:
    """Of November, by a clock that stands in January; it closes what it judges."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = ManualClock(datetime(2026, 12, 31, tzinfo=UTC))
        self.assessment = Assessment(MagicMock(), MagicMock(), MagicMock(), MagicMock(), clock, "http://x")
        self.known, self.judged = History(), list[int]()
        monkeypatch.setattr(self.assessment, "_told", SimpleNamespace(last=AsyncMock(return_value=None)))
        monkeypatch.setattr(self.assessment, "_about", MagicMock())
        monkeypatch.setattr(self.assessment, "_judge", AsyncMock(return_value=[]))
        monkeypatch.setattr(assessment, "evaluate", self._evaluate)

    def _evaluate(self, _terms: Any, _history: History, at: int, _period: Any) -> Any:
        self.judged.append(at)
        return SimpleNamespace(holds=True)

    def tell(self, at: int) -> None:
        self.known.add(Fact(OF, "/p", str(at), at, "state", state="up", weight=1_000_000))

    async def look(self, seconds: int) -> float:
        """After that many seconds of January. Returns in how many it is to be looked at again."""
        part, at = part_at([FIRST], "o", MIDDLE), JANUARY + seconds * SECOND
        assert part is not None
        again, _ = await self.assessment._close(part, self.known, at, "time")
        return (again - from_ms(at)).total_seconds()


async def test_it_is_closed_when_nothing_more_was_told_of_it_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    closing = Closing(monkeypatch)
    closing.tell(MIDDLE)
    assert await closing.look(0) == 20
    closing.tell(MIDDLE + SECOND)
    assert await closing.look(15) == 20
    closing.tell(JANUARY + SECOND)
    assert await closing.look(30) == 5, "what is told of another period is of no concern"
    assert closing.judged == []
    await closing.look(35)
    assert closing.judged == [JANUARY + 35 * SECOND]


async def test_it_is_not_waited_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    closing = Closing(monkeypatch)
    for seconds in range(0, 3600, 10):
        closing.tell(MIDDLE + seconds)
        await closing.look(seconds)
    assert closing.judged == []
    closing.tell(MIDDLE + 3600)
    await closing.look(3600)
    assert closing.judged == [JANUARY + 3600 * SECOND]
