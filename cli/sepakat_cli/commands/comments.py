"""`sepakat incidents comment` and `comments`: what the parties say about an incident."""

import hashlib
import mimetypes
from pathlib import Path
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.incidents import Id
from sepakat_cli.files import why_not
from sepakat_cli.output import AsJson, BadInput, print_json, print_line, print_table

_Attached = Annotated[
    list[str] | None,
    typer.Option(
        "--attach",
        metavar="FILE@URL",
        help="a file that lies at an https address: its name, type, size and SHA-256 are sent, its bytes are not; "
        "may be repeated",
    ),
]


def comment(
    id: Id,
    text: Annotated[str, typer.Argument(help="what there is to say; `-` reads standard input")],
    shared: Annotated[bool, typer.Option("--shared", help="for the other party too, which is told")] = False,
    to_reporters: Annotated[
        bool, typer.Option("--to-reporters", help="for both parties, and for those who reported it")
    ] = False,
    attach: _Attached = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say something about an incident: to your own party alone, where nothing else is asked for.

    **Examples**

      sepakat incidents comment INCIDENT "the vendor is on the phone"

      sepakat incidents comment INCIDENT "see the log" --shared --attach app.log@https://files.example/app.log
    """
    if shared and to_reporters:
        raise BadInput("--to-reporters is for both parties already; leave --shared out")
    body = {
        "body": typer.get_text_stream("stdin").read() if text == "-" else text,
        "visibility": "reporters" if to_reporters else "shared" if shared else "internal",
        "attachments": [attachment(each) for each in attach or ()],
    }
    with Client.of(url, api_key_file) as client:
        said = client.post("incidents", f"/v1/incidents/{segment(id)}/comments", body)
    if as_json:
        print_json(said)
    else:
        print_line(f"{id}: comment {said['number']} ({said['visibility']})")


def comments(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show what was said about an incident, in order.

    **Example**

      sepakat incidents comments INCIDENT --json | jq -r '.items[].body'
    """
    with Client.of(url, api_key_file) as client:
        items = client.get("incidents", f"/v1/incidents/{segment(id)}/comments")["items"]
    if as_json:
        print_json({"items": items})
        return
    rows = (
        (each["number"], each["at"], each["party"], each["by"], each["visibility"], each["body"],
         " ".join(one["url"] for one in each["attachments"]))
        for each in items
    )  # fmt: skip
    columns = ("number", "at", "party", "by", "for", "what", "attached")
    print_table(columns, rows, "nothing has been said yet")


def attachment(given: str, option: str = "--attach") -> dict[str, Any]:
    """What is sent for FILE@URL, as `option` has it. Raises BadInput."""
    name, at, url = given.partition("@https://")
    path = Path(name)
    if not at or not url:
        raise BadInput(f"{option}: {given!r} is not FILE@URL with an https address")
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        raise BadInput(f"{option}: {path}: {why_not(error)}") from error
    media_type = mimetypes.guess_type(path.name, strict=False)[0] or "application/octet-stream"
    return {"name": path.name, "media_type": media_type, "size": size, "sha256": digest, "url": f"https://{url}"}
