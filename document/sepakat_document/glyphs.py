"""Which characters the fonts of documents have a sign for: PDF/A and PDF/UA refuse a document with any other.

People write in every script, and a document is refused to nobody because of one letter. Asking is cheap: Typst draws
each character by itself, and those that look like one which can never have a sign have none.
"""

import json
import re
import unicodedata
from functools import cache
from typing import Any, Final

import typst

INSTEAD: Final = "\ufffd"
_NEVER: Final = "\ufdd0"
"""A noncharacter."""
_SIGN: Final = re.compile(rb"href=\"#(g\w+)\"")
_EACH: Final = b"""
#set text(font: "Libertinus Serif", hyphenate: false)
#for one in json(bytes(sys.inputs.each)) { page(width: 40pt, height: 20pt, margin: 0pt, fill: none, one) }
"""
_seen: dict[str, bool] = {}
_MOST: Final = 20_000
"""Characters that are remembered: there are more than a hundred thousand."""


def shown(text: str) -> str:
    """`text` with another sign in the place of each character that has none."""
    missing = {each for each in set(text) if not _has_sign(each, text)}
    return text.translate(dict.fromkeys(map(ord, missing), INSTEAD)) if missing else text


def _has_sign(character: str, text: str) -> bool:
    if character < "\u0250":
        return character >= " " or character in "\t\n"
    if unicodedata.category(character) in ("Cs", "Co"):
        return False  # no text, and what has no meaning but by agreement
    if character not in _seen:
        _ask(text)
    return _seen[character]


def _ask(text: str) -> None:
    """Of all of a text at once: starting Typst costs more than a character."""
    if len(_seen) > _MOST:
        _seen.clear()
    asked = sorted({each for each in text if each >= "\u0250" and unicodedata.category(each) not in ("Cs", "Co")})
    pages: Any = typst.compile(
        _EACH,
        font_paths=_fonts(),
        sys_inputs={"each": json.dumps([_NEVER, *asked], ensure_ascii=False)},
        format="svg",
    )
    never, *drawn = [_SIGN.findall(page) for page in pages]
    _seen.update({character: not set(never) & set(signs) for character, signs in zip(asked, drawn, strict=True)})


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)
