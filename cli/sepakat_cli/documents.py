"""What a person has written into a file of YAML or JSON, as a service takes it."""

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from sepakat_cli.files import text_of
from sepakat_cli.output import BadInput
from sepakat_shared.contracts import structure


def mapping_of(file: Path, example: str) -> dict[str, Any]:
    """The fields that the file has; instants as text, since JSON has none. Raises BadInput, with the `example`."""
    try:
        said = yaml.safe_load(text_of(file))
    except yaml.YAMLError as error:
        raise BadInput(f"{file} is not readable YAML: {structure.in_words(error)}") from error
    if not isinstance(said, dict):
        raise BadInput(f"{file}: must hold fields, as `{example}`")
    return {name: _written(value) for name, value in said.items()}


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _written(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_written(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
