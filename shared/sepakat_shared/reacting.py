"""What a service does about the events that it reads: which handlers each has, one table for all of them."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from opentelemetry.trace import SpanKind
from pydantic import ValidationError

from sepakat_shared import messages, retry
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.messages import Envelope, Poison, Record
from sepakat_shared.telemetry import continued, meter

consumed = meter.create_counter("sepakat_events_consumed", description="events handled, by type and outcome")


@dataclass(frozen=True)
class Reaction:
    """`handler(fact, cause)` is called for every event of the contract's type on `topic`.

    An event may have several, each with a `reader` of its own: they are called one after another, in the order in which
    the service lists them, and again, all of them, when one has failed. What each has applied is kept apart.
    """

    topic: str
    contract: type[Fact]
    handler: Callable[[Any, Envelope], Awaitable[None]]
    reader: str = ""


class Erased(Fact):
    """A tombstone on a compacted topic: what was kept under `key` must be forgotten."""

    type = "sepakat.erased"
    key: str


class ReactionTable:
    """All that one consumer `group` reacts to. Raises ValueError where two reactions would be taken for one."""

    def __init__(self, group: str, reactions: Iterable[Reaction]) -> None:
        self._group = group
        self._reactions: dict[tuple[str, str], list[Reaction]] = {}
        for each in reactions:
            others = self._reactions.setdefault((each.topic, each.contract.type), [])
            if each.reader in [other.reader for other in others]:
                raise ValueError(
                    f"two reactions to {each.contract.type} have the reader {each.reader!r}; name one of them"
                )
            others.append(each)
        self.topics = sorted({topic for topic, _ in self._reactions})

    async def handle(self, record: Record) -> None:
        """Read one record and call its reactions. Raises Poison, transient errors, or what a handler raises."""
        if record.value is None:
            await self._tombstone(record)
            return
        envelope = messages.read(record)
        reactions = self._reactions.get((record.topic, envelope.type), [])
        if not reactions:
            consumed.add(1, {"type": envelope.type, "outcome": "unknown"})
            return
        attributes = {"messaging.source.name": record.topic, "messaging.consumer.group": self._group}
        with continued(f"react to {envelope.type}", envelope.traceparent, SpanKind.CONSUMER, attributes):
            await _in_turn([partial(_call, each, envelope) for each in reactions])
        consumed.add(1, {"type": envelope.type, "outcome": "handled"})

    async def _tombstone(self, record: Record) -> None:
        """A null value erases what the key stood for; services that keep a copy register a reaction to `Erased`."""
        reactions = self._reactions.get((record.topic, Erased.type), [])
        if reactions and record.key is not None:
            key = record.key.decode("utf-8", "backslashreplace")
            cause = Envelope(key, record.topic, Erased.type, key, None, b"")
            await _in_turn([partial(each.handler, Erased(key=key), cause) for each in reactions])


async def _call(reaction: Reaction, envelope: Envelope) -> None:
    try:
        fact = reaction.contract.model_validate_json(envelope.data)
    except ValidationError as error:
        raise Poison(_first_problem(error)) from error
    await reaction.handler(fact, msgspec.structs.replace(envelope, reader=reaction.reader))


async def _in_turn(calls: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """One after another. What can never work for one of them keeps no other from its effect, and is raised at the end;
    what passes by itself is raised at once, so that the order holds when all are called again.
    """
    failures: list[Exception] = []
    for call in calls:
        try:
            await call()
        except retry.TRANSIENT:
            raise
        except Exception as error:  # noqa: BLE001 - raised below, when the others have had their turn
            failures.append(error)
    if failures:
        raise failures[0]


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{field}: {first['msg']}{more}"
