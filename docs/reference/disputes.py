"""`python docs/reference/disputes.py [--check]`: disputes.md beside this file, by walking the state machine itself.

Every move is tried on every dispute that can be reached under every usual procedure; what the decisions allow is drawn.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import combinations, product
from pathlib import Path
from typing import get_args

from sepakat_incidents import settling
from sepakat_incidents.dispute import About, Dispute, Event, Result, Statement, Status, Subject, apply
from sepakat_incidents.procedure import Act, Otherwise, Procedure, Step, Who
from sepakat_incidents.remedy import Adjustment, Bounds, Remedy
from sepakat_shared.errors import SepakatError

PAGE = Path(__file__).with_suffix(".md")
Edge = tuple[str, str, str]
"""From a status, by what, to a status."""
_NOW = datetime(2026, 12, 2, tzinfo=UTC)
_START = datetime(2026, 11, 10, tzinfo=UTC)
_BEGIN = "[*]"
_SAID = Statement("a statement")
_INTRODUCTION = """\
# Disputes

Written by `make contracts` from the decisions themselves (`sepakat_incidents.settling`): each move was tried in each
state under every procedure that asks for an answer, a settlement and a mediator in this order, or for some of them.
Which steps there are, how long each lasts and what its silence means is in the agreement's text (`disputes`); why the
rules are as they are is in [the decision](../adr/0009-disputes.md).

The mediator whom a step names decides with a key of their own, which an operator issues for that agreement and contact:
`sepakat apikeys issue arbiter --mediates AGREEMENT/CONTACT --scope disputes:read --scope disputes:write`. It acts for
neither party, opens the disputes that the agreement has that contact mediate, and decides while the step is theirs
(`sepakat disputes decide`). What the forum decided is recorded by an operator.

A step says who the mediator is and whose contact, of any party that is recorded with that contact (`sepakat apply`):
`{by: mediator, contact: arbiter, party: arbitrase, decideWithin: P20D, otherwise: forum}`. They are written to from the
beginning of their step on, as the parties are, and reminded while it is theirs: of several mediators only the one who
decides then. One who belongs to neither party reads in each mail who has named them, and how to decline. Without
`party` only a contact of one of the two parties is found by that id, since somebody else's contact of the same id may
be anybody. Where no mail can be written to the mediator, the mails to the parties say so, and that they have to tell
them.

"""
_STATES = {
    Status.ANSWER: "waits for the answer of the party that did not raise it",
    Status.SETTLE: "waits for the parties to settle it",
    Status.DECIDE: "waits for the mediator",
    Status.FORUM: "the agreed steps are at their end; waits for the forum outside, without a deadline",
    Status.SETTLED: "has an outcome: upheld, partly or rejected",
    Status.WITHDRAWN: "was given up by the party that raised it",
}


def _remedy(hours: int) -> Remedy:
    return Remedy((Adjustment("downtime", ("o",), _START, _START + timedelta(hours=hours)),))


def _raised(procedure: Procedure, by: str) -> Dispute:
    about = About("agreement", 1, "provider", "customer", Subject("verdict", "o", Bounds("o")), by)
    events = settling.raise_(None, "d", "D", about, procedure, _remedy(3), _SAID, None, by, _NOW)
    return reduce(apply, events[1:], apply(None, events[0]))


Move = Callable[[Dispute, datetime], Sequence[Event]]


def _moves(dispute: Dispute) -> Iterator[tuple[str, Move]]:
    """Everything that anybody, or time, may try."""
    for party in ("provider", "customer"):
        for offer, what in ((None, "refused"), (_remedy(2), "answered with an offer")):
            yield what, lambda d, now, p=party, o=offer: settling.answer(d, p, _SAID, o, p, now)  # type: ignore[misc]
        yield "countered", lambda d, now, p=party: settling.counter(d, p, _SAID, _remedy(1), p, now)  # type: ignore[misc]
        for each in dispute.offers:
            yield "accepted", lambda d, now, p=party, n=each.number: settling.accept(d, p, n, p, now)  # type: ignore[misc]
        yield "withdrawn", lambda d, now, p=party: settling.withdraw(d, p, None, p, now)  # type: ignore[misc]
    for result in get_args(Result):
        remedy = _remedy(2) if result == "partly" else None
        yield "decided", lambda d, now, r=result, m=remedy: settling.decide(d, r, m, "so", "operator", now)  # type: ignore[misc]


def _of_time(dispute: Dispute) -> Iterator[tuple[str, Sequence[Event]]]:
    turn = dispute.turn
    if turn is not None:
        if turn.reminders:
            yield "reminded", settling.fire(dispute, turn.due_at)
        yield f"time passed ({turn.step.otherwise})", settling.fire(dispute, turn.deadline)


def _allowed(dispute: Dispute) -> Iterator[tuple[str, Sequence[Event]]]:
    for what, move in _moves(dispute):
        try:
            events = move(dispute, _NOW)
        except SepakatError:
            continue
        if events:
            yield what, events
    yield from _of_time(dispute)


def _procedures() -> Iterator[Procedure]:
    """Every choice of an answer, a settlement and a mediator in this order, and of what silence means in each."""
    acts: list[tuple[Who, Act]] = [("provider", "answer"), ("both", "settle"), ("mediator", "decide")]
    for length in range(len(acts) + 1):
        for chosen in combinations(acts, length):
            for silence in product(get_args(Otherwise), repeat=length):
                steps = (Step(by, act, "P5D", last) for (by, act), last in zip(chosen, silence, strict=True))
                yield Procedure("P30D", "UTC", tuple(steps), "forum")


def edges() -> set[Edge]:
    """Every change of status that the decisions allow."""
    found: set[Edge] = set()
    for procedure, by in product(_procedures(), ("provider", "customer")):
        first = _raised(procedure, by)
        found.add((_BEGIN, "raised", first.status.value))
        reached, frontier = {_place(first)}, [first]
        while frontier:
            dispute = frontier.pop()
            for what, events in _allowed(dispute):
                after = reduce(apply, events, dispute)
                found.add((dispute.status.value, what, after.status.value))
                if _place(after) not in reached:
                    reached.add(_place(after))
                    frontier.append(after)
    return found


def _place(dispute: Dispute) -> tuple[object, ...]:
    """What tells two disputes apart as far as moves go."""
    turn = dispute.turn
    return dispute.status, turn and turn.index, turn and len(turn.reminders), len(dispute.offers)


def diagram(found: set[Edge]) -> str:
    """Mermaid; moves between the same two states share an arrow."""
    order = [_BEGIN, *[each.value for each in Status]]
    labels: dict[tuple[str, str], list[str]] = defaultdict(list)
    for start, what, end in sorted(found):
        labels[start, end].append(what)
    arrows = sorted(labels, key=lambda each: (order.index(each[0]), order.index(each[1])))
    lines = [f"    {start} --> {end}: {'<br>'.join(labels[start, end])}" for start, end in arrows]
    ends = [f"    {each.value} --> [*]" for each in (Status.SETTLED, Status.WITHDRAWN)]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, *ends, "```", ""])


def page() -> str:
    """The whole page."""
    rows = "".join(f"| `{status.value}` | {words} |\n" for status, words in _STATES.items())
    return _INTRODUCTION + diagram(edges()) + "\n| state | the dispute |\n|---|---|\n" + rows


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        sys.exit(f"{PAGE.name} differs from the decisions; run `make contracts`")
