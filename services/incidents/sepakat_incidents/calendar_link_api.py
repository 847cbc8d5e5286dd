"""Calendar links over HTTP: made, listed and revoked with a key, read without one."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from sepakat_incidents.rotation_api import calendar_of
from sepakat_incidents.rotation_store import Rotations, rotation_id
from sepakat_shared.calendar_links import CalendarLinks, Link
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.web import Asking


def router(links: CalendarLinks, rotations: Rotations, public_url: str, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["on call"])

    @routes.post("/rotations/{party}/{id}/calendar-links", status_code=201)
    async def post_link(party: str, id: str, asking: Asking) -> Response:
        """A link that a calendar program can subscribe to. Its address is shown once, and reads this calendar alone."""
        asking.require("incidents:write")
        await rotations.visible(party, id, asking)
        link, token = await links.make(rotation_id(party, id), asking)
        url = f"{public_url.rstrip('/')}/v1/calendars/{token}.ics"
        return JSONResponse(_shown(link) | {"url": url}, 201, {"Cache-Control": "no-store"})

    @routes.get("/rotations/{party}/{id}/calendar-links")
    async def list_links(party: str, id: str, asking: Asking) -> dict[str, Any]:
        """The links of the key's party that still read this calendar."""
        asking.require("incidents:read")
        await rotations.visible(party, id, asking)
        return {"items": [_shown(each) for each in await links.of(rotation_id(party, id), asking)]}

    @routes.delete("/rotations/{party}/{id}/calendar-links/{link}", status_code=204)
    async def delete_link(party: str, id: str, link: str, asking: Asking) -> None:
        """Revoke a link: from now on it reads nothing."""
        asking.require("incidents:write")
        await rotations.visible(party, id, asking)
        await links.revoke(link, rotation_id(party, id), asking)

    @routes.get("/calendars/{token}.ics", response_class=Response)
    async def get_calendar(token: str) -> Response:
        """The shifts, from a week ago to sixty days ahead, to whoever has the link; without a key."""
        rotation, asking = await links.opened(token)
        party, _, id = rotation.partition("/")
        loaded = await rotations.visible(party, id, asking)
        answer = calendar_of(loaded.state, None, None, clock.now())
        # The address is the secret: it must not be kept by what lies between, nor be sent on.
        answer.headers.update({"Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"})
        return answer

    return routes


def _shown(link: Link) -> dict[str, Any]:
    return {"id": link.id, "rotation": link.calendar, "made_at": rfc3339(link.made_at), "by": link.by}
