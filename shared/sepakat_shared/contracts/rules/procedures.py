"""Maintenance, disputes and reviews: what happens when, and who has the next word."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from sepakat_shared import spans
from sepakat_shared.contracts.rules import recurring
from sepakat_shared.contracts.rules.naming import Broken, known
from sepakat_shared.contracts.texts import Agreement, Disputes, DisputeStep, Maintenance, MaintenanceWindow


def check(text: Agreement) -> Iterator[Broken]:
    if text.maintenance is not None:
        yield from _check_maintenance(text.maintenance, text)
    if text.disputes is not None:
        yield from _check_disputes(text.disputes, text)
    yield from _check_review(text)


def _check_maintenance(agreed: Maintenance, text: Agreement) -> Iterator[Broken]:
    for i, freeze in enumerate(agreed.freezes):
        if freeze.until < freeze.from_:
            yield f"/maintenance/freezes/{i}/until", "must not be before `from`"
    if agreed.allowance is not None and agreed.allowance.max <= timedelta(0):
        yield "/maintenance/allowance/max", "must be longer than nothing; without an allowance leave it out"
    for i, window in enumerate(agreed.windows):
        yield from _check_window(f"/maintenance/windows/{i}", window, text)
    ids = [window.id for window in agreed.windows]
    for i, id in enumerate(ids):
        if id in ids[:i]:
            yield f"/maintenance/windows/{i}/id", f"{id!r} stands twice"


def _check_window(at: str, window: MaintenanceWindow, text: Agreement) -> Iterator[Broken]:
    if window.duration <= timedelta(0):
        yield f"{at}/duration", "must be longer than nothing"
    objectives = {objective.id for objective in text.objectives}
    for j, id in enumerate(window.objectives):
        yield from known(f"{at}/objectives/{j}", id, objectives, "an objective of this agreement")
    if window.rrule is not None:
        yield from ((f"{at}/rrule", rule) for rule in recurring.broken(window.rrule))
    if window.start.year < recurring.EARLIEST:
        yield f"{at}/start", f"must not be before {recurring.EARLIEST}"
        return
    if window.start.year >= spans.LAST_DAY.year:
        yield f"{at}/start", f"must be before {spans.LAST_DAY.year}: calendars are not reckoned with beyond it"
        return
    first = window.start.astimezone(ZoneInfo(text.term.time_zone)).date()
    if first > text.term.until:
        yield f"{at}/start", f"is after the term, which ends on {text.term.until}: it would never be"


def _check_disputes(agreed: Disputes, text: Agreement) -> Iterator[Broken]:
    if agreed.days == "business":
        calendars = {calendar.id for calendar in text.calendars}
        yield from known("/disputes/calendar", agreed.calendar or "", calendars, "a calendar of this agreement")
    for i, step in enumerate(agreed.steps):
        yield from _check_step(f"/disputes/steps/{i}", step)
        if step.otherwise == "next" and i + 1 == len(agreed.steps):
            yield f"/disputes/steps/{i}/otherwise", "there is no next step: write forum, upheld or rejected"
        if step.otherwise == "forum" and not agreed.forum:
            yield "/disputes/forum", "is where a step sends the dispute; name it"


def _check_step(at: str, step: DisputeStep) -> Iterator[Broken]:
    times = [step.answer_within, step.settle_within, step.decide_within]
    if sum(time is not None for time in times) != 1:
        yield at, "names exactly one of `answerWithin`, `settleWithin` and `decideWithin`"
    if step.answer_within is not None and step.by not in ("provider", "customer"):
        yield f"{at}/by", "an answer is due from the provider or the customer"
    if (step.decide_within is not None) != (step.by == "mediator"):
        yield f"{at}/by", "a mediator decides, and nobody else does"
    elif step.by == "mediator" and step.contact is None:
        yield f"{at}/contact", "says who the mediator is; name a contact"
    if step.party is not None and step.by != "mediator":
        yield f"{at}/party", "says whose contact a mediator is; nobody else's is asked for here"


def _check_review(text: Agreement) -> Iterator[Broken]:
    review = text.review
    if review is None:
        return
    if not text.term.from_ <= review.first <= text.term.until:
        yield "/review/first", f"must be within the term, {text.term.from_} to {text.term.until}"
    if review.participants and review.chair is not None and review.chair not in review.participants:
        yield "/review/participants", f"{review.chair!r} chairs the review: name them here too"
