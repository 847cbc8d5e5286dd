"""What a person reads by mail: one letter per event. Layout, button and links are the same in every language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sepakat_notifier.directory import Reader
from sepakat_notifier.gists import Gist, gist_of
from sepakat_notifier.rendering import filled
from sepakat_notifier.reply_words import ABOVE, READ_BY, ReadBy
from sepakat_shared.contracts.fact import Fact


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Look:
    """What stands at the head of a letter, on which colour, and at its end."""

    name: str | None
    colour: str | None
    footer: str | None


def compose(
    fact: Fact, reader: Reader, names: Mapping[str, str], link: str | None, unsubscribe: str | None = None,
    others: Mapping[str, str] | None = None, replies: ReadBy | None = None,
) -> Letter:  # fmt: skip
    """The letter about `fact`; `names` are those of the parties, `link` acknowledges, `unsubscribe` ends such news.

    `others` are more links, by what they say: join, snooze, resolve. `replies` says who reads an answer by mail, where
    one is taken.

    Raises ValueError for an event that nobody is written to about.
    """
    return letter_of(gist_of(fact, reader, names), reader, link, unsubscribe, others=others, replies=replies)


def letter_of(
    gist: Gist, reader: Reader, link: str | None, unsubscribe: str | None, look: Look | None = None,
    others: Mapping[str, str] | None = None, replies: ReadBy | None = None,
) -> Letter:  # fmt: skip
    """What there is to say, as a letter that looks as the reader's party wants it; the rest is as in `compose`."""
    words = gist.words
    shown: dict[str, Any] = {
        "language": words.language,
        "subject": gist.subject,
        "greeting": reader.name,
        "paragraphs": gist.paragraphs,
        "figures": gist.figures,
        "tone": gist.tone,
        "link": link,
        "button": words.label(gist.button),
        "above": ABOVE[words.language] if replies else None,
        "replies": READ_BY[replies][words.language] if replies else None,
        "others": [(words.label(name), url) for name, url in (others or {}).items()],
        "reason": words.label("reason").format(reader.name, gist.agreement),
        "unsubscribe": unsubscribe,
        "unsubscribe_label": words.label("unsubscribe"),
        "look": look,
    }
    return sent(shown)


def sent(shown: Mapping[str, Any]) -> Letter:
    """What is shown, as a mail: in plain text and in HTML."""
    return Letter(shown["subject"], filled("letter.txt", shown), filled("letter.html", shown))
