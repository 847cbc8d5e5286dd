"""Registered indicators and the status of every objective."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from sepakat_metrics.parking import Parking
from sepakat_metrics.registry import Registry
from sepakat_metrics.showing import Figures
from sepakat_shared import web
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Invalid
from sepakat_shared.web import Asking

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


def router(registry: Registry, figures: Figures, parking: Parking) -> APIRouter:
    routes = APIRouter(prefix="/v1")

    @routes.put("/indicators/{party}/{name}", tags=["indicators"])
    async def put_indicator(party: Id, name: Id, request: Request, asking: Asking) -> Response:
        """Register an indicator (YAML or JSON), or change it with If-Match. Events that waited for it are counted."""
        asking.require("agreements:write")
        asking.require_party(party)
        documents = texts.parse_documents((await request.body()).decode("utf-8", "replace"))
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

    @routes.get("/status", tags=["status"])
    async def get_status(
        request: Request, asking: Asking, agreement: str | None = None, cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:  # fmt: skip
        """How every objective of the key's party stands: attainment against target, budget left, state."""
        asking.require("compliance:read")
        found = await figures.page(asking, agreement, web.read_cursor(cursor), limit + 1)
        items = [_shown(document) for document in found]
        return web.page(request, items, limit, key=lambda item: f"{item['agreement']}/{item['objective']}")

    return routes


def _shown(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in ("_id", "parties")}
