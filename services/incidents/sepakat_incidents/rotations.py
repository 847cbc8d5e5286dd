"""A party's rotation: what the texts declare of it, and the overrides that people put over that. Pure.

A rotation is its party's, also where several agreements declare it: the text that came into force last says how it goes
from then on, and one override counts for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from sepakat_incidents import oncall
from sepakat_incidents.oncall import Layer, Override, Shift
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Conflict, Invalid, NotFound

_LOOK_BACK = timedelta(days=8)
_FARTHEST_BACK = timedelta(days=400)
"""For the beginning of a shift, at first: longer than a week, in which most turns are taken."""
_LATE = timedelta(minutes=5)
"""How long ago an override may begin: whoever takes over now may have written so before sending it."""


@dataclass(frozen=True)
class Declaration:
    """What one version of one agreement says, from the instant it is in force."""

    agreement: str
    version: int
    since: datetime
    layers: tuple[Layer, ...]
    parties: tuple[str, ...]
    title: dict[str, str] | None = None
    agreement_title: dict[str, str] | None = None


@dataclass(frozen=True)
class Rotation:
    """`declarations` in the order in which they come into force."""

    party: str
    id: str
    declarations: tuple[Declaration, ...] = ()
    overrides: tuple[Override, ...] = ()


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Declared:
    party: str
    rotation: str
    declaration: Declaration


@dataclass(frozen=True)
class Overridden:
    """`instead_of` are those whose turns it takes."""

    override: Override
    at: datetime
    by: str = ""
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Withdrawn:
    """The override counts no longer from `at` on; one that had not begun never did.

    In `[start, end)`, what was left of it, `contact` is not on call, and those whose turns it is (`again`) are.
    """

    override: str
    at: datetime
    by: str = ""
    contact: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    again: tuple[str, ...] = ()


Event = Declared | Overridden | Withdrawn


def apply(rotation: Rotation | None, event: Event) -> Rotation:
    if isinstance(event, Declared):
        known = rotation or Rotation(event.party, event.rotation)
        declared = sorted([*known.declarations, event.declaration], key=lambda each: (each.since, each.version))
        return replace(known, declarations=tuple(declared))
    if rotation is None:
        raise ValueError("a rotation begins with its declaration")
    if isinstance(event, Overridden):
        return replace(rotation, overrides=(*rotation.overrides, event.override))
    left = [
        replace(each, end=min(each.end, event.at)) if each.id == event.override else each for each in rotation.overrides
    ]
    return replace(rotation, overrides=tuple(each for each in left if each.start < each.end))


# -- decisions ---------------------------------------------------------------------------------------------------------


def declared_in(text: texts.Agreement, version: int, since: datetime) -> list[Declared]:
    """What a text says of rotations."""
    parties = (text.parties.provider, text.parties.customer)
    return [
        Declared(
            each.party or text.parties.provider,
            each.id,
            Declaration(
                text.metadata.id, version, since, tuple(Layer.of(layer) for layer in each.layers), parties,
                each.title.model_dump(exclude_none=True) if each.title else None,
                text.metadata.title.model_dump(exclude_none=True) if text.metadata.title else None,
            ),
        )
        for each in text.rotations or ()
    ]  # fmt: skip


def named_in(text: texts.Agreement) -> dict[str, str]:
    """The ids (`party/rotation`) of a text's rotations, by what its escalation policies call them."""
    return {each.id: f"{each.party or text.parties.provider}/{each.id}" for each in text.rotations or ()}


def declare(rotation: Rotation | None, declared: Declared) -> Sequence[Event]:
    """Take over what a text says; a text that comes again changes nothing."""
    names = [(each.agreement, each.version) for each in rotation.declarations] if rotation else []
    given = declared.declaration
    return [] if (given.agreement, given.version) in names else [declared]


def override(
    rotation: Rotation | None, id: str, contact: str, start: datetime | None, end: datetime, now: datetime,
    by: str = "",
) -> Sequence[Event]:  # fmt: skip
    """Put `contact` on call from `start` (now, where it is not said) to `end`.

    Raises Invalid, or Conflict where another override has put somebody else on call meanwhile.
    """
    if rotation is None:
        raise Conflict("there is no such rotation")
    begins = start or now
    if begins < now - _LATE:
        raise Invalid.at("/start", "must not be in the past: who was on call then is on record")
    if end <= max(begins, now):
        raise Invalid.at("/end", "must be after the start, and in the future")
    other = next(
        (e for e in rotation.overrides if e.contact != contact and max(e.start, begins, now) < min(e.end, end)), None
    )
    if other is not None:
        span = f"from {rfc3339(other.start)} until {rfc3339(other.end)}"
        raise Conflict(
            f"override {other.id} puts {other.contact} on call {span}; take that back, or leave its time out"
        )
    given = Override(id, contact, begins, end)
    return [Overridden(given, now, by, _others(rotation, contact, begins, end))]


def _others(rotation: Rotation, contact: str, start: datetime, end: datetime) -> tuple[str, ...]:
    """Who is on call in that span, but for `contact`."""
    found = [each.contact for each in shifts(rotation, start, end) if each.contact not in (None, contact)]
    return tuple(dict.fromkeys(each for each in found if each is not None))


def withdraw(rotation: Rotation | None, id: str, now: datetime, by: str = "") -> Sequence[Event]:
    """End an override, or take it back before it begins. Raises NotFound, or Conflict when it is over."""
    found = next((each for each in rotation.overrides if each.id == id), None) if rotation else None
    if rotation is None or found is None:
        raise NotFound(f"there is no override {id!r} of this rotation")
    if found.end <= now:
        raise Conflict("this override is over; who was on call then stays on record")
    start, without = max(found.start, now), apply(rotation, Withdrawn(id, now))
    again = _others(without, found.contact, start, found.end)
    return [Withdrawn(id, now, by, found.contact, start, found.end, again)]


# -- questions ---------------------------------------------------------------------------------------------------------


def shifts(rotation: Rotation, start: datetime, end: datetime) -> list[Shift]:
    """Who is on call when, without a hole; before the first declaration is in force, as that one says."""
    if start >= end or not rotation.declarations:
        return []
    changes = [each.since for each in rotation.declarations[1:] if start < each.since < end]
    found: list[Shift] = []
    for since, until in pairwise([start, *sorted(set(changes)), end]):
        layers = in_force(rotation, since).layers
        found.extend(oncall.shifts(layers, rotation.overrides, since, until))
    return oncall.joined(found)


def whole_shifts(rotation: Rotation, start: datetime, end: datetime) -> list[Shift]:
    """The same, but that the first one begins where it really does, be that before `start`."""
    found = shifts(rotation, start, end)
    if not found:
        return []
    first, earliest, back = found[0], _earliest(rotation), _LOOK_BACK
    while earliest < first.start:
        since = max(earliest, start - back)
        first = shifts(rotation, since, found[0].end)[-1]
        if first.start > since or since == earliest:
            break
        if back > _FARTHEST_BACK:
            first = replace(first, start=earliest)  # one who has been on call for years: nobody counts these shifts
            break
        back *= 4
    return [first, *found[1:]]


def _earliest(rotation: Rotation) -> datetime:
    """Before this nobody was ever on call."""
    turns = [layer.begins for each in rotation.declarations for layer in each.layers]
    return min([*turns, *(each.start for each in rotation.overrides)])


def on_call(rotation: Rotation, at: datetime) -> str | None:
    """Who is on call at that instant, or None."""
    found = shifts(rotation, at, at + timedelta(milliseconds=1))
    return found[0].contact if found else None


def in_force(rotation: Rotation, at: datetime) -> Declaration:
    """What holds at that instant: the last declaration that had come into force, else the first one."""
    return next((each for each in reversed(rotation.declarations) if each.since <= at), rotation.declarations[0])


def people(targets: Sequence[str], rosters: Mapping[str, Rotation], at: datetime) -> tuple[str, ...]:
    """The contacts behind `targets` at that instant, each once: a rotation stands for whoever is on call."""
    found = [on_call(rosters[each], at) if each in rosters else each for each in targets]
    return tuple(dict.fromkeys(each for each in found if each is not None))
