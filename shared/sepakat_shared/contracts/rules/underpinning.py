"""What an agreement promises beside what the provider's own suppliers promise it: what it rests on can hold no more.

It breaks no rule to promise more: a provider may have other means. That it does is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Final

from sepakat_shared.contracts.rules.naming import Broken, known
from sepakat_shared.contracts.texts import Agreement, Limit, Objective, Underpinning

_AVAILABILITY: Final = ("time", "occurrences", "timeslices", "ratio-timeslices")
_FACTS: Final = {"first_response": "responded", "restore": "restored", "resolve": "resolved"}
_FIELDS: Final = {"first_response": "firstResponse", "restore": "restore", "resolve": "resolve"}


@dataclass(frozen=True)
class _Limit:
    """So long a case may take until it is `responded`, `restored` or `resolved`; of that priority, or of any."""

    pointer: str
    objective: str | None
    fact: str
    priority: str | None
    time: timedelta


def check(text: Agreement) -> Iterator[Broken]:
    objectives = {each.id for each in text.objectives}
    links = text.underpinning or ()
    for i, link in enumerate(links):
        at = f"/underpinning/{i}"
        if link.agreement == text.metadata.id:
            yield f"{at}/agreement", "is this agreement itself; name one of the provider with a supplier"
        if link.agreement in [each.agreement for each in links[:i]]:
            yield f"{at}/agreement", f"{link.agreement!r} stands twice"
        for j, id in enumerate(link.objectives or ()):
            yield from known(f"{at}/objectives/{j}", id, objectives, "an objective of this agreement")


def advise(text: Agreement, suppliers: Mapping[str, Agreement]) -> Iterator[Broken]:
    """Where the text promises more than those of its suppliers' agreements that are there, by their ids."""
    resting = [(i, link, suppliers[link.agreement]) for i, link in enumerate(text.underpinning or ())
               if link.agreement in suppliers]  # fmt: skip
    for i, link, supplier in resting:
        if supplier.parties.customer != text.parties.provider:
            rule = f"{link.agreement!r} promises {text.parties.provider} nothing: it is not the customer there"
            yield f"/underpinning/{i}/agreement", rule
        there = {each.id for each in supplier.objectives}
        for j, id in enumerate(link.by or ()):
            yield from known(f"/underpinning/{i}/by/{j}", id, there, f"an objective of {link.agreement}")
    promised = [(link, supplier) for _, link, supplier in resting
                if supplier.parties.customer == text.parties.provider]  # fmt: skip
    yield from _availability(text, promised)
    yield from _times(text, promised)


def _availability(text: Agreement, promised: Sequence[tuple[Underpinning, Agreement]]) -> Iterator[Broken]:
    for i, objective in enumerate(text.objectives):
        target = _target(objective)
        if target is None:
            continue
        theirs = {
            link.agreement: min(targets) for link, supplier in promised if _concerns(link, objective.id)
            and (targets := [each for one in _named(link, supplier) if (each := _target(one)) is not None])
        }  # fmt: skip
        if not theirs:
            continue
        weakest = min(theirs, key=lambda each: theirs[each])
        together = _together(list(theirs.values()))
        if target > theirs[weakest]:
            rule = f"is more than the {theirs[weakest]:f} % that {weakest} promises, on which it rests"
            yield f"/objectives/{i}/target", rule
        elif target > together:
            rule = (
                f"is more than the {together:f} % to which {', '.join(theirs)} come together, on which it rests: each "
                "may fail while the others work"
            )
            yield f"/objectives/{i}/target", rule


def _together(targets: Sequence[Decimal]) -> Decimal:
    """All of them at once, exactly, in percent."""
    with localcontext() as context:
        context.prec = 200
        product = Decimal(1)
        for each in targets:
            product *= each / 100
        return (product * 100).normalize()


def _times(text: Agreement, promised: Sequence[tuple[Underpinning, Agreement]]) -> Iterator[Broken]:
    for ours in _limits(text, None):
        for link, supplier in promised:
            if ours.objective is not None and not _concerns(link, ours.objective):
                continue
            theirs = _of_suppliers(ours, list(_limits(supplier, link.by)))
            if theirs is not None and ours.time < theirs:
                rule = (
                    f"is shorter than the {_written(theirs)} in which {link.agreement} promises that it is "
                    f"{ours.fact}, on which it rests"
                )
                yield ours.pointer, rule


def _of_suppliers(ours: _Limit, limits: Sequence[_Limit]) -> timedelta | None:
    """What the supplier promises for such a case: for its priority, or for any; the longest, where ours is for any."""
    same = [each for each in limits if each.fact == ours.fact]
    if ours.priority is None:
        return max((each.time for each in same), default=None)
    exact = [each.time for each in same if each.priority == ours.priority]
    return min(exact or [each.time for each in same if each.priority is None], default=None)


def _limits(text: Agreement, by: Sequence[str] | None) -> Iterator[_Limit]:
    for i, objective in enumerate(text.objectives):
        limit = objective.threshold.at_most if objective.threshold is not None else None
        clock = objective.clock if by is None or objective.id in by else None
        if objective.measure != "per-case" or clock is None or clock.from_ != "opened":
            continue
        if isinstance(limit, timedelta):
            where = objective.where.get("priority")
            yield _Limit(f"/objectives/{i}/threshold/atMost", objective.id, clock.until, where, limit)
    for name in [f"P{n}" for n in range(1, 6)] if text.priorities is not None and by is None else []:
        priority = text.priorities.get(name) if text.priorities is not None else None
        for field, fact in _FACTS.items():
            time = getattr(priority, field) if priority is not None else None
            if time is not None:
                yield _Limit(f"/priorities/{name}/{_FIELDS[field]}", None, fact, name, time)


def _target(objective: Objective) -> Decimal | None:
    """The share in percent that must be good, of what is available or works."""
    available = objective.measure in _AVAILABILITY and isinstance(objective.target, Decimal)
    return objective.target if available and isinstance(objective.target, Decimal) else None


def _concerns(link: Underpinning, objective: str) -> bool:
    return link.objectives is None or objective in link.objectives


def _named(link: Underpinning, supplier: Agreement) -> list[Objective]:
    return [each for each in supplier.objectives if link.by is None or each.id in link.by]


def _written(time: timedelta) -> str:
    return str(Limit(at_most=time).model_dump(mode="json")["at_most"])
