"""Chat endpoints over HTTP: registered, changed, tried, disabled and enabled. Their addresses are never shown again."""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_notifier import chat_addresses
from sepakat_notifier import endpoint as domain
from sepakat_notifier.any_endpoint import how_it_is, problems_of_types, tried
from sepakat_notifier.api import Limit
from sepakat_notifier.channels import services
from sepakat_notifier.channels.chat import ChatSender
from sepakat_notifier.channels.webhook import checked_url
from sepakat_notifier.chat_addresses import ByApprise, Native
from sepakat_notifier.chat_formats import Said
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoint import Added, ChatChanged, Endpoint
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.preference import Language
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.subscription_api import Zone
from sepakat_notifier.vault import Vault
from sepakat_shared import paging, web
from sepakat_shared.clock import Clock
from sepakat_shared.errors import FieldProblem, Invalid
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, Versioned

Address = Annotated[str, Field(min_length=1, max_length=2000)]
_TRIAL: Final[Mapping[str, Said]] = {
    "en": Said("A trial", ["Sepakat can say something here."], [], "calm", "Somebody has asked for this."),
    "id": Said("Percobaan", ["Sepakat dapat menyampaikan kabar di sini."], [], "calm", "Ada yang meminta ini."),
}  # fmt: skip


class ChatEdit(BaseModel):
    """What of a chat endpoint may change; without `address`, it stays where it is."""

    model_config = ConfigDict(extra="forbid")

    address: Address | None = Field(
        None, description="an incoming webhook of Slack or Teams, slack://TOKEN/CHANNEL, or a URL of Apprise"
    )
    service: Native | None = Field(
        None, description="what a webhook takes whose host is not known as Slack's or Teams'"
    )
    types: list[str] = Field(
        [], max_length=50, description="event types, `*` stands for anything; empty: only what people read there"
    )
    language: Language = "en"
    time_zone: Zone = "UTC"
    fallback: str | None = Field(
        None, max_length=100, description="contact of the party who is written to when something cannot be said there"
    )
    owner: str | None = Field(
        None, max_length=100,
        description="contact of the party in whose name people in the room press the links of messages; null: no links",
    )  # fmt: skip


class ChatIn(ChatEdit):
    """Where a party wants to be told in a chat."""

    party: str
    address: Address


class Rooms:
    """The parts that the routes work with."""

    def __init__(
        self, endpoints: Endpoints, deliveries: Deliveries, chats: ChatSender, directory: Directory, vault: Vault,
        settings: NotifierSettings, clock: Clock,
    ) -> None:  # fmt: skip
        self.endpoints = endpoints
        self.deliveries = deliveries
        self.chats = chats
        self.directory = directory
        self.vault = vault
        self.allowed = settings.notifier_allow_networks
        self.longest = settings.notifier_attempt_timeout.total_seconds()
        """Seconds that a trial may take in all."""
        self.clock = clock

    async def checked(self, party: str, given: ChatEdit) -> str | None:
        """What the address stands for, if there is one. Raises Invalid, naming every field that breaks a rule."""
        problems = problems_of_types(given.types)
        service = None
        if given.address is not None:
            try:
                # The first time, Apprise takes half a second to load what it knows.
                service = await asyncio.to_thread(self._service_of, given.address, given.service)
            except ValueError as error:
                problems.insert(0, FieldProblem("/address", str(error)))
            except Invalid as error:
                problems.insert(0, FieldProblem("/address", error.detail.removeprefix("/url: ")))
        if given.owner is not None and not await self.directory.parties_of([party], [given.owner]):
            problems.append(FieldProblem("/owner", f"{party} has no contact {given.owner!r}"))
        if problems:
            raise Invalid.of(problems)
        return service

    def _service_of(self, address: str, service: Native | None) -> str:
        way = chat_addresses.way_of(address, service)
        for url in chat_addresses.dialled(way):
            checked_url(url, self.allowed)
        if isinstance(way, ByApprise):
            services.service_of(address)
        return chat_addresses.service_of(way)

    def shown(self, endpoint: Endpoint) -> dict[str, Any]:
        instants = ("created_at", "failing_since", "disabled_at")
        return {
            "id": endpoint.id,
            "party": endpoint.party,
            "service": endpoint.service,
            "types": list(endpoint.types),
            "owner": endpoint.owner,
            "language": endpoint.language,
            "time_zone": endpoint.time_zone,
            **how_it_is(endpoint, self.deliveries.circuit(endpoint.id), instants),
        }

    def answer(self, loaded: Any, status: int = 200) -> JSONResponse:
        return JSONResponse(self.shown(loaded.state), status, {"ETag": web.etag(loaded.version)})


def router(parts: Rooms, posts: IdempotentPosts) -> APIRouter:
    routes = APIRouter(prefix="/v1/chat-endpoints", tags=["chats"])
    _documents(routes, parts, posts)
    _commands(routes, parts)
    return routes


def _documents(routes: APIRouter, parts: Rooms, posts: IdempotentPosts) -> None:
    endpoints = parts.endpoints

    @routes.post("", status_code=201)
    async def post_chat(given: ChatIn, request: Repeatable, asking: Asking) -> Response:
        """Have a party told in a chat. The address is kept encrypted, and shown nowhere again."""
        asking.require("notifications:write")
        asking.require_party(given.party)
        service = await parts.checked(given.party, given)

        async def do() -> JSONResponse:
            id = secrets.token_hex(8)
            endpoint = Endpoint(
                id, given.party, "", tuple(given.types), parts.vault.seal_address(given.address), parts.clock.now(),
                fallback=given.fallback, kind="chat", service=service, language=given.language,
                time_zone=given.time_zone, owner=given.owner,
            )  # fmt: skip
            return parts.answer(await endpoints.execute(id, lambda *_: [Added(endpoint)], asking.id), 201)

        return await posts.once(request, asking, parts.clock.now(), do)

    @routes.get("")
    async def list_chats(
        request: Request, asking: Asking, cursor: str | None = None, limit: Limit = 50
    ) -> Response:  # fmt: skip
        """Those of the key's party."""
        asking.require("notifications:read")
        found = await endpoints.page(asking, paging.read_text_cursor(cursor), limit + 1, "chat")
        return paging.page(request, [parts.shown(each) for each in found], limit, key=lambda item: item["id"])

    @routes.get("/{id}")
    async def get_chat(id: str, asking: Asking) -> Response:
        """One of them, without its address: `status` is working, failing or disabled."""
        asking.require("notifications:read")
        return parts.answer(await endpoints.visible(id, asking, "chat"))

    @routes.put("/{id}")
    async def put_chat(id: str, given: ChatEdit, request: Versioned, asking: Asking) -> Response:
        """Change what it hears, its language and clock, its owner, who is written to when it fails, and where it is."""
        asking.require("notifications:write")
        known = await endpoints.visible(id, asking, "chat")
        service = await parts.checked(known.state.party, given)
        sealed = None if given.address is None else parts.vault.seal_address(given.address)
        changed = ChatChanged(
            tuple(given.types), given.fallback, given.language, given.time_zone, sealed, service, given.owner
        )  # fmt: skip
        version = web.expected_version(request)
        return parts.answer(
            await endpoints.execute(id, lambda known, _now: domain.change_chat(known, changed), asking.id, version)
        )

    @routes.delete("/{id}", status_code=204)
    async def delete_chat(id: str, asking: Asking) -> None:
        """Nothing is said there any more; what waits for it is suppressed."""
        asking.require("notifications:write")
        await endpoints.visible(id, asking, "chat")
        await endpoints.execute(id, domain.remove, asking.id)


def _commands(routes: APIRouter, parts: Rooms) -> None:
    endpoints = parts.endpoints

    async def allowed(id: str, asking: Asking) -> Endpoint:
        asking.require("notifications:write")
        return (await endpoints.visible(id, asking, "chat")).state

    @routes.post("/{id}/test")
    async def post_test(id: str, asking: Asking) -> Response:
        """Say something there at once, also while it is disabled, and tell what came of it."""
        endpoint = await allowed(id, asking)
        return await tried(parts.chats.say(endpoint, _TRIAL[endpoint.language]), parts.longest)

    @routes.post("/{id}/disable")
    async def post_disable(id: str, asking: Asking) -> Response:
        """Say nothing there for now; whoever reads it there by choice gets mails meanwhile."""
        await allowed(id, asking)
        return parts.answer(
            await endpoints.execute(id, lambda known, now: domain.disable(known, asking.id, now), asking.id)
        )

    @routes.post("/{id}/enable")
    async def post_enable(id: str, asking: Asking) -> Response:
        """Say things there again."""
        await allowed(id, asking)
        loaded = await endpoints.execute(id, domain.enable, asking.id)
        parts.deliveries.try_again(id)
        return parts.answer(loaded)
