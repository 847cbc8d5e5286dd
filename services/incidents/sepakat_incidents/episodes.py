"""What begins an episode of a line, joins it, or takes a cause of it away: commands on the line that it concerns."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sepakat_incidents import line as domain
from sepakat_incidents.events import Event
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Line, Trigger
from sepakat_incidents.store import Incidents
from sepakat_shared.messages import Envelope


class Episodes:
    def __init__(self, incidents: Incidents, close_after: timedelta) -> None:
        self._incidents = incidents
        self._close_after = close_after

    async def begin(
        self, id: str, about: About, trigger: Trigger, how: Handling, by: str, cause: Envelope | None = None
    ) -> Line | None:
        """Open an incident on the line, or attach to the one that is open. Returns the line after it."""
        rosters = await self._incidents.rosters(how.ladder)

        def decide(line: Line | None, now: datetime) -> Sequence[Event]:
            return domain.begin(line, id, about, trigger, how, now, rosters)

        return await self._incidents.execute(id, decide, by, cause)

    async def passed(
        self, id: str, subject: str, at: datetime, by: str, cause: Envelope | None = None
    ) -> Line | None:  # fmt: skip
        """A cause is over; with the last one, so is the incident. Returns the line after it."""

        def decide(line: Line | None, now: datetime) -> Sequence[Event]:
            return domain.passed(line, subject, at, now, self._close_after)

        return await self._incidents.execute(id, decide, by, cause)
