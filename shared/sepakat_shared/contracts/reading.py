"""From YAML or JSON to texts: every rule that is broken is told at once, each with its place and how to mend it.

A field that breaks a rule of its own hides nothing else: the rules across fields are asked of what is left without it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sepakat_shared.contracts import rules, structure
from sepakat_shared.contracts.structure import escaped
from sepakat_shared.contracts.texts import Document
from sepakat_shared.errors import FieldProblem, Invalid, sentence_of

_documents: Final[TypeAdapter[Document]] = TypeAdapter(Annotated[Document, Field(discriminator="kind")])
_MOST_TOLD: Final = 200
_STAND_INS: Final[Mapping[str, Any]] = {
    "metadata": {"id": "unnamed"},
    "term": {"from": "0001-01-01", "until": "9999-12-31", "timeZone": "UTC"},
}
_ROUNDS: Final = 40
"""How often what is wrong is taken out and the rest read again, before the rules across fields are given up on."""


def parse_documents(text: str) -> list[Document]:
    """Read a stream of YAML (or JSON) documents. Raises Malformed, or Invalid with every field and its rule."""
    documents, problems = read(structure.read(text).documents)
    if problems:
        raise _invalid(problems)
    return documents


def read_document(raw: Any) -> Document:
    """One document that was read already, from JSON or by a change. Raises Invalid with every field and its rule."""
    size = len(json.dumps(raw, ensure_ascii=False).encode("utf-8", "replace"))
    if size > structure.MOST_BYTES:
        raise _invalid([FieldProblem("", f"is longer than {structure.MOST_BYTES // 1024} KiB: it has {size} bytes")])
    documents, problems = read([raw])
    if problems:
        raise _invalid(problems)
    return documents[0]


def read(raw: Sequence[Any]) -> tuple[list[Document], list[FieldProblem]]:
    """The documents that are in order, and every rule that the others break. Pointers begin with the document's number,
    from 0 on, where there are several.
    """
    documents: list[Document] = []
    problems: list[FieldProblem] = []
    numbers = []
    for i, each in enumerate(raw):
        at = f"/{i}" if len(raw) > 1 else ""
        document, found = _parse(each)
        problems += [FieldProblem(at + problem.pointer, problem.rule) for problem in found]
        if document is not None:
            documents.append(document)
            numbers.append(at)
    problems += [FieldProblem(numbers[i] + pointer, rule) for i, pointer, rule in rules.check_together(documents)]
    return documents, problems[:_MOST_TOLD]


def _parse(raw: Any) -> tuple[Document | None, list[FieldProblem]]:
    if not isinstance(raw, dict):
        return None, [FieldProblem("", "must be a mapping: apiVersion, kind, metadata and so on")]
    try:
        document = _documents.validate_python(raw)
    except ValidationError as error:
        own = [FieldProblem(_pointer(raw, each["loc"]), _rule(each)) for each in _reported(error)]
        return None, [*own, *_of_the_rest(raw, own)]
    return document, [FieldProblem(pointer, rule) for pointer, rule in rules.check(document)]


def _reported(error: ValidationError) -> list[ErrorDetails]:
    """Pydantic's findings, but for lists that it calls too short because of the very entries it found wrong."""
    found = error.errors()
    return [
        each
        for each in found
        if each["type"] != "too_short"
        or not any(
            len(other["loc"]) > len(each["loc"]) and other["loc"][: len(each["loc"])] == each["loc"] for other in found
        )
    ]


def _invalid(problems: list[FieldProblem]) -> Invalid:
    shown = sentence_of(problems, 5)
    more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
    return Invalid(shown + more, problems)


def _pointer(raw: Any, location: tuple[int | str, ...]) -> str:
    """Where in what was sent: pydantic's location without the names of the types it tried."""
    pointer, here = "", raw
    for i, part in enumerate(location):
        inside = _has(here, part)
        missing = i == len(location) - 1 and isinstance(here, dict) and not str(part).startswith("function-")
        if inside:
            here = here[part]
        if inside or missing:
            pointer += "/" + escaped(part)
    return pointer


def _has(here: Any, part: int | str) -> bool:
    if isinstance(here, dict):
        return part in here
    return isinstance(here, list) and isinstance(part, int) and part < len(here)


def _rule(error: Mapping[str, Any]) -> str:
    message: str = error["msg"]
    match error["type"]:
        case "extra_forbidden":
            return "is not a field here; check the spelling against the reference"
        case "missing":
            return "is required; add it"
        case "string_type":
            return "must be text; put it in quotes"
        case "string_pattern_mismatch":
            return f"must be like {error['ctx']['pattern']}"
        case "too_short":
            least = error["ctx"]["min_length"]
            return f"must have at least {least} {'entry' if least == 1 else 'entries'}"
        case "union_tag_invalid":
            return f"must be one of {error['ctx']['expected_tags']}"
        case "union_tag_not_found":
            return "needs `kind`: Party, Indicator or Agreement"
    return message.removeprefix("Value error, ").rstrip()


# -- the rest of a text that is wrong in places ------------------------------------------------------------------------


def _of_the_rest(raw: dict[str, Any], own: Sequence[FieldProblem]) -> list[FieldProblem]:
    """The rules across fields that a text breaks besides the fields that are wrong by themselves."""
    pruned = _Pruned(raw)
    for _ in range(_ROUNDS):
        try:
            document = _documents.validate_python(pruned.left)
        except ValidationError as error:
            if not pruned.mend(error):
                return []
            continue
        told = {each.pointer for each in own}
        alone = [(pointer, rule) for _, pointer, rule in rules.check_together([document])]
        found = [FieldProblem(pruned.as_sent(pointer), rule) for pointer, rule in (*rules.check(document), *alone)]
        return [each for each in found if each.pointer not in told and not pruned.follows(each.pointer)]
    return []


def _steps(pointer: str) -> Iterator[str]:
    return (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


class _Pruned:
    """A text without its broken parts: `left`, and where each place of it was in the whole."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw
        self.left: dict[str, Any] = _copied(raw)
        self._gone: dict[tuple[str, ...], list[int]] = {}
        """By list, as sent: the places that were taken out of it."""
        self._less: set[str] = set()
        """Pointers to what has a field less."""
        self._names: set[str] = set()
        """What others may refer to in what was taken out: that it is missing is no fault of theirs."""

    def mend(self, error: ValidationError) -> bool:
        """Take out what is wrong, or put a word in that is allowed. False where the rest makes no sense like that."""
        places = set()
        for each in error.errors():
            at = tuple(_steps(_pointer(self.left, each["loc"])))
            if each["type"] == "literal_error" and self._is_there(at):
                self._put(at, each["ctx"]["expected"].split("'")[1])
            else:
                places.add(at)
        return self._take_out(places)

    def _put(self, at: tuple[str, ...], value: str) -> None:
        here: Any = self.left
        for part in at[:-1]:
            here = here[int(part) if isinstance(here, list) else part]
        here[int(at[-1]) if isinstance(here, list) else at[-1]] = value

    def _take_out(self, places: set[tuple[str, ...]]) -> bool:
        """Of a field that is missing, what it is missing from. False where the rest makes no sense without it."""
        present: set[tuple[str, ...]] = set()
        for place in places:
            at = place
            while at and not self._is_there(at):
                at = at[:-1]
            if not at and (len(place) != 1 or not self._stand_in(place[0])):
                return False
            if at:
                present.add(at)
        # From the end of each list on, so that the places before it stay what they are.
        for at in sorted(present, key=_by_place, reverse=True):
            self._remove(at)
        return True

    def _stand_in(self, name: str) -> bool:
        """Put something in where the text can't be read without and no other rule asks what it says."""
        if name not in _STAND_INS or name in self.left:
            return False
        self.left[name] = _STAND_INS[name]
        return True

    def _is_there(self, at: tuple[str, ...]) -> bool:
        here: Any = self.left
        for part in at:
            key = int(part) if isinstance(here, list) and part.isdigit() else part
            if not _has(here, key):
                return False
            here = here[key]
        return True

    def _remove(self, at: tuple[str, ...]) -> None:
        if not self._is_there(at):
            return
        sent = tuple(_steps(self.as_sent("".join("/" + escaped(part) for part in at))))
        here: Any = self.left
        for part in at[:-1]:
            here = here[int(part) if isinstance(here, list) else part]
        if isinstance(here, list):
            gone = here.pop(int(at[-1]))
            self._gone.setdefault(sent[:-1], []).append(int(sent[-1]))
        else:
            gone = here.pop(at[-1])
            self._names.add(at[-1])
            self._less.add("".join("/" + escaped(part) for part in sent[:-1]))
        self._names |= set(_names(gone))

    def as_sent(self, pointer: str) -> str:
        """The pointer to the same place in the text that was sent."""
        sent: list[str] = []
        here: Any = self._raw
        for part in _steps(pointer):
            if isinstance(here, list):
                gone = set(self._gone.get(tuple(sent), ()))
                there = [i for i in range(len(here)) if i not in gone]
                at = there[int(part)]
                sent.append(str(at))
                here = here[at]
            else:
                sent.append(part)
                here = here.get(part) if isinstance(here, dict) else None
        return "".join("/" + escaped(part) for part in sent)

    def follows(self, pointer: str) -> bool:
        """Whether that place is only wrong because of what was taken out: it is gone, lacks it, or refers to it."""
        if pointer in self._less:
            return True
        here: Any = self._raw
        for part in _steps(pointer):
            key = int(part) if isinstance(here, list) and part.isdigit() else part
            if not _has(here, key):
                return part in self._names or any(pointer.endswith("/" + escaped(name)) for name in self._names)
            here = here[key]
        return isinstance(here, str) and here in self._names


def _by_place(at: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in at)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)
    elif isinstance(value, str):
        yield value
