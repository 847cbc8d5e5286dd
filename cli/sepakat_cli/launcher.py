"""Broker, database and services as child processes of this one: started, watched, started again, ended together."""

import asyncio
import fcntl
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import httpx

from sepakat_cli.backends import Backend, BackendFailed
from sepakat_cli.children import Child
from sepakat_cli.ports import kept_ports

SERVICES = ("agreements", "metrics", "incidents", "notifier")
_READY_WITHIN = 90.0
_DRAINED_WITHIN = 3.0
_log = logging.getLogger(__name__)


class Launcher:
    """`async with Launcher(…) as cluster`: on entry all is ready, on leaving nothing is left behind.

    `prepare(kafka, mongo)` runs once the servers answer. `urls` says where each service listens: where it did at the
    first start with this data. Two launchers never share a data directory.
    """

    def __init__(
        self, backend: Backend, data: Path, *, services: Sequence[str] = SERVICES,
        env: Mapping[str, str] | None = None, prepare: Callable[[str, str], Awaitable[object]] | None = None,
        command: Callable[[str], Sequence[str]] | None = None,
    ) -> None:  # fmt: skip
        self.backend = backend
        self.data = data
        self.urls: dict[str, str] = {}
        self._services = services
        self._env = dict(env or {})
        self._prepare = prepare
        self._command = command or (lambda name: [sys.executable, "-m", f"sepakat_{name}"])
        self._children: dict[str, Child] = {}
        self._held: set[str] = set()
        """Services that were killed on purpose, and are not to be started again by the watch."""
        self._watching: asyncio.Task[None] | None = None
        self._lock: IO[str] | None = None
        self._key: str | None = None
        """An operator's key that every service knows."""

    async def __aenter__(self) -> Self:
        self._take_lock()
        try:
            ports = kept_ports(self.data / "ports.json", self._services)
            self.urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
            await asyncio.to_thread(self.backend.start)
            if self._prepare is not None:
                await self._prepare(self.backend.kafka, self.backend.mongo)
            for name in self.urls:
                self._start(name)
            self._watching = asyncio.create_task(self._watch())
            await asyncio.gather(*[self.ready(name) for name in self.urls])
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End the services, then the servers."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._key is not None and all(child.running for child in self._children.values()):
            await self._mark(self._key)
        for child in self._children.values():
            child.terminate()
        await asyncio.gather(*[asyncio.to_thread(child.stop) for child in self._children.values()])
        await asyncio.to_thread(self.backend.stop)
        if self._lock is not None:
            self._lock.close()

    async def _mark(self, key: str) -> None:
        """Note in each service that nothing waits anywhere, if that comes true soon.

        A broker that forgets then needs nothing from before at its next start.
        """
        deadline = asyncio.get_running_loop().time() + _DRAINED_WITHIN
        quiet = 0
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=_DRAINED_WITHIN) as http:
            try:
                # Twice: what left one service's hands may have been on its way to another's.
                while quiet < 2:
                    if asyncio.get_running_loop().time() > deadline:
                        _log.info("something still waits; the next start publishes from the last quiet moment on")
                        return
                    lags = [await _asked(http.get(f"{url}/v1/operations/lag")) for url in self.urls.values()]
                    quiet = 0 if any(lag["consumer"] or lag["unpublished"] for lag in lags) else quiet + 1
                for url in self.urls.values():
                    await _asked(http.post(f"{url}/v1/operations/mark"))
            except httpx.HTTPError as error:
                _log.info("no quiet moment was noted: %s", error)

    def _take_lock(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self._lock = (self.data / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise BackendFailed(
                f"another one runs with the data in {self.data}; stop it, or name other data"
            ) from error

    # -- services -----------------------------------------------------------------------------------------------------

    def pid(self, name: str) -> int:
        """A service's process."""
        return self._children[name].pid

    def kill(self, name: str) -> None:
        """SIGKILL a service and leave it dead until `start_service`."""
        self._held.add(name)
        self._children[name].kill()

    async def start_service(self, name: str) -> None:
        """Start a service that was killed, and wait until it is ready."""
        self._start(name)
        self._held.discard(name)
        await self.ready(name)

    async def restart_broker(self, *, kill: bool = False) -> None:
        """End the broker and start it again; one that forgets is given its topics anew."""
        await asyncio.to_thread(self.backend.stop_broker, kill=kill)
        await asyncio.to_thread(self.backend.start_broker)
        if self._prepare is not None:
            await self._prepare(self.backend.kafka, self.backend.mongo)

    async def restart_database(self, *, kill: bool = False) -> None:
        """End the database and start it again on its data."""
        await asyncio.to_thread(self.backend.stop_database, kill=kill)
        await asyncio.to_thread(self.backend.start_database)

    def _start(self, name: str) -> None:
        port = self.urls[name].rpartition(":")[2]
        env = {
            "SEPAKAT_BACKEND": self.backend.name,
            "SEPAKAT_KAFKA": self.backend.kafka,
            "SEPAKAT_MONGO": self.backend.mongo,
            "SEPAKAT_HTTP_PORT": port,
            "SEPAKAT_PUBLIC_URL": self.urls[name],
            **self._env,
        }
        self._children[name] = Child(self._command(name), self.data / "logs" / f"{name}.log", env)

    async def ready(self, name: str) -> None:
        """Wait for a service's `/readyz`. Raises BackendFailed with the end of its log."""
        deadline = asyncio.get_running_loop().time() + _READY_WITHIN
        async with httpx.AsyncClient(timeout=2) as http:
            while True:
                try:
                    if (await http.get(f"{self.urls[name]}/readyz")).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError as error:
                    _log.debug("%s does not answer yet: %s", name, error)
                child = self._children[name]
                if child.exit_code not in (None, os.EX_TEMPFAIL):
                    raise BackendFailed(f"{name} ended as it started:\n{child.log_tail()}")
                if asyncio.get_running_loop().time() > deadline:
                    raise BackendFailed(f"{name} was not ready within {_READY_WITHIN:.0f} s:\n{child.log_tail()}")
                await asyncio.sleep(0.1)

    async def until_known(self, key: str) -> None:
        """Wait until every service has heard of an operator's key: before that it refuses it. Raises BackendFailed."""
        deadline = asyncio.get_running_loop().time() + _READY_WITHIN
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=5) as http:
            for name, url in self.urls.items():
                while not await _knows(http, url):
                    if asyncio.get_running_loop().time() > deadline:
                        raise BackendFailed(f"{name} has not heard of the API key within {_READY_WITHIN:.0f} s")
                    await asyncio.sleep(0.1)
        self._key = key

    async def _watch(self) -> None:
        """Start again what ended by itself, with a growing pause for one that keeps ending."""
        pauses = dict.fromkeys(self.urls, 0.2)
        while True:
            await asyncio.sleep(0.2)
            for name, child in list(self._children.items()):
                if child.running or name in self._held:
                    continue
                _log.warning("%s ended with %s; starting it again", name, child.exit_code)
                await asyncio.sleep(pauses[name])
                pauses[name] = min(pauses[name] * 2, 10.0)
                # Meanwhile somebody may have killed it on purpose, or started it.
                if self._children[name] is child and name not in self._held:
                    self._start(name)


async def _knows(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/v1/operations/whoami")).is_success
    except httpx.TransportError:
        return False  # the launcher is starting it again


async def _asked(asking: Awaitable[httpx.Response]) -> dict[str, Any]:
    """The body of an answer that went well. Raises httpx.HTTPError."""
    answer: dict[str, Any] = (await asking).raise_for_status().json()
    return answer
