"""Who agrees, for how long, about what; what the customer needs."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.rules.naming import Broken, known, parties_of, unique
from sepakat_shared.contracts.texts import Agreement, Text

_LONGEST: Final = timedelta(days=36_525)
_DAYS: Final = {"Y": Decimal("365.25"), "M": Decimal("30.4375"), "W": Decimal(7), "D": Decimal(1)}
"""How long each unit of a calendar span is on average."""
_TOO_LONG: Final = "must not be longer than 100 years (P36525D)"


def check(text: Agreement) -> Iterator[Broken]:
    if len(parties_of(text)) == 1:
        yield "/parties/customer", "must be another party than the provider"
    if text.term.until < text.term.from_:
        yield "/term/until", "must not be before /term/from"
    if text.languages is not None and text.languages.authoritative in text.languages.also:
        yield "/languages/also", f"{text.languages.authoritative!r} is authoritative already; leave it out here"
    for name in ("charges", "services", "needs", "obligations", "calendars", "objectives"):
        yield from unique(f"/{name}", (each.id for each in getattr(text, name)))
    yield from _check_term(text)
    yield from _check_signatories(text)
    yield from _check_money(text)
    yield from _check_needs(text)
    for pointer, words in _words(text, ""):
        if not any(words.model_dump(exclude_none=True).values()):
            yield pointer, "says nothing in any language; write {en: …, id: …}"


def _check_term(text: Agreement) -> Iterator[Broken]:
    renewal, termination = text.term.renewal, text.term.termination
    if renewal is not None and renewal.notice > _LONGEST:
        yield "/term/renewal/notice", _TOO_LONG
    if renewal is not None and renewal.for_ is not None:
        parts = re.findall(r"(\d+)([YMWD])", renewal.for_)
        if sum(Decimal(count) * _DAYS[unit] for count, unit in parts) > _LONGEST.days:
            yield "/term/renewal/for", _TOO_LONG
    if termination is not None and termination.notice > _LONGEST:
        yield "/term/termination/notice", _TOO_LONG


def _check_signatories(text: Agreement) -> Iterator[Broken]:
    seen: set[tuple[str, str]] = set()
    for i, signatory in enumerate(text.signatories):
        yield from known(f"/signatories/{i}/party", signatory.party, parties_of(text), "a party of this agreement")
        if (signatory.party, signatory.contact) in seen:
            yield f"/signatories/{i}", f"{signatory.contact} signs for {signatory.party} already; leave one of them out"
        seen.add((signatory.party, signatory.contact))


def _check_money(text: Agreement) -> Iterator[Broken]:
    for i, charge in enumerate(text.charges):
        if charge.amount < 0:
            yield f"/charges/{i}/amount", "must not be negative"
    for i, need in enumerate(text.needs):
        if need.impact is not None and need.impact.cost < 0:
            yield f"/needs/{i}/impact/cost", "must not be negative; it is what the need costs when it is unmet"
        if need.impact is not None and need.impact.per <= timedelta(0):
            yield f"/needs/{i}/impact/per", "must be longer than nothing, such as PT1H"


def _check_needs(text: Agreement) -> Iterator[Broken]:
    serving = {each.id for each in text.objectives} | {each.id for each in text.obligations}
    for i, need in enumerate(text.needs):
        for j, id in enumerate(need.served_by):
            yield from known(f"/needs/{i}/servedBy/{j}", id, serving, "an objective or obligation of this agreement")


def _words(part: Text, at: str) -> Iterator[tuple[str, Title]]:
    """Every title and description of a text with its pointer."""
    for name, field in type(part).model_fields.items():
        value, here = getattr(part, name), f"{at}/{field.alias or name}"
        if isinstance(value, Title):
            yield here, value
        elif isinstance(value, Text):
            yield from _words(value, here)
        elif isinstance(value, tuple):
            for i, each in enumerate(value):
                if isinstance(each, Text):
                    yield from _words(each, f"{here}/{i}")


def advise(text: Agreement) -> Iterator[Broken]:
    languages = () if text.languages is None else (text.languages.authoritative, *text.languages.also)
    for pointer, words in _words(text, ""):
        for language in languages:
            if getattr(words, language) is None:
                yield pointer, f"has no words in {language!r}, which /languages promises"
    signing = {signatory.party for signatory in text.signatories}
    for role in ("provider", "customer"):
        party = getattr(text.parties, role)
        if party not in signing:
            yield "/signatories", f"nobody signs for the {role}, {party}; it can't be signed like this"
    for i, need in enumerate(text.needs):
        if need.priority == "must" and not need.served_by:
            yield f"/needs/{i}/servedBy", f"nothing serves {need.id!r}, which is a must"
    renewal = text.term.renewal
    if renewal is not None and renewal.notice > text.term.until - text.term.from_:
        yield "/term/renewal/notice", "is longer than the term: notice had to be given before it began"
    for i, charge in enumerate(text.charges):
        if charge.amount == Decimal(0):
            yield f"/charges/{i}/amount", "is nothing, and so is every credit of it"
