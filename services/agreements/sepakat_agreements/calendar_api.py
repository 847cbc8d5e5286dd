"""What a calendar of an agreement comes to, over HTTP: its openings day by day, holidays and clock changes."""

from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query

from sepakat_agreements.store import Agreements
from sepakat_shared import previews
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.errors import FieldProblem, Invalid, NotFound
from sepakat_shared.previews import Opening
from sepakat_shared.web import Asking

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
First = Annotated[date | None, Query(alias="from", description="a local day of the calendar; today, if not said")]
Days = Annotated[int, Query(ge=1, le=400)]
_FIRST, _LAST = date(1970, 1, 2), date(8999, 1, 1)


def router(agreements: Agreements, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["calendars"])

    @routes.get("/agreements/{id}/calendars/{calendar}/preview")
    async def get_preview(id: Id, calendar: Id, asking: Asking, first: First = None, days: Days = 28) -> dict[str, Any]:
        """Day by day when the calendar is open, by the text in force, with UTC offsets; and its next opening."""
        asking.require("agreements:read")
        agreement = (await agreements.visible(id, asking)).state
        text = texts.Agreement.model_validate(agreement.text)
        found = next((each for each in text.calendars if each.id == calendar), None)
        if found is None:
            named = ", ".join(each.id for each in text.calendars) or "none"
            raise NotFound(f"there is no calendar {calendar!r} in this agreement; there is: {named}")
        zone, now = ZoneInfo(found.time_zone), clock.now()
        since = first or now.astimezone(zone).date()
        if not _FIRST <= since <= _LAST:
            rule = f"must be within {_FIRST} and {_LAST}"
            raise Invalid(f"query/from: {rule}", [FieldProblem("/query/from", rule)])
        following = previews.next_opening(found, now)
        return {
            "calendar": calendar,
            "version": agreement.version,
            "time_zone": zone.key,
            "next_opening": None if following is None else opening_view(following),
            "days": [day_view(each) for each in previews.preview(found, since, days)],
        }

    return routes


def day_view(day: previews.Day) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(), "holiday": day.is_holiday, "clocks_change": day.is_short_or_long,
        "open": [opening_view(each) for each in day.openings],
    }  # fmt: skip


def opening_view(opening: Opening) -> dict[str, Any]:
    return {
        "start": opening.start.isoformat(timespec="seconds"), "end": opening.end.isoformat(timespec="seconds"),
        "seconds": int(opening.lasts.total_seconds()),
    }  # fmt: skip
