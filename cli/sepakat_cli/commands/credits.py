"""`sepakat credits`: what is owed for missed periods, claimed, answered and settled."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.output import AsJson, explained, none_yet, print_json, print_line, print_table

credits = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Service credits: what is owed for missed periods, until it is paid.",
        "sepakat credits list --agreement toko-checkout --status due",
    ),
)
Id = Annotated[str, typer.Argument(help="the credit's id, as `sepakat credits list` shows it")]
Statement = Annotated[str | None, typer.Option(help="in words")]


class Status(StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    CONTESTED = "contested"
    SETTLED = "settled"
    LAPSED = "lapsed"
    VOID = "void"


@credits.command("list")
def list_credits(
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    status: Annotated[Status | None, typer.Option(help="only those that are so")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List credits with what is owed and outstanding.

    **Example**

      sepakat credits list --agreement toko-checkout --status due
    """
    with Client.of(url, api_key_file) as client:
        wanted = status.value if status else None
        items = list(client.items("agreements", "/v1/credits", agreement=agreement, status=wanted))
    if as_json:
        print_json({"items": items})
        return
    columns = ("id", "status", "owed", "outstanding", "claim until")
    print_table(columns, (_row(each) for each in items), none_yet("credits", agreement, status))


@credits.command("show")
def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show a credit: how its amount comes about, and what happened to it, in order.

    **Example**

      sepakat credits show $(sepakat credits list --json | jq -r '.items[0].id')
    """
    with Client.of(url, api_key_file) as client:
        credit = client.get("agreements", f"/v1/credits/{segment(id)}")
        history = client.get("agreements", f"/v1/credits/{segment(id)}/history")["items"]
    if as_json:
        print_json({**credit, "history": history})
        return
    print_table(("field", "value"), _fields(credit), "")
    typer.echo()
    hidden = ("at", "by", "what")
    print_table(
        ("at", "what", "by", "said"),
        (
            (each["at"], each["what"], each["by"], ", ".join(f"{k} {v}" for k, v in each.items() if k not in hidden))
            for each in history
        ),
        "nothing has happened yet",
    )


@credits.command("claim")
def claim(
    id: Id, statement: Statement = None, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Claim a credit in its time, with the customer's key.

    **Example**

      sepakat credits claim toko-checkout.2026.availability.20261031T170000Z
    """
    _act(id, "claim", {"statement": statement}, url, api_key_file, as_json)


@credits.command("accept")
def accept(
    id: Id, statement: Statement = None, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Accept what was claimed, with the provider's key; also after having contested it.

    **Example**

      sepakat credits accept toko-checkout.2026.availability.20261031T170000Z
    """
    _act(id, "accept", {"statement": statement}, url, api_key_file, as_json)


@credits.command("contest")
def contest(
    id: Id,
    reason: Annotated[str, typer.Option(help="why it is not granted")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Refuse what was claimed and say why, with the provider's key.

    **Example**

      sepakat credits contest toko-checkout.2026.availability.20261031T170000Z --reason "your firewall was closed"
    """
    _act(id, "contest", {"reason": reason}, url, api_key_file, as_json)


@credits.command("settle")
def settle(
    id: Id,
    reference: Annotated[str, typer.Option(help="where it is found: a credit note, an invoice")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say that what was outstanding is paid or set off, with the provider's key.

    **Example**

      sepakat credits settle toko-checkout.2026.availability.20261031T170000Z --reference "invoice 2027-001"
    """
    _act(id, "settle", {"reference": reference}, url, api_key_file, as_json)


def _act(id: str, what: str, body: object, url: Urls, api_key_file: ApiKeyFile, as_json: bool) -> None:
    with Client.of(url, api_key_file) as client:
        credit = client.post("agreements", f"/v1/credits/{segment(id)}/{what}", body)
    if as_json:
        print_json(credit)
        return
    print_line(f"{credit['id']}: {credit['status']}, {credit['outstanding']} {credit['currency']} outstanding")


def _row(credit: dict[str, Any]) -> tuple[Any, ...]:
    owed, outstanding = (f"{credit[name]} {credit['currency']}" for name in ("amount", "outstanding"))
    return credit["id"], credit["status"], owed, outstanding, credit["claim_until"] or "-"


def _fields(credit: dict[str, Any]) -> list[tuple[str, Any]]:
    shown = ("id", "status", "agreement", "objective", "percent", "share", "full", "amount", "settled", "outstanding",
             "claim_until", "reference", "contested_because")  # fmt: skip
    rows = [(name, "-" if credit[name] is None else credit[name]) for name in shown]
    rows.insert(4, ("period", f"{credit['period']['start']} – {credit['period']['end']}"))
    rows.insert(5, ("charge", f"{credit['charge']['id']}: {credit['charge']['amount']} {credit['currency']}"))
    rows.append(("reduced_by", ", ".join(credit["reduced_by"]) or "-"))
    return rows
