"""Requests about obligations become commands here."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from sepakat_agreements import occurrence as domain
from sepakat_agreements.evidence import MOST
from sepakat_agreements.obligation_store import Obligations
from sepakat_agreements.occurrence import Event, Occurrence, Status
from sepakat_agreements.store import Agreements
from sepakat_shared import paging, web
from sepakat_shared.aggregate import Loaded
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Forbidden
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.references import Reference
from sepakat_shared.web import Asking, Versioned, VersionedRequest

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Words = Annotated[str, Field(min_length=1, max_length=4_000)]
Decide = Callable[[Occurrence, str, datetime], Sequence[Event]]


class EvidenceIn(BaseModel):
    """Something that lies elsewhere: its bytes are not sent here."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="a file's name, without a path")
    media_type: str = Field(description="such as `application/pdf`; nothing that runs")
    size: StrictInt = Field(description="in bytes")
    sha256: str = Field(description="64 hexadecimal digits")
    url: str = Field(description="an https address")

    def evidence(self) -> Reference:
        return Reference(self.name, self.media_type, self.size, self.sha256, self.url)


class FulfilIn(BaseModel):
    """That it is met, and what shows it."""

    model_config = ConfigDict(extra="forbid")

    evidence: list[EvidenceIn] = Field(default=[], max_length=MOST)
    note: Words | None = None


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words


class RequestIn(BaseModel):
    """The other party asks for what is due on request."""

    model_config = ConfigDict(extra="forbid")

    about: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="what it is about: an incident's id, say"
    )
    note: Words | None = None


def router(obligations: Obligations, agreements: Agreements, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["obligations"])
    _reading_routes(routes, obligations)
    _requesting_routes(routes, obligations, agreements, posts, clock)
    _acting_routes(routes, obligations)
    return routes


def _reading_routes(routes: APIRouter, obligations: Obligations) -> None:
    @routes.get("/obligations")
    async def list_obligations(
        request: Request, asking: Asking, agreement: str | None = None, obligation: str | None = None,
        about: str | None = None, status: Status | None = None, cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:  # fmt: skip
        """Every time that something is or was owed, between the key's party and others, by id."""
        asking.require("agreements:read")
        given = {"agreement": agreement, "obligation": obligation, "about": about, "status": status and status.value}
        wanted = {name: value for name, value in given.items() if value is not None}
        found = await obligations.page(asking, wanted, paging.read_text_cursor(cursor), limit + 1)
        return paging.page(request, [occurrence_view(each) for each in found], limit, key=lambda each: each["id"])

    @routes.get("/obligations/{id}")
    async def get_obligation(id: str, asking: Asking) -> JSONResponse:
        """One of them: until when it is owed, its evidence, and what the other party says to that.

        Its ETag is needed to accept the evidence.
        """
        asking.require("agreements:read")
        return _shown(await obligations.visible(id, asking))

    @routes.get("/obligations/{id}/history")
    async def get_history(id: str, asking: Asking) -> dict[str, Any]:
        """Everything that happened to it, in order."""
        asking.require("agreements:read")
        await obligations.visible(id, asking)
        return {"items": await obligations.history(id)}


def _requesting_routes(
    routes: APIRouter, obligations: Obligations, agreements: Agreements, posts: IdempotentPosts, clock: Clock
) -> None:
    @routes.post("/agreements/{id}/obligations/{obligation}/requests", status_code=201)
    async def post_request(id: Id, obligation: Id, given: RequestIn, request: Repeatable, asking: Asking) -> Response:
        """Ask the other party for what it owes on request; its time begins now."""
        party = _party(asking)
        agreement = (await agreements.visible(id, asking)).state

        async def do() -> JSONResponse:
            asked = await obligations.request(agreement, obligation, party, given.about, given.note, asking.id)
            return JSONResponse(occurrence_view(asked), 201)

        return await posts.once(request, asking, clock.now(), do)


def _acting_routes(routes: APIRouter, obligations: Obligations) -> None:
    async def act(id: str, asking: Principal, decide: Decide, read: VersionedRequest | None = None) -> JSONResponse:
        """With `read`, that request says in If-Match what was read. Raises PreconditionRequired, Stale."""
        party = _party(asking)
        await obligations.visible(id, asking)
        expected = None if read is None else web.expected_version(read)
        return _shown(await obligations.change(id, lambda each, now: decide(each, party, now), asking.id, expected))

    @routes.post("/obligations/{id}/fulfil")
    async def post_fulfilment(id: str, given: FulfilIn, asking: Asking) -> JSONResponse:
        """Say that it is met, with evidence, with the key of the party that owes it; again with better evidence."""
        evidence = tuple(each.evidence() for each in given.evidence)
        return await act(
            id, asking, lambda each, party, now: domain.fulfil(each, party, evidence, given.note, asking.id, now)
        )

    @routes.post("/obligations/{id}/accept")
    async def post_acceptance(id: str, request: Versioned, asking: Asking) -> JSONResponse:
        """Accept the evidence, with the other party's key and If-Match: that which was read. It is so for good."""
        return await act(
            id, asking, lambda each, party, now: domain.answer(each, party, True, None, asking.id, now), request
        )

    @routes.post("/obligations/{id}/contest")
    async def post_objection(id: str, given: ReasonIn, asking: Asking) -> JSONResponse:
        """Say why the evidence does not show that it was met, with the other party's key."""
        return await act(
            id, asking, lambda each, party, now: domain.answer(each, party, False, given.reason, asking.id, now)
        )

    @routes.post("/obligations/{id}/excuse")
    async def post_excuse(id: str, given: ReasonIn, asking: Asking) -> JSONResponse:
        """Let it be, or forgive that it was late, with the other party's key: it is no miss then."""
        return await act(id, asking, lambda each, party, now: domain.excuse(each, party, given.reason, asking.id, now))


def _party(asking: Principal) -> str:
    """Whom the asker acts for. Raises Forbidden for an operator."""
    asking.require("agreements:write")
    if asking.party is None:
        raise Forbidden("this is a party's to say; use a key that acts for one")
    return asking.party


def _shown(loaded: Loaded[Occurrence]) -> JSONResponse:
    return JSONResponse(occurrence_view(loaded.state), headers={"ETag": web.etag(loaded.version)})


def occurrence_view(occurrence: Occurrence) -> dict[str, Any]:
    """`unmet` is from the due instant until it was met, excused or void; it has no `end` while that lasts."""
    duty, occasion = occurrence.duty, occurrence.occasion
    return {
        "id": occurrence.id,
        "agreement": duty.agreement,
        "version": duty.version,
        "obligation": duty.obligation,
        "text": duty.text,
        "party": duty.party,
        "owner": duty.owner,
        "owed_to": duty.other,
        "occasion": {"kind": occasion.kind, "about": occasion.about, "note": occasion.note, "by": occasion.by},
        "status": occurrence.status.value,
        "begins_at": rfc3339(occurrence.begins_at),
        "due_at": rfc3339(occurrence.due_at),
        "remind_at": _instant(occurrence.remind_at),
        "met_at": _instant(occurrence.met_at),
        "evidence": [
            {"name": each.name, "media_type": each.media_type, "size": each.size, "sha256": each.sha256,
             "url": each.url}
            for each in occurrence.evidence
        ],
        "note": occurrence.note,
        "accepted_at": _instant(occurrence.accepted_at),
        "contested_because": occurrence.contested,
        "excused_at": _instant(occurrence.closed_at) if occurrence.status is Status.EXCUSED else None,
        "reason": occurrence.reason,
        "pauses": list(duty.pauses),
        "unmet": _unmet(occurrence),
    }  # fmt: skip


def _unmet(occurrence: Occurrence) -> dict[str, Any] | None:
    if occurrence.status is Status.OVERDUE:
        return {"start": rfc3339(occurrence.due_at)}
    span = occurrence.unmet
    return None if span is None else {"start": rfc3339(span[0]), "end": rfc3339(span[1])}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
