"""What there is to say of one event, in its reader's language, with times in their zone and titles instead of ids.

The subject and the text are the event's template's; the figures, the tone and the button follow from the event.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sepakat_notifier import dispute_words, incident_words, maintenance_words, month_words
from sepakat_notifier.directory import Reader
from sepakat_notifier.rendering import has_template, rendered
from sepakat_notifier.routing import Agreed
from sepakat_notifier.words import Words
from sepakat_shared.contracts.compliance import ObjectiveBreached, PeriodCorrected, _ObjectiveEvent
from sepakat_shared.contracts.credits import _CreditEvent
from sepakat_shared.contracts.disputes import DisputedFigure, DisputeRaised, DisputeSettled, _DisputeEvent
from sepakat_shared.contracts.fact import Fact, PeriodSpan
from sepakat_shared.contracts.feedback import IncidentFeedbackAsked
from sepakat_shared.contracts.incidents import (
    IncidentEscalated,
    IncidentHandedOver,
    IncidentOpened,
    IncidentPrioritised,
    PauseRequested,
    SnoozeEnded,
    _AskingEvent,
    _IncidentEvent,
)
from sepakat_shared.contracts.maintenance import _MaintenanceEvent
from sepakat_shared.contracts.obligations import _ObligationEvent
from sepakat_shared.contracts.oncall import _OnCallEvent
from sepakat_shared.contracts.reviews import MonthlyReportCompiled, _ReviewEvent

_Told = _IncidentEvent | _ObjectiveEvent | _DisputeEvent | _OnCallEvent | Agreed
"""What there is something to say about."""


@dataclass(frozen=True)
class Gist:
    """What there is to say of one event, whatever it is sent as; `figures` are labels with values.

    `named` are the values of the event by names that are the same in every language; `button` is the label of what its
    link is for.
    """

    words: Words
    agreement: str
    service: str
    subject: str
    paragraphs: list[str]
    figures: list[tuple[str, str]]
    tone: str
    named: Mapping[str, str] = field(default_factory=dict)
    button: str = "button"


def gist_of(fact: Fact, reader: Reader, names: Mapping[str, str]) -> Gist:
    """What there is to say of `fact`; `names` are those of the parties.

    Raises ValueError for an event that nobody is written to about.
    """
    if not isinstance(fact, _Told):
        raise ValueError(f"there is no letter about {fact.type}")
    words = Words(reader.language, reader.time_zone, reader.agreement_zone)
    agreement = words.title(fact.agreement_title, fact.agreement)
    context = {
        "fact": fact,
        "words": words,
        "reader": reader,
        "service": agreement
        if isinstance(fact, _OnCallEvent | Agreed)
        else words.title(fact.service_title, fact.service or agreement),
        "subject_title": _subject_title(fact, words),
        "provider": names[fact.provider],
        "customer": names[fact.customer],
        "responsible": names[getattr(fact, "responsible", None) or fact.provider],
        "names": names,
        "taken_up_by": _taken_up_by(fact, names),
        # A line that somebody wrote is a paragraph: blanks within one are joined.
        "lines": lambda text: "\n\n".join(text.split("\n")),
        "remedy": lambda remedy: dispute_words.remedy(remedy, words),
        "waited_for": lambda reason: incident_words.waited_for(reason, names[fact.customer], words),
        "reason": incident_words.reason_of(fact, words) if isinstance(fact, IncidentPrioritised) else "",
        "known": incident_words.what_is_known(fact, words, names) if isinstance(fact, _AskingEvent) else "",
        "opened_by": incident_words.opened_by(fact, words, names) if isinstance(fact, IncidentOpened) else "",
        **(_of_dispute_itself(fact, words, names, reader) if isinstance(fact, _DisputeEvent) else {}),
        "times": lambda spans: maintenance_words.times(spans, words),
        **(_of_maintenance(fact, words) if isinstance(fact, _MaintenanceEvent) else {}),
        "glance": month_words.glance(fact, words) if isinstance(fact, MonthlyReportCompiled) else "",
    }
    values = _figures(fact, words, agreement, names, reader)
    by_name = dict(values)
    context |= {
        "figure_before": by_name.get("before", ""),
        "figure": by_name.get("agreed") or by_name.get("corrected", ""),
    }
    subject, paragraphs = rendered(fact.type, words, context)
    if isinstance(fact, _IncidentEvent | IncidentFeedbackAsked):
        # A number is one of its agreement's: who reads of two services has two of the same number.
        paragraphs.insert(0, words.phrase("incident_of").format(fact.number, agreement))
    if isinstance(fact, _DisputeEvent):
        paragraphs += dispute_words.why_you(fact, words, names, reader)
    figures = [(words.label(name), value) for name, value in values]
    named = {name: str(context[name]) for name in ("provider", "customer", "responsible")}
    named |= {"title": str(context["subject_title"]), **dict(values)}
    named |= {_ALSO_CALLED[name]: value for name, value in values if name in _ALSO_CALLED}
    button = "give_feedback" if isinstance(fact, IncidentFeedbackAsked) else "button"
    button = "read_report" if isinstance(fact, MonthlyReportCompiled) else button
    return Gist(words, agreement, str(context["service"]), subject, paragraphs, figures, _tone(fact), named, button)


def _of_dispute_itself(fact: _DisputeEvent, words: Words, names: Mapping[str, str], reader: Reader) -> dict[str, str]:
    return {
        "turn": dispute_words.turn(fact, words, names, reader), "mediator": dispute_words.mediator(fact, names),
        "result": dispute_words.result(fact, words) if isinstance(fact, DisputeSettled) else "",
        "outcome": dispute_words.outcome(fact, words) if isinstance(fact, DisputeSettled) else "",
    }  # fmt: skip


def _taken_up_by(fact: _Told, names: Mapping[str, str]) -> str:
    """Who has taken it up while more are needed, by their names."""
    contacts: tuple[str, ...] = getattr(fact, "taken_up_by", None) or ()
    party = getattr(fact, "responsible", None) or fact.provider
    return ", ".join(names.get(f"{party}/{each}", each) for each in contacts)


def _of_maintenance(fact: _MaintenanceEvent, words: Words) -> dict[str, str]:
    return {"concerned": maintenance_words.concerned(fact, words), "why": maintenance_words.why(fact, words)}


def is_told(fact: Fact) -> bool:
    """Whether there is a letter about such an event."""
    return isinstance(fact, _Told) and has_template(fact.type)


def _subject_title(fact: _Told, words: Words) -> str:
    if isinstance(fact, _DisputeEvent):
        return dispute_words.subject(fact, words)
    if isinstance(fact, _IncidentEvent):
        return words.title(fact.title, fact.incident)
    if isinstance(fact, IncidentFeedbackAsked):
        return words.title(fact.title, fact.incident)
    if isinstance(fact, _OnCallEvent):
        return words.title(fact.title, fact.rotation.partition("/")[2])
    if isinstance(fact, _ObligationEvent):
        return words.title(fact.text, fact.obligation)
    if isinstance(fact, Agreed) and not isinstance(fact, _CreditEvent):
        return words.title(fact.agreement_title, fact.agreement)
    return words.title(fact.objective_title, fact.objective)


def _figures(
    fact: _Told, words: Words, agreement: str, names: Mapping[str, str], reader: Reader
) -> list[tuple[str, str]]:
    about = [("agreement", agreement)]
    if isinstance(fact, _OnCallEvent):
        return [("from", words.when(fact.start)), ("until", words.when(fact.end)), *about]
    if isinstance(fact, _CreditEvent):
        return [*_of_credit(fact, words), *about]
    if isinstance(fact, _ObligationEvent):
        owed_by = names.get(fact.party, fact.party)
        return [("owed_by", owed_by), ("due_by", words.when(fact.due_at)), *about]
    if isinstance(fact, _ReviewEvent):
        period = PeriodSpan(start=fact.since, end=fact.until)
        figures = [("review", str(fact.review)), ("meeting", words.date(fact.meeting))]
        return [*figures, ("period", _period(period, words)), *about, *_by_when(fact, words)]
    if isinstance(fact, MonthlyReportCompiled):
        return [*month_words.figures(fact, words), *about]
    if isinstance(fact, IncidentFeedbackAsked):
        service = words.title(fact.service_title, fact.service)
        return [("incident", fact.number), ("service", service), *about, *_by_when(fact, words)]
    if isinstance(fact, Agreed):
        return [*about, ("version", str(fact.version)), *_by_when(fact, words)]
    if fact.service is not None:
        about.insert(0, ("service", words.title(fact.service_title, fact.service)))
    if isinstance(fact, _DisputeEvent):
        return [*_of_dispute(fact, words, names, reader), *about]
    if isinstance(fact, _IncidentEvent):
        figures = [("incident", fact.number), ("priority", fact.priority), *about]
        if fact.impact_started_at is not None:
            figures.append(("since", words.when(fact.impact_started_at)))
        if isinstance(fact, IncidentEscalated | IncidentHandedOver | SnoozeEnded) and fact.acknowledge_by is not None:
            figures.append(("answer_by", words.when(fact.acknowledge_by)))
        return [*figures, *(_by_when(fact, words) if isinstance(fact, PauseRequested) else [])]
    figures = [("objective", words.title(fact.objective_title, fact.objective)), *_judged(fact, words)]
    figures.append(("target", f"{words.decimal(fact.target)} {fact.unit or '%'}"))
    figures.append(("period", _period(fact.period, words)))
    if fact.permitted_loss_left is not None:
        figures.append(("left", words.money(fact.permitted_loss_left)))
    if fact.credit_percent is not None:
        figures.append((_credit_label(fact), f"{words.decimal(fact.credit_percent)} %"))
    return [*figures, *about]


def _by_when(fact: Agreed | PauseRequested, words: Words) -> list[tuple[str, str]]:
    """Until when an answer is awaited."""
    answer_by = getattr(fact, "answer_by", None)
    return [] if answer_by is None else [("answer_by", words.when(answer_by))]


def _of_dispute(fact: _DisputeEvent, words: Words, names: Mapping[str, str], reader: Reader) -> list[tuple[str, str]]:
    figures = [("dispute", fact.number), ("raised_by", names.get(fact.raised_by, fact.raised_by))]
    if fact.period is not None:
        figures.append(("period", _period(fact.period, words)))
    if isinstance(fact, DisputeRaised) and fact.measured is not None:
        figures += _measured(fact.measured, words)
    if fact.deadline is not None:
        figures.append(("by_when", words.when(fact.deadline)))
    figures += [("evidence", each) for each in dispute_words.evidence(fact, words)]
    return [*figures, *dispute_words.ways(fact, reader)]


def _of_credit(fact: _CreditEvent, words: Words) -> list[tuple[str, str]]:
    figures = [
        ("objective", words.title(fact.objective_title, fact.objective)), ("period", _period(fact.period, words)),
        ("amount", words.money(fact.amount)),
    ]  # fmt: skip
    if fact.outstanding != fact.amount:
        figures.append(("outstanding", words.money(fact.outstanding)))
    if fact.status == "due" and fact.claim_until is not None:
        figures.append(("claim_until", words.when(fact.claim_until)))
    return figures


def _measured(figure: _ObjectiveEvent | DisputedFigure, words: Words) -> list[tuple[str, str]]:
    if figure.value is not None:
        return [("measured", f"{words.decimal(figure.value)} {figure.unit}")]
    return [] if figure.attainment is None else [("measured", f"{words.decimal(figure.attainment)} %")]


def _judged(fact: _ObjectiveEvent, words: Words) -> list[tuple[str, str]]:
    """The figure; of one that was corrected both, by what they are."""
    figures = _measured(fact, words)
    if not isinstance(fact, PeriodCorrected) or _is_as_before(fact):
        return figures
    before = DisputedFigure(attainment=fact.attainment_before, value=fact.value_before, unit=fact.unit)
    now = "corrected" if fact.dispute is None else "agreed"
    return [*[("before", said) for _, said in _measured(before, words)], *[(now, said) for _, said in figures]]


def _is_as_before(fact: PeriodCorrected) -> bool:
    """Whether something else was corrected than the figure. Earlier events have no exact one."""
    if fact.exact is not None:
        return fact.exact == fact.exact_before
    return (fact.attainment, fact.value) == (fact.attainment_before, fact.value_before)


def _credit_label(fact: _ObjectiveEvent) -> str:
    """Until the period is closed, what is owed may still change."""
    open_ = fact.at < fact.period.end
    if isinstance(fact, PeriodCorrected):
        open_ = open_ or fact.final is False
    elif isinstance(fact, ObjectiveBreached):
        open_ = not fact.late
    return "credit_so_far" if open_ else "credit"


_ALSO_CALLED = {"credit_so_far": "credit", "corrected": "measured", "agreed": "measured"}
"""What a party's own wording calls them, whatever they are labelled with this time."""


def _period(period: PeriodSpan, words: Words) -> str:
    return words.period(period.start, period.end)


_TONES = {
    **dict.fromkeys(("opened", "escalated", "handed_over", "raised", "escalation_exhausted", "breached",
                    "reopened"), "bad"),
    **dict.fromkeys(("missed", "unacknowledged", "snooze_ended"), "bad"),
    **dict.fromkeys(("snoozed", "overridden", "override_withdrawn", "commented", "published"), "calm"),
    **dict.fromkeys(("at_risk", "failing", "forecast", "contact_unreached", "reminded"), "warn"),
    **dict.fromkeys(("pause_requested", "pause_lapsed"), "warn"),
    **dict.fromkeys(("closed", "corrected", "paused", "updated", "prioritised", "pause_answered",
                    "owner_changed", "impact_corrected", "merged"), "calm"),
}  # fmt: skip


_ASKING = (
    "reminded", "date_ahead", "termination_given", "owed", "contested", "refused", "lapsed", "due", "overdue",
    "demanded", "arose",
)  # fmt: skip
"""What is told of an agreement that somebody must act on, or that weighs on one of them."""


def _tone(fact: Fact) -> str:
    what = fact.type.split(".")[2]
    if isinstance(fact, Agreed):
        return "warn" if what in _ASKING else "calm"
    if isinstance(fact, _DisputeEvent):
        return "warn" if what in ("reminded", "step_defaulted") else "calm"
    return _TONES.get(what, "good")
