"""Requests about versions and amendments become commands here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import amending
from sepakat_agreements.agreement import Agreement, Event, Version
from sepakat_agreements.clauses import Change
from sepakat_agreements.difference import differences
from sepakat_agreements.negotiation_api import ChangeIn, difference_view
from sepakat_agreements.store import Agreements
from sepakat_agreements.version_view import version_view, whole_view
from sepakat_shared import web
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import reading, texts
from sepakat_shared.errors import FieldProblem, Forbidden, Invalid, NotFound
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class AmendmentIn(BaseModel):
    """The next version: a whole `text`, or `changes` of clauses of the last one that both have signed."""

    model_config = ConfigDict(extra="forbid")

    changes: list[ChangeIn] | None = Field(None, min_length=1, max_length=200)
    text: dict[str, Any] | None = None

    def wanted(self) -> texts.Agreement | list[Change]:
        if (self.changes is None) == (self.text is None):
            rule = "is required, or a whole `text` instead of it; not both"
            raise Invalid.at("/changes", rule)
        if self.changes is not None:
            return [each.change(f"/changes/{i}") for i, each in enumerate(self.changes)]
        return _agreement(self.text)


def router(agreements: Agreements, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["versions"])
    _reading_routes(routes, agreements)

    @routes.post("/agreements/{id}/amendments", status_code=201)
    async def post_amendment(id: Id, given: AmendmentIn, request: Repeatable, asking: Asking) -> Response:
        """Begin the next version. It is negotiated and signed like the first, and takes its place on its own day."""
        asking.require("agreements:write")
        await agreements.visible(id, asking)
        if asking.party is None:
            raise Forbidden("this is a party's to say; use a key that acts for one")
        party, wanted = asking.party, given.wanted()
        if isinstance(wanted, texts.Agreement) and wanted.metadata.id != id:
            rule = f"is {wanted.metadata.id!r}, but the path says {id!r}"
            raise Invalid.at("/text/metadata/id", rule)

        def decide(agreement: Agreement, now: datetime) -> Sequence[Event]:
            return amending.amend(agreement, party, wanted, now)

        async def do() -> JSONResponse:
            loaded = await agreements.change(id, decide, asking.id)
            last = loaded.state.last
            body = {**whole_view(loaded.state, last), **_compared(loaded.state, last.version - 1, last.version)}
            return JSONResponse(body, 201, {"ETag": web.etag(loaded.version)})

        return await posts.once(request, asking, clock.now(), do)

    return routes


def _reading_routes(routes: APIRouter, agreements: Agreements) -> None:
    @routes.get("/agreements/{id}/versions")
    async def list_versions(id: Id, asking: Asking) -> dict[str, Any]:
        """Every version, the first one first: superseded, in force, signed for a later day, being written."""
        asking.require("agreements:read")
        agreement = (await agreements.visible(id, asking)).state
        return {"items": [version_view(agreement, each) for each in agreement.versions]}

    @routes.get("/agreements/{id}/versions/{number}")
    async def get_version(id: Id, number: int, asking: Asking) -> dict[str, Any]:
        """One version with its whole text. Once signed, it is the same for ever."""
        asking.require("agreements:read")
        agreement = (await agreements.visible(id, asking)).state
        version = _found(agreement, number)
        return whole_view(agreement, version)

    @routes.get("/agreements/{id}/diff")
    async def get_difference(
        id: Id, asking: Asking, from_: Annotated[int | None, Query(alias="from", ge=1)] = None,
        to: Annotated[int | None, Query(ge=1)] = None,
    ) -> dict[str, Any]:  # fmt: skip
        """What is different between two versions: the last one and the one before it, where nothing is said."""
        asking.require("agreements:read")
        agreement = (await agreements.visible(id, asking)).state
        until = to or agreement.last.version
        return _compared(agreement, from_ or max(until - 1, 1), until)


def _compared(agreement: Agreement, one: int, other: int) -> dict[str, Any]:
    found = differences(_found(agreement, one).text, _found(agreement, other).text)
    return {"from": one, "to": other, "differences": [difference_view(each) for each in found]}


def _found(agreement: Agreement, number: int) -> Version:
    version = agreement.get(number)
    if version is None:
        raise NotFound(f"{agreement.id} has no version {number}; its last one is {agreement.last.version}")
    return version


def _agreement(text: Any) -> texts.Agreement:
    """Raises Invalid with pointers into what was sent."""
    try:
        document = reading.read_document(text)
    except Invalid as error:
        problems = [FieldProblem(f"/text{each.pointer}", each.rule) for each in error.problems]
        raise Invalid.of(problems) from error
    if not isinstance(document, texts.Agreement):
        raise Invalid("/text/kind: must be Agreement", [FieldProblem("/text/kind", "must be Agreement")])
    return document
