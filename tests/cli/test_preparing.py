"""`sepakat init` on real servers: done again, it changes nothing."""

import asyncio
import json
from pathlib import Path

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner

from sepakat_cli.__main__ import app
from sepakat_cli.backends import Backend
from sepakat_cli.backends.base import free_port
from sepakat_cli.preparing import prepare
from sepakat_shared.contracts.topics import TOPICS
from sepakat_shared.kafka_admin import describe_cluster

pytestmark = pytest.mark.servers
SECRET = "spk_operator_of_a_test"


def keys(backend: Backend) -> int:
    with MongoClient(backend.mongo) as client:
        return client["sepakat_agreements"]["commits"].count_documents({"aggregate": {"$regex": "^key/"}})


async def test_preparing_again_changes_nothing(own_backend: Backend) -> None:
    first = await prepare(own_backend.kafka, own_backend.mongo, SECRET)
    assert set(first.topics) == {topic.name for topic in TOPICS}
    assert first.issued == SECRET
    _, names = await describe_cluster(own_backend.kafka)
    assert names >= set(first.topics)

    again = await prepare(own_backend.kafka, own_backend.mongo, SECRET)
    assert (again.topics, again.issued) == ([], None)
    made = await prepare(own_backend.kafka, own_backend.mongo, None)
    assert made.issued is None, "there is an operator's key already"
    assert await asyncio.to_thread(keys, own_backend) == 1

    another = await prepare(own_backend.kafka, own_backend.mongo, SECRET + "_of_a_second_one")
    assert another.issued is not None
    assert await asyncio.to_thread(keys, own_backend) == 2


def test_init_prints_a_key_once(own_backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEPAKAT_ADMIN_KEY", raising=False)
    arguments = ["init", "--kafka", own_backend.kafka, "--mongo", own_backend.mongo]
    first = CliRunner().invoke(app, [*arguments, "--json"])
    told = json.loads(first.stdout)
    assert (told["issued"], told["key"][:4]) == (True, "spk_")
    again = CliRunner().invoke(app, arguments)
    assert (again.exit_code, again.stdout) == (0, "")
    assert "is there already" in again.stderr


def test_init_takes_the_key_that_is_given_and_does_not_print_it(
    own_backend: Backend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"KAFKA": own_backend.kafka, "MONGO": own_backend.mongo, "ADMIN_KEY": SECRET}.items():
        monkeypatch.setenv(f"SEPAKAT_{name}", value)
    first = CliRunner().invoke(app, ["init"])
    assert (first.exit_code, first.stdout) == (0, "")
    assert SECRET not in first.stderr
    (tmp_path / "key").write_text("short")
    assert CliRunner().invoke(app, ["init", "--admin-key-file", str(tmp_path / "key")]).exit_code == 2
    assert keys(own_backend) == 1


def test_init_without_servers_says_which_are_away() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    result = CliRunner().invoke(app, ["init", "--kafka", nowhere, "--mongo", "mongodb://u:secret@127.0.0.1:1"])
    assert result.exit_code == 3
    assert nowhere in result.stderr
    assert "secret" not in result.stderr
    assert CliRunner().invoke(app, ["init"], env={"SEPAKAT_KAFKA": "", "SEPAKAT_MONGO": ""}).exit_code == 2
