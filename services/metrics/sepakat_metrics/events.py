"""Metric events as facts: what a CloudEvent of each kind may say, checked field by field.

Numbers become integers here: instants in milliseconds since 1970, values in millionths of their unit (durations in
millionths of a millisecond), weights in millionths. Everything after this is exact.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from sepakat_shared.calendars import to_ms
from sepakat_shared.contracts.units import MILLISECONDS_PER, base_unit
from sepakat_shared.messages import NOT_JSON

MICRO: Final = 1_000_000
MINUTE_MS: Final = 60_000
LONGEST_OFFSET: Final = 31 * 86_400_000
SHORTEST_INSTANT: Final = len("2026-11-24T08:00:00Z")
"""Characters: what is shorter lacks the time or the offset, or seconds, and is no RFC 3339."""
LATEST: Final = to_ms(datetime.max.replace(tzinfo=UTC))
UP: Final = MICRO
FUTURE = timedelta(minutes=5)
AGREEMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
INDICATOR = re.compile(f"{AGREEMENT.pattern}/{AGREEMENT.pattern}")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")  # an exponent beyond all bounds; it is refused where the field is known


_json: Final = msgspec.json.Decoder(float_hook=_decimal)
_STATES: Final = ("up", "down", "degraded", "maintenance", "unknown")
WEIGHTS: Final[Mapping[str, int | None]] = {"up": UP, "down": 0, "maintenance": 0, "unknown": None}
FACTS: Final = ("opened", "responded", "paused", "resumed", "prioritised", "updated", "restored", "resolved",
                "reopened", "cancelled")  # fmt: skip
"""What can become of a ticket."""


class BadEvent(Exception):
    """An event that can't be counted: `field` is where, `rule` what it breaks."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One event of one indicator, as integers.

    `samples` are (instant, good, total) of a `ratio`; `values` millionths of `unit` of a `measurement` (time in
    milliseconds), each at its own of `instants`, or all at `at` where there are none; `state` with `weight` of a
    `state`: the millionths that count as up, None where it is unknown; `ticket`, `step`, `priority`, `reason` and
    `agreement` ("" where none is told) of a `ticket`.
    """

    indicator: str
    source: str
    id: str
    at: int
    kind: str
    samples: tuple[tuple[int, int, int], ...] = ()
    values: tuple[int, ...] = ()
    unit: str = ""
    state: str = ""
    weight: int | None = None
    ticket: str = ""
    step: str = ""
    priority: str = ""
    reason: str = ""
    agreement: str = ""
    instants: tuple[int, ...] = ()
    traceparent: str | None = None

    def minutes(self) -> int:
        """How many different minutes the `values` are of."""
        if not self.instants or min(self.instants) // MINUTE_MS == max(self.instants) // MINUTE_MS:
            return 1
        return len({at // MINUTE_MS for at in self.instants})

    def values_by_minute(self) -> dict[int, Sequence[int]]:
        """The `values`, by minutes since 1970."""
        if not self.instants:
            return {self.at // MINUTE_MS: self.values}
        first = self.instants[0] // MINUTE_MS
        if first == min(self.instants) // MINUTE_MS == max(self.instants) // MINUTE_MS:
            return {first: self.values}
        found: dict[int, list[int]] = {}
        for at, value in zip(self.instants, self.values, strict=True):
            found.setdefault(at // MINUTE_MS, []).append(value)
        return dict(found)


def to_micro(value: Decimal, unit: str) -> int:
    """`value` in `unit` as whole millionths of its base unit, rounded half-even."""
    exact = value * MILLISECONDS_PER.get(unit, Decimal(1)) * MICRO
    return int(exact.to_integral_value(ROUND_HALF_EVEN))


def parse(raw: Any) -> Fact:
    """One CloudEvent in JSON, as an object. Raises BadEvent."""
    if not isinstance(raw, Mapping):
        raise BadEvent("body", "is not a JSON object; a CloudEvent is one, and as NDJSON each is whole in its line")
    if raw.get("specversion") != "1.0":
        raise BadEvent("specversion", 'must be "1.0" (CloudEvents)')
    for name in ("id", "source", "type", "time"):
        if not isinstance(raw.get(name), str) or not raw[name]:
            raise BadEvent(name, "is required, as text (CloudEvents 1.0)")
    subject = raw.get("subject")
    if subject is not None and not isinstance(subject, str):
        raise BadEvent("subject", "is text: the indicator's id")
    return _fact(raw["type"], subject, raw["source"], raw["id"], raw["time"], raw.get("data"))


def parse_line(line: bytes) -> Fact:
    """One line of NDJSON. Raises BadEvent."""
    try:
        raw = _json.decode(line)
    except NOT_JSON as error:
        raise BadEvent("body", f"is not JSON: {error}") from error
    return parse(raw)


def fact_of(*, type: str, subject: str | None, source: str, id: str, time: str | None, data: bytes) -> Fact:
    """One CloudEvent as it travels: the attributes, and the data as JSON. Raises BadEvent."""
    if not time:
        raise BadEvent("time", "is required: when the fact was, as RFC 3339")
    try:
        parsed = _json.decode(data)
    except NOT_JSON as error:
        raise BadEvent("data", f"is not JSON: {error}") from error
    return _fact(type, subject, source, id, time, parsed)


def check_time(fact: Fact, now: datetime) -> None:
    """Refuse what claims to be from the future, beyond what clocks differ by. Raises BadEvent."""
    if is_from_the_future(fact, latest(now)):
        raise BadEvent("time", "is more than five minutes in the future; set the publisher's clock")


def latest(now: datetime) -> int:
    """The latest instant (ms) that an event may be of: clocks differ."""
    return to_ms(now + FUTURE)


def is_from_the_future(fact: Fact, latest: int) -> bool:
    if fact.at > latest:
        return True
    if fact.samples:
        return (fact.samples[0] if len(fact.samples) == 1 else max(fact.samples))[0] > latest
    return bool(fact.instants) and max(fact.instants) > latest


def instant(text: object, field: str) -> int:
    if isinstance(text, str) and len(text) >= SHORTEST_INSTANT:
        try:
            at = datetime.fromisoformat(f"{text[:-1]}Z" if text[-1] == "z" else text)
        except ValueError:
            at = None
        if at is not None and at.tzinfo is not None:
            return to_ms(at)
    raise BadEvent(field, "must be an RFC 3339 instant with its offset, such as 2026-11-24T08:00:00Z")


def _fact(type: str, subject: str | None, source: str, id: str, time: str, data: Any) -> Fact:
    read = _KINDS.get(type)
    if read is None:
        raise BadEvent("type", f"{type!r} is not a metric event; there are {', '.join(_KINDS)}")
    if not isinstance(data, dict):
        raise BadEvent("data", "must be an object")
    indicator = data.get("indicator", subject)
    if not isinstance(indicator, str) or not INDICATOR.fullmatch(indicator):
        raise BadEvent("data.indicator", "must be `provider/indicator`, in small letters, digits and hyphens")
    if subject is not None and subject != indicator:
        raise BadEvent("subject", f"is {subject!r}, but data.indicator is {indicator!r}")
    return read(data, indicator, source, id, instant(time, "time"))


def _only(data: Mapping[str, Any], *known: str, at: str = "data") -> None:
    for name in data:
        if name not in known:
            raise BadEvent(f"{at}.{name}", f"is not a field here; there are {', '.join(known)}")


def _ratio(data: dict[str, Any], indicator: str, source: str, id: str, at: int) -> Fact:
    if "columns" in data:
        _only(data, "indicator", "columns")
        instants, columns = _columns(data["columns"], good=_whole, total=_whole)
        for i, (good, total) in enumerate(zip(*columns, strict=True)):
            if good > total:
                raise BadEvent(f"data.columns.good[{i}]", f"is {good}, more than the total {total}")
        return Fact(indicator, source, id, at, "ratio", samples=tuple(zip(instants, *columns, strict=True)))
    if "samples" not in data:
        _only(data, "indicator", "good", "total")
        return Fact(indicator, source, id, at, "ratio", samples=(_sample(data, "data", at),))
    _only(data, "indicator", "samples")
    given = data["samples"]
    if not isinstance(given, list) or not given:
        raise BadEvent("data.samples", "must be a list of at least one {time, good, total}")
    samples = []
    for i, each in enumerate(given):
        where = f"data.samples.{i}"
        if not isinstance(each, dict):
            raise BadEvent(where, "must be an object {time, good, total}")
        _only(each, "time", "good", "total", at=where)
        samples.append(_sample(each, where, instant(each.get("time"), f"{where}.time")))
    return Fact(indicator, source, id, at, "ratio", samples=tuple(samples))


def _sample(data: Mapping[str, Any], where: str, at: int) -> tuple[int, int, int]:
    good, total = _count(data.get("good"), where, "good"), _count(data.get("total"), where, "total")
    if good > total:
        raise BadEvent(f"{where}.good", f"is {good}, more than the total {total}")
    return at, good, total


def _count(value: object, where: str, name: str) -> int:
    return _whole(value, f"{where}.{name}")


def _whole(value: object, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise BadEvent(field, "must be a whole number, 0 or more")
    return value


def _columns(given: object, **rules: Callable[[object, str], Any]) -> tuple[tuple[int, ...], list[list[Any]]]:
    """The instant of each row, and each column that there is a rule of. Raises BadEvent."""
    names = ("offset", *rules)
    if not isinstance(given, dict):
        raise BadEvent("data.columns", f"must be an object {{start, {', '.join(names)}}}")
    _only(given, "start", *names, at="data.columns")
    start = instant(given.get("start"), "data.columns.start")
    for name in names:
        column = given.get(name)
        if not isinstance(column, list) or not column:
            raise BadEvent(f"data.columns.{name}", "must be a list of at least one number")
        if len(column) != len(given["offset"]):
            raise BadEvent(f"data.columns.{name}", f"has {len(column)} rows, but offset has {len(given['offset'])}")
    instants = tuple(start + _offset(each, i, start) for i, each in enumerate(given["offset"]))
    return instants, [
        [rule(each, f"data.columns.{name}[{i}]") for i, each in enumerate(given[name])] for name, rule in rules.items()
    ]


def _offset(value: object, i: int, start: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < LONGEST_OFFSET:
        rule = "must be a whole number of milliseconds since start, 0 or more and less than 31 days"
        raise BadEvent(f"data.columns.offset[{i}]", rule)
    if start + value > LATEST:
        raise BadEvent(f"data.columns.offset[{i}]", "is of an instant after the year 9999")
    return value


def _measurement(data: dict[str, Any], indicator: str, source: str, id: str, at: int) -> Fact:
    _only(data, "indicator", "value", "values", "columns", "unit")
    if len(data.keys() & {"value", "values", "columns"}) != 1:
        raise BadEvent("data.value", "give exactly one of `value`, `values` and `columns`")
    unit = data.get("unit")
    if not isinstance(unit, str) or not unit:
        raise BadEvent("data.unit", "is required, such as ms")
    if "columns" in data:
        instants, (column,) = _columns(data["columns"], value=_number)
        values = tuple(to_micro(value, unit) for value in column)
        return Fact(
            indicator, source, id, at, "measurement", values=values, unit=base_unit(unit), instants=instants
        )  # fmt: skip
    given = data["values"] if "values" in data else [data["value"]]
    if not isinstance(given, list) or not given:
        raise BadEvent("data.values", "must be a list of at least one number")
    values = tuple(to_micro(_number(value, f"data.values.{i}"), unit) for i, value in enumerate(given))
    return Fact(indicator, source, id, at, "measurement", values=values, unit=base_unit(unit))


def _number(value: object, field: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BadEvent(field, "must be a number")
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if not exact.is_finite() or not 0 <= exact < 10**12:
        raise BadEvent(field, "must be a finite number, 0 or more and below 10^12")
    return exact


def _state(data: dict[str, Any], indicator: str, source: str, id: str, at: int) -> Fact:
    _only(data, "indicator", "state", "weight")
    state = data.get("state")
    if state not in _STATES:
        raise BadEvent("data.state", f"must be one of {', '.join(_STATES)}")
    if (state == "degraded") != ("weight" in data):
        raise BadEvent("data.weight", "belongs to `degraded`, and only there: the share that counts as up, 0 to 1")
    weight = WEIGHTS[state] if state != "degraded" else to_micro(_number(data["weight"], "data.weight"), "")
    if weight is not None and weight > UP:
        raise BadEvent("data.weight", "is the share that counts as up: 0 to 1")
    return Fact(indicator, source, id, at, "state", state=state, weight=weight)


def _ticket(data: dict[str, Any], indicator: str, source: str, id: str, at: int) -> Fact:
    _only(data, "indicator", "ticket", "fact", "priority", "reason", "agreement")
    ticket, step = _word(data, "ticket"), data.get("fact")
    if step not in FACTS:
        raise BadEvent("data.fact", f"must be one of {', '.join(FACTS)}")
    priority = _word(data, "priority") if data.get("priority") is not None else ""
    reason = _word(data, "reason") if data.get("reason") is not None else ""
    if step == "prioritised" and not priority:
        raise BadEvent("data.priority", "is required for `prioritised`, such as P1")
    if (step == "paused") != bool(reason):
        raise BadEvent("data.reason", "belongs to `paused`, and only there: what is waited for")
    agreement = data.get("agreement")
    if agreement is not None and not (isinstance(agreement, str) and AGREEMENT.fullmatch(agreement)):
        raise BadEvent("data.agreement", "is the id of the agreement that it is of: small letters, digits and hyphens")
    return Fact(
        indicator, source, id, at, "ticket", ticket=ticket, step=step, priority=priority, reason=reason,
        agreement=agreement or "",
    )  # fmt: skip


def _word(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise BadEvent(f"data.{name}", "must be text of 1 to 200 characters")
    return value


_KINDS: dict[str, Callable[[dict[str, Any], str, str, str, int], Fact]] = {
    "sepakat.metric.sample.v1": _ratio,
    "sepakat.metric.measurement.v1": _measurement,
    "sepakat.metric.state.v1": _state,
    "sepakat.metric.ticket.v1": _ticket,
}
