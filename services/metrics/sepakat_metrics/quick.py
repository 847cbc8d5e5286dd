"""Plain metric events read by typed decoders: most of what comes, and most of what reading costs. Pure."""

import operator
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec

from sepakat_metrics import events
from sepakat_metrics.events import Fact
from sepakat_shared.calendars import to_ms
from sepakat_shared.contracts.units import base_unit
from sepakat_shared.messages import NOT_JSON

_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
_Offset = Annotated[int, msgspec.Meta(ge=0, lt=events.LONGEST_OFFSET)]
_Value = Annotated[float, msgspec.Meta(ge=0, lt=10**12)]


class _TimedSample(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    good: int
    total: int


class _Columns(msgspec.Struct, forbid_unknown_fields=True):
    """Of counts or of values: no column is ever empty, so an empty one is one that is not there."""

    start: str
    offset: Annotated[list[_Offset], msgspec.Meta(min_length=1)]
    good: Annotated[list[_Count], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=list)
    total: Annotated[list[_Count], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=list)
    value: Annotated[list[_Value], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=list)


class _Counted(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """In one of three ways: of one instant, by rows or by columns. No count is ever negative: -1 is one not there."""

    good: _Count = -1
    total: _Count = -1
    samples: Annotated[list[_TimedSample], msgspec.Meta(min_length=1)] | msgspec.UnsetType = msgspec.UNSET
    columns: _Columns | msgspec.UnsetType = msgspec.UNSET
    indicator: str | msgspec.UnsetType = msgspec.UNSET


class _Measured(msgspec.Struct, forbid_unknown_fields=True):
    unit: Annotated[str, msgspec.Meta(min_length=1)]
    value: msgspec.Raw = msgspec.Raw(b"")
    values: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=list)
    columns: _Columns | msgspec.UnsetType = msgspec.UNSET
    indicator: str | msgspec.UnsetType = msgspec.UNSET


class _Stated(msgspec.Struct, forbid_unknown_fields=True):
    state: Literal["up", "down", "maintenance", "unknown"]
    indicator: str | msgspec.UnsetType = msgspec.UNSET


class _Event(msgspec.Struct, kw_only=True, tag_field="type", gc=False):
    """A CloudEvent. By its type, attributes and data are decoded in one go."""

    specversion: Literal["1.0"]
    id: str
    source: str
    time: str
    subject: str | None = None
    traceparent: str | None = None


class _OfCounts(_Event, tag="sepakat.metric.sample.v1"):
    data: _Counted


class _OfMeasurements(_Event, tag="sepakat.metric.measurement.v1"):
    data: _Measured


class _OfState(_Event, tag="sepakat.metric.state.v1"):
    data: _Stated


_FINER_THAN_MICROSECONDS: Final = re.compile(rb"\.\d{7}")
_MINUTE: Final = timedelta(minutes=1)
_event: Final = msgspec.json.Decoder(_OfCounts | _OfMeasurements | _OfState)


def read(body: bytes) -> Fact | None:
    """A plain CloudEvent in JSON, with its traceparent, read several times as fast as `parse` does; None for any other.

    Nothing is refused here: what is not read is for `events.parse` to read, or to say what is wrong with it.
    """
    try:
        event = _event.decode(body)
        subject, named = event.subject, event.data.indicator
        indicator = subject if named is msgspec.UNSET else named
        if indicator is None or not (subject is None or subject == indicator) or not _is_indicator(indicator):
            return None
        if not event.id or not event.source:
            return None
        time = datetime.fromisoformat(event.time)
        if time.tzinfo is None or len(event.time) < events.SHORTEST_INSTANT:
            return None
        at = to_ms(time)
        if isinstance(event, _OfCounts):
            return _counted(event, indicator, at, body)
        if isinstance(event, _OfMeasurements):
            return _measured(event, indicator, at)
        state = event.data.state
        return Fact(
            indicator, event.source, event.id, at, "state", state=state, weight=events.WEIGHTS[state],
            traceparent=event.traceparent,
        )  # fmt: skip
    except (*NOT_JSON, events.BadEvent, ArithmeticError):
        return None


_Sums = tuple[tuple[int, int, int], ...]


def _counted(event: _OfCounts, indicator: str, at: int, body: bytes) -> Fact | None:
    """Batches are summed by minute, which is all that is kept of them; each sum stands at the latest instant that it
    holds, which may be a millisecond late where that was told more finely than in microseconds.
    """
    data = event.data
    is_one = data.good != -1 or data.total != -1
    sums: _Sums | None = None
    if data.samples is not msgspec.UNSET:
        if data.columns is msgspec.UNSET and not is_one:
            sums = _bounded(_of_one_minute(data.samples, body) or _of_several_minutes(data.samples, body))
    elif data.columns is not msgspec.UNSET:
        if not is_one and not data.columns.value:
            sums = _bounded(_of_columns(data.columns, *_span(data.columns, event, at)))
    elif 0 <= data.good <= data.total:
        sums = ((at, data.good, data.total),)
    if sums is None:
        return None
    return Fact(indicator, event.source, event.id, at, "ratio", sums, traceparent=event.traceparent)


def _bounded(sums: _Sums | None) -> _Sums | None:
    """None where one is as large as no count may be."""
    return None if sums is None or max(total for _, _, total in sums) >= 2**53 else sums


def _of_one_minute(samples: list[_TimedSample], body: bytes) -> _Sums | None:
    """What a batch mostly is. One loop: comparing each sample with a minute's bounds, or gathering columns of them for
    `min`, `max` and `sum`, takes half as long again.
    """
    first = last = samples[0].time
    good = total = 0
    for each in samples:
        right, of = each.good, each.total
        if not 0 <= right <= of:
            return None
        good += right
        total += of
        at = each.time
        if at > last:
            last = at
        elif at < first:
            first = at
    begin = first.replace(second=0, microsecond=0)
    if last - begin >= _MINUTE or (first == begin and _is_rounded(body)):
        return None
    return ((to_ms(last), good, total),)


def _of_several_minutes(samples: list[_TimedSample], body: bytes) -> _Sums | None:
    if _is_rounded(body):
        return None
    first = samples[0].time
    begin, end, latest, good, total = first, first, first, 0, 0
    sums: list[tuple[int, int, int]] = []
    for each in samples:
        at = each.time
        if not begin <= at < end:
            if begin < end:
                sums.append((to_ms(latest), good, total))
            begin = at.replace(second=0, microsecond=0)
            end, latest, good, total = begin + _MINUTE, at, 0, 0
        if not 0 <= each.good <= each.total:
            return None
        good += each.good
        total += each.total
        if at > latest:
            latest = at
    sums.append((to_ms(latest), good, total))
    return tuple(sums)


def _is_rounded(body: bytes) -> bool:
    """Whether an instant has more digits than this decoder keeps: it rounds what the careful reader cuts.

    Only what it has rounded up to a whole minute is of another minute then: without such an instant nobody need look.
    """
    return _FINER_THAN_MICROSECONDS.search(body) is not None


def _span(columns: _Columns, event: _Event, at: int) -> tuple[int, int]:
    """What offsets are from, and the latest instant of the rows. Raises BadEvent for one that no calendar has."""
    start = at if columns.start == event.time else events.instant(columns.start, "data.columns.start")
    last = start + max(columns.offset)
    if last > events.LATEST:
        raise events.BadEvent("data.columns.offset", "is of an instant after the year 9999")
    return start, last


def _of_columns(columns: _Columns, start: int, last: int) -> _Sums | None:
    """Whole columns are compared and summed, in C, where all is of one minute."""
    offset, good, total = columns.offset, columns.good, columns.total
    if not len(offset) == len(good) == len(total) or not all(map(operator.le, good, total)):
        return None
    if start // events.MINUTE_MS == last // events.MINUTE_MS:
        return ((last, sum(good), sum(total)),)
    found: dict[int, tuple[int, int, int]] = {}
    for i, after in enumerate(offset):
        at = start + after
        minute = at // events.MINUTE_MS
        latest, right, of = found.get(minute, (at, 0, 0))
        found[minute] = max(at, latest), right + good[i], of + total[i]
    return tuple(found.values())


def _in_micro(values: Sequence[float], unit: str) -> tuple[int, ...] | None:
    """Whole millionths of the base unit, as `events.to_micro` rounds what was written; None where that is not certain.

    A double is within 2^-53 of what was written, and a product of two within 2^-53 of theirs: together less than half
    of the margin that is kept here around halves.
    """
    scale = float(events.to_micro(Decimal(1), unit))
    found = []
    for value in values:
        scaled = value * scale
        whole = round(scaled)
        if not abs(scaled - whole) < 0.5 - scaled * 2.0**-50:
            return None
        found.append(whole)
    return tuple(found)


def _measured(event: _OfMeasurements, indicator: str, at: int) -> Fact | None:
    data = event.data
    instants: tuple[int, ...] = ()
    values: tuple[int, ...] | None
    # A `value` beside `values` or `columns` is for the careful reader, and so is any other than a plain number.
    if data.columns is not msgspec.UNSET:
        columns = data.columns
        if data.values or bytes(data.value) or columns.good or columns.total:
            return None
        if len(columns.value) != len(columns.offset):
            return None
        start, _ = _span(columns, event, at)
        values, instants = _in_micro(columns.value, data.unit), tuple([start + offset for offset in columns.offset])
    else:
        values = None if data.values and bytes(data.value) else _in_digits(data.values or [data.value], data.unit)
    if values is None:
        return None
    return Fact(
        indicator, event.source, event.id, at, "measurement", values=values, unit=base_unit(data.unit),
        instants=instants, traceparent=event.traceparent,
    )  # fmt: skip


def _in_digits(given: Sequence[msgspec.Raw], unit: str) -> tuple[int, ...] | None:
    told = [bytes(each) for each in given]
    if not all(each[:1].isdigit() for each in told):
        return None
    numbers = [Decimal(each.decode()) for each in told]
    return None if max(numbers) >= 10**12 else tuple(events.to_micro(each, unit) for each in numbers)


@lru_cache(maxsize=100_000)
def _is_indicator(id: str) -> bool:
    return events.INDICATOR.fullmatch(id) is not None
