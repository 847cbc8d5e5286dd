"""From the record of an incident to the picture of its course, and the same in words."""

from datetime import datetime, timedelta
from typing import Final

from sepakat_document import charts, course
from sepakat_document.axis import axis
from sepakat_document.blocks import Drawing
from sepakat_document.course import Answered, Course, Cut, Lane, Names, Span, Told
from sepakat_document.incident_source import Clock, Entry, IncidentSource
from sepakat_document.incident_words import instant_of

_MOST_TICKS: Final = 6
_ROOM: Final = 50
"""The axis goes on until a limit that is not further off than so many percent of what has passed."""
STATES: Final = {
    "met": ("in time", "tepat waktu"), "missed": ("missed", "terlampaui"), "running": ("running", "berjalan"),
    "paused": ("stands still", "berhenti"), "stopped": ("ended", "berakhir"), "cancelled": ("merged", "digabungkan"),
}  # fmt: skip


def drawing(source: IncidentSource) -> Drawing:
    seen = course_of(source)
    [svg] = charts.drawn([course.picture(seen, _names(source, seen))])
    return Drawing(
        svg,
        _in_words(source, seen),
        source.say("The course of {number}. Times in {zone}.", "Jalannya {number}. Zona waktu {zone}.",
                   number=source.record.number, zone=str(source.zone)),
    )  # fmt: skip


def course_of(source: IncidentSource) -> Course:
    record = source.record
    start, end = _bounds(source)
    lanes = (_impact(source), *(_lane(source, each) for each in record.clocks))
    return Course(
        start, end, axis(start, end, source.zone, _MOST_TICKS), lanes,
        tuple(Told(each.at, int(each.told["level"])) for each in _entries(source, "Escalated")),
        tuple(_answers(source)), tuple(_cuts(source)),
    )  # fmt: skip


def ends_at(source: IncidentSource) -> datetime:
    """When nothing of it went on any more; now, while something does. A merged one goes on elsewhere."""
    record = source.record
    merged = [each.at for each in _entries(source, "Merged")] if record.merged_into else []
    if not record.is_over and not merged:
        return source.now
    return max([*(at for at in (record.resolved_at, record.impact_ended_at) if at), *merged[-1:], record.opened_at])


def impact_spans(source: IncidentSource) -> tuple[Span, ...]:
    """When the impact was: what a reopening says came back was over in between."""
    record = source.record
    spans, begins, over = [], record.impact_started_at, None
    for each in _entries(source, "Resolved", "Reopened"):
        if each.what == "Resolved":
            over = instant_of(each.told.get("impact_ended_at", each.at))
        elif over is not None and over > begins:
            spans.append((begins, over))
            begins = max(each.at, over)
    last = record.impact_ended_at or ends_at(source)
    return (*spans, (begins, max(last, begins)))


def _bounds(source: IncidentSource) -> Span:
    """Over a resolution that waits for days a limit of minutes would be a hair: the axis shows what has happened."""
    record = source.record
    start = min([record.impact_started_at, record.opened_at, *(each.started_at for each in record.clocks)])
    end = max(ends_at(source), *(end for _, end in impact_spans(source)), start + timedelta(seconds=30))
    near = end + (end - start) * _ROOM / 100
    dues = [each.due_at for each in record.clocks if each.due_at is not None and end < each.due_at <= near]
    margin = (max([end, *dues]) - start) / 50
    return start - margin, max([end, *dues]) + margin


def _entries(source: IncidentSource, *kinds: str) -> list[Entry]:
    return [each for each in source.record.timeline if each.what in kinds]


# -- lanes -------------------------------------------------------------------------------------------------------------


def _impact(source: IncidentSource) -> Lane:
    record = source.record
    goes_on = record.impact_ended_at is None and record.merged_into is None
    said = source.say("goes on", "berlanjut") if goes_on else source.say("over", "berakhir")
    if record.merged_into is not None and record.impact_ended_at is None:
        said = source.say("merged", "digabungkan")
    return Lane(source.say("Impact", "Dampak"), said, impact_spans(source), goes_on=goes_on)


def _lane(source: IncidentSource, clock: Clock) -> Lane:
    if clock.measures == "update":
        return _cadence(source, clock)
    missed = clock.state == "missed"
    return Lane(
        source.clock(clock.measures), verdict(source, clock), clock.runs, clock.still, clock.due_at,
        clock.due_at if missed else None, goes_on=clock.stopped_at is None, bad=missed,
    )  # fmt: skip


def _cadence(source: IncidentSource, clock: Clock) -> Lane:
    """That of progress notes: it begins anew with each of the responsible party's, so only the last limit is known."""
    missed = silences(source)
    waits = clock.stopped_at is None and clock.state != "missed"
    return Lane(
        source.clock(clock.measures), verdict(source, clock), (), clock.still, clock.due_at if waits else None,
        thread=(min(source.record.opened_at, clock.started_at), clock.stopped_at or ends_at(source)),
        ticks=tuple(
            each.at for each in _entries(source, "Updated") if each.told.get("party") == source.record.responsible
        ),
        missed=missed, goes_on=clock.stopped_at is None, bad=clock.state == "missed",
    )  # fmt: skip


def silences(source: IncidentSource) -> tuple[datetime, ...]:
    """When a progress note did not come in time."""
    return tuple(each.at for each in _entries(source, "Missed") if each.told.get("measures") == "update")


def verdict(source: IncidentSource, clock: Clock) -> str:
    return source.say(*STATES.get(clock.state, (clock.state, clock.state)))


def _answers(source: IncidentSource) -> list[Answered]:
    """The responsible party's: another one's stops nothing."""
    return [
        Answered(each.at, each.what == "Acknowledged")
        for each in _entries(source, "Acknowledged", "Unacknowledged")
        if each.what == "Unacknowledged" or each.told.get("party") == source.record.responsible
    ]


def _cuts(source: IncidentSource) -> list[Cut]:
    words = {
        "Opened": ("opened", "dibuka"), "Resolved": ("resolved", "selesai"),
        "Reopened": ("opened again", "dibuka kembali"), "Merged": ("merged", "digabungkan"),
    }  # fmt: skip
    return [
        Cut(each.at, source.say(*words[each.what]), dashed=each.what in ("Opened", "Reopened"))
        for each in _entries(source, *words)
    ]


# -- words -------------------------------------------------------------------------------------------------------------


def _names(source: IncidentSource, seen: Course) -> Names:
    s = source
    return Names(
        s.say("Level told", "Diberi tahu"),
        s.say("In hand", "Penanganan"),
        lambda at: s.clock_time(at, seconds=seen.axis.in_seconds),
        s.short_day,
        {
            "runs": s.say("counts", "dihitung"),
            "still": s.say("stands still", "berhenti"),
            "over": s.say("over the limit", "melewati batas"),
            "limit": s.say("limit", "batas waktu"),
            "note": s.say("progress note", "kabar kemajuan"),
            "told": s.say("level told", "tingkat yang diberi tahu"),
            "taken": s.say("taken up", "mulai ditangani"),
            "lost": s.say("in nobody’s hands, or no note in time", "tidak ditangani, atau kabar terlambat"),
        },
    )


def _in_words(source: IncidentSource, seen: Course) -> str:
    """The same for those who do not see it: in order of the lanes."""
    s = source
    told = "; ".join(
        s.say("{n} at {at}", "{n} pada {at}", n=str(each.level), at=s.moment(each.at)) for each in seen.told
    )
    answered = "; ".join(
        (s.say("taken up at {at}", "mulai ditangani pada {at}", at=s.moment(each.at)) if each.given
         else s.say("in nobody’s hands from {at}", "tidak ditangani sejak {at}", at=s.moment(each.at)))
        for each in seen.answered
    )  # fmt: skip
    lines = [
        *(_lane_in_words(source, each) for each in seen.lanes),
        *([s.say("Levels told: {told}", "Tingkat yang diberi tahu: {told}", told=told)] if told else []),
        *([s.say("In hand: {answered}", "Penanganan: {answered}", answered=answered)] if answered else []),
        *(f"{each.words}: {s.moment(each.at)}" for each in seen.cuts),
    ]
    return ". ".join(lines) + "."


def _lane_in_words(source: IncidentSource, lane: Lane) -> str:
    s = source
    parts = [f"{s.moment(start)} \u2013 {s.moment(end)}" for start, end in (*lane.runs, *filter(None, [lane.thread]))]
    still = [f"{s.moment(start)} \u2013 {s.moment(end)}" for start, end in lane.still]
    found = [f"{lane.name}: {lane.said}", *parts]
    if still:
        found.append(s.say("stands still", "berhenti") + " " + ", ".join(still))
    if lane.missed:
        found.append(s.say("missed", "terlampaui") + " " + ", ".join(map(s.moment, lane.missed)))
    if lane.due is not None:
        found.append(s.say("limit", "batas waktu") + f" {s.moment(lane.due)}")
    return "; ".join(found)
