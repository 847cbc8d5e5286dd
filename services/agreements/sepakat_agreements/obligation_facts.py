"""What the others are told of each time that an obligation is owed; whoever must act is written to. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final, assert_never

from sepakat_agreements.occurrence import (
    Answered,
    Begun,
    Event,
    Excused,
    Met,
    Missed,
    Occurrence,
    Reminded,
    Voided,
)
from sepakat_shared.contracts import obligations as published
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact, PeriodSpan, Title
from sepakat_shared.messages import Message

_ROUTINE: Final = timedelta(days=7)
"""What is owed more often than that is not written about each time that it was met."""


def of_occurrence(event: Event, occurrence: Occurrence) -> Iterable[Message]:
    """The message of one event, with `occurrence` as the event left it. That one has begun is on record alone."""
    fact = _fact(event, occurrence)
    if fact is None:
        return []
    agreement = occurrence.duty.agreement
    return [Message(topics.AGREEMENTS, agreement, fact.type, fact.as_json(), subject=occurrence.id)]


def _fact(event: Event, occurrence: Occurrence) -> Fact | None:
    def about(*told: tuple[str, tuple[str, ...]]) -> dict[str, Any]:
        return {**_about(occurrence), **_readers(told)}

    duty = occurrence.duty
    answerable = duty.party, duty.answerable
    owed_to = duty.other, duty.contacts(duty.other)
    match event:
        case Begun():
            return None
        case Reminded(at):
            return published.ObligationDue(**about(answerable), note=occurrence.occasion.note, at=at)
        case Missed(at):
            return published.ObligationOverdue(**about(answerable, owed_to), at=at)
        case Met(late, anew, evidence, note, by, at):
            told = () if _is_routine(occurrence) and not late and not anew else (owed_to,)
            shown = tuple(
                published.ObligationEvidence(
                    name=each.name, media_type=each.media_type, size=each.size, sha256=each.sha256, url=each.url
                )
                for each in evidence
            )
            return published.ObligationMet(
                **about(*told), late=late, anew=anew, evidence=shown, note=note, by=by, at=at
            )  # fmt: skip
        case Answered(accepted, reason, by, at):
            return published.ObligationAnswered(**about(answerable), accepted=accepted, reason=reason, by=by, at=at)
        case Excused(reason, by, at):
            return published.ObligationExcused(**about(answerable), reason=reason, by=by, at=at)
        case Voided(why, at):
            told = () if _is_routine(occurrence) else (answerable,)
            return published.ObligationVoided(**about(*told), why=why, at=at)
        case _:
            assert_never(event)


def _is_routine(occurrence: Occurrence) -> bool:
    return occurrence.occasion.kind == "calendar" and occurrence.due_at - occurrence.begins_at < _ROUTINE


def _about(occurrence: Occurrence) -> dict[str, Any]:
    duty, unmet = occurrence.duty, occurrence.unmet
    return {
        "occurrence": occurrence.id, "agreement": duty.agreement, "version": duty.version, "provider": duty.provider,
        "customer": duty.customer, "agreement_title": Title(**duty.agreement_title) if duty.agreement_title else None,
        "obligation": duty.obligation, "text": Title(**duty.text), "party": duty.party, "owner": duty.owner,
        "occasion": occurrence.occasion.kind, "about": occurrence.occasion.about, "begins_at": occurrence.begins_at,
        "due_at": occurrence.due_at, "status": occurrence.status.value, "pauses": duty.pauses,
        "services": duty.services or None,
        "unmet": None if unmet is None else PeriodSpan(start=unmet[0], end=unmet[1]),
    }  # fmt: skip


def _readers(told: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, Any]:
    named = [(party, contact) for party, contacts in told for contact in contacts]
    return {
        "contacts": tuple(contact for _, contact in named),
        "recipients": tuple(f"{party}/{contact}" for party, contact in named),
    }
