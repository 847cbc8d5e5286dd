"""`sepakat status-feeds`: the public status of an agreement, which both parties allow or neither has."""

from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.output import AsJson, explained, print_json, print_table, say

status_feeds = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "A public status of an agreement's services, as Atom and JSON Feed, where both parties allow it.",
        "sepakat status-feeds show toko-checkout",
    ),
)
Agreement = Annotated[str, typer.Argument(help="the agreement's id")]


def _path(agreement: str) -> str:
    return f"/v1/status-feeds/{segment(agreement)}"


@status_feeds.command("show")
def show(agreement: Agreement, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show which party allows it, and the addresses where both do.

    Whoever has an address reads it without a key: services and whether they work, what is wrong or was within 14
    days, and announced maintenance. No figures, no people, no words that somebody wrote.

    **Examples**

      sepakat status-feeds show toko-checkout

      curl "$(sepakat status-feeds show toko-checkout --json | jq -r .json)?lang=id"
    """
    with Client.of(url, api_key_file) as client:
        _print(client.get("notifier", _path(agreement)), as_json)


@status_feeds.command("allow")
def allow(agreement: Agreement, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Allow it for the party that the key acts for. It is public once the other party allows it, too.

    **Example**

      sepakat status-feeds allow toko-checkout --api-key-file toko-maju.key
    """
    _say(agreement, True, url, api_key_file, as_json)


@status_feeds.command("withdraw")
def withdraw(agreement: Agreement, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Take it back for the key's party. Every address that was given out ends, also if it is allowed again later.

    **Example**

      sepakat status-feeds withdraw toko-checkout
    """
    _say(agreement, False, url, api_key_file, as_json)


def _say(agreement: str, allowed: bool, url: Urls, api_key_file: ApiKeyFile, as_json: bool) -> None:
    with Client.of(url, api_key_file) as client:
        after = client.ask("PUT", "notifier", _path(agreement), json={"allowed": allowed}).json()
    _print(after, as_json)


def _print(feed: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(feed)
        return
    allowed = [(f"allowed by {party}", "yes" if said else "no") for party, said in feed["allowed"].items()]
    print_table(("field", "value"), [*allowed, ("atom", feed["atom"]), ("json", feed["json"])], "")
    if not feed["public"]:
        say("it is not public: both parties must allow it")
