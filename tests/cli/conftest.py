"""Commands run in an empty directory, against a stand-in for the services."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from stand import Run, Stand, standing
from typer.testing import CliRunner, Result

from sepakat_cli.__main__ import app


@pytest.fixture(scope="session")
def listening() -> Iterator[Stand]:
    with standing() as started:
        yield started


@pytest.fixture
def stand(listening: Stand) -> Stand:
    """One that was asked nothing yet, and has no answers."""
    listening.asked.clear()
    listening.answers.clear()
    return listening


@pytest.fixture
def run(stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an empty directory, with every service at the stand-in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEPAKAT_CLI_URL", stand.url)
    monkeypatch.setenv("SEPAKAT_CLI_API_KEY", "spk_key_of_a_test")

    def run(*arguments: object, input: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments], input=input)

    return run
