"""`sepakat evaluate` as a user runs it: files in, JSON out, and errors that name the place."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from samples import agreement_dict
from typer.main import get_command
from typer.testing import CliRunner

from sepakat_cli.__main__ import app
from sepakat_cli.commands import evaluate
from sepakat_metrics import profiles

KEYS = ["objective", "indicator", "period", "exact", "attainment", "value", "unit", "target", "met", "state",
        "coverage", "observed", "excluded_seconds", "unknown_seconds", "budget", "credit", "cases"]  # fmt: skip


def event(kind: str, id: str, time: str, indicator: str, **data: Any) -> str:
    return json.dumps(
        {"specversion": "1.0", "id": id, "source": "/probe", "type": f"sepakat.metric.{kind}.v1", "time": time,
         "data": {"indicator": f"nusantara/{indicator}", **data}}
    )  # fmt: skip


def line(id: str, time: str, state: str) -> str:
    return event("state", id, time, "checkout-state", state=state)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


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


# -- as if it were another house's contract ----------------------------------------------------------------------------

MONTH = ("--period", "2026-11-01T00:00:00+07:00/2026-12-01T00:00:00+07:00", "--as-of", "2026-12-01T00:00:00+07:00")
OF_EVERY_KIND = [
    {"id": "availability", "indicator": "nusantara/checkout-state", "measure": "time", "target": "99.9"},
    {"id": "orders", "indicator": "nusantara/orders", "measure": "occurrences", "target": "99"},
    {"id": "p95", "indicator": "nusantara/latency", "measure": "percentile", "percentile": "95",
     "target": {"atMost": "1500", "unit": "ms"}},
    {"id": "recovery", "indicator": "nusantara/checkout-state", "measure": "mean",
     "clock": {"from": "down", "until": "up"}, "target": {"atMost": "PT1H"}},
    {"id": "mails", "indicator": "nusantara/mails", "measure": "time", "target": "99"},
]  # fmt: skip


@pytest.fixture
def every_kind(tmp_path: Path) -> str:
    """An agreement with 8 hours of maintenance, and an objective of each kind of figure."""
    windows = [{"id": "patch", "start": "2026-11-10T01:00:00+07:00", "duration": "PT8H"}]
    objectives = [{**each, "window": {"calendar": "month"}} for each in OF_EVERY_KIND]
    path = tmp_path / "every-kind.yaml"
    path.write_text(yaml.safe_dump(agreement_dict(objectives=objectives, needs=[], maintenance={"windows": windows})))
    return str(path)


@pytest.fixture
def month(measured: Path) -> Path:
    """43 minutes of outage; one order of four failed; latencies of 10 and 20 ms."""
    lines = [
        line("1", "2026-11-01T00:00:00+07:00", "up"),
        line("2", "2026-11-02T00:00:00+07:00", "down"),
        line("3", "2026-11-02T00:43:00+07:00", "up"),
        event("sample", "4", "2026-11-02T00:00:00+07:00", "orders", good=3, total=4),
        event("measurement", "5", "2026-11-02T00:00:00+07:00", "latency", values=[10, 20], unit="ms"),
    ]
    measured.write_text("\n".join(lines))
    return measured


def test_the_figure_by_another_house_stands_beside_the_agreements_own(every_kind: str, month: Path) -> None:
    own = json.loads(run(every_kind, month, *MONTH, "--json").stdout)["objectives"]
    both = json.loads(run(every_kind, month, *MONTH, "--as-if", "icinga", "--json").stdout)["objectives"]
    assert [{**each, "as_if": None} for each in own] == [{**each, "as_if": None} for each in both]
    assert all(list(each) == KEYS for each in own)
    availability = both[0]
    assert list(availability["as_if"]) == ["profile", *KEYS]
    assert (availability["attainment"], availability["met"]) == ("99.8993", False)
    other = availability["as_if"]
    assert (other["profile"], other["attainment"], other["met"]) == ("icinga", "99.9005", True)


def test_what_the_house_says_nothing_of_has_a_reason_and_the_others_a_figure(every_kind: str, month: Path) -> None:
    result = run(every_kind, month, *MONTH, "--as-if", "aws-s3", "--json")
    found = {each["objective"]: each["as_if"] for each in json.loads(result.stdout)["objectives"]}
    assert found["orders"]["exact"] == "34559/34560"
    assert {name: each["reason"] for name, each in found.items() if name != "orders"} == {
        "availability": "objective availability: aws-s3 measures ratio events, not state",
        "p95": "objective p95: aws-s3 measures ratio events, not measurement",
        "recovery": "objective recovery: aws-s3 measures ratio events, not state",
        "mails": "objective mails: nothing tells of what kind the events of its indicator are",
    }
    assert all(list(each) == ["profile", "reason"] for name, each in found.items() if name != "orders")
    assert result.exit_code == 0


def test_a_profile_that_nobody_knows_ends_with_two_and_the_names(agreement: str, month: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", agreement, str(month), "--as-if", "nagios"], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "'nagios' is not one of" in result.stderr
    for name in profiles.NAMES:
        assert f"'{name}'" in result.stderr


def test_the_names_of_profiles_are_completed(agreement: str) -> None:
    command = get_command(app).commands["evaluate"]  # type: ignore[attr-defined]
    option = next(each for each in command.params if each.name == "as_if")
    completed = option.shell_complete(command.make_context("evaluate", [agreement, "-"]), "aws")
    assert [each.value for each in completed] == ["aws-s3", "aws-ec2"]


# -- as a table --------------------------------------------------------------------------------------------------------


def test_the_table_shows_values_in_their_units_and_means_without_a_budget(every_kind: str, month: Path) -> None:
    result = run(every_kind, month, *MONTH)
    rows = {row.split()[0]: " ".join(row.split()[3:]) for row in result.stdout.splitlines()[1:]}
    assert rows == {
        "availability": "99.8993 % 99.9 % breached -16.8000 of 2563.2000 seconds",
        "orders": "75.0000 % 99 % breached -0.9600 of 0.0400 events",
        "p95": f"{rows['p95'].split()[0]} ms 1500 ms met 0.1000 of 0.1000 events",
        "recovery": "2580.0000 s 3600.000 s met no budget",
        "mails": "nothing observed 99 % no_data 0.0000 of 0.0000 seconds",
    }
    assert 19.8 <= float(rows["p95"].split()[0]) <= 20.2


def test_the_table_has_the_other_house_in_more_columns_and_says_why_it_has_none(every_kind: str, month: Path) -> None:
    result = run(every_kind, month, *MONTH, "--as-if", "icinga")
    head, availability, orders, *_ = result.stdout.splitlines()
    assert head.rstrip().endswith("as if icinga  state there")
    assert availability.split()[-3:] == ["99.9005", "%", "met"]
    assert orders.split()[-2:] == ["-", "-"]
    assert "objective orders: icinga measures state events, not ratio" in result.stderr


def test_it_says_why_a_figure_is_what_it_is(every_kind: str, month: Path) -> None:
    result = run(every_kind, month, *MONTH, "--explain")
    assert result.exit_code == 0, result.output
    steps = result.stdout.splitlines()
    assert any("of 2563200 = " in step and "99.899345 %, < 99.9000 %" in step for step in steps)
    [outage] = [step for step in steps if step.endswith("Z: down") and step.startswith("lost 2580.0000 seconds")]
    assert "from 2026-" in outage
    found = json.loads(run(every_kind, month, *MONTH, "--explain", "--json").stdout)["objectives"]
    assert all(each["explanation"][0].startswith(f"{each['objective']} measures ") for each in found)
    assert all(step in steps for each in found for step in each["explanation"])


# -- a long file -------------------------------------------------------------------------------------------------------


def bar(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> io.StringIO:
    shown = io.StringIO()
    monkeypatch.setattr(evaluate, "words", Console(file=shown, force_terminal=terminal, width=100))
    monkeypatch.setattr(evaluate, "_TOLD_EVERY", 1)
    return shown


def test_a_long_file_is_read_with_a_bar_on_a_terminal_alone(
    agreement: str, month: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = bar(monkeypatch, terminal=True)
    short = run(agreement, month, *MONTH, "--json").stdout
    assert shown.getvalue() == ""
    monkeypatch.setattr(evaluate, "_LONG_BYTES", 10)
    assert run(agreement, month, *MONTH, "--json").stdout == short
    assert "reading" in shown.getvalue()
    shown = bar(monkeypatch, terminal=False)
    assert run(agreement, month, *MONTH, "--json").stdout == short
    assert shown.getvalue() == ""


def test_lines_come_from_standard_input_too(agreement: str, month: Path) -> None:
    arguments = ["evaluate", agreement, "-", *MONTH, "--json"]
    assert (
        CliRunner().invoke(app, arguments, input=month.read_bytes()).stdout
        == run(agreement, month, *MONTH, "--json").stdout
    )
