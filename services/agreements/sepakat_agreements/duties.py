"""From a text to what is owed by it: which obligation, on which occasion, until when. Pure."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sepakat_agreements.agreement import Version
from sepakat_agreements.occurrence import Duty, Occasion, Occurrence, Status
from sepakat_agreements.schedule import Dates, Slot, due_after, is_requested, remind_at
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Forbidden, NotFound

What = Literal["incident-opened", "incident-resolved", "target-missed"]


@dataclass(frozen=True)
class Happened:
    """An event that may make something due: of an incident with its priority, or a missed target of an objective.

    `key` tells it apart from every other one for ever.
    """

    what: What
    about: str
    key: str
    at: datetime
    priority: str | None = None


def duty_of(version: Version, obligation: texts.Obligation) -> Duty:
    title = version.text["metadata"].get("title")
    return Duty(
        version.text["metadata"]["id"], version.version, obligation.id, version.provider, version.customer,
        obligation.party, obligation.owner, obligation.text.model_dump(exclude_none=True),
        obligation.unmet.pauses if obligation.unmet else (), title, version.contacts(version.provider),
        version.contacts(version.customer), _services(version, obligation),
    )  # fmt: skip


def _services(version: Version, obligation: texts.Obligation) -> tuple[str, ...]:
    """Those of the objectives that it pauses; none where one of them leaves that to its indicator."""
    paused = obligation.unmet.pauses if obligation.unmet else ()
    named = [each.get("service") for each in version.text["objectives"] if each["id"] in paused]
    return () if None in named else tuple(sorted(set(named)))


def by_calendar(version: Version, obligation: str, slot: Slot) -> Occurrence:
    """Its present interval. Raises NotFound."""
    text = texts.Agreement.model_validate(version.text)
    given = _named(text, obligation)
    id = f"{text.metadata.id}.{obligation}.{slot.due_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return _begun(id, version, given, Occasion("calendar"), slot)


def by_request(
    version: Version,
    obligation: str,
    number: int,
    party: str,
    about: str | None,
    note: str | None,
    by: str,
    now: datetime,
) -> Occurrence:
    """The other party asks for it, after so many times.

    Raises NotFound, Forbidden, or Conflict for one that is not due on request.
    """
    text = texts.Agreement.model_validate(version.text)
    given = _named(text, obligation)
    if not is_requested(given):
        raise Conflict(f"{obligation!r} is not due on request; its text says when it is")
    if party == given.party:
        raise Forbidden(f"{obligation!r} is owed by {given.party!r}; the other party asks for it")
    slot = Slot(now, due_after(_dates(text, given), now))
    id = occurrence_id(text.metadata.id, obligation, f"request/{number}/{about or ''}")
    return _begun(id, version, given, Occasion("request", about, note, by), slot)


def by_event(version: Version, happened: Happened) -> Iterator[Occurrence]:
    """What the text makes due because of it."""
    text = texts.Agreement.model_validate(version.text)
    for each in text.obligations:
        if each.trigger is None or not _is_meant(each.trigger, happened):
            continue
        occasion = Occasion("target-missed" if happened.what == "target-missed" else "incident", happened.about)
        slot = Slot(happened.at, due_after(_dates(text, each), happened.at))
        yield _begun(occurrence_id(text.metadata.id, each.id, happened.key), version, each, occasion, slot)


def occurrence_id(agreement: str, obligation: str, key: str) -> str:
    """One for each obligation and event: keys of events may be of any length and have any characters."""
    return f"{agreement}.{obligation}.{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _is_meant(trigger: texts.Trigger, happened: Happened) -> bool:
    if trigger.event != happened.what:
        return False
    if happened.what == "target-missed":
        return not trigger.objectives or happened.about in trigger.objectives
    return not trigger.priorities or happened.priority in trigger.priorities


def _begun(id: str, version: Version, given: texts.Obligation, occasion: Occasion, slot: Slot) -> Occurrence:
    told = remind_at(given, slot)
    return Occurrence(
        id, duty_of(version, given), occasion, slot.begins_at, slot.due_at, told, Status.UPCOMING
    )  # fmt: skip


def _dates(text: texts.Agreement, obligation: texts.Obligation) -> Dates:
    return Dates.of(obligation, text.calendars, text.term)


def _named(text: texts.Agreement, id: str) -> texts.Obligation:
    found = next((each for each in text.obligations if each.id == id), None)
    if found is None:
        there = ", ".join(each.id for each in text.obligations) or "none"
        raise NotFound(f"the agreement has no obligation {id!r} (there: {there})")
    return found
