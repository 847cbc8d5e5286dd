"""What both parties owe: when it is due, what follows when it is not met."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sepakat_shared import spans
from sepakat_shared.contracts.rules import recurring
from sepakat_shared.contracts.rules.naming import Broken, calendars_of, known, parties_of
from sepakat_shared.contracts.texts import Agreement, Obligation, Remedies, Unmet

_LONGEST: Final = timedelta(days=3_660)
_HOW: Final = ("due", "every", "rrule", "after", "trigger")


def check(text: Agreement) -> Iterator[Broken]:
    for i, obligation in enumerate(text.obligations):
        at = f"/obligations/{i}"
        yield from known(f"{at}/party", obligation.party, parties_of(text), "a party of this agreement")
        yield from _check_names(at, obligation, text)
        yield from _check_time(at, obligation, text)
        if obligation.unmet is not None:
            yield from _check_remedies(f"{at}/unmet", obligation.unmet)
    if text.remedies is not None:
        yield from _check_remedies("/remedies", text.remedies)


def _check_remedies(at: str, given: Unmet | Remedies) -> Iterator[Broken]:
    for name, misses in (("improvementPlan", given.improvement_plan), ("termination", given.termination)):
        if misses is not None and not re.search(r"[1-9]", misses.within):
            yield f"{at}/{name}/within", "must be longer than nothing, such as P6M"
    plan, right = given.improvement_plan, given.termination
    if plan is not None and plan.draft_within is not None and not re.search(r"[1-9]", plan.draft_within):
        yield f"{at}/improvementPlan/draftWithin", "must be longer than nothing, such as P14D"
    if right is not None and right.notice is not None and right.notice > _LONGEST:
        yield f"{at}/termination/notice", "must not be longer than ten years"
    if right is not None and right.exercise_within is not None and not re.search(r"[1-9]", right.exercise_within):
        yield f"{at}/termination/exerciseWithin", "must be longer than nothing, such as P90D"


def _check_names(at: str, obligation: Obligation, text: Agreement) -> Iterator[Broken]:
    objectives = {each.id for each in text.objectives}
    for j, id in enumerate(obligation.unmet.pauses if obligation.unmet else ()):
        yield from known(f"{at}/unmet/pauses/{j}", id, objectives, "an objective of this agreement")
    if obligation.calendar is not None:
        calendars = calendars_of(text) - {"24x7"}
        yield from known(f"{at}/calendar", obligation.calendar, calendars, "a calendar of this agreement")
    trigger = obligation.trigger
    if trigger is None:
        return
    for j, id in enumerate(trigger.objectives):
        yield from known(f"{at}/trigger/objectives/{j}", id, objectives, "an objective of this agreement")
    if trigger.priorities and trigger.event == "target-missed":
        yield f"{at}/trigger/priorities", "are of incidents; a missed target has none"
    if trigger.objectives and trigger.event != "target-missed":
        yield f"{at}/trigger/objectives", "are of missed targets; an incident has a priority"


def _check_time(at: str, obligation: Obligation, text: Agreement) -> Iterator[Broken]:
    given = [name for name in _HOW if getattr(obligation, name) is not None]
    if len(given) > 1 and given != ["every", "after"]:
        yield f"{at}/{given[1]}", f"is one way to say when it is due, and {given[0]!r} is another; keep one of them"
    if obligation.within is not None and not timedelta(0) < obligation.within <= _LONGEST:
        yield f"{at}/within", "must be longer than nothing, and not longer than ten years"
    if obligation.within is None and obligation.trigger is not None:
        yield f"{at}/within", "is required: how long after that it is due"
    if obligation.within is not None and obligation.due is not None:
        yield f"{at}/within", "has nothing to count from: the day `due` says it all"
    if obligation.first is not None and not {"every", "rrule"} & set(given):
        yield f"{at}/first", "is for what is due again and again, with `every` or `rrule`"
    if (obligation.first or text.term.from_).year < recurring.EARLIEST and {"every", "rrule"} & set(given):
        yield f"{at}/first", f"must not be before {recurring.EARLIEST}: intervals are counted from there"
    if obligation.every is not None and not re.search(r"[1-9]", obligation.every):
        yield f"{at}/every", "must be a day at least"
    if obligation.rrule is not None:
        yield from ((f"{at}/rrule", rule) for rule in _broken(obligation.rrule))
    if obligation.due is not None and obligation.due < text.term.from_:
        yield f"{at}/due", f"must not be before the term, which begins on {text.term.from_}"
    for name, day in (("due", obligation.due), ("first", obligation.first)):
        if day is not None and day > spans.LAST_DAY:
            yield f"{at}/{name}", f"must not be after {spans.LAST_DAY}: calendars are not reckoned with beyond it"
    if obligation.remind is not None and obligation.remind > _LONGEST:
        yield f"{at}/remind", "must not be longer than ten years"


def _broken(rrule: str) -> Iterator[str]:
    """It goes on as long as the agreement does, or until a day: how often it has been is not counted."""
    yield from recurring.broken(rrule)
    if "COUNT=" in rrule:
        yield "COUNT is not taken of what is owed; give it an UNTIL"
    if re.search(r"UNTIL=\d{8}T", rrule):
        yield "UNTIL is a day of what is owed, such as 20261231"


def advise(text: Agreement) -> Iterator[Broken]:
    for i, obligation in enumerate(text.obligations):
        at = f"/obligations/{i}"
        if obligation.due is not None and obligation.due > text.term.until:
            yield f"{at}/due", f"is after the term, which ends on {text.term.until}: if that ends, it is never due"
        pauses = obligation.unmet is not None and obligation.unmet.pauses
        if pauses and obligation.party == text.parties.provider:
            yield f"{at}/unmet/pauses", "is to the good of the provider, who owes it: its own miss would excuse another"
        dated = ("due", "every", "rrule", "within")
        if obligation.unmet is not None and all(getattr(obligation, name) is None for name in dated):
            yield f"{at}/unmet", "never follows: nothing says when it is due"
