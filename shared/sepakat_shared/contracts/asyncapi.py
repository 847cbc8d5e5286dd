"""The AsyncAPI document of the topics: what travels on each, who writes it, and the schema of its data."""

from typing import Any

from sepakat_shared.contracts import topics
from sepakat_shared.contracts.catalogue import EVENTS
from sepakat_shared.contracts.fact import Fact

_REFS = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    """AsyncAPI 3.0. Events are CloudEvents in binary mode: attributes in `ce_*` headers, the data as JSON."""
    schemas: dict[str, Any] = {}
    channels = {}
    for topic in topics.TOPICS:
        events = EVENTS.get(topic.name, ())
        kept = "the last record of each key" if topic.keep_ms is None else f"{topic.keep_ms // topics.DAY_MS} days"
        written = "CloudEvents that publishers send" if topic.name == topics.METRICS else f"Written by {topic.writer}"
        channels[_name(topic.name)] = {
            "address": topic.name,
            "description": f"{written}, keyed by {topic.keyed_by}; kept: {kept}.",
            "messages": {event.type: {"$ref": f"#/components/messages/{event.type}"} for event in events},
        }
        for event in events:
            schemas |= _schemas(event)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sepakat",
            "version": "1",
            "description": "The events by which the services tell each other, and anyone else, what has happened.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "components": {
            "messages": {event.type: _message(event) for events in EVENTS.values() for event in events},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _name(topic: str) -> str:
    return topic.removeprefix("sepakat.").removesuffix(".v1")


def _message(event: type[Fact]) -> dict[str, Any]:
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split()),
        "contentType": "application/json",
        "bindings": {"kafka": {"key": {"type": "string"}}},
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
    }


def _schemas(event: type[Fact]) -> dict[str, Any]:
    schema = event.model_json_schema(mode="serialization", ref_template=_REFS)
    return {**schema.pop("$defs", {}), event.__name__: schema}
