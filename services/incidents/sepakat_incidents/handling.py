"""How a text says that an incident is handled: its priority, the ladder, the limits of its clocks. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from sepakat_incidents.clocks import Measures, Terms
from sepakat_incidents.escalation import Ladder
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.texts import Agreement, Limit, Objective, Priority

WAITING_FOR_CUSTOMER = "waiting-for-customer"
_FACTS: dict[Measures, str] = {"first-response": "responded", "restore": "restored", "resolve": "resolved"}
"""What each clock waits for, as `per-case` objectives call it."""


@dataclass(frozen=True)
class Handling:
    priority: str
    ladder: Ladder = field(default_factory=Ladder)
    clocks: tuple[Terms, ...] = ()
    version: int = 0


def handling(text: Agreement, version: int, service: str, wanted: str) -> Handling:
    """As `wanted` is handled, or the first priority that the agreement has where it lacks that one."""
    names = [wanted, *[f"P{i}" for i in range(1, 6)]] if text.priorities is not None else []
    name = next((each for each in names if text.priorities and text.priorities.get(each) is not None), wanted)
    priority = text.priorities.get(name) if text.priorities else None
    policy = text.escalation.get(priority.escalation) if priority and priority.escalation else None
    return Handling(name, Ladder.of(policy, text), tuple(_clocks(text, service, name, priority or Priority())), version)


def _clocks(text: Agreement, service: str, name: str, priority: Priority) -> Iterator[Terms]:
    reasons = (WAITING_FOR_CUSTOMER,) if priority.pause_while is None else priority.pause_while
    calendar = _calendar(text, priority.calendar)
    given: dict[Measures, timedelta | None] = {
        "first-response": priority.first_response, "restore": priority.restore, "resolve": priority.resolve,
    }  # fmt: skip
    for measures, limit in given.items():
        terms = (
            Terms(measures, limit.total_seconds(), calendar, reasons) if limit
            else _measured(text, service, name, measures)
        )  # fmt: skip
        if terms is not None and terms.limit > 0:
            yield terms
    if priority.update_every:
        yield Terms("update", priority.update_every.total_seconds(), calendar, reasons)


def _measured(text: Agreement, service: str, priority: str, measures: Measures) -> Terms | None:
    """The strictest limit of the objectives that measure this service's tickets from their opening."""
    indicator = f"{text.parties.provider}/{service}-tickets"
    found = [
        Terms(
            measures, limit.total_seconds(), _calendar(text, each.clock.calendar), each.clock.pause_while, each.id
        )
        for each in text.objectives
        if each.indicator == indicator and each.clock is not None and each.clock.from_ == "opened"
        and each.clock.until == _FACTS[measures] and each.where.get("priority", priority) == priority
        and (limit := _limit(each)) is not None
    ]  # fmt: skip
    return min(found, key=lambda each: each.limit_seconds, default=None)


def measuring(text: Agreement, service: str, measures: Measures) -> tuple[str, ...]:
    """The objectives that measure what a clock does, of whatever priority: none of another clock is among them."""
    indicator = f"{text.parties.provider}/{service}-tickets"
    return tuple(
        each.id for each in text.objectives
        if each.indicator == indicator and each.clock is not None
        and (each.clock.from_, each.clock.until) == ("opened", _FACTS[measures])
    )  # fmt: skip


def _limit(objective: Objective) -> timedelta | None:
    given = objective.threshold if isinstance(objective.threshold, Limit) else None
    return given.at_most if given is not None and isinstance(given.at_most, timedelta) else None


def _calendar(text: Agreement, id: str | None) -> dict[str, object] | None:
    found = next((each for each in text.calendars if each.id == id), None)
    return None if found is None else _plain(found)


def _plain(calendar: texts.Calendar) -> dict[str, object]:
    return calendar.model_dump(mode="json", by_alias=True, exclude_none=True)
