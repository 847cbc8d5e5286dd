"""What the README tells somebody to type, typed: on the example, as it stands there, without a server."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sepakat_cli.commands.apply import read_documents
from sepakat_metrics import events

ROOT = Path(__file__).parents[2]
USE = ROOT.joinpath("README.md").read_text().partition("## Use it")[2].partition("\n## ")[0]
CHECKED, KEYS, *_ = re.findall(r"```\n(.*?)```", USE, re.DOTALL)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory that looks to the commands like a checkout after `make setup`."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    binary = tmp_path / ".venv" / "bin" / "sepakat"
    binary.parent.mkdir(parents=True)
    binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sepakat_cli "$@"\n')
    binary.chmod(0o755)
    return tmp_path


def typed(block: str, place: Path) -> str:
    ran = subprocess.run(
        ["sh", "-e"], input=block, cwd=place, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


def test_the_example_is_checked_measured_tried_and_written_out(place: Path) -> None:
    said = typed(CHECKED, place)
    assert "examples/agreement.yaml is in order" in said
    assert re.search(r"availability .*99\.1666 %.*breached", said)
    assert re.search(r"availability .*99\.9283 %.* met ", said)
    assert (place / "agreement.pdf").read_bytes().startswith(b"%PDF-")


def test_the_signatories_keys_get_into_the_text(place: Path) -> None:
    said = typed(KEYS, place)
    assert "agreement.yaml is in order" in said
    assert "advice" not in said
    (agreement,) = read_documents(place / "agreement.yaml")
    assert [each.contact for each in agreement.signatories] == ["rina", "budi"]  # type: ignore[union-attr]


def test_the_examples_events_are_of_every_kind_each_from_where_it_may_come(place: Path) -> None:
    facts = [events.parse_line(line) for line in (ROOT / "examples/events.ndjson").read_bytes().splitlines()]
    indicators = {each.metadata.id: each for each in read_documents(ROOT / "examples/indicators.yaml")}
    assert {fact.kind for fact in facts} == {"state", "measurement", "ratio", "ticket"}
    for fact in facts:
        indicator = indicators[fact.indicator]
        assert fact.kind == indicator.kind_of_events  # type: ignore[union-attr]
        assert fact.source in indicator.sources  # type: ignore[union-attr]
