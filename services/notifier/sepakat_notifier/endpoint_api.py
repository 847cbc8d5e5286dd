"""Webhook endpoints over HTTP: registered, edited, tried, disabled and enabled, and told again of what they missed."""

import secrets
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_notifier import endpoint as domain
from sepakat_notifier.any_endpoint import how_it_is, problems_of_types, tried
from sepakat_notifier.api import Limit
from sepakat_notifier.channels.webhook import WebhookSender, checked_url
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.endpoint import Added, Changed, Endpoint
from sepakat_notifier.endpoints import Endpoints, new_secret
from sepakat_notifier.replays import Replays, trial
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.vault import Vault
from sepakat_shared import paging, web
from sepakat_shared.clock import Clock
from sepakat_shared.errors import FieldProblem, Invalid
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, RequestedInstant, Versioned

_LONGEST_OVERLAP = timedelta(days=30)


class EndpointEdit(BaseModel):
    """What of an endpoint may change."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2000)
    types: list[str] = Field([], max_length=50, description="event types, `*` stands for anything; empty: all of them")
    ordered: bool = Field(False, description="post nothing before everything that was planned earlier has ended")
    fallback: str | None = Field(
        None, max_length=100, description="contact of the party who is written to when an event cannot be posted"
    )


class EndpointIn(EndpointEdit):
    """Where a party's own system wants to be told."""

    party: str


class Rotation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    overlap: timedelta | None = Field(None, ge=timedelta(0), le=_LONGEST_OVERLAP, description="ISO 8601, P30D at most")


class Replay(BaseModel):
    model_config = ConfigDict(extra="forbid")

    since: RequestedInstant = Field(description="what was planned from then on is posted again, in its order")


class Routes:
    """The parts that the routes work with."""

    def __init__(
        self, endpoints: Endpoints, deliveries: Deliveries, hooks: WebhookSender, vault: Vault,
        settings: NotifierSettings, clock: Clock,
    ) -> None:  # fmt: skip
        self.endpoints = endpoints
        self.deliveries = deliveries
        self.hooks = hooks
        self.vault = vault
        self.allowed = settings.notifier_allow_networks
        self.overlap = settings.notifier_secret_overlap
        self.longest = settings.notifier_attempt_timeout.total_seconds()
        """Seconds that a trial may take in all."""
        self.clock = clock

    def checked(self, given: EndpointEdit) -> EndpointEdit:
        """Raises Invalid, naming every field that breaks a rule."""
        problems = [*self._problems_of_url(given.url), *problems_of_types(given.types)]
        if problems:
            raise Invalid.of(problems)
        return given

    def _problems_of_url(self, url: str) -> list[FieldProblem]:
        try:
            checked_url(url, self.allowed)
        except Invalid as error:
            return [FieldProblem("/url", error.detail.removeprefix("/url: "))]
        return []

    def shown(self, endpoint: Endpoint) -> dict[str, Any]:
        instants = ("created_at", "failing_since", "disabled_at", "previous_until")
        return {
            "id": endpoint.id,
            "party": endpoint.party,
            "url": endpoint.url,
            "types": list(endpoint.types),
            "ordered": endpoint.ordered,
            **how_it_is(endpoint, self.deliveries.circuit(endpoint.id), instants),
        }

    def answer(self, loaded: Any, status: int = 200, **more: Any) -> JSONResponse:
        headers = {"ETag": web.etag(loaded.version)}
        return JSONResponse(self.shown(loaded.state) | more, status, headers)


def router(parts: Routes, replays: Replays, posts: IdempotentPosts) -> APIRouter:
    routes = APIRouter(prefix="/v1/webhook-endpoints", tags=["webhooks"])
    _documents(routes, parts, posts)
    _commands(routes, parts, replays)
    return routes


def _documents(routes: APIRouter, parts: Routes, posts: IdempotentPosts) -> None:
    endpoints = parts.endpoints

    @routes.post("", status_code=201)
    async def post_endpoint(given: EndpointIn, request: Repeatable, asking: Asking) -> Response:
        """Have a party's events posted to a URL. The signing secret is in this answer and nowhere else."""
        asking.require("notifications:write")
        asking.require_party(given.party)
        parts.checked(given)

        async def do() -> JSONResponse:
            id, secret = secrets.token_hex(8), new_secret()
            endpoint = Endpoint(
                id, given.party, given.url, tuple(given.types), parts.vault.seal(secret), parts.clock.now(),
                ordered=given.ordered, fallback=given.fallback,
            )  # fmt: skip
            loaded = await endpoints.execute(id, lambda *_: [Added(endpoint)], asking.id)
            return parts.answer(loaded, 201, secret=secret)

        return await posts.once(request, asking, parts.clock.now(), do)

    @routes.get("")
    async def list_endpoints(
        request: Request, asking: Asking, cursor: str | None = None, limit: Limit = 50
    ) -> Response:  # fmt: skip
        """Those of the key's party."""
        asking.require("notifications:read")
        found = await endpoints.page(asking, paging.read_text_cursor(cursor), limit + 1)
        return paging.page(request, [parts.shown(each) for each in found], limit, key=lambda item: item["id"])

    @routes.get("/{id}")
    async def get_endpoint(id: str, asking: Asking) -> Response:
        """One of them, without its secret: `status` is working, failing or disabled."""
        asking.require("notifications:read")
        return parts.answer(await endpoints.visible(id, asking))

    @routes.put("/{id}")
    async def put_endpoint(id: str, given: EndpointEdit, request: Versioned, asking: Asking) -> Response:
        """Change where it is, what it hears, in which order, and who is written to when it fails."""
        asking.require("notifications:write")
        await endpoints.visible(id, asking)
        parts.checked(given)
        changed = Changed(given.url, tuple(given.types), given.ordered, given.fallback)
        version = web.expected_version(request)
        return parts.answer(
            await endpoints.execute(id, lambda known, _now: domain.change(known, changed), asking.id, version)
        )

    @routes.delete("/{id}", status_code=204)
    async def delete_endpoint(id: str, asking: Asking) -> None:
        """Nothing is posted there any more; what waits for it is suppressed."""
        asking.require("notifications:write")
        await endpoints.visible(id, asking)
        await endpoints.execute(id, domain.remove, asking.id)


def _commands(routes: APIRouter, parts: Routes, replays: Replays) -> None:
    endpoints = parts.endpoints

    async def allowed(id: str, asking: Asking) -> Endpoint:
        asking.require("notifications:write")
        return (await endpoints.visible(id, asking)).state

    @routes.post("/{id}/test")
    async def post_test(id: str, asking: Asking) -> Response:
        """Post a signed trial event there at once, also while it is disabled, and say what came of it."""
        endpoint = await allowed(id, asking)
        return await tried(parts.hooks.post(endpoint, trial(endpoint, parts.clock.now())), parts.longest)

    @routes.post("/{id}/rotate-secret")
    async def post_rotation(id: str, asking: Asking, given: Rotation | None = None) -> Response:
        """A new signing secret, in this answer and nowhere else; the old one signs as well until the overlap ends."""
        await allowed(id, asking)
        named = given.overlap if given else None
        overlap = parts.overlap if named is None else named
        secret = new_secret()
        sealed = parts.vault.seal(secret)
        loaded = await endpoints.execute(id, lambda known, now: domain.rotate(known, sealed, overlap, now), asking.id)
        return parts.answer(loaded, secret=secret)

    @routes.post("/{id}/disable")
    async def post_disable(id: str, asking: Asking) -> Response:
        """Post nothing there for now; what would have been posted is kept, and can be replayed."""
        await allowed(id, asking)
        return parts.answer(
            await endpoints.execute(id, lambda known, now: domain.disable(known, asking.id, now), asking.id)
        )

    @routes.post("/{id}/enable")
    async def post_enable(id: str, asking: Asking) -> Response:
        """Post there again. What was missed is not sent by itself: that is what `replay` is for."""
        await allowed(id, asking)
        loaded = await endpoints.execute(id, domain.enable, asking.id)
        parts.deliveries.try_again(id)
        return parts.answer(loaded)

    @routes.post("/{id}/replay")
    async def post_replay(id: str, given: Replay, asking: Asking) -> Response:
        """Post again everything that was planned for it since then, in its order and under the same `webhook-id`s."""
        endpoint = await allowed(id, asking)
        if endpoint.disabled_at is not None:
            raise Invalid("the endpoint is disabled; enable it first")
        count = await replays.replay(endpoint.id, given.since, asking.id)
        parts.deliveries.try_again(id)
        return JSONResponse({"replayed": count})
