"""From draft to force: a text is written down, each party signs that exact one, and from when it binds. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sepakat_agreements import negotiation
from sepakat_agreements.agreement import (
    Activated,
    Agreement,
    Drafted,
    Event,
    Signature,
    Signed,
    Status,
    Version,
    Waived,
    Waiver,
)
from sepakat_agreements.folding import apply
from sepakat_agreements.freezing import freeze
from sepakat_agreements.need import Need
from sepakat_agreements.starting import effective_from
from sepakat_agreements.traceability import trace
from sepakat_shared import signatures
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Conflict, FieldProblem, Invalid


def draft(agreement: Agreement | None, id: str, text: dict[str, Any], text_hash: str) -> Sequence[Event]:
    """Write a text down, or replace one that not both have signed: that voids every signature given so far.

    Raises Conflict once negotiation has begun: with the first proposal of either party.
    """
    if agreement is not None:
        if agreement.status is not Status.DRAFT:
            raise Conflict("both parties have signed this text; it never changes; begin an amendment of it")
        if set(agreement.parties) != set(text["parties"].values()):
            raise Conflict("an agreement keeps its parties; write another one for others")
        if agreement.hash == text_hash:
            return []
        if agreement.proposals:
            raise Conflict("this text is negotiated, and no clause changes without a proposal; make one")
    return [Drafted(id, 1, text, text_hash, effective_from(text, 1))]


def sign(
    agreement: Agreement, party: str, contact: str, text_hash: str, signature: str, now: datetime,
    needs: Sequence[Need] = (),
) -> Sequence[Event]:  # fmt: skip
    """Record a party's signature of that exact text; with the last one the text binds from its effective date.

    `needs` are those that were stated for this agreement: while one that must be met is not served, nobody signs.
    """
    version = agreement.open or agreement.last
    if text_hash != version.hash:
        rule = f"the text is now {version.hash}; read it again before you sign"
        raise Conflict(rule, [FieldProblem("/hash", rule)])
    given = next((each for each in version.signatures if each.party == party), None)
    if given is not None and given.signature == signature:
        return []
    if agreement.ended_at is not None:
        raise Conflict("this agreement has ended; nothing of it is signed any more")
    if version.status is not Status.DRAFT or given is not None:
        raise Conflict(f"{party} has signed this text already")
    _check_covered(version, needs)
    check_effective(agreement, version, now)
    key = _pinned_key(version.text, party, contact)
    signatures.verify(key, text_hash, signature)
    last = {party, *(each.party for each in version.signatures)} >= set(version.parties)
    frozen = freeze(_read(version)) if last else None
    signed = Signed(Signature(party, contact, key, signature, now), version.version, frozen)
    after = apply(agreement, signed)
    overtaken = negotiation.overtaken(after.last, now) if after.open is None else ()
    return [signed, *overtaken, *activate(after, now)]


def activate(agreement: Agreement, now: datetime, until: datetime | None = None) -> Sequence[Event]:
    """Put every text that both have signed into force once its day has come, while the agreement lasts.

    `until` is up to which instant, where that is noticed later.
    """
    return [
        Activated(now, each.version) for each in _waiting(agreement)
        if each.effective_from is not None and each.effective_from <= (until or now)
    ]  # fmt: skip


def next_begin(agreement: Agreement) -> datetime | None:
    """The first instant of the next text that both have signed and that is not in force yet."""
    begins = (each.effective_from for each in _waiting(agreement))
    return min((each for each in begins if each is not None), default=None)


def _waiting(agreement: Agreement) -> list[Version]:
    if agreement.ended_at is not None:
        return []
    return [each for each in (agreement.current, *agreement.following) if each.status is Status.SIGNED]


def check_effective(agreement: Agreement, version: Version, now: datetime) -> None:
    """An amendment never reaches back: not before its signatures, and not before the version that it amends.

    Nor is it the same text as an earlier version, whose signatures would be of both. Raises Conflict with the field.
    """
    before = agreement.get(version.version - 1)
    if before is None or before.effective_from is None:
        return
    begins, at = version.effective_from, "/amendment/effectiveFrom"
    same = next(
        (each for each in agreement.versions if each.version != version.version and each.hash == version.hash), None
    )
    if same is not None:
        rule = f"is the same text as version {same.version}: name the day from which it holds again"
        raise Conflict(f"{at}: {rule}", [FieldProblem(at, rule)])
    if begins is not None and begins <= now:
        rule = f"the day that this amendment is effective from has begun at {rfc3339(begins.astimezone(UTC))}"
        raise Conflict(f"{at}: {rule}; propose a later one", [FieldProblem(at, rule)])
    if (begins or now) < before.effective_from:
        rule = (
            f"must not be before {rfc3339(before.effective_from.astimezone(UTC))}, when version {before.version} begins"
        )
        raise Conflict(f"{at}: {rule}", [FieldProblem(at, rule)])


def waive(
    agreement: Agreement, party: str, need: str, statement: str, needs: Sequence[Need], by: str, now: datetime
) -> Sequence[Event]:
    """A party's written word that a need may stay uncovered. Raises Conflict, or Invalid for what needs no waiver."""
    version = agreement.open
    if version is None:
        raise Conflict("both parties have signed this text; there is nothing left to waive")
    found = next((each for each in trace(_read(version), needs).needs if each.id == need), None)
    if found is None or found.is_covered:
        rule = f"{need!r} is no uncovered need of this agreement"
        raise Invalid.at("/need", rule)
    if any((each.party, each.need, each.digest) == (party, need, found.digest) for each in version.waivers):
        return []
    return [Waived(version.version, Waiver(need, found.digest, party, statement, by, now))]


def unserved(version: Version, needs: Sequence[Need]) -> list[str]:
    """The needs that must be met, are not served by this text, and were not waived by both parties as they stand."""
    waived = {(each.need, each.digest, each.party) for each in version.waivers}
    return [
        each.id for each in trace(_read(version), needs).needs
        if each.priority == "must" and not each.is_covered
        and not all((each.id, each.digest, party) in waived for party in version.parties)
    ]  # fmt: skip


def _read(version: Version) -> texts.Agreement:
    return texts.Agreement.model_validate(version.text)


def _check_covered(version: Version, needs: Sequence[Need]) -> None:
    missing = unserved(version, needs)
    if missing:
        rules = [f"{each!r} must be met, and nothing in this text serves it" for each in missing]
        what = "let an objective or obligation serve it, or let both parties waive it in writing"
        raise Conflict(f"{'; '.join(rules)}: {what}", [FieldProblem("/hash", each) for each in rules])


def _pinned_key(text: Mapping[str, Any], party: str, contact: str) -> str:
    for signatory in text.get("signatories", ()):
        if signatory["party"] == party and signatory["contact"] == contact:
            return str(signatory["key"])
    rule = f"is not a signatory of {party} in this text"
    raise Invalid(rule, [FieldProblem("/contact", rule)])
