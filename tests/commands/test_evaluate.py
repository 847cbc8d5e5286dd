"""`sepakat evaluate` as a user runs it: files in, JSON out, and errors that name the place."""

import json
from pathlib import Path

import pytest
import yaml
from samples import agreement_dict
from typer.testing import CliRunner

from sepakat_cli.__main__ import app

KEYS = ["objective", "indicator", "period", "exact", "attainment", "value", "unit", "target", "met", "state",
        "coverage", "observed", "excluded_seconds", "unknown_seconds", "budget", "credit", "cases"]  # fmt: skip


def line(id: str, time: str, state: str) -> str:
    return json.dumps(
        {"specversion": "1.0", "id": id, "source": "/probe", "type": "sepakat.metric.state.v1", "time": time,
         "data": {"indicator": "nusantara/checkout-state", "state": state}}
    )  # fmt: skip


@pytest.fixture
def agreement(tmp_path: Path) -> str:
    path = tmp_path / "agreement.yaml"
    path.write_text(yaml.safe_dump(agreement_dict()))
    return str(path)


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    return tmp_path / "events.ndjson"


def test_it_prints_every_field_in_order(agreement: str, measured: Path) -> None:
    lines = [
        line("1", "2026-11-01T00:00:00+07:00", "up"),
        line("2", "2026-11-02T00:00:00+07:00", "down"),
        line("2", "2026-11-02T00:00:00+07:00", "down"),
        line("3", "2026-11-02T00:43:00+07:00", "up"),
    ]
    measured.write_text("\n".join(lines))
    result = CliRunner().invoke(
        app, ["evaluate", agreement, str(measured), "--as-of", "2026-11-30T23:59:59.999+07:00", "--json"]
    )
    assert result.exit_code == 0, result.output
    figure = json.loads(result.stdout)["objectives"][0]
    assert list(figure) == KEYS
    assert figure["attainment"] == "99.9005"
    assert figure["period"] == {"start": "2026-10-31T17:00:00.000Z", "end": "2026-11-30T17:00:00.000Z"}
    assert figure["budget"]["total"] == "2592.0000"


def test_a_period_of_ones_own_is_judged_instead_of_the_window(agreement: str, measured: Path) -> None:
    measured.write_text(line("1", "2026-11-01T00:00:00Z", "up") + "\n" + line("2", "2026-11-01T00:30:00Z", "down"))
    period = "2026-11-01T00:00:00Z/2026-11-01T01:00:00Z"
    arguments = ["evaluate", agreement, str(measured), "--period", period, "--as-of", "2026-11-01T01:00:00Z", "--json"]
    figure = json.loads(CliRunner().invoke(app, arguments).stdout)["objectives"][0]
    assert (figure["exact"], figure["state"]) == ("1/2", "breached")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "line 1: body"),
        (line("1", "2026-11-01T00:00:00Z", "gone"), "line 1: data.state"),
        (line("1", "yesterday", "up"), "line 1: time"),
        ("", "--as-of"),
    ],
)
def test_a_bad_file_ends_with_two_and_says_where(agreement: str, measured: Path, content: str, words: str) -> None:
    measured.write_text(content)
    result = CliRunner().invoke(app, ["evaluate", agreement, str(measured), "--json"])
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_a_measure_of_other_events_is_refused_by_name(tmp_path: Path, measured: Path) -> None:
    raw = agreement_dict()
    raw["objectives"][0] |= {"measure": "occurrences"}
    path = tmp_path / "agreement.yaml"
    path.write_text(yaml.safe_dump(raw))
    measured.write_text(line("1", "2026-11-01T00:00:00Z", "up"))
    result = CliRunner().invoke(app, ["evaluate", str(path), str(measured)])
    assert result.exit_code == 2
    assert "'occurrences' needs ratio events" in result.stderr
