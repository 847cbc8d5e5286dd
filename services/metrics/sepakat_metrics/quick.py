"""Plain metric events read by typed decoders: most of what comes, and most of what reading costs. Pure."""

import operator
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec

from sepakat_metrics import events
from sepakat_metrics.events import Fact
from sepakat_shared.calendars import to_ms

_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
_Offset = Annotated[int, msgspec.Meta(ge=0, lt=events.LONGEST_OFFSET)]
_Value = Annotated[float, msgspec.Meta(ge=0, lt=10**12)]


class _Sample(msgspec.Struct, forbid_unknown_fields=True):
    good: _Count
    total: _Count
    indicator: str | msgspec.UnsetType = msgspec.UNSET


class _TimedSample(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    good: int
    total: int


class _Samples(msgspec.Struct, forbid_unknown_fields=True):
    samples: Annotated[list[_TimedSample], msgspec.Meta(min_length=1)]
    indicator: str | msgspec.UnsetType = msgspec.UNSET


class _Columns(msgspec.Struct, forbid_unknown_fields=True):
    """Of counts or of values: no column is ever empty, so an empty one is one that is not there."""

    start: str
    offset: Annotated[list[_Offset], msgspec.Meta(min_length=1)]
    good: Annotated[list[_Count], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=list)
    total: Annotated[list[_Count], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=list)
    value: Annotated[list[_Value], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=list)


class _InColumns(msgspec.Struct, forbid_unknown_fields=True):
    columns: _Columns
    indicator: str | msgspec.UnsetType = msgspec.UNSET
    unit: Annotated[str, msgspec.Meta(min_length=1)] = ""


class _Measurement(msgspec.Struct, forbid_unknown_fields=True):
    unit: Annotated[str, msgspec.Meta(min_length=1)]
    value: msgspec.Raw = msgspec.Raw(b"")
    values: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=list)
    indicator: str | msgspec.UnsetType = msgspec.UNSET


class _State(msgspec.Struct, forbid_unknown_fields=True):
    state: Literal["up", "down", "maintenance", "unknown"]
    indicator: str | msgspec.UnsetType = msgspec.UNSET


class _Attributes(msgspec.Struct, kw_only=True):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    time: str
    subject: str | None = None
    traceparent: str | None = None


class _CloudEvent(_Attributes):
    data: msgspec.Raw


class _Batch(_Attributes):
    """A CloudEvent that holds many samples, for reading it in one go."""

    data: _Samples


class _BatchInColumns(_Attributes):
    data: _InColumns


_SAMPLE: Final = "sepakat.metric.sample.v1"
_MEASUREMENT: Final = "sepakat.metric.measurement.v1"
_FINER_THAN_MICROSECONDS: Final = re.compile(rb"\.\d{7}")
_MINUTE: Final = timedelta(minutes=1)
_HEAD: Final = 1024
"""Where the name of the samples is looked for: to look through all of a batch costs a microsecond. One that begins
further behind is left to the careful reader."""
_cloud_event: Final = msgspec.json.Decoder(_CloudEvent)
_batch: Final = msgspec.json.Decoder(_Batch)
_batch_in_columns: Final = msgspec.json.Decoder(_BatchInColumns)
_sample_data: Final = msgspec.json.Decoder(_Sample)
_measurement_data: Final = msgspec.json.Decoder(_Measurement)
_state_data: Final = msgspec.json.Decoder(_State)


def read(body: bytes) -> tuple[Fact, str | None] | None:
    """A plain CloudEvent in JSON and its traceparent, read several times as fast as `parse` does; None for any other.

    Nothing is refused here: what is not read is for `events.parse` to read, or to say what is wrong with it.
    """
    try:
        if body.find(b'"samples"', 0, _HEAD) >= 0:
            return _quick_batch(_batch.decode(body), body)
        if body.find(b'"columns"', 0, _HEAD) >= 0:
            return _quick_columns(_batch_in_columns.decode(body))
        event = _cloud_event.decode(body)
        fact_of = _READERS.get(event.type)
        if fact_of is None or not event.id or not event.source:
            return None
        fact = fact_of(event, events.instant(event.time, "time"))
    except (msgspec.DecodeError, events.BadEvent, ArithmeticError):
        return None
    return None if fact is None else (fact, event.traceparent)


def _quick_sample(event: _CloudEvent, at: int) -> Fact | None:
    data = _sample_data.decode(event.data)
    indicator = _same_indicator(event.subject, data.indicator)
    if indicator is None or data.good > data.total:
        return None
    return Fact(indicator, event.source, event.id, at, "ratio", ((at, data.good, data.total),))


def _quick_batch(event: _Batch, body: bytes) -> tuple[Fact, str | None] | None:
    """Summed by minute, which is all that is kept of it; each sum stands at the latest instant that it holds, which may
    be a millisecond late where it was told more finely than in microseconds.
    """
    indicator = _same_indicator(event.subject, event.data.indicator)
    if indicator is None or event.type != _SAMPLE or not event.id or not event.source:
        return None
    samples = event.data.samples
    sums = _of_one_minute(samples, body) or _of_several_minutes(samples, body)
    if sums is None or max(total for _, _, total in sums) >= 2**53:
        return None
    fact = Fact(indicator, event.source, event.id, events.instant(event.time, "time"), "ratio", sums)
    return fact, event.traceparent


_Sums = tuple[tuple[int, int, int], ...]


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


def _quick_columns(event: _BatchInColumns) -> tuple[Fact, str | None] | None:
    data, columns = event.data, event.data.columns
    indicator = _same_indicator(event.subject, data.indicator)
    if indicator is None or not event.id or not event.source:
        return None
    at = events.instant(event.time, "time")
    start = at if columns.start == event.time else events.instant(columns.start, "data.columns.start")
    last = start + max(columns.offset)
    if last > events.LATEST:
        return None
    if event.type == _SAMPLE and not data.unit and not columns.value:
        sums = _sums_of_columns(columns, start, last)
        return None if sums is None else (Fact(indicator, event.source, event.id, at, "ratio", sums), event.traceparent)
    is_of_values = event.type == _MEASUREMENT and data.unit and not columns.good and not columns.total
    if not is_of_values or len(columns.value) != len(columns.offset):
        return None
    values = _in_micro(columns.value, data.unit)
    if values is None:
        return None
    instants = tuple([start + offset for offset in columns.offset])
    fact = Fact(
        indicator, event.source, event.id, at, "measurement", values=values, unit=events.base_unit(data.unit),
        instants=instants,
    )  # fmt: skip
    return fact, event.traceparent


def _sums_of_columns(columns: _Columns, start: int, last: int) -> _Sums | None:
    """Whole columns are compared and summed, in C, where all is of one minute."""
    offset, good, total = columns.offset, columns.good, columns.total
    if not len(offset) == len(good) == len(total) or not all(map(operator.le, good, total)):
        return None
    if start // events.MINUTE_MS == last // events.MINUTE_MS:
        of = sum(total)
        return ((last, sum(good), of),) if of < 2**53 else None
    found: dict[int, tuple[int, int, int]] = {}
    for i, after in enumerate(offset):
        at = start + after
        minute = at // events.MINUTE_MS
        latest, right, of = found.get(minute, (at, 0, 0))
        found[minute] = max(at, latest), right + good[i], of + total[i]
    return tuple(found.values()) if max(of for _, _, of in found.values()) < 2**53 else None


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


def _quick_measurement(event: _CloudEvent, at: int) -> Fact | None:
    data = _measurement_data.decode(event.data)
    indicator = _same_indicator(event.subject, data.indicator)
    given = [bytes(each) for each in data.values or [data.value]]
    # Other values than plain numbers, and a `value` beside `values`, are for the careful reader.
    if indicator is None or (data.values and bytes(data.value)) or not all(each[:1].isdigit() for each in given):
        return None
    numbers = [Decimal(each.decode()) for each in given]
    if max(numbers) >= 10**12:
        return None
    values = tuple(events.to_micro(each, data.unit) for each in numbers)
    return Fact(indicator, event.source, event.id, at, "measurement", values=values, unit=events.base_unit(data.unit))


def _quick_state(event: _CloudEvent, at: int) -> Fact | None:
    data = _state_data.decode(event.data)
    indicator = _same_indicator(event.subject, data.indicator)
    if indicator is None:
        return None
    return Fact(indicator, event.source, event.id, at, "state", state=data.state, weight=events.WEIGHTS[data.state])


def _same_indicator(subject: str | None, named: str | msgspec.UnsetType) -> str | None:
    indicator = subject if isinstance(named, msgspec.UnsetType) else named
    if indicator is None or not _is_indicator(indicator) or subject not in (None, indicator):
        return None
    return indicator


@lru_cache(maxsize=100_000)
def _is_indicator(id: str) -> bool:
    return events.INDICATOR.fullmatch(id) is not None


_READERS: Final[dict[str, Callable[[_CloudEvent, int], Fact | None]]] = {
    _SAMPLE: _quick_sample,
    _MEASUREMENT: _quick_measurement,
    "sepakat.metric.state.v1": _quick_state,
}
