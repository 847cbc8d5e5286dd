"""An incident in words: its fields, its clocks, and what happened."""

from collections.abc import Iterator
from typing import Any

from sepakat_cli.commands.status import duration


def shown_fields(incident: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """An incident's fields in words: a clock, a request to pause and the like each on a line of its own."""
    for name, value in incident.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from ((name, _clock(each) if name == "clocks" else _words(each)) for each in value)
        elif name.endswith("_seconds") and value is not None:
            yield name.removesuffix("_seconds"), duration(value)
        else:
            yield name, _plain(value)


def _clock(clock: dict[str, Any]) -> str:
    said = f"{clock['clock']}: {clock['state']}, {duration(clock['elapsed_seconds'])}"
    said += f" of {duration(clock['limit_seconds'])}" if clock["limit_seconds"] is not None else ""
    said += f", due {clock['due_at']}" if clock["due_at"] and not clock["stopped_at"] else ""
    said += f", for {clock['objective']}" if clock["objective"] else ""
    agreed = clock.get("agreed")
    if agreed is None:
        return said
    verdict = "met" if agreed["met"] else "missed"
    return f"{said}; by {agreed['number']}: {duration(agreed['elapsed_seconds'])}, {verdict}"


def _words(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in fields.items() if value is not None)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return _words(value) or "-"
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def details(entry: dict[str, Any]) -> str:
    shown = {name: value for name, value in entry.items() if name not in ("at", "what", "by") and value is not None}
    return ", ".join(f"{name}: {_plain(value)}" for name, value in shown.items())
