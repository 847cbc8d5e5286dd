"""The document as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from sepakat_document import pdf
from sepakat_document.blocks import Paper


def render(paper: Paper) -> str:
    return _template().render(paper=paper, w=paper.words, qr=Markup(pdf.code_of(paper.hash)))  # noqa: S704 - our own SVG


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sepakat_document"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["part"] = lambda part, name: type(part).__name__ == name
    return environment.get_template("agreement.html.jinja")
