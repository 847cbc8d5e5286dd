"""Events as they travel: CloudEvents 1.0 over Kafka, read in both content modes, written in binary mode."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from sepakat_shared.contracts.fact import Fact

STRUCTURED = "application/cloudevents+json"
BARE: Final = (("content-type", STRUCTURED.encode()),)
"""The headers of a whole CloudEvent in JSON that nobody traces."""
NOT_JSON: Final = (ValueError, RecursionError)
"""What a decoder of JSON raises: also for letters that are none, and for what is nested beyond all bounds."""


class Poison(Exception):
    """A message that can never be processed; the text is the reason that its dead letter carries."""


class Record(Protocol):
    """What is used of aiokafka's `ConsumerRecord`."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


class FreshRecord(Record, Protocol):
    """A record as it has just been read: with the broker's time of it, in ms."""

    @property
    def timestamp(self) -> int: ...


@dataclass(frozen=True)
class Message:
    """One event to publish. `data` of None is a tombstone on a compacted topic.

    `subject` and `at` (RFC 3339) are given where they are not the aggregate's id and the commit's time.
    """

    topic: str
    key: str
    type: str
    data: dict[str, Any] | None
    subject: str | None = None
    at: str | None = None

    @classmethod
    def of(cls, topic: str, key: str, fact: Fact) -> "Message":
        return cls(topic, key, fact.type, fact.as_json())


def as_body(data: dict[str, Any] | None) -> bytes | None:
    """The value of the record that carries `data`."""
    return None if data is None else json.dumps(data, ensure_ascii=False).encode()


class Envelope(msgspec.Struct, frozen=True):
    """One event as it was read: the CloudEvents attributes, the raw data and where it stood.

    `aggregate` and `sequence` (the CloudEvents sequence extension, ordered as text) tell a consumer what it has already
    applied; both are None where the publisher is not one of our services. `reader` tells apart several reactions to the
    same event: what one of them has applied, another has not.
    """

    id: str
    source: str
    type: str
    subject: str | None
    time: str | None
    data: bytes
    sequence: str | None = None
    traceparent: str | None = None
    headers: dict[str, str] = {}
    reader: str = ""

    @property
    def aggregate(self) -> str | None:
        if not self.sequence or not self.subject:
            return None
        return f"{self.source}#{self.subject}" + (f"#{self.reader}" if self.reader else "")


def text_headers(record: Record) -> dict[str, str]:
    """The headers as text; one that is null is left out, and bytes that are not UTF-8 are shown as such.

    A single bad header must not lose the message (the broker's clients disagree on what a header may hold).
    """
    return {name: value.decode("utf-8", "backslashreplace") for name, value in record.headers if value is not None}


def structured(record: Record) -> tuple[bool, str | None]:
    """Whether the record's value is a whole CloudEvent in JSON, and the trace that its own headers name."""
    is_structured, traceparent = False, None
    for name, value in record.headers:
        if value is None:
            continue
        if name == "content-type":
            is_structured = value.startswith(b"application/cloudevents+json")
        elif name == "traceparent":
            traceparent = value.decode("utf-8", "backslashreplace")
    return is_structured, traceparent


def read(record: Record) -> Envelope:
    """The event in `record`. Raises Poison with the field and the rule when it is not a CloudEvent."""
    headers = text_headers(record)
    if headers.get("content-type", "").startswith("application/cloudevents"):
        return _structured(record.value or b"", headers)
    return _binary(record.value or b"", headers)


_json_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _structured(body: bytes, headers: dict[str, str]) -> Envelope:
    try:
        event = _json_object.decode(body)
        # The data stays as it came: its numbers are exact, and reading them here would not be.
        data = bytes(event.pop("data", b"null"))
        texts = {name: bytes(value) for name, value in event.items()}
        attributes = {
            name: msgspec.json.decode(text, type=str) for name, text in texts.items() if text.startswith(b'"')
        }
    except msgspec.ValidationError as error:
        raise Poison("body: a CloudEvent in JSON is an object") from error
    except NOT_JSON as error:
        raise Poison(f"body: not JSON: {error}") from error
    return _envelope(attributes, data, headers)


def _binary(body: bytes, headers: dict[str, str]) -> Envelope:
    return _envelope(headers, body, headers, prefix="ce_")


def _envelope(attributes: dict[str, str], data: bytes, headers: dict[str, str], prefix: str = "") -> Envelope:
    get = attributes.get
    if get(prefix + "specversion") != "1.0":
        raise Poison("specversion: must be 1.0 (CloudEvents)")
    id, source, type = get(prefix + "id"), get(prefix + "source"), get(prefix + "type")
    if not id or not source or not type:
        missing = next(name for name in ("id", "source", "type") if not get(prefix + name))
        raise Poison(f"{missing}: is required (CloudEvents 1.0)")
    return Envelope(
        id,
        source,
        type,
        get(prefix + "subject"),
        get(prefix + "time"),
        data,
        get(prefix + "sequence"),
        headers.get("traceparent") or get(prefix + "traceparent"),
        headers,
    )


def binary_headers(
    *, id: str, source: str, type: str, subject: str, time: str, sequence: str, traceparent: str | None
) -> dict[str, str]:
    """The Kafka headers of one event in binary mode."""
    headers = {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_id": id,
        "ce_source": source,
        "ce_type": type,
        "ce_subject": subject,
        "ce_time": time,
        "ce_sequence": sequence,
    }
    if traceparent:
        headers["traceparent"] = traceparent
    return headers
