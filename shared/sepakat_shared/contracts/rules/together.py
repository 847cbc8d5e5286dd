"""Documents that come together: an agreement beside its parties and indicators."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from sepakat_shared.contracts.rules.naming import Broken, known, parties_of
from sepakat_shared.contracts.texts import Agreement, Document, Indicator, Level, Limit, Party
from sepakat_shared.contracts.units import base_unit

_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "occurrences": ("ratio",), "time": ("state",), "timeslices": ("ratio", "state"),
    "ratio-timeslices": ("ratio", "state"), "share": ("measurement",), "percentile": ("measurement",),
    "mean": ("measurement", "state", "ticket"), "per-case": ("ticket",),
}  # fmt: skip
"""By measure: the kinds of events that it is of."""


def check(documents: Sequence[Document]) -> Iterator[tuple[int, str, str]]:
    """The number of the document at fault, the pointer in it, and the rule."""
    seen: set[tuple[str, str]] = set()
    for i, document in enumerate(documents):
        named = document.kind, document.metadata.id
        if named in seen:
            yield i, "/metadata/id", f"{named[0]} {named[1]!r} is here twice; keep one of them"
        seen.add(named)
    indicators = {each.metadata.id: each for each in documents if isinstance(each, Indicator)}
    parties = {each.metadata.id: each for each in documents if isinstance(each, Party)}
    for i, document in enumerate(documents):
        if isinstance(document, Agreement):
            broken = (*_check_owners(document), *_check_kinds(document, indicators),
                      *_check_units(document, indicators), *_check_contacts(document, parties))  # fmt: skip
            for pointer, rule in broken:
                yield i, pointer, rule


def _check_owners(text: Agreement) -> Iterator[Broken]:
    """Here and not among the rules of the text itself: a back-test tells it of each objective, and tries the others."""
    there = ", ".join(sorted(parties_of(text)))
    for i, objective in enumerate(text.objectives):
        owner = objective.indicator.partition("/")[0]
        if owner not in parties_of(text):
            rule = f"{owner!r} is no party of this agreement (there: {there}): no such indicator can feed it"
            yield f"/objectives/{i}/indicator", rule


def _check_kinds(text: Agreement, indicators: Mapping[str, Indicator]) -> Iterator[Broken]:
    for i, objective in enumerate(text.objectives):
        indicator = indicators.get(objective.indicator)
        needed = _KINDS[objective.measure]
        if indicator is not None and indicator.kind_of_events not in needed and objective.profile is None:
            yield (
                f"/objectives/{i}/measure",
                f"{objective.measure} is of {' or '.join(needed)} events, and {objective.indicator} takes "
                f"{indicator.kind_of_events}; choose another measure or indicator",
            )


def _check_units(text: Agreement, indicators: Mapping[str, Indicator]) -> Iterator[Broken]:
    for i, objective in enumerate(text.objectives):
        indicator = indicators.get(objective.indicator)
        if indicator is None or indicator.kind_of_events != "measurement" or indicator.unit is None:
            continue
        for name, limit in (("target", objective.target), ("threshold", objective.threshold)):
            if not isinstance(limit, Limit) or limit.at_most is limit.at_least is None:
                continue
            if limit.base_unit != base_unit(indicator.unit):
                given = "a duration" if isinstance(limit.amount, timedelta) else f"in {limit.unit or 'no unit'}"
                rule = f"is {given}, and {objective.indicator} is measured in {indicator.unit}: name a number in that"
                yield f"/objectives/{i}/{name}", rule


def _check_contacts(text: Agreement, parties: Mapping[str, Party]) -> Iterator[Broken]:
    """Where both parties are there, everybody who is named must be: else nobody would be told."""
    if not parties_of(text) <= set(parties):
        return
    by_party = {party: {contact.id for contact in parties[party].contacts} for party in parties_of(text)}
    people = set().union(*by_party.values())
    rotations = {rotation.id for rotation in text.rotations or ()}
    for name, policy in text.escalation.items():
        for i, level in enumerate(policy.levels):
            for at, id in _told(f"/escalation/{name}/levels/{i}", level):
                yield from known(
                    at, id, people | rotations, "a contact of either party, or a rotation: nobody would be told"
                )
    for i, rotation in enumerate(text.rotations or ()):
        own = by_party[rotation.party or text.parties.provider]
        for j, layer in enumerate(rotation.layers):
            for k, id in enumerate(layer.participants):
                where = f"/rotations/{i}/layers/{j}/participants/{k}"
                yield from known(where, id, own, f"a contact of {rotation.party or text.parties.provider}")
    for i, signatory in enumerate(text.signatories):
        own = by_party.get(signatory.party, people)
        yield from known(f"/signatories/{i}/contact", signatory.contact, own, f"a contact of {signatory.party}")
    for i, obligation in enumerate(text.obligations):
        if obligation.owner is not None:
            own = by_party.get(obligation.party, people)
            yield from known(f"/obligations/{i}/owner", obligation.owner, own, f"a contact of {obligation.party}")
    review = text.review
    for i, id in enumerate(review.participants if review is not None else ()):
        yield from known(f"/review/participants/{i}", id, people, "a contact of either party")


def _told(at: str, level: Level) -> Iterator[tuple[str, str]]:
    for i, id in enumerate(level.notify):
        yield f"{at}/notify/{i}", id
    for i, id in enumerate(level.otherwise or ()):
        yield f"{at}/otherwise/{i}", id
