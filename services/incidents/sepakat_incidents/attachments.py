"""Attachments by reference: what something is and where it lies. The bytes are never taken, and never fetched. Pure.

Who opens one opens it from the other party's server, so what runs when it is opened is refused: by its media type, and
by the ending of its name and of its address, as the systems that people use would read them.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

from sepakat_shared import references
from sepakat_shared.references import Reference
from sepakat_shared.words import line_problem

MOST = 20
"""Attachments that one comment, or one note, may have."""
_TOKEN = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"  # noqa: S105 - a part of a media type (RFC 6838), no secret
_MEDIA_TYPE: Final = re.compile(rf"{_TOKEN}/{_TOKEN}")
_RUNS: Final = frozenset({
    "apk", "app", "appimage", "applescript", "bash", "bat", "bin", "cmd", "com", "cpl", "csh", "deb", "dll", "dmg",
    "docm", "dotm", "ear", "elf", "exe", "fish", "gadget", "hta", "htm", "html", "img", "inf", "ins", "iso", "jar",
    "js", "jse", "jsp", "ksh", "lnk", "mjs", "msc", "msi", "msp", "mst", "php", "pif", "pkg", "pl", "pptm", "ps1",
    "ps1xml", "ps2", "psc1", "psd1", "psm1", "py", "pyc", "pyw", "rb", "reg", "rpm", "run", "scf", "scpt", "scr",
    "sct", "sh", "shb", "shtml", "so", "svg", "svgz", "swf", "url", "vb", "vbe", "vbs", "war", "wasm", "wsc",
    "wsf", "wsh", "xht", "xhtml", "xll", "xlsm", "xltm", "zsh",
})  # fmt: skip
"""Endings of what is a program, a script, or a document that brings one along."""
_RUNNING: Final = frozenset({
    "application/bat", "application/ecmascript", "application/hta", "application/java-archive",
    "application/javascript", "application/vnd.android.package-archive",
    "application/vnd.microsoft.portable-executable", "application/wasm", "application/x-apple-diskimage",
    "application/x-bat", "application/x-csh", "application/x-debian-package", "application/x-dosexec",
    "application/x-elf", "application/x-executable", "application/x-httpd-php", "application/x-javascript",
    "application/x-mach-binary", "application/x-ms-installer", "application/x-ms-shortcut",
    "application/x-msdos-program", "application/x-msdownload", "application/x-msi", "application/x-perl",
    "application/x-php", "application/x-pie-executable", "application/x-powershell", "application/x-python",
    "application/x-python-code", "application/x-redhat-package-manager", "application/x-rpm", "application/x-ruby",
    "application/x-sh", "application/x-sharedlib", "application/x-shellscript", "application/x-shockwave-flash",
    "application/xhtml+xml", "image/svg+xml", "text/ecmascript", "text/html", "text/javascript", "text/jscript",
    "text/vbscript", "text/x-perl", "text/x-php", "text/x-python", "text/x-ruby", "text/x-script", "text/x-sh",
    "text/x-shellscript",
})  # fmt: skip


def check(attachments: Sequence[Reference], pointer: str = "/attachments") -> None:
    """Raises Invalid with every field that breaks a rule."""
    references.check(attachments, pointer, MOST, _rules)


def _rules(attachment: Reference) -> dict[str, str | None]:
    return {
        "name": _of_name(attachment.name), "media_type": _of_media_type(attachment.media_type),
        **references.numbers(attachment), "url": _of_url(attachment.url),
    }  # fmt: skip


def _of_name(name: str) -> str | None:
    if problem := line_problem(name, 200):
        return problem
    if re.search(r"[/\\:]", name):
        return "must be a file's name, without a path"
    return _of_ending(name)


def _of_ending(name: str) -> str | None:
    # Windows drops dots and blanks at the end, and full-width letters are read as the plain ones.
    plain = unicodedata.normalize("NFKC", name).rstrip(". ").casefold()
    ending = plain.rpartition(".")[2] if "." in plain else ""
    return f"must not be a script or a program (.{ending})" if ending in _RUNS else None


def _of_media_type(media_type: str) -> str | None:
    if not _MEDIA_TYPE.fullmatch(media_type):
        return "must be a media type in lower case, without parameters, such as image/png"
    return f"must not be a script or a program ({media_type})" if media_type in _RUNNING else None


def _of_url(url: str) -> str | None:
    if problem := line_problem(url, 2000):
        return problem
    if not url.isascii() or " " in url:
        return "must be an address as it is sent: other characters are percent-encoded"
    if problem := references.url_problem(url):
        return problem
    return _of_ending(unquote(urlsplit(url).path).rpartition("/")[2])
