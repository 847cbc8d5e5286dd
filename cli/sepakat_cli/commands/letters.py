"""`sepakat letters`: how mails to the people of a party look and read, and what any of them would look like."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.documents import mapping_of
from sepakat_cli.files import why_not
from sepakat_cli.output import AsJson, BadInput, explained, print_json, print_line, print_table, say

letters = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "How mails to a party's people look and read: name, colour, footers, own wordings.",
        "sepakat letters show toko-maju",
    ),
)
Party = Annotated[str, typer.Argument(help="the party's id")]
LookFile = Annotated[Path, typer.Argument(help="the look in YAML or JSON")]


class Form(StrEnum):
    MAIL = "mail"
    SLACK = "slack"
    TEAMS = "teams"
    TEXT = "text"


def _path(party: str) -> str:
    return f"/v1/brandings/{segment(party)}"


@letters.command("show")
def show(party: Party, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show how letters to the people of a party look and read; what it has not chosen is empty.

    **Example**

      sepakat letters show toko-maju
    """
    with Client.of(url, api_key_file) as client:
        _print(client.get("notifier", _path(party)), as_json)


@letters.command("set")
def set_(
    party: Party, file: LookFile, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Choose how letters to the people of the key's party look and read. What the file does not have is as it was
    before anybody chose.

    It may have `name` (at the head), `colour` (`#rrggbb`, on which white is read), `footer_en`, `footer_id`, and
    `wordings`: a list of `type`, `language`, `subject` and `text`, in which `{{ priority }}` and the like stand for
    what the event says. Each is tried with a sample; what is refused is named with its field. Try it with `preview`.

    **Example**

      sepakat letters set toko-maju look.yaml
    """
    said = mapping_of(file, "name: Toko Maju")
    with Client.of(url, api_key_file) as client:
        etag = client.ask("GET", "notifier", _path(party)).headers["etag"]
        after = client.ask("PUT", "notifier", _path(party), json=said, headers={"If-Match": etag}).json()
    _print(after, as_json)


@letters.command("preview")
def preview(
    type: Annotated[str, typer.Argument(help="the type of an event, as `sepakat.incident.opened.v1`")],
    form: Annotated[Form, typer.Option(help="as a mail, or as it is said in a chat")] = Form.MAIL,
    language: Annotated[str, typer.Option(help="`en` or `id`")] = "en",
    time_zone: Annotated[str, typer.Option(help="by whose clock times are written")] = "Asia/Jakarta",
    look: Annotated[Path | None, typer.Option(help="a look that is not saved; else the key's party's own")] = None,
    html: Annotated[Path | None, typer.Option(help="of a mail, write the HTML to this file")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show the letter about an event that never happened. Nothing is kept or sent.

    For Slack and Teams it prints the JSON that their rooms get.

    **Examples**

      sepakat letters preview sepakat.incident.escalated.v1 --language id --look look.yaml --html letter.html

      sepakat letters preview sepakat.objective.breached.v1 --form slack | jq .blocks
    """
    if html is not None and form is not Form.MAIL:
        raise BadInput("--html: only a mail has HTML; leave --form out")
    body: dict[str, Any] = {"type": type, "language": language, "time_zone": time_zone, "form": form.value}
    if look is not None:
        body["branding"] = mapping_of(look, "name: Toko Maju")
    with Client.of(url, api_key_file) as client:
        shown = client.post("notifier", "/v1/previews", body)
    if html is not None:
        try:
            html.write_text(shown["html"])
        except OSError as error:
            raise BadInput(f"{html} can't be written: {why_not(error)}") from error
        say(f"the HTML is in {html}")
    if as_json or "body" in shown:
        print_json(shown.get("body", shown) if not as_json else shown)
    else:
        print_line(f"{shown['subject']}\n\n{shown['text']}")


def _print(look: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(look)
        return
    rows = [(name, value) for name, value in look.items() if name != "wordings"]
    worded = [(f"{each['type']} ({each['language']})", each["subject"]) for each in look["wordings"]]
    print_table(("field", "value"), [*rows, *worded], "")
