"""What people may write into requests, and what is left of what machines write."""

from typing import Annotated

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from sepakat_shared.words import Said, cleaned, is_blank

TEXT = TypeAdapter[str](Annotated[str, Said(20)])
LINE = TypeAdapter[str](Annotated[str, Said(20, lines=False)])
OPTIONAL = TypeAdapter[str](Annotated[str, Said(20, needed=False)])
HIDDEN = ["a\x00b", "a\x1b[31mb", "a\u202eb", "a\u2066b", "a\u200bb", "a\ufeffb", "a\x85b", "a\u2028b", "a\u00adb"]
BLANK = ["", " ", " \t\n ", "\u00a0\u2003", "\u200c\u200d", "\u2800", "\u3164", "\ufe0f"]


def refused(adapter: TypeAdapter[str], text: str) -> str:
    with pytest.raises(ValidationError) as told:
        adapter.validate_python(text)
    (error,) = told.value.errors()
    return error["msg"]


@pytest.mark.parametrize("text", HIDDEN)
@pytest.mark.parametrize("adapter", [TEXT, LINE, OPTIONAL])
def test_what_cannot_be_seen_is_refused_with_its_name(adapter: TypeAdapter[str], text: str) -> None:
    assert refused(adapter, text) == f"must not have the invisible character U+{ord(text[1]):04X}"


@pytest.mark.parametrize("text", BLANK)
def test_what_has_nothing_to_read_is_empty(text: str) -> None:
    assert is_blank(text)
    assert refused(TEXT, text) == "must not be empty"
    if "\n" not in text:
        assert OPTIONAL.validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    ["Gudang penuh", "متجر مغلق", "می‌خواهم", "סגור!\u200f", "إغلاق (\u200e5)\u061c", "नमस्ते", "👩‍💻 is on it", "é"],
)
def test_letters_of_every_script_are_welcome(text: str) -> None:
    assert TEXT.validate_python(text) == LINE.validate_python(text) == text


def test_a_text_has_lines_with_plain_ends_and_a_line_has_none() -> None:
    assert TEXT.validate_python("a\r\nb\rc\n\td") == "a\nb\nc\n\td"
    assert refused(LINE, "a\nb") == "must not have the invisible character U+000A"
    assert refused(TEXT, "x" * 21) == "must have 20 characters at most"


def test_a_schema_says_the_bounds() -> None:
    class Model(BaseModel):
        note: Annotated[str, Said(20)] | None = None

    shown = Model.model_json_schema()["properties"]["note"]["anyOf"][0]
    assert shown == {"type": "string", "maxLength": 20, "minLength": 1}


def test_what_a_machine_says_is_a_line_of_what_can_be_seen_and_says_where_it_is_cut() -> None:
    assert cleaned("a\x00b\u202e\x1b[31m  disk\n full", 200) == "a b [31m disk full"
    assert cleaned("x" * 100_000, 10) == "x" * 9 + "…"
    assert cleaned("\x00\u202e", 10) == ""
    assert cleaned("a\x1b\r\n\tb\u202e ", 10, lines=True) == "a \n\tb"
