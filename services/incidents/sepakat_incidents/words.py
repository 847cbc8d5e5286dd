"""What people may write: the rules that keep one line one line, and what is shown what was written. Pure.

Letters of every script are welcome, those that are written from right to left too. What is refused are characters that
cannot be seen and change what others see: line ends where a line is asked for, control characters, and the ones that
turn the direction of the text around them (Unicode UAX #9), by which `gpj.exe` is read as `exe.jpg`.
"""

import unicodedata
from typing import Final

_JOINERS: Final = "\u200c\u200d"
"""Zero width, and needed to write Persian and the languages of India."""
_TEXT: Final = "\n\t"


def line_problem(text: str, most: int) -> str | None:
    """Why `text` is no line of `most` characters at most; None for one that is."""
    if not text.strip():
        return "must not be empty"
    return _problem(text, most, "")


def text_problem(text: str, most: int) -> str | None:
    """The same for a text that may have several lines, and may be empty."""
    return _problem(text, most, _TEXT)


def _problem(text: str, most: int, also: str) -> str | None:
    if len(text) > most:
        return f"must have {most} characters at most"
    for each in text:
        if each in also or each in _JOINERS:
            continue
        if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            return f"must not have the invisible character U+{ord(each):04X}"
    return None


def in_lines(text: str) -> str:
    """`text` with the line ends that a web form or another system writes made plain ones."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
