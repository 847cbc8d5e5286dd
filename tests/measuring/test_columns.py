"""A batch by columns says what the same rows would have said, whichever way it is read."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import agreement

from sepakat_metrics import events, evidence, quick
from sepakat_metrics.buckets import Delta
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import BadEvent, Fact
from sepakat_metrics.history import History
from sepakat_metrics.terms import Terms
from sepakat_shared.calendars import from_ms, to_ms

START = to_ms(datetime(2026, 11, 1, 12, 0, 30, tzinfo=UTC))
SPAN = START - 3_600_000, START + 3_600_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OF = "nusantara/checkout"
LIMIT = 250
"""In ms: what values are compared with."""

OFFSETS = st.integers(0, 29_999) | st.integers(0, 300_000)
"""Mostly within a minute, as batches are."""


def event(kind: str, data: dict[str, Any], id: str = "1", at: int = START) -> bytes:
    return json.dumps(
        {"specversion": "1.0", "id": id, "source": "/p", "type": f"sepakat.metric.{kind}.v1",
         "time": from_ms(at).isoformat(), "data": {"indicator": OF, **data}}
    ).encode()  # fmt: skip


def in_columns(kind: str, unit: str | None = None, **columns: Sequence[Any]) -> bytes:
    told = {"start": from_ms(START).isoformat(), **columns}
    return event(kind, {"columns": told} if unit is None else {"columns": told, "unit": unit})


def read(body: bytes) -> list[Fact]:
    """By both ways, where it can be read quickly."""
    quickly = quick.read(body)
    return [events.parse_line(body), *([quickly] if quickly else [])]


def terms(measure: str, **changes: Any) -> Terms:
    objective = {"id": "o", "indicator": OF, "measure": measure, "window": {"calendar": "month"}, **changes}
    text = agreement(needs=[], objectives=[objective])
    return Terms(text, text.objectives[0], None, kind="ratio" if measure == "occurrences" else "measurement")


OCCURRENCES = terms("occurrences", target="99")
SHARE = terms("share", target="95", threshold={"atMost": LIMIT, "unit": "ms"})
PERCENTILE = terms("percentile", percentile="95", target={"atMost": LIMIT, "unit": "ms"})


def came_to(facts: Sequence[Fact], of: Sequence[Terms]) -> list[Any]:
    """Buckets, figures from memory, and evidence packs, of what was told by these."""
    thresholds = tuple(each.threshold for each in of if each.threshold is not None)
    whole, known = Delta(thresholds), History()
    known.thresholds = thresholds
    for fact in facts:
        whole.add(fact)
        known.add(fact)
    days = whole.by_day()
    figures = [evaluate(each, known, SPAN[1], SPAN) for each in of]
    packs = [evidence.pack(each, "a", 1, evidence.within(days, SPAN, "a"), SPAN, SPAN[1], KEY) for each in of]
    return [{day: json.dumps(each.to_document(), sort_keys=True) for day, each in days.items()}, figures, packs]


@given(
    st.lists(st.tuples(OFFSETS, st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=30),
    st.sampled_from((0, 7, -3.5)),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_counts_by_rows_and_by_columns_come_to_the_same_buckets_figures_and_packs(
    told: list[tuple[int, int, int]], hours: float
) -> None:
    zone = timezone(timedelta(hours=hours))
    rows = [{"time": from_ms(START + offset).astimezone(zone).isoformat(), "good": good, "total": good + bad}
            for offset, good, bad in told]  # fmt: skip
    offsets, good, bad = zip(*told, strict=True)
    total = [sum(each) for each in zip(good, bad, strict=True)]
    by_columns = read(in_columns("sample", offset=offsets, good=good, total=total))
    by_rows = read(event("sample", {"samples": rows}))
    assert len(by_columns) == len(by_rows) == 2, "one of them was not read the quick way"
    expected = came_to(by_rows[:1], [OCCURRENCES])
    for fact in (*by_rows[1:], *by_columns):
        assert came_to([fact], [OCCURRENCES]) == expected


@given(
    st.lists(st.tuples(OFFSETS, st.integers(0, 400_000).map(lambda n: n / 1000)), min_size=1, max_size=20),
    st.sampled_from(("ms", "s")),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_values_by_columns_come_to_what_an_event_for_each_of_them_does(
    told: list[tuple[int, float]], unit: str
) -> None:
    offsets, values = zip(*told, strict=True)
    by_columns = read(in_columns("measurement", unit, offset=offsets, value=values))
    one_by_one = [events.parse_line(event("measurement", {"value": value, "unit": unit}, str(i), START + offset))
                  for i, (offset, value) in enumerate(told)]  # fmt: skip
    assert len(by_columns) == 2, "it was not read the quick way"
    assert by_columns[0] == by_columns[1]
    expected = came_to(one_by_one, [SHARE, PERCENTILE])
    assert came_to(by_columns[:1], [SHARE, PERCENTILE]) == expected


NUMBERS = st.one_of(
    st.integers(0, 10**13).map(str),
    st.decimals(0, 10**6, allow_nan=False, places=12).map(str),
    st.floats(0, 1e13).map(repr),
    # At half of a millionth and just beside it, of whatever unit.
    st.builds("{}.{}".format, st.integers(0, 10**6), st.sampled_from(("0000005", "00000049999999", "000000500000001"))),
    st.sampled_from(("0.0000005", "0.0000015", "1e-400", "-0.0", "-0", "1e400", "-1", "true", '"1"', "null", "5e-324")),
)


@given(st.lists(NUMBERS, min_size=1, max_size=3), st.sampled_from(("us", "ms", "s", "min", "h", "items")))
@settings(max_examples=300, deadline=None)
def test_values_that_are_read_quickly_are_the_ones_that_were_written(values: list[str], unit: str) -> None:
    offsets = list(range(len(values)))
    body = in_columns("measurement", unit, offset=offsets, value="@")
    body = body.replace(b'"@"', f"[{','.join(values)}]".encode())
    found = quick.read(body)
    if found is not None:
        assert found == events.parse_line(body)


ODD = [[], [0], [1, 2], [1, 2, 3], [2**53 - 1, 2**53 - 1], [2**53, 1], [-1, 1], [0.5, 1], [True, 1], ["1", 1], None, 5,
       [2_678_400_000, 0], [60_000, 29_999]]  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(("offset", "good", "total", "value", "more")), st.sampled_from(ODD), max_size=3),
    st.sampled_from(("2026-11-01T12:00:30Z", "2026-11-01T19:00:30.0009999+07:00", "2026-11-01T12:00:30", "", None, 5,
                     "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+07:00")),
    st.sampled_from(("sample", "measurement", "state")),
    st.sampled_from(({}, {"unit": "ms"}, {"unit": ""}, {"unit": None}, {"samples": []}, {"good": 1, "total": 1})),
    st.sets(st.sampled_from(("good", "total", "value"))),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_odd_columns_are_read_by_both_ways_or_by_the_careful_one_alone(
    changes: dict[str, Any], start: Any, kind: str, beside: dict[str, Any], given: set[str]
) -> None:
    base = {"offset": [1, 2], **{name: [3, 4] for name in given}}
    body = event(kind, {"columns": {"start": start, **base, **changes}, **beside})
    found = quick.read(body)
    if found is None:
        return
    careful = events.parse_line(body)
    assert came_to([found], []) == came_to([careful], [])
    assert (found.values, found.instants) == (careful.values, careful.instants)


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("sample", {"start": None}, "data.columns.start"),
        ("sample", {"start": "2026-11-01T12:00:00"}, "data.columns.start"),
        ("sample", {"offset": []}, "data.columns.offset"),
        ("sample", {"offset": None}, "data.columns.offset"),
        ("sample", {"good": [1]}, "data.columns.good"),
        ("sample", {"total": [1, 2, 3]}, "data.columns.total"),
        ("sample", {"total": None}, "data.columns.total"),
        ("sample", {"good": [1, 5]}, "data.columns.good[1]"),
        ("sample", {"good": [1, -1]}, "data.columns.good[1]"),
        ("sample", {"total": [2.5, 2]}, "data.columns.total[0]"),
        ("sample", {"offset": [0, -1]}, "data.columns.offset[1]"),
        ("sample", {"offset": [0, 31 * 86_400_000]}, "data.columns.offset[1]"),
        ("sample", {"start": "9999-12-31T23:59:59.999Z"}, "data.columns.offset[1]"),
        ("sample", {"value": [1, 2]}, "data.columns.value"),
        ("measurement", {"value": [1, "2"]}, "data.columns.value[1]"),
        ("measurement", {"value": [-1, 2]}, "data.columns.value[0]"),
        ("measurement", {"value": [1, 10**12]}, "data.columns.value[1]"),
        ("measurement", {"value": [1]}, "data.columns.value"),
        ("measurement", {"good": [1, 2]}, "data.columns.good"),
    ],
)
def test_what_is_wrong_is_told_with_its_column_and_row(kind: str, change: dict[str, Any], field: str) -> None:
    columns: dict[str, Any] = {"start": "2026-11-01T12:00:00Z", "offset": [0, 5]}
    columns |= {"good": [1, 2], "total": [2, 2]} if kind == "sample" else {"value": [1, 2]}
    unit = {"unit": "ms"} if kind == "measurement" else {}
    assert len(read(event(kind, {"columns": columns, **unit}))) == 2
    changed = {name: value for name, value in {**columns, **change}.items() if value is not None}
    body = event(kind, {"columns": changed, **unit})
    with pytest.raises(BadEvent) as caught:
        events.parse_line(body)
    assert caught.value.field == field
    assert quick.read(body) is None


@pytest.mark.parametrize(
    ("kind", "beside", "field"),
    [
        ("sample", {"samples": []}, "data.samples"),
        ("sample", {"unit": "ms"}, "data.unit"),
        ("measurement", {"unit": "ms", "value": 1}, "data.value"),
        ("measurement", {}, "data.unit"),
        ("state", {}, "data.columns"),
    ],
)
def test_columns_stand_alone(kind: str, beside: dict[str, Any], field: str) -> None:
    columns = {"start": "2026-11-01T12:00:00Z", "offset": [0]}
    columns |= {"value": [1]} if kind == "measurement" else {"good": [1], "total": [1]}
    body = event(kind, {"columns": columns, **beside})
    with pytest.raises(BadEvent) as caught:
        events.parse_line(body)
    assert caught.value.field == field
    assert quick.read(body) is None


def test_what_the_reference_shows_is_read_by_both_ways() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "evaluate.md").read_text()
    shown, decoder = page.partition("### Columns")[2].split("```")[1].removeprefix("json").strip(), json.JSONDecoder()
    facts = []
    while shown:
        event, end = decoder.raw_decode(shown)
        facts += read(json.dumps(event).encode())
        shown = shown[end:].strip()
    assert [fact.kind for fact in facts] == ["ratio", "ratio", "measurement", "measurement"]


@pytest.mark.parametrize("kind", ["sample", "measurement"])
def test_one_row_from_the_far_future_is_noticed(kind: str) -> None:
    now, minute = from_ms(START), 60_000
    columns = {"value": [1, 1]} if kind == "measurement" else {"good": [1, 1], "total": [1, 1]}
    for late, expected in ((5 * minute, False), (5 * minute + 1, True)):
        body = in_columns(kind, "ms" if kind == "measurement" else None, offset=[late, 0], **columns)
        facts = read(body)
        assert [events.is_from_the_future(fact, events.latest(now)) for fact in facts] == [expected, expected]
