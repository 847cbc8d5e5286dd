"""When maintenance is, over HTTP: as a list, and as a calendar that programs subscribe to without a key."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse

from sepakat_agreements.agreement import Agreement
from sepakat_agreements.maintenance_calendar import as_icalendar
from sepakat_agreements.maintenance_schedule import Occurrence, occurrences
from sepakat_agreements.maintenance_store import Diaries
from sepakat_agreements.store import Agreements
from sepakat_shared.auth import Principal
from sepakat_shared.calendar_links import CalendarLinks, Link
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import FieldProblem, Invalid
from sepakat_shared.web import Asking, RequestedInstant

_BEFORE: Final = timedelta(days=30)
_AHEAD: Final = timedelta(days=90)
_LONGEST: Final = timedelta(days=732)
Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
From = Annotated[RequestedInstant | None, Query(alias="from", description="30 days ago, where it is not said")]
Until = Annotated[
    RequestedInstant | None, Query(description="120 days after `from`, where it is not said; 732 at most")
]


def router(
    agreements: Agreements, diaries: Diaries, links: CalendarLinks, public_url: str, clock: Clock
) -> APIRouter:  # fmt: skip
    routes = APIRouter(prefix="/v1", tags=["maintenance"])

    async def found(
        id: str, asking: Principal, start: datetime | None, until: datetime | None
    ) -> tuple[Agreement, list[Occurrence]]:
        agreement = (await agreements.visible(id, asking)).state
        span = _span(start or clock.now() - _BEFORE, until)
        return agreement, occurrences(agreement, await diaries.of(agreement), *span)

    @routes.get("/agreements/{id}/maintenance")
    async def get_schedule(id: Id, asking: Asking, start: From = None, until: Until = None) -> dict[str, Any]:
        """Upcoming and past: the windows of the text and what was announced, in order, with the UTC offset of the
        agreement's time zone."""
        asking.require("agreements:read")
        agreement, listed = await found(id, asking, start, until)
        zone = ZoneInfo(str(agreement.text["term"]["timeZone"]))
        return {"time_zone": zone.key, "items": [occurrence_view(each, zone, clock.now()) for each in listed]}

    @routes.get("/agreements/{id}/maintenance.ics", response_class=Response)
    async def get_calendar(id: Id, asking: Asking, start: From = None, until: Until = None) -> Response:
        """The same for calendar programs."""
        asking.require("agreements:read")
        return _calendar(*await found(id, asking, start, until), clock.now())

    @routes.post("/agreements/{id}/maintenance/calendar-links", status_code=201)
    async def post_link(id: Id, asking: Asking) -> Response:
        """A link that a calendar program can subscribe to. Its address is shown once, and reads this calendar alone."""
        asking.require("agreements:write")
        await agreements.visible(id, asking)
        link, token = await links.make(id, asking)
        url = f"{public_url.rstrip('/')}/v1/calendars/{token}.ics"
        return JSONResponse(_link_view(link) | {"url": url}, 201, {"Cache-Control": "no-store"})

    @routes.get("/agreements/{id}/maintenance/calendar-links")
    async def list_links(id: Id, asking: Asking) -> dict[str, Any]:
        """The links of the key's party that still read this calendar."""
        asking.require("agreements:read")
        await agreements.visible(id, asking)
        return {"items": [_link_view(each) for each in await links.of(id, asking)]}

    @routes.delete("/agreements/{id}/maintenance/calendar-links/{link}", status_code=204)
    async def delete_link(id: Id, link: str, asking: Asking) -> None:
        """Revoke a link: from now on it reads nothing."""
        asking.require("agreements:write")
        await agreements.visible(id, asking)
        await links.revoke(link, id, asking)

    @routes.get("/calendars/{token}.ics", response_class=Response)
    async def get_linked_calendar(token: str) -> Response:
        """The maintenance of thirty days past and ninety ahead, to whoever has the link; without a key."""
        id, asking = await links.opened(token)
        answer = _calendar(*await found(id, asking, None, None), clock.now())
        # The address is the secret: it must not be kept by what lies between, nor be sent on.
        answer.headers.update({"Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"})
        return answer

    return routes


def _span(start: datetime, until: datetime | None) -> tuple[datetime, datetime]:
    """Raises Invalid."""
    end = until or start + _BEFORE + _AHEAD
    rule = "must be after `from`" if end <= start else f"{_LONGEST.days} days after `from` at most"
    if end <= start or end - start > _LONGEST:
        raise Invalid(f"query/until: {rule}", [FieldProblem("/query/until", rule)])
    return start, end


def _calendar(agreement: Agreement, listed: list[Occurrence], now: datetime) -> Response:
    text = agreement.text
    named = [(each["id"], each.get("description")) for each in text["services"]]
    named += [(each["id"], each.get("title")) for each in text["objectives"]]
    names = {id: _in_english(title, id) for id, title in named}
    title = _in_english(text["metadata"].get("title"), agreement.id)
    return Response(as_icalendar(agreement.id, title, names, listed, now), media_type="text/calendar")


def _in_english(title: dict[str, str] | None, otherwise: str) -> str:
    given = title or {}
    return given.get("en") or given.get("id") or otherwise


def occurrence_view(each: Occurrence, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """One occurrence: `counts` says whether it is agreed maintenance, by what is known now."""
    return {
        "source": each.source,
        "id": each.id,
        "start": each.start.astimezone(zone).isoformat(timespec="milliseconds"),
        "end": each.end.astimezone(zone).isoformat(timespec="milliseconds"),
        "state": each.state,
        "counts": each.counts,
        "when": "past" if each.end <= now else "now" if each.start <= now else "upcoming",
        "services": list(each.services),
        "objectives": list(each.objectives),
        "reason": each.reason,
    }


def _link_view(link: Link) -> dict[str, Any]:
    return {"id": link.id, "agreement": link.calendar, "made_at": rfc3339(link.made_at), "by": link.by}
