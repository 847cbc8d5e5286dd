"""What a document is made of, whatever it is written as: articles, numbered clauses and their parts. Plain data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list whose order says nothing."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows under headings. `figures` are the columns (from 0 on) that are set to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[int, ...] = ()
    widths: tuple[int, ...] = ()
    """Shares of the width, one a column; equal ones where nothing is said."""


@dataclass(frozen=True)
class Facts:
    """Names with what they are."""

    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Formula:
    """An equation in words."""

    text: str


@dataclass(frozen=True)
class Example:
    """A worked example, set apart: it explains, and promises nothing of its own."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """An SVG picture, with what it shows in words for those who do not see it."""

    svg: str
    alternative: str
    caption: str


Block = Words | Items | Table | Facts | Formula | Example | Drawing


@dataclass(frozen=True)
class Clause:
    number: str
    title: str | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Article:
    number: int
    title: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Signing:
    """One party's place to sign: `given` has what was signed, by name; `keys` are those that the text names for it."""

    role: str
    party: str
    signatory: str
    keys: tuple[str, ...]
    given: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Paper:
    """The whole document. `hash` is that of the machine-readable text; `words` are those of the frame around it.

    `dated` is the first day of the term: a day of its own would make each rendering another file.
    """

    language: str
    kind: str
    title: str
    between: str
    facts: tuple[tuple[str, str], ...]
    articles: tuple[Article, ...]
    signing: tuple[Signing, ...]
    hash: str
    dated: date
    words: dict[str, str] = field(default_factory=dict)
    brief: bool = False
    """It begins on its first page, without a table of contents."""


@dataclass
class Draft:
    """An article while it is written: clauses are numbered as they come."""

    number: int
    clauses: list[Clause] = field(default_factory=list)

    def clause(self, title: str | None, *blocks: Block | str) -> None:
        number = f"{self.number}.{len(self.clauses) + 1}"
        self.clauses.append(
            Clause(number, title, tuple(Words(each) if isinstance(each, str) else each for each in blocks))
        )


def facts(*pairs: tuple[str, str | None]) -> Facts:
    """Those that have something to say."""
    return Facts(tuple((name, value) for name, value in pairs if value))


def rows(*of: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in of)
