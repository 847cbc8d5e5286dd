"""`sepakat incidents document`: an incident as people read it, in a file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.incidents import Id
from sepakat_cli.commands.reviews import Language, form_of
from sepakat_cli.output import BadInput, say

OutputFile = Annotated[
    Path | None, typer.Option("-o", "--output", help="the file, .pdf or .html; else the incident’s id")
]
Form = Annotated[Literal["pdf", "html"] | None, typer.Option("--format", help="else what the file’s name says, or pdf")]
Shared = Annotated[
    bool, typer.Option("--shared", help="without what is internal to your party: to hand on to the other one")
]


def document(
    id: Id,
    output: OutputFile = None,
    lang: Language = None,
    form: Form = None,
    shared: Shared = False,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
) -> None:
    """Write an incident to a file, as people read it: a picture of its course, its times, who was told, all in order.

    It has what your key may see, also the internal comments of your own party; with --shared it has none of these.

    **Examples**

      sepakat incidents document toko-checkout.checkout.0002 -o incident.pdf --lang id

      sepakat incidents document toko-checkout.checkout.0002 --format html --shared
    """
    form, file = _form(output, form), output
    if file is None:
        file = Path(f"{segment(id)}.{form}")
    params = {"format": form} | ({"lang": lang} if lang else {}) | ({"shared": "true"} if shared else {})
    with Client.of(url, api_key_file) as client:
        answer = client.ask("GET", "incidents", f"/v1/incidents/{segment(id)}/document", params=params)
    file.write_bytes(answer.content)
    say(f"{file}: {len(answer.content)} bytes")


def _form(output: Path | None, form: Literal["pdf", "html"] | None) -> Literal["pdf", "html"]:
    """Raises BadInput where the file's name says another one."""
    if output is None:
        return form or "pdf"
    named = form_of(output)
    if form not in (None, named):
        raise BadInput(f"{output}: --format {form} needs a file that ends in .{form}")
    return "html" if named == "html" else "pdf"
