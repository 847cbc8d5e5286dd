"""From single misses to what repeated ones lead to, by the text: an improvement plan, a right to terminate. Pure.

Misses count together when they lie within the span that the text gives: the first of them, plus that span, is after the
last one. A miss that led to a plan leads to no other plan; a right stands for all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Final
from zoneinfo import ZoneInfo

from sepakat_agreements.agreement import Version
from sepakat_agreements.crediting import later
from sepakat_agreements.standing import (
    About,
    Arose,
    Counted,
    Demanded,
    Discounted,
    Event,
    Lapsed,
    Miss,
    Plan,
    PlanStatus,
    Right,
    Standing,
    Withdrawn,
    apply,
)
from sepakat_shared.contracts import texts

_DRAFT_WITHIN: Final = "P14D"
_UNDRAFTED: Final = (PlanStatus.DEMANDED,)


@dataclass(frozen=True)
class Terms:
    """What the text says of repeated misses of one kind: `rule` names the kind, `zone` is the term's."""

    about: About
    rule: str
    zone: ZoneInfo
    plan: texts.PlanDemand | None
    termination: texts.TerminationRight | None


def of_target(version: Version, objective: str) -> Terms | None:
    """Of missed targets: of all together, or of this one; None where the text says nothing of them."""
    text = texts.Agreement.model_validate(version.text)
    remedies = text.remedies
    if remedies is None or (remedies.improvement_plan is None and remedies.termination is None):
        return None
    rule = f"target/{objective}" if remedies.counted == "each" else "targets"
    return Terms(
        about(version), rule, ZoneInfo(text.term.time_zone), remedies.improvement_plan, remedies.termination
    )  # fmt: skip


def of_obligation(version: Version, obligation: str) -> Terms | None:
    """Of one obligation; None where the text says nothing of its misses."""
    text = texts.Agreement.model_validate(version.text)
    unmet = next((each.unmet for each in text.obligations if each.id == obligation), None)
    if unmet is None or (unmet.improvement_plan is None and unmet.termination is None):
        return None
    zone = ZoneInfo(text.term.time_zone)
    return Terms(about(version), f"obligation/{obligation}", zone, unmet.improvement_plan, unmet.termination)


def about(version: Version) -> About:
    return About(
        version.text["metadata"]["id"], version.version, version.provider, version.customer,
        version.text["metadata"].get("title"), version.contacts(version.provider), version.contacts(version.customer),
    )  # fmt: skip


# -- decisions ---------------------------------------------------------------------------------------------------------


def count(standing: Standing | None, terms: Terms, miss: Miss, now: datetime) -> Sequence[Event]:
    """Something was missed; what is known already counts once."""
    if standing is not None and any(each.id == miss.id for each in standing.misses):
        return []
    events: list[Event] = [Counted(terms.about, miss)]
    after = apply(standing, events[0])
    events += _demanded(after, terms, miss, now)
    after = reduce(apply, events[1:], after)
    return [*events, *_arisen(after, terms, miss, now)]


def discount(standing: Standing | None, terms: Terms | None, miss: str, now: datetime) -> Sequence[Event]:
    """That was no miss after all: what it led to falls, where too few are left and nobody has acted on it yet."""
    known = next((each for each in standing.misses if each.id == miss), None) if standing else None
    if standing is None or known is None:
        return []
    events: list[Event] = [Discounted(miss, now)]
    if terms is None:
        return events
    after = apply(standing, events[0])
    for plan in after.plans:
        if plan.rule == known.rule and miss in plan.misses and plan.status in _UNDRAFTED and terms.plan is not None:
            left = [each for each in after.misses if each.id in plan.misses]
            if _repeated(left, terms.plan, terms.zone) is None:
                events.append(Withdrawn(plan.id, now))
    for right in after.rights:
        if right.rule == known.rule and right.lapsed_at is None and terms.termination is not None:
            # What was missed before those it arose from is no cause of it: they alone, and what came after them, are.
            since = min((each.at for each in standing.misses if each.id in right.misses), default=right.since)
            left = [each for each in after.misses if each.rule == right.rule and each.at >= since]
            if _repeated(left, terms.termination, terms.zone) is None:
                events.append(Lapsed(right.id, True, now))
    return events


def _demanded(standing: Standing, terms: Terms, miss: Miss, now: datetime) -> Sequence[Event]:
    wanted = terms.plan
    plans = [each for each in standing.plans if each.rule == terms.rule]
    if wanted is None or any(each.is_open for each in plans):
        return []
    used = {id for each in plans if each.status is not PlanStatus.WITHDRAWN for id in each.misses}
    left = [each for each in standing.misses if each.rule == terms.rule and each.id not in used]
    found = _repeated(left, wanted, terms.zone, miss)
    if found is None:
        return []
    id = f"{terms.about.agreement}.{len(standing.plans) + 1:03d}"
    draft_by = later(now, wanted.draft_within or _DRAFT_WITHIN, terms.zone)
    return [Demanded(Plan(id, terms.rule, miss.party, found, now, draft_by))]


def _arisen(standing: Standing, terms: Terms, miss: Miss, now: datetime) -> Sequence[Event]:
    wanted = terms.termination
    left = [each for each in standing.misses if each.rule == terms.rule]
    found = None if wanted is None else _repeated(left, wanted, terms.zone, miss)
    if wanted is None or found is None:
        return []
    known = next((each for each in standing.rights if each.rule == terms.rule and each.stands(now)), None)
    if known is not None and known.until is None:
        return []
    id = known.id if known else f"{len(standing.rights) + 1}"
    until = None if wanted.exercise_within is None else later(now, wanted.exercise_within, terms.zone)
    notice = None if wanted.notice is None else wanted.notice.total_seconds()
    party = terms.about.other(miss.party)
    since = known.since if known else now
    return [Arose(Right(id, terms.rule, party, found, since, until, notice))]


def _repeated(
    misses: Sequence[Miss], wanted: texts.Misses, zone: ZoneInfo, with_: Miss | None = None
) -> tuple[str, ...] | None:
    """The ids of so many misses within the span, in their order, with that one among them; None where there are none.

    Figures may come out of order: every miss may be the last one of such a group.
    """
    ordered = sorted(misses, key=lambda each: (each.at, each.id))
    for last in ordered:
        group = [each for each in ordered if each.at <= last.at < later(each.at, wanted.within, zone)]
        if len(group) >= wanted.misses and (with_ is None or with_ in group):
            return tuple(each.id for each in group)
    return None


def expire(standing: Standing, now: datetime) -> Sequence[Event]:
    """Rights whose time has passed."""
    return [
        Lapsed(each.id, False, now) for each in standing.rights
        if each.lapsed_at is None and each.until is not None and each.until <= now
    ]  # fmt: skip
