"""What was proposed to be back-tested: asked once, ended once. Pure."""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from sepakat_metrics.windows import Interval
from sepakat_shared.aggregate import Kind
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.contracts import compliance, rules, topics
from sepakat_shared.contracts.agreements import BacktestRequested
from sepakat_shared.contracts.texts import Agreement, Objective
from sepakat_shared.errors import Invalid
from sepakat_shared.messages import Message

_MOST_BYTES: Final = 900_000
"""Of what is told: a broker takes a million of one record."""


@dataclass(frozen=True)
class Asked:
    """`text` is JSON. What comes after the time of asking is not recorded yet: `end` is that time at the latest."""

    agreement: str
    provider: str
    customer: str
    text: str
    objectives: tuple[str, ...]
    start: datetime
    end: datetime
    by: str


@dataclass(frozen=True)
class Requested:
    asked: Asked
    at: datetime
    traceparent: str | None


@dataclass(frozen=True)
class Completed:
    """`told` is the whole event, packed: to hash thousands of periods as they are would hold ingestion up."""

    told: str
    at: datetime


@dataclass(frozen=True)
class Failed:
    id: str
    reason: str
    at: datetime


Event = Requested | Completed | Failed


@dataclass(frozen=True)
class Backtest:
    asked: Asked
    at: datetime
    traceparent: str | None = None
    ended_at: datetime | None = None
    told: str | None = None
    reason: str | None = None

    @property
    def pending(self) -> bool:
        return self.ended_at is None

    @property
    def state(self) -> str:
        return "requested" if self.pending else "completed" if self.told is not None else "failed"


def apply(backtest: Backtest | None, event: Event) -> Backtest:
    if isinstance(event, Requested):
        return Backtest(event.asked, event.at, event.traceparent)
    if backtest is None:
        raise ValueError("a back-test is requested before it ends")
    # The text is in the first commit, and of no use to anybody who reads what came of it.
    over = replace(backtest, asked=replace(backtest.asked, text=""), ended_at=event.at)
    if isinstance(event, Completed):
        return replace(over, told=event.told)
    return replace(over, reason=event.reason)


def request(backtest: Backtest | None, fact: BacktestRequested, traceparent: str | None, now: datetime) -> list[Event]:
    """Keep what is asked, once."""
    if backtest is not None:
        return []
    start, end = (from_ms(max(0, min(to_ms(each), to_ms(now)))) for each in (fact.start, fact.end))
    asked = Asked(
        fact.agreement, fact.provider, fact.customer, json.dumps(fact.text), fact.objectives, start, end, fact.by
    )
    return [Requested(asked, now, traceparent)]


def end(backtest: Backtest | None, outcome: Completed | Failed) -> list[Event]:
    """Another instance may have been faster."""
    return [outcome] if backtest is not None and backtest.pending else []


def _fields(backtest: Backtest) -> Mapping[str, Any]:
    asked = backtest.asked
    return {
        "parties": [asked.provider, asked.customer],
        "agreement": asked.agreement,
        "pending": backtest.pending,
        "requested_at": backtest.at,
    }


def _messages(event: Event, backtest: Backtest) -> Sequence[Message]:
    asked = backtest.asked
    if isinstance(event, Requested):
        return []
    if isinstance(event, Completed):
        return [Message(topics.COMPLIANCE, asked.agreement, compliance.BacktestCompleted.type, unpacked(event.told))]
    fact = compliance.BacktestFailed(
        backtest=event.id, agreement=asked.agreement, provider=asked.provider, customer=asked.customer, at=event.at,
        reason=event.reason,
    )  # fmt: skip
    return [Message.of(topics.COMPLIANCE, asked.agreement, fact)]


def packed(fact: compliance.BacktestCompleted) -> str:
    """Raises Invalid where it is too large to be told."""
    body = json.dumps(fact.as_json()).encode()
    if len(body) > _MOST_BYTES:
        raise Invalid("/start: that comes to more than one event can tell; ask for less history or fewer objectives")
    return base64.b64encode(zlib.compress(body)).decode()


def unpacked(told: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(told)))
    return data


BACKTEST: Kind[Backtest, Event] = Kind("backtest", Backtest, (Requested, Completed, Failed), apply, _fields, _messages)


def proposed(asked: Asked) -> tuple[Agreement, list[Objective], Interval]:
    """What is to be tried over which span (ms). Raises Invalid, with the field and the rule."""
    try:
        text = Agreement.model_validate_json(asked.text)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"/text/{'/'.join(map(str, first['loc']))}: {first['msg']}") from error
    for pointer, rule in rules.check(text):
        raise Invalid(f"/text{pointer}: {rule}")
    if (text.parties.provider, text.parties.customer) != (asked.provider, asked.customer):
        raise Invalid(f"/text/parties: must be {asked.provider!r} and {asked.customer!r}, for whom it was asked")
    known = {objective.id: objective for objective in text.objectives}
    for i, id in enumerate(asked.objectives):
        if id not in known:
            raise Invalid(f"/objectives/{i}: {id!r} is not an objective of the proposed text")
    if asked.start >= asked.end:
        raise Invalid("/start: must be before /end, and in the past: history is looked at")
    wanted = [known[id] for id in dict.fromkeys(asked.objectives)] or list(text.objectives)
    return text, wanted, (to_ms(asked.start), to_ms(asked.end))
