"""Requests about needs become commands here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import need as domain
from sepakat_agreements import signing
from sepakat_agreements.agreement import Agreement, Version
from sepakat_agreements.need import Event, Need
from sepakat_agreements.need_store import Needs
from sepakat_agreements.store import Agreements
from sepakat_agreements.traceability import trace
from sepakat_shared import paging, web
from sepakat_shared.aggregate import Loaded
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.rules import underpinning
from sepakat_shared.errors import Forbidden
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Words = Annotated[str, Field(min_length=1, max_length=2_000)]


class WordsIn(BaseModel):
    """The same in one language at least."""

    model_config = ConfigDict(extra="forbid")

    en: Words | None = None
    id: Words | None = None


class StatedIn(BaseModel):
    """What the customer's business needs of a service."""

    model_config = ConfigDict(extra="forbid")

    service: Name
    statement: WordsIn
    priority: Literal["must", "should", "could"]
    goal: WordsIn | None = None
    impact: texts.Impact | None = Field(None, description="what it costs while the need is unmet")
    success: WordsIn | None = Field(None, description="how the customer would know that it is met")

    def said(self) -> domain.Statement:
        impact = None if self.impact is None else self.impact.model_dump(mode="json", by_alias=True)
        return domain.Statement(
            self.service, _words(self.statement) or {}, self.priority, _words(self.goal),
            None if impact is None else domain.Impact(**impact), _words(self.success),
        )  # fmt: skip


class NeedIn(StatedIn):
    """The same of an agreement that may not be written yet."""

    agreement: Name
    need: Name = Field(description="its id within the agreement")
    provider: Name = Field(description="the party that shall answer")


class AnswerIn(BaseModel):
    """The provider's answer to a need."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["accepted", "adjusted", "declined"]
    served_by: list[Name] = Field([], description="ids of objectives and obligations")
    reason: Words | None = Field(None, description="what is adjusted, or why it is declined")
    revision: int = Field(ge=1, description="of the need as it was read")


class WithdrawIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words | None = None


class WaiverIn(BaseModel):
    """A party's written word that a need may stay uncovered."""

    model_config = ConfigDict(extra="forbid")

    need: Name
    statement: Words


def router(needs: Needs, agreements: Agreements, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1")
    _reading_routes(routes, needs)
    _intake_routes(routes, needs, posts, clock)
    _tracing_routes(routes, needs, agreements)
    return routes


def _reading_routes(routes: APIRouter, needs: Needs) -> None:
    @routes.get("/needs", tags=["needs"])
    async def list_needs(
        request: Request, asking: Asking, agreement: str | None = None, cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:  # fmt: skip
        """Those of the key's party."""
        asking.require("agreements:read")
        found = await needs.page(asking, agreement, paging.read_text_cursor(cursor), limit + 1)
        return paging.page(request, [need_view(each.state) for each in found], limit, key=lambda each: each["id"])

    @routes.get("/needs/{id}", tags=["needs"])
    async def get_need(id: str, asking: Asking) -> Response:
        """One need with the provider's answer."""
        asking.require("agreements:read")
        return _shown(await needs.visible(id, asking))

    @routes.get("/needs/{id}/history", tags=["needs"])
    async def get_history(id: str, asking: Asking) -> dict[str, Any]:
        """How it was stated, answered and stated anew, in order."""
        asking.require("agreements:read")
        await needs.visible(id, asking)
        return {"items": await needs.history(id)}


def _intake_routes(routes: APIRouter, needs: Needs, posts: IdempotentPosts, clock: Clock) -> None:
    @routes.post("/needs", tags=["needs"], status_code=201)
    async def post_need(given: NeedIn, request: Repeatable, asking: Asking) -> Response:
        """State a need, with the customer's key, or state it anew, which takes away the answer to it."""
        customer = _party(asking)
        if customer == given.provider:
            raise Forbidden("a need is the customer's to state; the provider answers it")
        id = domain.need_id(given.agreement, customer, given.need)

        def decide(need: Need | None, now: datetime) -> Sequence[Event]:
            return domain.state(
                need, given.agreement, given.need, given.provider, customer, given.said(), asking.id, now
            )

        async def do() -> JSONResponse:
            await needs.all.execute(id, decide, by=asking.id)
            return _shown(await needs.all.get(id), 201)

        return await posts.once(request, asking, clock.now(), do)

    @routes.post("/needs/{id}/answer", tags=["needs"])
    async def post_answer(id: str, given: AnswerIn, asking: Asking) -> Response:
        """Accept a need with what serves it, adjust it or decline it with a reason; with the provider's key."""
        party = _party(asking)
        await needs.visible(id, asking)
        return _shown(
            await needs.execute(
                id,
                lambda need, now: domain.answer(
                    need, party, given.verdict, given.served_by, given.reason, given.revision, asking.id, now
                ),
                asking.id,
            )
        )

    @routes.post("/needs/{id}/withdraw", tags=["needs"])
    async def post_withdrawal(id: str, given: WithdrawIn, asking: Asking) -> Response:
        """The customer needs it no longer."""
        party = _party(asking)
        await needs.visible(id, asking)
        return _shown(
            await needs.execute(
                id, lambda need, now: domain.withdraw(need, party, given.reason, asking.id, now), asking.id
            )
        )


def _tracing_routes(routes: APIRouter, needs: Needs, agreements: Agreements) -> None:
    @routes.get("/agreements/{id}/traceability", tags=["needs"])
    async def get_traceability(id: Id, asking: Asking) -> dict[str, Any]:
        """Needs and what serves them, and what serves none: uncovered needs, unjustified objectives, unowned duties."""
        asking.require("agreements:read")
        agreement = (await agreements.visible(id, asking)).state
        version: Version = agreement.open or agreement
        suppliers = await agreements.texts_of(underpinned_by(version.text), asking)
        traced = traceability_view(version, await needs.of(id, version.parties))
        return traced | {"underpinning": underpinning_view(version, suppliers)}

    @routes.post("/agreements/{id}/waivers", tags=["needs"], status_code=201)
    async def post_waiver(id: Id, given: WaiverIn, asking: Asking) -> Response:
        """Say in writing that a need may stay uncovered. Signing waits for both parties' word where it must be met."""
        party = _party(asking)
        loaded = await agreements.visible(id, asking)
        stated = await needs.of(id, loaded.state.parties)

        def decide(agreement: Agreement, now: datetime) -> Sequence[Any]:
            return signing.waive(agreement, party, given.need, given.statement, stated, asking.id, now)

        after = (await agreements.change(id, decide, asking.id)).state
        return JSONResponse(traceability_view(after.open or after, stated), 201)


def need_view(need: Need) -> dict[str, Any]:
    stated, answer = need.stated, need.answer
    return {
        "id": need.id,
        "agreement": need.agreement,
        "need": need.name,
        "provider": need.provider,
        "customer": need.customer,
        "service": stated.service,
        "statement": stated.statement,
        "priority": stated.priority,
        "goal": stated.goal,
        "impact": stated.impact and {
            "cost": stated.impact.cost, "currency": stated.impact.currency, "per": stated.impact.per,
        },
        "success": stated.success,
        "revision": need.revision,
        "withdrawn_at": need.withdrawn_at and rfc3339(need.withdrawn_at),
        "answer": answer and {
            "verdict": answer.verdict, "served_by": list(answer.served_by), "reason": answer.reason, "by": answer.by,
            "at": rfc3339(answer.at),
        },
    }  # fmt: skip


def traceability_view(version: Version, stated: Sequence[Need]) -> dict[str, Any]:
    found = trace(texts.Agreement.model_validate(version.text), stated)
    waivers = {
        each.id: [
            {"party": waiver.party, "statement": waiver.statement, "by": waiver.by, "at": rfc3339(waiver.at)}
            for waiver in version.waivers if (waiver.need, waiver.digest) == (each.id, each.digest)
        ]
        for each in found.needs
    }  # fmt: skip
    return {
        "version": version.version,
        "hash": version.hash,
        "needs": [
            {
                "id": each.id, "priority": each.priority, "in_text": each.in_text, "stated": each.stated,
                "answer": each.answer, "served_by": list(each.served_by), "unknown": list(each.unknown),
                "covered": each.is_covered, "waivers": waivers[each.id],
            }
            for each in found.needs
        ],
        "serves": {id: list(needs) for id, needs in found.serves.items()},
        "uncovered_needs": list(found.uncovered),
        "objectives_without_need": list(found.objectives_without_need),
        "obligations_without_owner": list(found.obligations_without_owner),
        "hinders_signing": signing.unserved(version, stated),
    }  # fmt: skip


def underpinning_view(version: Version, suppliers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """`suppliers` are the texts of those agreements that it rests on and that whoever asks may see."""
    text = texts.Agreement.model_validate(version.text)
    known = {id: texts.Agreement.model_validate(each) for id, each in suppliers.items()}
    return {
        "agreements": list(underpinned_by(version.text)),
        "compared_with": sorted(known),
        "warnings": [
            {"pointer": pointer, "rule": rule} for pointer, rule in underpinning.advise(text, known)
        ],
    }  # fmt: skip


def underpinned_by(text: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the provider's agreements with its suppliers that the text names."""
    return tuple(str(each["agreement"]) for each in text.get("underpinning") or ())


def _shown(loaded: Loaded[Need], status: int = 200) -> JSONResponse:
    return JSONResponse(need_view(loaded.state), status, {"ETag": web.etag(loaded.version)})


def _party(asking: Principal) -> str:
    """Whom the asker acts for. Raises Forbidden for an operator."""
    asking.require("agreements:write")
    if asking.party is None:
        raise Forbidden("this is a party's to say; use a key that acts for one")
    return asking.party


def _words(given: WordsIn | None) -> dict[str, str] | None:
    return None if given is None else given.model_dump(exclude_none=True)
