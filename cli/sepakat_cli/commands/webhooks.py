"""`sepakat webhooks`: where a party's own systems are told, whether that works, and what they have missed."""

from typing import Annotated

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls
from sepakat_cli.commands.endpoints import Endpoints, Id, add_commands, print_endpoint
from sepakat_cli.commands.keys import instant
from sepakat_cli.output import AsJson, explained

webhooks = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Webhook endpoints: where a party's own systems are told.",
        "sepakat webhooks add toko-maju https://hooks.tokomaju.example/sla --type 'sepakat.incident.*'",
    ),
)
_WEBHOOKS = Endpoints(
    "webhooks", "/v1/webhook-endpoints",
    ("id", "party", "url", "status", "ordered", "fallback", "failing_since", "reason"),
    when_empty="there is no endpoint yet",
    list="List the endpoints of the key's party, and which of them work.",
    show="Show an endpoint: whether it works, since when it does not, and what it answered.",
    test="Post a signed trial event there now, and say what came of it. Exit code 1 where it was not taken.",
    disable="Post nothing there for now. What would have been posted is kept.",
    enable="Post there again. What it has missed is posted by `replay`.",
    remove="Remove an endpoint; what waits for it is suppressed.",
)  # fmt: skip


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
        made = client.post("notifier", _WEBHOOKS.path, body)
    print_endpoint(made, as_json)


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
        rotated = client.post("notifier", f"{_WEBHOOKS.one(id)}/rotate-secret", {"overlap": overlap})
    print_endpoint(rotated, as_json)


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
        print_endpoint(client.post("notifier", f"{_WEBHOOKS.one(id)}/replay", body), as_json)


add_commands(webhooks, _WEBHOOKS)
