"""Back-tests by the services as people and scripts ask for them on the command line."""

import json
from typing import Any

import pytest
from stand import Asked, Run, Stand, answer

PATH = "/v1/agreements/toko-checkout/backtests"
PERIOD: dict[str, Any] = {
    "start": "2026-08-31T17:00:00.000Z", "end": "2026-09-30T17:00:00.000Z", "attainment": "99.9500", "value": None,
    "unit": None, "met": True, "state": "met", "coverage": "100.0000", "budget": None, "credit": None,
    "permitted_loss": "2592.000", "permitted_cost": {"amount": "28800000.00", "currency": "IDR"},
}  # fmt: skip
TOTALS: dict[str, Any] = {"periods": 1, "judged": 1, "missed": 0, "unverified": 0, "no_data": 0, "credits": None,
                          "strictest_target": "99.9500"}  # fmt: skip
TRIED: dict[str, Any] = {"objective": "availability", "indicator": "nusantara/checkout-state", "target": "99.9",
                         "unit": None, "reason": None, "approximate": False, "periods": [PERIOD],
                         "totals": TOTALS}  # fmt: skip
REQUESTED: dict[str, Any] = {
    "backtest": "b1", "agreement": "toko-checkout", "state": "requested", "start": "2025-11-03T09:00:00.000Z",
    "end": "2026-11-03T09:00:00.000Z", "reason": None, "objectives": None,
}  # fmt: skip
COMPLETED = {**REQUESTED, "state": "completed", "objectives": [TRIED]}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sepakat_cli.commands.backtest._LOOK_EVERY", 0)


def test_the_answer_is_waited_for(stand: Stand, run: Run) -> None:
    answers = iter([REQUESTED, COMPLETED])

    def next_one(_asked: Asked) -> Any:
        return answer(next(answers))

    stand.on("POST", PATH, answer(REQUESTED, 202))
    stand.on("GET", f"{PATH}/b1", next_one)
    told = run("agreements", "backtest", "toko-checkout", "--proposal", "1", "--objective", "availability",
               "--start", "2026-01-01T00:00:00+07:00")  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "43 min 12 s  28800000.00 IDR" in told.stdout
    [asked] = stand.of("POST", PATH)
    assert asked.json == {"version": None, "proposal": 1, "objectives": ["availability"],
                          "start": "2026-01-01T00:00:00+07:00", "end": None}  # fmt: skip
    assert len(stand.of("GET", f"{PATH}/b1")) == 2


def test_one_that_was_asked_for_before_is_read_again(stand: Stand, run: Run) -> None:
    stand.on("GET", f"{PATH}/b1", answer(COMPLETED))
    told = run("agreements", "backtest", "toko-checkout", "--show", "b1", "--json")
    assert json.loads(told.stdout) == COMPLETED
    assert stand.of("POST", PATH) == []


def test_one_that_failed_says_why(stand: Stand, run: Run) -> None:
    failed = {**REQUESTED, "state": "failed", "reason": "/start: that comes to more than one event can tell"}
    stand.on("POST", PATH, answer(failed, 202))
    told = run("agreements", "backtest", "toko-checkout")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "/start: that comes to more than one event can tell" in told.stderr


def test_one_that_is_not_answered_in_time_says_how_to_read_it(stand: Stand, run: Run) -> None:
    stand.on("POST", PATH, answer(REQUESTED, 202))
    told = run("agreements", "backtest", "toko-checkout", "--within", "0")
    assert told.exit_code == 4
    assert "sepakat agreements backtest toko-checkout --show b1" in told.stderr
