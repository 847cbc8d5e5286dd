"""What a person has written into a file of YAML or JSON, as a service takes it."""

import math
from datetime import date
from pathlib import Path
from typing import Any

from sepakat_cli.files import text_of
from sepakat_cli.output import BadInput
from sepakat_shared.contracts import structure
from sepakat_shared.errors import Malformed


def mapping_of(file: Path, example: str) -> dict[str, Any]:
    """The fields that the file has; instants as text, since JSON has none. Raises BadInput, with the `example`."""
    try:
        documents = structure.read(text_of(file)).documents
    except Malformed as error:
        raise BadInput(f"{file}: {error.detail}") from error
    if len(documents) > 1:
        raise BadInput(f"{file}: holds {len(documents)} documents, and must be one")
    if not documents or not isinstance(documents[0], dict):
        raise BadInput(f"{file}: must hold fields, as `{example}`")
    return {name: _written(value, f"{file}: /{structure.escaped(name)}") for name, value in documents[0].items()}


def _written(value: Any, at: str) -> Any:
    if isinstance(value, dict):
        return {name: _written(each, f"{at}/{structure.escaped(name)}") for name, each in value.items()}
    if isinstance(value, list):
        return [_written(each, f"{at}/{i}") for i, each in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput(f"{at}: {value} is no number that JSON has")
    if isinstance(value, str) and any("\ud800" <= each <= "\udfff" for each in value):
        raise BadInput(f"{at}: half a character, by its code; write the character itself")
    return value.isoformat() if isinstance(value, date) else value
