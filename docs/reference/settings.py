"""`python docs/reference/settings.py [--check]`: settings.md beside this file, from the services' own models."""

import sys
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from sepakat_agreements.settings import AgreementsSettings
from sepakat_cli.client import SERVICES
from sepakat_incidents.settings import IncidentsSettings
from sepakat_metrics.settings import MetricsSettings
from sepakat_notifier.settings import NotifierSettings
from sepakat_shared.settings import ServiceSettings

PAGE = Path(__file__).with_suffix(".md")
_OWN: dict[str, type[ServiceSettings]] = {
    "agreements": AgreementsSettings, "metrics": MetricsSettings, "incidents": IncidentsSettings,
    "notifier": NotifierSettings,
}  # fmt: skip
_INTRODUCTION = """\
# Settings

Services take them from the environment. An unknown `SEPAKAT_*` name or an impossible value stops the start with a
sentence; names of another service (`SEPAKAT_METRICS_FLUSH_MS` at the notifier) may stand in the same environment.
Durations are ISO 8601 (`PT15S`). This page is written by `make contracts`.
"""
_COMMAND_LINE = """
## The command line

An option comes before a variable, and a variable before what `sepakat up` has written into `.sepakat/cluster.json`.

| variable | what it is |
|---|---|
| `SEPAKAT_BACKEND` | the servers that `up` and `demo` start: embedded (default), native, docker or external |
| `SEPAKAT_KAFKA`, `SEPAKAT_MONGO` | the servers of `init`, and of the external backend |
| `SEPAKAT_ADMIN_KEY` | the key that `init` makes the first operator's; where it is not set, one is made and printed |
| `SEPAKAT_CLI_API_KEY`, `SEPAKAT_CLI_API_KEY_FILE` | the API key, or a file that holds it |
| `SEPAKAT_CLI_URL` | one address in front of all services |
"""
_HEAD = "| variable | default | what it is |\n|---|---|---|\n"


def page() -> str:
    """The whole page."""
    common = ServiceSettings.model_fields
    parts = [_INTRODUCTION, "\n## Every service\n\n" + _HEAD + _rows(common)]
    for service, settings in _OWN.items():
        own = {name: field for name, field in settings.model_fields.items() if name not in common}
        if own:
            parts.append(f"\n## {service}\n\n" + _HEAD + _rows(own))
    addresses = ", ".join(f"`SEPAKAT_CLI_{service.upper()}_URL`" for service in SERVICES)
    return "".join(parts) + _COMMAND_LINE + f"| {addresses} | the address of one service |\n"


def _rows(fields: dict[str, FieldInfo]) -> str:
    return "".join(
        f"| `SEPAKAT_{name.upper()}` | {_default(field)} | {_description(field)} |\n" for name, field in fields.items()
    )


def _description(field: FieldInfo) -> str:
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    return f"{field.description}: {', '.join(choices)}" if choices else str(field.description)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default in (None, ()):
        return ""
    return f"`{TypeAdapter(field.annotation).dump_python(field.default, mode='json')}`"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        sys.exit(f"{PAGE.name} differs from the models; run `make contracts`")
