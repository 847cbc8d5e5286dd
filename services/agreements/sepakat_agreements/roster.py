"""What an agreement makes due by the calendar, and how far that has been begun: one roster an agreement. Pure.

Of every obligation the present interval is owed: the next one begins when it is there. What is in the text changes with
an amendment; what was begun under the version before stays owed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sepakat_agreements import term
from sepakat_agreements.agreement import Agreement, Status
from sepakat_agreements.schedule import Dates, Slot, is_dated, slots
from sepakat_shared.contracts import texts

_AT_ONCE: Final = 200
"""Intervals of one obligation that are begun with one commit, when nobody was there for long."""


@dataclass(frozen=True)
class Roster:
    """`obligations`, `calendars` and `term` are parts of the text of that version, as they are written.

    What is due later than `since` is owed, as long as that is not after `until`, the end of the agreement as far as it
    is known. `begun` has the due instant of the last interval that was begun, by obligation.
    """

    id: str
    version: int
    since: datetime
    until: datetime
    obligations: tuple[dict[str, Any], ...]
    calendars: tuple[dict[str, Any], ...]
    term: dict[str, Any]
    begun: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Assigned:
    """What is in the text, and how long it lasts, from now on."""

    roster: Roster


@dataclass(frozen=True)
class Advanced:
    """The intervals of that obligation are begun as far as the one that is due then."""

    obligation: str
    due_at: datetime


Event = Assigned | Advanced
EVENTS: Final = (Assigned, Advanced)


def apply(roster: Roster | None, event: Event) -> Roster:
    if isinstance(event, Assigned):
        return event.roster
    if roster is None:
        raise ValueError("a roster is assigned before anything else")
    return replace(roster, begun={**roster.begun, event.obligation: event.due_at})


def assign(known: Roster | None, agreement: Agreement, since: datetime | None = None) -> Sequence[Event]:
    """Go by the agreement as it stands: its version in force and its end. Of one that never was in force: nothing.

    `since` is for an agreement that was in force before anybody kept such a roster.
    """
    if agreement.status is not Status.ACTIVE and (known is None or agreement.ended_at is None):
        return []
    text = agreement.text
    until = agreement.ended_at or term.ends_at(agreement)
    begins = max([since or agreement.effective_from or until, *(each.at for each in agreement.signatures)])
    kept = known if known is not None and known.version == agreement.version else None
    dated = [each for each in text.get("obligations", ()) if is_dated(texts.Obligation.model_validate(each))]
    roster = Roster(
        agreement.id, agreement.version, kept.since if kept else begins, until, tuple(dated),
        tuple(text.get("calendars", ())) if dated else (), text["term"], known.begun if known else {},
    )  # fmt: skip
    return [] if roster == known else [Assigned(roster)]


def pending(roster: Roster, now: datetime) -> list[tuple[str, Slot]]:
    """The intervals that have begun by now and are not on record yet, in the order of each obligation."""
    found: list[tuple[str, Slot]] = []
    for obligation, ahead in _ahead(roster):
        begun = (each for each in islice(ahead, _AT_ONCE) if each.begins_at <= now)
        found += [(obligation, each) for each in begun]
    return found


def advance(roster: Roster | None, begun: Sequence[tuple[str, Slot]]) -> Sequence[Event]:
    """These are on record now."""
    last = {obligation: slot.due_at for obligation, slot in begun}
    known = roster.begun if roster else {}
    return [
        Advanced(obligation, due_at) for obligation, due_at in last.items()
        if roster is not None and (obligation not in known or known[obligation] < due_at)
    ]  # fmt: skip


def next_at(roster: Roster) -> datetime | None:
    """When the next interval begins; None where none will."""
    return min((each.begins_at for _, ahead in _ahead(roster) for each in islice(ahead, 1)), default=None)


def _ahead(roster: Roster) -> Iterator[tuple[str, Iterator[Slot]]]:
    calendars = [texts.Calendar.model_validate(each) for each in roster.calendars]
    lasts = texts.Term.model_validate(roster.term)
    for each in roster.obligations:
        obligation = texts.Obligation.model_validate(each)
        dates = Dates.of(obligation, calendars, lasts)
        after = max(roster.since, roster.begun.get(obligation.id, roster.since))
        yield obligation.id, _until(roster, slots(dates, after))


def _until(roster: Roster, found: Iterator[Slot]) -> Iterator[Slot]:
    """From the beginning of the agreement's time to its end."""
    for each in found:
        if each.due_at > roster.until:
            return
        yield replace(each, begins_at=max(each.begins_at, roster.since))
