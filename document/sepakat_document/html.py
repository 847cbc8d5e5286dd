"""The document as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

import re
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from sepakat_document import pdf
from sepakat_document.blocks import Paper

_LONG: Final = re.compile("([!-~]{32,})")
_PART: Final = 8


def render(paper: Paper) -> str:
    return _template().render(paper=paper, w=paper.words, qr=Markup(pdf.code_of(paper.hash)))  # noqa: S704 - our own SVG


def _breaking(text: str) -> Markup:
    """An address or an id may be longer than its column: such a word may end a line. What is copied stays as it was."""
    parts = _LONG.split(text)
    return Markup("").join(_parts(each) if i % 2 else escape(each) for i, each in enumerate(parts))


def _parts(word: str) -> Markup:
    return Markup("<wbr>").join(word[i : i + _PART] for i in range(0, len(word), _PART))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sepakat_document"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breaking"] = _breaking
    environment.tests["part"] = lambda part, name: type(part).__name__ == name
    return environment.get_template("agreement.html.jinja")
