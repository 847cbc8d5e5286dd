"""What a clean stop leaves for the next start."""

from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from world import opened

from sepakat_cli import launcher
from sepakat_cli.backends import Backend

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300)]


async def test_a_clean_stop_notes_that_nothing_was_waiting(
    cold_backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "_DRAINED_WITHIN", 60.0)  # a person waits for less, and a busy machine takes longer
    services = ("agreements", "metrics")
    async with opened(cold_backend, tmp_path, services) as world:
        await world.agree()
    cold_backend.start_database()
    try:
        with MongoClient[dict[str, Any]](cold_backend.mongo, tz_aware=True) as client:
            for service in services:
                mark = (client[f"sepakat_{service}"]["meta"].find_one({"_id": "broker"}) or {})["mark"]
                last = client[f"sepakat_{service}"]["commits"].find_one({}, sort=[("committed_at", -1)])
                assert mark is not None and (last is None or mark >= last["committed_at"])
    finally:
        cold_backend.stop_database()
