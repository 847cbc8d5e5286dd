"""Status feeds over HTTP: each party says with its key whether it allows one; whoever has the address reads it."""

import hashlib
import json
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, StrictBool

from sepakat_notifier import status_formats
from sepakat_notifier.status_feed import StatusFeed
from sepakat_notifier.status_feeds import StatusFeeds
from sepakat_shared.errors import Forbidden
from sepakat_shared.public_pages import language_of
from sepakat_shared.web import Asking


class StatusFeedIn(BaseModel):
    """Whether the key's party allows that anybody who has the address reads how the services stand."""

    model_config = ConfigDict(extra="forbid")

    allowed: StrictBool


def router(feeds: StatusFeeds, public_url: str) -> APIRouter:
    routes = APIRouter()
    base = public_url.rstrip("/")

    def shown(feed: StatusFeed) -> dict[str, Any]:
        address = f"{base}/status/{feeds.token(feed)}" if feed.is_public else None
        return {
            "agreement": feed.agreement, "allowed": {each: each in feed.allowed for each in feed.parties},
            "public": feed.is_public, "atom": address and f"{address}.atom", "json": address and f"{address}.json",
        }  # fmt: skip

    @routes.get("/v1/status-feeds/{agreement}", tags=["feed"])
    async def get_status_feed(agreement: str, asking: Asking) -> dict[str, Any]:
        """Which party allows a public status of the agreement, and its addresses where both do."""
        asking.require("notifications:read")
        return shown(await feeds.visible(agreement, asking))

    @routes.put("/v1/status-feeds/{agreement}", tags=["feed"])
    async def put_status_feed(agreement: str, given: StatusFeedIn, asking: Asking) -> dict[str, Any]:
        """Allow it for the key's party, or take that back: then every address that was given out ends."""
        asking.require("notifications:write")
        if asking.party is None:
            raise Forbidden("a party allows this; use a key that acts for one")
        return shown(await feeds.say(agreement, asking.party, given.allowed, asking))

    @routes.get("/status/{token}.{kind}", tags=["feed"], response_class=Response)
    async def get_status(
        token: str, kind: Literal["atom", "json"], request: Request, lang: Literal["en", "id"] | None = None
    ) -> Response:
        """How the services stand, and what is wrong or was lately; without a key."""
        language = language_of(request, lang)
        found = await feeds.read(token, language)
        address = f"{base}/status/{token}.{kind}" + (f"?lang={lang}" if lang else "")
        if kind == "atom":
            body, media_type = status_formats.as_atom(found, address), status_formats.ATOM
        else:
            feed = status_formats.as_json_feed(found, address)
            body, media_type = json.dumps(feed, ensure_ascii=False).encode(), status_formats.JSON_FEED
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        # The address is what lets somebody read it: it must not be sent on.
        headers = {
            "ETag": etag, "Cache-Control": "private, max-age=60", "Vary": "Accept-Language",
            "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex",
        }  # fmt: skip
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=media_type)

    return routes
