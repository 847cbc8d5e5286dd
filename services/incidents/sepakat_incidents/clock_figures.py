"""What is disputed of an incident's clock: the figure as it was recorded, and as an outcome leaves it. Pure.

A figure is told as those of objectives are: `value` and `target` in seconds, whether it was `met`, and its `state`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sepakat_incidents import clocks
from sepakat_incidents.clocks import Clock, Measures
from sepakat_incidents.incident import Incident
from sepakat_incidents.remedy import Adjustment, Remedy
from sepakat_shared.contracts import disputes

Disputed = Literal["response", "restoration", "resolution", "impact"]
MEASURES: Final[Mapping[str, Measures]] = {
    "response": "first-response", "restoration": "restore", "resolution": "resolve",
}  # fmt: skip
"""The clocks behind what may be disputed; that of the impact is none, and has no limit."""


def figure(incident: Incident, disputed: Disputed, now: datetime) -> dict[str, Any] | None:
    """What it counts for at `now`: what is on record, with what earlier disputes have made of that. None where the
    agreement sets no limit for it.
    """
    if disputed == "impact":
        end = incident.impact_ended_at
        lasted = max(timedelta(), (end or now) - incident.impact_started_at)
        return {"value": _seconds(lasted), "unit": "s", "state": "running" if end is None else "over"}
    clock = next((each for each in incident.clocks if each.measures == MEASURES[disputed]), None)
    if clock is None:
        return None
    taken, met = counted(incident, clock, now)
    limit = timedelta(milliseconds=clock.terms.limit)
    state = "missed" if not met else "running" if clock.stopped_at is None else "met"
    return {"value": _seconds(taken), "unit": "s", "target": _seconds(limit), "met": met, "state": state}


def counted(incident: Incident, clock: Clock, now: datetime) -> tuple[timedelta, bool]:
    """What a clock counts for: what is on record, with what disputes have made of it; and whether that is in time."""
    agreed = timedelta(seconds=sum(each.seconds for each in incident.agreed if each.measures == clock.measures))
    taken = max(timedelta(), clocks.elapsed(clock, incident.pauses, now) + agreed)
    return taken, taken <= timedelta(milliseconds=clock.terms.limit)


def runs(incident: Incident, disputed: Disputed) -> bool:
    """Whether it has not come to its end: what it counts for then, no outcome could say now."""
    if disputed == "impact":
        return incident.impact_ended_at is None
    return any(each.measures == MEASURES[disputed] and each.stopped_at is None for each in incident.clocks)


def agreed(measured: Mapping[str, Any] | None, remedy: Remedy, incident: str) -> dict[str, Any] | None:
    """That figure with the time that an outcome adds to the incident's clock, or takes away."""
    if measured is None:
        return None
    time = max(0.0, float(measured["value"]) + seconds_of(remedy.adjustments, incident))
    changed = {**measured, "value": _seconds(timedelta(seconds=time))}
    if "target" in measured:
        met = time <= float(measured["target"])
        changed |= {"met": met, "state": "missed" if not met else "met" if measured["state"] == "missed" else
                    measured["state"]}  # fmt: skip
    return changed


def seconds_of(adjustments: Iterable[Adjustment | disputes.Adjustment], incident: str) -> int:
    """So many seconds more, or less when below 0, of the incident's clock; of an outcome as it is kept, or as told."""
    return sum(each.seconds for each in adjustments if (each.kind, each.ticket) == ("case-time", incident))


def _seconds(span: timedelta) -> str:
    """Without zeros at the end: it is read by people."""
    return f"{span.total_seconds():.3f}".rstrip("0").rstrip(".")
