"""Documents as they are answered over HTTP: as a page, or on paper."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Final, Literal

from fastapi import Query, Response
from fastapi.responses import HTMLResponse

from sepakat_shared.contracts import texts

Language = Literal["en", "id"]
Lang = Annotated[Language | None, Query(description="else the authoritative language of the text")]
Format = Annotated[Literal["html", "pdf"], Query()]
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"


def language_of(text: texts.Agreement, asked: Language | None) -> Language:
    return asked or (text.languages.authoritative if text.languages is not None else "en")


async def answer(render: Callable[[], str | bytes], name: str) -> Response:
    """What `render` makes: a page, or a PDF, whose file has that name, without the ending."""
    # Half a second of typesetting: not on the loop that serves everybody.
    made = await asyncio.to_thread(render)
    if isinstance(made, str):
        return HTMLResponse(made, headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"})
    named = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(made, media_type="application/pdf", headers=named)
