"""The schemas that are committed are what the models say, and a change that breaks readers is named."""

import json
from pathlib import Path
from typing import Any

import pytest
from facts import every_fact
from jsonschema import Draft202012Validator

from sepakat_shared.contracts import asyncapi, catalogue, generate, topics
from sepakat_shared.contracts.compatibility import breaks

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_what_is_committed_is_what_is_written() -> None:
    assert generate.problems(REFERENCE, generate.files()) == []


def test_every_event_of_a_topic_has_a_type_of_its_own_and_every_topic_of_ours_has_events() -> None:
    types = [event.type for event in catalogue.every_event()]
    assert len(types) == len(set(types))
    assert {topic.name for topic in topics.TOPICS} - set(catalogue.EVENTS) == {topics.METRICS}


@pytest.mark.parametrize("fact", every_fact(), ids=lambda fact: fact.type)
def test_events_are_as_their_schema_says(fact: Any) -> None:
    schema = json.loads((REFERENCE / "schemas" / "events" / f"{fact.type}.json").read_text())
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(fact.as_json())


def test_asyncapi_names_every_topic_and_resolves() -> None:
    document = asyncapi.document()
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {topic.name for topic in topics.TOPICS}
    for channel in document["channels"].values():
        for type, reference in channel["messages"].items():
            assert reference == {"$ref": f"#/components/messages/{type}"}
            payload = document["components"]["messages"][type]["payload"]["$ref"]
            assert payload.rpartition("/")[2] in document["components"]["schemas"]
    text = json.dumps(document)
    assert "#/$defs/" not in text


# -- what breaks a reader ----------------------------------------------------------------------------------------------

BEFORE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "level", "at"],
    "properties": {
        "id": {"type": "string"},
        "level": {"type": "integer"},
        "kind": {"enum": ["a", "b"]},
        "at": {"$ref": "#/$defs/When"},
        "names": {"type": "array", "items": {"type": "string"}},
    },
    "$defs": {"When": {"type": "object", "required": ["day"], "properties": {"day": {"type": "string"}}}},
}


def changed(**properties: Any) -> dict[str, Any]:
    return {**BEFORE, "properties": {**BEFORE["properties"], **properties}}


@pytest.mark.parametrize(
    ("after", "named"),
    [
        ({**BEFORE, "properties": {"id": {"type": "string"}}}, "/level: is not written any more"),
        ({**BEFORE, "required": ["id", "at"]}, "/level: is not always there any more"),
        (changed(level={"type": "string"}), "/level: may be string now"),
        (changed(level={"anyOf": [{"type": "integer"}, {"type": "null"}]}), "/level: may be null now"),
        (changed(kind={"enum": ["a", "c"]}), "/kind: has values that were not there"),
        (changed(kind={"type": "string"}), "/kind: may have any value now"),
        (changed(names={"type": "array", "items": {"type": "integer"}}), "/names/*: may be integer now"),
        ({**BEFORE, "$defs": {"When": {"type": "object", "properties": {}}}}, "/at/day: is not written any more"),
    ],
)
def test_what_breaks_a_reader_is_named(after: dict[str, Any], named: str) -> None:
    assert named in breaks(BEFORE, after)


@pytest.mark.parametrize(
    "after",
    [BEFORE, changed(more={"type": "string"}), {**BEFORE, "required": ["id", "level", "at", "names"]},
     changed(kind={"enum": ["a"]})],
)  # fmt: skip
def test_what_only_adds_or_narrows_breaks_nobody(after: dict[str, Any]) -> None:
    assert breaks(BEFORE, after) == []


def test_a_difference_and_an_event_that_is_gone_are_told(tmp_path: Path) -> None:
    type = "sepakat.incident.closed.v1"
    path = f"schemas/events/{type}.json"
    wanted = {path: changed()}
    assert generate.problems(tmp_path, wanted) == [f"{path}: is missing"]
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(changed(gone={"type": "string"})))
    assert generate.problems(tmp_path, wanted) == [
        f"{path}: differs from the models", f"{path}: breaks readers: /gone: is not written any more",
    ]  # fmt: skip
    assert generate.problems(tmp_path, {}) == [f"{path}: is of an event that is gone; readers of it are broken"]
