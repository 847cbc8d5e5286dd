"""Requests about reviews become commands here."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import holding
from sepakat_agreements.opening import Opening
from sepakat_agreements.pack import freeze, written
from sepakat_agreements.packs import Packs
from sepakat_agreements.review import Event, Review
from sepakat_agreements.review_store import Reviews
from sepakat_agreements.review_view import calendar_view, summary, whole
from sepakat_agreements.store import Agreements
from sepakat_shared import paging, web
from sepakat_shared.aggregate import Loaded
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Forbidden, NotFound
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Number = Annotated[int, Path(ge=1, le=999_999)]
Words = Annotated[str, Field(min_length=1, max_length=4_000)]
Person = Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9-]{0,62}/)?[a-z0-9][a-z0-9-]{0,62}$")]


class ReviewIn(BaseModel):
    """A review besides the cadence's."""

    model_config = ConfigDict(extra="forbid")

    meeting: date | None = Field(None, description="the day it is held on; 14 days from now, where nothing is said")
    reason: Words | None = None


class CommentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Words


class DecisionIn(BaseModel):
    """What was decided, who sees to it, and until which day."""

    model_config = ConfigDict(extra="forbid")

    text: Words
    owner: Person = Field(description="a contact of either party, as `party/contact` where both have one of that id")
    due: date


class CloseIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    conclusion: Words | None = None


def router(
    opening: Opening, reviews: Reviews, agreements: Agreements, packs: Packs, posts: IdempotentPosts, clock: Clock,
) -> APIRouter:  # fmt: skip
    routes = APIRouter(prefix="/v1/agreements/{id}/reviews", tags=["reviews"])
    _calendar_route(routes, opening, agreements)
    _reading_routes(routes, reviews, agreements)
    _opening_route(routes, opening, reviews, agreements, posts, clock)
    _talking_route(routes, reviews, agreements, posts, clock)
    _closing_route(routes, reviews, agreements, packs, clock)
    return routes


def _calendar_route(routes: APIRouter, opening: Opening, agreements: Agreements) -> None:
    @routes.get("/calendar")
    async def get_calendar(id: Id, asking: Asking) -> dict[str, Any]:
        """When the cadence's next review opens and is held; both null where the text has none, or is not in force."""
        asking.require("agreements:read")
        await agreements.visible(id, asking)
        loaded = await opening.calendars.find(id)
        return calendar_view(None if loaded is None else loaded.state)


def _reading_routes(routes: APIRouter, reviews: Reviews, agreements: Agreements) -> None:
    @routes.get("")
    async def list_reviews(
        id: Id, request: Request, asking: Asking, cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:  # fmt: skip
        """The last one first."""
        asking.require("agreements:read")
        await agreements.visible(id, asking)
        found = await reviews.page(id, asking, paging.read_number_cursor(cursor), limit + 1)
        return paging.page(request, [summary(each) for each in found], limit, key=lambda each: each["review"])

    @routes.get("/{number}")
    async def get_review(id: Id, number: Number, asking: Asking) -> Response:
        """One review: what was said and decided, and the hashes of its packs."""
        asking.require("agreements:read")
        return _shown(await reviews.visible(id, number, asking))

    @routes.get("/{number}/pack", response_class=Response)
    async def get_pack(
        id: Id, number: Number, asking: Asking, frozen: Literal["opening", "closing"] | None = None
    ) -> Response:
        """The pack as it was frozen last, or at the opening or the closing. The SHA-256 of these bytes is its hash."""
        asking.require("agreements:read")
        review = (await reviews.visible(id, number, asking)).state
        chosen = {"opening": review.pack, "closing": review.closing_pack, None: review.frozen}[frozen]
        if chosen is None:
            raise NotFound(f"review {number} is not closed yet; its pack was frozen at the opening alone")
        return Response(written(chosen), media_type="application/json", headers={"ETag": f'"{chosen.hash}"'})


def _opening_route(
    routes: APIRouter, opening: Opening, reviews: Reviews, agreements: Agreements, posts: IdempotentPosts, clock: Clock
) -> None:
    @routes.post("", status_code=201)
    async def post_review(id: Id, given: ReviewIn, request: Repeatable, asking: Asking) -> Response:
        """Open a review besides those of the cadence. Either party may, while none is open."""
        await party_of(agreements, id, asking)
        agreement = (await agreements.visible(id, asking)).state

        async def do() -> JSONResponse:
            made = await opening.on_demand(agreement, given.meeting, given.reason, asking.id)
            return _shown(await reviews.all.get(made.id), 201)

        return await posts.once(request, asking, clock.now(), do)


def _talking_route(
    routes: APIRouter, reviews: Reviews, agreements: Agreements, posts: IdempotentPosts, clock: Clock
) -> None:
    @routes.post("/{number}/comments", status_code=201)
    async def post_comment(id: Id, number: Number, given: CommentIn, request: Repeatable, asking: Asking) -> Response:
        """Say something for both parties to read."""
        party = await party_of(agreements, id, asking)
        review = await reviews.visible(id, number, asking)

        def decide(known: Review, now: datetime) -> Sequence[Event]:
            return holding.comment(known, party, given.text, asking.id, now)

        async def do() -> JSONResponse:
            return _shown(await reviews.change(review.id, decide, asking.id), 201)

        return await posts.once(request, asking, clock.now(), do)


def _closing_route(routes: APIRouter, reviews: Reviews, agreements: Agreements, packs: Packs, clock: Clock) -> None:
    @routes.post("/{number}/close")
    async def post_close(id: Id, number: Number, given: CloseIn, asking: Asking) -> Response:
        """End the review: its pack is frozen once more, and nothing of it ever changes again."""
        party = await party_of(agreements, id, asking)
        review = (await reviews.visible(id, number, asking)).state
        version = (await agreements.visible(id, asking)).state.get(review.version)
        if version is None:
            raise ValueError(f"review {review.id} is of a version that is not there")
        span = review.since, review.until
        pack = await packs.compile(version, number, review.meeting, span, clock.now().astimezone(UTC))
        frozen = freeze(pack)
        return _shown(
            await reviews.change(
                review.id,
                lambda known, now: holding.close(known, party, given.conclusion, frozen, asking.id, now),
                asking.id,
            )
        )


async def party_of(agreements: Agreements, id: str, asking: Principal) -> str:
    """Whom the asker acts for. Raises NotFound for others' agreements, Forbidden for an operator."""
    asking.require("agreements:write")
    await agreements.visible(id, asking)
    if asking.party is None:
        raise Forbidden("this is a party's to say; use a key that acts for one")
    return asking.party


def _shown(loaded: Loaded[Review], status: int = 200) -> JSONResponse:
    return JSONResponse(whole(loaded.state), status, {"ETag": web.etag(loaded.version)})
