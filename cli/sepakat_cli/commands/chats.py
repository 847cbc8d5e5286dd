"""`sepakat chats`: where in a chat a party, or one of its people, is told, and whether that works."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.files import text_of
from sepakat_cli.output import AsJson, CommandFailed, print_json, print_table

chats = typer.Typer(no_args_is_help=True, help="Chat endpoints: Slack, Teams, Discord, Telegram, ntfy and others.")
_PATH = "/v1/chat-endpoints"
Id = Annotated[str, typer.Argument(help="the endpoint's id")]
AddressFile = Annotated[
    Path, typer.Option("--address-file", help="file with the address, which is a secret; `-`: standard input")
]
_COLUMNS = ("id", "party", "service", "types", "status", "fallback", "failing_since", "reason")


def _print(endpoint: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(endpoint)
    else:
        print_table(("field", "value"), endpoint.items(), "")


def _address(file: Path) -> str:
    return text_of(file).strip()


@chats.command("list")
def list_endpoints(url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """List the chat endpoints of the key's party, and which of them work.

    **Example**

      sepakat chats list
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("notifier", _PATH))
    if as_json:
        print_json({"items": items})
        return
    print_table(_COLUMNS, ([each.get(name) for name in _COLUMNS] for each in items), "there is no chat endpoint yet")


@chats.command("add")
def add(
    party: Annotated[str, typer.Argument(help="who is told there")],
    address_file: AddressFile,
    service: Annotated[str | None, typer.Option(help="`slack` or `teams`, for a webhook at a host of your own")] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="event types, `*` stands for anything; repeatable")
    ] = None,
    language: Annotated[str, typer.Option(help="`en` or `id`")] = "en",
    time_zone: Annotated[str, typer.Option(help="by whose clock times are written")] = "UTC",
    fallback: Annotated[str | None, typer.Option(help="contact who is written to when it fails")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Have a party told in a chat. Without a `--type`, only what its people choose to read there is said.

    The address is an incoming webhook of Slack or Teams, `slack://TOKEN/CHANNEL` with a bot's token, or a URL of
    Apprise, such as `discord://ID/TOKEN` or `ntfys://HOST/TOPIC`. It is shown nowhere again.

    **Example**

      sepakat chats add toko-maju --address-file slack.txt --type 'sepakat.incident.*' --language id
    """
    body = {
        "party": party, "address": _address(address_file), "service": service, "types": types or [],
        "language": language, "time_zone": time_zone, "fallback": fallback,
    }  # fmt: skip
    with Client.of(url, api_key_file) as client:
        made = client.post("notifier", _PATH, body)
    _print(made, as_json)


@chats.command("show")
def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show a chat endpoint: its service, whether it works, and what it answered last.

    **Example**

      sepakat chats show 9f2c4e6a8b0d1f3a
    """
    with Client.of(url, api_key_file) as client:
        endpoint = client.get("notifier", f"{_PATH}/{segment(id)}")
    _print(endpoint, as_json)


@chats.command("test")
def test(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Say something there now, and tell what came of it. Exit code 1 where it was not taken.

    **Example**

      sepakat chats test 9f2c4e6a8b0d1f3a
    """
    with Client.of(url, api_key_file) as client:
        tried = client.post("notifier", f"{_PATH}/{segment(id)}/test")
    _print(tried, as_json)
    if not tried["delivered"]:
        raise CommandFailed(f"it was not delivered: {tried['reason']}")


@chats.command("disable")
def disable(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Say nothing there for now; whoever has chosen to read there gets mails meanwhile.

    **Example**

      sepakat chats disable 9f2c4e6a8b0d1f3a
    """
    with Client.of(url, api_key_file) as client:
        _print(client.post("notifier", f"{_PATH}/{segment(id)}/disable"), as_json)


@chats.command("enable")
def enable(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Say things there again.

    **Example**

      sepakat chats enable 9f2c4e6a8b0d1f3a
    """
    with Client.of(url, api_key_file) as client:
        _print(client.post("notifier", f"{_PATH}/{segment(id)}/enable"), as_json)


@chats.command("remove")
def remove(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None) -> None:
    """Remove a chat endpoint; what waits for it is suppressed.

    **Example**

      sepakat chats remove 9f2c4e6a8b0d1f3a
    """
    with Client.of(url, api_key_file) as client:
        client.ask("DELETE", "notifier", f"{_PATH}/{segment(id)}")
