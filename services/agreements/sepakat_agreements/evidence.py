"""Evidence that an obligation was met, by reference: what it is and where it lies. The bytes are never taken. Pure.

Whoever opens one opens it from the other party's server, so only kinds of files are taken that run nothing when they
are opened: documents, pictures, tables, plain text and archives.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

from sepakat_shared import references
from sepakat_shared.references import Reference

MOST: Final = 10
"""Pieces of evidence for one occurrence."""
_ENDINGS: Final = {
    "application/gzip": ("gz", "tgz"), "application/json": ("json",), "application/pdf": ("pdf",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",), "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/zip": ("zip",), "image/jpeg": ("jpg", "jpeg"), "image/png": ("png",), "image/tiff": ("tif", "tiff"),
    "image/webp": ("webp",), "message/rfc822": ("eml",), "text/csv": ("csv",), "text/markdown": ("md",),
    "text/plain": ("txt", "log"),
}  # fmt: skip
"""Media types with the endings that files of them have."""


def check(given: Sequence[Reference], pointer: str = "/evidence") -> None:
    """Raises Invalid with every field that breaks a rule."""
    references.check(given, pointer, MOST, _rules)


def _rules(given: Reference) -> dict[str, str | None]:
    endings = _ENDINGS.get(given.media_type)
    return {
        "name": _of_name(given.name, endings), "url": _of_url(given.url, endings),
        "media_type": None if endings else f"must be one of {', '.join(sorted(_ENDINGS))}", **references.numbers(given),
    }  # fmt: skip


def _of_name(name: str, endings: Sequence[str] | None) -> str | None:
    if not 0 < len(name.strip()) <= len(name) <= 200:
        return "must have 1 to 200 characters"
    if any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in name):
        return "must have no invisible characters"
    if re.search(r"[/\\:]", name):
        return "must be a file's name, without a path"
    ending = name.rpartition(".")[2].casefold()
    return f"must end in .{' or .'.join(endings)}" if endings and ending not in endings else None


def _of_url(url: str, endings: Sequence[str] | None) -> str | None:
    if len(url) > 2000 or not url.isascii() or not url.isprintable() or " " in url:
        return "must be an address as it is sent, of 2000 characters at most: other characters are percent-encoded"
    if problem := references.url_problem(url):
        return problem
    _, dot, ending = unquote(urlsplit(url).path).rpartition("/")[2].rpartition(".")
    fits = not dot or ending.casefold() in (endings or ())
    return None if fits else "must end as the name does, or without an ending"
