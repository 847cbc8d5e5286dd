"""Sorting an incident over HTTP: impact, urgency and owner."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from sepakat_incidents import triage
from sepakat_incidents.answer_api import TextOf
from sepakat_incidents.commands import Commands
from sepakat_incidents.contacts import Contacts
from sepakat_incidents.handling import Handling, handling
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.rotations import named_in
from sepakat_incidents.store import Incidents
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.matrix import Degree, priority_of
from sepakat_shared.errors import Conflict, FieldProblem, Invalid
from sepakat_shared.web import Asking
from sepakat_shared.words import Words


class TriageIn(BaseModel):
    """How much is hit, how soon it hurts, and who sees to it; a field that is missing stays as it is.

    An `owner` of null takes the owner away.
    """

    model_config = ConfigDict(extra="forbid")

    impact: Degree | None = None
    urgency: Degree | None = None
    owner: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="of the responsible party")
    reason: Words | None = None


def router(
    incidents: Incidents, contacts: Contacts, rotations: Rotations, text_of: TextOf, clock: Clock
) -> APIRouter:  # fmt: skip
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])
    commands = Commands(incidents, clock)

    @routes.post("/{id}/triage")
    async def post_triage(id: str, given: TriageIn, asking: Asking) -> Response:
        """Sort it: the priority follows from impact and urgency by the agreement's matrix.

        The responsible party names the owner, and can make it more urgent alone.
        """
        named = given.model_fields_set - {"reason"}
        if not named:
            rule = "name at least one of impact, urgency and owner"
            raise Invalid(f"/: {rule}", [FieldProblem("", rule)])
        incident = await commands.may_write(id, asking)
        if given.owner is not None:
            await contacts.check("/owner", incident.responsible, given.owner)
        about, version = incident.about, incident.version
        text = await text_of(about.agreement, version)
        if text is None:
            raise Conflict("the agreement's text has not come yet; try again soon")
        rosters = await rotations.named(named_in(text))

        def handling_of(impact: Degree, urgency: Degree) -> Handling:
            return handling(text, version, about.service, priority_of(text, impact, urgency))

        released = "owner" in named and given.owner is None
        sorting = triage.Sorting(given.impact, given.urgency, given.owner, released, given.reason)
        return await commands.run(
            id, asking,
            lambda line, now: triage.triage(line, id, sorting, handling_of, asking.id, asking.party, now, rosters),
        )  # fmt: skip

    return routes
