"""Requests about improvement plans, and what was missed, become commands here."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import plans as domain
from sepakat_agreements.people import People
from sepakat_agreements.standing import Event, Miss, Plan, Right, Standing
from sepakat_agreements.standing_store import Standings
from sepakat_agreements.store import Agreements
from sepakat_shared import web
from sepakat_shared.aggregate import Loaded
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Forbidden
from sepakat_shared.web import Asking, RequestedInstant, Versioned, VersionedRequest

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Contact = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Words = Annotated[str, Field(min_length=1, max_length=4_000)]
Decide = Callable[[Standing, str, datetime], Sequence[Event]]


class MeasureIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=500)]
    due_at: RequestedInstant


class DraftIn(BaseModel):
    """Who is answerable, and what is done by when."""

    model_config = ConfigDict(extra="forbid")

    owner: Contact = Field(description="a contact of the party that owes the plan")
    measures: list[MeasureIn] = Field(max_length=domain.MOST)


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words


class ProgressIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Words
    done: list[str] = Field([], max_length=domain.MOST, description="ids of measures that are done by now")


class CloseIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    result: Literal["effective", "ineffective"]
    conclusion: Words


def router(standings: Standings, agreements: Agreements, people: People, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["remedies"])
    _reading_routes(routes, standings, agreements, clock)
    _acting_routes(routes, standings, agreements, people)
    return routes


def _reading_routes(routes: APIRouter, standings: Standings, agreements: Agreements, clock: Clock) -> None:
    @routes.get("/agreements/{id}/standing")
    async def get_standing(id: Id, asking: Asking) -> dict[str, Any]:
        """What was missed that the text says something of, the plans that it demands, and the rights it gives."""
        asking.require("agreements:read")
        await agreements.visible(id, asking)
        found = await standings.of(id)
        return standing_view(id, found, clock.now())

    @routes.get("/improvement-plans")
    async def list_plans(asking: Asking, agreement: str | None = None) -> dict[str, Any]:
        """Those of the key's party, by agreement."""
        asking.require("agreements:read")
        return {"items": [plan_view(*each) for each in await standings.page(asking, agreement)]}

    @routes.get("/improvement-plans/{id}")
    async def get_plan(id: str, asking: Asking) -> JSONResponse:
        """One plan: why it is owed, what is done by when, and how it goes. Its ETag is needed to agree to it."""
        asking.require("agreements:read")
        return _shown(*await standings.visible(id, asking))

    @routes.get("/improvement-plans/{id}/history")
    async def get_history(id: str, asking: Asking) -> dict[str, Any]:
        """Everything that happened to it, in order."""
        asking.require("agreements:read")
        await standings.visible(id, asking)
        return {"items": await standings.history(id)}


def _acting_routes(routes: APIRouter, standings: Standings, agreements: Agreements, people: People) -> None:
    async def contacts_of(id: str, asking: Principal) -> list[str]:
        """The ids of the people of the plan's party."""
        loaded, plan = await standings.visible(id, asking)
        agreement = (await agreements.all.get(loaded.state.about.agreement)).state
        return [each.partition("/")[2] for each in (await people.of(agreement)).of(plan.party)]

    async def act(id: str, asking: Principal, decide: Decide, read: VersionedRequest | None = None) -> JSONResponse:
        """With `read`, that request says in If-Match what was read. Raises PreconditionRequired, Stale."""
        asking.require("agreements:write")
        await standings.visible(id, asking)
        if asking.party is None:
            raise Forbidden("this is a party's to say; use a key that acts for one")
        party, expected = asking.party, None if read is None else web.expected_version(read)
        return _shown(*await standings.change(id, lambda each, now: decide(each, party, now), asking.id, expected))

    @routes.post("/improvement-plans/{id}/draft")
    async def post_draft(id: str, given: DraftIn, asking: Asking) -> JSONResponse:
        """Put the plan before the other party, with the key of the party that owes it."""
        measures = [(each.text, each.due_at) for each in given.measures]
        known = await contacts_of(id, asking)
        return await act(
            id, asking,
            lambda each, party, now: domain.draft(each, id, party, given.owner, measures, asking.id, now, known),
        )  # fmt: skip

    @routes.post("/improvement-plans/{id}/agree")
    async def post_agreement(id: str, request: Versioned, asking: Asking) -> JSONResponse:
        """Agree to the draft, with the other party's key and If-Match: to the one that was read, and to no other."""
        return await act(
            id, asking, lambda each, party, now: domain.answer(each, id, party, True, None, asking.id, now), request
        )

    @routes.post("/improvement-plans/{id}/return")
    async def post_return(id: str, given: ReasonIn, asking: Asking) -> JSONResponse:
        """Return the draft with a reason, with the other party's key: another one is awaited."""
        return await act(
            id, asking, lambda each, party, now: domain.answer(each, id, party, False, given.reason, asking.id, now)
        )

    @routes.post("/improvement-plans/{id}/progress")
    async def post_progress(id: str, given: ProgressIn, asking: Asking) -> JSONResponse:
        """Tell how it goes, and what is done, with the key of the party that owes it."""
        return await act(
            id, asking,
            lambda each, party, now: domain.progress(each, id, party, given.note, given.done, asking.id, now),
        )  # fmt: skip

    @routes.post("/improvement-plans/{id}/close")
    async def post_conclusion(id: str, given: CloseIn, asking: Asking) -> JSONResponse:
        """Say whether it has helped, with the other party's key."""
        effective = given.result == "effective"
        return await act(
            id, asking,
            lambda each, party, now: domain.close(each, id, party, effective, given.conclusion, asking.id, now),
        )  # fmt: skip


def _shown(loaded: Loaded[Standing], plan: Plan) -> JSONResponse:
    # Plans and misses of an agreement change together, so the version is that of all of them.
    return JSONResponse(plan_view(loaded.state, plan), headers={"ETag": web.etag(loaded.version)})


def standing_view(agreement: str, standing: Standing | None, now: datetime) -> dict[str, Any]:
    found = standing
    return {
        "agreement": agreement,
        "misses": [_miss_view(each) for each in found.misses] if found else [],
        "plans": [plan_view(found, each) for each in found.plans] if found else [],
        "rights": [_right_view(each, now) for each in found.rights] if found else [],
    }


def _miss_view(miss: Miss) -> dict[str, Any]:
    return {"id": miss.id, "kind": miss.kind, "subject": miss.subject, "party": miss.party, "at": rfc3339(miss.at)}


def _right_view(right: Right, now: datetime) -> dict[str, Any]:
    """`notice_seconds` is how long before the last day's end notice of it is to be given."""
    return {
        "id": right.id,
        "party": right.party,
        "misses": list(right.misses),
        "since": rfc3339(right.since),
        "until": None if right.until is None else rfc3339(right.until),
        "notice_seconds": right.notice_seconds,
        "stands": right.stands(now),
    }


def plan_view(standing: Standing, plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "agreement": standing.about.agreement,
        "party": plan.party,
        "status": plan.status.value,
        "misses": list(plan.misses),
        "demanded_at": rfc3339(plan.demanded_at),
        "draft_by": rfc3339(plan.draft_by),
        "owner": plan.owner,
        "measures": [
            {
                "id": each.id, "text": each.text, "due_at": rfc3339(each.due_at), "done_at": _instant(each.done_at),
                "overdue_at": _instant(each.overdue_at),
            }
            for each in plan.measures
        ],
        "progress": [{"note": each.note, "by": each.by, "at": rfc3339(each.at)} for each in plan.progress],
        "overdue_at": _instant(plan.overdue_at),
        "returned_because": plan.returned_because,
        "conclusion": plan.conclusion,
        "closed_at": _instant(plan.closed_at),
    }  # fmt: skip


def _instant(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
