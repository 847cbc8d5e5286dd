"""The native backend: what its servers are started with."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sepakat_cli.backends import BackendFailed, native
from sepakat_cli.backends.native import Native


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been started; whoever waits for a server is answered at once."""
    commands: list[list[str]] = []

    def start(command: Sequence[str], _log: Path) -> None:
        commands.append(list(command))

    monkeypatch.setattr(native, "Child", start)
    monkeypatch.setattr(native, "wait_for_broker", lambda *_: None)
    monkeypatch.setattr(native, "wait_for_database", lambda *_: None)
    return commands


@pytest.fixture
def first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A broker's storage as it is kept in the cache."""
    kept = tmp_path / "cache" / "kafka-first"
    (kept / "log").mkdir(parents=True)
    (kept / "log" / "bootstrap.checkpoint").write_text("the first records")
    (kept / "log" / "meta.properties").write_text("cluster.id=the-cache's-own\n")
    monkeypatch.setattr(native, "_kafka_jars", lambda: tmp_path / "cache" / "kafka")
    monkeypatch.setattr(native, "_first_of", lambda _jars: kept)
    return kept


def test_the_database_syncs_unless_its_data_is_thrown_away(
    started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "_ferretdb", lambda: tmp_path / "ferretdb")
    Native(tmp_path).start_database()
    shared = Native(tmp_path)
    shared.syncs = False
    shared.start_database()
    assert ["-nosync" in command for command in started] == [False, True]


def stored(data: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in (data / "kafka" / "log").iterdir()}


@pytest.mark.usefixtures("first")
def test_a_broker_keeps_the_storage_and_the_identity_of_its_first_start(
    started: list[list[str]], tmp_path: Path
) -> None:
    Native(tmp_path).start_broker()
    made = stored(tmp_path)
    assert made["bootstrap.checkpoint"] == "the first records"
    assert "cluster.id=" in made["meta.properties"] and "the-cache's-own" not in made["meta.properties"]
    Native(tmp_path).start_broker()
    assert stored(tmp_path) == made and len(started) == 2
    Native(tmp_path / "other").start_broker()
    assert stored(tmp_path / "other")["meta.properties"] != made["meta.properties"], "it is another cluster"


@pytest.mark.usefixtures("started", "first")
@pytest.mark.parametrize("left", ["log", "new"])
def test_a_storage_that_was_half_made_is_made_again(tmp_path: Path, left: str) -> None:
    half = tmp_path / "kafka" / left
    half.mkdir(parents=True)
    (half / "bootstrap.checkpoint").write_text("the fi")
    Native(tmp_path).start_broker()
    assert stored(tmp_path).keys() == {"bootstrap.checkpoint", "meta.properties"}
    assert stored(tmp_path)["bootstrap.checkpoint"] == "the first records"
    assert not (tmp_path / "kafka" / "new").exists()


@pytest.mark.usefixtures("started", "first")
def test_a_start_that_is_ended_in_the_middle_leaves_no_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended() -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(native, "_identity", ended)
        Native(tmp_path).start_broker()
    assert not (tmp_path / "kafka" / "log").exists()
    Native(tmp_path).start_broker()
    assert "cluster.id=" in stored(tmp_path)["meta.properties"]


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that nobody can write, the superuser neither: it is beneath a file."""
    (tmp_path / "file").touch()
    cache = tmp_path / "file" / "cache"
    monkeypatch.setattr(native, "_CACHE", cache)
    return cache


def test_a_broker_starts_by_a_cache_that_cannot_be_written(
    started: list[list[str]], read_only: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def format_storage(_what: str, command: Sequence[str]) -> None:
        [place] = [line for line in Path(command[-1]).read_text().splitlines() if line.startswith("log.dirs=")]
        log = Path(place.partition("=")[2])
        log.mkdir()
        (log / "meta.properties").write_text("\n".join(each for each in command if "cluster-id" in each))

    monkeypatch.setattr(native, "_kafka_jars", lambda: read_only / "kafka")
    monkeypatch.setattr(native, "_run", format_storage)
    Native(tmp_path).start_broker()
    assert "cluster-id=" in stored(tmp_path)["meta.properties"]
    assert not [each for command in started for each in command if "SharedArchiveFile" in each]


@pytest.mark.usefixtures("started")
def test_what_a_cache_that_cannot_be_written_lacks_is_said_with_its_place(read_only: Path, tmp_path: Path) -> None:
    for start in (Native(tmp_path).start_broker, Native(tmp_path).start_database, native.build):
        with pytest.raises(BackendFailed, match=f"{read_only} lacks a part of the native backend"):
            start()
