"""Who is told of which event. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sepakat_notifier.notification import Notification
from sepakat_shared.contracts import (
    agreements,
    compliance,
    credits,
    disputes,
    feedback,
    incidents,
    lasting,
    maintenance,
    notifications,
    obligations,
    oncall,
    postmortems,
    proposals,
    remedies,
    reports,
    reviews,
    topics,
)
from sepakat_shared.contracts.catalogue import EVENTS
from sepakat_shared.contracts.fact import Fact

Agreed = (
    proposals._ProposalEvent | lasting._LastingEvent | agreements.AgreementAmended | credits._CreditEvent
    | maintenance._MaintenanceEvent
    | obligations._ObligationEvent | remedies._RemedyEvent
    | reviews._ReviewEvent
    | feedback.IncidentFeedbackAsked
    | reviews.MonthlyReportCompiled
)  # fmt: skip
"""What is told of an agreement itself. It names whom to write to: nobody may have signed yet."""
_OF_AGREEMENTS = Agreed | agreements._NeedEvent | agreements.NeedWaived

TOLD: dict[str, list[type[Fact]]] = {
    topic: [event for event in EVENTS[topic] if issubclass(event, Fact)]
    for topic in (topics.INCIDENTS, topics.COMPLIANCE)
} | {topics.AGREEMENTS: [event for event in EVENTS[topics.AGREEMENTS] if issubclass(event, _OF_AGREEMENTS)]}
CONTRACTS = {contract.type: contract for contracts in TOLD.values() for contract in contracts}
"""Every event that somebody may be told of, by its type."""

NOTICES: dict[str, type[Fact]] = {
    each.type: each for each in (notifications.EndpointDisabled, notifications.NotificationGivenUp)
}
"""What the notifier itself has to tell: of an endpoint its party, of what was given up whoever runs the service."""


def fact_of(notification: Notification) -> Fact:
    """What a message tells of, as its contract reads it."""
    type = notification.occasion.type
    return (CONTRACTS.get(type) or NOTICES[type]).model_validate(notification.occasion.data)


@dataclass(frozen=True)
class Subject:
    """What an event is about, and the two parties that it concerns."""

    about: str
    about_type: str
    agreement: str
    provider: str
    customer: str

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer


def subject_of(fact: Fact) -> Subject:
    """Raises TypeError for an event that is about none of these."""
    if isinstance(fact, incidents._IncidentEvent):
        return Subject(fact.incident, "incident", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, disputes._DisputeEvent):
        return Subject(fact.dispute, "dispute", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, oncall._OnCallEvent):
        return Subject(fact.rotation, "rotation", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, reports._ReportEvent):
        return Subject(fact.report, "report", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, compliance._ObjectiveEvent):
        about = f"{fact.agreement}/{fact.objective}"
        return Subject(about, "objective", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, compliance._About):
        about = f"{fact.agreement}/{fact.indicator}"
        return Subject(about, "indicator", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, compliance.AdjustmentGranted):
        return Subject(fact.adjustment, "adjustment", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, compliance._Backtest):
        return Subject(fact.backtest, "backtest", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, credits._CreditEvent):
        return Subject(fact.credit, "credit", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, maintenance._MaintenanceEvent):
        about = f"{fact.agreement}/{fact.maintenance}"
        return Subject(about, "maintenance", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, obligations._ObligationEvent):
        return Subject(fact.occurrence, "obligation", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, remedies._PlanEvent):
        return Subject(fact.plan, "improvement-plan", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, reviews._ReviewEvent):
        about = f"{fact.agreement}/{fact.review}"
        return Subject(about, "review", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, reviews.MonthlyReportCompiled):
        return Subject(f"{fact.agreement}/{fact.month}", "monthly-report", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, feedback.IncidentFeedbackAsked):
        # Not the incident itself: whoever is asked is not told of what comes next of it for that.
        return Subject(f"{fact.incident}/feedback", "incident-feedback", fact.agreement, fact.provider, fact.customer)
    if isinstance(fact, _OF_AGREEMENTS):
        return Subject(fact.agreement, "agreement", fact.agreement, fact.provider, fact.customer)
    raise TypeError(f"nobody is told of {fact.type}")


_BOTH = (
    compliance.ObjectiveBreached,
    compliance.ObjectiveRecovered,
    compliance.BreachRetracted,
    compliance.PeriodClosed,
    compliance.PeriodCorrected,
    incidents.EscalationExhausted,
)


def signatories_of_whom(fact: Fact) -> tuple[str, ...]:
    """The parties whose signatories are written to."""
    subject = subject_of(fact)
    if isinstance(fact, _BOTH):
        return subject.parties
    if isinstance(fact, disputes._DisputeEvent):
        return _parties_of_a_dispute(fact)
    if isinstance(fact, incidents.IncidentOpened):
        return (subject.customer,)
    if isinstance(fact, compliance.ObjectiveAtRisk | compliance.ObjectiveFailing):
        return (subject.provider,)
    if isinstance(fact, incidents.ClockForecast | incidents.ClockMissed):
        return subject.parties if _who_must_know(fact) else ()
    if isinstance(fact, _Note):
        return _parties_of_a_note(fact)
    if isinstance(fact, incidents.PauseRequested | incidents.IncidentCommented):
        return tuple(party for party in subject.parties if party != fact.party)
    if isinstance(fact, incidents.ImpactCorrected):
        return tuple(party for party in subject.parties if party != fact.responsible)
    if isinstance(fact, incidents.PauseAnswered):
        return (fact.party,)
    if isinstance(fact, incidents.ContactUnreached):
        return (fact.responsible,)  # whose policy names somebody who gets nothing
    return ()


_Note = (
    postmortems.PostmortemPublished | postmortems.PostmortemReminded | postmortems.FollowUpReminded
    | postmortems.FollowUpDone
)  # fmt: skip


def _parties_of_a_note(fact: _Note) -> tuple[str, ...]:
    """The party that is told, and of what is late both."""
    if isinstance(fact, postmortems.PostmortemPublished):
        return tuple(party for party in (fact.provider, fact.customer) if party != fact.party)
    if isinstance(fact, postmortems.FollowUpDone):
        return tuple(party for party in (fact.provider, fact.customer) if party != fact.responsible)
    if fact.late:
        return fact.provider, fact.customer
    return () if isinstance(fact, postmortems.FollowUpReminded) else (fact.responsible,)


_FORETOLD_BY_MAIL = 75
"""Percent of a limit: earlier forecasts are for machines."""


def _who_must_know(fact: incidents.ClockForecast | incidents.ClockMissed) -> tuple[str, ...]:
    """The party that must hurry; of what is late the one that waits for it too."""
    if isinstance(fact, incidents.ClockForecast):
        return (fact.responsible,) if fact.percent >= _FORETOLD_BY_MAIL else ()
    return fact.provider, fact.customer


def _mails_of_clock(
    fact: incidents.ClockForecast | incidents.ClockMissed, signatories: Mapping[str, Sequence[str]],
    told: Collection[str],
) -> list[str]:  # fmt: skip
    """Those who signed for whoever must know, and who is at work on it; not those who signed for the other party."""
    concerned = _who_must_know(fact)
    others = {each for party, contacts in signatories.items() if party not in concerned for each in contacts}
    at_work = sorted(each for each in told if each not in others) if concerned else []
    return list(dict.fromkeys([*(each for party in concerned for each in signatories.get(party, ())), *at_work]))


def depends_on_those_told_before(fact: Fact) -> bool:
    return tells_those_told_before(fact) or isinstance(
        fact, incidents.ClockForecast | incidents.ClockMissed | incidents.IncidentCommented
    )


def _parties_of_a_dispute(fact: disputes._DisputeEvent) -> tuple[str, ...]:
    """Whose turn it is, and the other party is informed; a reminder is for the former alone.

    A figure that follows from an outcome is told as the correction of its period.
    """
    if isinstance(fact, disputes.DisputeRecalculated):
        return ()
    if isinstance(fact, disputes.DisputeReminded):
        return fact.awaits
    return fact.provider, fact.customer


def tells_those_told_before(fact: Fact) -> bool:
    return isinstance(
        fact,
        incidents.IncidentRaised | incidents.IncidentPrioritised | incidents.IncidentAcknowledged
        | incidents.IncidentSnoozed
        | incidents.IncidentUnacknowledged | incidents.IncidentUpdated | incidents.ClocksPaused
        | incidents.IncidentResolved | incidents.IncidentReopened | incidents.IncidentMerged,
    )  # fmt: skip


_SAID_BY_ONE = incidents.IncidentAcknowledged | incidents.IncidentUpdated | incidents.IncidentSnoozed
"""Whoever said it knows it."""


def _know_it_already(fact: Fact) -> tuple[str, ...]:
    """Whoever said it; of what became worse, those whom that asks to take it up, by a message of its own."""
    if isinstance(fact, incidents.IncidentRaised):
        return fact.asks or ()
    return (fact.by,) if isinstance(fact, _SAID_BY_ONE) else ()


def mails(fact: Fact, signatories: Mapping[str, Sequence[str]], told: Collection[str]) -> list[str]:
    """The ids of the contacts to write to: `signatories` by party, `told` who has heard of the incident before."""
    if isinstance(fact, reports._ReportEvent):
        return _reporter(fact)
    if isinstance(fact, Agreed):
        return list(dict.fromkeys(fact.contacts))
    if isinstance(fact, incidents.IncidentEscalated | incidents.IncidentHandedOver | incidents.SnoozeEnded):
        return list(dict.fromkeys(fact.contacts))
    if isinstance(fact, oncall.OnCallOverridden):
        return list(dict.fromkeys([fact.contact, *fact.instead_of]))
    if isinstance(fact, oncall.OverrideWithdrawn):
        return list(dict.fromkeys([fact.contact, *fact.again]))
    if isinstance(fact, incidents.IncidentOwnerChanged):
        return [fact.owner] if fact.owner is not None and fact.owner != fact.by else []
    if tells_those_told_before(fact):
        know = _know_it_already(fact)
        return sorted(contact for contact in told if contact not in know)
    if isinstance(fact, incidents.ClockForecast | incidents.ClockMissed):
        return _mails_of_clock(fact, signatories, told)
    if isinstance(fact, incidents.IncidentCommented):
        others = [each for party in signatories_of_whom(fact) for each in signatories.get(party, ())]
        return list(dict.fromkeys([*others, *sorted(each for each in told if each != fact.by)]))
    wanted = [contact for party in signatories_of_whom(fact) for contact in signatories.get(party, ())]
    if isinstance(fact, postmortems.FollowUpReminded):
        wanted.insert(0, fact.owner)
    if isinstance(fact, disputes._DisputeEvent):
        wanted += [each for each in _mediators_told(fact) if "/" not in each]
    return list(dict.fromkeys(wanted))


def named_with_party(fact: Fact) -> list[tuple[str, str]]:
    """Party and contact of whom to write to, where the event says whose each contact is; earlier ones did not."""
    named = (fact.recipients or ()) if isinstance(fact, Agreed) else ()
    if isinstance(fact, disputes._DisputeEvent):
        named = tuple(each for each in _mediators_told(fact) if "/" in each)
    parts = [each.partition("/") for each in dict.fromkeys(named)]
    return [(party, contact) for party, _, contact in parts]


def mediators(fact: disputes._DisputeEvent) -> tuple[str, ...]:
    """Who decides it, or was asked to: `party/contact`, or the contact alone. Earlier events name whoever does now."""
    now = (fact.contact,) if fact.contact is not None and fact.act == "decide" else ()
    return fact.mediators or now


def _mediators_told(fact: disputes._DisputeEvent) -> tuple[str, ...]:
    """Those whose step has begun hear what the parties hear; a reminder is for whose turn it is alone."""
    if isinstance(fact, disputes.DisputeRecalculated):
        return ()
    if isinstance(fact, disputes.DisputeReminded):
        return mediators(fact)[-1:] if fact.act == "decide" else ()
    return mediators(fact)


def called(fact: Fact) -> list[str]:
    """Whose names its letter may say: the ids of parties, and `party/contact` of people."""
    parties = subject_of(fact).parties
    if isinstance(fact, incidents.IncidentEscalated | incidents.SnoozeEnded | incidents.EscalationExhausted):
        responsible = fact.responsible or fact.provider
        return [*parties, *(f"{responsible}/{each}" for each in fact.taken_up_by or ())]
    named = mediators(fact) if isinstance(fact, disputes._DisputeEvent) else ()
    people = [each for each in named if "/" in each]
    # Of a contact alone it is known that it can be told where it is one of the two parties'.
    people += [f"{party}/{each}" for each in named if "/" not in each for party in parties]
    return list(dict.fromkeys([*parties, *(each.partition("/")[0] for each in people), *people]))


def _reporter(fact: reports._ReportEvent) -> list[str]:
    """Whoever filed a report is written to about it, nobody else."""
    told = fact.acknowledged if isinstance(fact, reports.ReportFiled) else True
    told = fact.mailed if isinstance(fact, reports.ReportProgressed) else told
    return [f"reporter/{fact.report}"] if told else []


def asks_to_acknowledge(type: str) -> bool:
    """Whether a message about such an event carries the acknowledge link."""
    return type in (incidents.IncidentEscalated.type, incidents.IncidentHandedOver.type, incidents.SnoozeEnded.type)


def is_for_one_person(fact: Fact) -> bool:
    """Whether it asks something by a link that is one person's: a room that many read is not told of it."""
    return isinstance(fact, feedback.IncidentFeedbackAsked)


def replies_are_shared(fact: Fact) -> bool:
    """Whether both parties read a reply to such a message: to what was said to both, not to what asks one's own."""
    return isinstance(fact, incidents.IncidentCommented)


def endpoints_named(fact: Fact) -> tuple[str, ...]:
    """The webhook endpoints that a level of the escalation names: they are told whatever else they want."""
    return (fact.webhooks or ()) if isinstance(fact, incidents.IncidentEscalated) else ()


def wants(types: Sequence[str], type: str) -> bool:
    """Whether an endpoint with these patterns (`sepakat.incident.*`) is told of `type`.

    None means all but single reports, which a flood may bring by the hundred: they are for who asks for them.
    """
    if not types:
        return not type.startswith("sepakat.report.")
    return any(fnmatchcase(type, pattern) for pattern in types)
