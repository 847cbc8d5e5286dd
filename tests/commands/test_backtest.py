"""`sepakat backtest` as a user runs it: files in, each past period out, and a reason where nothing can be said."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from samples import agreement_dict
from typer.testing import CliRunner

from sepakat_cli.__main__ import app

STATE = "nusantara/checkout-state"


def state(id: int, time: str, told: str, indicator: str = STATE) -> str:
    return json.dumps(
        {"specversion": "1.0", "id": str(id), "source": "/probe", "type": "sepakat.metric.state.v1", "time": time,
         "data": {"indicator": indicator, "state": told}}
    )  # fmt: skip


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["backtest", *map(str, arguments)])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """September is whole and good, October has eight hours of outage, November is not over."""
    raw = agreement_dict()
    raw["needs"][0]["impact"] = {"cost": "40000000", "currency": "IDR", "per": "PT1H"}
    raw["objectives"] += [
        {"id": id, "indicator": indicator, "measure": measure, "target": "95", "window": {"calendar": "month"}}
        for id, indicator, measure in (("orders", STATE, "occurrences"), ("unseen", "nusantara/other", "time"))
    ]
    agreement, measured = tmp_path / "agreement.yaml", tmp_path / "events.ndjson"
    agreement.write_text(yaml.safe_dump(raw))
    lines = [
        state(1, "2026-09-01T00:00:00+07:00", "up"),
        state(2, "2026-10-05T00:00:00+07:00", "down"),
        state(3, "2026-10-05T08:00:00+07:00", "up"),
        state(4, "2026-11-05T00:00:00+07:00", "up"),
    ]
    measured.write_text("\n".join(lines))
    return agreement, measured


def test_every_whole_period_is_told_with_what_the_target_permits(files: tuple[Path, Path]) -> None:
    result = run(*files, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["agreement"], told["start"], told["end"]) == (
        "toko-checkout", "2026-08-31T17:00:00.000Z", "2026-11-04T17:00:00.000Z"
    )  # fmt: skip
    tried, orders, unseen = told["objectives"]
    assert [(each["attainment"], each["state"], each["permitted_loss"]) for each in tried["periods"]] == [
        ("100.0000", "met", "2592.000"), ("98.9247", "breached", "2678.400")
    ]  # fmt: skip
    assert tried["periods"][0]["permitted_cost"] == {"amount": "28800000.00", "currency": "IDR"}
    assert (tried["totals"]["missed"], tried["totals"]["strictest_target"]) == (1, "98.9247")
    assert tried["totals"]["credits"] == {"amount": "2500000", "currency": "IDR"}
    assert "'occurrences' needs ratio events" in orders["reason"]
    assert unseen["reason"] == "objective unseen: indicator: the file has no event of nusantara/other"


def test_a_table_says_it_to_people(files: tuple[Path, Path]) -> None:
    result = run(*files, "--objective", "availability", "--start", "2026-10-01T00:00:00+07:00")
    assert result.exit_code == 0, result.output
    header, october, empty, totals, sums = result.stdout.splitlines()
    assert header.split()[:3] == ["objective", "from", "until"]
    assert "-7 h 15 min of 44 min 38 s  44 min 38 s  29760000.00 IDR  10 % (2500000 IDR)" in october
    assert (empty, totals.split()[:2]) == ("", ["objective", "target"])
    assert sums.split() == ["availability", "99.9", "%", "1", "0", "1", "0", "0", "2500000", "IDR", "98.9247", "%"]
    assert "orders" not in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--objective", "speed"], "--objective: 'speed' is not an objective of that text"),
        (["--start", "2026-10-01"], "--start: '2026-10-01' is not an RFC 3339 instant"),
        (["--start", "2026-10-02T00:00:00Z", "--end", "2026-10-01T00:00:00Z"], "--start must be before --end"),
        (["--start", "2027-01-01T00:00:00Z"], "nothing lies between them and the first and last event"),
    ],
)
def test_what_can_not_be_tried_is_refused_with_the_option(
    files: tuple[Path, Path], options: list[str], said: str
) -> None:
    result = run(*files, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_file_without_events_says_so(files: tuple[Path, Path]) -> None:
    files[1].write_text("")
    result = run(*files)
    assert (result.exit_code, "there is no event" in result.stderr) == (2, True)


def test_where_no_period_is_whole_nothing_is_judged(files: tuple[Path, Path]) -> None:
    result = run(*files, "--end", "2026-09-20T00:00:00Z")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no whole period of any objective lies in that time" in result.stderr
