"""What every backend can do."""

import asyncio
import contextlib
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from aiokafka.errors import KafkaError
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from sepakat_cli.children import Child
from sepakat_shared.kafka_admin import describe_cluster

_ANSWERS_WITHIN = 60.0


class BackendFailed(Exception):
    """A server did not start, or is not there; the text says what to do or shows the end of its log."""


class Backend(ABC):
    """A broker that speaks Kafka and a database that speaks MongoDB, with addresses that outlive a restart."""

    name: str
    kafka: str
    mongo: str
    keeps_events: bool
    """Whether the broker still has its records after a restart."""

    @abstractmethod
    def start_broker(self) -> None: ...

    @abstractmethod
    def stop_broker(self, *, kill: bool = False) -> None: ...

    @abstractmethod
    def start_database(self) -> None: ...

    @abstractmethod
    def stop_database(self, *, kill: bool = False) -> None: ...

    def start(self) -> None:
        """Start both, and return when both answer. Raises BackendFailed with the end of the log."""
        try:
            self.start_database()
            self.start_broker()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both; nothing happens when they are not running."""
        self.stop_broker()
        self.stop_database()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Children(Backend):
    """Broker and database as child processes, on free loopback ports that stay the same over restarts."""

    syncs = True
    """Whether a write is on the disk before the database acknowledges it; only what is thrown away may do without."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._kafka_port, self._mongo_port = free_port(), free_port()
        self.kafka = f"127.0.0.1:{self._kafka_port}"
        self.mongo = f"mongodb://127.0.0.1:{self._mongo_port}"
        self._broker: Child | None = None
        self._database: Child | None = None

    def stop_broker(self, *, kill: bool = False) -> None:
        _end(self._broker, kill)
        self._broker = None

    def stop_database(self, *, kill: bool = False) -> None:
        _end(self._database, kill)
        self._database = None


def _end(child: Child | None, kill: bool) -> None:
    if child is not None:
        if kill:
            child.kill()
        else:
            child.stop()


_HELD: list[socket.socket] = []


def free_port() -> int:
    """A loopback port that nobody listens on, for a server that is started on it in a while, and perhaps again."""
    return _held(0)


def hold(port: int) -> bool:
    """Keep that very port for a server, as `free_port` does; False when another program listens there."""
    try:
        _held(port)
    except OSError:
        return False
    return True


def is_free(port: int) -> bool:
    """Whether nobody has that loopback port, and nobody holds it for a server."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _held(port: int) -> int:
    """Raises OSError when another program has it.

    On Linux it stays this process's: the system gives a port that is bound to nobody, for a server or for a connection,
    and yet lets a server listen there that asks for this very port with SO_REUSEADDR, as servers do.
    """
    with contextlib.ExitStack() as closing:
        held = closing.enter_context(socket.socket())
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
        found: int = held.getsockname()[1]
        if sys.platform == "linux":
            closing.pop_all()
            _HELD.append(held)
    return found


def wait_for_broker(bootstrap: str, child: Child | None) -> None:
    host, _, port = bootstrap.partition(",")[0].rpartition(":")

    def ask() -> None:
        # The client logs an error for every refused connection: ask it only once somebody listens.
        socket.create_connection((host, int(port)), timeout=5).close()
        asyncio.run(describe_cluster(bootstrap))

    _wait("the broker", child, ask)


def wait_for_database(uri: str, child: Child | None) -> None:
    def ping() -> None:
        with MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=500) as client:
            client.admin.command("ping")

    _wait("the database", child, ping)


def _wait(what: str, child: Child | None, ask: Callable[[], object]) -> None:
    """Ask until there is an answer. Raises BackendFailed when the server ends or does not answer in time."""
    deadline = time.monotonic() + _ANSWERS_WITHIN
    while True:
        try:
            ask()
        except (KafkaError, PyMongoError, OSError) as error:
            if child is not None and not child.running:
                raise BackendFailed(f"{what} ended as it started:\n{child.log_tail()}") from error
            if time.monotonic() > deadline:
                tail = f":\n{child.log_tail()}" if child is not None else ""
                raise BackendFailed(f"{what} did not answer within {_ANSWERS_WITHIN:.0f} s ({error}){tail}") from error
            time.sleep(0.05)
        else:
            return
