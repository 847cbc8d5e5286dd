"""`python -m sepakat_shared.contracts.generate DIRECTORY`: the contracts as JSON Schemas and AsyncAPI.

The schemas that are committed are the promise. Writing them anew is refused where that would break a reader, of today's
events or of those that are kept; `--check` writes nothing and names what differs; `--breaks` names breaks alone, for a
directory of another day or branch.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sepakat_shared.contracts import asyncapi, topics
from sepakat_shared.contracts.catalogue import EVENTS, TEXTS, every_event
from sepakat_shared.contracts.compatibility import Schema, breaks, refuses

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_AT = "https://sepakat.dev/"
_EVENTS = "schemas/events/"
_TEXTS = "schemas/texts/"
_TAKEN = {f"{_EVENTS}{each.type}.json" for each in EVENTS[topics.METRICS]}
"""Events that others publish, and we alone read: they may come in more forms, as long as each of before is taken."""


def files() -> dict[str, Schema]:
    """What the directory must hold, by path."""
    events = {_EVENTS + f"{each.type}.json": each.model_json_schema(mode="serialization") for each in every_event()}
    texts = {_TEXTS + f"{name}.json": text.model_json_schema(by_alias=True) for name, text in TEXTS.items()}
    schemas = {path: {"$schema": _DIALECT, "$id": _AT + path, **schema} for path, schema in (events | texts).items()}
    return {**schemas, "asyncapi.json": asyncapi.document()}


def broken(directory: Path, wanted: Mapping[str, Schema]) -> list[str]:
    """Who would be broken, were `wanted` put in the place of the schemas in `directory`."""
    found = []
    for path, before in _kept(directory).items():
        if path not in wanted:
            found.append(f"{path}: is of something that is gone; whoever reads it is broken")
        elif path.startswith(_EVENTS) and path not in _TAKEN:
            found += [f"{path}: breaks readers: {each}" for each in breaks(before, wanted[path])]
        else:
            whom = "publishers" if path in _TAKEN else "texts that are kept"
            found += [f"{path}: breaks {whom}: {each}" for each in refuses(before, wanted[path])]
    return found


def drifted(directory: Path, wanted: Mapping[str, Schema]) -> list[str]:
    """What in the directory is not what the models say."""
    return [
        f"{path}: {'differs from the models' if (directory / path).exists() else 'is missing'}"
        for path, content in wanted.items()
        if not (directory / path).exists() or json.loads((directory / path).read_text()) != content
    ]


def write(directory: Path, wanted: Mapping[str, Schema]) -> None:
    """Put `wanted` there, and take away what is not wanted any more."""
    for path in set(_kept(directory)) - set(wanted):
        (directory / path).unlink()
    for path, content in wanted.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def _kept(directory: Path) -> dict[str, Any]:
    found = sorted(directory.glob("schemas/**/*.json"))
    return {file.relative_to(directory).as_posix(): json.loads(file.read_text()) for file in found}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="generate", description=__doc__)
    parser.add_argument("directory", type=Path)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="write nothing; exit 1 where something differs")
    how.add_argument("--breaks", action="store_true", help="write nothing; exit 1 where a reader would be broken")
    how.add_argument("--break-readers", action="store_true", help="write also what breaks readers")
    given = parser.parse_args(arguments)
    wanted = files()
    found = [] if given.break_readers else broken(given.directory, wanted)
    if given.check:
        found += drifted(given.directory, wanted)
    sys.stderr.writelines(f"{each}\n" for each in found)
    if given.check and found:
        sys.stderr.write("`make contracts` writes them anew\n")
    elif found:
        sys.stderr.write("give the event a new version; `--break-readers` is for what nobody can have read yet\n")
    elif not given.check and not given.breaks:
        write(given.directory, wanted)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
