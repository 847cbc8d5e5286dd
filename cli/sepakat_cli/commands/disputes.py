"""`sepakat disputes`, as far as one looks: what is contested, whose turn it is, and what it ended in."""

from typing import Annotated

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.dispute_rows import evidence, fields, open_row, plain, row, said
from sepakat_cli.output import AsJson, explained, none_yet, print_json, print_line, print_table

disputes = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Disputes: contest a figure, clock, credit or clause; settle it.",
        "sepakat disputes open --agreement toko-checkout",
        "sepakat disputes list --status answer",
    ),
)
Id = Annotated[str, typer.Argument(help="the dispute's id, as `sepakat disputes list` shows it")]


@disputes.command("list")
def list_disputes(
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    status: Annotated[str | None, typer.Option(help="answer, settle, decide, forum, settled or withdrawn")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List disputes, the latest first.

    **Example**

      sepakat disputes list --status answer
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("incidents", "/v1/disputes", agreement=agreement, status=status))
    if as_json:
        print_json({"items": items})
        return
    columns = ("id", "number", "status", "agreement", "subject", "raised by", "waits for", "until")
    print_table(columns, (row(each) for each in items), none_yet("disputes", agreement, status))


@disputes.command("open")
def list_disputables(
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List the figures that were told last, and until when each is open to dispute.

    **Example**

      sepakat disputes open --agreement toko-checkout
    """
    with Client.of(url, api_key_file) as client:
        answer = client.get("incidents", "/v1/disputables", agreement=agreement)
    if as_json:
        print_json(answer)
        return
    columns = ("agreement", "objective", "period", "figure", "target", "met", "until")
    print_table(columns, (open_row(each) for each in answer["items"]), "no figure was told yet")


@disputes.command("show")
def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show a dispute: the measured and the agreed figure, the offers, all that was said, in order, and the evidence.

    Whether a pack is of what is disputed is for the parties to look at: `sepakat verify` prints what it is of.

    **Example**

      sepakat disputes show $(sepakat disputes list --json | jq -r '.items[0].id')
    """
    with Client.of(url, api_key_file) as client:
        dispute = client.get("incidents", f"/v1/disputes/{segment(id)}")
        history = client.get("incidents", f"/v1/disputes/{segment(id)}/history")["items"]
    if as_json:
        print_json({**dispute, "history": history})
        return
    print_table(("field", "value"), ((name, plain(value)) for name, value in fields(dispute).items()), "")
    typer.echo()
    print_table(
        ("at", "what", "by", "said"),
        ((each["at"], each["what"], each["by"], said(each)) for each in history),
        "nothing has happened yet",
    )
    for line in evidence(history):
        print_line(line)
