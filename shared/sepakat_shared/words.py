"""What people may write: the rules that keep one line one line, and what is shown what was written.

Of requests, `Said` is the type of every field for a person's words. What a machine says is `cleaned` instead: nobody is
there who could mend it.

Letters of every script are welcome, those that are written from right to left too. What is refused are characters that
cannot be seen and change what others see: line ends where a line is asked for, control characters, and the ones that
turn the letters of the text around them (Unicode UAX #9), by which `gpj.exe` is read as `exe.jpg`.
"""

import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_NEEDED: Final = "\u200c\u200d\u200e\u200f\u061c"
"""Zero width: the joiners that Persian and the languages of India are written with, and the marks that say to which
side of a text from right to left a full stop or a number belongs. These turn no letters.
"""
_TEXT: Final = "\n\t"
_SEEMING_BLANK: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols by their category, of which nothing is seen."""
_EMPTY: Final = "must not be empty"


@dataclass(frozen=True)
class Said:
    """Of a field that has a person's words, `most` characters of them: `Annotated[str, Said(4000)]`.

    Where not `lines`, it is one line. What is not `needed` may be empty; what is must have something to read.
    """

    most: int
    lines: bool = True
    needed: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._taken, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        least = {"minLength": 1} if self.needed else {}
        return {**handler(schema), "maxLength": self.most, **least}

    def _taken(self, text: str) -> str:
        said = in_lines(text) if self.lines else text
        problem = text_problem(said, self.most) if self.lines else _problem(said, self.most, "")
        if problem is None and self.needed and is_blank(said):
            problem = _EMPTY
        if problem is not None:
            raise PydanticCustomError("words", "{problem}", {"problem": problem})
        return said


Words = Annotated[str, Said(4000)]
"""A note, a reason, a statement."""


def is_blank(text: str) -> bool:
    """Whether there is nothing to read in it: blanks, line ends, and marks without a letter."""
    return all(each in _SEEMING_BLANK or unicodedata.category(each)[0] in "ZCM" for each in text)


def line_problem(text: str, most: int) -> str | None:
    """Why `text` is no line of `most` characters at most; None for one that is."""
    if is_blank(text):
        return _EMPTY
    return _problem(text, most, "")


def text_problem(text: str, most: int) -> str | None:
    """The same for a text that may have several lines, and may be empty."""
    return _problem(text, most, _TEXT)


def _problem(text: str, most: int, also: str) -> str | None:
    if len(text) > most:
        return f"must have {most} characters at most"
    hidden = next((each for each in text if _is_hidden(each, also)), None)
    return None if hidden is None else f"must not have the invisible character U+{ord(hidden):04X}"


def _is_hidden(letter: str, also: str) -> bool:
    if letter in also or letter in _NEEDED:
        return False
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def in_lines(text: str) -> str:
    """`text` with the line ends that a web form or another system writes made plain ones."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cleaned(text: str, most: int, *, lines: bool = False) -> str:
    """What a machine says, as one line where not `lines`: blanks where it has invisible characters, and an ellipsis
    where it is cut.
    """
    # A little of it is enough: what is left out of a long text is not looked at.
    also = _TEXT if lines else ""
    seen = "".join(" " if _is_hidden(each, also) else each for each in in_lines(text[: 10 * most]))
    said = seen.strip() if lines else " ".join(seen.split())
    return said if len(said) <= most else f"{said[: most - 1].rstrip()}…"
