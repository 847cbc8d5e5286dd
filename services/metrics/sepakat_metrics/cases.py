"""The clocks of cases (tickets): how long each took to be answered, restored or resolved. Pure; instants are ms.

A clock runs in its calendar only. It stands still while the ticket is paused for an agreed reason, and between a stop
and the reopening that voids it. Resolved implies restored, and restored implies responded: the first fact that says or
implies what the clock waits for stops it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Final, NamedTuple

from sepakat_metrics.windows import Interval, clip, length, unite

_RANK: Final = {"opened": 1, "resumed": 1, "reopened": 1, "paused": 2, "responded": 3, "restored": 3, "resolved": 3,
                "cancelled": 4}  # fmt: skip
"""At one instant the later rank has the last word: stop wins over pause, pause over start."""

_STOPS: Final = ("responded", "restored", "resolved")  # each is implied by those after it

_DAY: Final = 86_400_000
_HORIZON: Final = 400 * _DAY  # a calendar may never open again

Running = Callable[[int, int], list[Interval]]
"""The intervals of `[start, end)` in which a clock counts: service hours, without what is excluded."""


class Step(NamedTuple):
    """One fact of a ticket, as kept; `priority`, `reason` and `agreement` are empty where none was told."""

    at: int
    source: str
    id: str
    ticket: str
    fact: str
    priority: str
    reason: str
    agreement: str = ""


@dataclass(frozen=True)
class Clock:
    """What an objective asks: from which fact until which, and how many ms of clock time it may take."""

    start: str
    stop: str
    pause_while: frozenset[str]
    limit: int | None
    """None for means."""
    priority: str | None
    """The only priority that counts; None: all."""
    agreement: str | None = None
    """The agreement whose tickets count, with those that name none; None: all."""


@dataclass(frozen=True)
class Case:
    """One ticket by one clock, as of an instant."""

    ticket: str
    priority: str
    """The latest told when it was decided; of an undecided case, the latest told."""
    started: int
    stopped: int | None
    elapsed: int
    """Clock time until the stop or as of now, corrections included."""
    wall: int
    """Time on the wall from the start until the stop or now."""
    due_at: int | None
    """When the clock reached the limit, reaches it if it runs on, or would have had it not stopped."""
    met: bool | None
    """None while it is open and not over its limit, and without a limit."""
    decided_at: int | None
    """The instant that says which period it belongs to: its stop, or when it went over the limit if that came first. A
    clock that stands at the limit may still be stopped in time, even in another period."""
    agreed_until: int | None = None
    """Of one that keeps earlier terms: until when (ms) these were in force."""


def cases(
    steps: Iterable[Step], clock: Clock, running: Running, as_of: int, corrections: Mapping[str, int] = {}
) -> list[Case]:
    """The cases that count as of `as_of`, in the order they started.

    Steps come in any order, repeated or not. `corrections` adds clock time to tickets, by a dispute's outcome.
    """
    found = [
        _judge(course, clock.limit, running, corrections.get(course.known[0].ticket, 0))
        for course in _courses(steps, clock, as_of)
    ]
    return [case for case in found if clock.priority in (None, case.priority)]


def gaps(steps: Iterable[Step], stop: str, as_of: int, agreement: str | None = None) -> list[tuple[int, int]]:
    """The time between failures, as (opened at, ms since all that opened before was over).

    Cases that open while another is open make no gap; those that open at one instant are one failure. As a reopening
    voids the stop before it, a reopened case was open all the while.
    """
    ends: dict[int, int] = {}
    for course in _courses(steps, Clock("opened", stop, frozenset(), None, None, agreement), as_of):
        end = as_of + 1 if course.stopped is None else course.stopped
        ends[course.started] = max(end, ends.get(course.started, end))
    over = list(accumulate(ends.values(), max))
    return [(opened, opened - end) for opened, end in zip(list(ends)[1:], over, strict=False) if opened >= end]


def is_of(steps: Iterable[Step], agreement: str | None) -> bool:
    """Whether a ticket counts for `agreement`: one that names no agreement does for each that its indicator serves."""
    named = {step.agreement for step in steps if step.agreement}
    return agreement is None or not named or agreement in named


@dataclass(frozen=True)
class _Course:
    """Where the clock of one ticket ran, in wall time, until `until`: the stop or the instant of asking."""

    known: list[Step]
    started: int
    stopped: int | None
    until: int
    paused: bool
    ran: list[Interval]


def _courses(steps: Iterable[Step], clock: Clock, as_of: int) -> list[_Course]:
    """The courses of the tickets known to have started by `as_of`, in that order. Those that were cancelled, or are of
    another agreement, do not count."""
    tickets: dict[str, list[Step]] = defaultdict(list)
    for step in sorted({step for step in steps if step.at <= as_of}, key=_order):
        tickets[step.ticket].append(step)
    found = [
        _follow(known, started, clock, as_of)
        for known in tickets.values()
        if (started := next((step.at for step in known if step.fact == clock.start), None)) is not None
        and all(step.fact != "cancelled" for step in known)
        and is_of(known, clock.agreement)
    ]
    return sorted(found, key=lambda course: (course.started, course.known[0].ticket))


def _order(step: Step) -> tuple[int, int, str, str, Step]:
    return step.at, _RANK.get(step.fact, 0), step.source, step.id, step


def _follow(known: list[Step], started: int, clock: Clock, as_of: int) -> _Course:
    stops = _STOPS[_STOPS.index(clock.stop) :]
    stopped: int | None = None
    paused, ran = False, []
    for step, following in zip(known, [*(step.at for step in known[1:]), as_of], strict=True):
        if step.fact == "paused":
            paused = step.reason in clock.pause_while
        elif step.fact in ("resumed", "reopened"):
            paused = False
        if step.fact in stops and stopped is None:
            stopped = max(step.at, started)  # answered by phone, the ticket written afterwards
        elif step.fact == "reopened" and clock.stop != "responded":  # a first response stays one
            stopped = None
        if stopped is None and not paused:
            ran.append((step.at, following))
    until = as_of if stopped is None else stopped
    return _Course(known, started, stopped, until, paused, clip(unite(ran), started, until))


def _judge(course: _Course, limit: int | None, running: Running, correction: int) -> Case:
    counted = [part for start, end in course.ran for part in running(start, end)]
    elapsed = max(0, length(counted) + correction)
    ended = course.stopped is not None
    over = limit is not None and elapsed > limit
    due, decided = None, course.stopped
    if limit is not None:
        ahead = _ahead(running, course.until) if ended or not course.paused else ()
        due = _reached(chain(counted, ahead), limit - correction, course.started)
        if over:
            decided = _exceeded(counted, limit - correction, course.started)
    return Case(
        ticket=course.known[0].ticket,
        priority=_priority(course.known, course.until if decided is None else decided),
        started=course.started,
        stopped=course.stopped,
        elapsed=elapsed,
        wall=course.until - course.started,
        due_at=due,
        met=None if limit is None or decided is None else not over,
        decided_at=decided,
    )


def _reached(intervals: Iterable[Interval], ms: int, started: int) -> int | None:
    """When a clock that runs in `intervals` has run for `ms`: at closing time rather than at the next opening."""
    if ms <= 0:
        return started
    for start, end in intervals:
        if end - start >= ms:
            return start + ms
        ms -= end - start
    return None


def _exceeded(intervals: Iterable[Interval], ms: int, started: int) -> int | None:
    """When a clock that runs in `intervals` went beyond `ms`: at the next opening rather than at closing time."""
    if ms < 0:
        return started
    for start, end in intervals:
        if end - start > ms:
            return start + ms
        ms -= end - start
    return None


def _ahead(running: Running, at: int) -> Iterator[Interval]:
    """What comes after `at`, asked for in growing parts since most deadlines are near."""
    last, part = at + _HORIZON, _DAY
    while at < last:
        yield from running(at, min(at + part, last))
        at, part = at + part, part * 2


def _priority(known: list[Step], at: int) -> str:
    told = [step.priority for step in known if step.at <= at and step.fact in ("opened", "prioritised")]
    return next((priority for priority in reversed(told) if priority), "")
