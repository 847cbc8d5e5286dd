"""What is different between two texts, clause by clause: as data, and in words of the field. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sepakat_agreements.clauses import clauses

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Difference:
    """`pointer` is a JSON Pointer within the clause, empty where all of it came or went."""

    clause: str
    pointer: str
    kind: Kind
    before: Any
    after: Any
    words: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every difference, in the order of the texts' clauses. Both as `texts.as_text` writes them."""
    one, other = clauses(before), clauses(after)
    found: list[Difference] = []
    for clause in dict.fromkeys([*one, *other]):
        for path, left, right in _walk((), one.get(clause), other.get(clause)):
            kind: Kind = "added" if left is None else "removed" if right is None else "changed"
            found.append(Difference(clause, _pointer(path), kind, left, right, _words(clause, path, left, right)))
    return found


_Path = tuple[str | int, ...]


def _walk(path: _Path, before: Any, after: Any) -> Iterator[tuple[_Path, Any, Any]]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            yield from _walk((*path, name), before.get(name), after.get(name))
    elif _alike(before, after):
        for i, (left, right) in enumerate(zip(before, after, strict=True)):
            yield from _walk((*path, i), left, right)
    else:
        yield path, before, after


def _alike(before: Any, after: Any) -> bool:
    """Two lists whose parts stand for each other: steps, tiers and levels go by their place."""
    lists = isinstance(before, list) and isinstance(after, list) and len(before) == len(after)
    return lists and all(isinstance(each, dict) for each in (*before, *after))


def _pointer(path: _Path) -> str:
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in path)


# -- words -------------------------------------------------------------------------------------------------------------

_SINGULAR: Final = {
    "charges": "charge", "services": "service", "needs": "need", "obligations": "obligation", "calendars": "calendar",
    "objectives": "objective", "rotations": "rotation", "escalation": "escalation policy", "tiers": "tier",
    "levels": "level", "steps": "step", "layers": "layer", "windows": "window", "freezes": "freeze",
    "triggers": "trigger", "signatories": "signatory", "underpinning": "underpinning agreement",
}  # fmt: skip
_IN_PERCENT: Final = ("target", "below", "percent", "sliceTarget", "minimumCoverage")
_LANGUAGES: Final = ("en", "id")
_DURATION: Final = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?"
)
_UNITS: Final = ("year", "month", "week", "day", "hour", "minute", "second")


def _words(clause: str, path: _Path, before: Any, after: Any) -> str:
    section, _, id = clause.partition("/")
    if not path:
        name = f"{_SINGULAR[section]} {id}" if id else _label(section)
        if before is None:
            return f"{name} is added"
        return f"{name} is removed" if after is None else f"{name}: {_said(section, before)} → {_said(section, after)}"
    field = path[-1] if isinstance(path[-1], str) else path[-2]
    # A section that is a list is in the name of its part already.
    of = [] if isinstance(path[0], int) else [id or _label(section)]
    chain = " of ".join([*_chain(section, path), *of])
    return f"{chain}: {_said(str(field), before)} → {_said(str(field), after)}"


def _chain(section: str, path: _Path) -> list[str]:
    """The fields from the innermost outwards; a place in a list and a language belong to the name before them."""
    names: list[str] = []
    for i, part in enumerate(path):
        before = path[i - 1] if i else section
        if isinstance(part, int):
            names[-1:] = [f"{_SINGULAR.get(str(before), str(before))} {part + 1}"]
        elif names and part in _LANGUAGES and i == len(path) - 1:
            names[-1] = f"{names[-1]} ({part})"
        else:
            names.append(_label(part))
    return names[::-1]


def _label(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: " " + found[1].lower(), name)


def _said(field: str, value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_said(field, each) for each in value) or "nothing"
    if isinstance(value, dict):
        return _object(value)
    if field in _IN_PERCENT and isinstance(value, str):
        return f"{value} %"
    return _duration(value) if isinstance(value, str) else str(value)


def _object(value: Mapping[str, Any]) -> str:
    if set(value) <= set(_LANGUAGES):
        return str(value.get("en") or value.get("id"))
    unit = f" {value['unit']}" if "unit" in value else ""
    for name, words in (("atMost", "at most"), ("atLeast", "at least")):
        if name in value:
            return f"{words} {_said(name, value[name])}{unit}"
    return "; ".join(f"{_label(name)} {_said(name, each)}" for name, each in value.items())


def _duration(value: str) -> str:
    found = _DURATION.fullmatch(value)
    if found is None or not any(found.groups()):
        return value
    counted: Sequence[tuple[str, str]] = [(n, unit) for n, unit in zip(found.groups(), _UNITS, strict=True) if n]
    return " ".join(f"{n} {unit}{'' if n == '1' else 's'}" for n, unit in counted)
