"""The clauses of a text, each with an address, and what a proposed change makes of them. Pure.

A clause is `section/id` where a section has several (`objectives/availability-month`, `escalation/critical`), and a
section by itself otherwise (`term`, `disputes`). The parties of a text are no clause: they never change.
"""

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, Literal

import jsonpatch
from jsonpointer import JsonPointerException

from sepakat_shared.contracts import reading, texts
from sepakat_shared.errors import FieldProblem, Invalid

LISTED: Final = ("charges", "services", "needs", "obligations", "calendars", "objectives", "rotations")
MAPPED: Final = ("escalation",)
_FIXED: Final = ("apiVersion", "kind", "parties")
_SECTIONS: Final = tuple(
    str(field.alias) for field in texts.Agreement.model_fields.values() if field.alias not in _FIXED
)
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class Change:
    """What becomes of one clause: `content` is a JSON Merge Patch (RFC 7396) or a JSON Patch (RFC 6902), as JSON.

    It is kept as it was written: a patch may hold what a database takes in no field of its own.
    """

    clause: str
    how: Literal["merge", "patch"]
    content: str

    @property
    def body(self) -> Any:
        return json.loads(self.content)


def clauses(text: Mapping[str, Any]) -> dict[str, Any]:
    """Every clause that the text has, by its address, in the order of the text."""
    found: dict[str, Any] = {}
    for section in _SECTIONS:
        content = text.get(section)
        if section in LISTED:
            found |= {f"{section}/{each['id']}": each for each in content or ()}
        elif section in MAPPED:
            found |= {f"{section}/{id}": each for id, each in (content or {}).items()}
        elif content is not None:
            found[section] = content
    return found


def changed(text: Mapping[str, Any], changes: Sequence[Change]) -> texts.Agreement:
    """The text with these changes, one after the other. Raises Invalid: each field with its rule, by what was sent."""
    result = deepcopy(dict(text))
    problems: list[FieldProblem] = []
    for i, change in enumerate(changes):
        try:
            _take(result, change)
        except _BreaksRule as broken:
            problems.append(FieldProblem(f"/changes/{i}/{broken.field}", broken.rule))
    if not problems:
        try:
            document = reading.read_document(result)
        except Invalid as error:
            problems = [_as_sent(each, result, changes) for each in error.problems]
        else:
            if isinstance(document, texts.Agreement) and document.metadata.id == text["metadata"]["id"]:
                return document
            problems = [FieldProblem("/changes", "the id of an agreement never changes")]
    raise Invalid.of(problems)


def merged(content: Any, patch: Any) -> Any:
    """RFC 7396, section 2. Nothing of what was given is changed."""
    if not isinstance(patch, dict):
        return deepcopy(patch)
    result = dict(content) if isinstance(content, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


class _BreaksRule(Exception):
    """A field of a change that breaks a rule."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field, self.rule = field, rule


def _take(text: dict[str, Any], change: Change) -> None:
    """Let `change` become part of the text. Raises _BreaksRule."""
    section, _, id = change.clause.partition("/")
    _check_address(section, id, "/" in change.clause)
    content = _content(clauses(text).get(change.clause), change)
    if section not in (*LISTED, *MAPPED):
        text[section] = content
        if content is None:
            del text[section]
        return
    if content is not None and not isinstance(content, dict):
        raise _BreaksRule(change.how, "must leave an object, or remove the clause as a whole (merge: null)")
    if section in MAPPED:
        others = {name: each for name, each in (text.get(section) or {}).items() if name != id or content is not None}
        text[section] = others if content is None else {**others, id: content}
        return
    if content is not None and content.setdefault("id", id) != id:
        raise _BreaksRule(change.how, f"a clause keeps its id {id!r}; remove it and add another one")
    listed = list(text.get(section) or ())
    place = next((i for i, each in enumerate(listed) if each["id"] == id), len(listed))
    listed[place : place + 1] = [] if content is None else [content]
    text[section] = listed


def _content(known: Any, change: Change) -> Any:
    """What the clause is after the change; None where there is none any more. Raises _BreaksRule."""
    if change.how == "merge":
        if change.body is None and known is None:
            raise _BreaksRule("clause", f"there is no clause {change.clause!r} to remove")
        return None if change.body is None else merged(known, change.body)
    if known is None:
        raise _BreaksRule("clause", f"there is no clause {change.clause!r} to patch; add it by a merge")
    try:
        return jsonpatch.apply_patch(deepcopy(known), change.body)
    except (jsonpatch.JsonPatchException, JsonPointerException, TypeError) as error:
        raise _BreaksRule("patch", f"does not apply to the clause as it stands: {error}") from error


def _check_address(section: str, id: str, has_id: bool) -> None:
    if section not in _SECTIONS:
        there = ", ".join(_SECTIONS)
        raise _BreaksRule("clause", f"{section!r} is no section of an agreement whose clauses change (there: {there})")
    named = section in (*LISTED, *MAPPED)
    if named and not _ID.fullmatch(id):
        raise _BreaksRule("clause", f"names one clause of the section, as {section}/ID")
    if has_id and not named:
        raise _BreaksRule("clause", f"{section!r} is one clause by itself")


def _as_sent(problem: FieldProblem, result: Mapping[str, Any], changes: Sequence[Change]) -> FieldProblem:
    """The problem of the whole text at the change that brought it, where one of them touches that clause."""
    section, *rest = problem.pointer.removeprefix("/").split("/")
    clause = section
    if rest and section in MAPPED:
        clause, rest = f"{section}/{rest[0]}", rest[1:]
    elif rest and section in LISTED and rest[0].isdigit():
        clause, rest = f"{section}/{result[section][int(rest[0])].get('id')}", rest[1:]
    for i, change in enumerate(changes):
        if change.clause == clause:
            inside = "".join(f"/{each}" for each in rest) if change.how == "merge" else ""
            return FieldProblem(f"/changes/{i}/{change.how}{inside}", problem.rule)
    return FieldProblem("/changes", f"{problem.pointer or 'the whole'} of the text that follows {problem.rule}")
