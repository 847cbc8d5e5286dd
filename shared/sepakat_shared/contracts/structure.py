"""YAML (or JSON) as plain data: one meaning, bounded in size, every place by its JSON Pointer and line.

YAML can say things in ways that no two readers take alike, or that grow without bound. Refused are repeated keys, keys
that are not text, aliases, merge keys and tags; and what is too long, too deep or has too many values.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.constructor import ConstructorError

from sepakat_shared.errors import FieldProblem, Malformed, sentence_of

MOST_BYTES: Final = 512 * 1024
DEEPEST: Final = 24
MOST_VALUES: Final = 50_000
_ALIAS: Final = "sepakat:alias"


@dataclass
class Structure:
    """The documents of a stream as dicts, lists and scalars, and on which line each JSON Pointer stands."""

    documents: list[Any] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)


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
            raise Malformed(f"line {event.start_mark.line + 1}: more than {MOST_VALUES} values; send it in parts")
        if self._depth == DEEPEST:
            raise Malformed(f"line {event.start_mark.line + 1}: nested more than {DEEPEST} deep; no text of ours is")
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
        raise Malformed(f"this is longer than {MOST_BYTES // 1024} KiB; send it in parts, each document in one of them")
    try:
        loader = _Loader(text)
        nodes: list[yaml.Node] = []
        while loader.check_node():
            if (node := loader.get_node()) is not None and node.tag != "tag:yaml.org,2002:null":
                nodes.append(node)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Malformed(f"this is not readable YAML: {_in_words(error)}") from error
    found, problems = Structure(), list[FieldProblem]()
    for i, node in enumerate(nodes):
        at = f"/{i}" if len(nodes) > 1 else ""
        found.documents.append(_value(loader, node, at, found.lines, problems))
    if problems:
        shown = sentence_of(problems, 5)
        raise Malformed(f"this is not readable YAML: {shown}", problems)
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
        problems.append(FieldProblem(at, f"{node.value!r} can't be read ({_in_words(error)}); put text in quotes"))
        return None


def _entries(
    loader: _Loader, node: yaml.MappingNode, at: str, lines: dict[str, int], problems: list[FieldProblem]
) -> Iterator[tuple[str, yaml.Node]]:
    seen: set[str] = set()
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
            rule = f"{key!r} stands twice, on lines {first} and {again}; keep one of them"
            problems.append(FieldProblem(pointer, rule))
            continue
        seen.add(key)
        lines[pointer] = key_node.start_mark.line + 1
        yield key, value


def escaped(part: object) -> str:
    """One step of a JSON Pointer (RFC 6901)."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _in_words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"it is nested more than {DEEPEST} deep"
    return " ".join(str(error).split())
