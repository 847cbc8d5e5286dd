"""The native backend: what its servers are started with."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sepakat_cli.backends import native
from sepakat_cli.backends.native import Native


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been started; whoever waits for a server is answered at once."""
    commands: list[list[str]] = []

    def start(command: Sequence[str], _log: Path) -> None:
        commands.append(list(command))

    monkeypatch.setattr(native, "Child", start)
    monkeypatch.setattr(native, "wait_for_database", lambda *_: None)
    return commands


def test_the_database_syncs_unless_its_data_is_thrown_away(
    started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "_ferretdb", lambda: tmp_path / "ferretdb")
    Native(tmp_path).start_database()
    shared = Native(tmp_path)
    shared.syncs = False
    shared.start_database()
    assert ["-nosync" in command for command in started] == [False, True]
