"""What each event makes of an agreement. Pure."""

from dataclasses import fields, replace
from datetime import datetime
from typing import assert_never

from sepakat_agreements.agreement import (
    Activated,
    Agreement,
    Closed,
    Commented,
    Drafted,
    Ended,
    Event,
    Foretold,
    OfTerm,
    Proposed,
    Reminded,
    Renewed,
    Signed,
    Status,
    Terminated,
    TerminationWithdrawn,
    Version,
    Waived,
)
from sepakat_agreements.proposal import Proposal
from sepakat_agreements.starting import end_of


def apply(agreement: Agreement | None, event: Event) -> Agreement:
    if isinstance(event, Drafted):
        return _drafted(agreement, event)
    if agreement is None:
        raise ValueError("an agreement begins with its draft")
    if isinstance(event, OfTerm):
        return _lasting(agreement, event)
    version = agreement.get(event.version)
    if version is None:
        raise ValueError(f"there is no version {event.version} of {agreement.id}")
    match event:
        case Signed():
            signed = _with(agreement, _signed(version, event))
            return signed if signed.open else replace(signed, watched_since=event.signature.at)
        case Activated():
            return replace(_activated(agreement, version), watched_since=_known_since(version, event.at))
        case Waived(waiver=waiver):
            return _with(agreement, replace(version, waivers=(*version.waivers, waiver)))
        case Proposed(proposal=proposal):
            return _with(agreement, replace(version, proposals=(*version.proposals, proposal)))
        case Commented() | Closed() | Reminded():
            proposals = tuple(_moved(each, event) for each in version.proposals)
            return _with(agreement, replace(version, proposals=proposals))
        case _:
            assert_never(event)


def _with(agreement: Agreement, version: Version) -> Agreement:
    """The agreement with that version in the place of the one of its number, or as the last one."""
    if version.version == agreement.version:
        return replace(agreement, **{each.name: getattr(version, each.name) for each in fields(Version)})
    others = tuple(each for each in agreement.following if each.version < version.version)
    later = tuple(each for each in agreement.following if each.version > version.version)
    return replace(agreement, following=(*others, version, *later))


def _drafted(agreement: Agreement | None, event: Drafted) -> Agreement:
    """Another text voids what was signed of the one before; what was waived stays, as it names the need itself."""
    known = agreement.get(event.version) if agreement else None
    drafted = Version(event.version, event.text, event.hash, effective_from=event.effective_from)
    if known is not None:
        drafted = replace(drafted, waivers=known.waivers, proposals=known.proposals)
    if agreement is None:
        return Agreement(id=event.id, **{each.name: getattr(drafted, each.name) for each in fields(Version)})
    return _with(agreement, drafted)


def _signed(version: Version, event: Signed) -> Version:
    signatures = (*version.signatures, event.signature)
    if {each.party for each in signatures} < set(version.parties):
        return replace(version, signatures=signatures)
    return replace(
        version, signatures=signatures, status=Status.SIGNED, frozen=event.frozen,
        effective_from=version.effective_from or event.signature.at,
    )  # fmt: skip


def _activated(agreement: Agreement, version: Version) -> Agreement:
    active = replace(version, status=Status.ACTIVE)
    if version.version == agreement.version:
        return _with(agreement, active)
    # Another last day is agreed: what was renewed of the one before is in it.
    same_end = version.text["term"]["until"] == agreement.text["term"]["until"]
    return replace(
        agreement,
        earlier=(*agreement.earlier, replace(agreement.current, status=Status.SUPERSEDED)),
        following=tuple(each for each in agreement.following if each.version != version.version),
        renewed_until=agreement.renewed_until if same_end else None,
        **{each.name: getattr(active, each.name) for each in fields(Version)},
    )


def _known_since(version: Version, noticed_at: datetime) -> datetime:
    """From when on its dates were ahead: it was signed and had begun, however late that was noticed."""
    begun = [each.at for each in version.signatures]
    return min(noticed_at, max([*begun, version.effective_from or noticed_at], default=noticed_at))


def _lasting(agreement: Agreement, event: OfTerm) -> Agreement:
    match event:
        case Foretold(at=at):
            return replace(agreement, watched_since=at)
        case Renewed(until, at):
            # However late that was noticed: what is ahead of the next end is known from this one on.
            before = end_of(agreement.renewed_until or agreement.text["term"]["until"], agreement.text)
            return replace(agreement, renewed_until=until, watched_since=min(at, before))
        case Terminated(termination):
            return replace(agreement, termination=termination, watched_since=termination.at)
        case TerminationWithdrawn(at=at):
            return replace(agreement, termination=None, watched_since=at)
        case Ended(how, ended_at):
            return replace(agreement, status=Status(how), ended_at=ended_at)
        case _:
            assert_never(event)


def _moved(proposal: Proposal, event: Commented | Closed | Reminded) -> Proposal:
    if proposal.number != event.proposal:
        return proposal
    match event:
        case Commented(comment=comment):
            return replace(proposal, comments=(*proposal.comments, comment))
        case Closed():
            return replace(
                proposal, outcome=event.outcome, closed_at=event.at, closed_by=event.by, closed_party=event.party,
                closing_words=event.reason, reminders=(),
            )  # fmt: skip
        case Reminded(left=left):
            return replace(proposal, reminders=left)
        case _:
            assert_never(event)
