"""A cursor is what a page before gave out; anything else is refused with the parameter's name."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sepakat_shared.errors import Malformed
from sepakat_shared.paging import next_cursor, read_instant_cursor, read_number_cursor, read_text_cursor

AT = "2026-11-24T08:00:00.000Z"
TEXT, NUMBER, INSTANT = read_text_cursor, read_number_cursor, read_instant_cursor


def test_what_a_page_gave_out_is_read() -> None:
    assert TEXT(next_cursor("a/ü")) == "a/ü"
    assert NUMBER(next_cursor(7)) == 7
    assert INSTANT(next_cursor([AT, "a.1"])) == (datetime(2026, 11, 24, 8, tzinfo=UTC), "a.1")
    assert [read(None) for read in (TEXT, NUMBER, INSTANT)] == [None] * 3


@pytest.mark.parametrize(
    ("read", "cursor"),
    [
        *((read, bad) for read in (TEXT, NUMBER, INSTANT) for bad in ("", "x", "ü", "W1tb", next_cursor({"$gt": ""}))),
        (TEXT, next_cursor(7)),
        (TEXT, next_cursor("\ud800")),
        (NUMBER, next_cursor("7")),
        (NUMBER, next_cursor(True)),
        (NUMBER, next_cursor(2**70)),
        (INSTANT, next_cursor(5)),
        (INSTANT, next_cursor([AT])),
        (INSTANT, next_cursor([1, 2])),
        (INSTANT, next_cursor([AT, 2])),
        (INSTANT, next_cursor([AT, "\ud800"])),
        (INSTANT, next_cursor(["2026-11-24T08:00:00", "a.1"])),
        (INSTANT, next_cursor(["0001-01-01T00:00:00+10:00", "a.1"])),
    ],
)
def test_what_no_page_gave_out_is_refused_with_the_name_of_the_parameter(
    read: Callable[[str | None], Any], cursor: str
) -> None:
    with pytest.raises(Malformed) as refused:
        read(cursor)
    (problem,) = refused.value.problems
    assert problem.pointer == "/query/cursor"
    assert problem.rule.startswith("take it from the Link header or `next` of the page before")
