"""YAML (or JSON) as plain data: one meaning, bounded in size, every place by its JSON Pointer and line.

YAML can say things in ways that no two readers take alike, or that grow without bound. Refused are repeated keys, keys
that are not text, aliases, merge keys and tags; and what is too long, too deep or has too many values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.constructor import ConstructorError

from sepakat_shared.errors import FieldProblem, Malformed, sentence_of

MOST_BYTES: Final = 512 * 1024
DEEPEST: Final = 24
MOST_VALUES: Final = 50_000
_ALIAS: Final = "sepakat:alias"
_OF_EVERY_DOCUMENT: Final = ("apiVersion", "kind", "metadata")
_SYNTAX: Final = {
    "mapping values are not allowed": "a colon where none may be: see how far the lines are indented, and put text "
    "that has one in quotes",
    "found character '\\t'": "a tab; indent with spaces",
    "found character": "a character that no text may begin with; put the text in quotes",
    "while parsing a flow sequence": "the [ on line {begun} is not closed, or a comma is missing",
    "while parsing a flow mapping": "the {{ on line {begun} is not closed, or a comma is missing",
    "while scanning a quoted scalar": "the quote on line {begun} is not closed",
    "while scanning a double-quoted scalar": "between double quotes a backslash is written twice",
    "while scanning a simple key": "the key on line {begun} has no colon after it",
    "while scanning a block scalar": "after | or > the text begins on the next line",
    "while parsing a block": "this line does not go on with what began on line {begun}: see how far it is indented",
}
"""By how the parser's problem or its context begins: the first that fits."""


@dataclass
class Structure:
    """The documents of a stream as dicts, lists and scalars, and on which line each JSON Pointer stands."""

    documents: list[Any] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)


class Unreadable(Malformed):
    """Syntax errors; `lines` has where their pointers are, counted from 1, as far as that is known."""

    def __init__(self, detail: str, problems: Sequence[FieldProblem], lines: Mapping[str, int]) -> None:
        super().__init__(detail, problems)
        self.lines = lines


class _Loader(yaml.SafeLoader):
    """Composes nodes that remember the tag or alias that was written, and stops where it becomes too much."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._values = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        self._values += 1
        if self._values > MOST_VALUES:
            raise Malformed.whole(f"line {event.start_mark.line + 1}: more than {MOST_VALUES} values; send it in parts")
        if self._depth == DEEPEST:
            raise Malformed.whole(
                f"line {event.start_mark.line + 1}: nested more than {DEEPEST} deep; no text of ours is"
            )
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            return yaml.ScalarNode(_ALIAS, event.anchor, event.start_mark, event.end_mark)  # type: ignore[arg-type]
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is not None and getattr(event, "tag", None) is not None:
            node.said_tag = event.tag  # type: ignore[attr-defined]
        return node


def read(text: str) -> Structure:
    """Raises Malformed with every place that can't be read and how to write it; of syntax errors only the first."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise Malformed.whole(
            f"this is longer than {MOST_BYTES // 1024} KiB; send it in parts, each document in one of them"
        )
    try:
        loader = _Loader(text)
        nodes: list[yaml.Node] = []
        while loader.check_node():
            if (node := loader.get_node()) is not None and node.tag != "tag:yaml.org,2002:null":
                nodes.append(node)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        line = _line_of(error, text)
        at = f"line {line}: " if line is not None else ""
        detail = f"this is not readable YAML: {at}{in_words(error)}"
        raise Unreadable(detail, [], {} if line is None else {"": line}) from error
    found, problems = Structure(), list[FieldProblem]()
    for i, node in enumerate(nodes):
        at = f"/{i}" if len(nodes) > 1 else ""
        found.documents.append(_value(loader, node, at, found.lines, problems))
    if problems:
        shown = sentence_of(problems, 5)
        raise Unreadable(f"this is not readable YAML: {shown}", problems, found.lines)
    return found


def _value(loader: _Loader, node: yaml.Node, at: str, lines: dict[str, int], problems: list[FieldProblem]) -> Any:
    lines.setdefault(at, node.start_mark.line + 1)
    if node.tag == _ALIAS:
        problems.append(FieldProblem(at, f"aliases (*{node.value}) are not allowed; write it out"))
        return None
    if (tag := getattr(node, "said_tag", None)) is not None:
        problems.append(FieldProblem(at, f"tags ({tag}) are not allowed; leave it out, and put text in quotes"))
        return None
    if isinstance(node, yaml.MappingNode):
        return {
            key: _value(loader, value, f"{at}/{escaped(key)}", lines, problems)
            for key, value in _entries(loader, node, at, lines, problems)
        }
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, each, f"{at}/{i}", lines, problems) for i, each in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except (ConstructorError, ValueError, OverflowError) as error:
        problems.append(FieldProblem(at, f"{node.value!r} can't be read ({in_words(error)}); put text in quotes"))
        return None


def _entries(
    loader: _Loader, node: yaml.MappingNode, at: str, lines: dict[str, int], problems: list[FieldProblem]
) -> Iterator[tuple[str, yaml.Node]]:
    seen: set[str] = set()
    run_together = False
    for key_node, value in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            problems.append(FieldProblem(at, "merge keys (<<) are not allowed; write the fields out"))
            continue
        key = _value(loader, key_node, f"{at}/", {}, problems)
        if not isinstance(key, str):
            if not problems or problems[-1].pointer != f"{at}/":
                rule = f"the key {key_node.value!r} is not text; put it in quotes"
                problems.append(FieldProblem(at, rule))
            continue
        pointer = f"{at}/{escaped(key)}"
        if key in seen:
            first, again = lines[pointer], key_node.start_mark.line + 1
            begins = _begins(at, key)
            if not run_together:
                advice = f"put --- before line {again}, where another document begins" if begins else "keep one of them"
                rule = f"{key!r} stands twice, on lines {first} and {again}; {advice}"
                problems.append(FieldProblem(pointer, rule))
            # What else stands twice then is the other document's, and wrong by nothing but that.
            run_together = run_together or begins
            continue
        seen.add(key)
        lines[pointer] = key_node.start_mark.line + 1
        yield key, value


def escaped(part: object) -> str:
    """One step of a JSON Pointer (RFC 6901)."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _begins(at: str, key: str) -> bool:
    """Whether a key at that place is one of those that every document has once, at its top."""
    return not at.strip("/0123456789") and key in _OF_EVERY_DOCUMENT


def _line_of(error: Exception, text: str) -> int | None:
    """The line of a syntax error in `text`, counted from 1."""
    if isinstance(error, yaml.reader.ReaderError):
        return text.count("\n", 0, error.position) + 1
    mark = error.problem_mark or error.context_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return mark.line + 1 if mark is not None else None


def in_words(error: Exception) -> str:
    """What is wrong and how to mend it, in the words of those who write YAML; nothing of the text but a character."""
    if isinstance(error, RecursionError):
        return f"it is nested more than {DEEPEST} deep"
    if isinstance(error, yaml.reader.ReaderError):
        return f"the character U+{error.character:04X} may not stand in YAML"
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(str(error).split())
    problem, context = error.problem or "", error.context or ""
    begun = error.context_mark.line + 1 if error.context_mark is not None else None
    for start, words in _SYNTAX.items():
        if problem.startswith(start) or context.startswith(start):
            return words.format(begun=begun)
    return f"{context} {problem}".strip()
