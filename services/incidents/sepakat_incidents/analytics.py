"""How problems are handled: how often, how fast, how far up, and what disputes came to. Pure.

The terms are the field's. Time to acknowledge runs from the opening to the first acknowledgement that stopped the
ladder, time to restore from the opening to the end of the impact. How long the impact itself lasted goes by its own
times, as they were corrected, and incidents belong to the month in which it began. Time between failures is the time
of the services within their agreements' terms, less that of impact, divided by how many incidents began. Durations are
seconds.
A duplicate counts with the incident that it was merged into.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median
from typing import Final

from sepakat_incidents.dispute import Dispute
from sepakat_incidents.incident import Incident
from sepakat_shared.calendars import Interval, clip, length, to_ms, unite


@dataclass(frozen=True)
class Took:
    """How long something took, over `count` times: seconds, None where it never came to an end."""

    count: int
    mean: float | None
    median: float | None
    longest: float | None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Took":
        if not seconds:
            return cls(0, None, None, None)
        return cls(len(seconds), fmean(seconds), median(seconds), max(seconds))


@dataclass(frozen=True)
class Handled:
    """Incidents that began in a span of time; `between_failures` in seconds, None where none began.

    `levels` counts incidents by the deepest level that was ever told, in whichever round, 0 where nobody was.
    """

    count: int
    open: int
    acknowledge: Took
    restore: Took
    impact_seconds: float
    between_failures: float | None
    levels: Mapping[int, int]
    repeated: int
    """Incidents whose ladder was walked more than once."""
    impact: Took
    """From the beginning of each one's impact to its end."""
    reopened: int


@dataclass(frozen=True)
class Disputed:
    """Disputes that were raised in a span of time, by what came of them."""

    count: int
    open: int
    results: Mapping[str, int]
    took: Took


_BY: Final[Mapping[str, Callable[[Incident], str]]] = {
    "priority": lambda incident: incident.priority,
    "service": lambda incident: f"{incident.about.agreement}/{incident.about.service}",
    "cause": lambda incident: incident.cause or "unknown",
    "named-cause": lambda incident: (
        f"{incident.about.agreement}/{incident.about.service}/{incident.about.cause or '-'}"
    ),
    "agreement": lambda incident: incident.about.agreement,
    "month": lambda incident: f"{incident.impact_started_at:%Y-%m}",
}
"""What incidents are grouped by: `cause` is the kind of what opened them, `named-cause` what somebody has called it."""
GROUPINGS: Final = tuple(_BY)
Terms = Mapping[str, tuple[datetime, datetime | None]]
"""By agreement, when it began and ended; None: it has not. One that is missing has no bounds."""
_UNBOUNDED: Final[Terms] = {}


def began_in(incidents: Iterable[Incident], start: datetime, end: datetime) -> list[Incident]:
    return [each for each in incidents if start <= each.impact_started_at < end]


def handled(known: Iterable[Incident], start: datetime, end: datetime, terms: Terms = _UNBOUNDED) -> Handled:
    """Those of `known` that began in `[start, end)`.

    Impact is also that of what began before; where it has not ended, it lasts until `end`. A service's time is counted
    within its agreement's term.
    """
    known = [each for each in known if each.merged_into is None]
    incidents = began_in(known, start, end)
    acknowledged = [_seconds(each.opened_at, each.acknowledged_at) for each in incidents if each.acknowledged_at]
    restored = [_seconds(each.opened_at, each.impact_ended_at) for each in incidents if each.impact_ended_at]
    impacts = _impacts(known, to_ms(start), to_ms(end))
    healthy = sum(_without_impact(impacts[of], _within(terms.get(of[0]), start, end)) for of in impacts)
    return Handled(
        count=len(incidents),
        open=sum(each.is_open for each in incidents),
        acknowledge=Took.of(acknowledged),
        restore=Took.of(restored),
        impact_seconds=sum(length(each) for each in impacts.values()) / 1000,
        between_failures=healthy / 1000 / len(incidents) if incidents else None,
        levels=dict(sorted(Counter(each.deepest_level for each in incidents).items())),
        repeated=sum(each.last_round > 1 for each in incidents),
        impact=Took.of([_seconds(e.impact_started_at, e.impact_ended_at) for e in incidents if e.impact_ended_at]),
        reopened=sum(each.reopened > 0 for each in incidents),
    )


def grouped(
    incidents: Iterable[Incident], by: str, start: datetime, end: datetime, terms: Terms = _UNBOUNDED
) -> dict[str, Handled]:
    """By one of `GROUPINGS`, in the order of the groups' names; those in which something began."""
    groups: dict[str, list[Incident]] = {}
    for each in incidents:
        groups.setdefault(_BY[by](each), []).append(each)
    found = {name: handled(groups[name], start, end, terms) for name in sorted(groups)}
    return {name: each for name, each in found.items() if each.count}


def disputed(disputes: Iterable[Dispute], start: datetime, end: datetime) -> Disputed:
    """Those raised in `[start, end)`."""
    within = [each for each in disputes if start <= each.raised_at < end]
    ended = [each for each in within if each.ended_at is not None]
    results = Counter("withdrawn" if each.outcome is None else each.outcome.result for each in ended)
    return Disputed(
        count=len(within),
        open=len(within) - len(ended),
        results=dict(sorted(results.items())),
        took=Took.of([_seconds(each.raised_at, each.ended_at) for each in ended if each.ended_at]),
    )


def _impacts(incidents: Iterable[Incident], start: int, end: int) -> dict[tuple[str, str], list[Interval]]:
    """By agreement and service: the parts of `[start, end)` in which it was impaired."""
    by_service: dict[tuple[str, str], list[Interval]] = {}
    for each in incidents:
        until = end if each.impact_ended_at is None else to_ms(each.impact_ended_at)
        spans = by_service.setdefault((each.about.agreement, each.about.service), [])
        spans.append((to_ms(each.impact_started_at), until))
    return {of: clip(unite(spans), start, end) for of, spans in by_service.items()}


def _within(term: tuple[datetime, datetime | None] | None, start: datetime, end: datetime) -> Interval:
    """The part of `[start, end)` that is in the term."""
    begins, ends = term or (start, None)
    return to_ms(max(begins, start)), to_ms(min(ends or end, end))


def _without_impact(impact: Sequence[Interval], span: Interval) -> int:
    """In milliseconds."""
    return max(0, span[1] - span[0]) - length(clip(impact, *span))


def _seconds(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())
