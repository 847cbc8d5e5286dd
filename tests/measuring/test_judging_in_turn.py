"""Judging beside batches: how long it may take after one, so that heartbeats and checkpoints have their turn."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import AsyncMock, MagicMock

import pytest

from sepakat_metrics import assessment
from sepakat_metrics.assessment import Assessment
from sepakat_metrics.events import Fact
from sepakat_metrics.pace import Allowance
from sepakat_shared.clock import ManualClock, SystemClock


class Judging:
    """An assessment by a clock of its own, of a thousand indicators that take 25 ms each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.judged = 0
        monkeypatch.setattr(assessment, "monotonic", lambda: self.now)
        self.assessment = Assessment(MagicMock(), MagicMock(), MagicMock(), MagicMock(), SystemClock(), "http://x")
        self.touched = {f"p/i{i}": Fact(f"p/i{i}", "/p", str(i), 0, "ratio", ((0, 1, 1),)) for i in range(1000)}
        self.assessment._known |= set(self.touched)
        monkeypatch.setattr(self.assessment, "_assess", self._judge)

    async def _judge(self, indicator: str) -> None:
        self.now += 0.0250001
        self.judged += 1
        self.assessment._dirty.pop(indicator)


@pytest.mark.parametrize("idle", [0.1, 1.0, 3600.0])
async def test_a_batch_after_an_idle_hour_is_judged_no_longer_than_one_after_a_second(
    monkeypatch: pytest.MonkeyPatch, idle: float
) -> None:
    judging = Judging(monkeypatch)
    judging.now += idle
    await judging.assessment.on_folded(judging.touched, set())
    assert judging.judged == 4


async def test_batches_that_never_end_are_judged_for_a_bounded_share_of_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judging = Judging(monkeypatch)
    begun = judging.now
    while judging.now < begun + 100:
        judging.now += 0.02
        await judging.assessment.on_folded(judging.touched, set())
    assert 0.09 < judging.judged * 0.0250001 / (judging.now - begun) < 0.12


def test_an_allowance_is_a_share_of_the_time_and_what_was_left_of_it() -> None:
    allowance = Allowance(share=0.25, most=1, now=0)
    assert allowance.left(100) == 1
    allowance.use(1.5)
    assert allowance.left(100) == -0.5
    assert allowance.wait(0.5, 100) == 4
    assert allowance.left(104) == 0.5
    assert allowance.wait(0.5, 104) == 0
    allowance.use(1000)
    assert allowance.left(104) == -1, "a database that was away for a quarter of an hour is not to be made up for"


async def test_none_is_judged_again_before_all_that_wait_were_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now, clock = 1000.0, ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    judged: list[str] = []
    monkeypatch.setattr(assessment, "monotonic", lambda: now)
    judging = Assessment(MagicMock(), MagicMock(), MagicMock(), MagicMock(), clock, "http://x")
    judging.ingestion = SimpleNamespace(owns=lambda id: id != "p/other", caught_up=True)  # type: ignore[assignment]
    monkeypatch.setattr(judging, "_know", AsyncMock())
    waiting = {f"p/i{i:03d}" for i in range(300)}

    async def judge(indicator: str) -> None:
        nonlocal now
        now += 0.004
        judged.append(indicator)
        judging._agenda.put(indicator, clock.now() + timedelta(seconds=0.3))

    monkeypatch.setattr(judging, "_assess", judge)
    for indicator in (*waiting, "p/other"):
        judging._agenda.put(indicator, clock.now())
    while len(judged) < len(waiting):
        await judging._assess_due()
        clock.advance(timedelta(seconds=0.1))
    assert set(judged[: len(waiting)]) == waiting
