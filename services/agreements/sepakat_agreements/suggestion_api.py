"""Decisions that change the agreement: what the data suggests, what was decided by it, and the draft it becomes."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import amending, holding, negotiation
from sepakat_agreements.agreement import Agreement, Event
from sepakat_agreements.backtest import Wish
from sepakat_agreements.backtest_store import Backtests, told
from sepakat_agreements.difference import in_words
from sepakat_agreements.drafting import has_all, is_of
from sepakat_agreements.people import People
from sepakat_agreements.review import Amendment, Review
from sepakat_agreements.review_api import DecisionIn, Id, Number, party_of
from sepakat_agreements.review_store import Reviews
from sepakat_agreements.review_view import suggestion_view, whole
from sepakat_agreements.store import Agreements
from sepakat_agreements.suggesting import Suggestion, Wanted, amendment, completed, suggestions
from sepakat_shared import web
from sepakat_shared.aggregate import Loaded
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Conflict, Invalid
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
_TIME_TO_ANSWER: Final = timedelta(days=14)
_MOST_WORDS: Final = 4_000


class ObjectiveIn(BaseModel):
    """What is to become of one objective."""

    model_config = ConfigDict(extra="forbid")

    objective: Name
    how: Literal["tighten", "loosen", "retire", "add"]
    target: str | None = Field(None, max_length=40, description="else the one that the data suggests")
    content: dict[str, Any] | None = Field(None, description="the whole objective, to add it")

    def wanted(self) -> Wanted:
        content = None if self.content is None else json.dumps(self.content, ensure_ascii=False)
        return Wanted(self.objective, self.how, self.target, content)


class AmendmentIn(BaseModel):
    """What a decision changes of the agreement."""

    model_config = ConfigDict(extra="forbid")

    objectives: list[ObjectiveIn] = Field(min_length=1, max_length=100)
    effective_from: date | None = Field(None, description="else from the last signature on")


class AmendingDecisionIn(DecisionIn):
    amendment: AmendmentIn | None = None


def router(
    reviews: Reviews, agreements: Agreements, backtests: Backtests, people: People, posts: IdempotentPosts,
    clock: Clock,
) -> APIRouter:  # fmt: skip
    routes = APIRouter(prefix="/v1/agreements/{id}/reviews/{number}", tags=["reviews"])
    _suggesting_routes(routes, reviews, agreements, backtests, posts, clock)
    _deciding_route(routes, reviews, agreements, backtests, people, posts, clock)
    _drafting_route(routes, reviews, agreements)
    return routes


def _suggesting_routes(
    routes: APIRouter, reviews: Reviews, agreements: Agreements, backtests: Backtests, posts: IdempotentPosts,
    clock: Clock,
) -> None:  # fmt: skip
    @routes.post("/suggestions", status_code=202)
    async def post_suggestions(id: Id, number: Number, request: Repeatable, asking: Asking) -> Response:
        """Ask what targets the last year suggests: the text in force is held against it. `Location` tells the answer.

        It needs `compliance:read` too: the answer tells figures.
        """
        asking.require("compliance:read")
        party = await party_of(agreements, id, asking)
        review, agreement = await reviews.visible(id, number, asking), (await agreements.visible(id, asking)).state
        holding.check_open(review.state, party)

        async def do() -> JSONResponse:
            made = await backtests.request(agreement, Wish(version=agreement.version), asking.id, clock.now())
            await reviews.change(
                review.id, lambda known, now: holding.note_backtest(known, party, made.id, asking.id, now), asking.id
            )
            body = {"backtest": made.id, "state": made.state, "items": []}
            return JSONResponse(body, 202, {"Location": f"/v1/agreements/{id}/reviews/{number}/suggestions"})

        return await posts.once(request, asking, clock.now(), do)

    @routes.get("/suggestions")
    async def get_suggestions(id: Id, number: Number, asking: Asking) -> dict[str, Any]:
        """For each objective its target and the suggested one, and how often each of them would have been missed."""
        asking.require("agreements:read")
        asking.require("compliance:read")
        review = (await reviews.visible(id, number, asking)).state
        if review.backtest is None:
            return {"backtest": None, "state": "none", "items": []}
        asked = (await backtests.all.get(review.backtest)).state
        agreement = (await agreements.visible(id, asking)).state
        items = [suggestion_view(each) for each in await _suggested(review, agreement, backtests)]
        return {"backtest": asked.id, "state": asked.state, "reason": asked.reason, "items": items}


def _deciding_route(
    routes: APIRouter, reviews: Reviews, agreements: Agreements, backtests: Backtests, people: People,
    posts: IdempotentPosts, clock: Clock,
) -> None:  # fmt: skip
    @routes.post("/decisions", status_code=201)
    async def post_decision(
        id: Id, number: Number, given: AmendingDecisionIn, request: Repeatable, asking: Asking
    ) -> Response:
        """Record what was decided, who sees to it and until when; with `amendment` also what it changes of the text."""
        party = await party_of(agreements, id, asking)
        review, agreement = await reviews.visible(id, number, asking), (await agreements.visible(id, asking)).state
        known = (await people.of(agreement)).contacts
        changing = None
        if given.amendment is not None:
            suggested = await _suggested(review.state, agreement, backtests)
            try:
                changing = _amendment(agreement, given.amendment, review.state, suggested)
            except Invalid as error:
                others = holding.broken(review.state, given.owner, given.due.isoformat(), known)
                problems = [*others, *error.problems]
                raise Invalid.of(problems) from error

        async def do() -> JSONResponse:
            loaded = await reviews.change(
                review.id,
                lambda state, now: holding.decide(
                    state, party, given.text, given.owner, given.due.isoformat(), known, asking.id, now, changing
                ),
                asking.id,
            )
            return _shown(loaded, 201)

        return await posts.once(request, asking, clock.now(), do)


def _drafting_route(routes: APIRouter, reviews: Reviews, agreements: Agreements) -> None:
    @routes.post("/decisions/{decision}/amendment", status_code=201)
    async def post_amendment(id: Id, number: Number, decision: Number, asking: Asking) -> Response:
        """Let a decision become the draft of the next version, or a proposal about the one that is being written.

        From there on it is negotiated and signed like any other.
        """
        party = await party_of(agreements, id, asking)
        review = (await reviews.visible(id, number, asking)).state
        holding.check_open(review, party)
        wanted, words = holding.to_draft(review, decision), holding.get_decision(review, decision).text
        if wanted.version is None:
            reason = f"Review {number}, decision {decision}: {words}"[:_MOST_WORDS]

            def decide(agreement: Agreement, now: datetime) -> Sequence[Event]:
                if has_all(agreement.last, wanted):
                    return []  # it was drafted and nobody could note that any more, or another decision wanted the same
                if agreement.open is None:
                    return amending.amend(agreement, party, completed(agreement.last.text, wanted.changes), now)
                changes = completed(agreement.open.text, wanted.changes)
                deadline = now + _TIME_TO_ANSWER
                return negotiation.propose(agreement, party, changes, reason, deadline, asking.id, now)

            version = (await agreements.change(id, decide, asking.id)).state.last
            proposal = next(
                (each.number for each in reversed(version.proposals) if is_of(version, each, wanted)), None
            )  # fmt: skip
            await reviews.change(
                review.id,
                lambda state, now: holding.note_draft(
                    state, party, decision, version.version, proposal, asking.id, now
                ),
                asking.id,
            )
        return _shown(await reviews.all.get(review.id), 201)


async def _suggested(review: Review, agreement: Agreement, backtests: Backtests) -> list[Suggestion]:
    """By the back-test that was asked for last; none while there is no answer."""
    if review.backtest is None:
        return []
    answer = told((await backtests.all.get(review.backtest)).state)
    return [] if answer is None else suggestions(agreement.text, answer)


def _amendment(
    agreement: Agreement, given: AmendmentIn, review: Review, suggested: Sequence[Suggestion]
) -> Amendment:  # fmt: skip
    """Raises Invalid with each field and its rule, Conflict where the agreement has ended."""
    if agreement.ended_at is not None:
        raise Conflict("this agreement has ended; write another one")
    base = agreement.open or agreement.last
    text = {name: content for name, content in base.text.items() if agreement.open or name != "amendment"}
    day = given.effective_from.isoformat() if given.effective_from else None
    changes, moved = amendment(text, [each.wanted() for each in given.objectives], day, suggested)
    named = {each.objective for each in given.objectives}
    behind = tuple(each for each in suggested if each.objective in named)
    return Amendment(
        tuple(changes), tuple(each.words for each in moved), review.backtest if behind else None, behind,
        words_id=tuple(in_words(each, "id") for each in moved),
    )  # fmt: skip


def _shown(loaded: Loaded[Review], status: int) -> JSONResponse:
    return JSONResponse(whole(loaded.state), status, {"ETag": web.etag(loaded.version)})
