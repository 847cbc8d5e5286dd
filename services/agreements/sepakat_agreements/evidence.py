"""Evidence that an obligation was met, by reference: what it is and where it lies. The bytes are never taken. Pure.

Whoever opens one opens it from the other party's server, so only kinds of files are taken that run nothing when they
are opened: documents, pictures, tables, plain text and archives.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from sepakat_shared.errors import FieldProblem, Invalid

MOST: Final = 10
"""Pieces of evidence for one occurrence."""
_LARGEST: Final = 100 * 1024**3
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


@dataclass(frozen=True)
class Evidence:
    """`size` in bytes, `sha256` in hexadecimal: whoever follows the https `url` can tell whether it is still that."""

    name: str
    media_type: str
    size: int
    sha256: str
    url: str


def check(given: Sequence[Evidence], pointer: str = "/evidence") -> None:
    """Raises Invalid with every field that breaks a rule."""
    problems = [each for i, one in enumerate(given) for each in _problems(one, f"{pointer}/{i}")]
    if len(given) > MOST:
        problems.append(FieldProblem(pointer, f"must be {MOST} at most"))
    if problems:
        raise Invalid.of(problems, named=5)


def _problems(given: Evidence, pointer: str) -> Iterator[FieldProblem]:
    endings = _ENDINGS.get(given.media_type)
    found = {
        "name": _of_name(given.name, endings), "url": _of_url(given.url, endings),
        "media_type": None if endings else f"must be one of {', '.join(sorted(_ENDINGS))}",
        "size": None if 0 <= given.size <= _LARGEST else f"must be 0 to {_LARGEST} bytes",
        "sha256": None if re.fullmatch("[0-9a-f]{64}", given.sha256) else "must be 64 hexadecimal digits in lower case",
    }  # fmt: skip
    for field, rule in found.items():
        if rule is not None:
            yield FieldProblem(f"{pointer}/{field}", rule)


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
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "must be an address"
    if parts.scheme != "https" or not parts.hostname:
        return "must be an https address"
    if parts.username is not None or parts.password is not None:
        return "must not have a name or a password in it"
    _, dot, ending = unquote(parts.path).rpartition("/")[2].rpartition(".")
    fits = not dot or ending.casefold() in (endings or ())
    return None if fits else "must end as the name does, or without an ending"
