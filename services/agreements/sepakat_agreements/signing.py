"""From draft to force: a text is written down, each party signs that exact one, and from when it binds. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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
    apply,
)
from sepakat_agreements.need import Need
from sepakat_agreements.starting import effective_from
from sepakat_agreements.traceability import trace
from sepakat_shared import signatures
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, FieldProblem, Invalid


def draft(agreement: Agreement | None, id: str, text: dict[str, Any], text_hash: str) -> Sequence[Event]:
    """Write a text down, or replace one that not both have signed: that voids every signature given so far.

    Raises Conflict once negotiation has begun: with the first proposal of either party.
    """
    if agreement is not None:
        if agreement.status is not Status.DRAFT:
            raise Conflict("both parties have signed this text; it never changes")
        if set(agreement.parties) != set(text["parties"].values()):
            raise Conflict("an agreement keeps its parties; write another one for others")
        if agreement.hash == text_hash:
            return []
        if agreement.proposals:
            raise Conflict("this text is negotiated, and no clause changes without a proposal; make one")
    return [Drafted(id, 1, text, text_hash, effective_from(text))]


def sign(
    agreement: Agreement, party: str, contact: str, text_hash: str, signature: str, now: datetime,
    needs: Sequence[Need] = (),
) -> Sequence[Event]:  # fmt: skip
    """Record a party's signature of that exact text; with the last one the text binds from the start of its term.

    `needs` are those that were stated for this agreement: while one that must be met is not served, nobody signs.
    """
    if text_hash != agreement.hash:
        rule = f"the text is now {agreement.hash}; read it again before you sign"
        raise Conflict(rule, [FieldProblem("/hash", rule)])
    given = next((each for each in agreement.signatures if each.party == party), None)
    if given is not None and given.signature == signature:
        return []
    if agreement.status is not Status.DRAFT or given is not None:
        raise Conflict(f"{party} has signed this text already")
    _check_covered(agreement, needs)
    key = _pinned_key(agreement.text, party, contact)
    signatures.verify(key, text_hash, signature)
    signed = Signed(Signature(party, contact, key, signature, now))
    after = apply(agreement, signed)
    complete = after.status is not Status.DRAFT
    return [signed, *(negotiation.overtaken(after, now) if complete else ()), *activate(after, now)]


def activate(agreement: Agreement, now: datetime) -> Sequence[Event]:
    """Put a text that both have signed into force once its term has begun."""
    if agreement.status is not Status.SIGNED or agreement.effective_from is None or now < agreement.effective_from:
        return []
    return [Activated(now)]


def waive(
    version: Version, party: str, need: str, statement: str, needs: Sequence[Need], by: str, now: datetime
) -> Sequence[Event]:
    """A party's written word that a need may stay uncovered. Raises Conflict, or Invalid for what needs no waiver."""
    if version.status is not Status.DRAFT:
        raise Conflict("both parties have signed this text; there is nothing left to waive")
    found = next((each for each in trace(_read(version), needs).needs if each.id == need), None)
    if found is None or found.is_covered:
        rule = f"{need!r} is no uncovered need of this agreement"
        raise Invalid(f"/need: {rule}", [FieldProblem("/need", rule)])
    if any((each.party, each.need, each.digest) == (party, need, found.digest) for each in version.waivers):
        return []
    return [Waived(Waiver(need, found.digest, party, statement, by, now))]


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
