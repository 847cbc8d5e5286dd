"""The command line against the services themselves, as somebody uses it: one terminal runs them, another asks."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from samples import agreement_dict
from typer.testing import CliRunner, Result

from sepakat_cli.__main__ import app
from sepakat_cli.backends import Backend

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300)]
INDICATOR = "nusantara/checkout-state"
SIGNATORIES = {"nusantara": "rina", "toko-maju": "budi"}


@contextmanager
def up(backend: Backend) -> Iterator[dict[str, str]]:
    """`sepakat up` in a process of its own, until Ctrl-C; gives the services' addresses."""
    env = {**os.environ, "SEPAKAT_KAFKA": backend.kafka, "SEPAKAT_MONGO": backend.mongo}
    command = [sys.executable, "-m", "sepakat_cli", "up", "--backend", "external", "--data", "data", "--json"]
    with Path("up.log").open("a") as log:
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        urls = until("the services", lambda: announced(process))
        yield urls
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(120)
    assert code == 0, Path("up.log").read_text()
    assert not Path(".sepakat/cluster.json").exists()
    assert not [url for url in urls.values() if answers(url)]


def announced(process: "subprocess.Popen[str]") -> dict[str, str] | None:
    assert process.poll() is None, Path("up.log").read_text()
    path = Path(".sepakat/cluster.json")
    return json.loads(path.read_text())["urls"] if path.exists() and path.read_text() else None


def answers(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname or "", parts.port or 0)) == 0


def until(what: str, ask: Callable[[], Any], within: float = 90) -> Any:
    """Ask until the answer is true; the deadline only ends a run that has failed."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(what)


def run(*arguments: str, code: int = 0, input: str | None = None) -> Result:
    result = CliRunner().invoke(app, arguments, input=input)
    assert result.exit_code == code, result.output
    return result


def read(*arguments: str, code: int = 0, input: str | None = None) -> Any:
    return json.loads(run(*arguments, "--json", code=code, input=input).stdout)


def event(id: str, at: datetime, state: str, **changes: Any) -> str:
    base = {"specversion": "1.0", "id": id, "source": "/probe", "type": "sepakat.metric.state.v1",
            "time": at.isoformat(), "data": {"indicator": INDICATOR, "state": state}}  # fmt: skip
    return json.dumps({**base, **changes})


def write_texts() -> None:
    keys = {party: run("keys", "new", f"{party}.pem").stdout.strip() for party in SIGNATORIES}
    today = datetime.now(UTC).date()
    agreement = agreement_dict(
        term={"from": str(today - timedelta(days=2)), "until": str(today + timedelta(days=2)), "timeZone": "UTC"},
        signatories=[{"party": p, "contact": c, "key": keys[p]} for p, c in SIGNATORIES.items()],
    )
    agreement["objectives"][0] |= {"target": "99.999", "window": {"rolling": "PT1H"}}
    indicator = {"kind": "Indicator", "metadata": {"id": INDICATOR}, "kindOfEvents": "state", "sources": ["/probe"]}
    parties = [
        {"kind": "Party", "metadata": {"id": p}, "name": p, "contacts": [{"id": c, "name": c}]}
        for p, c in SIGNATORIES.items()
    ]
    parties[0]["contacts"].append({"id": "oncall", "name": "On call"})
    Path("all.yaml").write_text(yaml.safe_dump_all([agreement, indicator, *parties]))


def test_from_the_first_text_to_a_resolved_incident(
    own_backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_texts()
    begun = datetime.now(UTC)
    with up(own_backend):
        assert [each["result"] for each in read("apply", "-f", "all.yaml")["items"]] == ["created"] * 4
        assert [each["result"] for each in read("apply", "-f", "all.yaml")["items"]] == ["unchanged"] * 4
        for party, contact in SIGNATORIES.items():
            key = ["--party", party, "--contact", contact, "--key", f"{party}.pem"]
            signed = read("sign", "toko-checkout", *key, "--text", "all.yaml")
        assert signed["status"] == "active"

        lines = [event("1", begun - timedelta(minutes=10), "up"), event("2", begun - timedelta(minutes=5), "down"),
                 event("3", begun, "broken"), event("4", begun, "down", source="/stranger")]  # fmt: skip
        account = read("events", "send", "-", code=4, input="\n".join(lines))
        assert (account["accepted"], [each["line"] for each in account["rejections"]]) == (2, [3, 4])
        opened = until("an incident", lambda: read("incidents", "list")["items"])
        assert opened[0]["status"] == "open"
        until("the breach in the status", lambda: [each["state"] for each in read("status")["items"]] == ["breached"])

        issued = run("apikeys", "issue", "rina", "--party", "nusantara", "--role", "provider", "--scope",
                     "incidents:read", "--scope", "incidents:write")  # fmt: skip
        Path("rina.key").write_text(issued.stdout)
        rina = ["--api-key-file", "rina.key"]
        until("the key to be known", lambda: CliRunner().invoke(app, ["incidents", "list", *rina]).exit_code == 0)
        assert read("incidents", "ack", opened[0]["id"], *rina)["acknowledged_by"] == "rina"
        run("incidents", "resolve", opened[0]["id"], "--note", "restarted", *rina)
        shown = read("incidents", "show", opened[0]["id"], *rina)
        assert (shown["status"], shown["timeline"][0]["what"]) == ("resolved", "Opened")
        run("dlq", "list", *rina, code=1)
        assert read("dlq", "list")["items"] == []
        assert read("replay", "--service", "agreements")["republished"] > 0

    with up(own_backend):
        assert [each["result"] for each in read("apply", "-f", "all.yaml")["items"]] == ["unchanged"] * 4
        assert read("status")["items"][0]["agreement"] == "toko-checkout"
        # Until it holds its partitions again, the door says `accepted`, and what counts drops the duplicate.
        again = ["events", "send", "-"]
        until("duplicates", lambda: read(*again, code=4, input="\n".join(lines))["duplicate"] == 2)
        assert [each["id"] for each in read("incidents", "list")["items"]] == [opened[0]["id"]]
