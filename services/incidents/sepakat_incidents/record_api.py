"""The record of an incident over HTTP: opening it again, and when its impact really was."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from sepakat_incidents import reopening
from sepakat_incidents.answer_api import TextOf
from sepakat_incidents.commands import Commands
from sepakat_incidents.store import Incidents
from sepakat_incidents.wordings import Wordings
from sepakat_shared.clock import Clock
from sepakat_shared.errors import FieldProblem, Invalid
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, RequestedInstant
from sepakat_shared.words import Words


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words


class ReopenIn(_In):
    """Why it is not over."""


class ImpactIn(_In):
    """When the impact was, and how that is known; a time that is missing stays as it is."""

    started_at: RequestedInstant | None = None
    ended_at: RequestedInstant | None = None


def router(
    incidents: Incidents, wordings: Wordings, text_of: TextOf, posts: IdempotentPosts, clock: Clock
) -> APIRouter:
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])
    commands = Commands(incidents, clock)

    @routes.post("/{id}/reopen")
    async def post_reopen(id: str, given: ReopenIn, request: Repeatable, asking: Asking) -> Response:
        """It is not over. Either party may say so, within the time that the agreement gives after its resolution."""
        incident = await commands.may_write(id, asking)
        within = reopening.time_to_reopen(await text_of(incident.about.agreement, incident.version))
        rosters = await incidents.rosters(incident.ladder)
        ended_at = await wordings.ended_at(incident.about.agreement)

        async def do() -> JSONResponse:
            return await commands.run(
                id, asking,
                lambda line, now: reopening.reopen(
                    line, id, asking.id, asking.party, given.reason, within, now, rosters, ended_at
                ),
            )  # fmt: skip

        return await posts.once(request, asking, clock.now(), do)

    @routes.post("/{id}/impact")
    async def post_impact(id: str, given: ImpactIn, asking: Asking) -> Response:
        """Correct when the impact began or ended. The responsible party may, and the other one is told."""
        if given.started_at is None and given.ended_at is None:
            rule = "name at least one of started_at and ended_at"
            raise Invalid(f"/: {rule}", [FieldProblem("", rule)])
        return await commands.run(
            id, asking,
            lambda line, now: reopening.correct_impact(
                line, id, given.started_at, given.ended_at, asking.id, asking.party, given.reason, now
            ),
            past=True,
        )  # fmt: skip

    return routes
