"""Exit codes, and where words go: data to standard output, everything else to standard error."""

from typing import NoReturn

import typer
from rich.console import Console

FAILED, BAD_INPUT, UNREACHABLE, IN_PART = 1, 2, 3, 4
words = Console(stderr=True, highlight=False)


def fail(code: int, reason: str) -> NoReturn:
    """Say why on standard error, and end with `code`."""
    words.print(f"[bold red]error:[/] {reason}", markup=True, soft_wrap=True)
    raise typer.Exit(code)
