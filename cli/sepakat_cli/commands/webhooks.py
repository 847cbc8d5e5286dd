"""`sepakat webhooks`: where a party's own systems are told, whether that works, and what they have missed."""

from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.keys import instant
from sepakat_cli.output import AsJson, CommandFailed, print_json, print_table

webhooks = typer.Typer(no_args_is_help=True, help="Webhook endpoints: where a party's own systems are told.")
_PATH = "/v1/webhook-endpoints"
Id = Annotated[str, typer.Argument(help="the endpoint's id")]
_COLUMNS = ("id", "party", "url", "status", "ordered", "fallback", "failing_since", "reason")


def _print(endpoint: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(endpoint)
    else:
        print_table(("field", "value"), endpoint.items(), "")


@webhooks.command("list")
def list_endpoints(url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """List the endpoints of the key's party, and which of them work.

    **Example**

      sepakat webhooks list
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("notifier", _PATH))
    if as_json:
        print_json({"items": items})
        return
    print_table(_COLUMNS, ([each.get(name) for name in _COLUMNS] for each in items), "there is no endpoint yet")


@webhooks.command("add")
def add(
    party: Annotated[str, typer.Argument(help="whose events are posted")],
    to: Annotated[str, typer.Argument(help="the address that they are posted to")],
    types: Annotated[
        list[str] | None, typer.Option("--type", help="event types, `*` stands for anything; repeatable")
    ] = None,
    ordered: Annotated[bool, typer.Option("--ordered", help="post nothing before what came earlier has ended")] = False,
    fallback: Annotated[str | None, typer.Option(help="contact who is written to when it fails")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Have a party's events posted to an address. The signing secret is printed here and never again.

    **Example**

      sepakat webhooks add toko-maju https://hooks.tokomaju.example/sla --type 'sepakat.incident.*'
    """
    body = {"party": party, "url": to, "types": types or [], "ordered": ordered, "fallback": fallback}
    with Client.of(url, api_key_file) as client:
        made = client.post("notifier", _PATH, body)
    _print(made, as_json)


@webhooks.command("show")
def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show an endpoint: whether it works, since when it does not, and what it answered.

    **Example**

      sepakat webhooks show 9f2c4e6a8b0d1f3a
    """
    with Client.of(url, api_key_file) as client:
        endpoint = client.get("notifier", f"{_PATH}/{segment(id)}")
    _print(endpoint, as_json)


@webhooks.command("test")
def test(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Post a signed trial event there now, and say what came of it. Exit code 1 where it was not taken.

    **Example**

      sepakat webhooks test 9f2c4e6a8b0d1f3a
    """
    with Client.of(url, api_key_file) as client:
        tried = client.post("notifier", f"{_PATH}/{segment(id)}/test")
    _print(tried, as_json)
    if not tried["delivered"]:
        raise CommandFailed(f"it was not delivered: {tried['reason']}")


@webhooks.command("rotate")
def rotate(
    id: Id,
    overlap: Annotated[str | None, typer.Option(help="how long the old secret signs too, as `PT1H`")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Replace the signing secret. The new one is printed here and never again.

    **Example**

      sepakat webhooks rotate 9f2c4e6a8b0d1f3a --overlap P2D
    """
    with Client.of(url, api_key_file) as client:
        rotated = client.post("notifier", f"{_PATH}/{segment(id)}/rotate-secret", {"overlap": overlap})
    _print(rotated, as_json)


@webhooks.command("disable")
def disable(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Post nothing there for now. What would have been posted is kept.

    **Example**

      sepakat webhooks disable 9f2c4e6a8b0d1f3a
    """
    with Client.of(url, api_key_file) as client:
        _print(client.post("notifier", f"{_PATH}/{segment(id)}/disable"), as_json)


@webhooks.command("enable")
def enable(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Post there again. What it has missed is posted by `replay`.

    **Example**

      sepakat webhooks enable 9f2c4e6a8b0d1f3a
    """
    with Client.of(url, api_key_file) as client:
        _print(client.post("notifier", f"{_PATH}/{segment(id)}/enable"), as_json)


@webhooks.command("replay")
def replay(
    id: Id,
    since: Annotated[str, typer.Option(help="an instant, as `2026-11-24T09:00:00+07:00`")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Post again everything that was meant for it since then, in its order and under the same ids.

    **Example**

      sepakat webhooks replay 9f2c4e6a8b0d1f3a --since 2026-11-24T09:00:00+07:00
    """
    body = {"since": instant(since, "--since").isoformat()}
    with Client.of(url, api_key_file) as client:
        _print(client.post("notifier", f"{_PATH}/{segment(id)}/replay", body), as_json)


@webhooks.command("remove")
def remove(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None) -> None:
    """Remove an endpoint; what waits for it is suppressed.

    **Example**

      sepakat webhooks remove 9f2c4e6a8b0d1f3a
    """
    with Client.of(url, api_key_file) as client:
        client.ask("DELETE", "notifier", f"{_PATH}/{segment(id)}")
