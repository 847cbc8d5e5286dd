"""Requests about disputes become commands here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from sepakat_incidents import settling
from sepakat_incidents.disputables import Disputables
from sepakat_incidents.dispute import Dispute, Event, Status
from sepakat_incidents.dispute_requests import (
    AcceptIn,
    AnswerIn,
    CounterIn,
    DecideIn,
    RaiseIn,
    SubjectIn,
    WithdrawIn,
)
from sepakat_incidents.dispute_view import disputable_view, dispute_view
from sepakat_incidents.docket import Docket, Matter
from sepakat_incidents.matters import Matters
from sepakat_incidents.remedy import Bounds
from sepakat_shared import paging, web
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Forbidden, Invalid
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking


def router(
    docket: Docket, disputables: Disputables, matters: Matters, posts: IdempotentPosts, clock: Clock
) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["disputes"])
    _reading_routes(routes, docket, disputables, matters)
    _raising_route(routes, docket, matters, posts, clock)
    _party_routes(routes, docket)

    @routes.post("/disputes/{id}/decide")
    async def post_decision(id: str, given: DecideIn, asking: Asking) -> dict[str, Any]:
        """Decide, with the key of the mediator whose turn it is; or record, as an operator and for neither party, what
        the mediator, or the forum after it, decided.
        """
        asking.require("disputes:write")
        loaded = await docket.visible(id, asking)
        if not asking.is_operator and (asking.mediates is None or not loaded.state.is_mediated_by(asking.mediates)):
            raise Forbidden("who decides is the mediator that the agreement names; an operator may record it")
        mediator = None if asking.mediates is None else asking.mediates.partition("/")[2]
        remedy = None if given.remedy is None else given.remedy.remedy(loaded.state.about.subject.bounds)

        def decide(known: Dispute, now: datetime) -> Sequence[Event]:
            return settling.decide(known, given.result, remedy, given.statement, asking.id, now, mediator)

        return dispute_view(await docket.execute(id, decide, asking.id))

    return routes


def _reading_routes(routes: APIRouter, docket: Docket, disputables: Disputables, matters: Matters) -> None:
    @routes.get("/disputables")
    async def list_disputables(
        asking: Asking, agreement: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> dict[str, Any]:
        """The figures that were told last, and until when each may be disputed."""
        asking.require("disputes:read")
        found = await disputables.latest(asking, agreement, limit)
        return {"items": [disputable_view(each, await matters.until(each)) for each in found]}

    @routes.get("/disputes")
    async def list_disputes(
        request: Request, asking: Asking, agreement: str | None = None, status: Status | None = None,
        cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:  # fmt: skip
        """Those of the key's party, the latest first."""
        asking.require("disputes:read")
        after = paging.read_instant_cursor(cursor)
        found = await docket.page(asking, agreement, status.value if status else None, after, limit + 1)
        shown = [dispute_view(each) for each in found]
        return paging.page(request, shown, limit, key=lambda each: [each["raised_at"], each["id"]])

    @routes.get("/disputes/{id}")
    async def get_dispute(id: str, asking: Asking) -> Response:
        """One dispute: whose turn it is, what is offered, and what was measured and agreed."""
        asking.require("disputes:read")
        loaded = await docket.visible(id, asking)
        return JSONResponse(dispute_view(loaded.state), headers={"ETag": web.etag(loaded.version)})

    @routes.get("/disputes/{id}/history")
    async def get_history(id: str, asking: Asking) -> dict[str, Any]:
        """Every statement and step, in order; nothing is ever taken out of it."""
        asking.require("disputes:read")
        loaded = await docket.visible(id, asking)
        return {"items": await docket.history(loaded.id)}


def _raising_route(routes: APIRouter, docket: Docket, matters: Matters, posts: IdempotentPosts, clock: Clock) -> None:
    @routes.post("/disputes", status_code=201)
    async def post_dispute(given: RaiseIn, request: Repeatable, asking: Asking) -> Response:
        """Dispute a verdict, a credit, an incident's clock or a clause, within the agreement's time."""
        asking.require("disputes:write")
        if asking.party is None:
            raise Forbidden("a dispute is a party's: use a key that acts for one of the agreement's")

        async def raise_() -> JSONResponse:
            matter = await _matter(matters, given, asking, clock.now())
            asked = given.asked.remedy(matter.subject.bounds)
            loaded = await docket.raise_(matter, asking, asked, given.said(), clock.now())
            return JSONResponse(dispute_view(loaded.state), 201, {"ETag": web.etag(loaded.version)})

        return await posts.once(request, asking, clock.now(), raise_)


def _party_routes(routes: APIRouter, docket: Docket) -> None:
    @routes.post("/disputes/{id}/answer")
    async def post_answer(id: str, given: AnswerIn, asking: Asking) -> dict[str, Any]:
        """Answer a dispute: refuse it, or offer a part of what it asks."""
        party = await _party(docket, id, asking)
        offer = None if given.offer is None else given.offer.remedy(await _bounds(docket, id, asking))
        return dispute_view(
            await docket.execute(
                id, lambda known, now: settling.answer(known, party, given.said(), offer, asking.id, now), asking.id
            )
        )

    @routes.post("/disputes/{id}/counter")
    async def post_counter(id: str, given: CounterIn, asking: Asking) -> dict[str, Any]:
        """Put another offer on the table, in place of one's last."""
        party = await _party(docket, id, asking)
        offer = given.offer.remedy(await _bounds(docket, id, asking))
        return dispute_view(
            await docket.execute(
                id, lambda known, now: settling.counter(known, party, given.said(), offer, asking.id, now), asking.id
            )
        )

    @routes.post("/disputes/{id}/accept")
    async def post_acceptance(id: str, given: AcceptIn, asking: Asking) -> dict[str, Any]:
        """Settle for the other party's offer of that number; what is asked at first is offer 1."""
        party = await _party(docket, id, asking)
        return dispute_view(
            await docket.execute(
                id, lambda known, now: settling.accept(known, party, given.offer, asking.id, now), asking.id
            )
        )

    @routes.post("/disputes/{id}/withdraw")
    async def post_withdrawal(id: str, given: WithdrawIn, asking: Asking) -> dict[str, Any]:
        """Give it up; only the party that raised it may."""
        party = await _party(docket, id, asking)
        return dispute_view(
            await docket.execute(
                id, lambda known, now: settling.withdraw(known, party, given.statement, asking.id, now), asking.id
            )
        )


async def _party(docket: Docket, id: str, asking: Principal) -> str:
    """Whom the asker acts for in a dispute. Raises NotFound for others', Forbidden for an operator."""
    asking.require("disputes:write")
    await docket.visible(id, asking)
    if asking.party is None:
        raise Forbidden("this is a party's to say; use a key that acts for one")
    return asking.party


async def _bounds(docket: Docket, id: str, asking: Principal) -> Bounds:
    return (await docket.visible(id, asking)).state.about.subject.bounds


async def _matter(matters: Matters, given: RaiseIn, asking: Principal, now: datetime) -> Matter:
    subject = given.subject
    match subject.kind:
        case "clock":
            return await matters.of_clock(asking, _given(subject, "incident"), _given(subject, "clock"), now)
        case "clause":
            return await matters.of_clause(asking, _agreement(given), _given(subject, "clause"))
        case "verdict" | "credit":
            objective = _given(subject, "objective")
            return await matters.of_figure(asking, _agreement(given), subject.kind, objective, subject.period)


def _given(subject: SubjectIn, field: str) -> Any:
    value = getattr(subject, field)
    if value is None:
        raise Invalid.at(f"/subject/{field}", f"is required to dispute a {subject.kind}")
    return value


def _agreement(given: RaiseIn) -> str:
    if given.agreement is None:
        raise Invalid.at("/agreement", f"is required to dispute a {given.subject.kind}")
    return given.agreement
