"""Requests become commands here, and errors problem details."""

import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_notifier import endpoints as endpoint_domain
from sepakat_notifier import notification as domain
from sepakat_notifier.channels.addresses import Network
from sepakat_notifier.channels.webhook import checked_url
from sepakat_notifier.endpoints import Added, Endpoint, Endpoints
from sepakat_notifier.notification import Notification, Status
from sepakat_notifier.routing import CONTRACTS, wants
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Vault
from sepakat_shared import web
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Invalid
from sepakat_shared.web import Asking, IdempotentPosts

Limit = Annotated[int, Query(ge=1, le=200)]


class EndpointIn(BaseModel):
    """Where a party's own system wants to be told."""

    model_config = ConfigDict(extra="forbid")

    party: str
    url: str = Field(max_length=2000)
    types: list[str] = Field([], max_length=50, description="event types, `*` stands for anything; empty: all of them")


def router(
    notifications: Notifications, endpoints: Endpoints, vault: Vault, allowed: Sequence[Network],
    posts: IdempotentPosts, clock: Clock,
) -> APIRouter:  # fmt: skip
    routes = APIRouter(prefix="/v1")
    _delivery_routes(routes, notifications)
    _endpoint_routes(routes, endpoints, vault, allowed, posts, clock)
    return routes


def _delivery_routes(routes: APIRouter, notifications: Notifications) -> None:
    @routes.get("/deliveries", tags=["deliveries"])
    async def list_deliveries(
        request: Request, asking: Asking, status: Status | None = None, about: str | None = None,
        cursor: str | None = None, limit: Limit = 50,
    ) -> Response:  # fmt: skip
        """What was sent to whom about the key's party's agreements, and what became of it; the latest first."""
        asking.require("notifications:read")
        before = web.read_cursor(cursor)
        found = await notifications.page(asking, status.value if status else None, about, before, limit + 1)
        orders = {notification.id: order for order, notification in found}
        items = [_shown(notification) for _, notification in found]
        return web.page(request, items, limit, key=lambda item: orders[item["id"]])

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
        after = await notifications.execute(id, domain.retry, by=asking.id)
        return JSONResponse(_shown(after) if after else None)


def _endpoint_routes(
    routes: APIRouter, endpoints: Endpoints, vault: Vault, allowed: Sequence[Network], posts: IdempotentPosts,
    clock: Clock,
) -> None:  # fmt: skip
    @routes.post("/webhook-endpoints", tags=["webhooks"], status_code=201)
    async def post_endpoint(given: EndpointIn, request: Request, asking: Asking) -> Response:
        """Have a party's events posted to a URL. The signing secret is in this answer and nowhere else."""
        asking.require("notifications:write")
        asking.require_party(given.party)
        url = checked_url(given.url, allowed)
        for i, pattern in enumerate(given.types):
            if not any(wants([pattern], type) for type in CONTRACTS):
                raise Invalid(
                    f"/types/{i}: no event type matches {pattern!r}; there are {', '.join(sorted(CONTRACTS))}"
                )

        async def do() -> JSONResponse:
            id, secret = secrets.token_hex(8), endpoint_domain.new_secret()
            endpoint = Endpoint(id, given.party, url, tuple(given.types), vault.seal(secret), clock.now())
            await endpoints.all.execute(id, lambda _existing, _now: [Added(endpoint)], by=asking.id)
            return JSONResponse(_endpoint(endpoint) | {"secret": secret}, 201)

        return await posts.once(request, asking, clock.now(), do)

    @routes.get("/webhook-endpoints", tags=["webhooks"])
    async def list_endpoints(
        request: Request, asking: Asking, cursor: str | None = None, limit: Limit = 50
    ) -> Response:  # fmt: skip
        """Those of the key's party."""
        asking.require("notifications:read")
        found = await endpoints.page(asking, web.read_cursor(cursor), limit + 1)
        return web.page(request, [_endpoint(each) for each in found], limit, key=lambda item: item["id"])

    @routes.get("/webhook-endpoints/{id}", tags=["webhooks"])
    async def get_endpoint(id: str, asking: Asking) -> Response:
        """One of them, without its secret."""
        asking.require("notifications:read")
        return JSONResponse(_endpoint((await endpoints.visible(id, asking)).state))

    @routes.delete("/webhook-endpoints/{id}", tags=["webhooks"], status_code=204)
    async def delete_endpoint(id: str, asking: Asking) -> None:
        """Nothing is posted there any more; what waits for it is suppressed."""
        asking.require("notifications:write")
        await endpoints.visible(id, asking)
        await endpoints.all.execute(id, endpoint_domain.remove, by=asking.id)


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "party": endpoint.party,
        "url": endpoint.url,
        "types": list(endpoint.types),
        "created_at": rfc3339(endpoint.created_at),
    }


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
        "acknowledged_by": notification.acknowledged_by,
        **{name: rfc3339(at) if (at := getattr(notification, name)) else None for name in instants},
    }
