"""`sepakat reviews monthly`: the reports that are compiled for each month, when its figures have closed."""

from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.reviews import Language, OutputFile, form_of
from sepakat_cli.output import AsJson, explained, print_json, print_table, say

monthly = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Reports of months: figures, incidents, credits and disputes, compiled when the month's figures have closed.",
        "sepakat reviews monthly list toko-checkout",
        "sepakat reviews monthly document toko-checkout 2026-11 -o november.pdf",
    ),
)
Agreement = Annotated[str, typer.Argument(help="the agreement's id")]
Month = Annotated[str, typer.Argument(help="such as 2026-11")]


@monthly.command("list")
def list_reports(
    agreement: Agreement, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """List the months that have a report, the last one first.

    **Example**

      sepakat reviews monthly list toko-checkout
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("agreements", _path(agreement)))
    if as_json:
        print_json({"items": items})
        return
    columns = ("month", "version", "since", "until", "compiled at")
    rows = ([each[name] for name in ("month", "version", "since", "until", "compiled_at")] for each in items)
    print_table(columns, rows, "no month has a report yet; the text asks for them by review.monthlyReport")


@monthly.command("show")
def show(
    agreement: Agreement, month: Month, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Show the figures of a month's report; with --json all that it is written from.

    **Example**

      sepakat reviews monthly show toko-checkout 2026-11
    """
    with Client.of(url, api_key_file) as client:
        pack = client.get("agreements", f"{_path(agreement)}/{segment(month)}/pack")
    if as_json:
        print_json(pack)
        return
    _tell(pack)


@monthly.command("document")
def document(
    agreement: Agreement,
    month: Month,
    output: OutputFile,
    lang: Language = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
) -> None:
    """Write a month's report with its charts to a file.

    **Example**

      sepakat reviews monthly document toko-checkout 2026-11 -o november.pdf --lang id
    """
    params = {"format": form_of(output)} | ({"lang": lang} if lang else {})
    with Client.of(url, api_key_file) as client:
        answer = client.ask("GET", "agreements", f"{_path(agreement)}/{segment(month)}/document", params=params)
    output.write_bytes(answer.content)
    say(f"{output}: {len(answer.content)} bytes")


def _path(agreement: str) -> str:
    return f"/v1/agreements/{segment(agreement)}/monthly-reports"


def _tell(pack: dict[str, Any]) -> None:
    columns = ("objective", "from", "until", "figure", "target", "met")
    rows = (_row(each["objective"], period) for each in pack["objectives"] for period in each["periods"])
    print_table(columns, rows, "no period ended in that month")
    parts = [(name, len(pack[name])) for name in ("incidents", "disputes", "credits")]
    say("; ".join(f"{name}: {count}" for name, count in parts))


def _row(objective: str, period: dict[str, Any]) -> tuple[Any, ...]:
    """The agreed figure where the measured one was corrected: that one counts."""
    found = period["agreed"] or period["measured"]
    figure = f"{found['value']} {found['unit']}" if found["value"] is not None else found["attainment"]
    met = {True: "yes", False: "no", None: "too little was seen"}[found["met"]]
    return objective, period["start"], period["end"], figure, found["target"], met
