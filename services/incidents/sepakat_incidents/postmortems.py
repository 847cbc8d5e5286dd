"""Post-incident notes in the database, what is told of them, and what asks for them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from sepakat_incidents import postmortem as domain
from sepakat_incidents import postmortem_timing
from sepakat_incidents.identity import Identity
from sepakat_incidents.incident import Incident
from sepakat_incidents.postmortem import (
    EVENTS,
    Drafted,
    Event,
    Expected,
    FollowUpDone,
    FollowUpReminded,
    NoLongerExpected,
    Postmortem,
    Published,
    Reminded,
    apply,
)
from sepakat_incidents.store import Incidents
from sepakat_incidents.wordings import Wordings
from sepakat_shared.aggregate import Committed, Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import postmortems as contract
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import Fact, rfc3339
from sepakat_shared.contracts.incidents import IncidentMerged, IncidentReopened, IncidentResolved
from sepakat_shared.messages import Envelope, Message
from sepakat_shared.mongo import Document
from sepakat_shared.reacting import Reaction


def _fields(note: Postmortem) -> Mapping[str, Any]:
    return {
        "parties": list(note.about.parties),
        "agreement": note.about.about.agreement,
        "promises": len(note.follow_ups),
        "due_at": postmortem_timing.due_at(note),
    }


def _messages(event: Event, note: Postmortem) -> Iterable[Message]:
    fact = _fact(event, note)
    return [] if fact is None else [Message.of(topics.INCIDENTS, note.about.id, fact)]


def _fact(event: Event, note: Postmortem) -> Fact | None:
    match event:
        case Published(_, version, content, by, at):
            return contract.PostmortemPublished(
                **note.about.as_fact(at), version=version, by=by, party=note.author, late=note.late,
                what_happened=content.what_happened, why=content.why, what_will_change=content.what_will_change,
                follow_ups=tuple(
                    contract.Promise(follow_up=each.id or "", text=each.text, owner=each.owner, due_at=each.due_at)
                    for each in content.follow_ups
                ),
            )  # fmt: skip
        case Reminded(late, at) if note.expected is not None:
            about = note.about.as_fact(at)
            return contract.PostmortemReminded(**about, responsible=note.author, due_at=note.expected.due_at, late=late)
        case FollowUpReminded(id, late, at):
            return contract.FollowUpReminded(**note.about.as_fact(at), **_promise(note, id), late=late)
        case FollowUpDone(id, said, by, at):
            promise = _promise(note, id)
            late = at > promise["due_at"]
            return contract.FollowUpDone(**note.about.as_fact(at), **promise, by=by, note=said, late=late)
        case _:
            return None  # whether it is asked for follows from the text, and a draft is nobody else's


def _promise(note: Postmortem, id: str) -> dict[str, Any]:
    each = next(each for each in note.follow_ups if each.id == id)
    return {
        "responsible": note.author, "follow_up": id, "text": each.text, "owner": each.owner, "due_at": each.due_at,
    }  # fmt: skip


POSTMORTEM: Kind[Postmortem, Event] = Kind("postmortem", Postmortem, EVENTS, apply, _fields, _messages)


def note_id(incident: str) -> str:
    # Not the incident's own: a reader tells sources of events apart by aggregate id.
    return f"{incident}.note"


class Postmortems:
    """The notes about every incident; each reading is narrowed to what the asking party may see."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, POSTMORTEM)

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("promises", ASCENDING)])

    async def find(self, incident: str) -> Loaded[Postmortem] | None:
        return await self.all.find(note_id(incident))

    async def execute(
        self, incident: str, decide: Callable[[Postmortem | None, datetime], Sequence[Event]], by: str,
        cause: Envelope | None = None, expected_version: int | None = None,
    ) -> Loaded[Postmortem] | None:  # fmt: skip
        return await self.all.execute(
            note_id(incident), decide, by=by, cause=cause, expected_version=expected_version
        )  # fmt: skip

    async def fire(self, due: Sequence[Document]) -> None:
        """Do what is due of these notes (their documents)."""
        read = [self.all.read(each) for each in due]
        await self.all.execute_many({each.id: postmortem_timing.fire for each in read}, by="timer", read=read)

    async def versions(self, incident: str) -> list[Published]:
        """Every version that was published, in order: from the commits, so none can be taken out."""
        return [each for each in await self._events(incident) if isinstance(each, Published)]

    async def _events(self, incident: str) -> list[Event]:
        return [event for each in await self._committed(incident) for event in each.events]

    async def _committed(self, incident: str) -> list[Committed[Event]]:
        return await self.all.committed(note_id(incident))

    async def with_follow_ups(self, asking: Principal, agreement: str | None) -> list[Postmortem]:
        """The notes in which something was promised."""
        query: dict[str, Any] = {"promises": {"$gt": 0}} | ({} if agreement is None else {"agreement": agreement})
        found = await self.all.states.find(asking.restrict(query)).sort("_id", ASCENDING).to_list(None)
        return [self.all.read(each).state for each in found]

    async def timeline(self, incident: Incident, asking: Principal) -> list[dict[str, Any]]:
        """What became of the note, as entries of the incident's timeline; drafts are their author's party's alone."""
        sees_drafts = asking.party == incident.responsible
        return [
            {"at": rfc3339(each.at), "by": each.by, "what": f"Postmortem{type(event).__name__}", **_told(event)}
            for each in await self._committed(incident.id)
            for event in each.events
            if sees_drafts or not isinstance(event, Drafted)
        ]


def _told(event: Event) -> dict[str, Any]:
    match event:
        case Expected(_, _, due_at):
            return {"due_at": rfc3339(due_at)}
        case NoLongerExpected(why):
            return {"why": why}
        case Published(_, version, content):
            return {"version": version, "what_happened": content.what_happened, "why": content.why,
                    "what_will_change": content.what_will_change, "follow_ups": len(content.follow_ups)}  # fmt: skip
        case Reminded(late):
            return {"late": late}
        case FollowUpReminded(id, late):
            return {"follow_up": id, "late": late}
        case FollowUpDone(id, said):
            return {"follow_up": id, "note": said}
        case Drafted():
            return {}


class PostmortemReactions:
    """A resolved incident needs a note, where the agreement that it is handled by says so, as long as it is over."""

    def __init__(self, postmortems: Postmortems, incidents: Incidents, wordings: Wordings) -> None:
        self._postmortems = postmortems
        self._incidents = incidents
        self._wordings = wordings

    def all(self) -> list[Reaction]:
        return [
            Reaction(topics.INCIDENTS, IncidentResolved, self.on_resolved, "post-incident notes"),
            Reaction(topics.INCIDENTS, IncidentReopened, self.on_reopened, "post-incident notes"),
            Reaction(topics.INCIDENTS, IncidentMerged, self.on_merged, "post-incident notes"),
        ]

    async def on_resolved(self, fact: IncidentResolved, cause: Envelope) -> None:
        incident = await self._incidents.find(fact.incident)
        # When this comes again, what it tells of may have been taken back since.
        if incident is None or incident.is_open or incident.merged_into is not None:
            return
        wording = await self._wordings.find(fact.agreement, incident.version)
        rule = wording.text.post_incident_note if wording else None
        if rule is None or fact.priority not in rule.priorities:
            return

        def decide(note: Postmortem | None, _now: datetime) -> Sequence[Event]:
            about = Identity.of(incident)
            return domain.expect(note, about, incident.responsible, rule.within, rule.remind, fact.at)

        await self._postmortems.execute(fact.incident, decide, by=cause.source, cause=cause)

    async def on_reopened(self, fact: IncidentReopened, cause: Envelope) -> None:
        await self._postmortems.execute(
            fact.incident, lambda note, now: domain.go_on(note, "reopened", now), by=cause.source, cause=cause
        )

    async def on_merged(self, fact: IncidentMerged, cause: Envelope) -> None:
        await self._postmortems.execute(
            fact.incident, lambda note, now: domain.go_on(note, "merged", now), by=cause.source, cause=cause
        )
