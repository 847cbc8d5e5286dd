"""What people answer to an incident, over HTTP: taking it up, progress, priority, pauses."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from sepakat_incidents import answers, pauses
from sepakat_incidents.commands import Commands, party_of
from sepakat_incidents.escalation import Ladder, Rosters
from sepakat_incidents.handling import WAITING_FOR_CUSTOMER, handling
from sepakat_incidents.store import Incidents
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, RequestedInstant
from sepakat_shared.words import Said, Words

TextOf = Callable[[str, int], Awaitable[texts.Agreement | None]]
"""The text of an agreement's version."""


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UpdateIn(_In):
    """How it goes."""

    note: Words


class PriorityIn(_In):
    """How urgent it is, and why that changed."""

    priority: Literal["P1", "P2", "P3", "P4", "P5"]
    reason: Words


class PauseIn(_In):
    """What is waited for: a reason for which the agreement lets clocks stand still."""

    reason: Annotated[str, Said(200, lines=False)] = WAITING_FOR_CUSTOMER


class PauseRequestIn(PauseIn):
    """A time in the past in which the clocks should have stood still."""

    start: RequestedInstant
    end: RequestedInstant
    note: Words | None = None


class AnswerIn(_In):
    """Whether the party consents."""

    granted: bool


def router(incidents: Incidents, text_of: TextOf, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])
    commands = Commands(incidents, clock)
    _answer_routes(routes, commands, posts, clock)
    _priority_route(routes, commands, text_of, incidents.rosters)
    _pause_routes(routes, commands, posts, clock)
    return routes


def _answer_routes(routes: APIRouter, commands: Commands, posts: IdempotentPosts, clock: Clock) -> None:
    @routes.post("/{id}/acknowledge")
    async def post_acknowledge(id: str, asking: Asking) -> Response:
        """Take it up. The responsible party's acknowledgement stops the escalation; the other's is recorded."""
        asking.require("incidents:write")
        party = party_of(asking, "an acknowledgement")
        return await commands.run(id, asking, lambda line, now: answers.acknowledge(line, id, asking.id, party, now))

    @routes.post("/{id}/updates", status_code=201)
    async def post_update(id: str, given: UpdateIn, request: Repeatable, asking: Asking) -> Response:
        """Tell how it goes. The customer's answer ends the waiting for the customer."""
        asking.require("incidents:write")
        party = party_of(asking, "a progress note")

        async def do() -> JSONResponse:
            return await commands.run(
                id, asking, lambda line, now: answers.update(line, id, asking.id, party, given.note, now), 201
            )

        return await posts.once(request, asking, clock.now(), do)


def _priority_route(
    routes: APIRouter, commands: Commands, text_of: TextOf, rosters_of: Callable[[Ladder], Awaitable[Rosters]]
) -> None:
    @routes.post("/{id}/priority")
    async def post_priority(id: str, given: PriorityIn, asking: Asking) -> Response:
        """Handle it as more, or less, urgent: its limits change, counted from its opening.

        The responsible party can make it more urgent alone.
        """
        incident = await commands.may_write(id, asking)
        text = await text_of(incident.about.agreement, incident.version)
        if text is None:
            raise Conflict("the agreement's text has not come yet; try again soon")
        found = handling(text, incident.version, incident.about.service, given.priority)
        how = answers.known_priority(found, given.priority)
        rosters = await rosters_of(how.ladder)
        return await commands.run(
            id, asking,
            lambda line, now: answers.prioritise(line, id, how, asking.id, asking.party, given.reason, now, rosters),
        )  # fmt: skip


def _pause_routes(routes: APIRouter, commands: Commands, posts: IdempotentPosts, clock: Clock) -> None:
    @routes.post("/{id}/pause")
    async def post_pause(id: str, given: PauseIn, asking: Asking) -> Response:
        """Let the clocks stand still while something is waited for."""
        return await commands.run(
            id, asking, lambda line, now: pauses.pause(line, id, given.reason, asking.id, now)
        )  # fmt: skip

    @routes.post("/{id}/resume")
    async def post_resume(id: str, asking: Asking) -> Response:
        """Go on."""
        return await commands.run(id, asking, lambda line, now: pauses.resume(line, id, asking.id, now))

    @routes.post("/{id}/pause-requests", status_code=201)
    async def post_request(id: str, given: PauseRequestIn, request: Repeatable, asking: Asking) -> Response:
        """Ask the other party to agree that the clocks stood still for a time."""
        asking.require("incidents:write")
        party = party_of(asking, "a request")
        span = given.start, given.end

        async def do() -> JSONResponse:
            return await commands.run(
                id, asking,
                lambda line, now: pauses.request(line, id, party, given.reason, span, given.note, asking.id, now),
                201,
            )  # fmt: skip

        return await posts.once(request, asking, clock.now(), do)

    @routes.post("/{id}/pause-requests/{number}/answer")
    async def post_answer(id: str, number: str, given: AnswerIn, asking: Asking) -> Response:
        """Consent to the other party's request, or refuse it. With consent the clocks are timed anew."""
        asking.require("incidents:write")
        party = party_of(asking, "an answer")
        return await commands.run(
            id, asking, lambda line, now: pauses.answer(line, id, number, party, given.granted, asking.id, now),
            past=True,
        )  # fmt: skip
