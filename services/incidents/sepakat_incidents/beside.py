"""Levels that are told beside the ladder because a clock runs out: nobody's answer is waited for, and the ladder stays
where it stands. Pure.
"""

from datetime import datetime

from sepakat_incidents.escalation import Escalated, Rosters, Rung, told_by
from sepakat_incidents.incident import Beside, Incident


def tell(incident: Incident, level: int, now: datetime, rosters: Rosters) -> list[Escalated]:
    """Tell a level; where it has nobody, the next one that has not heard as well."""
    told: list[Escalated] = []
    for number, rung in enumerate(incident.ladder.rungs, 1):
        if number < level:
            continue
        if told and _has_heard(incident, number):
            break
        contacts = told_by(rung, now, rosters)
        told.append(
            Escalated(number, incident.round, contacts, None, now, "time-left", webhooks=rung.webhooks, kind=rung.kind)
        )
        if contacts or not set(rung.webhooks) <= set(incident.silent):
            break
    return told


def instead(before: Incident, after: Incident, now: datetime, rosters: Rosters) -> list[Escalated]:
    """Who hears of it in place of those who are known not to be reached since `before`."""
    events: list[Escalated] = []
    for was, each in zip(before.beside, after.beside, strict=True):
        lost = _is_lost(after, each) and not _is_lost(before, was)
        if lost and _runs(after, each.level) and not _has_heard(after, each.level + 1):
            events.extend(tell(after, each.level + 1, now, rosters))
    return events


def called(incident: Incident) -> list[str]:
    """The endpoints that these levels call."""
    return [each for told in incident.beside for rung in _rungs(incident, told.level) for each in rung.webhooks]


def _is_lost(incident: Incident, told: Beside) -> bool:
    """Whether nobody of it is reached."""
    webhooks = {each for rung in _rungs(incident, told.level) for each in rung.webhooks}
    return webhooks <= set(incident.silent) and set(told.contacts) <= set(told.unreached)


def _runs(incident: Incident, level: int) -> bool:
    """Whether the clock that it was told for runs still; any clock, where it was told in place of another level."""
    left = next((rung.left for rung in _rungs(incident, level)), None)
    return any(
        each.stopped_at is None and (left is None or each.measures == left.clock) for each in incident.clocks
    )  # fmt: skip


def _has_heard(incident: Incident, level: int) -> bool:
    return level <= incident.level or incident.round > 1 or level in incident.foretold


def _rungs(incident: Incident, level: int) -> tuple[Rung, ...]:
    """That one, unless another ladder is shorter."""
    return incident.ladder.rungs[level - 1 : level]
