"""`python docs/reference/settings.py [--check]`: settings.md beside this file, from the services' own models."""

import sys
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from sepakat_agreements.settings import AgreementsSettings
from sepakat_incidents.settings import IncidentsSettings
from sepakat_metrics.settings import MetricsSettings
from sepakat_notifier.settings import NotifierSettings
from sepakat_shared.settings import ServiceSettings

PAGE = Path(__file__).with_suffix(".md")
_OWN: dict[str, type[ServiceSettings]] = {
    "agreements": AgreementsSettings, "metrics": MetricsSettings, "incidents": IncidentsSettings,
    "notifier": NotifierSettings,
}  # fmt: skip
_HEAD = "| variable | default | what it is |\n|---|---|---|\n"


def page() -> str:
    """The whole page. Durations are ISO 8601."""
    common = ServiceSettings.model_fields
    parts = [
        "# Settings\n\nFrom the environment. An unknown `SEPAKAT_*` name, or an impossible value, stops the start with "
        "a sentence.\nDurations are ISO 8601 (`PT15S`). This page is made by `make contracts`.\n",
        "\n## Every service\n\n" + _HEAD + _rows(common),
    ]
    for service, settings in _OWN.items():
        own = {name: field for name, field in settings.model_fields.items() if name not in common}
        if own:
            parts.append(f"\n## {service}\n\n" + _HEAD + _rows(own))
    return "".join(parts)


def _rows(fields: dict[str, FieldInfo]) -> str:
    return "".join(
        f"| `SEPAKAT_{name.upper()}` | {_default(field)} | {field.description} |\n" for name, field in fields.items()
    )


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    return "" if field.default in (None, ()) else f"`{_written(field)}`"


def _written(field: FieldInfo) -> str:
    from pydantic import TypeAdapter

    return str(TypeAdapter(field.annotation).dump_python(field.default, mode="json"))


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        sys.exit(f"{PAGE.name} differs from the models; run `make contracts`")
