"""The customer's people are asked what they think of an incident, once, when it is closed; and they answer. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sepakat_agreements.agreement import Version
from sepakat_agreements.feedback import (
    Answer,
    IncidentFeedbackAsked,
    IncidentFeedbackGiven,
    OfIncident,
    check_party,
    check_room,
)
from sepakat_agreements.handled import Handled
from sepakat_agreements.people import Named
from sepakat_document.pack import Mark
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.notifications import NotificationFeedbackGiven

ASKED_FOR: Final = timedelta(days=14)
"""From the close of an incident on, for so long an answer is awaited."""


def whom(text: texts.Agreement, named: Named) -> tuple[str, ...]:
    """The customer's people who take part in reviews, else those who signed for it, as `party/contact`."""
    customer = f"{text.parties.customer}/"
    found = tuple(each for each in named.taking_part(text) if each.startswith(customer))
    return found or tuple(each for each in named.signatories if each.startswith(customer))


def ask(
    known: OfIncident | None, incident: Handled, version: Version, named: Named, now: datetime
) -> Sequence[IncidentFeedbackAsked]:
    """Nobody is asked of a part of another one, again after a reopening, too late, or after they have said it."""
    if incident.closed_at is None or incident.merged_into is not None:
        return []
    if known is not None and known.asked_at is not None:
        return []
    answer_by = incident.closed_at + ASKED_FOR
    said = {each.respondent for each in known.answers} if known is not None else set()
    text = texts.Agreement.model_validate(version.text)
    people = tuple(each for each in whom(text, named) if each.partition("/")[2] not in said)
    if now >= answer_by or not people:
        return []
    title = text.metadata.title
    service = next((each.description.model_dump(exclude_none=True) for each in text.services
                    if each.id == incident.service), None)  # fmt: skip
    return [
        IncidentFeedbackAsked(
            incident.id, incident.number, incident.agreement, version.version, incident.provider, incident.customer,
            None if title is None else title.model_dump(exclude_none=True), incident.service, service,
            incident.title, incident.priority, people, answer_by, now,
        )
    ]  # fmt: skip


def answered(
    known: OfIncident | None, incident: Handled, fact: NotificationFeedbackGiven
) -> Sequence[IncidentFeedbackGiven]:
    """What somebody said behind the link of a letter: it was over then, also where it has begun anew since.

    What the same person has said later stays. Raises Forbidden or Conflict.
    """
    check_party(fact.party, incident.customer)
    by = f"{fact.party}/{fact.contact}"
    answer = Answer(fact.contact, (Mark(incident.service, fact.mark),), None, fact.words, (), by, fact.at)
    answers = known.answers if known is not None else ()
    if any(each.respondent == fact.contact and each.at >= fact.at for each in answers):
        return []
    check_room(answers, answer)
    return [
        IncidentFeedbackGiven(incident.id, incident.agreement, incident.provider, incident.customer, answer)
    ]  # fmt: skip
