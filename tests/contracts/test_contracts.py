"""The catalogue is whole, and its schemas, its AsyncAPI document and its events on the wire say the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from facts import every_fact
from jsonschema import Draft202012Validator

from sepakat_metrics import events
from sepakat_shared.contracts import asyncapi, catalogue, generate, topics
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.contracts.metrics import MetricMeasurement, MetricSample, MetricState, MetricTicket

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SAMPLES = Path(__file__).parent / "samples"


def schema_of(type: str) -> Draft202012Validator:
    schema = json.loads((REFERENCE / "schemas" / "events" / f"{type}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


# -- what is committed -------------------------------------------------------------------------------------------------


def test_what_is_committed_is_what_is_written() -> None:
    assert generate.drifted(REFERENCE, generate.files()) == []
    assert generate.broken(REFERENCE, generate.files()) == []


def test_every_fact_of_ours_is_in_the_catalogue_under_a_type_of_its_own() -> None:
    def below(kind: type[Fact]) -> list[type[Fact]]:
        return [each for child in kind.__subclasses__() for each in (child, *below(child))]

    listed = catalogue.every_event()
    ours = {
        kind for kind in below(Fact) if kind.__module__.startswith("sepakat_shared.contracts") and "type" in vars(kind)
    }
    assert ours == {event for event in listed if issubclass(event, Fact)}
    assert len({event.type for event in listed}) == len(listed)
    assert set(catalogue.EVENTS) == {topic.name for topic in topics.TOPICS}


@pytest.mark.parametrize("event", catalogue.every_event(), ids=lambda event: event.type)
def test_a_kept_event_is_read_today_and_is_as_its_schema_says(event: catalogue.Event) -> None:
    """Samples are events as they were once written. One is never edited: what it shows may lie in a topic still."""
    kept = json.loads((SAMPLES / f"{event.type}.json").read_text())
    schema_of(event.type).validate(kept)
    read = event.model_validate(kept)
    assert json.loads(read.model_dump_json(exclude_none=True)) == kept


def test_there_is_a_sample_of_every_event_and_of_nothing_else() -> None:
    assert {file.stem for file in SAMPLES.glob("*.json")} == {event.type for event in catalogue.every_event()}


@pytest.mark.parametrize("fact", every_fact(), ids=lambda fact: fact.type)
def test_events_are_as_their_schema_says(fact: Any) -> None:
    schema_of(fact.type).validate(fact.as_json())


# -- what publishers may send ------------------------------------------------------------------------------------------

OF = {"indicator": "p/checkout"}
AT = "2026-11-24T15:00:00+07:00"


@pytest.mark.parametrize(
    ("event", "data", "taken"),
    [
        (MetricSample, {**OF, "good": 99, "total": 100}, True),
        (MetricSample, {**OF, "samples": [{"time": AT, "good": 0, "total": 0}]}, True),
        (MetricSample, {**OF, "samples": []}, False),
        (MetricSample, {**OF, "samples": [{"good": 1, "total": 1}]}, False),
        (MetricSample, {**OF, "good": 1, "samples": [{"time": AT, "good": 1, "total": 1}]}, False),
        (MetricSample, {**OF, "columns": {"start": AT, "offset": [0, 9], "good": [1, 2], "total": [1, 2]}}, True),
        (MetricSample, {**OF, "columns": {"start": AT, "offset": [], "good": [], "total": []}}, False),
        (MetricSample, {**OF, "columns": {"start": AT, "offset": [0], "good": [1]}}, False),
        (MetricSample, {**OF, "columns": {"start": AT, "offset": [-1], "good": [1], "total": [1]}}, False),
        (MetricSample, {**OF, "columns": {"start": AT, "offset": [31 * 86_400_000], "good": [1], "total": [1]}}, False),
        (MetricSample, {**OF, "columns": {"start": AT, "offset": [0], "good": [1], "total": [1]}, "good": 1}, False),
        (MetricSample, {**OF, "columns": {"start": AT, "offset": [0], "value": [1]}}, False),
        (MetricSample, {**OF, "good": 1}, False),
        (MetricSample, {**OF, "good": -1, "total": 1}, False),
        (MetricSample, {**OF, "good": 1.5, "total": 2}, False),
        (MetricSample, {**OF, "good": 1, "total": 2**53}, False),
        (MetricSample, {**OF, "good": 1, "total": 1, "bad": 0}, False),
        (MetricSample, {"indicator": "Checkout", "good": 1, "total": 1}, False),
        (MetricMeasurement, {**OF, "value": 12.5, "unit": "ms"}, True),
        (MetricMeasurement, {**OF, "values": [1, 2.25], "unit": "ms"}, True),
        (MetricMeasurement, {**OF, "value": 1, "values": [1], "unit": "ms"}, False),
        (MetricMeasurement, {**OF, "values": [], "unit": "ms"}, False),
        (MetricMeasurement, {**OF, "columns": {"start": AT, "offset": [0], "value": [1.5]}, "unit": "ms"}, True),
        (MetricMeasurement, {**OF, "columns": {"start": AT, "offset": [0], "value": [1.5]}}, False),
        (MetricMeasurement, {**OF, "columns": {"start": AT, "offset": [0], "value": [-1]}, "unit": "ms"}, False),
        (MetricMeasurement, {**OF, "value": 12.5}, False),
        (MetricMeasurement, {**OF, "value": 12.5, "unit": ""}, False),
        (MetricMeasurement, {**OF, "value": -1, "unit": "ms"}, False),
        (MetricMeasurement, {**OF, "value": 10**12, "unit": "ms"}, False),
        (MetricMeasurement, {**OF, "value": "1", "unit": "ms"}, False),
        (MetricState, {**OF, "state": "up"}, True),
        (MetricState, {**OF, "state": "unknown"}, True),
        (MetricState, {**OF, "state": "degraded", "weight": 0.5}, True),
        (MetricState, {**OF, "state": "degraded"}, False),
        (MetricState, {**OF, "state": "degraded", "weight": 1.5}, False),
        (MetricState, {**OF, "state": "up", "weight": 1}, False),
        (MetricState, {**OF, "state": "broken"}, False),
        (MetricState, {**OF}, False),
        (MetricTicket, {**OF, "ticket": "T-1", "fact": "opened", "priority": "P1"}, True),
        (MetricTicket, {**OF, "ticket": "T-1", "fact": "responded"}, True),
        (MetricTicket, {**OF, "ticket": "T-1", "fact": "responded", "agreement": "toko-checkout"}, True),
        (MetricTicket, {**OF, "ticket": "T-1", "fact": "responded", "agreement": "Toko"}, False),
        (MetricTicket, {**OF, "ticket": "T-1", "fact": "paused", "reason": "waiting-for-customer"}, True),
        (MetricTicket, {**OF, "ticket": "T-1", "fact": "prioritised", "priority": "P2"}, True),
        (MetricTicket, {**OF, "ticket": "T-1", "fact": "paused"}, False),
        (MetricTicket, {**OF, "ticket": "T-1", "fact": "resumed", "reason": "x"}, False),
        (MetricTicket, {**OF, "ticket": "T-1", "fact": "prioritised"}, False),
        (MetricTicket, {**OF, "ticket": "", "fact": "opened"}, False),
        (MetricTicket, {**OF, "ticket": "T-1", "fact": "forgotten"}, False),
        (MetricTicket, {**OF, "fact": "opened"}, False),
    ],
)  # fmt: skip
def test_the_service_takes_what_the_schema_allows(event: catalogue.Event, data: dict[str, Any], taken: bool) -> None:
    raw = {"specversion": "1.0", "id": "1", "source": "s", "type": event.type, "time": AT, "data": data}
    assert schema_of(event.type).is_valid(data) is taken
    if taken:
        assert events.parse_line(json.dumps(raw).encode()).indicator == "p/checkout"
    else:
        with pytest.raises(events.BadEvent):
            events.parse_line(json.dumps(raw).encode())


# -- AsyncAPI ----------------------------------------------------------------------------------------------------------


def test_asyncapi_names_every_topic_with_its_events() -> None:
    channels = asyncapi.document()["channels"].values()
    found = {channel["address"]: set(channel["messages"]) for channel in channels}
    assert found == {topic: {event.type for event in of_it} for topic, of_it in catalogue.EVENTS.items()}


def test_every_reference_in_asyncapi_leads_somewhere() -> None:
    document = asyncapi.document()

    def references(part: Any) -> list[str]:
        if isinstance(part, list):
            return [each for item in part for each in references(item)]
        if not isinstance(part, dict):
            return []
        own = [part["$ref"]] if "$ref" in part else []
        return own + [each for value in part.values() for each in references(value)]

    found = references(document)
    assert found
    for reference in found:
        target = document
        for name in reference.removeprefix("#/").split("/"):
            target = target[name]
        assert isinstance(target, dict)


def test_two_models_of_one_name_would_not_hide_each_other_in_asyncapi() -> None:
    schemas = asyncapi.document()["components"]["schemas"]
    for event in catalogue.every_event():
        for name, schema in asyncapi._schemas(event).items():
            assert schemas[name] == schema, name
