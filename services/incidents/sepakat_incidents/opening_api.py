"""A party opens an incident over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_incidents.opening import LONGEST_DESCRIPTION, LONGEST_TITLE, Opening
from sepakat_incidents.openings import Openings
from sepakat_incidents.showing import shown
from sepakat_incidents.store import Incidents
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.matrix import Degree
from sepakat_shared.idempotency import IdempotentPosts, Repeatable, name_of
from sepakat_shared.web import Asking, Named, RequestedInstant
from sepakat_shared.words import Said


class OpeningIn(BaseModel):
    """Something that is wrong with a service of an agreement, as one of its parties sees it."""

    model_config = ConfigDict(extra="forbid")

    agreement: Named
    service: Named
    title: Annotated[str, Said(LONGEST_TITLE, lines=False)] = Field(description="one line of 200 characters at most")
    description: Annotated[str, Said(LONGEST_DESCRIPTION, needed=False)] = Field(
        "", description="what is known so far, in 4,000 characters at most; both parties read it"
    )
    impact: Degree = Field(description="how much is hit")
    urgency: Degree = Field(description="how soon it hurts; the priority follows from both")
    impact_started_at: RequestedInstant | None = Field(
        None, description="since when, 7 days ago at most; now if missing. Of what joins another incident it is a note"
    )
    cause: Named | None = Field(
        None, description="an id that tells problems of one service apart, as the label sepakat_cause of alerts does"
    )


def router(openings: Openings, incidents: Incidents, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])

    @routes.post("", status_code=201, responses={200: {"description": "It joined the incident that is open"}})
    async def post_incident(given: OpeningIn, request: Repeatable, asking: Asking) -> Response:
        """Open an incident, or join the one that is open for the same service and cause: `became` says which.

        Either party of the agreement may. It is over when somebody resolves it: nothing that is measured ends it.
        """
        asking.require("incidents:write")

        async def do() -> JSONResponse:
            asked = Opening(**given.model_dump())
            became = await openings.open(asked, asking, await name_of(request, asking))
            incident = became.incident
            body = {"became": became.how, **shown(incident, clock.now(), await incidents.tally(incident))}
            location = {"Location": f"/v1/incidents/{incident.id}"}
            return JSONResponse(body, 201 if became.how == "opened" else 200, location)

        return await posts.once(request, asking, clock.now(), do, repeatable=True)

    return routes
