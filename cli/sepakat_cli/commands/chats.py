"""`sepakat chats`: where in a chat a party, or one of its people, is told, and whether that works."""

from pathlib import Path
from typing import Annotated

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls
from sepakat_cli.commands.endpoints import Endpoints, Id, add_commands, print_endpoint
from sepakat_cli.files import text_of
from sepakat_cli.output import AsJson, explained

chats = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Chat endpoints: Slack, Teams, Discord, Telegram, ntfy and others.",
        "sepakat chats add toko-maju --address-file slack.txt --type 'sepakat.incident.*' --language id",
    ),
)
AddressFile = Annotated[
    Path, typer.Option("--address-file", help="file with the address, which is a secret; `-`: standard input")
]
_CHATS = Endpoints(
    "chats", "/v1/chat-endpoints",
    ("id", "party", "service", "types", "status", "owner", "fallback", "failing_since", "reason"),
    when_empty="there is no chat endpoint yet",
    list="List the chat endpoints of the key's party, and which of them work.",
    show="Show a chat endpoint: its service, whether it works, and what it answered last.",
    test="Say something there now, and tell what came of it. Exit code 1 where it was not taken.",
    disable="Say nothing there for now; whoever has chosen to read there gets mails meanwhile.",
    enable="Say things there again.",
    remove="Remove a chat endpoint; what waits for it is suppressed.",
)  # fmt: skip


def _address(file: Path) -> str:
    return text_of(file).strip()


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
    owner: Annotated[
        str | None, typer.Option(help="contact in whose name the room acknowledges, joins, puts off and resolves")
    ] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Have a party told in a chat. Without a `--type`, only what its people choose to read there is said.

    The address is an incoming webhook of Slack or Teams, `slack://TOKEN/CHANNEL` with a bot's token, or a URL of
    Apprise, such as `discord://ID/TOKEN` or `ntfys://HOST/TOPIC`. It is shown nowhere again.

    With an `--owner`, messages that ask to take up an incident have links; whoever reads them in the room presses them
    in that contact's name. Without one they have none.

    **Example**

      sepakat chats add toko-maju --address-file slack.txt --type 'sepakat.incident.*' --language id

      sepakat chats add nusantara-cloud --address-file oncall.txt --type 'sepakat.incident.*' --owner rina
    """
    body = {
        "party": party, "address": _address(address_file), "service": service, "types": types or [],
        "language": language, "time_zone": time_zone, "fallback": fallback, "owner": owner,
    }  # fmt: skip
    with Client.of(url, api_key_file) as client:
        made = client.post("notifier", _CHATS.path, body)
    print_endpoint(made, as_json)


@chats.command("owner")
def owner(
    id: Id,
    contact: Annotated[str | None, typer.Argument(help="contact of the party; none: links there end")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say in whose name the links of messages in the room are pressed. Those that it has already end with a new owner.

    **Example**

      sepakat chats owner 9f2c4e6a8b0d1f3a rina
    """
    path = _CHATS.one(id)
    with Client.of(url, api_key_file) as client:
        known = client.ask("GET", "notifier", path)
        kept = {name: known.json()[name] for name in ("types", "language", "time_zone", "fallback")}
        headers = {"If-Match": known.headers["etag"]}
        after = client.ask("PUT", "notifier", path, json=kept | {"owner": contact}, headers=headers).json()
    print_endpoint(after, as_json)


add_commands(chats, _CHATS)
