"""Random agreements with one objective or two, and when they are looked at: what the tests of exactness draw from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from measuring import oracle
from samples import agreement

from sepakat_metrics import windows
from sepakat_metrics.terms import Adjustments, Announced
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.contracts.texts import Agreement, Indicator, Objective

SECOND, MINUTE, HALF_HOUR, HOUR, DAY = 1000, 60_000, 1_800_000, 3_600_000, 86_400_000

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
ELSEWHERE, ANOTHER = "elsewhere", "another"
"""A service and an objective that no random agreement is about."""
WEIGHTS = {"up": Fraction(1), "down": Fraction(0), "maintenance": Fraction(0), "unknown": None}


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
        work = tuple(
            oracle.Work(each.start, each.end, each.beyond_allowance, each.services != (ELSEWHERE,)
                        and each.objectives != (ANOTHER,)) for each in given.announced
        )  # fmt: skip
        least = None if indicator.minimum_coverage is None else Fraction(indicator.minimum_coverage)
        return oracle.Agreed(
            self.text, self.objective, kind, silence, given.excluded, given.down, corrections, work, least
        )  # fmt: skip

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
def announced(draw: st.DrawFn, anchor: int, scale: Scale) -> Announced:
    start, end = draw(spans(anchor, scale.reach, scale.edges))
    named = draw(st.sampled_from((((), ()), ((), ("o",)), (("checkout",), ()), ((ELSEWHERE,), ()), ((), (ANOTHER,)))))
    return Announced(start, end, draw(st.sampled_from((False, False, True))), *named)


@st.composite
def agreed_maintenance(draw: st.DrawFn, zone: str, anchor: int, scale: Scale) -> dict[str, Any]:
    """Windows; every other time with an allowance that is used up soon, and with days without maintenance."""
    made: dict[str, Any] = {"windows": draw(st.lists(maintenance(anchor, scale), max_size=3))}
    if draw(st.booleans()):
        most = draw(st.integers(1, max(1, scale.reach // scale.edges // 4))) * scale.edges
        per, excess = (
            draw(st.sampled_from(("day", "week", "month"))),
            draw(st.sampled_from(("down", "down", "exclude"))),
        )
        made["allowance"] = {"max": timedelta(milliseconds=most), "per": per, "excess": excess}
    if draw(st.integers(0, 3)) == 0:
        first = from_ms(anchor).astimezone(ZoneInfo(zone)).date() + timedelta(days=draw(st.integers(-2, 2)))
        until = first + timedelta(days=draw(st.integers(0, 2)))
        made["freezes"] = [{"from": first.isoformat(), "until": until.isoformat()}]
    return made


TIERS = [{"below": below, "percent": percent} for below, percent in (("100", 5), ("99.9", 10), ("75", 25), ("50", 100))]


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
            "minimumSample": draw(st.sampled_from((1, 1, 2, 5, 20))),
            **each,
        }
        for id, each in zip("opq", objectives, strict=False)
    ]
    for each in wanted:
        if "calendar" in each["window"] and isinstance(each["target"], str) and draw(st.booleans()):
            each["credits"] = {"of": "fee", "tiers": TIERS}
    return agreement(
        term={"from": "2010-01-01", "until": "2040-12-31", "timeZone": zone},
        needs=[],
        objectives=wanted,
        calendars=[draw(calendars(zone, anchor, scale))],
        maintenance=draw(agreed_maintenance(zone, anchor, scale)),
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
        announced=tuple(sorted(draw(st.lists(announced(anchor, scale), max_size=2)))),
    )
    return Setting(scale, anchor, text, in_force, as_of, period)


@st.composite
def indicators(draw: st.DrawFn, kind: str, scale: Scale) -> Indicator:
    """Of states: with a silence rule, often."""
    means = draw(st.sampled_from((None, "unknown", "down", "up"))) if kind == "state" else None
    after = draw(st.integers(1, scale.reach // scale.grain // 4)) * scale.grain
    rule = None if means is None else {"after": timedelta(milliseconds=after), "means": means}
    least = draw(st.sampled_from((None, None, "25", "50", "100")))
    return Indicator.model_validate(
        {"metadata": {"id": "p/i"}, "kindOfEvents": kind, "silence": rule, "minimumCoverage": least}
    )


# -- objectives --------------------------------------------------------------------------------------------------------

TARGETS = st.sampled_from(("0", "50", "90", "95", "99", "99.9", "99.95", "100"))
THRESHOLD = 800_000_000
"""800 ms in millionths of a ms: what random measurements are often near."""
LIMITS = st.sampled_from(({"atMost": "800", "unit": "ms"}, {"atMost": "PT0.8S"}, {"atMost": "0.8", "unit": "s"}))
PERCENTILES = st.sampled_from(("0.1", "50", "75", "99", "100"))
OF_COUNTS = st.fixed_dictionaries({"measure": st.just("occurrences"), "target": TARGETS})
OF_MEASUREMENTS = (
    st.fixed_dictionaries({"measure": st.just("share"), "target": TARGETS, "threshold": LIMITS})
    | st.fixed_dictionaries({"measure": st.just("percentile"), "target": LIMITS, "percentile": PERCENTILES})
    | st.fixed_dictionaries({"measure": st.just("mean"), "target": LIMITS})
)


def of_time(grain: int, longest: int) -> st.SearchStrategy[dict[str, Any]]:
    """With a shortest outage that counts, of whole grains, every other time."""
    shortest = st.integers(1, longest // grain).map(lambda n: timedelta(milliseconds=n * grain))
    return st.fixed_dictionaries(
        {"measure": st.just("time"), "target": TARGETS, "shortestOutage": st.none() | shortest}
    )


@st.composite
def of_slices(draw: st.DrawFn, lengths: Sequence[int]) -> dict[str, Any]:
    """`lengths` in minutes."""
    minutes = draw(st.sampled_from(lengths))
    shortest = draw(st.sampled_from((0, 0, 1, 2, 4))) * minutes - draw(st.integers(0, 1))
    return {
        "measure": draw(st.sampled_from(("timeslices", "timeslices", "ratio-timeslices"))),
        "target": draw(TARGETS),
        "slice": timedelta(minutes=minutes),
        "sliceTarget": draw(st.sampled_from(("0", "0.000001", "50", "95", "100"))),
        "shortestOutage": timedelta(minutes=shortest) if shortest > 0 else None,
    }


@st.composite
def of_state_clocks(draw: st.DrawFn) -> dict[str, Any]:
    start, end = draw(st.sampled_from((("down", "up"), ("up", "down"))))
    target = draw(st.sampled_from(({"atMost": "PT30M"}, {"atLeast": "PT6H"}, {"atMost": "90", "unit": "s"})))
    return {"measure": "mean", "clock": {"from": start, "until": end}, "target": target}


@st.composite
def of_tickets(draw: st.DrawFn) -> dict[str, Any]:
    start, end = draw(st.sampled_from((("opened", "responded"), ("opened", "resolved"), ("restored", "opened"))))
    clock = {"from": start, "until": end, "calendar": draw(st.sampled_from(("24x7", "hours"))), "pauseWhile": ["c"]}
    if end == "opened" or draw(st.integers(0, 3)) == 0:
        return {"measure": "mean", "clock": clock, "target": {"atMost": "PT4H"}}
    return {
        "measure": "per-case", "clock": clock, "threshold": {"atMost": "PT4H"}, "target": draw(TARGETS),
        "where": draw(st.sampled_from(({}, {"priority": "P1"}))), "minimumCases": 2, "allowedMisses": 1,
    }  # fmt: skip
