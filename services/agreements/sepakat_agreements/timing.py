"""What is to happen to an agreement next, and what the passing of time does to it. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce
from typing import Final

from sepakat_agreements import negotiation, signing, term
from sepakat_agreements.agreement import Agreement, Event, Status
from sepakat_agreements.folding import apply


def due_at(agreement: Agreement) -> datetime | None:
    """The next instant at which something is to be done; None where nothing is awaited."""
    if agreement.ended_at is not None:
        return None
    signed = [each for each in (agreement.current, *agreement.following) if each.status is Status.SIGNED]
    waits = [term.due_at(agreement), *(each.effective_from for each in signed)]
    if agreement.open is not None:
        waits += [each.due_at for each in agreement.open.open_proposals]
    return min((each for each in waits if each is not None), default=None)


_ORDER: Final[tuple[Callable[[Agreement, datetime], Sequence[Event]], ...]] = (
    negotiation.fire, signing.activate, term.fire,
)  # fmt: skip


def fire(agreement: Agreement | None, now: datetime) -> Sequence[Event]:
    """Everything that is due, each decided of what the one before it left."""
    if agreement is None:
        return []
    events: list[Event] = []
    for decide in _ORDER:
        decided = decide(agreement, now)
        events += decided
        agreement = reduce(apply, decided, agreement)
    return events
