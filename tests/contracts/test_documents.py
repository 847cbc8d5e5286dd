"""What the documents name is there: modules, functions, topics, events, commands, files."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from sepakat_agreements.settings import AgreementsSettings
from sepakat_cli.__main__ import app
from sepakat_cli.client import SERVICES
from sepakat_incidents.settings import IncidentsSettings
from sepakat_metrics.settings import MetricsSettings
from sepakat_notifier.settings import NotifierSettings
from sepakat_shared.contracts import catalogue, topics

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])
SETTINGS = (AgreementsSettings, MetricsSettings, IncidentsSettings, NotifierSettings)
PACKAGES = [f"sepakat_{each}" for each in ("agreements", "cli", "incidents", "metrics", "notifier", "shared")]
TYPES = {event.type for event in catalogue.every_event()}
TOPICS = {topic.name for topic in topics.TOPICS}


def code_of(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page.read_text(), flags=re.S))


def resolve(name: str) -> Any:
    """The module, class or function of that dotted name. Raises AttributeError or ModuleNotFoundError."""
    parts = name.split(".")
    found = importlib.import_module(parts[0])
    for i, part in enumerate(parts[1:], 2):
        if not hasattr(found, part):
            importlib.import_module(".".join(parts[:i]))
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_part_and_every_event_that_a_page_names_is_there(page: Path) -> None:
    for name in code_of(page):
        if re.fullmatch(rf"({'|'.join(PACKAGES)})(\.\w+)*", name):
            assert resolve(name) is not None
        elif re.fullmatch(r"sepakat\.[\w.-]+\.v1", name):
            assert name in TYPES | TOPICS, name


def test_the_way_names_every_event_that_it_may_lead_to() -> None:
    named = set(code_of(ROOT / "docs" / "flow.md"))
    ways = {
        each for topic in (topics.METRICS, topics.INCIDENTS, topics.NOTIFICATIONS) for each in catalogue.EVENTS[topic]
    }
    assert {event.type for event in ways} <= named
    assert TOPICS - {topics.AGREEMENTS} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for name in code_of(page):
        words = name.split()
        if words[0] == "make" and len(words) > 1:
            assert words[1] in targets, name
        if words[0] == "sepakat" and len(words) > 1 and words[1].isalpha():
            assert words[1] in commands, name
            below = getattr(commands[words[1]], "commands", None)
            assert below is None or len(words) == 2 or words[2] in below, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_that_a_page_names_or_links_is_there(page: Path) -> None:
    for name in code_of(page):
        if re.fullmatch(r"(docs|tests|shared|services|deploy|requirements|\.ci|\.github)/[\w./-]+", name):
            assert (ROOT / name).exists(), name
    for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert link.startswith("https://") or (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_variable_that_a_page_names_is_read_somewhere(page: Path) -> None:
    code = "".join(
        file.read_text() for rooms in ("cli/sepakat_cli", "tests", "bench") for file in ROOT.glob(f"{rooms}/**/*.py")
    )
    known = {f"SEPAKAT_{name.upper()}" for settings in SETTINGS for name in settings.model_fields}
    known |= set(re.findall(r"SEPAKAT_\w+[A-Z]", code)) | {f"SEPAKAT_CLI_{service.upper()}_URL" for service in SERVICES}
    assert set(re.findall(r"SEPAKAT_\w+[A-Z]", page.read_text())) <= known


def test_the_page_of_settings_is_what_the_models_say() -> None:
    subprocess.run([sys.executable, ROOT / "docs" / "reference" / "settings.py", "--check"], check=True)
