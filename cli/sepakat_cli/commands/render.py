"""`sepakat render`: an agreement as the document that people read and sign, without any server."""

import importlib
from pathlib import Path
from typing import Annotated, Literal

import typer

from sepakat_cli.commands.apply import read_documents
from sepakat_cli.files import require, why_not
from sepakat_cli.output import BadInput, say
from sepakat_shared.contracts.texts import Agreement


def render(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="one Agreement, with its Parties and Indicators if you have them"),
    ],
    lang: Annotated[
        Literal["en", "id"] | None, typer.Option(help="English or Indonesian; else the authoritative one of the text")
    ] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="OUT", help="write PDF (PDF/A-2a, PDF/UA-1) to this file")] = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="write one HTML page to this file")] = None,
) -> None:
    """Write an agreement out as a document, with names where the parties are in the files, and ids elsewhere.

    **Example**

      sepakat render parties.yaml agreement.yaml --lang id --pdf perjanjian.pdf --html perjanjian.html
    """
    if pdf is None and html is None:
        raise BadInput("say where to write: --pdf OUT, --html OUT, or both")
    require(files)
    documents = [document for file in files for document in read_documents(file)]
    agreements = [each for each in documents if isinstance(each, Agreement)]
    if len(agreements) != 1:
        raise BadInput(f"there must be exactly one document of kind Agreement; there are {len(agreements)}")
    text = agreements[0]
    # The typesetter is 80 MB of code: no other command waits for it.
    compose, to_pdf, to_html = (
        importlib.import_module(f"sepakat_document.{name}") for name in ("compose", "pdf", "html")
    )
    language = lang or (text.languages.authoritative if text.languages is not None else "en")
    paper = compose.compose(compose.source_of(text, language, documents))
    try:
        if pdf is not None:
            pdf.write_bytes(to_pdf.render(paper))
            say(f"{pdf}: text {paper.hash}")
        if html is not None:
            html.write_text(to_html.render(paper), encoding="utf-8")
            say(f"{html}: text {paper.hash}")
    except OSError as error:
        raise BadInput(f"{error.filename} can't be written: {why_not(error)}") from error
