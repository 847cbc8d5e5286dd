"""Judging beside batches: how long it may take after one, so that heartbeats and checkpoints have their turn."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import AsyncMock, MagicMock

import pytest

from sepakat_metrics import assessment
from sepakat_metrics.assessment import Assessment
from sepakat_metrics.events import Fact
from sepakat_shared.clock import ManualClock, SystemClock


@pytest.mark.parametrize(("idle", "judged"), [(0.1, 1), (1.0, 2), (2.0, 4), (3600.0, 4)])
async def test_a_batch_after_an_idle_hour_is_judged_no_longer_than_one_after_a_second(
    monkeypatch: pytest.MonkeyPatch, idle: float, judged: int
) -> None:
    now = 1000.0
    monkeypatch.setattr(assessment, "monotonic", lambda: now)
    judging = Assessment(MagicMock(), MagicMock(), MagicMock(), MagicMock(), SystemClock(), "http://x")
    left = {f"p/i{i}": Fact(f"p/i{i}", "/p", str(i), 0, "ratio", ((0, 1, 1),)) for i in range(1000)}

    async def judge(indicator: str) -> None:
        nonlocal now
        now += 0.0250001
        judging._dirty.pop(indicator)

    monkeypatch.setattr(judging, "_assess", judge)
    judging._known |= set(left)
    now += idle
    await judging.on_folded(left, set())
    assert len(left) - len(judging._dirty) == judged


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
        judging._at(indicator, clock.now() + timedelta(seconds=0.3))

    monkeypatch.setattr(judging, "_assess", judge)
    for indicator in (*waiting, "p/other"):
        judging._at(indicator, clock.now())
    while len(judged) < len(waiting):
        await judging._assess_due()
        clock.advance(timedelta(seconds=0.1))
    assert set(judged[: len(waiting)]) == waiting
