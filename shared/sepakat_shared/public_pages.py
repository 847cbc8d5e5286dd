"""Pages for whoever has the link: in the browser's language, without a script, a cookie or anything from elsewhere."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from sepakat_shared.errors import TooLarge

LANGUAGES: Final = ("en", "id")
_LONGEST_BODY: Final = 64 * 1024


def language_of(request: Request, asked: str | None = None) -> str:
    """The language asked for, else the first that the browser would like and that there is, else English."""
    if asked in LANGUAGES:
        return asked
    for part in request.headers.get("accept-language", "").split(","):
        tag = part.partition(";")[0].strip().partition("-")[0].casefold()
        tag = "id" if tag == "in" else tag  # what Indonesian was called before 1989, and still is by some browsers
        if tag in LANGUAGES:
            return tag
    return "en"


def page_headers(nonce: str | None = None) -> Mapping[str, str]:
    """Headers of a page whose style element has that `nonce`; of an answer that shows nothing, without one."""
    style = f"'nonce-{nonce}'" if nonce else "'none'"
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src {style}; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Cache-Control": "no-store",
    }


async def fields_sent(request: Request, most: int, longest: int = _LONGEST_BODY) -> dict[str, str]:
    """The fields of a form, `most` at most, in `longest` bytes; what is no form has none. Raises TooLarge."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > longest:
            raise TooLarge(f"what a page sends may have {longest} bytes at most")
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=most))
    except ValueError:
        return {}
