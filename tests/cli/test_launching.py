"""What the launcher does about services that end, and the ports that it finds for them and keeps."""

import asyncio
import errno
import json
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sepakat_cli import launcher
from sepakat_cli.backends import BackendFailed
from sepakat_cli.backends.base import free_port
from sepakat_cli.demo.telling import until
from sepakat_cli.launcher import Launcher
from sepakat_cli.ports import kept_ports


class Short(Launcher):
    """Its services end as soon as they have started."""

    def __init__(self, data: Path) -> None:
        backend: Any = SimpleNamespace(name="none", kafka="-", mongo="-")
        command = [sys.executable, "-c", ""]
        super().__init__(backend, data, command=lambda _: command)
        self.urls = {name: f"http://127.0.0.1:{free_port()}" for name in ("metrics", "notifier")}
        self.started: list[str] = []

    def _start(self, name: str) -> None:
        self.started.append(name)
        super()._start(name)


async def test_what_is_killed_on_purpose_in_the_pause_before_it_is_started_again_stays_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Short(tmp_path)
    for name in cluster.urls:
        cluster._start(name)

    def noticed(_words: str, name: str, *_: Any) -> None:
        """The pause begins after this."""
        if name == "metrics":
            cluster.kill(name)

    monkeypatch.setattr(launcher, "_log", SimpleNamespace(warning=noticed))
    watching = asyncio.create_task(cluster._watch())

    async def other_is_back() -> bool:
        return cluster.started.count("notifier") > 1

    # They are looked after one after the other.
    await until("the one that nobody killed to be started again", other_is_back)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert cluster.started.count("metrics") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere two sockets may not share a port for a while")
async def test_a_port_that_was_found_is_given_to_nobody_else_and_a_server_may_listen_there_again_and_again() -> None:
    port = free_port()
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        with socket.socket() as other, pytest.raises(OSError) as taken:
            other.bind(("127.0.0.1", port))
        assert taken.value.errno == errno.EADDRINUSE
        async with await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()


# -- ports that are kept -----------------------------------------------------------------------------------------------

_SERVER = """
import http.server, os
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["SEPAKAT_HTTP_PORT"])), Ready).serve_forever()
"""


def started(data: Path, services: tuple[str, ...] = ("metrics", "notifier")) -> Launcher:
    backend: Any = SimpleNamespace(name="none", kafka="-", mongo="-", start=lambda: None, stop=lambda: None)
    return Launcher(backend, data, services=services, command=lambda _: [sys.executable, "-c", _SERVER])


async def test_services_listen_where_they_did_at_the_first_start_with_the_same_data(tmp_path: Path) -> None:
    async with started(tmp_path, ("notifier",)) as first:
        mailed = dict(first.urls)
    async with started(tmp_path) as second:
        assert second.urls["notifier"] == mailed["notifier"]
        more = dict(second.urls)
    async with started(tmp_path) as third, started(tmp_path / "other") as other:
        assert third.urls == more
        assert not set(other.urls.values()) & set(more.values()), "other data has ports of its own"


async def test_a_kept_port_that_is_taken_is_said_with_its_file_and_kept_for_the_next_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with started(tmp_path) as first:
        mailed = dict(first.urls)
    port = int(mailed["notifier"].rpartition(":")[2])
    assert capsys.readouterr().err == ""

    other = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
    async with other, started(tmp_path) as second:
        assert second.urls["metrics"] == mailed["metrics"]
        assert second.urls["notifier"] != mailed["notifier"]
    said = capsys.readouterr().err
    file = tmp_path / "ports.json"
    assert f"port {port} of notifier, kept in {file}, is taken by another program" in said
    assert "links mailed before are dead" in said

    async with started(tmp_path) as third:
        assert third.urls == mailed


@pytest.mark.parametrize("text", ["", "[]", '{"notifier": "23456"}', '{"notifier": 0}', '{"notifier": 65536}'])
def test_kept_ports_that_cannot_be_read_end_the_start_with_the_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ports.json"
    file.write_text(text)
    with pytest.raises(BackendFailed, match=r"ports\.json, which keeps the services' ports, cannot be read"):
        kept_ports(file, ["notifier"])


def test_ports_are_drawn_below_those_of_outgoing_connections(tmp_path: Path) -> None:
    ports = kept_ports(tmp_path / "ports.json", [str(number) for number in range(20)])
    assert json.loads((tmp_path / "ports.json").read_text()) == ports
    assert len(set(ports.values())) == 20
    assert all(20_000 <= port < 32_768 for port in ports.values())
