"""The ladder by hand, over HTTP: the next level now, somebody else, nobody for a while, or back to its foot."""

from datetime import timedelta

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_incidents import answers, snoozing
from sepakat_incidents.commands import Commands, party_of
from sepakat_incidents.contacts import Contacts
from sepakat_incidents.incident import Incident
from sepakat_incidents.store import Incidents
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Invalid
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking
from sepakat_shared.words import Words


class EscalateIn(BaseModel):
    """Why the next level is told now."""

    model_config = ConfigDict(extra="forbid")

    note: Words | None = None


class SnoozeIn(BaseModel):
    """For how long, from now on: an ISO 8601 duration."""

    model_config = ConfigDict(extra="forbid")

    time: timedelta = Field(gt=timedelta(0), le=timedelta(days=366))


class HandOverIn(EscalateIn):
    """Who goes on with it."""

    to: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="a contact of the responsible party, or one of its rotations"
    )


def router(incidents: Incidents, contacts: Contacts, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])
    commands = Commands(incidents, clock)

    @routes.post("/{id}/escalate")
    async def post_escalate(id: str, given: EscalateIn, request: Repeatable, asking: Asking) -> Response:
        """Tell the next level now. Either party may; whoever had it in hand has it no longer."""
        incident = await commands.may_write(id, asking)
        rosters = await incidents.rosters(incident.ladder)

        async def do() -> JSONResponse:
            return await commands.run(
                id, asking, lambda line, now: answers.escalate(line, id, asking.id, given.note, now, rosters)
            )

        return await posts.once(request, asking, clock.now(), do)

    @routes.post("/{id}/hand-over")
    async def post_hand_over(id: str, given: HandOverIn, request: Repeatable, asking: Asking) -> Response:
        """Ask somebody else of the responsible party to go on with it; if they don't in time, the ladder does."""
        incident = await commands.may_write(id, asking)
        rosters = await incidents.rosters(incident.ladder)

        async def do() -> JSONResponse:
            answers.must_be_responsible(incident, asking.party, "hand it over")
            await _check_heir(contacts, incident, given.to)
            return await commands.run(
                id, asking,
                lambda line, now: answers.hand_over(
                    line, id, given.to, asking.id, asking.party, given.note, now, rosters
                ),
            )  # fmt: skip

        return await posts.once(request, asking, clock.now(), do)

    @routes.post("/{id}/snooze")
    async def post_snooze(id: str, given: SnoozeIn, request: Repeatable, asking: Asking) -> Response:
        """Call nobody for a while, as long as the agreement allows; then those who were asked are asked again."""

        async def do() -> JSONResponse:
            return await commands.run(
                id, asking,
                lambda line, now: snoozing.snooze(line, id, asking.id, asking.party, now + given.time, now),
            )  # fmt: skip

        return await posts.once(request, asking, clock.now(), do)

    @routes.post("/{id}/join")
    async def post_join(id: str, asking: Asking) -> Response:
        """Say that you work on it too. The escalation goes on."""
        asking.require("incidents:write")
        party = party_of(asking, "joining")
        return await commands.run(id, asking, lambda line, now: answers.join(line, id, asking.id, party, now))

    @routes.post("/{id}/unacknowledge")
    async def post_release(id: str, asking: Asking) -> Response:
        """Give it back: the ladder begins again at its foot."""
        incident = await commands.may_write(id, asking)
        rosters = await incidents.rosters(incident.ladder)
        return await commands.run(
            id, asking, lambda line, now: answers.release(line, id, asking.id, asking.party, now, rosters)
        )

    return routes


async def _check_heir(contacts: Contacts, incident: Incident, to: str) -> None:
    """Raise Invalid unless `to` is a contact of the responsible party today, or one of its rotations."""
    rotation = incident.ladder.rotations.get(to)
    if rotation is None:
        await contacts.check("/to", incident.responsible, to)
    elif rotation.partition("/")[0] != incident.responsible:
        raise Invalid.at("/to", f"{to!r} is a rotation of another party than {incident.responsible}")
