"""Registered indicators, how every objective does and did, and what was agreed on about that afterwards."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_metrics.adjustments import Adjustment, Asked
from sepakat_metrics.attainment import Attainments
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.packs import Packs
from sepakat_metrics.parking import Parking
from sepakat_metrics.registry import Registry
from sepakat_metrics.showing import Figures
from sepakat_shared import paging, web
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import reading, texts
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import FieldProblem, Invalid, NotFound
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, RequestedInstant, Versioned

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Period = Annotated[
    str | None,
    Query(
        description="START/END (366 days at most), or an instant, day or month that the period holds; "
        "else the present one"
    ),
]
KnownAt = Annotated[RequestedInstant | None, Query(alias="known-at", description="as it was known at this instant")]


class AdjustmentIn(BaseModel):
    """An exclusion or correction; which fields it needs follows from its kind."""

    model_config = ConfigDict(extra="forbid")

    agreement: str
    objectives: list[str] = Field([], description="those it is for; empty: all of the agreement")
    kind: Literal["exclusion", "downtime", "events", "case-time"]
    reason: Literal["maintenance", "force-majeure", "customer-caused", "dispute", "measurement-error", "other"]
    note: str = Field(min_length=1, max_length=2000, description="why, in words that both parties can check")
    start: RequestedInstant | None = Field(None, description="exclusion, downtime: from here; events: when they were")
    end: RequestedInstant | None = None
    good: int = Field(0, ge=0, description="events: how many good ones to add")
    total: int = Field(0, ge=0, description="events: how many to add in all")
    ticket: str = Field("", max_length=200)
    seconds: int = Field(0, description="case-time: seconds to add to the ticket's clocks; less than 0 takes away")


def router(
    registry: Registry, figures: Figures, parking: Parking, attainments: Attainments, packs: Packs,
    corrections: Corrections, posts: IdempotentPosts, clock: Clock,
) -> APIRouter:  # fmt: skip
    routes = APIRouter(prefix="/v1")
    _indicator_routes(routes, registry, parking)
    _figure_routes(routes, figures, attainments)
    _evidence_routes(routes, packs)
    _adjustment_routes(routes, attainments, corrections, posts, clock)
    return routes


def _indicator_routes(routes: APIRouter, registry: Registry, parking: Parking) -> None:

    @routes.put("/indicators/{party}/{name}", tags=["indicators"])
    async def put_indicator(party: Id, name: Id, request: Versioned, asking: Asking) -> Response:
        """Register an indicator (YAML or JSON), or change it with If-Match. Events that waited for it are counted."""
        asking.require("agreements:write")
        asking.require_party(party)
        documents = reading.parse_documents((await request.body()).decode("utf-8", "replace"))
        if len(documents) != 1 or not isinstance(documents[0], texts.Indicator):
            raise Invalid("send exactly one document of kind Indicator")
        indicator = documents[0]
        if indicator.metadata.id != f"{party}/{name}":
            raise Invalid(f"/metadata/id: is {indicator.metadata.id!r}, but the path says {party}/{name}")
        known = indicator.metadata.id in registry.indicators
        expected = web.expected_version(request) if known and "if-match" in request.headers else None
        version, new = await registry.register(indicator, expected)
        parking.wake()
        return JSONResponse(texts.as_text(indicator), 201 if new else 200, {"ETag": web.etag(version)})

    @routes.get("/indicators/{party}/{name}", tags=["indicators"])
    async def get_indicator(party: Id, name: Id, asking: Asking) -> Response:
        """An indicator of the key's party."""
        asking.require("compliance:read")
        stored = await registry.stored(f"{party}/{name}", asking)
        return JSONResponse(stored["text"], headers={"ETag": web.etag(stored["version"])})


def _figure_routes(routes: APIRouter, figures: Figures, attainments: Attainments) -> None:
    @routes.get("/status", tags=["status"])
    async def get_status(
        request: Request, asking: Asking, agreement: str | None = None, cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:  # fmt: skip
        """How every objective of the key's party stands: attainment against target, budget left, state."""
        asking.require("compliance:read")
        found = await figures.page(asking, agreement, paging.read_text_cursor(cursor), limit + 1)
        items = [_shown(document) for document in found]
        return paging.page(request, items, limit, key=lambda item: f"{item['agreement']}/{item['objective']}")

    @routes.get("/agreements/{agreement}/objectives/{objective}/attainment", tags=["status"])
    async def get_attainment(
        agreement: Id, objective: Id, asking: Asking, period: Period = None, known_at: KnownAt = None
    ) -> dict[str, Any]:
        """How an objective did over a period: from what is stored now, or, with `known-at`, as it was known then."""
        asking.require("compliance:read")
        if known_at is None:
            return await attainments.now(asking, agreement, objective, period)
        known = await attainments.revisions(asking, agreement, objective, period, known_at)
        if not known:
            raise NotFound(f"nothing was known of that period at {rfc3339(known_at)}")
        return {"agreement": agreement, "objective": objective, **known[-1]}

    @routes.get("/agreements/{agreement}/objectives/{objective}/explanation", tags=["status"])
    async def get_explanation(
        agreement: Id, objective: Id, asking: Asking, period: Period = None
    ) -> dict[str, Any]:  # fmt: skip
        """Why a figure is what it is: the arithmetic in words, and what it lost most by, the greatest first."""
        asking.require("compliance:read")
        return await attainments.explained(asking, agreement, objective, period)

    @routes.get("/agreements/{agreement}/objectives/{objective}/revisions", tags=["status"])
    async def get_revisions(
        agreement: Id, objective: Id, asking: Asking, period: Period = None, known_at: KnownAt = None
    ) -> dict[str, Any]:
        """Every revision of a period's verdict, the oldest first: nothing that was told is overwritten."""
        asking.require("compliance:read")
        return {"items": await attainments.revisions(asking, agreement, objective, period, known_at)}


def _evidence_routes(routes: APIRouter, packs: Packs) -> None:
    @routes.get("/evidence-key", tags=["evidence"])
    async def get_evidence_key(asking: Asking) -> dict[str, str]:
        """The public key that evidence is signed with: for the `evidenceKey` of an agreement's text."""
        return {"key": packs.public_key}

    @routes.get("/agreements/{agreement}/objectives/{objective}/evidence", tags=["evidence"])
    async def get_evidence(agreement: Id, objective: Id, asking: Asking, period: Period = None) -> Response:
        """Everything that the figure of a period follows from, signed: `sepakat verify` recomputes it offline."""
        asking.require("compliance:read")
        pack = await packs.of(asking, agreement, objective, period)
        name = f"evidence-{agreement}-{objective}-{pack['period']['start'][:10]}.json"
        return JSONResponse(pack, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _adjustment_routes(
    routes: APIRouter, attainments: Attainments, corrections: Corrections, posts: IdempotentPosts, clock: Clock
) -> None:
    @routes.post("/adjustments", status_code=201, tags=["adjustments"])
    async def post_adjustment(given: AdjustmentIn, request: Repeatable, asking: Asking) -> Response:
        """Grant an exclusion or a correction: each party may grant what is to the good of the other."""
        asking.require("compliance:write")
        versions = attainments.visible(asking, given.agreement)
        text = versions[-1].text
        known = {objective.id for version in versions for objective in version.text.objectives}
        for i, objective in enumerate(given.objectives):
            if objective not in known:
                rule = f"{objective!r} is not an objective of this agreement"
                raise Invalid(f"/objectives/{i}: {rule}", [FieldProblem(f"/objectives/{i}", rule)])
        words = given.model_dump() | {"objectives": tuple(given.objectives)}
        asked = Asked(provider=text.parties.provider, customer=text.parties.customer, **words)

        async def grant() -> JSONResponse:
            loaded = await corrections.grants.grant(asked, asking)
            return JSONResponse(_adjustment(loaded.state), 201)

        return await posts.once(request, asking, clock.now(), grant)

    @routes.post("/adjustments/{id}/withdraw", tags=["adjustments"])
    async def withdraw(id: str, asking: Asking) -> dict[str, Any]:
        """Give it back: the party to whose good it is, or an operator."""
        asking.require("compliance:write")
        return _adjustment((await corrections.grants.withdraw(id, asking)).state)

    @routes.get("/adjustments", tags=["adjustments"])
    async def list_adjustments(
        request: Request, asking: Asking, agreement: str | None = None, cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:  # fmt: skip
        """What was granted to either party, also what was withdrawn."""
        asking.require("compliance:read")
        found = await corrections.grants.page(asking, agreement, paging.read_text_cursor(cursor), limit + 1)
        return paging.page(request, [_adjustment(each) for each in found], limit, key=lambda item: item["id"])

    @routes.get("/adjustments/{id}", tags=["adjustments"])
    async def get_adjustment(id: str, asking: Asking) -> dict[str, Any]:
        asking.require("compliance:read")
        return _adjustment((await corrections.grants.visible(id, asking)).state)


def _adjustment(adjustment: Adjustment) -> dict[str, Any]:
    granted = adjustment.granted
    told = {name: value for name, value in asdict(granted.asked).items() if value not in (None, "", 0, ())}
    return {
        "id": granted.id,
        **{name: rfc3339(value) if isinstance(value, datetime) else value for name, value in told.items()},
        "granted_by": granted.by,
        "granted_at": rfc3339(granted.at),
        "withdrawn_by": adjustment.withdrawn_by,
        "applied": adjustment.applied,
    }


def _shown(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in ("_id", "parties")}
