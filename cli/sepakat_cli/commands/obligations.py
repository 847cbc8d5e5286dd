"""`sepakat obligations`: what is owed when, met with evidence, accepted, contested, excused."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.comments import attachment
from sepakat_cli.output import AsJson, explained, print_json, print_line, print_table

obligations = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Obligations: what both parties owe, each time that it is due.",
        "sepakat obligations list --agreement toko-checkout --status overdue",
    ),
)
Id = Annotated[str, typer.Argument(help="the id of that time, as `sepakat obligations list` shows it")]
Reason = Annotated[str, typer.Option(help="in words")]


class Status(StrEnum):
    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"
    MET = "met"
    MET_LATE = "met-late"
    EXCUSED = "excused"
    VOID = "void"


@obligations.command("list")
def list_obligations(
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    obligation: Annotated[str | None, typer.Option(help="only of this one, by its id in the text")] = None,
    status: Annotated[Status | None, typer.Option(help="only those that are so")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List every time that something is or was owed.

    **Example**

      sepakat obligations list --agreement toko-checkout --status overdue
    """
    with Client.of(url, api_key_file) as client:
        wanted = status.value if status else None
        found = client.items(
            "agreements", "/v1/obligations", agreement=agreement, obligation=obligation, status=wanted
        )  # fmt: skip
        items = list(found)
    if as_json:
        print_json({"items": items})
        return
    rows = ((each["id"], each["status"], each["party"], each["owner"] or "-", each["due_at"]) for each in items)
    print_table(("id", "status", "owed by", "owner", "due by"), rows, "nothing of that kind is owed")


@obligations.command("show")
def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show one time that something is owed, its evidence, and what happened to it, in order.

    **Example**

      sepakat obligations show toko-checkout.load.20260131T170000Z
    """
    with Client.of(url, api_key_file) as client:
        found = client.get("agreements", f"/v1/obligations/{segment(id)}")
        history = client.get("agreements", f"/v1/obligations/{segment(id)}/history")["items"]
    if as_json:
        print_json({**found, "history": history})
        return
    shown = ("id", "status", "party", "owner", "owed_to", "begins_at", "due_at", "met_at", "note", "contested_because",
             "accepted_at", "reason")  # fmt: skip
    rows = [(name, "-" if found[name] is None else found[name]) for name in shown]
    rows += [("evidence", f"{each['name']} {each['url']}") for each in found["evidence"]]
    print_table(("field", "value"), rows, "")
    typer.echo()
    print_table(("at", "what", "by"), ((each["at"], each["what"], each["by"]) for each in history), "nothing yet")


@obligations.command("request")
def request(
    agreement: Annotated[str, typer.Argument(help="the agreement's id")],
    obligation: Annotated[str, typer.Argument(help="the obligation's id in the text")],
    about: Annotated[str | None, typer.Option(help="what it is about: an incident's id, say")] = None,
    note: Annotated[str | None, typer.Option(help="in words")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask the other party for what it owes on request; its time begins now.

    **Example**

      sepakat obligations request toko-checkout contact --note "whom do we call at the bank?"
    """
    path = f"/v1/agreements/{segment(agreement)}/obligations/{segment(obligation)}/requests"
    _post(path, {"about": about, "note": note}, url, api_key_file, as_json)


@obligations.command("fulfil")
def fulfil(
    id: Id,
    evidence: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE@URL",
            help="a file that lies at an https address: its name, type, size and SHA-256 are sent, its bytes are not; "
            "may be repeated",
        ),
    ] = None,
    note: Annotated[str | None, typer.Option(help="in words")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say that your party has met it, with evidence; again, with better evidence.

    **Example**

      sepakat obligations fulfil toko-checkout.load.20260131T170000Z --evidence load.pdf@https://files.example/load.pdf
    """
    body = {"evidence": [attachment(each, "--evidence") for each in evidence or ()], "note": note}
    _act(id, "fulfil", body, url, api_key_file, as_json)


@obligations.command("accept")
def accept(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Accept the other party's evidence, for good.

    **Example**

      sepakat obligations accept toko-checkout.load.20260131T170000Z
    """
    path = f"/v1/obligations/{segment(id)}"
    with Client.of(url, api_key_file) as client:
        found = client.post_as_read("agreements", path, "accept")
    _print(found, as_json)


@obligations.command("contest")
def contest(id: Id, reason: Reason, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Say why the other party's evidence does not show that it was met.

    **Example**

      sepakat obligations contest toko-checkout.load.20260131T170000Z --reason "that is of December"
    """
    _act(id, "contest", {"reason": reason}, url, api_key_file, as_json)


@obligations.command("excuse")
def excuse(id: Id, reason: Reason, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Let it be, or forgive the other party that it was late: it is no miss then.

    **Example**

      sepakat obligations excuse toko-checkout.load.20260131T170000Z --reason "no campaign this month"
    """
    _act(id, "excuse", {"reason": reason}, url, api_key_file, as_json)


def _act(id: str, what: str, body: object, url: Urls, api_key_file: ApiKeyFile, as_json: bool) -> None:
    _post(f"/v1/obligations/{segment(id)}/{what}", body, url, api_key_file, as_json)


def _post(path: str, body: object, url: Urls, api_key_file: ApiKeyFile, as_json: bool) -> None:
    with Client.of(url, api_key_file) as client:
        found: dict[str, Any] = client.post("agreements", path, body)
    _print(found, as_json)


def _print(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        print_line(f"{found['id']}: {found['status']}, due by {found['due_at']}")
