"""Who is on call, over HTTP: now and next, shifts as JSON and as iCalendar, and overrides."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_incidents import rotations as domain
from sepakat_incidents.contacts import Contacts
from sepakat_incidents.oncall import Shift
from sepakat_incidents.oncall_calendar import as_icalendar
from sepakat_incidents.rotation_store import Rotations, rotation_id
from sepakat_incidents.rotations import Rotation
from sepakat_shared import paging, web
from sepakat_shared.aggregate import Loaded
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Conflict, FieldProblem, Invalid
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, RequestedInstant, Versioned

_LONGEST = timedelta(days=400)
_SHOWN = timedelta(days=28)
_BEFORE = timedelta(days=7)
_AHEAD = timedelta(days=60)

From = Annotated[RequestedInstant | None, Query(alias="from", description="now, where it is not said")]
Until = Annotated[RequestedInstant | None, Query(description="28 days after `from`, where it is not said; 400 at most")]


class OverrideIn(BaseModel):
    """Somebody else is on call for a while."""

    model_config = ConfigDict(extra="forbid")

    contact: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="a contact of the rotation's party")
    start: RequestedInstant | None = Field(None, description="now, where it is not said")
    end: RequestedInstant


def router(rotations: Rotations, contacts: Contacts, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1/rotations", tags=["on call"])
    _reading_routes(routes, rotations, clock)
    _override_routes(routes, rotations, contacts, posts, clock)
    return routes


def _reading_routes(routes: APIRouter, rotations: Rotations, clock: Clock) -> None:
    @routes.get("")
    async def list_rotations(
        request: Request, asking: Asking, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> Response:
        """Those that the agreements of the key's party declare, with who is on call now."""
        asking.require("incidents:read")
        now = clock.now()
        found = await rotations.page(asking, paging.read_text_cursor(cursor), limit + 1)
        return paging.page(request, [_summary(each, now) for each in found], limit, key=lambda each: each["id"])

    @routes.get("/{party}/{id}")
    async def get_rotation(party: str, id: str, asking: Asking) -> Response:
        """One rotation with its overrides; its ETag is for taking one of them back."""
        asking.require("incidents:read")
        return _shown(await rotations.visible(party, id, asking), clock.now(), 200)

    @routes.get("/{party}/{id}/oncall")
    async def get_on_call(party: str, id: str, asking: Asking, at: RequestedInstant | None = None) -> dict[str, Any]:
        """Who is on call at that instant (now, where it is not said), and who is next; null: nobody is."""
        asking.require("incidents:read")
        rotation = (await rotations.visible(party, id, asking)).state
        return _now_and_next(rotation, at or clock.now())

    @routes.get("/{party}/{id}/shifts")
    async def get_shifts(
        party: str, id: str, asking: Asking, start: From = None, until: Until = None
    ) -> dict[str, Any]:
        """Who is on call when, without a hole: a shift without a contact is nobody's."""
        asking.require("incidents:read")
        rotation = (await rotations.visible(party, id, asking)).state
        since = start or clock.now()
        return {"items": [_shift(each) for each in domain.shifts(rotation, *_span(since, until or since + _SHOWN))]}

    @routes.get("/{party}/{id}/oncall.ics", response_class=Response)
    async def get_calendar(party: str, id: str, asking: Asking, start: From = None, until: Until = None) -> Response:
        """The shifts for calendar programs: from a week ago to sixty days ahead, where nothing else is said.

        The first one has its own beginning, also where that is earlier.
        """
        asking.require("incidents:read")
        return calendar_of((await rotations.visible(party, id, asking)).state, start, until, clock.now())


def _override_routes(
    routes: APIRouter, rotations: Rotations, contacts: Contacts, posts: IdempotentPosts, clock: Clock
) -> None:
    @routes.post("/{party}/{id}/overrides", status_code=201)
    async def post_override(party: str, id: str, given: OverrideIn, request: Repeatable, asking: Asking) -> Response:
        """Put somebody on call for a while, whoever's turn it is. The party's own keys alone may.

        Overrides that put two people on call at once are refused: take the other one back first.
        """
        asking.require("incidents:write")
        asking.require_party(party)
        await rotations.visible(party, id, asking)

        async def do() -> JSONResponse:
            await contacts.check("/contact", party, given.contact)
            name = secrets.token_hex(8)
            loaded = await rotations.all.execute(
                rotation_id(party, id),
                lambda rotation, now: domain.override(
                    rotation, name, given.contact, given.start, given.end, now, asking.id
                ),
                by=asking.id,
            )
            return _shown(loaded, clock.now(), 201)

        return await posts.once(request, asking, clock.now(), do)

    @routes.delete("/{party}/{id}/overrides/{override}")
    async def delete_override(party: str, id: str, override: str, request: Versioned, asking: Asking) -> Response:
        """End an override, or take it back before it begins; with If-Match. What was stays on record."""
        asking.require("incidents:write")
        asking.require_party(party)
        await rotations.visible(party, id, asking)
        loaded = await rotations.all.execute(
            rotation_id(party, id),
            lambda rotation, now: domain.withdraw(rotation, override, now, asking.id),
            by=asking.id,
            expected_version=web.expected_version(request),
        )
        return _shown(loaded, clock.now(), 200)


def calendar_of(rotation: Rotation, start: datetime | None, until: datetime | None, now: datetime) -> Response:
    """The shifts as iCalendar; from a week ago to sixty days ahead, where nothing else is said. Raises Invalid."""
    since = start or now - _BEFORE
    found = domain.whole_shifts(rotation, *_span(since, until or since + _BEFORE + _AHEAD))
    name = rotation_id(rotation.party, rotation.id)
    return Response(as_icalendar(name, _title(rotation, now), found, now), media_type="text/calendar")


def _span(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    if end <= start:
        raise Invalid("query/until: must be after `from`", [FieldProblem("/query/until", "must be after `from`")])
    if end - start > _LONGEST:
        rule = f"{_LONGEST.days} days after `from` at most"
        raise Invalid(f"query/until: {rule}", [FieldProblem("/query/until", rule)])
    return start, end


def _now_and_next(rotation: Rotation, at: datetime) -> dict[str, Any]:
    now, *later = domain.whole_shifts(rotation, at, at + _AHEAD)
    following = next((each for each in later if each.contact is not None), None)
    return {"at": rfc3339(at), "now": _shift(now), "next": _shift(following) if following else None}


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "start": rfc3339(shift.start), "end": rfc3339(shift.end), "contact": shift.contact, "override": shift.override,
    }  # fmt: skip


def _title(rotation: Rotation, at: datetime) -> str:
    title = domain.in_force(rotation, at).title or {}
    return title.get("en") or title.get("id") or rotation.id


def _summary(rotation: Rotation, now: datetime) -> dict[str, Any]:
    return {
        "id": rotation_id(rotation.party, rotation.id),
        "party": rotation.party,
        "title": domain.in_force(rotation, now).title,
        "on_call": domain.on_call(rotation, now),
    }


def _shown(loaded: Loaded[Rotation] | None, now: datetime, status: int) -> JSONResponse:
    if loaded is None:
        raise Conflict("there is no such rotation")
    rotation = loaded.state
    overrides = [
        {"id": each.id, "contact": each.contact, "start": rfc3339(each.start), "end": rfc3339(each.end)}
        for each in rotation.overrides
    ]
    declared = [
        {"agreement": each.agreement, "version": each.version, "since": rfc3339(each.since)}
        for each in rotation.declarations
    ]
    body = _summary(rotation, now) | {"overrides": overrides, "declared_in": declared}
    return JSONResponse(body, status, {"ETag": web.etag(loaded.version)})
