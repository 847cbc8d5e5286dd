"""Whether yesterday's readers understand today's events, and today's readers yesterday's: both given as JSON Schemas.

The second counts as much as the first: topics are kept, texts for ever, and a replay sends old commits again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

Schema = dict[str, Any]

_AT_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_AT_MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACTLY: Final = ("pattern", "format", "multipleOf", "uniqueItems", "propertyNames", "not", "oneOf")


def breaks(before: Schema, after: Schema) -> list[str]:
    """What readers of an event may stumble over, each with its path, when it changes from `before` to `after`."""
    of_new = _Reading(written=after, reader=before, misses_optional=True).problems()
    return _told(of_new, "now") + refuses(before, after)


def refuses(before: Schema, after: Schema) -> list[str]:
    """What was right by `before` and is refused by `after`: how events and texts that are kept become unreadable."""
    return _told(_Reading(written=before, reader=after, misses_optional=False).problems(), "in what is kept")


def _told(problems: Iterable[tuple[str, str]], when: str) -> list[str]:
    return list(dict.fromkeys(f"{path or '/'}: {what} {when}" for path, what in problems))


@dataclass(frozen=True)
class _Reading:
    """What a `reader` may stumble over in what is `written`. With `misses_optional`, an optional field that is never
    written counts too: whoever looks for it will not find it again."""

    written: Schema
    reader: Schema
    misses_optional: bool

    def problems(self) -> Iterator[tuple[str, str]]:
        return self._compare("", self.written, self.reader, frozenset())

    def _compare(
        self, path: str, written: Schema, reader: Schema, seen: frozenset[tuple[int, int]]
    ) -> Iterator[tuple[str, str]]:
        """Every form that a value may be written in must be one that the reader takes."""
        accepted = _forms(reader, self.reader)
        for form in _forms(written, self.written):
            like_it = [each for each in accepted if _takes_type(each, form)]
            if not like_it:
                yield path, f"may be {form.get('type', 'of any type')}"
                continue
            like_it = [each for each in like_it if _same_kind(each, form)] or like_it
            yield from min((list(self._compare_forms(path, form, each, seen)) for each in like_it), key=len)

    def _compare_forms(
        self, path: str, written: Schema, reader: Schema, seen: frozenset[tuple[int, int]]
    ) -> Iterator[tuple[str, str]]:
        pair = (id(written), id(reader))
        if pair in seen:  # a model that holds itself
            return
        seen = seen | {pair}
        yield from ((path, what) for what in _values(written, reader))
        yield from ((path, what) for what in _bounds(written, reader))
        yield from self._fields(path, written, reader, seen)
        for name in ("items", "additionalProperties"):
            inner, expected = written.get(name), reader.get(name)
            if isinstance(inner, dict) and isinstance(expected, dict):
                yield from self._compare(f"{path}/*", inner, expected, seen)
        patterns = written.get("patternProperties", {})
        for pattern, schema in reader.get("patternProperties", {}).items():
            if pattern in patterns:
                yield from self._compare(f"{path}/*", patterns[pattern], schema, seen)
            else:
                yield path, f"may have keys other than {pattern}"

    def _fields(
        self, path: str, written: Schema, reader: Schema, seen: frozenset[tuple[int, int]]
    ) -> Iterator[tuple[str, str]]:
        fields, known = written.get("properties", {}), reader.get("properties", {})
        always, needed = written.get("required", ()), reader.get("required", ())
        for name, schema in known.items():
            if name in fields:
                yield from self._compare(f"{path}/{name}", fields[name], schema, seen)
            if name in needed and name not in always:
                yield f"{path}/{name}", "may be absent" if name in fields else "is absent"
            elif name not in fields and self.misses_optional:
                yield f"{path}/{name}", "is absent"
        if reader.get("additionalProperties") is False:
            yield from ((f"{path}/{name}", "may be there unknown") for name in fields if name not in known)


def _forms(schema: Schema, root: Schema) -> list[Schema]:
    """The alternatives of a schema, each of one type at most."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "type" not in schema:
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return [form for option in options for form in _forms(option, root)]
        values = [schema["const"]] if "const" in schema else schema.get("enum", ())
        types = {_type_of(value) for value in values}
        return [{**schema, "type": types.pop()}] if len(types) == 1 else [schema]
    if isinstance(schema["type"], list):
        return [{**schema, "type": each} for each in schema["type"]]
    return [schema]


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "integer" if isinstance(value, int) else "number"


def _takes_type(reader: Schema, written: Schema) -> bool:
    expected, given = reader.get("type"), written.get("type")
    return expected in (None, given) or (expected, given) == ("number", "integer")


def _same_kind(reader: Schema, written: Schema) -> bool:
    """Whether no field tells the two apart by a constant, as the fields `kind` and the like of alternatives do."""
    fields, others = written.get("properties", {}), reader.get("properties", {})
    return all(
        "const" not in schema or "const" not in others.get(name, {}) or schema["const"] == others[name]["const"]
        for name, schema in fields.items()
    )


def _values(written: Schema, reader: Schema) -> Iterator[str]:
    expected, given = _named(reader), _named(written)
    if expected is None:
        return
    if given is None:
        yield "may have any value"
        return
    yield from (f"may be {value!r}" for value in given if value not in expected)


def _named(schema: Schema) -> list[Any] | None:
    """The only values that a schema allows; None where it names none."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _bounds(written: Schema, reader: Schema) -> Iterator[str]:
    for name in _AT_LEAST:
        if name in reader and written.get(name, float("-inf")) < reader[name]:
            yield f"may be below {name} {reader[name]}"
    for name in _AT_MOST:
        if name in reader and written.get(name, float("inf")) > reader[name]:
            yield f"may be above {name} {reader[name]}"
    for name in _EXACTLY:
        if name in reader and written.get(name) != reader[name] and _named(written) is None:
            yield f"may not be of {name} {reader[name]}"
