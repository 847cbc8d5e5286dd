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
from sepakat_shared.errors import Conflict, FieldProblem, Invalid, NotFound

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
    override: Override
    at: datetime


@dataclass(frozen=True)
class Withdrawn:
    """The override counts no longer from `at` on; one that had not begun never did."""

    override: str
    at: datetime


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
    rotation: Rotation | None, id: str, contact: str, start: datetime | None, end: datetime, now: datetime
) -> Sequence[Event]:
    """Put `contact` on call from `start` (now, where it is not said) to `end`. Raises Invalid or Conflict."""
    if rotation is None:
        raise Conflict("there is no such rotation")
    begins = start or now
    if begins < now - _LATE:
        raise _invalid("/start", "must not be in the past: who was on call then is on record")
    if end <= max(begins, now):
        raise _invalid("/end", "must be after the start, and in the future")
    return [Overridden(Override(id, contact, begins, end), now)]


def withdraw(rotation: Rotation | None, id: str, now: datetime) -> Sequence[Event]:
    """End an override, or take it back before it begins. Raises NotFound, or Conflict when it is over."""
    found = next((each for each in rotation.overrides if each.id == id), None) if rotation else None
    if found is None:
        raise NotFound(f"there is no override {id!r} of this rotation")
    if found.end <= now:
        raise Conflict("this override is over; who was on call then stays on record")
    return [Withdrawn(id, now)]


def _invalid(pointer: str, rule: str) -> Invalid:
    return Invalid(f"{pointer}: {rule}", [FieldProblem(pointer, rule)])


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
