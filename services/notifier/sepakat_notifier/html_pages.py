"""Small pages for whoever follows a link of a message. They need no script, and no cookie says who looks."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from sepakat_notifier.page_words import WORDS
from sepakat_notifier.rendering import filled
from sepakat_shared.errors import SepakatError
from sepakat_shared.public_pages import language_of, page_headers
from sepakat_shared.words import in_lines, is_blank, text_problem


@dataclass(frozen=True)
class Form:
    """What a page asks: `button` posts to `action`, or to the page's own address.

    One of `choices` (its label by its value) is chosen as `field`, the first where nothing else is if that is `preset`;
    some lines may be written there, or as `lines_field` where both are asked (`lines` is their label); those that were
    `written` before, and are to be mended, are there already.
    """

    button: str
    action: str | None = None
    field: str = ""
    legend: str = ""
    choices: Mapping[str, str] | None = None
    lines: str | None = None
    longest: int = 0
    lines_field: str = ""
    written: str = ""
    preset: bool = True


def html_page(
    status: int, language: str, heading: str, paragraphs: Sequence[str], form: Form | None = None
) -> HTMLResponse:
    """A small page; with `form`, one that can be answered."""
    nonce = secrets.token_urlsafe(16)
    shown = {"language": language, "heading": heading, "paragraphs": paragraphs, "nonce": nonce, "form": form}
    return HTMLResponse(filled("page.html", shown), status, page_headers(nonce))


def lines_of(sent: Mapping[str, str], field: str) -> str | None:
    """What was written into a form's lines; None where there is nothing to read."""
    written = in_lines(sent.get(field, "")).strip()
    return None if is_blank(written) else written


def to_mend(written: str | None, most: int, say: Callable[..., str]) -> str | None:
    """What is wrong with those lines, in the words of `say`."""
    if written is None or text_problem(written, most) is None:
        return None
    return say("resolve_long", str(most)) if len(written) > most else say("resolve_hidden")


def refusal(error: SepakatError, request: Request, of: str = "") -> HTMLResponse:
    """Of a link that opens nothing: whose it is is not known, so the browser says in which language.

    `of` says for what it was, where that has words of its own.
    """
    language = language_of(request)
    if error.slug in WORDS:
        heading, means = (
            WORDS[error.slug][language],
            (WORDS.get(f"{of}{error.slug}_means") or WORDS[f"{error.slug}_means"])[language],
        )
        return html_page(error.status, language, heading, [means])
    return html_page(error.status, "en", error.title, [error.detail[:1].upper() + error.detail[1:] + "."])
