"""A person's report of a problem: filed once, about one incident, and its reporter is told how it goes. Pure.

Names and addresses are not here: what is decided is kept for ever, and people may be forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, assert_never

from sepakat_incidents.incident import About, Incident, Status

Degree = Literal["high", "low"]
Step = Literal["taken-up", "update", "resolved", "reopened"]

QUIET: Final = timedelta(hours=1)
"""How long an update without words of its own is not mailed again: a cadence of notes is agreed between parties."""
_SHOWN: Final = 50


class Stage(StrEnum):
    RECEIVED = "received"
    TAKEN_UP = "taken-up"
    RESOLVED = "resolved"
    REOPENED = "reopened"


@dataclass(frozen=True)
class Told:
    """One step as the reporter reads of it; `words` are those that a party meant for reporters."""

    step: Step
    at: datetime
    words: str | None = None


@dataclass(frozen=True)
class Report:
    """`party` is whose key or form it came by; `other`: it is something else than what is known already.

    `followed` is false where somebody with the same address is told of the same incident already.
    """

    id: str
    number: str
    about: About
    zone: str
    party: str
    via: Literal["api", "form"]
    by: str
    summary: str
    details: str
    impact: Degree
    urgency: Degree
    other: bool
    filed_at: datetime
    priority: str = ""
    """What the text that was in force made of impact and urgency; empty where it was not looked at."""
    form: str | None = None
    incident: str | None = None
    incident_number: str | None = None
    followed: bool = True
    stage: Stage = Stage.RECEIVED
    steps: tuple[Told, ...] = ()
    mailed_at: datetime | None = None
    """The last update that was mailed."""
    erased: bool = False


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filed:
    """`acknowledged`: a mail with its number goes to the reporter."""

    report: Report
    acknowledged: bool


@dataclass(frozen=True)
class Linked:
    """It is about that incident: the one that it opened, or one that was open."""

    incident: str
    number: str
    followed: bool
    at: datetime


@dataclass(frozen=True)
class Progressed:
    """`mailed`: the reporter is written to; the page of the report has it in any case."""

    told: Told
    mailed: bool


@dataclass(frozen=True)
class Erased:
    """Who reported it is known no more."""

    by: str
    at: datetime


Event = Filed | Linked | Progressed | Erased
EVENTS: Final[tuple[type[Event], ...]] = (Filed, Linked, Progressed, Erased)
_STAGES: Final = {"taken-up": Stage.TAKEN_UP, "resolved": Stage.RESOLVED, "reopened": Stage.REOPENED}


def apply(report: Report | None, event: Event) -> Report:
    if isinstance(event, Filed):
        return event.report
    if report is None:
        raise ValueError(f"{type(event).__name__} of a report that was never filed")
    match event:
        case Linked(incident, number, followed):
            return replace(report, incident=incident, incident_number=number, followed=followed)
        case Progressed(told, mailed):
            return replace(
                report, stage=_STAGES.get(told.step, report.stage), steps=(*report.steps, told)[-_SHOWN:],
                mailed_at=told.at if mailed and told.step == "update" else report.mailed_at,
            )  # fmt: skip
        case Erased():
            return replace(report, erased=True)
        case _:
            assert_never(event)


# -- decisions ---------------------------------------------------------------------------------------------------------


def file(known: Report | None, report: Report, acknowledged: bool) -> Sequence[Event]:
    """Keep it; the same one again changes nothing."""
    return [] if known is not None else [Filed(report, acknowledged)]


def link(report: Report | None, incident: str, number: str, followed: bool, now: datetime) -> Sequence[Event]:
    """Say which incident it is about; that is said once."""
    return [] if report is None or report.incident is not None else [Linked(incident, number, followed, now)]


def progress(report: Report | None, step: Step, words: str | None, now: datetime) -> Sequence[Event]:
    """Tell the reporter of a step, where it is one: what is taken up is not taken up again, what is over has no news.

    Words that are meant for reporters are news at any time.
    """
    if report is None or (words is None and not _follows(report.stage, step)):
        return []
    mailed = report.followed and not report.erased
    if step == "update" and words is None and report.mailed_at is not None:
        mailed = mailed and now - report.mailed_at >= QUIET
    return [Progressed(Told(step, now, words), mailed)]


def _follows(stage: Stage, step: Step) -> bool:
    match step:
        case "taken-up":
            return stage in (Stage.RECEIVED, Stage.REOPENED)
        case "update" | "resolved":
            return stage is not Stage.RESOLVED
        case "reopened":
            return stage is Stage.RESOLVED


def missed(report: Report, incident: Incident) -> Step | None:
    """What has happened to `incident`, which stands for its own one now, and was not told.

    A duplicate is closed by its merge, and nothing is solved by that.
    """
    if report.incident is None or incident.merged_into is not None:
        return None
    step: Step | None = "taken-up" if incident.status is Status.ACKNOWLEDGED else "resolved"
    if incident.status is Status.OPEN:
        step = None
    return step if step is not None and _follows(report.stage, step) else None


def catch_up(report: Report | None, seen: Report, incident: Incident, now: datetime) -> Sequence[Event]:
    """Tell what it has missed, where it has been told of nothing since it was `seen`, before `incident` was."""
    if report is None or (report.stage, report.steps) != (seen.stage, seen.steps):
        return []
    step = missed(report, incident)
    return [] if step is None else progress(report, step, None, now)


def erase(report: Report | None, by: str, now: datetime) -> Sequence[Event]:
    """Forget who reported it; again, nothing happens."""
    return [] if report is None or report.erased else [Erased(by, now)]
