"""What the deployment files name is there, and every setting in them is one that its service knows."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sepakat_agreements.settings import AgreementsSettings
from sepakat_incidents.settings import IncidentsSettings
from sepakat_metrics.settings import MetricsSettings
from sepakat_notifier.settings import NotifierSettings
from sepakat_shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "agreements": AgreementsSettings, "metrics": MetricsSettings, "incidents": IncidentsSettings,
    "notifier": NotifierSettings,
}  # fmt: skip
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()


def known(settings: type[ServiceSettings]) -> set[str]:
    return {f"SEPAKAT_{name.upper()}" for name in settings.model_fields}


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_of_the_compose_file_has_settings_that_it_knows(service: str) -> None:
    given = COMPOSE[service]
    names = {name for name in given["environment"] if name.startswith("SEPAKAT_")} | {"SEPAKAT_HTTP_HOST"}
    assert names <= known(SETTINGS[service])
    required = {f"SEPAKAT_{n.upper()}" for n, f in SETTINGS[service].model_fields.items() if f.is_required()}
    assert required <= names
    assert given["build"]["args"] == {"SERVICE": service}
    assert given["read_only"] is True and given["cap_drop"] == ["ALL"]
    assert given["depends_on"]["init"] == {"condition": "service_completed_successfully"}


def test_every_image_is_pinned_and_every_server_says_when_it_is_healthy() -> None:
    for name in ("kafka", "mongo", "inbox"):
        assert re.search(r":v?\d", COMPOSE[name]["image"]), name
    assert all("healthcheck" in COMPOSE[name] for name in ("kafka", "mongo"))


def test_the_example_of_secrets_names_what_the_compose_file_asks_for_and_holds_none() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")]
    given = dict(line.split("=", 1) for line in lines)
    assert set(given) == asked
    assert not [name for name, value in given.items() if value and "URL" not in name]


def test_the_image_is_built_from_locks_and_runs_as_nobody_in_particular() -> None:
    for service in [*SETTINGS, "cli"]:
        assert (ROOT / "requirements" / f"{service}.txt").exists()
    assert "--require-hashes" in DOCKERFILE and "HEALTHCHECK" in DOCKERFILE
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.M) == ["10001:10001"]
    assert all(":" in base for base in re.findall(r"^FROM (\S+)", DOCKERFILE, re.M))
