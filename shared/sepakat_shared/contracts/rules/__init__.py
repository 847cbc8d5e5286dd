"""What one field of a text alone cannot tell: clauses that contradict each other, or can never have an effect.

Each broken rule is (JSON Pointer, rule); the rule says what to write instead. `advise` has what breaks no rule and is
likely not meant.
"""

from collections.abc import Iterator, Sequence

from sepakat_shared.contracts.rules import (
    escalation,
    measuring,
    obligations,
    people,
    procedures,
    together,
    underpinning,
)
from sepakat_shared.contracts.rules.naming import Broken, unique
from sepakat_shared.contracts.texts import Agreement, Document, Indicator, Party


def check(document: Document) -> Iterator[Broken]:
    """The rules of one document by itself."""
    match document:
        case Party():
            yield from unique("/contacts", (contact.id for contact in document.contacts))
        case Indicator():
            yield from measuring.check_indicator(document)
        case Agreement():
            yield from people.check(document)
            yield from obligations.check(document)
            yield from measuring.check(document)
            yield from escalation.check(document)
            yield from procedures.check(document)
            yield from underpinning.check(document)


def check_together(documents: Sequence[Document]) -> Iterator[tuple[int, str, str]]:
    """Rules between documents that come together, each with the number of the document at fault."""
    yield from together.check(documents)


def advise(document: Document) -> Iterator[Broken]:
    """What breaks no rule and is still worth a second look, with the reason."""
    match document:
        case Indicator():
            yield from measuring.advise_indicator(document)
        case Agreement():
            yield from people.advise(document)
            yield from obligations.advise(document)
            yield from measuring.advise(document)
            yield from escalation.advise(document)


def advise_together(documents: Sequence[Document]) -> Iterator[tuple[int, str, str]]:
    """The same between documents that come together, each with the number of the document that it is about."""
    agreements = {each.metadata.id: each for each in documents if isinstance(each, Agreement)}
    for i, document in enumerate(documents):
        if isinstance(document, Agreement):
            for pointer, rule in underpinning.advise(document, agreements):
                yield i, pointer, rule
        if isinstance(document, Indicator) and not any(measuring.advise_indicator(document)):
            for text in agreements.values():
                for pointer, rule in measuring.advise_measured(document, text):
                    yield i, pointer, rule


__all__ = ["Broken", "advise", "advise_together", "check", "check_together"]
