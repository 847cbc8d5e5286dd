"""Requests become commands here, and errors problem details."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_incidents import line as domain
from sepakat_incidents.line import Incident, Line, Status
from sepakat_incidents.store import Incidents, line_of
from sepakat_shared import web
from sepakat_shared.auth import Principal
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Conflict, Forbidden
from sepakat_shared.web import Asking


class ResolveIn(BaseModel):
    """How it was ended."""

    model_config = ConfigDict(extra="forbid")

    note: str | None = Field(None, max_length=4000)


def router(incidents: Incidents, close_after: timedelta) -> APIRouter:
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])

    @routes.get("")
    async def list_incidents(
        request: Request, asking: Asking, agreement: str | None = None, status: Status | None = None,
        cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:  # fmt: skip
        """Those of the key's party, the latest first."""
        asking.require("incidents:read")
        found = await incidents.all(asking, agreement, status.value if status else None)
        after = web.read_cursor(cursor)
        shown = [_shown(each) for each in found]
        if after is not None:
            shown = [each for each in shown if [each["opened_at"], each["id"]] < after]
        return web.page(request, shown[: limit + 1], limit, key=lambda each: [each["opened_at"], each["id"]])

    @routes.get("/{id}")
    async def get_incident(id: str, asking: Asking) -> Response:
        """One incident."""
        asking.require("incidents:read")
        incident, loaded = await incidents.visible(id, asking)
        return JSONResponse(_shown(incident), headers={"ETag": web.etag(loaded.version)})

    @routes.get("/{id}/timeline")
    async def get_timeline(id: str, asking: Asking) -> dict[str, Any]:
        """Everything that happened, in order; nothing is ever taken out of it."""
        asking.require("incidents:read")
        incident, _ = await incidents.visible(id, asking)
        return {"items": await incidents.timeline(incident)}

    @routes.post("/{id}/acknowledge")
    async def post_acknowledge(id: str, asking: Asking) -> Response:
        """Take it up. The responsible party's acknowledgement stops the escalation; the other's is recorded."""
        await _may_write(incidents, id, asking)
        party = asking.party
        if party is None:
            raise Forbidden("an acknowledgement is a party's; use a key that acts for one")
        return _after(
            id,
            await incidents.execute(
                line_of(id), lambda line, now: domain.acknowledge(_there(line), id, asking.id, party, now), asking.id
            ),
        )

    @routes.post("/{id}/resolve")
    async def post_resolve(id: str, given: ResolveIn, asking: Asking) -> Response:
        """Say that the impact is over."""
        await _may_write(incidents, id, asking)
        return _after(
            id,
            await incidents.execute(
                line_of(id),
                lambda line, now: domain.resolve(_there(line), id, asking.id, given.note, now, close_after),
                asking.id,
            ),
        )

    @routes.post("/{id}/close")
    async def post_close(id: str, asking: Asking) -> Response:
        """Close the record of what is resolved."""
        await _may_write(incidents, id, asking)
        return _after(
            id, await incidents.execute(line_of(id), lambda line, now: domain.close(_there(line), id, now), asking.id)
        )

    return routes


async def _may_write(incidents: Incidents, id: str, asking: Principal) -> None:
    asking.require("incidents:write")
    incident, loaded = await incidents.visible(id, asking)
    if loaded.state.incident is None or loaded.state.incident.id != incident.id:
        raise Conflict(f"incident {incident.number} is {incident.status.value}, and a later one followed it")


def _there(line: Line | None) -> Line:
    if line is None:
        raise Conflict("there is no such incident")
    return line


def _after(id: str, line: Line | None) -> Response:
    return JSONResponse(_shown(domain.find(_there(line), id)))


def _shown(incident: Incident) -> dict[str, Any]:
    instants = ("opened_at", "impact_started_at", "acknowledged_at", "impact_ended_at", "resolved_at")
    times = {name: rfc3339(at) if (at := getattr(incident, name)) else None for name in instants}
    return {
        "id": incident.id,
        "number": incident.number,
        "agreement": incident.about.agreement,
        "service": incident.about.service,
        "title": incident.title,
        "priority": incident.priority,
        "status": incident.status.value,
        "level": incident.level,
        "round": incident.round,
        "acknowledged_by": incident.acknowledged_by,
        "causes": len(incident.causes),
        **times,
    }
