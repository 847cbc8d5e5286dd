"""`sepakat oncall`: who is on call now and next, and who stands in for whom."""

from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.keys import instant
from sepakat_cli.output import AsJson, BadInput, explained, none_yet, print_json, print_line, print_table, say

oncall = typer.Typer(
    no_args_is_help=True,
    help=explained("Who is on call, by the rotations that agreements declare.", "sepakat oncall list"),
)
Rotation = Annotated[str, typer.Argument(help="PARTY/ROTATION, as `sepakat oncall list` shows it")]
_COLUMNS = ("start", "end", "contact", "override")


@oncall.command("list")
def list_rotations(url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """List rotations, with who is on call now.

    **Example**

      sepakat oncall list
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("incidents", "/v1/rotations"))
    if as_json:
        print_json({"items": items})
        return
    print_table(("id", "on_call"), ((each["id"], each["on_call"]) for each in items), none_yet("rotations"))


@oncall.command("show")
def show(
    rotation: Rotation,
    since: Annotated[str | None, typer.Option("--from", help="the first instant, RFC 3339; now if not said")] = None,
    until: Annotated[str | None, typer.Option(help="the last instant; 28 days later if not said")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show who is on call when; a shift without a contact is nobody's.

    **Example**

      sepakat oncall show nusantara-cloud/primary --until 2026-12-24T00:00:00+07:00
    """
    span = {"from": _instant(since, "--from"), "until": _instant(until, "--until")}
    with Client.of(url, api_key_file) as client:
        items = client.get("incidents", f"{_path(rotation)}/shifts", **span)["items"]
    if as_json:
        print_json({"items": items})
        return
    print_table(_COLUMNS, ([each[name] for name in _COLUMNS] for each in items), "nobody is ever on call")


@oncall.command("ics")
def calendar(rotation: Rotation, url: Urls = None, api_key_file: ApiKeyFile = None) -> None:
    """Print the shifts as iCalendar, from a week ago to sixty days ahead.

    **Example**

      sepakat oncall ics nusantara-cloud/primary > on-call.ics
    """
    with Client.of(url, api_key_file) as client:
        typer.echo(client.ask("GET", "incidents", f"{_path(rotation)}/oncall.ics").text, nl=False)


@oncall.command("subscribe")
def subscribe(rotation: Rotation, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Make an address that a calendar program can subscribe to; whoever has it can read this calendar.

    It is shown once. `sepakat oncall unsubscribe` makes it read nothing any more.

    **Example**

      sepakat oncall subscribe nusantara-cloud/primary
    """
    with Client.of(url, api_key_file) as client:
        made = client.post("incidents", f"{_path(rotation)}/calendar-links")
    if as_json:
        print_json(made)
        return
    print_line(made["url"])


@oncall.command("subscriptions")
def subscriptions(
    rotation: Rotation, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """List the addresses that calendar programs read a rotation by.

    **Example**

      sepakat oncall subscriptions nusantara-cloud/primary
    """
    with Client.of(url, api_key_file) as client:
        items = client.get("incidents", f"{_path(rotation)}/calendar-links")["items"]
    if as_json:
        print_json({"items": items})
        return
    rows = ([each[name] for name in ("id", "made_at", "by")] for each in items)
    print_table(("id", "made at", "by"), rows, "no calendar program has an address")


@oncall.command("unsubscribe")
def unsubscribe(
    rotation: Rotation,
    id: Annotated[str, typer.Argument(help="the address's id, from `sepakat oncall subscriptions`")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
) -> None:
    """Revoke an address: from now on it reads nothing.

    **Example**

      sepakat oncall unsubscribe nusantara-cloud/primary 3f2a9c0de1b24a77
    """
    with Client.of(url, api_key_file) as client:
        client.ask("DELETE", "incidents", f"{_path(rotation)}/calendar-links/{segment(id)}")
    say(f"the address {id} reads nothing any more")


@oncall.command("override")
def override(
    rotation: Rotation,
    contact: Annotated[str, typer.Argument(help="the id of the contact who stands in")],
    until: Annotated[str, typer.Option(help="the end, RFC 3339")],
    since: Annotated[str | None, typer.Option("--from", help="the start, RFC 3339; now if not said")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Put somebody on call for a while, whoever's turn it is.

    **Example**

      sepakat oncall override nusantara-cloud/primary rina --until 2026-12-25T08:00:00+07:00
    """
    body = {"contact": contact, "start": _instant(since, "--from"), "end": _instant(until, "--until")}
    with Client.of(url, api_key_file) as client:
        _told(client.post("incidents", f"{_path(rotation)}/overrides", body), as_json)


@oncall.command("withdraw")
def withdraw(
    rotation: Rotation,
    id: Annotated[str, typer.Argument(help="the override's id")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """End an override, or take it back before it begins.

    **Example**

      sepakat oncall withdraw nusantara-cloud/primary 3f2a9c0de1b24a77
    """
    with Client.of(url, api_key_file) as client:
        etag = client.ask("GET", "incidents", _path(rotation)).headers["ETag"]
        path = f"{_path(rotation)}/overrides/{segment(id)}"
        _told(client.ask("DELETE", "incidents", path, headers={"If-Match": etag}).json(), as_json)


def _path(rotation: str) -> str:
    party, slash, id = rotation.partition("/")
    if not (party and slash and id):
        raise BadInput(f"{rotation!r}: a rotation is named PARTY/ROTATION")
    return f"/v1/rotations/{segment(party)}/{segment(id)}"


def _instant(text: str | None, option: str) -> str | None:
    return None if text is None else instant(text, option).isoformat()


def _told(rotation: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(rotation)
        return
    print_line(f"{rotation['id']}: on call is {rotation['on_call'] or 'nobody'}")
    print_table(
        ("id", "contact", "start", "end"),
        ([each[name] for name in ("id", "contact", "start", "end")] for each in rotation["overrides"]),
        "there is no override",
    )
