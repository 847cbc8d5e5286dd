"""What begins an episode of a line, joins it, or takes a cause of it away: commands on the line that it concerns."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sepakat_incidents import line as domain
from sepakat_incidents import merging, pressed
from sepakat_incidents.escalation import Rosters
from sepakat_incidents.events import Event
from sepakat_incidents.handling import Handling, handling
from sepakat_incidents.incident import About, Incident, Line, Trigger
from sepakat_incidents.store import Incidents, line_of
from sepakat_incidents.wordings import Wordings
from sepakat_shared.contracts.notifications import NotificationAnswered
from sepakat_shared.errors import Conflict, Forbidden, Invalid
from sepakat_shared.messages import Envelope

_Joined = Literal["attached", "nothing new", "over"]


class Episodes:
    def __init__(self, incidents: Incidents, wordings: Wordings, close_after: timedelta) -> None:
        self._incidents = incidents
        self._wordings = wordings
        self._close_after = close_after

    async def begin(
        self, id: str, about: About, trigger: Trigger, how: Handling, by: str, cause: Envelope | None = None
    ) -> Line | None:
        """Open an incident on the line, or attach to the one that is open; of a duplicate, to the one that was kept.

        Returns the line after it.
        """
        rosters = await self._incidents.rosters(how.ladder)
        over: set[str] = set()

        def decide(line: Line | None, now: datetime) -> Sequence[Event]:
            kept = merging.kept(line)
            return [] if kept and kept not in over else domain.begin(line, id, about, trigger, how, now, rosters)

        while True:
            line = await self._incidents.execute(id, decide, by, cause)
            if line is not None and line.leaving:
                await self._incidents.let_go(id, line)
            kept = merging.kept(line)
            if kept is None or kept in over:
                return line
            joined = await self._join(kept, trigger, how.priority, by, cause)
            if joined == "nothing new":
                return line
            if joined == "attached":
                return await self._incidents.execute(
                    id, lambda line, now: merging.forwarded(line, trigger, now), by, cause
                )  # fmt: skip
            over.add(kept)

    async def _join(self, kept: str, trigger: Trigger, priority: str, by: str, cause: Envelope | None) -> _Joined:
        target = await self.present(kept)
        if target is None or not target.is_open:
            return "over"
        how, rosters = await self._handled(target, priority)
        joined: list[_Joined] = ["attached"]  # when that cause was applied already, nothing is decided

        def decide(line: Line | None, now: datetime) -> Sequence[Event]:
            events = merging.join(line, target.id, trigger, how, now, rosters)
            # What is known there already may have failed before the duplicate's own record of it.
            new = bool(events) or (line is not None and merging.knows(line, trigger))
            joined.append("over" if events is None else "attached" if new else "nothing new")
            return events or []

        await self._incidents.execute(line_of(target.id), decide, by, cause)
        if joined[-1] == "over":  # it may have been merged itself just now
            again = await self.present(target.id)
            if again is not None and again.is_open:
                return await self._join(again.id, trigger, priority, by, cause)
        return joined[-1]

    async def passed(
        self, id: str, subject: str, at: datetime, by: str, cause: Envelope | None = None, only: str | None = None
    ) -> None:
        """A cause is over; with the last one, so is the incident. Of a duplicate, the one that was kept hears of it.

        With `only`, it was a cause of that incident, and of no later one of the line.
        """

        def decide(line: Line | None, now: datetime) -> Sequence[Event]:
            if only is not None and _last(line) != only:
                return []
            if merging.kept(line) is not None:
                return merging.passed(line, subject, at)
            return domain.passed(line, subject, at, now, self._close_after)

        line = await self._incidents.execute(id, decide, by, cause)
        kept = merging.kept(line)
        if kept is not None and only in (None, _last(line)):
            await self.passed(line_of(kept), subject, at, by, cause)

    async def pressed(self, fact: NotificationAnswered, cause: Envelope) -> None:
        """Do what somebody pressed in a message. What came too late, or is not theirs to do, changes nothing."""

        def decide(line: Line | None, now: datetime) -> Sequence[Event]:
            if line is None:
                return []
            try:
                return pressed.decide(line, fact, now, self._close_after)
            except (Conflict, Forbidden, Invalid):
                return []

        await self._incidents.execute(line_of(fact.incident), decide, f"{fact.party}/{fact.contact}", cause)

    # -- merging ------------------------------------------------------------------------------------------------------

    async def present(self, id: str) -> Incident | None:
        """The incident that stands for that one now: itself, or what it was merged into."""
        found = await self._incidents.find(id)
        while found is not None and found.merged_into is not None:
            found = await self._incidents.find(found.merged_into)
        return found

    async def causes(self, id: str) -> tuple[str, ...]:
        """What is recorded on the line, and on that of the incident that stands for its last one now."""
        line = await self._incidents.lines.present(id)
        if line is None:
            return ()
        own = tuple(cause for each in line.state.every for cause in each.causes)
        kept = merging.kept(line.state)
        present = None if kept is None else await self.present(kept)
        return own if present is None else (*own, *present.causes)

    async def open_on(self, line: Line | None) -> Incident | None:
        """The incident that is open on the line: of a duplicate, what it was merged into, while that is open."""
        incident = line.incident if line is not None else None
        if incident is not None and incident.merged_into is not None:
            incident = await self.present(incident.merged_into)
        return incident if incident is not None and incident.is_open else None

    async def absorb(self, id: str, by: str, cause: Envelope | None = None) -> None:
        """Have the incident that a duplicate was merged into take over what that waits for; again, nothing happens."""
        duplicate = await self._incidents.find(id)
        if duplicate is None or duplicate.merged_into is None:
            return
        kept = await self._heir(duplicate.merged_into)
        how, rosters = await self._handled(kept, duplicate.priority)
        line = line_of(kept.id)
        await self._incidents.execute(
            line, lambda known, now: merging.absorb(known, duplicate, how, by, now, rosters), by, cause
        )
        if (await self._heir(duplicate.merged_into)).id != kept.id:  # it was merged itself just now
            await self.absorb(id, by, cause)
            return
        # What has passed while it was taken over, nobody would tell the kept one of again.
        after = await self._incidents.find(id)
        for subject in duplicate.waiting:
            if after is not None and subject not in after.waiting:
                await self._passed_already(line, subject, by)

    async def _heir(self, id: str) -> Incident:
        """The last incident of the line that stands for that one's now: where its causes are waited for."""
        line = await self._incidents.lines.get(line_of(id))
        if line.state.incident is None:
            raise ValueError("a line begins with an incident")
        merged_into = line.state.incident.merged_into
        return line.state.incident if merged_into is None else await self._heir(merged_into)

    async def _passed_already(self, id: str, subject: str, by: str) -> None:
        def decide(line: Line | None, now: datetime) -> Sequence[Event]:
            return domain.passed(line, subject, now, now, self._close_after)

        await self._incidents.execute(id, decide, by)

    async def _handled(self, incident: Incident, priority: str) -> tuple[Handling, Rosters]:
        """How the incident is handled with that priority, by the text that governs it."""
        found = await self._wordings.find(incident.about.agreement, incident.version)
        how = Handling(priority)
        if found is not None:
            how = handling(found.text, found.version, incident.about.service, priority)
        return how, await self._incidents.rosters(how.ladder)


def _last(line: Line | None) -> str | None:
    return line.incident.id if line is not None and line.incident is not None else None
