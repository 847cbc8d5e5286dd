"""Whether a reader of yesterday's events can read today's: both are JSON Schemas of what is written."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def breaks(before: Schema, after: Schema) -> list[str]:
    """What a reader that was written for `before` may miss or not understand in `after`, each by its path."""
    return list(_breaks("", before, after, before, after))


def _breaks(path: str, before: Schema, after: Schema, root: Schema, new_root: Schema) -> Iterator[str]:
    before, after = _followed(before, root), _followed(after, new_root)
    old_types, new_types = _types(before, root), _types(after, new_root)
    if old_types and not new_types <= old_types:
        yield f"{path or '/'}: may be {', '.join(sorted(new_types - old_types))} now"
    if "enum" in before and not set(after.get("enum", ())) <= set(before["enum"]):
        yield f"{path}: has values that were not there"
    if "enum" in before and "enum" not in after:
        yield f"{path}: may have any value now"
    properties, new = before.get("properties", {}), after.get("properties", {})
    required = set(before.get("required", ()))
    for name, schema in properties.items():
        if name not in new:
            yield f"{path}/{name}: is not written any more"
            continue
        if name in required and name not in after.get("required", ()):
            yield f"{path}/{name}: is not always there any more"
        yield from _breaks(f"{path}/{name}", schema, new[name], root, new_root)
    if "items" in before and "items" in after:
        yield from _breaks(f"{path}/*", before["items"], after["items"], root, new_root)


def _followed(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _types(schema: Schema, root: Schema) -> set[str]:
    """The JSON types that a value may have; empty: any."""
    schema = _followed(schema, root)
    if "anyOf" in schema:
        return {each for option in schema["anyOf"] for each in _types(option, root)}
    if "const" in schema or "enum" in schema:
        return {"string"} if schema.get("type") in (None, "string") else {str(schema["type"])}
    named = schema.get("type")
    return set() if named is None else {named} if isinstance(named, str) else set(named)
