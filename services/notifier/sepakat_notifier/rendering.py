"""Templates, filled in. One about an event holds a subject and a text in every language, each its own block."""

from collections.abc import Mapping
from typing import Any

from jinja2 import PackageLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sepakat_notifier.words import Words

_templates = ImmutableSandboxedEnvironment(
    loader=PackageLoader("sepakat_notifier"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    autoescape=select_autoescape(["html"]),
)  # fmt: skip


def filled(file: str, shown: Mapping[str, Any]) -> str:
    """A whole template: the frame of a mail, or a page."""
    return _templates.get_template(file).render(shown)


def has_template(type: str) -> bool:
    """Whether there is something to say about such an event."""
    return _file_of(type) in _templates.list_templates(["jinja"])


def rendered(type: str, words: Words, context: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The subject and the paragraphs about such an event, as its template has them in the reader's language."""
    template = _templates.get_template(_file_of(type))
    parts = {
        part: "".join(template.blocks[f"{words.language}_{part}"](template.new_context(dict(context)))).strip()
        for part in ("subject", "text")
    }
    paragraphs = [" ".join(each.split()) for each in parts["text"].split("\n\n") if each.strip()]
    # A line end in a header would begin another one.
    return " ".join(parts["subject"].split()), paragraphs


def _file_of(type: str) -> str:
    """`sepakat.incident.opened.v1` is told by `incident_opened.jinja`."""
    return ".".join(type.split(".")[1:-1]).replace(".", "_") + ".jinja"
