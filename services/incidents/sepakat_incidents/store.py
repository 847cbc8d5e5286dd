"""Lines in the database, and every incident in a document of its own to be found by."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, get_args

from pymongo import ASCENDING, DESCENDING

from sepakat_incidents import deadlines
from sepakat_incidents import line as domain
from sepakat_incidents.alert_store import AlertStore, Tally
from sepakat_incidents.clocks import owed
from sepakat_incidents.escalation import Ladder, Rosters
from sepakat_incidents.events import Event
from sepakat_incidents.folding import apply
from sepakat_incidents.incident import Incident, Line
from sepakat_incidents.past import PastIncidents
from sepakat_incidents.publish import of_line
from sepakat_incidents.rotation_store import Rotations
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Document


def _fields(line: Line) -> Mapping[str, Any]:
    incident = line.incident
    return {
        "parties": [line.about.provider, line.about.customer],
        "agreement": line.about.agreement,
        "status": incident.status.value if incident else None,
        "owner": f"{incident.responsible}/{incident.owner}" if incident and incident.owner else None,
        "opened_at": incident.opened_at if incident else None,
        "due_at": deadlines.due_at(incident),
        "linked": sorted({link.to for each in line.every for link in each.links}),
    }


def _ladder(line: Line | None) -> Ladder:
    return line.incident.ladder if line is not None and line.incident is not None else Ladder()


LINE: Kind[Line, Event] = Kind("line", Line, get_args(Event), apply, _fields, of_line)


def line_id(agreement: str, service: str, cause: str | None = None) -> str:
    """Of a service; of one cause of it, where somebody has named that."""
    return f"{agreement}.{service}" if cause is None else f"{agreement}.{service}.{cause}"


def line_of(incident: str) -> str:
    """The line that an incident's id names."""
    return incident.rpartition(".")[0]


class Incidents:
    """The incidents of all parties; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits, rotations: Rotations) -> None:
        self.lines = Aggregates(commits, LINE)
        self.past = PastIncidents(commits.db)
        self.alerts = AlertStore(commits.db)
        self._commits = commits
        self._rotations = rotations

    async def create_indexes(self) -> None:
        await self.lines.states.create_index([("parties", ASCENDING), ("opened_at", DESCENDING)])
        await self.lines.states.create_index("linked")
        await self.past.create_indexes()
        await self.alerts.create_indexes()

    async def execute(
        self,
        id: str,
        decide: Callable[[Line | None, datetime], Sequence[Event]],
        by: str,
        cause: Envelope | None = None,
    ) -> Line | None:
        loaded = await self.lines.execute(id, decide, by=by, cause=cause)
        return loaded.state if loaded else None

    async def on_ladder(
        self, id: str, decide: Callable[[Line | None, datetime, Rosters], Sequence[Event]], by: str,
        cause: Envelope | None = None,
    ) -> Line | None:  # fmt: skip
        """Decide what may tell another level: with the rotations that the incident's ladder names."""
        loaded = await self.lines.present(id)
        rosters = await self.rosters(_ladder(loaded.state if loaded else None))
        return await self.execute(id, lambda line, now: decide(line, now, rosters), by, cause)

    async def fire(self, due: Sequence[Document]) -> None:
        """Do what is due of these lines (their documents), each rotation read once for all of them."""
        read = [self.lines.read(each) for each in due]
        asked = {id for each in read for id in _ladder(each.state).rotations.values()}
        known = await self._rotations.named({id: id for id in asked})
        unread: set[str] = set()

        def decided(id: str) -> Callable[[Line | None, datetime], Sequence[Event]]:
            def decide(line: Line | None, now: datetime) -> Sequence[Event]:
                names = _ladder(line).rotations
                if not asked.issuperset(names.values()):
                    # Another ladder since the documents were read: a rotation's name must not pass for a contact's.
                    unread.add(id)
                    return []
                return deadlines.fire(line, now, {name: known[id] for name, id in names.items() if id in known})

            return decide

        await self.lines.execute_many({each.id: decided(each.id) for each in read}, by=_TIMER, read=read)
        for id in sorted(unread):
            await self.on_ladder(id, deadlines.fire, by=_TIMER)

    async def rosters(self, ladder: Ladder) -> Rosters:
        """The rotations that a ladder names, as they stand."""
        return await self._rotations.named(ladder.rotations)

    async def lines_of(self, agreement: str) -> list[str]:
        """The ids of an agreement's lines."""
        return [
            each["_id"] for each in await self.lines.states.find({"agreement": agreement}, {"_id": 1}).to_list(None)
        ]

    async def owned_by(self, party: str, contact: str) -> list[str]:
        """The ids of the lines whose last incident is that contact's."""
        found = self.lines.states.find({"owner": f"{party}/{contact}"}, {"_id": 1})
        return [each["_id"] for each in await found.to_list(None)]

    async def linking_to(self, id: str) -> list[Incident]:
        """The incidents that have a link to that one."""
        found = await self.lines.states.find({"linked": id}).to_list(None)
        every = [each for document in found for each in self.lines.read(document).state.every]
        every += await self.past.linking_to(id)
        return [each for each in _once(every) if any(link.to == id for link in each.links)]

    async def find(self, id: str) -> Incident | None:
        loaded = await self.lines.present(line_of(id))
        return None if loaded is None else await self._on(loaded.state, id)

    async def _on(self, line: Line, id: str) -> Incident | None:
        found = next((each for each in line.every if each.id == id), None)
        return await self.past.find(id) if found is None and line.had(id) else found

    async def caused_by(self, id: str, cause: str) -> Incident | None:
        """The incident of a line that an event opened or joined."""
        loaded = await self.lines.present(id)
        found = [each for each in loaded.state.every if cause in each.causes] if loaded is not None else []
        return found[-1] if found else await self.past.caused_by(id, cause)

    async def let_go(self, id: str, line: Line) -> None:
        """Write those of the line that leave into documents of their own."""
        leaving = list(line.leaving.values())
        await self.past.keep(leaving)
        kept = frozenset(line.leaving)
        await self.execute(id, lambda known, now: domain.let_go(known, kept, now), by="sepakat")

    async def with_duplicates(self, id: str) -> list[str]:
        """Its id, and those of its duplicates: what is told of it is told of them."""
        found = await self.find(id)
        return [id, *(found.merged if found is not None else ())]

    async def visible(self, id: str, asking: Principal) -> tuple[Incident, Loaded[Line]]:
        """An incident with its line. Raises NotFound also for what belongs to others."""
        loaded = await self.lines.find(line_of(id))
        if loaded is not None and asking.sees([loaded.state.about.provider, loaded.state.about.customer]):
            found = await self._on(loaded.state, id)
            if found is not None:
                return found, loaded
        raise NotFound(f"there is no incident {id!r} of yours")

    async def all(self, asking: Principal, agreement: str | None, status: str | None) -> list[Incident]:
        """Every incident that `asking` may see, the latest first."""
        query: Document = {} if agreement is None else {"agreement": agreement}
        lines = [
            self.lines.read(each).state for each in await self.lines.states.find(asking.restrict(query)).to_list(None)
        ]
        found = _once([*[each for line in lines for each in line.every], *await self.past.all(asking, agreement)])
        wanted = [each for each in found if status is None or each.status.value == status]
        return sorted(wanted, key=lambda each: (each.opened_at, each.id), reverse=True)

    async def tally(self, incident: Incident) -> Tally:
        """How many alerts an incident has, with those of its duplicates."""
        return (await self.tallies([incident]))[incident.id]

    async def tallies(self, incidents: Sequence[Incident]) -> dict[str, Tally]:
        """The same of many at once."""
        found = await self.alerts.tallies({id for each in incidents for id in (each.id, *each.merged)})
        return {
            each.id: sum((found[id] for id in (each.id, *each.merged) if id in found), Tally()) for each in incidents
        }

    async def history(self, incident: Incident) -> list[Document]:
        """The commits of the incident's line, in order: nothing can be taken out of them."""
        return await self._commits.of(LINE.key(line_of(incident.id)))


def entries_of(incident: Incident, commits: Iterable[Document]) -> list[dict[str, Any]]:
    """What happened to it, in order, by the commits of its line."""
    entries: list[dict[str, Any]] = []
    current = ""
    for commit in commits:
        for event in commit["events"]:
            if event["type"] in ("Leaving", "LetGo"):
                continue  # where it is kept is nothing that happened to it
            if event["type"] == "Opened":
                current = event["data"]["incident"]["id"]
            named = event["data"].get("incident")
            owner = named if isinstance(named, str) else current
            if owner == incident.id:
                by = _SERVICE if event["type"] in _FOLLOWS and commit["by"] != _TIMER else commit["by"]
                entries.append({"at": commit["at"], "by": by, "what": event["type"], **_told(event)})
    return entries


def _once(incidents: Iterable[Incident]) -> list[Incident]:
    """Each once: one that leaves its line is in both places for a moment."""
    return list({each.id: each for each in incidents}.values())


def _told(event: Document) -> dict[str, Any]:
    data = event["data"]
    if event["type"] == "Opened":
        return {"cause": data["trigger"]["kind"], "event": data["trigger"]["event"], **_said(data["trigger"])}
    if event["type"] in ("Attached", "Forwarded"):
        named = {name: data["trigger"][name] for name in ("kind", "event", "objective", "attainment", "target")}
        return named | _said(data["trigger"])
    if event["type"] == "Timed":
        limits = {each["terms"]["measures"]: each["terms"]["limit_seconds"] for each in data["clocks"]}
        return {"why": data["why"], "limits_in_seconds": limits}
    if event["type"] == "Hindered":
        data = {**{name: data["pause"][name] for name in ("occurrence", "start", "end")}, **data}
    if "occurrence" in data:
        data = {**data, "occurrence": owed(data["occurrence"])}
    if event["type"] == "TimeAgreed":
        data = data["agreed"]
    if "request" in data:
        data = {**data["request"], **data, "asked_by": data["request"]["party"]}
    return {name: value for name, value in data.items() if name not in _NOT_TOLD and (name, value) != ("by", None)}


def _said(trigger: Document) -> Document:
    """What a party, or an alert, has said as it opened an incident, also where that joined another one."""
    if since := trigger.get("said_since"):
        return {"said_since": since, "impact_started_at": trigger["at"], "words": _LONGER_AGO}
    if trigger["kind"] != "api":
        return {}
    said = {name: trigger[name] for name in ("party", "description", "impact", "urgency")}
    return {"title": trigger["words"]["en"], "impact_started_at": trigger["at"], **said}


_SERVICE: Final = "sepakat"
_TIMER: Final = "timer"
_FOLLOWS: Final = frozenset(
    {"Escalated", "Waits", "Exhausted", "Timed", "Planned", "Foreseen", "Missed", "PauseLapsed"}
)
"""What follows from something that happened, by the agreement: the service's doing, where nobody is named with it."""
_LONGER_AGO: Final = {
    "en": "The alert says that it began longer ago than can be on record: 7 days, and not before the agreement's first "
    "day.",
    "id": "Menurut peringatan ini, masalahnya dimulai lebih lama daripada yang dapat dicatat: paling lama 7 hari, dan "
    "tidak sebelum hari pertama perjanjian.",
}
_NOT_TOLD = ("at", "incident", "ladder", "title", "version", "request", "pause", "text", "asks")
"""What the timeline leaves out: what it has already, or what is the agreement's."""
