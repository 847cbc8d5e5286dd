"""Documents as they are answered over HTTP: as a page, or on paper."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Final, Literal

from fastapi import Query, Response
from fastapi.responses import HTMLResponse

from sepakat_document import html, pdf
from sepakat_document.blocks import Paper
from sepakat_document.speech import Language
from sepakat_shared.contracts import texts

Lang = Annotated[Language | None, Query(description="else the authoritative language of the text")]
Format = Annotated[Literal["html", "pdf"], Query()]
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"


def language_of(text: texts.Agreement, asked: Language | None) -> Language:
    return asked or (text.languages.authoritative if text.languages is not None else "en")


async def answer(compose: Callable[[], Paper], format: str, name: str) -> Response:
    """The document that `compose` makes, as `format`; on paper its file has that name, without the ending."""
    # Half a second of typesetting: not on the loop that serves everybody.
    if format == "html":
        page = await asyncio.to_thread(lambda: html.render(compose()))
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"})
    paper = await asyncio.to_thread(lambda: pdf.render(compose()))
    named = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(paper, media_type="application/pdf", headers=named)
