"""Where a command looks for the services and its key, and how it ends when they say no or nothing."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from stand import Run, Stand, answer, problem

from sepakat_cli.__main__ import app
from sepakat_cli.backends.base import free_port
from sepakat_cli.client import SERVICES, Cluster, addresses
from sepakat_cli.commands.servers import announced, kept_secret
from sepakat_cli.output import BadInput

NONE = Cluster({}, None)


def test_the_command_line_goes_before_the_environment_and_that_before_the_cluster() -> None:
    cluster = Cluster(dict.fromkeys(SERVICES, "http://cluster"), None)
    environment = {"SEPAKAT_CLI_METRICS_URL": "http://environment/"}
    found = addresses(["incidents=http://given", "http://front"], environment, cluster)
    assert found == {**dict.fromkeys(SERVICES, "http://front"), "incidents": "http://given"}
    found = addresses([], environment, cluster)
    assert (found["metrics"], found["incidents"]) == ("http://environment", "http://cluster")
    assert addresses([], {"SEPAKAT_CLI_URL": "http://front"}, cluster)["metrics"] == "http://front"


@pytest.mark.parametrize("given", ["metric=http://here", "localhost:8000", "metrics=localhost"])
def test_an_address_that_can_not_be_one_is_refused(given: str) -> None:
    with pytest.raises(BadInput):
        addresses([given], {}, NONE)


def test_a_query_in_an_address_is_no_service_name() -> None:
    assert addresses(["http://front/?a=b"], {}, NONE)["metrics"] == "http://front/?a=b"


def test_what_up_wrote_down_is_found_from_below_and_gone_afterwards(
    stand: Stand, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEPAKAT_CLI_URL")
    monkeypatch.delenv("SEPAKAT_CLI_API_KEY")
    stand.on("GET", "/v1/status", answer({"items": []}))
    key = kept_secret(Path("data/operator.key"))
    with announced({"metrics": stand.url}, Path("data/operator.key")):
        assert (tmp_path / ".sepakat/cluster.json").stat().st_mode & 0o777 == 0o600
        (tmp_path / "below").mkdir()
        monkeypatch.chdir(tmp_path / "below")
        assert run("status").exit_code == 0
        monkeypatch.chdir(tmp_path)
    assert stand.asked[0].headers["authorization"] == f"Bearer {key}"
    assert not (tmp_path / ".sepakat/cluster.json").exists()
    assert run("status").exit_code == 3


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "key"
    assert kept_secret(path) == kept_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_with_the_key_goes_before_the_environment(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/status", answer({"items": []}))
    Path("key").write_text("spk_of_the_file\n")
    assert run("status", "--api-key-file", "key").exit_code == 0
    assert stand.asked[0].headers["authorization"] == "Bearer spk_of_the_file"
    assert run("status", "--api-key-file", "nowhere").exit_code == 2


def test_a_service_that_is_away_is_named_with_what_to_do(run: Run) -> None:
    result = run("status", "--url", f"metrics=http://127.0.0.1:{free_port()}")
    assert result.exit_code == 3
    assert "metrics does not answer" in result.stderr
    assert "sepakat up" in result.stderr
    assert result.stdout == ""


def test_a_refusal_shows_the_detail_and_every_field(stand: Stand, run: Run) -> None:
    errors = [{"pointer": "/scopes", "detail": "is [not] a scope"}]
    stand.on("POST", "/v1/keys", problem(422, "two rules are broken", errors=errors))
    result = run("apikeys", "issue", "probe", "--role", "publisher")
    assert result.exit_code == 1
    assert "agreements said 422: two rules are broken" in result.stderr
    assert "/scopes: is [not] a scope" in result.stderr


def test_a_missing_key_is_explained(stand: Stand, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEPAKAT_CLI_API_KEY")
    stand.on("GET", "/v1/status", problem(401, "send an API key"))
    result = run("status")
    assert (result.exit_code, "SEPAKAT_CLI_API_KEY" in result.stderr) == (1, True)


def test_what_is_no_sepakat_service_is_told_so(stand: Stand, run: Run) -> None:
    from fastapi import Response

    stand.on("GET", "/v1/status", Response("<html>", 200))
    result = run("status")
    assert (result.exit_code, "is no Sepakat service" in result.stderr) == (1, True)


def test_every_page_is_read(stand: Stand, run: Run) -> None:
    pages = {"": {"items": [{"id": "a"}], "next": "more"}, "more": {"items": [{"id": "b"}]}}
    stand.on("GET", "/v1/incidents", lambda asked: answer(pages[asked.query.get("cursor", "")]))
    result = run("incidents", "list", "--status", "open", "--json")
    assert [each["id"] for each in json.loads(result.stdout)["items"]] == ["a", "b"]
    assert [each.query["status"] for each in stand.asked] == ["open", "open"]


def test_the_exit_codes_are_in_the_help_and_wrong_usage_is_two(run: Run) -> None:
    assert "Exit codes: 0 done, 1" in " ".join(run("--help").stdout.split())
    assert run("status", "--bogus").exit_code == 2
    assert run("dlq", "replay").exit_code == 2


def _within(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from _within((*path, name), each)


def test_every_command_and_every_group_explains_itself_with_an_example_of_its_own() -> None:
    found = dict(_within(("sepakat",), typer.main.get_command(app)))
    assert {("sepakat", "negotiate"), ("sepakat", "reports", "forms", "create")} <= set(found)
    for path, command in found.items():
        said, _, examples = str(command.help).partition("**Example")
        assert said.strip(), path
        assert " ".join(path) in examples, path


def test_the_example_is_shown_and_answers_in_json_are_offered(run: Run) -> None:
    for group in ("negotiate", "keys", "reports forms"):
        shown = " ".join(run(*group.split(), "--help").stdout.split())
        assert "Example" in shown and f"sepakat {group} " in shown.partition("Example")[2], group
    commands = ["up", "init", "apply", "sign", "status", "evaluate", "replay", "keys new", "keys show", "events send",
                "incidents list", "incidents show", "incidents ack", "incidents resolve", "deliveries list",
                "apikeys issue", "apikeys revoke", "dlq list", "dlq show", "dlq replay"]  # fmt: skip
    for command in commands:
        result = run(*command.split(), "--help")
        assert result.exit_code == 0, command
        assert "--json" in result.stdout, command


def test_completion_is_offered(run: Run) -> None:
    shell = os.environ.get("SHELL", "")
    assert "--install-completion" in run("--help").stdout, shell
