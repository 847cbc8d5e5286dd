"""The law of measuring a second time, by brute force: what the tests of exactness compare the figures with.

Nothing of `sepakat_metrics` is used here. Time is a row of cells, each painted with what holds in it; events are looked
at one by one; every sum is a loop over Fractions. `grain` is the length of a cell: all edges of what is painted lie on
it, but for counts and measurements, whose cells are UTC minutes: an exclusion takes every minute that it touches.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
from dateutil.rrule import rrulestr

from sepakat_shared.contracts.texts import Agreement, Calendar, Limit, MaintenanceWindow, Objective, Window

Span = tuple[int, int]
MINUTE = 60_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class State:
    """What was heard of a state; `weight` is the share that counts as up, None where it is unknown."""

    at: int
    source: str
    id: str
    weight: Fraction | None


@dataclass(frozen=True)
class Sample:
    at: int
    good: int
    total: int


@dataclass(frozen=True)
class Work:
    """Announced maintenance; `beyond` the allowance, of this objective (`concerns`) or of others."""

    start: int
    end: int
    beyond: bool
    concerns: bool


@dataclass(frozen=True)
class Measurement:
    """`value` in millionths of its unit."""

    at: int
    value: Fraction


@dataclass
class Found:
    """Seconds, events or slices, as the measure has it; `value` in millionths."""

    good: Fraction = Fraction(0)
    total: Fraction = Fraction(0)
    budget: Fraction = Fraction(0)
    holds: bool | None = None
    coverage: Fraction | None = None
    unknown: Fraction = Fraction(0)
    excluded: Fraction = Fraction(0)
    spent_at: int | None = None
    value: Fraction | None = None
    sample: int = 0
    """How many there are of what a smallest sample is of: events, or slices that are judged; of time, 1 for any."""


@dataclass(frozen=True)
class Agreed:
    """One objective of a text, with what was granted and corrected since, and what silence means."""

    text: Agreement
    objective: Objective
    kind: str
    silence: tuple[int, Fraction | None] | None = None
    excluded: tuple[Span, ...] = ()
    down: tuple[Span, ...] = ()
    events: tuple[Sample, ...] = ()
    announced: tuple[Work, ...] = ()
    least_coverage: Fraction | None = None
    """In percent; below it, nothing is called met."""

    @property
    def target(self) -> Fraction:
        if self.objective.measure == "percentile":
            return Fraction(self.objective.percentile or 0) / 100
        target = self.objective.target
        return Fraction(1) if isinstance(target, Limit) else Fraction(target) / 100

    @property
    def counts_excluded_as_up(self) -> bool:
        return self.objective.exclusions == "count-as-up"


# -- local time --------------------------------------------------------------------------------------------------------


def ms(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def local(at: int, zone: ZoneInfo) -> datetime:
    """What clocks show at that instant."""
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=100_000)
def instant(shown: datetime, zone: ZoneInfo) -> int:
    """When clocks first show it; where they skip it, when they would have (RFC 5545, 3.3.5)."""
    as_utc = ms(shown.replace(tzinfo=UTC))
    near = [as_utc + hours * 3_600_000 for hours in range(-36, 37)]
    offsets = {ms(local(at, zone).replace(tzinfo=UTC)) - at for at in near}
    for at in sorted(as_utc - offset for offset in offsets):
        if local(at, zone) == shown:
            return at
    return as_utc - min(offsets)  # clocks only skip forwards: what held before is the smaller offset


def period(window: Window, zone: str, now: int) -> Span:
    """The calendar unit that clocks show at `now`, found by walking away from there; or what ends there."""
    if window.rolling is not None:
        return now - window.rolling // timedelta(milliseconds=1), now
    place, unit = ZoneInfo(zone), window.calendar or ""
    start = end = now // MINUTE * MINUTE
    for step in (86_400_000, 3_600_000, MINUTE):
        while _unit(local(start - step, place), unit) == _unit(local(now, place), unit):
            start -= step
        while _unit(local(end, place), unit) == _unit(local(now, place), unit):
            end += step
        end -= step
    return start, end + MINUTE


def _unit(shown: datetime, unit: str) -> tuple[int, ...]:
    match unit:
        case "day":
            return (shown.toordinal(),)
        case "week":
            return shown.isocalendar()[:2]
        case "month":
            return shown.year, shown.month
        case "quarter":
            return shown.year, (shown.month - 1) // 3
        case _:
            return (shown.year,)


# -- cells -------------------------------------------------------------------------------------------------------------


class Board:
    """Rows of cells over `[start, end)`: what is in the schedule, and what is excluded."""

    def __init__(self, agreed: Agreed, start: int, end: int, grain: int) -> None:
        self.grain = grain
        self.first = start // grain
        self.number = max(0, -(-end // grain) - self.first)
        start, end = self.first * grain, (self.first + self.number) * grain
        self.scheduled = self._row(_schedule(agreed, start, end))
        excluded = self._row([*_maintenance(agreed, start, end), *agreed.excluded])
        self.counted = bytearray(open and not out for open, out in zip(self.scheduled, excluded, strict=True))
        self.taken_out = bytearray(open and out for open, out in zip(self.scheduled, excluded, strict=True))

    def _row(self, spans: Iterable[Span]) -> bytearray:
        row = bytearray(self.number)
        for start, end in spans:
            cells = self.touched(start, end)
            row[cells.start : cells.stop] = b"\1" * len(cells)
        return row

    def touched(self, start: int, end: int) -> range:
        """The cells that `[start, end)` touches."""
        if start >= end:
            return range(0)
        first, last = (min(self.number, max(0, at - self.first)) for at in (start // self.grain, -(-end // self.grain)))
        return range(first, last)

    def cells(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(cell, from, to) of each cell of `[start, end)`, cut there."""
        for i in self.touched(start, end):
            begins = (self.first + i) * self.grain
            yield i, max(start, begins), min(end, begins + self.grain)

    def counts(self, i: int) -> bool:
        return bool(self.counted[i])

    def length(self, start: int, end: int, row: bytearray) -> int:
        """The ms of `[start, end)` that a row has marked."""
        cells = self.touched(start, end)
        if not cells:
            return 0
        whole = sum(row[cells.start : cells.stop]) * self.grain
        before = max(0, start - (self.first + cells.start) * self.grain) * row[cells.start]
        return whole - before - max(0, (self.first + cells.stop) * self.grain - end) * row[cells.stop - 1]

    def weights(self, agreed: Agreed, heard: Iterable[State]) -> list[Fraction | None]:
        """A row of what counts as up: each state holds until the next one, or until silence means something."""
        row: list[Fraction | None] = [None] * self.number
        end = (self.first + self.number) * self.grain
        for state in sorted(heard, key=lambda each: (each.at, each.source, each.id)):
            self._paint(row, state.at, end, state.weight)
            if agreed.silence is not None:
                self._paint(row, state.at + agreed.silence[0], end, agreed.silence[1])
        for corrected in agreed.down:
            self._paint(row, *corrected, Fraction(0))
        return row

    def _paint(self, row: list[Fraction | None], start: int, end: int, weight: Fraction | None) -> None:
        cells = self.touched(start, end)
        row[cells.start : cells.stop] = [weight] * len(cells)


def _schedule(agreed: Agreed, start: int, end: int) -> Iterator[Span]:
    if agreed.objective.calendar == "24x7":
        yield start, end
        return
    calendar = next(each for each in agreed.text.calendars if each.id == agreed.objective.calendar)
    zone = ZoneInfo(calendar.time_zone)
    day = local(start, zone).date() - timedelta(days=2)
    while day <= local(end, zone).date() + timedelta(days=2):
        # A day that clocks skip has no hours, and no day has hours on another.
        midnight, following = (instant(datetime.combine(day + timedelta(days=n), time()), zone) for n in (0, 1))
        for opens, closes in _hours(calendar, day):
            first = instant(datetime.combine(day, opens), zone)
            last = following if closes is None else instant(datetime.combine(day, closes), zone)
            yield max(first, midnight), min(last, following)
        day += timedelta(days=1)


def _hours(calendar: Calendar, day: date) -> Iterator[tuple[time, time | None]]:
    """When it opens and closes that day; None for midnight."""
    given = calendar.holidays
    if given is not None and day not in given.remove:
        is_holiday = day in given.add or day in _public(given.country, given.categories, day.year)
        if is_holiday:
            return
    for days, hours in calendar.weekly.items():
        if day.strftime("%a").lower() in _days(days):
            for each in hours:
                opens, closes = each.split("-")
                yield time.fromisoformat(opens), None if closes == "24:00" else time.fromisoformat(closes)


@lru_cache
def _public(country: str, categories: tuple[str, ...], year: int) -> holidays.HolidayBase:
    return holidays.country_holidays(country, years=year, categories=categories)


def _days(written: str) -> list[str]:
    """The days of `fri` or `fri-mon`."""
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] * 2
    first, _, last = written.partition("-")
    begins = names.index(first)
    return names[begins : names.index(last or first, begins) + 1]


def _maintenance(agreed: Agreed, start: int, end: int) -> Iterator[Span]:
    """What is excluded: piece by piece in the order of time, as long as any of the allowance is left."""
    yield from ((each.start, each.end) for each in agreed.announced if each.beyond and each.concerns)
    given = agreed.text.maintenance
    allowance = given.allowance if given else None
    if allowance is None or allowance.excess == "exclude":
        yield from (span for span, concerns in _planned(agreed, start, end) if concerns)
        return
    at = start
    while at < end:
        first, following = period(Window(calendar=allowance.per), agreed.text.term.time_zone, at)
        planned, left = list(_planned(agreed, first, following)), allowance.max // timedelta(milliseconds=1)
        edges = {first, following} | {at for span, _ in planned for at in span if first < at < following}
        for begins, ends in pairwise(sorted(edges)):
            under_way = [concerns for span, concerns in planned if span[0] <= begins and ends <= span[1]]
            if any(under_way) and left > 0:
                yield begins, min(ends, begins + left)
            left -= ends - begins if under_way else 0
        at = following


def _planned(agreed: Agreed, start: int, end: int) -> Iterator[tuple[Span, bool]]:
    """The windows of the text but for the days without, and what was announced; whether each is of the objective."""
    zone, given = ZoneInfo(agreed.text.term.time_zone), agreed.text.maintenance
    none = [
        tuple(instant(datetime.combine(day, time()), zone) for day in (each.from_, each.until + timedelta(days=1)))
        for each in (given.freezes if given else ())
    ]
    for window in given.windows if given else ():
        lasts = window.duration // timedelta(milliseconds=1)
        for begins in _begins(window, zone, start - lasts, end):
            edges = {begins, begins + lasts} | {at for each in none for at in each if begins < at < begins + lasts}
            for a, b in pairwise(sorted(edges)):
                if not any(first <= a < following for first, following in none):
                    yield (a, b), not window.objectives or agreed.objective.id in window.objectives
    yield from (((each.start, each.end), each.concerns) for each in agreed.announced if not each.beyond)


def _begins(window: MaintenanceWindow, zone: ZoneInfo, earliest: int, latest: int) -> Iterator[int]:
    first = ms(window.start)
    if window.rrule is None:
        yield first
        return
    rule, _, until = window.rrule.partition(";UNTIL=")
    last = ms(datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)) if until else latest
    for shown in rrulestr(rule, dtstart=local(first, zone)):
        if shown > local(latest, zone) + timedelta(days=2):
            return
        at = instant(shown, zone)
        if earliest <= at <= last:
            yield at


# -- verdicts ----------------------------------------------------------------------------------------------------------


def verdict(agreed: Agreed, found: Found, ended: bool, at_risk: bool) -> tuple[bool | None, str]:
    """Whether the target is met, and the state that people read; whether alerts fire is known from elsewhere."""
    if found.holds is None:
        return None, "no_data"
    enough = found.sample >= agreed.objective.minimum_sample
    least = agreed.least_coverage
    covered = least is None or (found.coverage is not None and found.coverage * 100 >= least)
    met = None if not enough else False if not found.holds else True if covered else None
    if agreed.objective.measure in ("time", "timeslices"):
        missed, is_final = found.total - found.good > found.budget, True
    else:
        missed = not found.holds and enough
        is_final = ended or agreed.objective.window.rolling is not None
    if missed:
        return met, "breached" if is_final else "failing"
    if not (enough and covered):
        return met, "unverified"
    return met, "at_risk" if enough and at_risk else "met"


def credit(agreed: Agreed, found: Found) -> Fraction | None:
    """Percent of the charge: the highest of the tiers that the attainment is truly below."""
    credits = agreed.objective.credits
    if credits is None or not found.total:
        return None
    return max([Fraction(0), *(Fraction(tier.percent) for tier in credits.tiers
                               if found.good * 100 < Fraction(tier.below) * found.total)])  # fmt: skip


# -- time --------------------------------------------------------------------------------------------------------------


def of_time(agreed: Agreed, heard: Iterable[State], span: Span, until: int, grain: int) -> Found:
    heard = list(heard)
    start, end = span
    before = min([start, *(each.at for each in heard)])
    board = Board(agreed, before, max(end, until), grain)
    weights = board.weights(agreed, heard)
    forgiven = set(_short_outages(agreed, board, weights, before, until))
    known = unknown = 0
    lost = Fraction(0)
    for i, a, b in board.cells(start, until):
        if board.counts(i):
            known, unknown = (known, unknown + b - a) if weights[i] is None else (known + b - a, unknown)
            rate = _rate(agreed, weights[i])
            if rate and i not in forgiven:
                lost += rate * (b - a)
    left_out = unknown if agreed.objective.unknown == "exclude" else 0
    total = Fraction(known + unknown - left_out)
    possible = Fraction(board.length(start, end, board.counted) - left_out)
    excluded = board.length(start, until, board.taken_out)
    if agreed.counts_excluded_as_up:
        possible += board.length(start, end, board.taken_out)
        total += excluded if known or agreed.objective.unknown != "exclude" else 0
    allowed = (1 - agreed.target) * possible
    return Found(
        good=(total - lost) / 1000,
        total=total / 1000,
        budget=allowed / 1000,
        holds=total - lost >= agreed.target * total if total else None,
        sample=1 if total else 0,
        coverage=Fraction(known, known + unknown) if known + unknown else None,
        unknown=Fraction(unknown, 1000),
        excluded=Fraction(excluded, 1000),
        spent_at=_spent_at(agreed, board, weights, (before, start, until), allowed) if lost > allowed else None,
    )


def lost_of_time(agreed: Agreed, heard: Iterable[State], span: Span, grain: int) -> Fraction | None:
    """The share lost over any span, as burn rates have it: of what was counted."""
    removing = agreed.objective.model_copy(update={"exclusions": "remove"})
    found = of_time(replace(agreed, objective=removing), heard, span, span[1], grain)
    return 1 - found.good / found.total if found.total else None


def _rate(agreed: Agreed, weight: Fraction | None) -> Fraction | None:
    """What is lost of each ms; None where it is left out."""
    if weight is None:
        return {"exclude": None, "up": Fraction(0), "down": Fraction(1)}[agreed.objective.unknown]
    return 1 - weight


def _short_outages(
    agreed: Agreed, board: Board, weights: list[Fraction | None], before: int, until: int
) -> Iterator[int]:
    """The cells of outages that, by `until`, are shorter than those that count."""
    shortest = agreed.objective.shortest_outage
    if shortest is None:
        return
    run: list[tuple[int, int, int]] = []
    for cell in [*board.cells(before, until), None]:
        weight = None if cell is None else weights[cell[0]]
        if cell is not None and weight is not None and weight < 1:
            run.append(cell)
            continue
        if run and run[-1][2] - run[0][1] < shortest / timedelta(milliseconds=1):
            yield from (i for i, _, _ in run)
        run = []


def _spent_at(
    agreed: Agreed, board: Board, weights: list[Fraction | None], ends: tuple[int, int, int], allowed: Fraction
) -> int | None:
    """The first ms at whose end more than `allowed` is lost; an outage counts from when it is long enough."""
    before, start, until = ends
    least = (agreed.objective.shortest_outage or timedelta(0)) // timedelta(milliseconds=1)
    lost = waiting = Fraction(0)
    begun: int | None = None
    for i, a, b in [*board.cells(before, start), *board.cells(start, until)]:
        weight = weights[i]
        is_outage = weight is not None and weight < 1
        begun = (a if begun is None else begun) if is_outage else None
        rate = (_rate(agreed, weight) or Fraction(0)) if board.counts(i) and a >= start else Fraction(0)
        if begun is None:
            waiting = Fraction(0)
        elif b - begun <= least:
            waiting += rate * (b - a)
            if b - begun < least:
                continue
            lost, waiting = lost + waiting, Fraction(0)
            if lost > allowed:
                return b
            continue
        if rate and lost + rate * (b - a) > allowed:
            return a + int((allowed - lost) / rate) + 1
        lost += rate * (b - a)
    return None


# -- between states ----------------------------------------------------------------------------------------------------


def between_states(agreed: Agreed, heard: Iterable[State], span: Span, until: int, grain: int) -> Found:
    """Time to recovery, or time between failures: the mean of the counted time of those that ended in the period."""
    heard = list(heard)
    before = min([span[0], until, *(each.at for each in heard)])
    board = Board(agreed, before, max(span[1], until), grain)
    clock = agreed.objective.clock
    runs = list(_outages_and_ups(board, board.weights(agreed, heard), before, until))
    wanted = "down" if clock is not None and clock.from_ == "down" else "up"
    lengths = []
    for run, following in pairwise(runs):
        if run[0] == wanted and following[0] not in (wanted, "unknown") and span[0] <= following[1] < until:
            lengths.append(board.length(run[1], run[2], board.counted))
    lengths = [each for each in lengths if each]
    found = Found(excluded=Fraction(board.length(span[0], until, board.taken_out), 1000))
    if lengths:
        found.value = Fraction(sum(lengths), len(lengths)) * 1_000_000
        found.holds = _within(agreed.objective.target, found.value)
    return found


def _outages_and_ups(
    board: Board, weights: list[Fraction | None], before: int, until: int
) -> Iterator[tuple[str, int, int]]:
    """(what, from, to), in order. An outage lasts until it is known to be up; one of which nothing counts is none."""
    runs: list[tuple[str, int, int]] = []
    for i, a, b in board.cells(before, until):
        weight = weights[i]
        what = "unknown" if weight is None else "down" if weight == 0 else "up"
        if runs and what == "unknown" and runs[-1][0] == "down":
            what = "down"
        _go_on(runs, (what, a, b))
    real: list[tuple[str, int, int]] = []
    for what, a, b in runs:
        if what == "down" and not board.length(a, b, board.counted):
            if real and real[-1][0] == "up":
                _go_on(real, ("up", a, b))
        else:
            _go_on(real, (what, a, b))
    yield from real


def _go_on(runs: list[tuple[str, int, int]], run: tuple[str, int, int]) -> None:
    if runs and runs[-1][0] == run[0]:
        runs[-1] = (run[0], runs[-1][1], run[2])
    else:
        runs.append(run)


def _within(target: object, value: Fraction) -> bool:
    """Whether a value in millionths (of ms, where it is time) is within a limit."""
    assert isinstance(target, Limit)
    limit = target.amount
    amount = (
        Fraction(limit // timedelta(microseconds=1), 1000) if isinstance(limit, timedelta)
        else Fraction(limit) * {"s": 1000, "ms": 1}.get(target.unit or "", 1)
    )  # fmt: skip
    return value <= amount * 1_000_000 if target.at_most is not None else value >= amount * 1_000_000


# -- counts and measurements -------------------------------------------------------------------------------------------


def of_counts(agreed: Agreed, events: Iterable[Sample | Measurement], span: Span, until: int) -> Found:
    """Occurrences, share, percentile, and the mean of measurements."""
    objective, target = agreed.objective, agreed.target
    board = Board(agreed, *span, MINUTE)
    kept = [each for each in events if (i := each.at // MINUTE - board.first) in board.touched(span[0], until)]
    counted = [each for each in kept if board.counts(each.at // MINUTE - board.first)]
    seen = {each.at // MINUTE for each in counted}
    whole = board.length(span[0], until, board.counted) // MINUTE
    found = Found(
        coverage=min(Fraction(1), Fraction(len(seen), whole)) if whole else None,
        unknown=Fraction(max(0, whole - len(seen)) * 60),
        excluded=Fraction(board.length(span[0], until, board.taken_out), 1000),
    )
    if objective.measure == "mean":
        values = [each.value for each in counted if isinstance(each, Measurement)]
        if values:
            found.sample = len(values)
            found.value = sum(values, Fraction(0)) / len(values)
            found.holds = _within(objective.target, found.value)
        return found
    corrections = [
        each for each in agreed.events
        if (i := each.at // MINUTE - board.first) in board.touched(span[0], until) and board.counts(i)
    ]  # fmt: skip
    for each in [*counted, *corrections]:
        good, total = _good_of_total(agreed, each)
        found.good, found.total = found.good + good, found.total + total
    if agreed.counts_excluded_as_up:
        for each in kept:
            if board.taken_out[each.at // MINUTE - board.first]:
                _, total = _good_of_total(agreed, each)
                found.good, found.total = found.good + total, found.total + total
    found.sample = int(found.total)
    found.budget = (1 - target) * found.total
    found.holds = found.good >= target * found.total if found.total else None
    values = sorted(each.value for each in counted if isinstance(each, Measurement))
    if objective.measure == "percentile" and values:
        found.value = values[max(1, -int(-target * len(values) // 1)) - 1]
    return found


def lost_of_counts(agreed: Agreed, events: Iterable[Sample | Measurement], span: Span) -> Fraction | None:
    removing = agreed.objective.model_copy(update={"exclusions": "remove"})
    found = of_counts(replace(agreed, objective=removing), events, span, span[1])
    return 1 - found.good / found.total if found.total else None


def _good_of_total(agreed: Agreed, event: Sample | Measurement) -> tuple[int, int]:
    if isinstance(event, Sample):
        return event.good, event.total
    objective = agreed.objective
    return int(_within(objective.target if objective.measure == "percentile" else objective.threshold, event.value)), 1


# -- slices ------------------------------------------------------------------------------------------------------------


@dataclass
class _Slice:
    begins: int
    is_over: bool
    counts: bool
    """Whether any of it does; else all that is in the schedule was taken out."""
    observed: bool
    ratio: Fraction | None


def of_slices(agreed: Agreed, events: Iterable[State | Sample], span: Span, until: int, grain: int) -> Found:
    objective, target = agreed.objective, agreed.target
    length = _slice(agreed)
    start, end = span
    if objective.window.rolling is not None:
        start, end = -(-start // length) * length, end // length * length
    board = Board(agreed, span[0], max(start, span[1]), grain)
    slices = list(_slices(agreed, events, board, (start, end), until))
    over = [each for each in slices if each.is_over and each.counts]
    judged = [each for each in over if each.ratio is not None]
    bad = _bad(agreed, judged)
    good = Fraction(len(judged) - len(bad))
    if objective.measure == "ratio-timeslices":
        good = sum((each.ratio or Fraction(0) for each in judged), Fraction(0))
    total = Fraction(len(judged))
    to_come = sum(not each.is_over and each.counts for each in slices)
    if agreed.counts_excluded_as_up:
        taken_out = sum(each.is_over and not each.counts for each in slices)
        good, total = good + taken_out, total + taken_out
        to_come += sum(not each.is_over and not each.counts for each in slices)
    allowed = (1 - target) * (total + to_come)
    found = Found(
        good=good,
        total=total,
        budget=allowed,
        holds=good >= target * total if total else None,
        sample=len(judged),
        coverage=Fraction(sum(each.observed for each in over), len(over)) if over else None,
        unknown=Fraction(sum(not each.observed for each in over) * length, 1000),
        excluded=Fraction(board.length(span[0], until, board.taken_out), 1000),
    )
    if objective.measure == "timeslices":
        ends = sorted(bad)
        found.spent_at = next((at for n, at in enumerate(ends, 1) if n > allowed), None)
    return found


def lost_of_slices(agreed: Agreed, events: Iterable[State | Sample], span: Span, grain: int) -> Fraction | None:
    """The share lost of the slices of the clock that lie wholly in the span."""
    length = _slice(agreed)
    start, end = -(-span[0] // length) * length, span[1] // length * length
    board = Board(agreed, start, max(start, end), grain)
    judged = [
        each for each in _slices(agreed, events, board, (start, end), end) if each.counts and each.ratio is not None
    ]
    if not judged:
        return None
    if agreed.objective.measure == "timeslices":
        return Fraction(len(_bad(agreed, judged)), len(judged))
    return 1 - sum((each.ratio or Fraction(0) for each in judged), Fraction(0)) / len(judged)


def _slice(agreed: Agreed) -> int:
    return (agreed.objective.slice or timedelta(minutes=1)) // timedelta(milliseconds=1)


def _slices(agreed: Agreed, events: Iterable[State | Sample], board: Board, span: Span, until: int) -> Iterator[_Slice]:
    """The whole slices of the span of which anything is in the schedule."""
    events = list(events)
    length = _slice(agreed)
    weights = board.weights(agreed, (each for each in events if isinstance(each, State)))
    samples: dict[int, list[Sample]] = {}
    for each in [*events, *agreed.events]:
        if isinstance(each, Sample):
            samples.setdefault(each.at // MINUTE, []).append(each)
    begins = span[0]
    while begins + length <= span[1]:
        cells = [cell for cell in board.cells(begins, begins + length) if board.scheduled[cell[0]]]
        counted = [cell for cell in cells if board.counts(cell[0])]
        if agreed.kind == "state":
            observed, ratio = _up_of_slice(agreed, weights, counted)
        else:
            observed, ratio = _good_of_slice(agreed, [e for _, a, _ in counted for e in samples.get(a // MINUTE, ())])
        if cells:
            yield _Slice(begins, begins + length <= until, bool(counted), observed, ratio)
        begins += length


def _up_of_slice(
    agreed: Agreed, weights: list[Fraction | None], cells: list[tuple[int, int, int]]
) -> tuple[bool, Fraction | None]:
    lost = total = Fraction(0)
    for i, a, b in cells:
        rate = _rate(agreed, weights[i])
        if rate is not None:
            lost, total = lost + rate * (b - a), total + b - a
    observed = any(weights[i] is not None for i, _, _ in cells)
    return observed, 1 - lost / total if total else None


def _good_of_slice(agreed: Agreed, samples: list[Sample]) -> tuple[bool, Fraction | None]:
    good, total = sum(each.good for each in samples), sum(each.total for each in samples)
    if total:
        return True, Fraction(good, total)
    return False, {"exclude": None, "up": Fraction(1), "down": Fraction(0)}[agreed.objective.unknown]


def _bad(agreed: Agreed, judged: list[_Slice]) -> list[int]:
    """When each bad slice counts as one: at its end, or when the outage that it is of is long enough."""
    target, length = agreed.objective.slice_target, _slice(agreed)
    wanted = Fraction(100) if target is None else Fraction(target)
    bad = {each.begins for each in judged if each.ratio is not None and each.ratio * 100 < wanted}
    least = agreed.objective.shortest_outage or timedelta(0)
    ends = []
    for begins in bad:
        first = last = begins
        while first - length in bad:
            first -= length
        while last + length in bad:
            last += length
        enough = first
        while timedelta(milliseconds=enough + length - first) < least:
            enough += length
        if enough <= last:
            ends.append(max(begins, enough) + length)
    return ends
