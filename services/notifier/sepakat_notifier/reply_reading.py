"""What a mail says: its words, what it quotes, what it answers, and whether a person wrote it. Pure.

A mail is read as it is, and what cannot be read is refused with the code that SMTP has for it (RFC 5321, RFC 3463).
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from html.parser import HTMLParser
from typing import Final, Literal

from sepakat_notifier.reply_bounds import Bounded, Refused
from sepakat_notifier.reply_words import MARKERS

LONGEST: Final = 10_000
"""Characters of a reply, as of any other comment."""
_MOST_QUOTED: Final = 20_000
_MOST_PARTS: Final = 100
_IDS = re.compile(r"<([^<>\s]{1,250})>")
_MOST_IDS: Final = 50
_LONGEST_FROM: Final = 2_000
"""The time that it takes to read addresses grows faster than they do."""


@dataclass(frozen=True)
class Head:
    """`answers` are the ids of the mails that it refers to, the nearest first."""

    id: str
    sender: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """`left_out` counts its other parts."""

    body: str
    quoted: str | None
    left_out: int


Automatic = Literal["automatic"]
_UNREADABLE = (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError)


def head(content: bytes) -> Head | Automatic:
    """Raises Refused. What no person wrote is `automatic`: nothing may answer it, not even a refusal (RFC 3834)."""
    try:
        mail = BytesHeaderParser(policy=Bounded.once()).parsebytes(content)
        if _is_automatic(mail):
            return "automatic"
        if sum(len(value) for name, value in mail.raw_items() if name.lower() == "from") > _LONGEST_FROM:
            raise Refused("550 5.7.1", f"From may have {_LONGEST_FROM} characters at most")
        senders = [address for _, address in getaddresses([str(each) for each in mail.get_all("From", [])])]
        answers = tuple(_answered(mail))
    except _UNREADABLE as error:
        raise Refused("554 5.6.0", "this mail cannot be read") from error
    if len(senders) != 1 or "@" not in senders[0]:
        raise Refused("550 5.7.1", "a reply is from one address, which From names")
    return Head(_id(mail) or hashlib.sha256(content).hexdigest(), senders[0], answers)


def read(content: bytes) -> Read:
    """What it says. Raises Refused."""
    try:
        text, left_out = _text(message_from_bytes(content, policy=Bounded.once()))
    except _UNREADABLE as error:
        raise Refused("554 5.6.0", "this mail cannot be read") from error
    body, quoted = split(text)
    if not body.strip():
        raise Refused("554 5.6.0", "there is no text in it beside what it quotes")
    if len(body) > LONGEST:
        raise Refused("552 5.3.4", f"a reply may have {LONGEST} characters at most, beside what it quotes")
    return Read(body, quoted, left_out)


def _is_automatic(mail: EmailMessage) -> bool:
    def says(name: str) -> str:
        return str(mail.get(name, "")).partition(";")[0].strip().lower()

    return (
        says("Auto-Submitted") not in ("", "no")
        or says("Precedence") in ("bulk", "junk", "list", "auto_reply")
        or any(name in mail for name in ("List-Id", "X-Autoreply", "X-Autorespond", "X-Sepakat-Trace"))
        or mail.get_content_type() in ("multipart/report", "message/delivery-status")
    )


def _id(mail: EmailMessage) -> str:
    """Empty where it says none that can be read."""
    try:
        return next(iter(_IDS.findall(str(mail.get("Message-ID", "")))), "")
    except _UNREADABLE:
        return ""


def _answered(mail: EmailMessage) -> Iterator[str]:
    seen = [*_IDS.findall(str(mail.get("In-Reply-To", ""))), *reversed(_IDS.findall(str(mail.get("References", ""))))]
    yield from list(dict.fromkeys(seen))[:_MOST_IDS]


# -- its words ---------------------------------------------------------------------------------------------------------


def _text(mail: EmailMessage) -> tuple[str, int]:
    """The text of a mail, and how many other parts it has. Raises Refused where there is none."""
    parts = [each for each in mail.walk() if not each.is_multipart()]
    if len(parts) > _MOST_PARTS:
        raise Refused("554 5.6.0", f"a mail may have {_MOST_PARTS} parts at most")
    chosen = mail.get_body(("plain", "html"))
    if chosen is None:
        raise Refused("554 5.6.1", "a reply is text, plain or in HTML")
    content = chosen.get_content()
    if not isinstance(content, str):
        raise Refused("554 5.6.1", "a reply is text, plain or in HTML")
    text = _plain(content) if chosen.get_content_subtype() == "html" else content
    alternatives = sum(1 for each in parts if each is not chosen and _is_same_text(each))
    return _lines(text), len(parts) - 1 - alternatives


def _is_same_text(part: EmailMessage) -> bool:
    """Of the two kinds of one text that mail programs send, the one that is not read is nothing left out."""
    return part.get_content_type() in ("text/plain", "text/html") and not part.is_attachment()


_UNSEEN: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
_KEPT: Final = "\n\t\u200c\u200d"
"""Ends of lines, and joiners of letters, which some languages need."""


def _lines(text: str) -> str:
    """With ends of lines as they are kept, and without characters that no reader sees."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return "".join(each for each in text if each in _KEPT or unicodedata.category(each) not in _UNSEEN).strip("\n")


class _Plain(HTMLParser):
    """The words of an HTML mail; a quotation is marked as in plain text."""

    _BLOCKS: Final = frozenset({"p", "div", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol", "hr"})
    _UNSEEN: Final = frozenset({"style", "script", "head", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines = [""]
        self._depth = 0
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._UNSEEN:
            self._unseen += 1
        elif tag == "blockquote":
            self._break()
            self._depth += 1
        elif tag == "br":
            self.lines.append("")
        elif tag in self._BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "blockquote":
            self._break()
            self._depth = max(0, self._depth - 1)
        elif tag in self._BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if self._unseen or not words:
            return
        if not self.lines[-1] and self._depth:
            self.lines[-1] = ">" * min(self._depth, 5) + " "
        blank = " " if self.lines[-1] and not self.lines[-1].endswith(" ") and data[:1].isspace() else ""
        self.lines[-1] += blank + words + (" " if data[-1:].isspace() else "")

    def _break(self) -> None:
        if self.lines[-1]:
            self.lines.append("")


def _plain(page: str) -> str:
    parser = _Plain()
    parser.feed(page)
    parser.close()
    return "\n".join(each.rstrip() for each in parser.lines)


# -- what it quotes ----------------------------------------------------------------------------------------------------

_ATTRIBUTIONS: Final = ("On ", "Pada ", "Le ", "Am ", "Op ", "El ")
"""How the line above a quotation begins, which says when who wrote; mail programs break it into up to three."""
_HEADER = re.compile(r"^\W*[\w][\w -]{1,20}:\W?\s+\S")
_LONGEST_RULE: Final = 200
_MOST_IN_RULE: Final = 60


def split(text: str) -> tuple[str, str | None]:
    """What somebody wrote, and what follows of earlier mails: from our own marker on, else what is quoted at the end.

    What is answered between quoted lines stays as it is. Nothing is thrown away: what is taken for a quotation is kept
    beside the words.
    """
    lines = text.split("\n")
    begin = next((n for n, line in enumerate(lines) if any(each in line for each in MARKERS)), None)
    if begin is None:
        begin = len(lines)
        while begin > 0 and (not lines[begin - 1].strip() or lines[begin - 1].lstrip().startswith(">")):
            begin -= 1
        if not any(line.strip() for line in lines[begin:]):
            return text.strip(), None
    elif lines[begin].lstrip().startswith(">") and not any(line.strip() for line in lines[: _before(lines, begin)]):
        # It was answered below, or between the lines: then the words only make sense with what they answer.
        return (text.strip(), None) if _goes_on(lines[begin:]) else ("", text.strip())
    begin = _before(lines, begin)
    quoted = "\n".join(lines[begin:]).strip()
    return "\n".join(lines[:begin]).strip(), quoted[:_MOST_QUOTED] or None


def _goes_on(lines: list[str]) -> bool:
    """Whether something follows that is not quoted."""
    return any(line.strip() and not line.lstrip().startswith(">") for line in lines)


def _before(lines: list[str], begin: int) -> int:
    """Where what mail programs write above a quotation begins: "On … wrote:", or the headers of the mail."""
    while begin > 0 and (not lines[begin - 1].strip() or lines[begin - 1].lstrip().startswith(">")):
        begin -= 1
    if begin > 0 and lines[begin - 1].rstrip().endswith(":"):
        for length in (1, 2, 3):
            if begin >= length and lines[begin - length].strip().startswith(_ATTRIBUTIONS):
                return _trimmed(lines, begin - length)
        if "@" in lines[begin - 1]:
            return _trimmed(lines, begin - 1)
    headers = begin
    while headers > 0 and _HEADER.match(lines[headers - 1]):
        headers -= 1
    if begin - headers >= 3:
        begin = headers
        while begin > 0 and (not lines[begin - 1].strip() or _is_rule(lines[begin - 1])):
            begin -= 1
    return _trimmed(lines, begin)


def _trimmed(lines: list[str], begin: int) -> int:
    while begin > 0 and (not lines[begin - 1].strip() or _is_rule(lines[begin - 1])):
        begin -= 1
    return begin


def _is_rule(line: str) -> bool:
    """A line of underscores, or of dashes with some words between; a pattern could try a long line for hours."""
    line = line.strip()
    if not 4 <= len(line) <= _LONGEST_RULE:
        return False
    dashed = line.startswith("--") and line.endswith("--") and len(line.strip("-")) <= _MOST_IN_RULE
    return dashed or (len(line) > 4 and not line.strip("_"))
