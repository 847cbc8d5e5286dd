"""`sepakat preferences`: how a contact wants to be told."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.documents import mapping_of
from sepakat_cli.output import AsJson, explained, print_json, print_table

preferences = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "How people want to be told: language, least severity, quiet hours, vacation, news, digests, chats.",
        "sepakat preferences show nusantara-cloud rina",
    ),
)
Party = Annotated[str, typer.Argument(help="the contact's party")]
Contact = Annotated[str, typer.Argument(help="the contact's id")]


def _path(party: str, contact: str) -> str:
    return f"/v1/preferences/{segment(party)}/{segment(contact)}"


def _print(preference: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(preference)
    else:
        print_table(("field", "value"), preference.items(), "")


@preferences.command("show")
def show(
    party: Party, contact: Contact, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Show how a contact wants to be told.

    **Example**

      sepakat preferences show nusantara-cloud rina
    """
    with Client.of(url, api_key_file) as client:
        _print(client.get("notifier", _path(party, contact)), as_json)


@preferences.command("set")
def set_(
    party: Party,
    contact: Contact,
    file: Annotated[Path, typer.Argument(help="the preference in YAML or JSON")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say how a contact wants to be told. What the file does not have is as if nothing had been said.

    It may have `language`, `minimum_priority`, `quiet` (`begin`, `end`, `time_zone`, `but_highest`), `vacation`
    (`start`, `end`, `delegate`), `muted` and `subscriptions`, of which the first that fits an event counts: what it is
    about (`kinds`, `priorities`, `agreement`), by which `ways` that comes (`mail`, ids of chat endpoints), and the
    `digest` that it may wait for (`every`, `at`, `on`, `time_zone`). Write times of day in quotation marks.

    **Example**

      sepakat preferences set nusantara-cloud rina rina.yaml
    """
    said = mapping_of(file, "language: id")
    path = _path(party, contact)
    with Client.of(url, api_key_file) as client:
        etag = client.ask("GET", "notifier", path).headers["etag"]
        after = client.ask("PUT", "notifier", path, json=said, headers={"If-Match": etag}).json()
    _print(after, as_json)
