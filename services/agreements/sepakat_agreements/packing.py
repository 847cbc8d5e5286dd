"""From what is known of an agreement to the pack of its review. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sepakat_agreements import maintenance_schedule, occurrence
from sepakat_agreements.contested import Contested
from sepakat_agreements.credit import Credit, Status
from sepakat_agreements.feedback import OfIncident
from sepakat_agreements.figure import SETTLED_AFTER, Figure
from sepakat_agreements.handled import Handled
from sepakat_agreements.need import Need as Stated
from sepakat_document.pack import (
    Attained,
    Dispute,
    Duty,
    Handling,
    Incident,
    Need,
    Opinion,
    Owed,
    Pack,
    Period,
    Sum,
    Took,
    Trend,
    Work,
)
from sepakat_shared.contracts import texts

LOOKS_BACK: Final = 12
"""Periods of an objective before those of the review: what a trend is seen by."""


@dataclass(frozen=True)
class Known:
    """What there is to look back on; `before` are figures of earlier periods."""

    figures: Sequence[Figure] = ()
    before: Sequence[Figure] = ()
    incidents: Sequence[Handled] = ()
    disputes: Sequence[Contested] = ()
    credits: Sequence[Credit] = ()
    needs: Sequence[Stated] = ()
    feedback: Sequence[OfIncident] = ()
    owed: Sequence[occurrence.Occurrence] = ()
    works: Sequence[maintenance_schedule.Occurrence] = ()


def packed(
    text: texts.Agreement, version: int, review: int, meeting: str, span: tuple[datetime, datetime], known: Known,
    now: datetime, waits: timedelta = SETTLED_AFTER, month: str | None = None,
) -> Pack:  # fmt: skip
    """The pack of what was in `span`: `(since, until]` for periods, which count when their figure is settled.

    That is so long after their end as `waits` says; in the pack of a `month` it is their end.
    """
    since, until = span
    incidents = [each for each in known.incidents if each.merged_into is None]
    settled = [each for each in known.credits if since < each.end + waits <= until]
    credits = [each for each in settled if each.status is not Status.VOID]
    title = text.metadata.title
    return Pack(
        agreement=text.metadata.id,
        title=None if title is None else title.model_dump(exclude_none=True),
        version=version,
        provider=text.parties.provider,
        customer=text.parties.customer,
        review=review,
        meeting=meeting,
        since=since,
        until=until,
        zone=text.term.time_zone,
        compiled_at=now,
        objectives=tuple(_objectives(text, known)),
        handling=tuple(_handling(incidents)),
        incidents=tuple(_incident(each) for each in incidents),
        disputes=tuple(_dispute(each) for each in known.disputes),
        credits=tuple(_owed(each) for each in credits),
        sums=tuple(_sums(credits)),
        needs=tuple(_needs(text, known.needs)),
        opinions=tuple(_opinions(incidents, known.feedback)),
        duties=tuple(_duties(known.owed)),
        month=month,
        works=tuple(Work(each.id, each.start, each.end, each.counts, each.reason) for each in known.works),
    )


# -- objectives --------------------------------------------------------------------------------------------------------


def _objectives(text: texts.Agreement, known: Known) -> Iterable[Attained]:
    """Those of the text in its order, then those that are in it no more and had a period that ended."""
    told = {each.objective: each for each in [*known.before, *known.figures]}
    of_text = {each.id: each for each in text.objectives}
    gone = dict.fromkeys(each.objective for each in known.figures if each.objective not in of_text)
    for id in [*of_text, *gone]:
        periods = _periods(each for each in known.figures if each.objective == id)
        before = _periods(each for each in known.before if each.objective == id)[-LOOKS_BACK:]
        yield _attained(id, of_text.get(id), told.get(id), periods, before, text)


def _attained(
    id: str, objective: texts.Objective | None, told: Figure | None, periods: Sequence[Period],
    before: Sequence[Period], text: texts.Agreement,
) -> Attained:  # fmt: skip
    last = [*before, *periods][-1].counts if periods or before else None
    judged = [each for each in periods if each.counts.met is not None]
    rolling = objective.window.rolling is not None if objective is not None else bool(told and told.is_rolling)
    title = objective.title if objective is not None else None
    at_most, target, unit = _target(objective, last.target if last else "", last.unit if last else None)
    named = None if title is None else title.model_dump(exclude_none=True)
    service = told.service if told else text.service_of(objective, None).id if objective else ""
    return Attained(
        id, named or (told.objective_title if told else None), service, target, at_most, unit, rolling,
        tuple(periods), tuple(before), len(judged), sum(each.counts.met is False for each in judged),
        None if rolling else _trend([*before, *periods], at_most),
    )  # fmt: skip


def _target(objective: texts.Objective | None, told: str, unit: str | None) -> tuple[bool, str, str | None]:
    """Whether less is better, the target as it is said today, and its unit where it is no percentage."""
    if objective is None:
        return unit is not None, told, unit
    if not isinstance(objective.target, texts.Limit):
        return False, str(objective.target), None
    amount = objective.target.amount
    in_figures = f"{amount:f}" if isinstance(amount, Decimal) else f"{amount.total_seconds():g}"
    return objective.target.at_most is not None, in_figures, objective.target.unit or unit or "s"


def _periods(figures: Iterable[Figure]) -> list[Period]:
    return [
        Period(each.start, each.end, each.version, each.measured, each.agreed, each.dispute, each.readings)
        for each in figures if each.measured is not None
    ]  # fmt: skip


def _trend(periods: Sequence[Period], at_most: bool) -> Trend | None:
    """The last period that was judged beside the one before it."""
    numbers = [each.counts.number for each in periods if each.counts.met is not None]
    if len(numbers) < 2 or numbers[-1] is None or numbers[-2] is None:
        return None
    if numbers[-1] == numbers[-2]:
        return "same"
    return "better" if (numbers[-1] > numbers[-2]) is not at_most else "worse"


# -- incidents and disputes --------------------------------------------------------------------------------------------


def _handling(incidents: Sequence[Handled]) -> Iterable[Handling]:
    by_priority: dict[str, list[Handled]] = {}
    for each in incidents:
        by_priority.setdefault(each.priority, []).append(each)
    for priority in sorted(by_priority):
        of = by_priority[priority]
        yield Handling(
            priority, len(of), sum(each.is_open for each in of), _took(each.to_acknowledge for each in of),
            _took(each.to_restore for each in of), sum(each.escalations for each in of),
            sum(each.exhausted for each in of), sum(len(each.missed) for each in of),
        )  # fmt: skip


def _took(seconds: Iterable[float | None]) -> Took:
    known = [each for each in seconds if each is not None]
    if not known:
        return Took(0, None, None)
    return Took(len(known), round(sum(known) / len(known), 3), round(max(known), 3))


def _incident(incident: Handled) -> Incident:
    return Incident(
        incident.number, incident.service, incident.title, incident.priority, incident.opened_at, incident.began_at,
        incident.ended_at, incident.to_acknowledge, incident.to_restore, incident.level, incident.escalations,
        incident.exhausted, incident.missed, incident.reopened,
    )  # fmt: skip


def _dispute(dispute: Contested) -> Dispute:
    about = dispute.objective or dispute.incident or dispute.clause
    return Dispute(
        dispute.number, dispute.raised_by, dispute.raised_at, dispute.kind, about, dispute.objective_title,
        dispute.state, dispute.result, dispute.how, dispute.ended_at, dispute.measured, dispute.agreed,
    )  # fmt: skip


def _opinions(incidents: Sequence[Handled], feedback: Sequence[OfIncident]) -> Iterable[Opinion]:
    """In the order of the incidents."""
    given = {each.incident: each.answers for each in feedback}
    for incident in incidents:
        for each in given.get(incident.id, ()):
            yield Opinion(incident.number, each.marks, each.recommend, each.words, each.needs)


# -- credits, obligations and needs ------------------------------------------------------------------------------------


def _owed(credit: Credit) -> Owed:
    return Owed(
        credit.id, credit.objective, credit.objective_title, credit.start, credit.end, credit.percent, credit.amount,
        f"{credit.outstanding:f}", credit.terms.currency, credit.status.value,
    )  # fmt: skip


def _sums(credits: Sequence[Credit]) -> Iterable[Sum]:
    for currency in sorted({each.terms.currency for each in credits}):
        of = [each for each in credits if each.terms.currency == currency]
        amount = sum((Decimal(each.amount) for each in of), Decimal(0))
        outstanding = sum((each.outstanding for each in of if each.status is not Status.LAPSED), Decimal(0))
        yield Sum(currency, f"{amount:f}", f"{outstanding:f}")


def _duties(owed: Sequence[occurrence.Occurrence]) -> Iterable[Duty]:
    """By obligation and whose it is, in words of the latest; what was excused or is void counts for neither."""
    met = occurrence.Status.MET
    missed = occurrence.Status.MET_LATE, occurrence.Status.OVERDUE
    judged = [each for each in owed if each.status is met or each.status in missed]
    for obligation, party in sorted({(each.duty.obligation, each.duty.party) for each in judged}):
        of = [each for each in judged if (each.duty.obligation, each.duty.party) == (obligation, party)]
        latest = max(of, key=lambda each: each.due_at)
        kept = sum(each.status is met for each in of)
        yield Duty(obligation, party, latest.duty.text, kept, len(of) - kept)


def _needs(text: texts.Agreement, stated: Sequence[Stated]) -> Iterable[Need]:
    """Those of the text and those of the intake; with the same id they are one, as it was stated last."""
    intake: Mapping[str, Stated] = {each.name: each for each in stated if each.withdrawn_at is None}
    in_text = {each.id: each for each in text.needs}
    for id in dict.fromkeys([*in_text, *intake]):
        need, written = intake.get(id), in_text.get(id)
        if need is not None:
            answer = need.answer
            serving = answer.served_by if answer else written.served_by if written else ()
            yield Need(
                id, need.stated.statement, need.stated.priority, serving, need.revision,
                answer.verdict if answer else None,
            )  # fmt: skip
        elif written is not None:
            statement = written.statement.model_dump(exclude_none=True)
            yield Need(id, statement, written.priority, written.served_by)
