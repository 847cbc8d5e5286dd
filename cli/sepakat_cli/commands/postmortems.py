"""`sepakat postmortems`: what happened, why, what will change, and what was promised."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.incidents import Id
from sepakat_cli.files import text_of
from sepakat_cli.output import AsJson, BadInput, explained, print_json, print_table
from sepakat_shared.contracts import structure

postmortems = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Post-incident notes: what happened, why, what will change, and what was promised.",
        "sepakat postmortems follow-ups --status overdue",
    ),
)


class Status(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"


@postmortems.command("show")
def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show the note about an incident, and what became of what was promised.

    **Example**

      sepakat postmortems show INCIDENT
    """
    with Client.of(url, api_key_file) as client:
        note = client.get("incidents", f"/v1/incidents/{segment(id)}/postmortem")
    _print(note, as_json)


@postmortems.command("versions")
def versions(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show every version of the note that was published.

    **Example**

      sepakat postmortems versions INCIDENT --json | jq '.items[-1].why'
    """
    with Client.of(url, api_key_file) as client:
        items = client.get("incidents", f"/v1/incidents/{segment(id)}/postmortem/versions")["items"]
    if as_json:
        print_json({"items": items})
        return
    columns = ("version", "at", "by", "what_happened", "why", "what_will_change")
    print_table(columns, ([each[name] for name in columns] for each in items), "nothing has been published yet")


@postmortems.command("draft")
def draft(
    id: Id,
    file: Annotated[Path, typer.Argument(help="the note in YAML or JSON")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Write the next version of the note down, for your own party alone.

    The file has `what_happened`, `why`, `what_will_change`, and `follow_ups`: each with `text`, `owner`, `due`, and the
    `id` of one that was published before.

    **Example**

      sepakat postmortems draft INCIDENT note.yaml
    """
    note = _read(file)
    path = f"/v1/incidents/{segment(id)}/postmortem"
    with Client.of(url, api_key_file) as client:
        before = client.find("incidents", path)
        headers = {"If-Match": before.headers["etag"]} if before is not None else {}
        after = client.ask("PUT", "incidents", f"{path}/draft", json=note, headers=headers).json()
    _print(after, as_json)


@postmortems.command("publish")
def publish(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Give the other party what is drafted: the first version of the note, or an amended one.

    **Example**

      sepakat postmortems publish INCIDENT
    """
    with Client.of(url, api_key_file) as client:
        after = client.post("incidents", f"/v1/incidents/{segment(id)}/postmortem/publish")
    _print(after, as_json)


@postmortems.command("done")
def done(
    id: Id,
    number: Annotated[str, typer.Argument(help="the follow-up's id, as `sepakat postmortems show` tells it")],
    note: Annotated[str | None, typer.Option(help="how it was done; the other party is told")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say that something promised is done.

    **Example**

      sepakat postmortems done INCIDENT 1 --note "the alert is there since Monday"
    """
    path = f"/v1/incidents/{segment(id)}/postmortem/follow-ups/{segment(number)}/done"
    with Client.of(url, api_key_file) as client:
        after = client.post("incidents", path, {"note": note})
    _print(after, as_json)


@postmortems.command("follow-ups")
def follow_ups(
    status: Annotated[Status | None, typer.Option(help="only these")] = None,
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List what was promised after incidents, by when it is due.

    **Example**

      sepakat postmortems follow-ups --status overdue
    """
    with Client.of(url, api_key_file) as client:
        wanted = status.value if status else None
        items = client.get("incidents", "/v1/follow-ups", status=wanted, agreement=agreement)["items"]
    if as_json:
        print_json({"items": items})
        return
    columns = ("incident", "id", "status", "late", "due_at", "party", "owner", "text")
    print_table(columns, ([each[name] for name in columns] for each in items), "nothing was promised")


def _read(file: Path) -> dict[str, Any]:
    try:
        # Days stay text: what YAML would make of one is no JSON.
        note = yaml.load(text_of(file), yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and mappings alone
    except yaml.YAMLError as error:
        raise BadInput(f"{file} is not readable YAML: {structure.in_words(error)}") from error
    if not isinstance(note, dict):
        raise BadInput(f"{file}: a note is a mapping with what_happened, why, what_will_change and follow_ups")
    return note


def _print(note: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(note)
        return
    plain = ("incident", "author", "status", "version", "published_at", "due_at", "late")
    rows = [(name, note[name]) for name in plain]
    for which in ("content", "draft"):
        of = note.get(which)
        rows += [(f"{which}: {name}", of[name]) for name in ("what_happened", "why", "what_will_change")] if of else []
    print_table(("field", "value"), rows, "")
    if note["follow_ups"]:
        typer.echo()
        columns = ("id", "status", "late", "due_at", "owner", "text", "done_at", "done_note")
        print_table(columns, ([each[name] for name in columns] for each in note["follow_ups"]), "")
