"""The deliveries over HTTP: requests become commands here."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from sepakat_notifier import sending
from sepakat_notifier.notification import Notification, Status
from sepakat_notifier.store import Notifications
from sepakat_shared import paging, web
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.web import Asking

Limit = Annotated[int, Query(ge=1, le=200)]


def router(notifications: Notifications) -> APIRouter:
    routes = APIRouter(prefix="/v1")
    _delivery_routes(routes, notifications)
    return routes


def _delivery_routes(routes: APIRouter, notifications: Notifications) -> None:
    @routes.get("/deliveries", tags=["deliveries"])
    async def list_deliveries(
        request: Request, asking: Asking, status: Status | None = None, about: str | None = None,
        cursor: str | None = None, limit: Limit = 50,
    ) -> Response:  # fmt: skip
        """What was sent to whom about the key's party's agreements, and what became of it; the latest first."""
        asking.require("notifications:read")
        before = paging.read_text_cursor(cursor)
        found = await notifications.page(asking, status.value if status else None, about, before, limit + 1)
        orders = {notification.id: order for order, notification in found}
        items = [_shown(notification) for _, notification in found]
        return paging.page(request, items, limit, key=lambda item: orders[item["id"]])

    @routes.get("/delivery-counts", tags=["deliveries"])
    async def count_deliveries(asking: Asking) -> dict[str, int]:
        """How many there are of each status, pending ones included: of all that the key's party may see."""
        asking.require("notifications:read")
        return await notifications.counts(asking)

    @routes.get("/deliveries/{id}", tags=["deliveries"])
    async def get_delivery(id: str, asking: Asking) -> Response:
        """One of them, with the event that it tells of."""
        asking.require("notifications:read")
        loaded = await notifications.visible(id, asking)
        body = _shown(loaded.state) | {"data": loaded.state.occasion.data}
        return JSONResponse(body, headers={"ETag": web.etag(loaded.version)})

    @routes.post("/deliveries/{id}/retry", tags=["deliveries"])
    async def post_retry(id: str, asking: Asking) -> Response:
        """Try again what was given up or suppressed."""
        asking.require("notifications:write")
        await notifications.visible(id, asking)
        after = await notifications.execute(id, sending.retry, by=asking.id)
        return JSONResponse(_shown(after) if after else None)


def _shown(notification: Notification) -> dict[str, Any]:
    instants = ("created_at", "due_at", "ended_at", "acknowledged_at")
    return {
        "id": notification.id,
        "status": notification.status.value,
        "channel": notification.channel,
        "recipient": notification.recipient,
        "party": notification.party,
        "about": notification.about,
        "about_type": notification.about_type,
        "event": notification.occasion.id,
        "type": notification.occasion.type,
        "attempts": notification.attempts,
        "reason": notification.reason,
        "within": notification.within,
        "told": list(notification.told),
        "acknowledged_by": notification.acknowledged_by,
        **{name: rfc3339(at) if (at := getattr(notification, name)) else None for name in instants},
    }
