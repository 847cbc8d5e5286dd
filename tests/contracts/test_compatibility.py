"""Each way to break a reader is named; what may be changed is let through."""

import json
from pathlib import Path
from typing import Any

import pytest

from sepakat_shared.contracts import generate
from sepakat_shared.contracts.compatibility import breaks, refuses

BEFORE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "level", "at", "kind"],
    "properties": {
        "id": {"type": "string", "minLength": 2},
        "level": {"type": "integer"},
        "share": {"type": "number", "maximum": 1},
        "kind": {"enum": ["a", "b"]},
        "only": {"const": "x"},
        "at": {"$ref": "#/$defs/When"},
        "since": {"anyOf": [{"$ref": "#/$defs/When"}, {"type": "null"}], "default": None},
        "names": {"type": "array", "items": {"type": "string"}},
        "by_day": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "$defs": {"When": {"type": "object", "required": ["day"], "properties": {"day": {"type": "string"}}}},
}


def changed(**properties: Any) -> dict[str, Any]:
    return {**BEFORE, "properties": {**BEFORE["properties"], **properties}}


def without(name: str) -> dict[str, Any]:
    properties = {each: schema for each, schema in BEFORE["properties"].items() if each != name}
    return {**BEFORE, "properties": properties, "required": [each for each in BEFORE["required"] if each != name]}


@pytest.mark.parametrize(
    ("after", "named"),
    [
        pytest.param(without("level"), ["/level: is absent now"], id="a field is gone"),
        pytest.param(without("share"), ["/share: is absent now"], id="an optional field is gone"),
        pytest.param(
            {**BEFORE, "required": ["id", "at", "kind"]}, ["/level: may be absent now"], id="not always there any more"
        ),
        pytest.param(
            {**BEFORE, "required": [*BEFORE["required"], "names"]},
            ["/names: may be absent in what is kept"], id="an optional field is required",
        ),
        pytest.param(
            {**changed(more={"type": "string"}), "required": [*BEFORE["required"], "more"]},
            ["/more: is absent in what is kept"], id="a new field is required",
        ),
        pytest.param(
            changed(level={"type": "string"}),
            ["/level: may be string now", "/level: may be integer in what is kept"], id="another type",
        ),
        pytest.param(
            changed(level={"anyOf": [{"type": "integer"}, {"type": "null"}]}), ["/level: may be null now"],
            id="null is new",
        ),
        pytest.param(changed(level={"type": "number"}), ["/level: may be number now"], id="a wider number"),
        pytest.param(
            changed(share={"type": "integer", "maximum": 1}), ["/share: may be number in what is kept"],
            id="a narrower number",
        ),
        pytest.param(
            changed(since={"$ref": "#/$defs/When"}), ["/since: may be null in what is kept"], id="no null any more"
        ),
        pytest.param(changed(kind={"enum": ["a", "b", "c"]}), ["/kind: may be 'c' now"], id="a new value"),
        pytest.param(changed(kind={"enum": ["a"]}), ["/kind: may be 'b' in what is kept"], id="a value less"),
        pytest.param(changed(kind={"type": "string"}), ["/kind: may have any value now"], id="any value"),
        pytest.param(
            changed(only={"const": "y"}), ["/only: may be 'y' now", "/only: may be 'x' in what is kept"],
            id="another constant",
        ),
        pytest.param(
            changed(names={"type": "array", "items": {"type": "integer"}}),
            ["/names/*: may be integer now", "/names/*: may be string in what is kept"], id="within a list",
        ),
        pytest.param(
            changed(by_day={"type": "object", "additionalProperties": {"type": "number"}}),
            ["/by_day/*: may be number now"], id="within a mapping",
        ),
        pytest.param(
            {**BEFORE, "$defs": {"When": {"type": "object", "properties": {}}}},
            ["/at/day: is absent now", "/since/day: is absent now"], id="within a part, also an optional one",
        ),
        pytest.param(
            changed(id={"type": "string", "minLength": 3}), ["/id: may be below minLength 3 in what is kept"],
            id="a tighter bound",
        ),
        pytest.param(changed(id={"type": "string"}), ["/id: may be below minLength 2 now"], id="a looser bound"),
        pytest.param(
            changed(share={"type": "number", "maximum": 2}), ["/share: may be above maximum 1 now"], id="a higher bound"
        ),
        pytest.param(
            changed(id={"type": "string", "minLength": 2, "pattern": "^a"}),
            ["/id: may not be of pattern ^a in what is kept"], id="a pattern",
        ),
    ],
)  # fmt: skip
def test_what_breaks_a_reader_is_named(after: dict[str, Any], named: list[str]) -> None:
    assert breaks(BEFORE, after) == named


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(BEFORE, id="nothing"),
        pytest.param(changed(more={"type": "string"}), id="a new optional field"),
        pytest.param(changed(id={"type": "string", "minLength": 2, "description": "which"}), id="words"),
        pytest.param(
            changed(at={"$ref": "#/$defs/Day"}) | {"$defs": {**BEFORE["$defs"], "Day": BEFORE["$defs"]["When"]}},
            id="another name for a part",
        ),
        pytest.param(changed(only={"enum": ["x"]}), id="the same values, written in another way"),
        pytest.param(changed(since={"anyOf": [{"type": "null"}, {"$ref": "#/$defs/When"}]}), id="another order"),
    ],
)  # fmt: skip
def test_what_may_be_changed_breaks_nobody(after: dict[str, Any]) -> None:
    assert breaks(BEFORE, after) == []


def test_a_reader_that_refuses_unknown_fields_is_broken_by_a_new_one() -> None:
    strict = {**BEFORE, "additionalProperties": False}
    after = {**changed(more={"type": "string"}), "additionalProperties": False}
    assert breaks(strict, after) == ["/more: may be there unknown now"]


def test_texts_that_are_kept_are_read_with_new_fields_and_more_values_but_not_with_fewer() -> None:
    strict = {**BEFORE, "additionalProperties": False}
    assert refuses(strict, {**changed(more={"type": "string"}), "additionalProperties": False}) == []
    assert refuses(BEFORE, changed(kind={"enum": ["a", "b", "c"]})) == []
    assert refuses(strict, {**without("names"), "additionalProperties": False}) == [
        "/names: may be there unknown in what is kept"
    ]


def test_a_part_that_holds_itself_is_compared_once() -> None:
    def tree(**leaf: Any) -> dict[str, Any]:
        branch = {"type": "array", "items": {"$ref": "#/$defs/Node"}}
        return {
            "$ref": "#/$defs/Node",
            "$defs": {"Node": {"type": "object", "properties": {"branches": branch, "leaf": leaf}}},
        }

    assert breaks(tree(type="string"), tree(type="string")) == []
    assert breaks(tree(type="string"), tree(type="integer")) == [
        "/leaf: may be integer now", "/leaf: may be string in what is kept",
    ]  # fmt: skip


def test_of_several_forms_each_is_compared_with_the_one_it_is_like() -> None:
    def union(**of_b: Any) -> dict[str, Any]:
        a = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "a"}}}
        b = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "b"}, **of_b}}
        return {"oneOf": [a, b]}

    assert breaks(union(n={"type": "string"}), union(n={"type": "string"})) == []
    assert breaks(union(n={"type": "string"}), union(n={"type": "null"})) == [
        "/n: may be null now", "/n: may be string in what is kept",
    ]  # fmt: skip


# -- the command -------------------------------------------------------------------------------------------------------

CLOSED = "schemas/events/sepakat.incident.closed.v1.json"
SAMPLE = "schemas/events/sepakat.metric.sample.v1.json"
PARTY = "schemas/texts/party.json"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    assert generate.main([str(tmp_path)]) == 0
    return tmp_path


def edit(file: Path, **properties: Any) -> None:
    """As if the models had had these fields when the schema was written."""
    schema = json.loads(file.read_text())
    schema["properties"] |= properties
    file.write_text(json.dumps(schema))


def test_what_was_written_just_now_is_in_order(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main([str(directory), "--check"]) == 0
    assert generate.main([str(directory), "--breaks"]) == 0
    assert capsys.readouterr().err == ""


def test_a_break_is_named_and_not_written(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(directory / CLOSED, gone={"type": "string"})
    edited = (directory / CLOSED).read_text()
    for how in ([], ["--breaks"], ["--check"]):
        assert generate.main([str(directory), *how]) == 1
        assert f"{CLOSED}: breaks readers: /gone: is absent now\n" in capsys.readouterr().err
        assert (directory / CLOSED).read_text() == edited
    assert generate.main([str(directory), "--break-readers"]) == 0
    assert generate.main([str(directory), "--check"]) == 0


def test_an_event_of_publishers_may_come_in_more_forms_and_never_in_fewer(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = directory / SAMPLE
    today = json.loads(taken.read_text())
    taken.write_text(json.dumps({**today, "anyOf": today["anyOf"][:1]}))
    assert generate.main([str(directory), "--breaks"]) == 0
    one_more = {"type": "object", "required": ["per_cent"], "properties": {"per_cent": {"type": "number"}}}
    taken.write_text(json.dumps({**today, "anyOf": [*today["anyOf"], one_more]}))
    assert generate.main([str(directory), "--breaks"]) == 1
    assert f"{SAMPLE}: breaks publishers: /per_cent: may be there unknown" in capsys.readouterr().err


def test_a_drift_that_breaks_nobody_is_named_by_the_check_alone(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = json.loads((directory / CLOSED).read_text())
    (directory / CLOSED).write_text(json.dumps({**schema, "description": "other words"}))
    (directory / "asyncapi.json").unlink()
    assert generate.main([str(directory), "--breaks"]) == 0
    assert generate.main([str(directory), "--check"]) == 1
    said = capsys.readouterr().err
    assert f"{CLOSED}: differs from the models\n" in said and "asyncapi.json: is missing\n" in said
    assert generate.main([str(directory)]) == 0
    assert generate.main([str(directory), "--check"]) == 0


def test_an_event_that_is_gone_is_named(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = "schemas/events/sepakat.incident.lost.v1.json"
    (directory / gone).write_text((directory / CLOSED).read_text())
    assert generate.main([str(directory), "--check"]) == 1
    assert f"{gone}: is of something that is gone" in capsys.readouterr().err
    assert generate.main([str(directory), "--break-readers"]) == 0
    assert not (directory / gone).exists()


def test_a_text_that_could_not_be_read_any_more_is_named(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(directory / PARTY, nickname={"type": "string"})
    assert generate.main([str(directory), "--breaks"]) == 1
    assert f"{PARTY}: breaks texts that are kept: /nickname: may be there unknown" in capsys.readouterr().err
