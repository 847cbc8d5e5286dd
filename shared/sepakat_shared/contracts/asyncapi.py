"""The AsyncAPI document of the topics: what travels on each, who writes it, and the schema of its data."""

from typing import Any, Final

from sepakat_shared.contracts import topics
from sepakat_shared.contracts.catalogue import EVENTS, Event

_REFS: Final = "#/components/schemas/{model}"
_TEXT: Final = {"type": "string"}
_PUBLISHED: Final = {
    "content-type": {"const": "application/json"},
    "ce_specversion": {"const": "1.0"},
    "ce_id": {**_TEXT, "description": "the same each time that the event is sent again"},
    "ce_source": {**_TEXT, "description": "the service"},
    "ce_subject": {**_TEXT, "description": "the aggregate"},
    "ce_time": {**_TEXT, "format": "date-time"},
    "ce_sequence": {**_TEXT, "description": "orders the events of a subject, as text; drop what is not above the last"},
    "traceparent": {**_TEXT, "description": "W3C trace context, where the event has one"},
}
_TAKEN: Final = {
    "content-type": {**_TEXT, "description": "application/cloudevents+json: the event is the value, not in headers"},
    "ce_specversion": {"const": "1.0"},
    "ce_id": {**_TEXT, "description": "with the source it tells an event that comes twice"},
    "ce_source": {**_TEXT, "description": "one that the indicator may be fed by"},
    "ce_subject": {**_TEXT, "description": "the indicator, where it is given"},
    "ce_time": {**_TEXT, "format": "date-time", "description": "when the fact was, with its offset"},
    "traceparent": {**_TEXT, "description": "W3C trace context, to follow the event to the mail that it leads to"},
}


def document() -> dict[str, Any]:
    """AsyncAPI 3.0. Services publish CloudEvents in binary mode: attributes in `ce_*` headers, the data as JSON."""
    schemas: dict[str, Any] = {}
    channels = {}
    operations = {}
    for topic in topics.TOPICS:
        name = topic.name.removeprefix("sepakat.").removesuffix(".v1")
        types = [event.type for event in EVENTS[topic.name]]
        channels[name] = {
            "address": topic.name,
            "description": _description(topic),
            "messages": {type: {"$ref": f"#/components/messages/{type}"} for type in types},
            "bindings": {"kafka": {"topic": topic.name, "partitions": topic.partitions, "bindingVersion": "0.5.0"}},
        }
        operations[name] = {
            "action": "receive" if topic.name == topics.METRICS else "send",
            "channel": {"$ref": f"#/channels/{name}"},
            "messages": [{"$ref": f"#/channels/{name}/messages/{type}"} for type in types],
        }
        for event in EVENTS[topic.name]:
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
        "operations": operations,
        "components": {
            "messages": {
                event.type: _message(event, _TAKEN if topic == topics.METRICS else _PUBLISHED)
                for topic, events in EVENTS.items()
                for event in events
            },
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _description(topic: topics.Topic) -> str:
    if topic.name == topics.METRICS:
        written = "Written by publishers of metric events, as CloudEvents in binary or structured mode"
    else:
        written = f"Written by {topic.writer}"
    kept = "the last record of each key" if topic.keep_ms is None else f"{topic.keep_ms // topics.DAY_MS} days"
    return f"{written}, keyed by {topic.keyed_by}; kept: {kept}."


def _message(event: Event, headers: dict[str, Any]) -> dict[str, Any]:
    needed = [name for name in headers if name not in ("content-type", "ce_subject", "traceparent")]
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split()),
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": {**headers, "ce_type": {"const": event.type}},
            "required": [*needed, "ce_type"],
        },
        "bindings": {"kafka": {"key": _TEXT, "bindingVersion": "0.5.0"}},
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
    }


def _schemas(event: Event) -> dict[str, Any]:
    schema = event.model_json_schema(mode="serialization", ref_template=_REFS)
    return {**schema.pop("$defs", {}), event.__name__: schema}
