"""The demo as somebody plays it: interrupted in the middle, then whole on the same data, and nothing left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sepakat_cli.backends import Backend

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(600)]


def play(backend: str, data: Path) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "sepakat_cli", "demo", "--once", "--data", str(data)],
        env={**os.environ, "SEPAKAT_BACKEND": backend}, capture_output=True, text=True, timeout=400, cwd=data.parent,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    result: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return result


def left_behind(data: Path) -> list[str]:
    """The command lines of processes that name the data directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended while we looked
        if str(data) in line:
            found.append(line)
    return found


def interrupt(backend: str, data: Path) -> None:
    """Begin to play, and press Ctrl-C while the shop is down."""
    running = subprocess.Popen(
        [sys.executable, "-m", "sepakat_cli", "demo", "--data", str(data)],
        env={**os.environ, "SEPAKAT_BACKEND": backend}, stderr=subprocess.PIPE, text=True, cwd=data.parent,
    )  # fmt: skip
    assert running.stderr is not None
    for line in running.stderr:
        if "is killed" in line:
            break
    urls = json.loads((data.parent / ".sepakat" / "cluster.json").read_text())["urls"]
    running.send_signal(signal.SIGINT)
    rest = running.communicate(timeout=120)[1]
    assert running.returncode == 0, rest
    for url in urls.values():
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.socket() as probe:
            assert probe.connect_ex((host, int(port))) != 0


def test_the_story_is_seen_whole_after_one_that_was_interrupted(cold_backend: Backend, tmp_path: Path) -> None:
    data = tmp_path / "demo"
    interrupt(cold_backend.name, data)
    assert left_behind(data) == []
    before = len(list((data / "inbox").glob("*.eml")))

    result = play(cold_backend.name, data)
    assert (result["breaches"], result["incidents"]) == (1, 1)
    assert result["escalation_levels"] == [1, 2]
    assert result["acknowledged"] and result["recovered"]
    assert 0 < float(result["attainment"]) < 99.995
    assert result["webhooks_verified"] > 5
    assert result["trace_spans"] >= 4
    assert result["services"] == ["agreements", "metrics", "incidents", "notifier"]
    told = [(each["to"].partition("@")[0], each["subject"]) for each in result["mails"]]
    assert len(told) == len(set(told)), "nobody is told the same twice"
    assert ("oncall", "Please take this up") in {(to, subject[5:24]) for to, subject in told}
    for to in ("rina", "budi"):
        assert (to, "Target tidak terpenuhi: Ketersediaan per hari") in told
        assert [subject for each, subject in told if each == to and "Selesai" in subject]
    assert left_behind(data) == []
    assert len(list((data / "inbox").glob("*.eml"))) >= before + len(result["mails"]), "the first run's mails are there"
