"""A request about one incident as a command on its line: who may, what is decided, what is shown after it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from fastapi.responses import JSONResponse

from sepakat_incidents.events import Event
from sepakat_incidents.incident import Incident, Line, find
from sepakat_incidents.showing import shown
from sepakat_incidents.store import Incidents, line_of
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Conflict, Forbidden

Decide = Callable[[Line, datetime], Sequence[Event]]


class Commands:
    def __init__(self, incidents: Incidents, clock: Clock) -> None:
        self._incidents = incidents
        self._clock = clock

    async def run(
        self, id: str, asking: Principal, decide: Decide, status: int = 200, *, past: bool = False
    ) -> JSONResponse:  # fmt: skip
        """Decide for `asking`, and answer with the incident as it stands then.

        Raises Forbidden, NotFound, Conflict for one that a later one followed (unless `past` ones are meant too), and
        whatever `decide` raises.
        """
        await self.may_write(id, asking, past=past)
        line = await self._incidents.execute(line_of(id), lambda line, now: decide(_there(line), now), asking.id)
        incident = find(_there(line), id)
        return JSONResponse(shown(incident, self._clock.now(), await self._incidents.tally(incident)), status)

    async def may_write(self, id: str, asking: Principal, *, past: bool = False) -> Incident:
        """The incident, if `asking` may handle it. Raises Forbidden, NotFound, and Conflict as `run` does."""
        asking.require("incidents:write")
        incident, loaded = await self._incidents.visible(id, asking)
        if not past and (loaded.state.incident is None or loaded.state.incident.id != incident.id):
            raise Conflict(f"incident {incident.number} is {incident.status.value}, and a later one followed it")
        return incident


def party_of(asking: Principal, what: str) -> str:
    """The party that `asking` acts for. Raises Forbidden for an operator, who acts for none."""
    if asking.party is None:
        raise Forbidden(f"{what} is a party's; use a key that acts for one")
    return asking.party


def _there(line: Line | None) -> Line:
    if line is None:
        raise Conflict("there is no such incident")
    return line
