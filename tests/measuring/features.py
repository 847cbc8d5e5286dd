"""How often each trap was in the streams that were tried, so that none is believed to be tried and never is.

`pytest -s` prints it after the tests of exactness. With `MANY` streams or more, one that never occurred is a failure.
CI tries fewer, so whoever changes what is drawn or counted runs them by hand (`measuring/streams.py` says how).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from measuring.texts import MINUTE, Setting

from sepakat_metrics.events import Fact
from sepakat_metrics.figures import Figure
from sepakat_shared.calendars import from_ms
from sepakat_shared.contracts.texts import Indicator

SEEN: Final[Counter[str]] = Counter()
MANY: Final = 4_000
"""Of so many, every trap is in some."""
TRIED: Final[Counter[str]] = Counter()
"""The streams by measure."""


def note(setting: Setting, indicator: Indicator, facts: Sequence[Fact], figure: Figure, how: str) -> None:
    TRIED[setting.objective.measure] += 1
    SEEN.update(set(_of(setting, indicator, facts, figure)) | {f"events arrive {how}"})


NAMES: Final = (
    "a zone changes its offset within the period", "a leap day is within the period",
    "a day is skipped or comes twice", "a rolling window over a change of the offset", "service hours",
    "service hours up to midnight and on from it", "a holiday on a day of a clock change", "maintenance once",
    "maintenance by a rule", "an allowance of maintenance", "days without maintenance",
    "maintenance that was announced", "an exclusion was granted", "an exclusion over the end of the period",
    "exclusions that overlap", "down-time was added", "events were added", "excluded time counts as up",
    "unknown time is left out", "unknown time counts as up", "unknown time counts as down", "silence means something",
    "degraded by a weight", "degraded beside unknown", "maintenance outside a window", "short outages do not count",
    "a target of 100 %", "a target of 0 %", "exactly on target", "an event at the first instant of the period",
    "an event at its end", "an event at the edge of an exclusion", "two events at one instant", "a sample of nothing",
    "too small a sample", "just as many as the smallest sample", "too little coverage", "no data",
    "looked at exactly at the end", "looked at in its middle", "looked at after its end", "a credit",
    "a budget is spent", "events arrive one by one", "events arrive in parts", "events arrive after a restart",
)  # fmt: skip


def _of(setting: Setting, indicator: Indicator, facts: Sequence[Fact], figure: Figure) -> Iterator[str]:
    found = (
        _of_time(setting),
        _of_the_text(setting, indicator),
        _of_events(setting, facts),
        _of_figures(setting, figure),
    )
    yield from (name for names in found for name, is_so in names if is_so)


def _of_time(setting: Setting) -> Iterator[tuple[str, bool]]:
    (start, end), zone = setting.span, ZoneInfo(setting.text.term.time_zone)
    first, last = from_ms(start).astimezone(zone), from_ms(end).astimezone(zone)
    changes = first.utcoffset() != last.utcoffset()
    days = [first.date() + timedelta(days=n) for n in range(min(400, (last.date() - first.date()).days + 1))]
    yield "a zone changes its offset within the period", changes
    yield "a leap day is within the period", any((day.month, day.day) == (2, 29) for day in days)
    yield (
        "a day is skipped or comes twice",
        setting.text.term.time_zone in ("Pacific/Apia", "America/Havana") and changes,
    )
    yield "a rolling window over a change of the offset", changes and setting.objective.window.rolling is not None
    yield "looked at exactly at the end", setting.as_of == end
    yield "looked at in its middle", start < setting.as_of < end
    yield "looked at after its end", setting.as_of > end
    calendar = setting.text.calendars[0]
    has_hours = setting.objective.calendar != "24x7"
    hours = [each for some in calendar.weekly.values() for each in some]
    yield "service hours", has_hours
    yield (
        "service hours up to midnight and on from it",
        has_hours
        and (any(each.endswith("24:00") for each in hours) and any(each.startswith("00:00") for each in hours)),
    )
    added = () if calendar.holidays is None else calendar.holidays.add
    yield "a holiday on a day of a clock change", has_hours and any(_changes(day, zone) for day in added)


def _changes(day: date, zone: ZoneInfo) -> bool:
    begins = datetime.combine(day, time(), zone)
    return begins.utcoffset() != (begins + timedelta(hours=23, minutes=59)).utcoffset()


def _of_the_text(setting: Setting, indicator: Indicator) -> Iterator[tuple[str, bool]]:
    objective, agreed, given = setting.objective, setting.text.maintenance, setting.adjustments
    windows = () if agreed is None else agreed.windows
    yield "maintenance once", any(each.rrule is None for each in windows)
    yield "maintenance by a rule", any(each.rrule is not None for each in windows)
    yield "an allowance of maintenance", agreed is not None and agreed.allowance is not None
    yield "days without maintenance", agreed is not None and bool(agreed.freezes)
    yield "maintenance that was announced", bool(given.announced)
    yield "an exclusion was granted", bool(given.excluded)
    yield "an exclusion over the end of the period", any(a < setting.span[1] < b for a, b in given.excluded)
    yield (
        "exclusions that overlap",
        any(a < each.end and each.start < b for a, b in given.excluded for each in given.announced),
    )
    yield "down-time was added", bool(given.down)
    yield "events were added", bool(given.events)
    yield "excluded time counts as up", objective.exclusions == "count-as-up"
    words = {"exclude": "is left out", "up": "counts as up", "down": "counts as down"}
    yield f"unknown time {words[objective.unknown]}", True
    yield "silence means something", indicator.silence is not None
    yield "short outages do not count", objective.shortest_outage is not None
    yield "a target of 100 %", str(objective.target) == "100"
    yield "a target of 0 %", str(objective.target) == "0"


def _of_events(setting: Setting, facts: Sequence[Fact]) -> Iterator[tuple[str, bool]]:
    instants = [fact.at for fact in facts]
    edges = {at for each in setting.adjustments.excluded for at in each}
    weights = [fact.weight for fact in facts if fact.kind == "state"]
    is_degraded = any(weight is not None and 0 < weight < 1_000_000 for weight in weights)
    yield "an event at the first instant of the period", setting.span[0] in instants
    yield "an event at its end", setting.span[1] in instants
    yield "an event at the edge of an exclusion", any(at in edges or at // MINUTE * MINUTE in edges for at in instants)
    yield "two events at one instant", len(set(instants)) < len(instants)
    yield "degraded by a weight", is_degraded
    yield "degraded beside unknown", is_degraded and None in weights
    yield "maintenance outside a window", any(fact.state == "maintenance" for fact in facts)
    yield "a sample of nothing", any(total == 0 for fact in facts for _, _, total in fact.samples)


def _of_figures(setting: Setting, figure: Figure) -> Iterator[tuple[str, bool]]:
    least = setting.objective.minimum_sample
    yield "exactly on target", bool(figure.total) and figure.good == figure.target * figure.total
    yield "too small a sample", 0 < figure.sample < least
    yield "just as many as the smallest sample", least > 1 and figure.sample == least
    yield "too little coverage", not figure.covered and figure.holds is not None
    yield "no data", figure.holds is None
    yield "a credit", bool(figure.credit_percent)
    yield "a budget is spent", figure.spent_at is not None


def told() -> Iterator[str]:
    """What was tried, the rarest first."""
    yield f"{TRIED.total()} streams: {', '.join(f'{number} {measure}' for measure, number in TRIED.items())}"
    yield from (f"{SEEN[name]:7d}  {name}" for name in sorted(NAMES, key=lambda name: SEEN[name]))
