"""A syntax error is told where it is, and in words of those who write the text; not of the parser."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sepakat_cli.__main__ import app
from sepakat_shared.contracts import structure
from sepakat_shared.errors import Malformed

PARTY = "apiVersion: sepakat/v1\nkind: Party\nmetadata: {id: a}\nname: A\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: c: d\n", 2, "a colon where none may be"),
        ("a:\n\tb: 1\n", 2, "a tab; indent with spaces"),
        ("a: 1\nb: @c\n", 2, "put the text in quotes"),
        ("a: [1, 2\nb: 3\n", 2, "the [ on line 1 is not closed"),
        ("a: {x: 1\nb: 3\n", 2, "the { on line 1 is not closed"),
        ('a: "b\nc: 1\n', 3, "the quote on line 1 is not closed"),
        ('a: "\\q"\n', 1, "a backslash is written twice"),
        ("a:\n  - 1\n  b: 2\n", 3, "does not go on with what began on line 2"),
        ("- a\nb\n- c\n", 3, "the key on line 2 has no colon"),
        ("a: 1\nb: \x01\n", 2, "may not stand in YAML"),
    ],
)
def test_a_syntax_error_has_its_line_and_what_to_do(text: str, line: int, words: str) -> None:
    with pytest.raises(structure.Unreadable) as refused:
        structure.read(text)
    assert refused.value.lines == {"": line}
    assert words in refused.value.detail
    assert "expected" not in refused.value.detail and "<unicode string>" not in refused.value.detail


def test_validate_names_the_line_of_a_syntax_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Party\nname: A: B\n")
    result = CliRunner().invoke(app, ["validate", str(tmp_path / "a.yaml")])
    assert (result.exit_code, result.stdout.startswith(f"{tmp_path / 'a.yaml'}:2: ")) == (1, True)


def test_validate_names_the_line_of_what_no_reader_takes_alike(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Party\nterm:\n  from: 2026-01-01\n  until: 2026-13-31\nname: *a\n")
    result = CliRunner().invoke(app, ["validate", str(tmp_path / "a.yaml")])
    assert f"{tmp_path / 'a.yaml'}:4: /term/until: '2026-13-31' can't be read" in result.stdout
    assert f"{tmp_path / 'a.yaml'}:5: /name: aliases (*a) are not allowed" in result.stdout


@pytest.mark.parametrize("before", ["", "---\n" + PARTY + "---\n"])
def test_documents_that_run_into_each_other_are_told_once_with_what_is_missing(before: str) -> None:
    with pytest.raises(Malformed) as refused:
        structure.read(before + PARTY + PARTY)
    (problem,) = refused.value.problems
    assert problem.pointer.endswith("/apiVersion")
    assert f"put --- before line {before.count(chr(10)) + 5}, where another document begins" in problem.rule


def test_any_other_key_that_stands_twice_is_one_too_many() -> None:
    with pytest.raises(Malformed, match="'name' stands twice, on lines 4 and 5; keep one of them"):
        structure.read(PARTY + "name: B\n")
