"""How long one session at the door for replies may last, and what it offers: real connections, and no database."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from certificates import authority
from facts import NOW
from notifying import VAULT, settings

from sepakat_cli.demo.telling import until
from sepakat_notifier import reply_door
from sepakat_notifier.reply_door import ReplyDoor
from sepakat_notifier.reply_senders import Senders
from sepakat_shared.clock import ManualClock

NOBODY: Any = None


@asynccontextmanager
async def listening(certificate: Path | None = None) -> AsyncIterator[int]:
    """A door with room for one connection. Gives its port."""
    more = {} if certificate is None else {"notifier_inbound_certificate": str(certificate)}
    given = settings(notifier_inbound_connections=1, **more)
    addresses = VAULT.reply_addresses("sla.example")
    door = ReplyDoor(given, NOBODY, NOBODY, NOBODY, addresses, Senders(None), ManualClock(NOW))
    server = await door.listen("127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def said(reader: asyncio.StreamReader) -> list[str]:
    """One answer, line by line; empty where the connection has ended."""
    lines: list[str] = []
    while not lines or lines[-1][3:4] == "-":
        try:
            lines.append((await reader.readline()).decode().strip())
        except ConnectionError:
            return []
        if not lines[-1]:
            return []
    return lines


async def ask(command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[str]:
    writer.write(f"{command}\r\n".encode())
    return await said(reader)


async def entered(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """A connection that has a place."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    greeting = await said(reader)
    if greeting and greeting[0].startswith("220"):
        return reader, writer
    writer.close()
    return None


async def let_in(port: int) -> bool:
    connection = await entered(port)
    if connection is not None:
        connection[1].close()
    return connection is not None


async def test_who_only_seems_busy_keeps_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_door, "_MOST_COMMANDS", 1_000_000)
    async with listening() as port:
        # Whether it has the one place is looked at while there is time for that.
        patient = await entered(port)
        assert patient is not None and not await let_in(port)
        patient[1].close()
        monkeypatch.setattr(reply_door, "_LONGEST_SESSION_SECONDS", 0.3)
        reader, writer = await until("a place for a connection", lambda: entered(port))

        async def hung_up() -> bool:
            return not await ask("NOOP", reader, writer)

        await until("the end of the session", hung_up)
        await until("a place for a connection", lambda: let_in(port))
        writer.close()


async def test_who_begins_tls_and_says_no_more_keeps_no_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reply_door, "_LONGEST_SESSION_SECONDS", 3.0)  # long enough to begin
    authority(tmp_path).server("127.0.0.1")
    async with listening(tmp_path / "127.0.0.1.pem") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await said(reader)
        await ask("EHLO x", reader, writer)
        assert (await ask("STARTTLS", reader, writer))[0].startswith("220")
        await until("a place for a connection", lambda: let_in(port))
        assert await reader.read() == b""
        writer.close()


async def test_nobody_is_offered_to_give_a_password(tmp_path: Path) -> None:
    by = authority(tmp_path)
    by.server("127.0.0.1")
    async with listening(tmp_path / "127.0.0.1.pem") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await said(reader)
        offered = await ask("EHLO x", reader, writer)
        assert "250-STARTTLS" in offered and offered[-1] == "250 HELP"
        await ask("STARTTLS", reader, writer)
        await writer.start_tls(ssl.create_default_context(cafile=str(by.file)), server_hostname="127.0.0.1")
        offered = await ask("EHLO x", reader, writer)
        assert not any("AUTH" in each for each in offered) and offered[-1] == "250 HELP"
        for mechanism in ("PLAIN", "LOGIN"):
            assert (await ask(f"AUTH {mechanism}", reader, writer))[0].startswith("504")
        assert (await ask("QUIT", reader, writer))[0].startswith("221")
        writer.close()
