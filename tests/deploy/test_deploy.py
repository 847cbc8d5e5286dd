"""What the deployment files name is there, and each service takes the settings that they give it."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sepakat_agreements.settings import AgreementsSettings
from sepakat_incidents.settings import IncidentsSettings
from sepakat_metrics.settings import MetricsSettings
from sepakat_notifier.settings import NotifierSettings
from sepakat_shared.settings import ServiceSettings, load

ROOT = Path(__file__).parents[2]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "agreements": AgreementsSettings, "metrics": MetricsSettings, "incidents": IncidentsSettings,
    "notifier": NotifierSettings,
}  # fmt: skip
IMAGES = (*SETTINGS, "cli")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
# Instructions, each on one line and without comments.
DOCKERFILE = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", (ROOT / "deploy" / "Dockerfile").read_text(), flags=re.M))
SECRETS = {"SEPAKAT_ADMIN_KEY": "spk_" + "0" * 24, "SEPAKAT_NOTIFIER_SECRET_KEY": "0" * 32}


def in_image() -> dict[str, str]:
    """The SEPAKAT_* variables that the image itself sets."""
    return dict(re.findall(r"(SEPAKAT_\w+)=(\S+)", DOCKERFILE))


def in_container(service: str) -> dict[str, str]:
    """What a container of the compose file has in its environment, with the secrets of `.env` put in."""

    def put_in(value: str) -> str:
        return re.sub(r"\$\{(\w+)(?::-(.*?)|:\?.*?)\}", lambda m: SECRETS.get(m[1], m[2]), value)

    return in_image() | {name: put_in(value) for name, value in COMPOSE[service]["environment"].items()}


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_starts_with_the_settings_of_the_compose_file(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in in_container(service).items():
        monkeypatch.setenv(name, value)
    settings = load(SETTINGS[service], service)
    assert (settings.kafka, settings.mongo, settings.http_host) == ("kafka:9092", "mongodb://mongo:27017", "0.0.0.0")
    # What begins with another service's name would be passed over in silence.
    assert set(in_container(service)) <= {f"SEPAKAT_{name.upper()}" for name in type(settings).model_fields}


def test_the_compose_file_is_checked_as_strictly_as_a_service_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**in_container("metrics"), "SEPAKAT_KAFAK": "kafka:9092"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="SEPAKAT_KAFAK is not a setting of metrics"):
        load(MetricsSettings, "metrics")


def test_init_has_the_servers_and_the_key_that_it_registers() -> None:
    given = in_container("init")
    assert given["SEPAKAT_ADMIN_KEY"] == SECRETS["SEPAKAT_ADMIN_KEY"]
    assert (given["SEPAKAT_KAFKA"], given["SEPAKAT_MONGO"]) == ("kafka:9092", "mongodb://mongo:27017")
    assert COMPOSE["init"]["command"] == ["init"]
    assert COMPOSE["init"]["build"]["args"] == {"SERVICE": "cli"}


def test_mails_go_to_the_inbox() -> None:
    given = in_container("notifier")
    assert given["SEPAKAT_NOTIFIER_SMTP_HOST"] in COMPOSE
    assert (given["SEPAKAT_NOTIFIER_SMTP_HOST"], given["SEPAKAT_NOTIFIER_SMTP_PORT"]) == ("inbox", "1025")


def test_the_example_of_secrets_names_what_the_compose_file_asks_for_and_holds_none() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")]
    given = dict(line.split("=", 1) for line in lines)
    assert set(given) == asked
    assert not [name for name, value in given.items() if value and "URL" not in name]


# -- the compose file --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_waits_for_its_servers_and_may_do_no_more_than_it_must(service: str) -> None:
    given = COMPOSE[service]
    assert given["build"]["args"] == {"SERVICE": service}
    assert given["depends_on"] == {
        "init": {"condition": "service_completed_successfully"},
        "kafka": {"condition": "service_healthy"},
        "mongo": {"condition": "service_healthy"},
    }
    assert given["read_only"] is True and given["tmpfs"] == ["/tmp"] and given["cap_drop"] == ["ALL"]


def test_nothing_gains_privileges_and_only_this_machine_reaches_the_ports() -> None:
    for name, given in COMPOSE.items():
        assert given["security_opt"] == ["no-new-privileges:true"], name
        assert all(port.startswith("127.0.0.1:") for port in given.get("ports", ())), name
    ports = [port for given in COMPOSE.values() for port in given.get("ports", ())]
    assert len(ports) == len(set(ports))


def test_every_image_is_pinned_and_every_server_says_when_it_is_healthy() -> None:
    for name in ("kafka", "mongo", "inbox"):
        assert re.search(r":v?\d", COMPOSE[name]["image"]), name
    assert all("healthcheck" in COMPOSE[name] for name in ("kafka", "mongo"))


# -- the image ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", IMAGES)
def test_an_image_has_a_lock_with_hashes_and_without_addresses_and_a_module_to_start(service: str) -> None:
    lock = (ROOT / "requirements" / f"{service}.txt").read_text()
    pins = re.findall(r"^[a-z0-9][\w.\[\]-]*==[^\\]*\\?\n(?:    --hash=sha256:[0-9a-f]{64}.*\n)*", lock, re.M)
    assert pins and all("--hash=" in pin for pin in pins)
    assert not re.search(r"https?://", lock)
    assert "MODULE=sepakat_${SERVICE}" in DOCKERFILE
    assert importlib.util.find_spec(f"sepakat_{service}.__main__") is not None


def test_the_image_is_built_from_locks_on_a_pinned_base() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    assert len(bases) == 2 and len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.1[1-4](\.\d+)?-slim-\w+", bases[0])
    assert all(
        "--require-hashes" in line or "--no-deps" in line for line in re.findall(r"pip install.*?(?:&&|$)", DOCKERFILE)
    )


def test_the_image_runs_as_nobody_in_particular_holds_no_secret_and_tells_its_health() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)", last, re.M) == ["10001:10001"]
    assert last.index("USER ") < last.index("ENTRYPOINT ")
    assert "HEALTHCHECK" in last and "/readyz" in last
    set_here = " ".join(re.findall(r"^(?:ARG|ENV) (.*)", DOCKERFILE, re.M))
    assert not re.search(r"KEY|SECRET|PASSWORD|TOKEN", set_here)


def test_what_the_image_copies_is_there_and_sent_to_the_builder() -> None:
    ignore = (ROOT / ".dockerignore").read_text().split()
    assert ignore[0] == "*"
    for source in re.findall(r"^COPY (\w+)/ ", DOCKERFILE, re.M):
        assert (ROOT / source).is_dir()
        assert f"!{source}" in ignore


# -- the public CI -----------------------------------------------------------------------------------------------------


def test_the_workflow_may_only_read_and_its_actions_are_pinned_by_commit() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    for name, job in WORKFLOW["jobs"].items():
        assert "permissions" not in job, name
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]), step
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_the_workflow_calls_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    runs = [step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]
    asked = {word for run in runs if run.startswith("make ") for word in run.split()[1:] if "=" not in word}
    assert {"lint", "types", "imports", "contracts", "deploy-check", "test", "test-native", "test-docker"} == asked
    assert asked <= targets
    assert WORKFLOW["jobs"]["embedded"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
