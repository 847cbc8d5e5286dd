"""`sepakat incidents`: what went wrong, and who took it up."""

from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.output import AsJson, print_json, print_table

incidents = typer.Typer(no_args_is_help=True, help="Incidents: what went wrong, who took it up, and when it was over.")
Id = Annotated[str, typer.Argument(help="the incident's id, as `sepakat incidents list` shows it")]


@incidents.command("list")
def list_incidents(
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    status: Annotated[str | None, typer.Option(help="only those that are open, acknowledged, resolved …")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List incidents, the latest first.

    **Example**

      sepakat incidents list --agreement toko-checkout --status open
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("incidents", "/v1/incidents", agreement=agreement, status=status))
    if as_json:
        print_json({"items": items})
        return
    columns = ("id", "priority", "status", "agreement", "service", "opened_at", "acknowledged_by")
    print_table(columns, ([each.get(name) for name in columns] for each in items), "there is no such incident")


@incidents.command("show")
def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show an incident and all that happened, in order.

    **Example**

      sepakat incidents show $(sepakat incidents list --json | jq -r '.items[0].id')
    """
    with Client.of(url, api_key_file) as client:
        incident = client.get("incidents", f"/v1/incidents/{segment(id)}")
        timeline = client.get("incidents", f"/v1/incidents/{segment(id)}/timeline")["items"]
    if as_json:
        print_json({**incident, "timeline": timeline})
        return
    print_table(("field", "value"), ((name, _plain(value)) for name, value in incident.items()), "")
    typer.echo()
    print_table(
        ("at", "what", "by", "details"),
        ((each["at"], each["what"], each["by"], _details(each)) for each in timeline),
        "nothing has happened yet",
    )


@incidents.command("ack")
def acknowledge(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Take an incident up: the responsible party's acknowledgement stops the escalation.

    It is the acknowledgement of the party that the API key acts for; an operator's key acts for none.

    **Example**

      sepakat incidents ack INCIDENT --api-key-file nusantara.key
    """
    _act(id, "acknowledge", None, url, api_key_file, as_json)


@incidents.command("resolve")
def resolve(
    id: Id,
    note: Annotated[str | None, typer.Option(help="how it was ended; goes on the timeline")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say that the impact of an incident is over.

    **Example**

      sepakat incidents resolve INCIDENT --note "rolled back to 4.2"
    """
    _act(id, "resolve", {"note": note}, url, api_key_file, as_json)


def _act(id: str, what: str, body: object, url: Urls, api_key_file: ApiKeyFile, as_json: bool) -> None:
    with Client.of(url, api_key_file) as client:
        after = client.post("incidents", f"/v1/incidents/{segment(id)}/{what}", body)
    if as_json:
        print_json(after)
    else:
        typer.echo(f"{after['id']}: {after['status']}")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return " / ".join(str(each) for each in value.values())
    return "-" if value is None else str(value)


def _details(entry: dict[str, Any]) -> str:
    shown = {name: value for name, value in entry.items() if name not in ("at", "what", "by") and value is not None}
    return ", ".join(f"{name}: {_plain(value)}" for name, value in shown.items())
