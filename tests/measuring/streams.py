"""Random texts, streams of events, and the ways in which they arrive: what the tests of exactness draw from."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from measuring import oracle
from samples import agreement

from sepakat_metrics import changes, events, ledger, terms, timeline, windows
from sepakat_metrics.buckets import Delta
from sepakat_metrics.events import Fact, from_ms, to_ms
from sepakat_metrics.history import History
from sepakat_metrics.terms import Adjustments
from sepakat_shared.contracts.texts import Agreement, Indicator, Objective

SECOND, MINUTE, HALF_HOUR, HOUR, DAY = 1000, 60_000, 1_800_000, 3_600_000, 86_400_000

# -- texts -------------------------------------------------------------------------------------------------------------

PLACES = (
    ("Europe/Berlin", "2026-03-29T01:00"),  # an hour is skipped
    ("Europe/Berlin", "2026-10-25T01:00"),  # an hour comes twice
    ("Europe/Berlin", "2028-02-29T12:00"),  # a leap day
    ("Asia/Pyongyang", "2015-08-14T15:00"),  # half an hour before midnight comes twice
    ("Asia/Pyongyang", "2018-05-04T15:00"),  # half an hour before midnight is skipped
    ("Pacific/Apia", "2011-12-30T10:00"),  # a day is skipped
    ("America/Sao_Paulo", "2018-11-04T03:00"),  # midnight is skipped
    ("America/Havana", "2026-11-01T05:00"),  # midnight comes twice
    ("Australia/Lord_Howe", "2026-04-04T15:00"),  # half an hour comes twice
    ("Asia/Jakarta", "2026-05-03T00:00"),  # one block of a timeline ends
)
HOURS = ("00:00-24:00", "08:00-17:00", "08:00-12:00", "13:00-17:30", "02:30-06:00", "00:00-02:30", "22:00-24:00",
         "23:30-24:00", "01:30-03:30", "00:00-00:30")  # fmt: skip
ODD_HOURS = (*HOURS, "02:17-02:43", "23:10-23:45", "00:00-00:07", "23:59-24:00")
RULES = ("FREQ=DAILY", "FREQ=DAILY;INTERVAL=2;COUNT=5", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,FR,SU",
         "FREQ=MONTHLY;BYDAY=1SU", "FREQ=MONTHLY;BYMONTHDAY=29,30", "FREQ=YEARLY",
         "FREQ=WEEKLY;UNTIL={until}")  # fmt: skip
TARGETS = st.sampled_from(("0", "50", "90", "95", "99", "99.9", "99.95", "100"))


@dataclass(frozen=True)
class Scale:
    """How finely things happen: what edges are multiples of, and how far they are from a place.

    `edge` is for what is announced and granted, where that need not be on the oracle's grain.
    """

    grain: int
    reach: int
    windows: tuple[str, ...]
    edge: int = 0

    @property
    def edges(self) -> int:
        return self.edge or self.grain


MILLISECONDS = Scale(1, 3 * SECOND, ())
SECONDS = Scale(SECOND, HOUR, ("PT10M", "PT1H", "PT1H30M30S"))
MINUTES = Scale(MINUTE, 2 * DAY, ("day", "day", "P1D", "PT6H", "week"))
MONTHS = Scale(HALF_HOUR, 60 * DAY, ("month", "month", "quarter", "year", "P28D"))


@dataclass(frozen=True)
class Setting:
    """A text with one objective, what was granted since, and when it is looked at."""

    scale: Scale
    anchor: int
    text: Agreement
    adjustments: Adjustments
    as_of: int
    period: tuple[int, int] | None

    @property
    def objective(self) -> Objective:
        return self.text.objectives[0]

    @property
    def span(self) -> tuple[int, int]:
        return self.period or oracle.period(self.objective.window, self.text.term.time_zone, self.as_of)

    @property
    def until(self) -> int:
        return max(self.span[0], min(self.span[1], self.as_of))

    def agreed(self, indicator: Indicator, kind: str) -> oracle.Agreed:
        silence = None
        if indicator.silence is not None:
            silence = indicator.silence.after // timedelta(milliseconds=1), WEIGHTS[indicator.silence.means]
        given = self.adjustments
        corrections = tuple(oracle.Sample(*each) for each in given.events)
        return oracle.Agreed(self.text, self.objective, kind, silence, given.excluded, given.down, corrections)

    def with_objective(self, **changes: Any) -> "Setting":
        changed = self.objective.model_copy(update=changes)
        return replace(self, text=self.text.model_copy(update={"objectives": (changed,)}))


@st.composite
def places(draw: st.DrawFn) -> tuple[str, int]:
    """A zone, and an instant at which something is odd there."""
    zone, when = draw(st.sampled_from(PLACES))
    return zone, to_ms(datetime.fromisoformat(when).replace(tzinfo=UTC))


def near(anchor: int, reach: int, grain: int) -> st.SearchStrategy[int]:
    return st.integers(-reach // grain, reach // grain).map(lambda n: anchor + n * grain)


def spans(anchor: int, reach: int, grain: int) -> st.SearchStrategy[tuple[int, int]]:
    lengths = st.integers(1, max(1, reach // grain // 2))
    return st.tuples(near(anchor, reach, grain), lengths).map(lambda drawn: (drawn[0], drawn[0] + drawn[1] * grain))


@st.composite
def calendars(draw: st.DrawFn, zone: str, anchor: int, scale: Scale) -> dict[str, Any]:
    hours = st.lists(st.sampled_from(HOURS if scale is MONTHS else ODD_HOURS), min_size=1, max_size=2)
    days = st.sampled_from(("mon-fri", "sat-sun", "mon-sun", "fri-mon", "sat", "wed"))
    weekly = draw(st.dictionaries(days, hours, min_size=1, max_size=2))
    made: dict[str, Any] = {"id": "hours", "timeZone": zone, "weekly": weekly}
    if draw(st.booleans()):
        today = from_ms(anchor).astimezone(ZoneInfo(zone)).date()
        dates = st.lists(st.integers(-3, 3).map(lambda n: str(today + timedelta(days=n))), max_size=2)
        country = draw(st.sampled_from(("DE", "ID", "BR", "WS")))
        made["holidays"] = {"country": country, "add": draw(dates), "remove": draw(dates)}
    return made


@st.composite
def maintenance(draw: st.DrawFn, anchor: int, scale: Scale) -> dict[str, Any]:
    start, end = draw(spans(anchor, scale.reach, scale.edges))
    rule = draw(st.sampled_from((None, None, *RULES)))
    window: dict[str, Any] = {"id": "w", "duration": timedelta(milliseconds=end - start)}
    window["objectives"] = draw(st.sampled_from(((), (), ("o", "p"), ("another",))))
    if rule is not None:
        start -= draw(st.integers(0, 9)) * DAY
        until = from_ms(start + draw(st.integers(0, 40)) * DAY)
        window["rrule"] = rule.format(until=f"{until:%Y%m%dT%H%M%SZ}")
    return {**window, "start": from_ms(start).isoformat()}


@st.composite
def agreements(
    draw: st.DrawFn, scale: Scale, zone: str, anchor: int, objectives: Sequence[dict[str, Any]]
) -> Agreement:
    """With service hours and maintenance; `objectives` get what they leave open."""
    wanted = [
        {
            "id": id,
            "indicator": "p/i",
            "window": window(draw(st.sampled_from(scale.windows or ("day",)))),
            "calendar": draw(st.sampled_from(("24x7", "24x7", "hours"))),
            "exclusions": draw(st.sampled_from(("remove", "count-as-up"))),
            "unknown": draw(st.sampled_from(("exclude", "up", "down"))),
            **each,
        }
        for id, each in zip("op", objectives, strict=False)
    ]
    return agreement(
        term={"from": "2010-01-01", "until": "2040-12-31", "timeZone": zone},
        needs=[],
        objectives=wanted,
        calendars=[draw(calendars(zone, anchor, scale))],
        maintenance={"windows": draw(st.lists(maintenance(anchor, scale), max_size=3))},
    )


def window(name: str) -> dict[str, str]:
    return {"rolling": name} if name.startswith("P") else {"calendar": name}


@st.composite
def settings_of(draw: st.DrawFn, objective: st.SearchStrategy[dict[str, Any]], *scales: Scale) -> Setting:
    """Looked at in the middle of a window, after a period's end, or over any span."""
    scale = draw(st.sampled_from(scales))
    zone, anchor = draw(places())
    text = draw(agreements(scale, zone, anchor, [draw(objective)]))
    as_of, period = draw(near(anchor, scale.reach, 1)), None
    if not scale.windows or draw(st.integers(0, 3)) == 0:
        period = draw(spans(anchor, scale.reach, scale.grain))
        as_of = draw(st.integers(sum(period) // 2, 2 * period[1] - period[0]))
    elif text.objectives[0].window.rolling is None and draw(st.booleans()):
        period = oracle.period(text.objectives[0].window, zone, as_of)
        as_of = period[1] + draw(st.integers(0, 3 * DAY))
    granted = st.lists(spans(anchor, scale.reach, scale.edges), max_size=2)
    corrections = st.lists(st.tuples(near(anchor, scale.reach, scale.edges), st.just(1), st.integers(1, 3)), max_size=1)
    in_force = Adjustments(
        excluded=tuple(windows.unite(draw(granted))),
        down=tuple(windows.unite(draw(granted))[:1]),
        events=tuple(draw(corrections)),
    )
    return Setting(scale, anchor, text, in_force, as_of, period)


@st.composite
def indicators(draw: st.DrawFn, kind: str, scale: Scale) -> Indicator:
    """Of states: with a silence rule, often."""
    means = draw(st.sampled_from((None, "unknown", "down", "up"))) if kind == "state" else None
    after = draw(st.integers(1, scale.reach // scale.grain // 4)) * scale.grain
    rule = None if means is None else {"after": timedelta(milliseconds=after), "means": means}
    return Indicator.model_validate({"metadata": {"id": "p/i"}, "kindOfEvents": kind, "silence": rule})


# -- events ------------------------------------------------------------------------------------------------------------

WEIGHTS = {"up": Fraction(1), "down": Fraction(0), "maintenance": Fraction(0), "unknown": None}
STATES = ("up", "up", "down", "maintenance", "unknown", "0.25", "0.999999", "0", "1")
"""As they are told; a number is the weight of `degraded`."""
THRESHOLD = 800_000_000
"""800 ms in millionths of a ms: what random measurements are often near."""


def cloud_event(kind: str, at: int, id: str, told: str, source: str = "/a") -> Fact:
    """Written as a publisher writes it, and read as it is received."""
    return events.parse_line(
        f'{{"specversion":"1.0","id":"{id}","source":"{source}","type":"sepakat.metric.{kind}.v1",'
        f'"time":"{from_ms(at).isoformat()}","data":{{"indicator":"p/i",{told}}}}}'.encode()
    )


def state_told(at: int, id: str, state: str, source: str) -> tuple[oracle.State, Fact]:
    told, weight = f'"state":"{state}"', WEIGHTS.get(state)
    if state not in WEIGHTS:
        told, weight = f'"state":"degraded","weight":{state}', Fraction(state)
    return oracle.State(at, source, id, weight), cloud_event("state", at, id, told, source)


def sample_told(at: int, id: str, good: int, bad: int) -> tuple[oracle.Sample, Fact]:
    told = f'"good":{good},"total":{good + bad}'
    if bad == 1:
        told = f'"samples":[{{"time":"{from_ms(at).isoformat()}",{told}}}]'
    return oracle.Sample(at, good, good + bad), cloud_event("sample", at, id, told)


def traffic_told(start: int, end: int, id: str) -> Fact:
    """Events of every minute, or of a thousand instants between the two: each third is bad."""
    instants = range(start, end, max(MINUTE, (end - start) // 1000))
    told = ",".join(
        f'{{"time":"{from_ms(at).isoformat()}","good":{int(i % 3 > 0)},"total":1}}' for i, at in enumerate(instants)
    )
    return cloud_event("sample", start, id, f'"samples":[{told}]')


def values_told(at: int, id: str, values: Sequence[int], unit: str) -> tuple[list[oracle.Measurement], Fact]:
    """`values` in millionths of a ms; told in seconds, they are told to the microsecond."""
    exact = [value // 1000 * 1000 for value in values] if unit == "s" else values
    told = ",".join(f"{Decimal(value).scaleb(-9 if unit == 's' else -6):f}" for value in exact)
    fact = cloud_event("measurement", at, id, f'"values":[{told}],"unit":"{unit}"')
    return [oracle.Measurement(at, Fraction(value)) for value in exact], fact


SOURCES = st.sampled_from(("/a", "/b"))
VALUES = st.lists(
    st.sampled_from((0, 1, 60, 2398, THRESHOLD - 1000, THRESHOLD, THRESHOLD + 1000, 10**17))
    | st.integers(0, 2000).map(lambda n: n * 1_000_000),
    min_size=1,
    max_size=4,
)
UNITS = st.sampled_from(("ms", "s"))


@st.composite
def states(draw: st.DrawFn, setting: Setting) -> list[tuple[oracle.State, Fact]]:
    told = st.tuples(within(setting, setting.scale.grain), st.sampled_from(STATES), SOURCES)
    drawn = draw(st.lists(told, min_size=2, max_size=14))
    return [state_told(at, str(i), *each) for i, (at, *each) in enumerate(drawn)]


@st.composite
def samples(draw: st.DrawFn, setting: Setting) -> list[tuple[oracle.Sample, Fact]]:
    told = st.tuples(within(setting, 1) | within(setting, MINUTE), st.integers(0, 9), st.integers(0, 2))
    drawn = draw(st.lists(told, min_size=5, max_size=40))
    return [sample_told(at, str(i), *each) for i, (at, *each) in enumerate(drawn)]


@st.composite
def measurements(draw: st.DrawFn, setting: Setting) -> list[tuple[list[oracle.Measurement], Fact]]:
    told = st.tuples(within(setting, 1) | within(setting, MINUTE), VALUES, UNITS)
    drawn = draw(st.lists(told, min_size=3, max_size=20))
    return [values_told(at, str(i), *each) for i, (at, *each) in enumerate(drawn)]


def within(setting: Setting, grain: int) -> st.SearchStrategy[int]:
    """Mostly within what is looked at; some before, and some later."""
    start, length = setting.span[0], max(setting.until - setting.span[0], 9 * grain)
    return st.integers((start - length // 4) // grain, (start + length * 9 // 8) // grain).map(lambda n: n * grain)


# -- ways to arrive ----------------------------------------------------------------------------------------------------

ARRIVALS = st.sampled_from(("one by one", "in parts", "after a restart"))


def arrived(facts: Sequence[Fact], how: str, random: Random, thresholds: tuple[int, ...] = ()) -> History:
    """What is known of a stream that came late, out of order and repeated: repeats are dropped as they are read."""
    stream = [*facts, *random.choices(facts, k=3)] if facts else []
    random.shuffle(stream)
    once = list({(fact.source, fact.id): fact for fact in stream}.values())
    stored = {"one by one": 0, "in parts": len(once), "after a restart": len(once) // 2}[how]
    history = restored(once[:stored], random, thresholds)
    for fact in once[stored:]:
        history.add(fact)
    return history


def restored(facts: Sequence[Fact], random: Random, thresholds: tuple[int, ...] = ()) -> History:
    """From documents, as after a restart: checkpoints merged in any order, then kept by day."""
    parts = [Delta(thresholds) for _ in range(random.randint(1, 4))]
    for fact in facts:
        random.choice(parts).add(fact)
    while len(parts) > 1:
        other = Delta.from_document(_stored(parts.pop(random.randrange(len(parts)))))
        random.choice(parts).merge(other)
    days = list(parts[0].by_day().values())
    random.shuffle(days)
    history = History.from_days(_stored(day) for day in days)
    history.thresholds = thresholds
    return history


def _stored(delta: Delta) -> Any:
    return json.loads(json.dumps(delta.to_document()))


BLOCKS = st.sampled_from((0, 6 * HOUR))


@contextmanager
def short_blocks(block: int) -> Iterator[None]:
    """What is laid out ahead or remembered ends so soon that a short stream goes over many ends; 0: as it is."""
    with ExitStack() as stack:
        if block:
            stack.enter_context(patch.object(timeline, "_BLOCK_MS", block))
            stack.enter_context(patch.object(ledger, "_AHEAD_MS", block // 2))
            stack.enter_context(patch.object(changes, "_KEPT", 2))
            stack.enter_context(patch.object(terms, "_KEPT", 4))
        yield
