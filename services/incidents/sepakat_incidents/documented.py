"""An incident's record as its document is written from: exactly what one reader may see of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sepakat_document.incident_source import Agreed, Entry, Link, Note, Promise, Record
from sepakat_document.incident_source import Clock as Shown
from sepakat_incidents import clocks
from sepakat_incidents.clock_figures import counted
from sepakat_incidents.clocks import Clock
from sepakat_incidents.incident import Incident
from sepakat_incidents.postmortem import Postmortem
from sepakat_incidents.showing import shown
from sepakat_shared.hashes import canonical_hash


def record_of(
    incident: Incident, links: Iterable[Mapping[str, str]], timeline: Sequence[Mapping[str, Any]], alerts: int,
    note: Postmortem | None, now: datetime,
) -> Record:  # fmt: skip
    """`timeline` and `links` are what the reader is shown of them elsewhere, too."""
    about = incident.about
    into = next((each.number for each in incident.links if each.to == incident.merged_into), incident.merged_into)
    return Record(
        number=incident.number, title=incident.title, agreement=about.agreement, service=about.service,
        provider=about.provider, customer=about.customer, priority=incident.priority, status=incident.status.value,
        responsible=incident.responsible, opened_at=incident.opened_at, impact_started_at=incident.impact_started_at,
        agreement_title=about.agreement_title, service_title=about.service_title, impact=incident.impact,
        urgency=incident.urgency, owner=incident.owner, impact_ended_at=incident.impact_ended_at,
        acknowledged_at=incident.acknowledged_at, resolved_at=incident.resolved_at,
        waits_for=incident.pause.reason if incident.pause is not None and incident.is_open else None, alerts=alerts,
        reopened=incident.reopened, merged_into=into, merged=len(incident.merged),
        links=tuple(Link(each["kind"], each["number"]) for each in links), clocks=_clocks(incident, now),
        timeline=tuple(_entry(each) for each in timeline), note=_note(note, now),
    )  # fmt: skip


def for_both(timeline: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of what one party sees, what the other one sees as well."""
    return [
        each for each in timeline
        if each.get("visibility") != "internal" and each["what"] != "PostmortemDrafted"
    ]  # fmt: skip


def timeline_hash(timeline: Sequence[Mapping[str, Any]]) -> str:
    """Of a timeline as the API shows it: its `items`."""
    return canonical_hash(list(timeline))


def _entry(shown: Mapping[str, Any]) -> Entry:
    told = {name: value for name, value in shown.items() if name not in ("at", "what")}
    return Entry(datetime.fromisoformat(shown["at"]), shown["by"], shown["what"], told)


def _clocks(incident: Incident, now: datetime) -> tuple[Shown, ...]:
    states = {each["clock"]: each["state"] for each in shown(incident, now)["clocks"]}
    return tuple(_clock(incident, each, states[each.measures], now) for each in incident.clocks)


def _clock(incident: Incident, clock: Clock, state: str, now: datetime) -> Shown:
    # A pause after its stop would move the limit of a clock that had no more to wait for.
    pauses = [each for each in incident.pauses if clock.stopped_at is None or each.start < clock.stopped_at]
    runs, still = clocks.course(clock, pauses, now)
    return Shown(
        clock.measures, state, timedelta(seconds=clock.terms.limit_seconds),
        clocks.elapsed(clock, pauses, now), clock.started_at, clock.stopped_at,
        clocks.due_at(clock, pauses), tuple(runs), tuple(still), _agreed(incident, clock, now),
    )  # fmt: skip


def _agreed(incident: Incident, clock: Clock, now: datetime) -> Agreed | None:
    numbers = [each.number for each in incident.agreed if each.measures == clock.measures]
    return Agreed(*counted(incident, clock, now), numbers[-1]) if numbers else None


def _note(note: Postmortem | None, now: datetime) -> Note | None:
    """What was published; a draft is its author's, and in no document."""
    if note is None or note.content is None:
        return None
    return Note(
        note.versions, note.content.what_happened, note.content.why, note.content.what_will_change,
        tuple(
            Promise(each.text, each.owner, each.due_at, each.status(now), (each.done_at or now) > each.due_at)
            for each in note.follow_ups
        ),
    )  # fmt: skip
