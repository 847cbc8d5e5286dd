"""Requests about the negotiation of a text become commands here."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import negotiation
from sepakat_agreements.agreement import Agreement, Event, Version
from sepakat_agreements.clauses import Change, clauses
from sepakat_agreements.difference import Difference, differences, in_words
from sepakat_agreements.proposal import Proposal
from sepakat_agreements.store import Agreements
from sepakat_shared import web
from sepakat_shared.aggregate import Loaded
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, RequestedInstant

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Words = Annotated[str, Field(min_length=1, max_length=4_000)]
_TIME_TO_ANSWER: Final = timedelta(days=14)


class Operation(BaseModel):
    """One operation of a JSON Patch (RFC 6902), its pointers within the clause.

    There is no `copy`: a few of them double a clause until no memory holds it. `add` says the content again.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    op: Literal["add", "remove", "replace", "move", "test"]
    path: str
    from_: str | None = Field(None, alias="from")
    value: Any = None


class ChangeIn(BaseModel):
    """What becomes of one clause: exactly one of `merge` (RFC 7396; null removes it) and `patch` (RFC 6902)."""

    model_config = ConfigDict(extra="forbid")

    clause: str = Field(description="`section/id` (`objectives/availability-month`), or a section that is one clause")
    merge: dict[str, Any] | str | list[Any] | None = None
    patch: list[Operation] | None = Field(None, min_length=1, max_length=200)

    def change(self, at: str) -> Change:
        given = self.model_fields_set & {"merge", "patch"}
        if len(given) != 1 or ("patch" in given and self.patch is None):
            raise Invalid.at(at, "names exactly one of `merge` and `patch`")
        if self.patch is None:
            return Change(self.clause, "merge", json.dumps(self.merge, ensure_ascii=False))
        operations = [each.model_dump(by_alias=True, exclude_unset=True) for each in self.patch]
        return Change(self.clause, "patch", json.dumps(operations, ensure_ascii=False))


class ProposalIn(BaseModel):
    """Changes of clauses, proposed to the other party."""

    model_config = ConfigDict(extra="forbid")

    changes: list[ChangeIn] = Field(min_length=1, max_length=200)
    reason: Words | None = None
    answer_by: RequestedInstant | None = Field(None, description="14 days from now, where nothing is said")
    counters: int | None = Field(None, ge=1, description="the other party's proposal that this one is instead of")


class AcceptIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hash: str = Field(description="of the text that follows: `following.hash` of the proposal as it was read")


class ReasonIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words | None = None


class CommentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Words


def router(agreements: Agreements, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["negotiation"])
    _reading_routes(routes, agreements)
    _proposing_route(routes, agreements, posts, clock)
    _answering_routes(routes, agreements)
    return routes


def _reading_routes(routes: APIRouter, agreements: Agreements) -> None:
    @routes.get("/agreements/{id}/clauses")
    async def get_clauses(id: Id, asking: Asking) -> dict[str, Any]:
        """The clauses of the text that is negotiated, or else in force, by their addresses."""
        asking.require("agreements:read")
        agreement = (await agreements.visible(id, asking)).state
        version: Version = agreement.open or agreement
        items = [{"clause": clause, "content": content} for clause, content in clauses(version.text).items()]
        return {"version": version.version, "hash": version.hash, "items": items}

    @routes.get("/agreements/{id}/negotiation")
    async def get_negotiation(id: Id, asking: Asking, version: int | None = None) -> Response:
        """Every proposal about a version, else about the one that is negotiated: who moved what and when."""
        asking.require("agreements:read")
        loaded = await agreements.visible(id, asking)
        return _shown(loaded, _version(loaded.state, version))

    @routes.get("/agreements/{id}/proposals/{number}")
    async def get_proposal(id: Id, number: int, asking: Asking, version: int | None = None) -> dict[str, Any]:
        """One proposal, with the text that accepting it would make of the present one."""
        asking.require("agreements:read")
        about = _version((await agreements.visible(id, asking)).state, version)
        found = next((each for each in about.proposals if each.number == number), None)
        if found is None:
            raise NotFound(f"there is no proposal {number} about version {about.version} of {id}")
        return {**proposal_view(found), "following": _following(about, found)}


def _proposing_route(routes: APIRouter, agreements: Agreements, posts: IdempotentPosts, clock: Clock) -> None:
    @routes.post("/agreements/{id}/proposals", status_code=201)
    async def post_proposal(id: Id, given: ProposalIn, request: Repeatable, asking: Asking) -> Response:
        """Propose changes of clauses to the other party, or counter its proposal by another one."""
        party = await _party(agreements, id, asking)
        changes = [each.change(f"/changes/{i}") for i, each in enumerate(given.changes)]

        def decide(agreement: Agreement, now: datetime) -> Sequence[Event]:
            deadline = given.answer_by or now + _TIME_TO_ANSWER
            return negotiation.propose(
                agreement, party, changes, given.reason, deadline, asking.id, now, given.counters
            )

        async def do() -> JSONResponse:
            loaded = await agreements.change(id, decide, asking.id)
            return _shown(loaded, loaded.state.open or loaded.state, 201)

        return await posts.once(request, asking, clock.now(), do)


def _answering_routes(routes: APIRouter, agreements: Agreements) -> None:
    @routes.post("/agreements/{id}/proposals/{number}/accept")
    async def post_acceptance(id: Id, number: int, given: AcceptIn, asking: Asking) -> Response:
        """Let the other party's proposal become part of the text: that voids every signature given so far."""
        party = await _party(agreements, id, asking)
        return await _change(
            agreements, id, asking,
            lambda known, now: negotiation.accept(known, party, number, given.hash, asking.id, now),
        )  # fmt: skip

    @routes.post("/agreements/{id}/proposals/{number}/reject")
    async def post_rejection(id: Id, number: int, given: ReasonIn, asking: Asking) -> Response:
        """Say no to the other party's proposal."""
        party = await _party(agreements, id, asking)
        return await _change(
            agreements, id, asking,
            lambda known, now: negotiation.reject(known, party, number, given.reason, asking.id, now),
        )  # fmt: skip

    @routes.post("/agreements/{id}/proposals/{number}/withdraw")
    async def post_withdrawal(id: Id, number: int, given: ReasonIn, asking: Asking) -> Response:
        """Take back one's own proposal."""
        party = await _party(agreements, id, asking)
        return await _change(
            agreements, id, asking,
            lambda known, now: negotiation.withdraw(known, party, number, given.reason, asking.id, now),
        )  # fmt: skip

    @routes.post("/agreements/{id}/proposals/{number}/comments", status_code=201)
    async def post_comment(id: Id, number: int, given: CommentIn, asking: Asking) -> Response:
        """Say something about a proposal of either party."""
        party = await _party(agreements, id, asking)
        return await _change(
            agreements, id, asking,
            lambda known, now: negotiation.comment(known, party, number, given.text, asking.id, now), 201,
        )  # fmt: skip


def _version(agreement: Agreement, number: int | None) -> Version:
    """The version of that number; else the one that is negotiated, or the one in force. Raises NotFound."""
    if number is None:
        return agreement.open or agreement.current
    found = agreement.get(number)
    if found is None:
        raise NotFound(f"{agreement.id} has no version {number}; its last one is {agreement.last.version}")
    return found


async def _change(agreements: Agreements, id: str, asking: Principal, decide: Any, status: int = 200) -> JSONResponse:
    loaded = await agreements.change(id, decide, asking.id)
    return _shown(loaded, loaded.state.open or loaded.state, status)


async def _party(agreements: Agreements, id: str, asking: Principal) -> str:
    """Whom the asker acts for. Raises NotFound for others' agreements, Forbidden for an operator."""
    asking.require("agreements:write")
    await agreements.visible(id, asking)
    if asking.party is None:
        raise Forbidden("this is a party's to say; use a key that acts for one")
    return asking.party


# -- showing -----------------------------------------------------------------------------------------------------------


def _shown(loaded: Loaded[Agreement], version: Version, status: int = 200) -> JSONResponse:
    body = {
        "agreement": loaded.id,
        "version": version.version,
        "status": version.status.value,
        "hash": version.hash,
        "signed_by": [each.party for each in version.signatures],
        "proposals": [proposal_view(each) for each in version.proposals],
    }
    return JSONResponse(body, status, {"ETag": web.etag(loaded.version)})


def proposal_view(proposal: Proposal) -> dict[str, Any]:
    closed = proposal.closed_at and {
        "outcome": proposal.outcome, "party": proposal.closed_party, "by": proposal.closed_by,
        "reason": proposal.closing_words, "at": rfc3339(proposal.closed_at),
    }  # fmt: skip
    return {
        "number": proposal.number,
        "party": proposal.party,
        "by": proposal.by,
        "at": rfc3339(proposal.at),
        "reason": proposal.reason,
        "counters": proposal.counters,
        "answer_by": rfc3339(proposal.deadline),
        "base": proposal.base,
        "changes": [{"clause": each.clause, each.how: each.body} for each in proposal.changes],
        "differences": [difference_view(each) for each in proposal.differences],
        "comments": [
            {"party": each.party, "by": each.by, "at": rfc3339(each.at), "text": each.text}
            for each in proposal.comments
        ],
        "closed": closed or None,
    }  # fmt: skip


def difference_view(difference: Difference) -> dict[str, Any]:
    return {
        "clause": difference.clause, "pointer": difference.pointer, "kind": difference.kind,
        "before": difference.before, "after": difference.after, "words": difference.words,
        "words_id": in_words(difference, "id"),
    }  # fmt: skip


def _following(version: Version, proposal: Proposal) -> dict[str, Any] | None:
    """What accepting would make of the text as it stands; None for a proposal that can't be accepted any more."""
    if not proposal.is_open:
        return None
    try:
        text = negotiation.following(version, proposal)
    except Conflict as conflict:
        return {"hash": None, "hindered_by": conflict.detail, "differences": []}
    found = differences(version.text, texts.as_text(text))
    return {
        "hash": texts.text_hash(text), "hindered_by": None, "differences": [difference_view(each) for each in found],
    }  # fmt: skip
