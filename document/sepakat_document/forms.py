"""A paper in the form that its reader asks for."""

from typing import Literal

from sepakat_document import html, pdf
from sepakat_document.blocks import Paper


def rendered(paper: Paper, form: Literal["html", "pdf"]) -> str | bytes:
    """A page as text, or a PDF."""
    return html.render(paper) if form == "html" else pdf.render(paper)
