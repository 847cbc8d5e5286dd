"""What the launcher does about services that end, and the ports that it finds for them."""

import asyncio
import errno
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sepakat_cli import launcher
from sepakat_cli.backends.base import free_port
from sepakat_cli.demo.telling import until
from sepakat_cli.launcher import Launcher


class Short(Launcher):
    """Its services end as soon as they have started."""

    def __init__(self, data: Path) -> None:
        backend: Any = SimpleNamespace(name="none", kafka="-", mongo="-")
        command = [sys.executable, "-c", ""]
        super().__init__(backend, data, services=("metrics", "notifier"), command=lambda _: command)
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
