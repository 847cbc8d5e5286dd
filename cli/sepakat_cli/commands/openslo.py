"""`sepakat openslo`: agreements from OpenSLO v1, and their objectives as OpenSLO v1."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from sepakat_cli.commands.apply import read_documents
from sepakat_cli.files import require, text_of
from sepakat_cli.openslo import exporting, importing
from sepakat_cli.openslo.parts import Note
from sepakat_cli.output import AsJson, BadInput, explained, print_json, say
from sepakat_shared.contracts import reading, structure
from sepakat_shared.contracts.texts import Agreement
from sepakat_shared.errors import SepakatError

openslo = typer.Typer(
    help=explained(
        "Agreements from OpenSLO v1, and their objectives as OpenSLO v1.",
        "sepakat openslo import slos.yaml --id shop-2026 --provider nusantara --customer toko-maju -o draft.yaml",
    ),
    no_args_is_help=True,
)


class _WrittenOut(yaml.SafeDumper):
    """Without aliases, which no text of ours may have."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Output = Annotated[Path | None, typer.Option("-o", "--output", help="write to this file; else to standard output")]


@openslo.command("import")
def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="OpenSLO v1, many documents in a file or in many")
    ],
    id: Annotated[str, typer.Option(help="the agreement's id")],
    provider: Annotated[str, typer.Option(help="the provider's id; indicators are the provider's")],
    customer: Annotated[str, typer.Option(help="the customer's id")],
    since: Annotated[str | None, typer.Option("--from", help="first day of the term; else today")] = None,
    until: Annotated[str | None, typer.Option(help="last day of the term; else a year later")] = None,
    time_zone: Annotated[str | None, typer.Option(help="else that of the first calendar window, or UTC")] = None,
    output: _Output = None,
    as_json: AsJson = False,
) -> None:
    """Draft an agreement with its indicators from SLOs, SLIs, services and alert policies.

    Whatever is not carried over, or is another thing afterwards, is listed on standard error with its place.

    **Example**

      sepakat openslo import slos.yaml --id shop-2026 --provider nusantara --customer toko-maju -o draft.yaml
    """
    first = _day("--from", since) or date.today()  # noqa: DTZ011 - a day of the calendar on the wall
    last = _day("--until", until) or first.replace(year=first.year + 1, day=min(first.day, 28)) - timedelta(days=1)
    frame = importing.Frame(id, provider, customer, first, last, time_zone)
    try:
        drafted = importing.draft(_stream(files), frame)
    except SepakatError as error:
        raise BadInput(error.detail) from error
    documents, problems = reading.read(drafted.documents)
    notes = [*drafted.notes, *(Note(f"draft{each.pointer}", each.rule) for each in problems)]
    _write(drafted.documents, notes, output, as_json)
    if not problems:
        indicators = len(documents) - 1
        words = f"{indicators} indicator{'' if indicators == 1 else 's'} and an agreement"
        say(f"{words}; whoever signs it is still to be written in")


@openslo.command("export")
def export(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="one Agreement, and its Indicators if you have them")
    ],
    output: _Output = None,
    as_json: AsJson = False,
) -> None:
    """Write an agreement's objectives as OpenSLO v1.

    Whatever OpenSLO has no place for is listed on standard error with its place in the agreement.

    **Example**

      sepakat openslo export agreement.yaml -o slos.yaml
    """
    documents = [document for file in files for document in read_documents(file)]
    agreements = [each for each in documents if isinstance(each, Agreement)]
    if len(agreements) != 1:
        raise BadInput(f"there must be exactly one document of kind Agreement; there are {len(agreements)}")
    exported, notes = exporting.export(agreements[0], documents)
    _write(exported, notes, output, as_json)


def _stream(files: Sequence[Path]) -> list[Any]:
    """The documents of all files, numbered through."""
    require(files)
    raw: list[Any] = []
    for file in files:
        raw += structure.read(text_of(file)).documents
    return raw


def _day(option: str, written: str | None) -> date | None:
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise BadInput(f"{option}: {written!r} is no day such as 2026-01-31") from error


def _write(documents: Sequence[dict[str, Any]], notes: Sequence[Note], output: Path | None, as_json: bool) -> None:
    listed = [{"pointer": each.pointer, "note": each.words} for each in notes]
    if as_json:
        print_json({"documents": documents, "notes": listed})
        return
    written = yaml.dump_all(documents, Dumper=_WrittenOut, sort_keys=False, allow_unicode=True)
    if output is None:
        typer.echo(written, nl=False)
    else:
        output.write_text(written, encoding="utf-8")
    for each in notes:
        say(f"{each.pointer}: {each.words}")
