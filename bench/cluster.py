"""A whole cluster for a benchmark, on a directory that is thrown away afterwards."""

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from sepakat_cli.backends import open_backend
from sepakat_cli.backends.base import free_port
from sepakat_cli.children import Child
from sepakat_cli.demo.desk import Desk
from sepakat_cli.launcher import Launcher
from sepakat_cli.preparing import prepare

_TICKS = os.sysconf("SC_CLK_TCK")
OPERATOR = "spk_" + secrets.token_urlsafe(24)


@asynccontextmanager
async def started(
    backend: str, data: Path, services: tuple[str, ...] = ("agreements", "metrics", "incidents", "notifier"),
    env: dict[str, str] | None = None,
) -> AsyncIterator[Any]:  # fmt: skip
    async def prepared(kafka: str, mongo: str) -> None:
        await prepare(kafka, mongo, OPERATOR)

    async with Launcher(open_backend(backend, data), data, services=services, env=env, prepare=prepared) as cluster:
        yield cluster


def mailing(desk: Desk) -> dict[str, str]:
    """The settings with which `notifier` mails to that desk."""
    return {
        "SEPAKAT_NOTIFIER_SECRET_KEY": "a secret of thirty-two characters",
        "SEPAKAT_NOTIFIER_SMTP_HOST": "127.0.0.1",
        "SEPAKAT_NOTIFIER_SMTP_PORT": str(desk.smtp_port),
    }


async def at_rest(cluster: Any, services: Sequence[str], but: Sequence[str] = ()) -> None:
    """Wait until they have nothing left to tell and, `but` those whose topic goes on growing, nothing to hear."""
    for service in services:
        async with api(cluster.urls[service], OPERATOR) as http:
            while True:
                lag = (await http.get("/v1/operations/lag")).raise_for_status().json()
                if lag["unpublished"] == 0 and (service in but or lag["consumer"] == 0):
                    break
                await asyncio.sleep(0.05)


@asynccontextmanager
async def route(module: str, mongo: str, data: Path) -> AsyncIterator[str]:
    """The `app` of a module beside this one, in a process of its own on that database: the floor of what is asked over
    HTTP. Returns where it answers.
    """
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"{module}:app", "--port", str(port), "--no-access-log"]
    here = str(Path(__file__).parent)
    async with answering([*command, "--app-dir", here], port, data / f"{module}.log", {"FLOOR_MONGO": mongo}) as url:
        yield url


@asynccontextmanager
async def answering(
    command: list[str], port: int, log: Path, env: dict[str, str], path: str = "/"
) -> AsyncIterator[str]:  # fmt: skip
    """A web server in a process of its own, once it answers at that path on that port. Returns its address."""
    child, url = Child(command, log, env), f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as http:
            while True:
                try:
                    await http.get(url + path)
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        yield url
    finally:
        child.kill()


def api(url: str, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30)


def processor_seconds(pid: int) -> float:
    """What a process has used so far, in its own and in the system's time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
