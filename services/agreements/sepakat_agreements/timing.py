"""What is to happen to an agreement next, and what the passing of time does to it. Pure."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

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


def fire(agreement: Agreement | None, now: datetime) -> Sequence[Event]:
    """Everything that is due, each decided of what the one before it left.

    What begins and ends does so in the order of its instants, however late that is noticed: an amendment never begins
    after the end, and what was to be told before it begins is told.
    """
    if agreement is None:
        return []
    events = list(negotiation.fire(agreement, now))
    agreement = reduce(apply, events, agreement)
    while turn := _next_turn(agreement, now):
        events += turn
        agreement = reduce(apply, turn, agreement)
    return [*events, *term.foretell(agreement, now)]


def _next_turn(agreement: Agreement, now: datetime) -> Sequence[Event]:
    """The text that begins next, with what was still to be told by then, or the end of the term; none is ahead."""
    begins = signing.next_begin(agreement)
    ends = term.ends_at(agreement) if agreement.status is Status.ACTIVE else None
    if begins is not None and begins <= now and (ends is None or begins <= ends):
        return [*term.foretell(agreement, now, begins), *signing.activate(agreement, now, begins)]
    return [] if ends is None or ends > now else [term.at_the_end(agreement, now)]
