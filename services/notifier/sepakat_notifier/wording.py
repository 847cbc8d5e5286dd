"""What a party says instead of us to its own people: a subject and a text for one kind of event. Pure.

It is a template of Jinja in a sandbox, of which little is allowed: words, the values that the event has, and `if`. So
it can neither call anything nor run for long, and it is tried with a sample before it is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sepakat_notifier.gists import Gist

_ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.Const, nodes.Compare, nodes.Operand,
    nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip
_LONGEST_SUBJECT, _LONGEST_TEXT = 200, 4_000
_UNSAYABLE = (TypeError, ValueError, RecursionError, SyntaxError, MemoryError)
"""What Python makes of a text compared with a number, a number of thousands of digits, or hundreds of brackets."""
_sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
_sandbox.globals.clear()


@dataclass(frozen=True)
class Wording:
    """`{{ title }}`, `{{ service }}`, `{{ subject }}`, `{{ text }}` (ours) and others stand for the event's values."""

    type: str
    language: Literal["en", "id"]
    subject: str
    text: str


class Refused(ValueError):
    """`field` is `subject` or `text`; the message says which rule is broken."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field


def check(wording: Wording, sample: Gist) -> None:
    """Raises Refused where it cannot be said of such an event."""
    for field, source in (("subject", wording.subject), ("text", wording.text)):
        try:
            said = _rendered(source, values_of(sample))
        except TemplateError as error:
            known = ", ".join(values_of(sample))
            raise Refused(field, f"{error.message or error}; there are {known}") from error
        if not said.strip():
            raise Refused(field, "must say something of such an event")
    if len(worded(sample, wording).subject) > _LONGEST_SUBJECT:
        raise Refused("subject", f"must come to {_LONGEST_SUBJECT} characters at most")


def worded(gist: Gist, wording: Wording) -> Gist:
    """The event in the party's words. Raises TemplateError where a value that it names is not there this time."""
    values = values_of(gist)
    text = _rendered(wording.text, values)[:_LONGEST_TEXT]
    paragraphs = [" ".join(each.split()) for each in text.split("\n\n") if each.strip()]
    # A line end in a header would begin another one.
    return replace(gist, subject=" ".join(_rendered(wording.subject, values).split()), paragraphs=paragraphs)


def values_of(gist: Gist) -> Mapping[str, str]:
    """What a template may name: text, and nothing that could be called."""
    return {
        **gist.named, "service": gist.service, "agreement": gist.agreement, "subject": gist.subject,
        "text": "\n\n".join(gist.paragraphs),
    }  # fmt: skip


def _rendered(source: str, values: Mapping[str, str]) -> str:
    """Raises TemplateError, also for what is not allowed."""
    try:
        parsed = _sandbox.parse(source)
        for node in parsed.find_all(nodes.Node):
            if not isinstance(node, _ALLOWED):
                raise TemplateError(f"{type(node).__name__.lower()} is not allowed: only values, and if")
        return _sandbox.from_string(source).render(values)
    except _UNSAYABLE as error:
        raise TemplateError(f"cannot be said: {error or type(error).__name__}") from error
