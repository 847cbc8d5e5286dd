"""Attachments by reference: what something is and where it lies. The bytes are never taken, and never fetched. Pure.

Who opens one opens it from the other party's server, so what runs when it is opened is refused: by its media type, and
by the ending of its name and of its address, as the systems that people use would read them.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
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
    "accde", "action", "ade", "adp", "apk", "app", "appimage", "appinstaller", "applescript", "application",
    "appref-ms", "appx", "appxbundle", "bas", "bash", "bat", "bin", "cdxml", "chm", "cmd", "com", "command", "cpl",
    "crx", "csh", "deb", "deskthemepack", "desktop", "diagcab", "dll", "dmg", "docm", "dotm", "ear", "elf", "exe",
    "fileloc", "fish", "gadget", "grp", "hlp", "hta", "htm", "html", "img", "inetloc", "inf", "ins", "iqy", "iso",
    "jar", "jnlp", "job", "js", "jse", "jsp", "ksh", "library-ms", "lnk", "mde", "mht", "mhtml", "mjs", "msc", "msh1",
    "msi", "msix", "msixbundle", "msp", "mst", "nupkg", "one", "onepkg", "onetoc2", "oqy", "osd", "php", "pif", "pkg",
    "pl", "potm", "ppam", "ppsm", "pptm", "prg", "ps1", "ps1xml", "ps2", "psc1", "psd1", "psm1", "py", "pyc", "pyw",
    "rb", "rdp", "reg", "rpm", "run", "scf", "scpt", "scr", "sct", "search-ms", "searchconnector-ms",
    "settingcontent-ms", "sh", "shb", "shtml", "sldm", "slk", "so", "svg", "svgz", "swf", "terminal", "theme",
    "themepack", "udl", "url", "vb", "vbe", "vbs", "vhd", "vhdx", "vsix", "vsmacros", "war", "wasm", "webloc",
    "website", "wll", "workflow", "ws", "wsc", "wsf", "wsh", "xbap", "xht", "xhtml", "xla", "xlam", "xll", "xlsm",
    "xltm", "xnk", "xpi", "zsh",
})  # fmt: skip
"""Endings of what is a program, a script, or a document, a shortcut or an image of a disk that brings one along."""
_HOSTS: Final = frozenset({"com", "app"})
"""Those of them that names of hosts end with, as often in the middle of an address as programs."""
_BETWEEN: Final = re.compile(r"""[\x00-\x20/\\;,=&?#:"'()<>|]+""")
_AUTHORITY: Final = re.compile(r"[a-z][a-z0-9+.-]*:/{1,2}[^/?#]*", re.IGNORECASE)
"""Of an address within an address: whose it is is no file's name."""
_RUNNING: Final = frozenset({
    "application/appinstaller", "application/msix", "application/onenote", "application/vnd.appimage",
    "application/vnd.ms-htmlhelp", "application/x-cd-image", "application/x-desktop", "application/x-hta",
    "application/x-iso9660-image", "application/x-java-jnlp-file", "application/x-mswinurl",
    "application/x-ms-application", "application/x-ms-xbap", "application/x-raw-disk-image", "application/x-vhd",
    "application/x-virtualbox-vhd",
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
    return next((problem for piece in _pieces(url) if (problem := _of_ending(piece))), None)


def _pieces(url: str) -> Iterator[str]:
    """Whatever of an address may be the name of what a server gives, or of the file that a browser makes of it."""
    parts = urlsplit(url)
    *inner, last = _names(parts.path) or [""]
    yield from (each for each in inner if each.rpartition(".")[2].casefold() not in _HOSTS)
    yield last
    for said in (*parts.query.split("&"), parts.fragment):
        yield from (each for each in _names(said) if "@" not in each)


def _names(part: str) -> list[str]:
    plain, before = unquote(part), part
    while plain != before:
        plain, before = unquote(plain), plain
    return [each for each in _BETWEEN.split(_AUTHORITY.sub(" ", plain)) if each.strip(". ")]
