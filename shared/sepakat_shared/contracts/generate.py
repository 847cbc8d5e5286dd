"""`python -m sepakat_shared.contracts.generate DIRECTORY [--check]`: the contracts as JSON Schemas and AsyncAPI.

Schemas that are committed are the promise: `--check` fails when the models say something else, and says which readers
a change would break.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sepakat_shared.contracts import asyncapi
from sepakat_shared.contracts.catalogue import TEXTS, every_event
from sepakat_shared.contracts.compatibility import breaks

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def files() -> dict[str, dict[str, Any]]:
    """What the directory must hold, by path."""
    events = {
        f"schemas/events/{event.type}.json": {
            "$schema": _DIALECT,
            "$id": f"https://sepakat.dev/schemas/events/{event.type}.json",
            **event.model_json_schema(mode="serialization"),
        }
        for event in every_event()
    }
    texts = {
        f"schemas/texts/{name}.json": {
            "$schema": _DIALECT,
            "$id": f"https://sepakat.dev/schemas/texts/{name}.json",
            **text.model_json_schema(by_alias=True),
        }
        for name, text in TEXTS.items()
    }
    return {**events, **texts, "asyncapi.json": asyncapi.document()}


def problems(directory: Path, wanted: Mapping[str, dict[str, Any]]) -> list[str]:
    """What differs between the directory and the models, and what of that breaks a reader of an event."""
    found = []
    for path, content in wanted.items():
        file = directory / path
        if not file.exists():
            found.append(f"{path}: is missing")
            continue
        committed = json.loads(file.read_text())
        if committed == content:
            continue
        found.append(f"{path}: differs from the models")
        if path.startswith("schemas/events/"):
            found += [f"{path}: breaks readers: {each}" for each in breaks(committed, content)]
    kept = {str(file.relative_to(directory)) for file in directory.glob("schemas/**/*.json")}
    found += [f"{path}: is of an event that is gone; readers of it are broken" for path in sorted(kept - set(wanted))]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="generate", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where something differs")
    given = parser.parse_args()
    wanted = files()
    if given.check:
        found = problems(given.directory, wanted)
        sys.stderr.writelines(f"{each}\n" for each in found)
        if found:
            sys.stderr.write("run `make contracts` to write them anew, if that is what you want to promise\n")
        return 1 if found else 0
    for path, content in wanted.items():
        file = given.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
