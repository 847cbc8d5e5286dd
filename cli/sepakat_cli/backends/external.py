"""Servers that somebody else runs: compose, Kubernetes, a managed service."""

import os
from pathlib import Path

from sepakat_cli.backends.base import Backend, wait_for_broker, wait_for_database


class External(Backend):
    """The addresses in SEPAKAT_KAFKA and SEPAKAT_MONGO; nothing is started or stopped."""

    name = "external"
    keeps_events = True

    def __init__(self, _data: Path) -> None:
        self.kafka = os.environ["SEPAKAT_KAFKA"]
        self.mongo = os.environ["SEPAKAT_MONGO"]

    @staticmethod
    def missing() -> str | None:
        absent = [name for name in ("SEPAKAT_KAFKA", "SEPAKAT_MONGO") if not os.environ.get(name)]
        return f"set {' and '.join(absent)} to use servers of your own" if absent else None

    def start_broker(self) -> None:
        wait_for_broker(self.kafka, None)

    def stop_broker(self, *, kill: bool = False) -> None:
        """Not ours to stop."""

    def start_database(self) -> None:
        wait_for_database(self.mongo, None)

    def stop_database(self, *, kill: bool = False) -> None:
        """Not ours to stop."""
