"""Whom an event is written to: people by their party and their id, since both parties may have one of an id. Pure."""

from collections.abc import Collection, Mapping, Sequence

from sepakat_notifier.routing import Agreed, subject_of
from sepakat_shared.contracts import compliance, disputes, incidents, oncall, postmortems, reports
from sepakat_shared.contracts.fact import Fact

Person = tuple[str | None, str]
"""A contact: the party, None where that is not known, and the id."""

_ASKS = incidents.IncidentEscalated | incidents.IncidentHandedOver | incidents.SnoozeEnded
"""What asks its contacts to take an incident up."""

_BOTH = (
    compliance.ObjectiveBreached,
    compliance.ObjectiveRecovered,
    compliance.BreachRetracted,
    compliance.PeriodClosed,
    compliance.PeriodCorrected,
    incidents.EscalationExhausted,
    incidents.PauseLapsed,
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
    told: Collection[Person],
) -> list[Person]:  # fmt: skip
    """Those who signed for whoever must know, and who is at work on it; not those who signed for the other party."""
    concerned = _who_must_know(fact)
    others = [person for party in signatories if party not in concerned for person in _signed(signatories, party)]
    return [*_signed(signatories, *concerned), *(_without(told, others) if concerned else [])]


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


def stands_for_its_party(fact: Fact) -> bool:
    """Whether those it names are written to for their party, so that others are where all of them have left."""
    return isinstance(fact, Agreed | postmortems.FollowUpReminded)


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


def _know_it_already(fact: Fact, whose: Mapping[str, str]) -> list[Person]:
    """Whoever said it; of what became worse, those whom that asks to take it up, by a message of its own."""
    if isinstance(fact, incidents.IncidentRaised):
        return [(whose.get(each), each) for each in fact.asks or ()]
    return [(fact.party, fact.by)] if isinstance(fact, _SAID_BY_ONE) and fact.party is not None else []


def named_alone(fact: Fact) -> tuple[str, ...]:
    """The contacts that it names without their party."""
    if isinstance(fact, _ASKS):
        return fact.contacts
    if isinstance(fact, Agreed):
        return () if fact.recipients else fact.contacts
    if isinstance(fact, incidents.IncidentRaised):
        return fact.asks or ()
    if isinstance(fact, oncall.OnCallOverridden):
        return (fact.contact, *fact.instead_of)
    if isinstance(fact, oncall.OverrideWithdrawn):
        return (fact.contact, *fact.again)
    if isinstance(fact, disputes._DisputeEvent):
        return tuple(each for each in _mediators_told(fact) if "/" not in each)
    return ()


def meant_first(fact: Fact) -> tuple[str, str]:
    """Whose contact is meant where both parties have one of an id that is named alone: of the first of these."""
    parties = subject_of(fact).parties
    whose = fact.party if isinstance(fact, oncall._OnCallEvent) else parties[0]
    if isinstance(fact, _ASKS | incidents.IncidentRaised):
        whose = fact.responsible or parties[0]
    return parties if whose == parties[0] else (parties[1], parties[0])


def mails(
    fact: Fact, signatories: Mapping[str, Sequence[str]], told: Collection[Person], whose: Mapping[str, str]
) -> list[Person]:
    """Whom to write to: `signatories` are by party, `told` is who has heard of the incident before, and `whose` has the
    parties of those who are named alone.
    """
    return list(dict.fromkeys([*named_with_party(fact), *_mailed(fact, signatories, told, whose)]))


def _mailed(
    fact: Fact, signatories: Mapping[str, Sequence[str]], told: Collection[Person], whose: Mapping[str, str]
) -> list[Person]:
    if isinstance(fact, reports._ReportEvent):
        return _reporter(fact)
    if isinstance(fact, Agreed | _ASKS | oncall.OnCallOverridden | oncall.OverrideWithdrawn):
        return [(whose.get(each), each) for each in named_alone(fact)]
    if isinstance(fact, incidents.IncidentOwnerChanged):
        return [(fact.responsible, fact.owner)] if fact.owner is not None and fact.owner != fact.by else []
    if tells_those_told_before(fact):
        return _without(told, _know_it_already(fact, whose))
    if isinstance(fact, incidents.ClockForecast | incidents.ClockMissed):
        return _mails_of_clock(fact, signatories, told)
    wanted = _signed(signatories, *signatories_of_whom(fact))
    if isinstance(fact, incidents.IncidentCommented):
        return [*wanted, *_without(told, [(fact.party, fact.by)])]
    if isinstance(fact, postmortems.FollowUpReminded):
        return [(fact.responsible, fact.owner), *wanted]
    if isinstance(fact, disputes._DisputeEvent):
        return [*wanted, *((whose.get(each), each) for each in named_alone(fact))]
    return wanted


def _signed(signatories: Mapping[str, Sequence[str]], *parties: str) -> list[Person]:
    return [(party, contact) for party in parties for contact in signatories.get(party, ())]


def _without(told: Collection[Person], others: Collection[Person]) -> list[Person]:
    left = [each for each in told if not any(_is_same(each, other) for other in others)]
    return sorted(left, key=lambda each: (each[1], each[0] or ""))


def _is_same(one: Person, other: Person) -> bool:
    """Where it is not known whose contact somebody is, the id alone decides."""
    return one[1] == other[1] and (one[0] == other[0] or None in (one[0], other[0]))


def named_with_party(fact: Fact) -> list[Person]:
    """Those to write to of whom the event says whose contacts they are; earlier ones did not."""
    named = (fact.recipients or ()) if isinstance(fact, Agreed) else ()
    if isinstance(fact, disputes._DisputeEvent):
        named = tuple(each for each in _mediators_told(fact) if "/" in each)
    parts = [each.partition("/") for each in dict.fromkeys(named)]
    return [(party, contact) for party, _, contact in parts]


def mediators(fact: disputes._DisputeEvent) -> tuple[str, ...]:
    """Who decides it, or was asked to: `party/contact`, or the contact alone. Earlier events name whoever does now."""
    now = (fact.contact,) if fact.contact is not None and fact.act == "decide" else ()
    return fact.mediators or now


def deciding(fact: disputes._DisputeEvent) -> str | None:
    """Who decides it now, as `mediators` names them; the same one may have been asked before another."""
    if fact.act != "decide":
        return None
    return next((each for each in reversed(mediators(fact)) if each.rpartition("/")[2] == fact.contact), None)


def _mediators_told(fact: disputes._DisputeEvent) -> tuple[str, ...]:
    """Those whose step has begun hear what the parties hear; a reminder is for whose turn it is alone."""
    if isinstance(fact, disputes.DisputeRecalculated):
        return ()
    if isinstance(fact, disputes.DisputeReminded):
        return tuple(each for each in (deciding(fact),) if each is not None)
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


def _reporter(fact: reports._ReportEvent) -> list[Person]:
    """Whoever filed a report is written to about it, nobody else."""
    told = fact.acknowledged if isinstance(fact, reports.ReportFiled) else True
    told = fact.mailed if isinstance(fact, reports.ReportProgressed) else told
    return [(None, f"reporter/{fact.report}")] if told else []
