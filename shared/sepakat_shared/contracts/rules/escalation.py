"""Priorities, who is told and when, who is on call."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic.alias_generators import to_camel

from sepakat_shared.contracts.rules.naming import Broken, calendars_of, known, parties_of, unique
from sepakat_shared.contracts.texts import Agreement, Layer, Level

_NAMES = [f"P{i}" for i in range(1, 6)]


def check(text: Agreement) -> Iterator[Broken]:
    for name, policy in text.escalation.items():
        for i, level in enumerate(policy.levels):
            yield from _check_level(f"/escalation/{name}/levels/{i}", level, name, text)
    yield from _check_priorities(text)
    yield from _check_rotations(text)
    yield from _check_note(text)
    if text.reporting is not None:
        hours = text.reporting.hours
        yield from known("/reporting/hours", hours, calendars_of(text), "a calendar of this agreement, or 24x7")


def _check_priorities(text: Agreement) -> Iterator[Broken]:
    if text.priorities is None:
        return
    for name in _NAMES:
        priority = text.priorities.get(name)
        if priority is None:
            continue
        at = f"/priorities/{name}"
        if priority.escalation is not None:
            policies = set(text.escalation)
            yield from known(
                f"{at}/escalation", priority.escalation, policies, "an escalation policy of this agreement"
            )
        if priority.calendar is not None:
            yield from known(f"{at}/calendar", priority.calendar, calendars_of(text), "a calendar of this agreement")
        for limit in ("first_response", "restore", "resolve", "update_every"):
            if getattr(priority, limit) == timedelta(0):
                yield f"{at}/{to_camel(limit)}", "must be longer than nothing"
        if priority.restore is not None and priority.resolve is not None and priority.resolve < priority.restore:
            yield f"{at}/resolve", "must not be shorter than `restore`: what is resolved is restored too"
    given = {name for name in _NAMES if text.priorities.get(name) is not None}
    degrees = ("high", "medium", "low")
    cells = [f"{impact}-{urgency}" for impact in degrees for urgency in degrees]
    for cell, name in text.priorities.matrix.items():
        yield from known(f"/priorities/matrix/{cell}", cell, cells, "an impact and an urgency")
        yield from known(f"/priorities/matrix/{cell}", name, given, "a priority of this agreement")


def _check_level(at: str, level: Level, policy: str, text: Agreement) -> Iterator[Broken]:
    if not level.acknowledge_within:
        yield f"{at}/acknowledgeWithin", "must be longer than nothing"
    if level.hours is not None:
        calendars = [calendar.id for calendar in text.calendars]
        yield from known(f"{at}/hours", level.hours, calendars, "a calendar of this agreement")
    if (level.hours is None) != (level.otherwise is None):
        yield f"{at}/otherwise", "says who is told outside of `hours`: both are needed, or none"
    if level.acknowledgements is not None and level.acknowledgements > len(level.notify):
        yield f"{at}/acknowledgements", "must not be more than those who are told"
    left = level.when_left
    if left is not None:
        if (left.percent is None) == (left.time is None):
            yield f"{at}/whenLeft", "names exactly one of `percent` and `time`"
        if not _has_limit(text, policy, left.clock):
            rule = f"no priority with this policy has a limit for {left.clock}; it would never be"
            yield f"{at}/whenLeft/clock", rule


def _has_limit(text: Agreement, policy: str, clock: str) -> bool:
    """Whether a priority that escalates by `policy` limits that clock, or an objective measures it."""
    field, fact = {
        "first-response": ("first_response", "responded"), "restore": ("restore", "restored"),
        "resolve": ("resolve", "resolved"),
    }[clock]  # fmt: skip
    named = [text.priorities.get(name) for name in _NAMES] if text.priorities is not None else []
    limited = any(each is not None and each.escalation == policy and getattr(each, field) for each in named)
    return limited or any(each.clock is not None and each.clock.until == fact for each in text.objectives)


def _check_rotations(text: Agreement) -> Iterator[Broken]:
    yield from unique("/rotations", (each.id for each in text.rotations or ()))
    for i, rotation in enumerate(text.rotations or ()):
        if rotation.party is not None:
            where = f"/rotations/{i}/party"
            yield from known(where, rotation.party, parties_of(text), "a party of this agreement")
        for j, layer in enumerate(rotation.layers):
            yield from _check_layer(f"/rotations/{i}/layers/{j}", layer)


def _check_layer(at: str, layer: Layer) -> Iterator[Broken]:
    if isinstance(layer.every, timedelta) and layer.every < timedelta(hours=1):
        yield f"{at}/every", "must be an hour at least"
    if (layer.every == "week") != (layer.weekday is not None):
        yield f"{at}/weekday", "names the day of the handover where turns are weeks, and only there"
    for days, hours in layer.hours.items():
        for k, each in enumerate(hours):
            opens, closes = each.split("-")
            if opens >= closes:
                rule = f"{each!r} ends before it begins; write {opens}-24:00 and 00:00-{closes}"
                yield f"{at}/hours/{days}/{k}", rule


def _check_note(text: Agreement) -> Iterator[Broken]:
    note = text.post_incident_note
    if note is None:
        return
    if note.within <= timedelta(0):
        yield "/postIncidentNote/within", "must be longer than nothing, such as P5D"
    for i, name in enumerate(note.priorities):
        if text.priorities is not None and text.priorities.get(name) is None:
            there = ", ".join(each for each in _NAMES if text.priorities.get(each) is not None) or "none"
            yield f"/postIncidentNote/priorities/{i}", f"{name!r} is not a priority of this agreement (there: {there})"


def advise(text: Agreement) -> Iterator[Broken]:
    used = set()
    for name in _NAMES:
        priority = text.priorities.get(name) if text.priorities is not None else None
        if priority is not None and priority.escalation is None:
            yield f"/priorities/{name}", "names no escalation policy: of its incidents nobody is told"
        elif priority is not None:
            used.add(priority.escalation)
    for policy in text.escalation:
        if text.priorities is not None and policy not in used:
            yield f"/escalation/{policy}", "no priority escalates by it"
