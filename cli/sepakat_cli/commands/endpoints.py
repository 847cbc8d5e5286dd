"""What `sepakat webhooks` and `sepakat chats` share: endpoints are listed, shown, tried and commanded alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.output import AsJson, CommandFailed, print_json, print_table

Id = Annotated[str, typer.Argument(help="the endpoint's id")]
_EXAMPLE = "9f2c4e6a8b0d1f3a"


@dataclass(frozen=True)
class Endpoints:
    """One kind of them: what its commands begin with, where the notifier has them, and what they do in words."""

    name: str
    path: str
    columns: Sequence[str]
    when_empty: str
    list: str
    show: str
    test: str
    disable: str
    enable: str
    remove: str

    def one(self, id: str) -> str:
        return f"{self.path}/{segment(id)}"

    def help(self, command: str) -> str:
        id = "" if command == "list" else f" {_EXAMPLE}"
        return f"{getattr(self, command)}\n\n**Example**\n\n  sepakat {self.name} {command}{id}"


def print_endpoint(endpoint: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(endpoint)
    else:
        print_table(("field", "value"), endpoint.items(), "")


def add_commands(app: typer.Typer, kind: Endpoints) -> None:
    """Those that both have."""
    _looking(app, kind)
    _commanding(app, kind)


def _looking(app: typer.Typer, kind: Endpoints) -> None:
    @app.command("list", help=kind.help("list"))
    def list_(url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
        with Client.of(url, api_key_file) as client:
            items = list(client.items("notifier", kind.path))
        if as_json:
            print_json({"items": items})
            return
        print_table(kind.columns, ([each.get(name) for name in kind.columns] for each in items), kind.when_empty)

    @app.command("show", help=kind.help("show"))
    def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
        with Client.of(url, api_key_file) as client:
            print_endpoint(client.get("notifier", kind.one(id)), as_json)

    @app.command("test", help=kind.help("test"))
    def test(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
        with Client.of(url, api_key_file) as client:
            tried = client.post("notifier", f"{kind.one(id)}/test")
        print_endpoint(tried, as_json)
        if not tried["delivered"]:
            raise CommandFailed(f"it was not delivered: {tried['reason']}")


def _commanding(app: typer.Typer, kind: Endpoints) -> None:
    @app.command("disable", help=kind.help("disable"))
    def disable(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
        with Client.of(url, api_key_file) as client:
            print_endpoint(client.post("notifier", f"{kind.one(id)}/disable"), as_json)

    @app.command("enable", help=kind.help("enable"))
    def enable(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
        with Client.of(url, api_key_file) as client:
            print_endpoint(client.post("notifier", f"{kind.one(id)}/enable"), as_json)

    @app.command("remove", help=kind.help("remove"))
    def remove(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None) -> None:
        with Client.of(url, api_key_file) as client:
            client.ask("DELETE", "notifier", kind.one(id))
