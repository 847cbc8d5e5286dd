"""`sepakat validate`: whether texts are in order, without any server; every broken rule at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from sepakat_cli.files import require, text_of
from sepakat_cli.output import AsJson, CommandFailed, print_json, print_line, say
from sepakat_shared.contracts import reading, rules, structure
from sepakat_shared.contracts.texts import Document
from sepakat_shared.errors import FieldProblem, Malformed


@dataclass
class _File:
    """What one file holds, and what is wrong or worth a look in it: (line, pointer, words)."""

    name: str
    documents: list[Document] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[FieldProblem] = field(default_factory=list)
    advice: list[FieldProblem] = field(default_factory=list)


def validate(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="YAML or JSON with one or more documents; - for standard input"),
    ],
    as_json: AsJson = False,
) -> None:
    """Check parties, indicators and agreements, each by itself and all of them together.

    Every broken rule is told with its file, line, JSON Pointer and how to mend it. Advice is what breaks no rule and is
    likely not meant. Exit code 1: a rule is broken.

    **Example**

      sepakat validate parties.yaml agreement.yaml
    """
    require(files)
    read = [_read(file) for file in files]
    _check_together(read)
    if as_json:
        print_json({"files": [_as_json(each) for each in read]})
    else:
        for each in read:
            _tell(each)
    broken = sum(len(each.problems) for each in read)
    if broken:
        raise CommandFailed(f"{broken} {'rule is' if broken == 1 else 'rules are'} broken")


def _read(path: Path) -> _File:
    """Raises BadInput where there is no such file."""
    file = _File(str(path))
    text = text_of(path)
    try:
        found = structure.read(text)
    except Malformed as error:
        file.problems = list(error.problems) or [FieldProblem("", error.detail)]
        file.lines = dict(error.lines) if isinstance(error, structure.Unreadable) else {}
        return file
    file.lines = found.lines
    if not found.documents:
        file.problems = [FieldProblem("", "holds no document; begin with apiVersion: sepakat/v1")]
    for i, raw in enumerate(found.documents):
        at = f"/{i}" if len(found.documents) > 1 else ""
        documents, problems = reading.read([raw])
        file.problems += [FieldProblem(at + each.pointer, each.rule) for each in problems]
        for document in documents:
            file.documents.append(document)
            file.starts.append(at)
            file.advice += [FieldProblem(at + pointer, words) for pointer, words in rules.advise(document)]
    return file


def _check_together(files: Sequence[_File]) -> None:
    """An agreement may stand in one file, and its parties and indicators in others."""
    places = [(file, start) for file in files for start in file.starts]
    documents = [document for file in files for document in file.documents]
    for i, pointer, rule in rules.check_together(documents):
        file, start = places[i]
        file.problems.append(FieldProblem(start + pointer, rule))
    for i, pointer, words in rules.advise_together(documents):
        file, start = places[i]
        file.advice.append(FieldProblem(start + pointer, words))


def _placed(file: _File, found: Sequence[FieldProblem]) -> Iterator[tuple[int | None, str, str]]:
    """In the order of the file: the line (of the nearest place that is there), the pointer, the words."""
    placed = []
    for each in found:
        at = each.pointer
        while at and at not in file.lines:
            at = at.rpartition("/")[0]
        placed.append((file.lines.get(at), each.pointer or "/", each.rule))
    yield from sorted(placed, key=lambda each: (each[0] or 0, each[1]))


def _as_json(file: _File) -> dict[str, Any]:
    def shown(found: Sequence[FieldProblem]) -> list[dict[str, Any]]:
        return [{"line": line, "pointer": at, "rule": rule} for line, at, rule in _placed(file, found)]

    return {
        "file": file.name,
        "documents": [{"kind": each.kind, "id": each.metadata.id} for each in file.documents],
        "problems": shown(file.problems),
        "advice": shown(file.advice),
    }


def _tell(file: _File) -> None:
    for line, at, rule in _placed(file, file.problems):
        print_line(f"{file.name}:{line or 1}: {at}: {rule}")
    for line, at, words in _placed(file, file.advice):
        print_line(f"{file.name}:{line or 1}: advice: {at}: {words}")
    if not file.problems:
        there = ", ".join(f"{each.kind} {each.metadata.id}" for each in file.documents)
        say(f"{file.name} is in order: {there}")
