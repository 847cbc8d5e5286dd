"""Exit codes, and where words go: data to standard output, everything else to standard error."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

OK, FAILED, BAD_INPUT, UNREACHABLE, IN_PART = 0, 1, 2, 3, 4
EXIT_CODES = {
    OK: "done",
    FAILED: "refused or failed",
    BAD_INPUT: "wrong usage, or an input that can't be read",
    UNREACHABLE: "a service or server can't be reached",
    IN_PART: "done in part",
}
words = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="print JSON instead of words")]


class CommandFailed(Exception):
    """A command's end other than done: `code` is its exit code, the text says why and what to do."""

    code = FAILED


class Refused(CommandFailed):
    """A service answered, and said no. `status` is the HTTP status."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


class BadInput(CommandFailed):
    code = BAD_INPUT


class Unreachable(CommandFailed):
    code = UNREACHABLE


class InPart(CommandFailed):
    code = IN_PART


def explained(what: str, *examples: str) -> str:
    """The help of a group of commands: what they are about, and what is asked of it most."""
    return "\n\n".join([what, f"**Example{'s' if len(examples) > 1 else ''}**", *(f"  {each}" for each in examples)])


class Commands(TyperGroup):
    """The one place where a failed command becomes words and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandFailed as failure:
            fail(failure.code, str(failure))


def fail(code: int, reason: str) -> NoReturn:
    """Say why on standard error, and end with `code`."""
    words.print(f"[bold red]error:[/] {escape(harmless(reason))}", soft_wrap=True)
    raise typer.Exit(code)


def say(text: str) -> None:
    """A sentence for the person at the terminal."""
    words.print(escape(harmless(text)), soft_wrap=True)


def harmless(text: str) -> str:
    """What a terminal only shows: others may have written it, and what steers a terminal can hide or forge words."""
    if text.isprintable():
        return text
    return "".join("\N{REPLACEMENT CHARACTER}" if _steers(each) else each for each in text)


def _steers(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cf", "Cs")


def print_line(text: str) -> None:
    """Data in words. What other programs read is printed as it is instead: JSON, YAML, CSV and calendars."""
    typer.echo(harmless(text))


def print_json(data: Any) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], when_empty: str) -> None:
    """Rows as a table; without any, the sentence `when_empty` on standard error."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*["" if cell is None else escape(harmless(str(cell))) for cell in row])
    if not table.row_count:
        say(when_empty)
        return
    out = Console(highlight=False)
    if out.is_terminal:
        out.print(table)
        return
    # A pipe has no width: a line stays one line, so that grep and awk find what they look for.
    wide = Console(highlight=False, width=10_000)
    with wide.capture() as captured:
        wide.print(table)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())


def none_yet(what: str, *wanted: object) -> str:
    """What an empty list says: that there are none yet, or none like that where something was asked for."""
    return f"no {what} like that" if any(each is not None for each in wanted) else f"no {what} yet"
