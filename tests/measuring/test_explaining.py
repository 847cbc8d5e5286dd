"""Figures over a long time are made beside the event loop, and over no longer a time than can be answered."""

import base64
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from samples import agreement

from sepakat_metrics import attainment, evidence
from sepakat_metrics.archive import Archive, Stored
from sepakat_metrics.attainment import Attainments
from sepakat_metrics.buckets import Delta
from sepakat_metrics.packs import Packs
from sepakat_metrics.parts import Version
from sepakat_metrics.settings import MetricsSettings
from sepakat_metrics.terms import Adjustments
from sepakat_shared.auth import Principal
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import ManualClock
from sepakat_shared.errors import Invalid, NotFound

CLOCK = ManualClock(datetime(2026, 11, 24, tzinfo=UTC))
OPERATOR = Principal("op", None, frozenset({"operator"}), frozenset())
NOVEMBER = "2026-11-01/2026-11-15"


class NothingStored(Archive):
    def __init__(self) -> None:
        super().__init__(MagicMock())

    async def stored(self, indicator: str, since: int | None = None, until: int | None = None) -> Stored:
        return Stored(indicator, [], [], "9999-12-31")

    async def days(self, indicator: str, since: int | None = None, until: int | None = None) -> dict[str, Delta]:
        return {}


def attainments(rolling: str = "P28D") -> Attainments:
    text = agreement(
        needs=[], term={"from": "2026-01-01", "until": "2027-12-31", "timeZone": "UTC"},
        objectives=[{"id": "o", "indicator": "p/i", "measure": "time", "target": "99", "window": {"rolling": rolling}}],
    )  # fmt: skip
    version = Version("toko", 1, "sha256:1", to_ms(datetime(2026, 1, 1, tzinfo=UTC)), text)
    registry: Any = SimpleNamespace(agreements={"toko": [version]}, indicators={})
    corrections: Any = SimpleNamespace(of=lambda *_: Adjustments())
    return Attainments(MagicMock(), registry, corrections, NothingStored(), CLOCK)


def noting(threads: list[threading.Thread], work: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*given: Any) -> Any:
        threads.append(threading.current_thread())
        return work(*given)

    return noted


async def test_figures_explanations_and_evidence_are_made_beside_the_event_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[threading.Thread] = []
    for module, name in ((attainment, "evaluate"), (attainment, "losses"), (evidence, "pack")):
        monkeypatch.setattr(module, name, noting(threads, getattr(module, name)))
    asked = attainments()
    packs = Packs(MagicMock(), settings(), asked, NothingStored(), CLOCK)
    await packs.load()
    await asked.now(OPERATOR, "toko", "o", NOVEMBER)
    await asked.explained(OPERATOR, "toko", "o", NOVEMBER)
    await packs.of(OPERATOR, "toko", "o", NOVEMBER)
    assert len(threads) == 4
    assert threading.current_thread() not in threads


def settings() -> MetricsSettings:
    key = base64.b64encode(bytes(32)).decode()
    return MetricsSettings(kafka="127.0.0.1:1", mongo="mongodb://127.0.0.1:1", metrics_evidence_key=key)


async def test_nobody_may_ask_for_more_than_a_year_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        await attainments().explained(OPERATOR, "toko", "o", "2025-11-01/2026-11-03")
    assert [(each.pointer, each.rule) for each in refused.value.problems] == [
        ("/period", "may be 366 days long at most, or else a period of the objective")
    ]
    told = await attainments().explained(OPERATOR, "toko", "o", "2025-11-01/2026-11-02")
    assert told["period"] == {"start": "2025-11-01T00:00:00.000Z", "end": "2026-11-02T00:00:00.000Z"}


async def test_a_period_of_the_objective_may_be_longer() -> None:
    told = await attainments("P800D").explained(OPERATOR, "toko", "o", None)
    assert told["period"]["end"] == "2026-11-24T00:00:00.000Z"


async def test_what_is_not_there_is_named() -> None:
    asked = attainments()
    for id, objective, there in (("tokko", "o", "agreement 'tokko'"), ("toko", "p", "objective 'p'")):
        with pytest.raises(NotFound, match=f"there is no {there}"):
            await asked.explained(OPERATOR, id, objective, None)
