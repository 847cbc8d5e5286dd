"""Names that texts use: each stands once, and for something that is there."""

from collections.abc import Iterable, Iterator

from sepakat_shared.contracts.texts import Agreement

Broken = tuple[str, str]
"""A JSON Pointer, and the rule that is broken there."""


def known(pointer: str, id: str, names: Iterable[str], what: str) -> Iterator[Broken]:
    if id not in names:
        there = ", ".join(sorted(names)) or "none"
        yield pointer, f"{id!r} is not {what} (there: {there})"


def unique(pointer: str, ids: Iterable[str]) -> Iterator[Broken]:
    seen: set[str] = set()
    for i, id in enumerate(ids):
        if id in seen:
            yield f"{pointer}/{i}/id", f"{id!r} stands twice"
        seen.add(id)


def calendars_of(text: Agreement) -> set[str]:
    """The schedules that a clause may name."""
    return {calendar.id for calendar in text.calendars} | {"24x7"}


def parties_of(text: Agreement) -> set[str]:
    return {text.parties.provider, text.parties.customer}
