"""Merging incidents and linking them, over HTTP."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_incidents import merging
from sepakat_incidents.commands import Commands
from sepakat_incidents.episodes import Episodes
from sepakat_incidents.incident import Incident, LinkKind
from sepakat_incidents.relations import Relations
from sepakat_incidents.showing import shown
from sepakat_incidents.store import Incidents, line_of
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Conflict, FieldProblem, Invalid, NotFound
from sepakat_shared.web import Asking, Named
from sepakat_shared.words import Words


class MergeIn(BaseModel):
    """What it is a duplicate of."""

    model_config = ConfigDict(extra="forbid")

    into: Named = Field(min_length=1)
    reason: Words | None = None


class LinkIn(BaseModel):
    """How it stands to another incident."""

    model_config = ConfigDict(extra="forbid")

    kind: LinkKind
    to: Named = Field(min_length=1)


def router(incidents: Incidents, episodes: Episodes, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])
    commands, relations = Commands(incidents, clock), Relations(incidents)

    async def other(pointer: str, id: str, asking: Principal) -> Incident:
        try:
            return (await incidents.visible(id, asking))[0]
        except NotFound as error:
            raise Invalid(f"{pointer}: {error.detail}", [FieldProblem(pointer, error.detail)]) from error

    async def answer(id: str, asking: Principal, status: int = 200) -> JSONResponse:
        incident, _ = await incidents.visible(id, asking)
        body = shown(incident, clock.now(), await incidents.tally(incident))
        return JSONResponse(body | {"links": await relations.shown(incident)}, status)

    @routes.post("/{id}/merge")
    async def post_merge(id: str, given: MergeIn, asking: Asking) -> Response:
        """Say that it is a duplicate: what it is about goes on as part of the other one, which opened before it."""
        await commands.may_write(id, asking, past=True)
        into = await other("/into", given.into, asking)
        await commands.run(
            id, asking, lambda line, now: merging.merge(line, id, into, asking.id, given.reason, now), past=True
        )
        # The same follows from the fact that was published; this way whoever asked sees it at once.
        await episodes.absorb(id, asking.id)
        return await answer(id, asking)

    @routes.post("/{id}/links", status_code=201)
    async def post_link(id: str, given: LinkIn, asking: Asking) -> Response:
        """Say how it stands to another one, be either of both over or not. Both show it."""
        incident = await commands.may_write(id, asking, past=True)
        to = await other("/to", given.to, asking)

        async def refuse_a_circle() -> None:
            if await relations.would_lead_back(id, given.kind, to.id):
                raise Conflict(f"{incident.number} would be its own: {to.number} is linked to it the other way round")

        if to.id != id:
            await refuse_a_circle()
        await commands.run(
            id, asking, lambda line, now: merging.link(line, id, given.kind, to, asking.id, now), 201, past=True
        )
        try:
            # Another link may have been made at the same time: of two that make a circle, none may stay.
            await refuse_a_circle()
        except Conflict:
            await incidents.execute(
                line_of(id),
                lambda line, now: [] if line is None else merging.unlink(line, id, given.kind, to.id, "sepakat", now),
                by="sepakat",
            )
            raise
        return await answer(id, asking, 201)

    @routes.delete("/{id}/links/{kind}/{to}")
    async def delete_link(id: str, kind: LinkKind, to: str, asking: Asking) -> Response:
        """Take a link back; one that is not there changes nothing."""
        await commands.run(
            id, asking, lambda line, now: merging.unlink(line, id, kind, to, asking.id, now), past=True
        )  # fmt: skip
        return await answer(id, asking)

    return routes
