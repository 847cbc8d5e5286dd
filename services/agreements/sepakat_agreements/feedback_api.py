"""What the customer's people think, and which needs have changed: requests become commands here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import feedback, holding
from sepakat_agreements import need as need_domain
from sepakat_agreements.agreement import Agreement
from sepakat_agreements.feedback import Answer
from sepakat_agreements.feedback_store import IncidentFeedback
from sepakat_agreements.handled import Handled
from sepakat_agreements.need import Need
from sepakat_agreements.need_api import StatedIn, need_view
from sepakat_agreements.need_store import Needs
from sepakat_agreements.people import Named, People
from sepakat_agreements.records import Records
from sepakat_agreements.review import Event, Review
from sepakat_agreements.review_api import Id, Number, Words, party_of
from sepakat_agreements.review_store import Reviews
from sepakat_agreements.review_view import feedback_view, whole
from sepakat_agreements.store import Agreements
from sepakat_document.pack import Mark, Met
from sepakat_shared import web
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.errors import NotFound
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class MetIn(BaseModel):
    """Is this need met?"""

    model_config = ConfigDict(extra="forbid")

    need: Name
    met: bool
    words: Words | None = None


class FeedbackIn(BaseModel):
    """What somebody thinks: any of these, one at least."""

    model_config = ConfigDict(extra="forbid")

    contact: Name | None = Field(
        None, description="who answers, a contact of the customer; else the key stands for them"
    )
    csat: dict[str, int] = Field({}, max_length=100, description="1 to 5 by the service's id")
    nps: int | None = Field(None, ge=0, le=10, description="how likely they are to recommend it")
    words: Words | None = None
    needs: list[MetIn] = Field([], max_length=200)

    def answer(self, by: str, at: datetime) -> Answer:
        return Answer(
            self.contact or by, tuple(Mark(service, mark) for service, mark in self.csat.items()), self.nps, self.words,
            tuple(Met(each.need, each.met, each.words) for each in self.needs), by, at,
        )  # fmt: skip


def router(
    reviews: Reviews, incidents: IncidentFeedback, records: Records, agreements: Agreements, needs: Needs,
    people: People, posts: IdempotentPosts, clock: Clock,
) -> APIRouter:  # fmt: skip
    routes = APIRouter(prefix="/v1/agreements/{id}", tags=["reviews"])
    _review_routes(routes, reviews, agreements, needs, people, posts, clock)
    _incident_routes(routes, incidents, records, agreements, needs, people, posts, clock)
    return routes


def _review_routes(
    routes: APIRouter, reviews: Reviews, agreements: Agreements, needs: Needs, people: People, posts: IdempotentPosts,
    clock: Clock,
) -> None:  # fmt: skip
    @routes.post("/reviews/{number}/feedback", status_code=201)
    async def post_feedback(id: Id, number: Number, given: FeedbackIn, request: Repeatable, asking: Asking) -> Response:
        """Say what you think of the service, with the customer's key. Whoever answers again changes their answer."""
        party = await party_of(agreements, id, asking)
        agreement, review = (await agreements.visible(id, asking)).state, await reviews.visible(id, number, asking)
        services, known = await _known(agreement, needs)
        named = await people.of(agreement)

        def decide(state: Review, now: datetime) -> Sequence[Event]:
            return holding.give_feedback(
                state, party, given.answer(asking.id, now), services, known, given.contact, _contacts(named, state)
            )

        async def do() -> JSONResponse:
            loaded = await reviews.change(review.id, decide, asking.id)
            return JSONResponse(whole(loaded.state), 201, {"ETag": web.etag(loaded.version)})

        return await posts.once(request, asking, clock.now(), do)

    @routes.post("/reviews/{number}/needs/{need}", status_code=201)
    async def post_need(
        id: Id, number: Number, need: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")], given: StatedIn,
        request: Repeatable, asking: Asking,
    ) -> Response:  # fmt: skip
        """State a need that is new or has changed, with the customer's key: it is in the intake from there on.

        The provider answers it as any other.
        """
        party = await party_of(agreements, id, asking)
        review = (await reviews.visible(id, number, asking)).state
        holding.check_open(review, party)
        feedback.check_party(party, review.customer)
        name = need_domain.need_id(id, party, need)

        def state(known: Need | None, now: datetime) -> Sequence[need_domain.Event]:
            return need_domain.state(
                known, id, need, review.provider, review.customer, given.said(), asking.id, now
            )  # fmt: skip

        async def do() -> JSONResponse:
            await needs.all.execute(name, state, by=asking.id)
            stated = (await needs.all.get(name)).state
            await reviews.change(
                review.id, lambda known, now: holding.note_need(known, party, name, stated.revision, now), asking.id
            )
            return JSONResponse(need_view(stated), 201)

        return await posts.once(request, asking, clock.now(), do)


def _incident_routes(
    routes: APIRouter, incidents: IncidentFeedback, records: Records, agreements: Agreements, needs: Needs,
    people: People, posts: IdempotentPosts, clock: Clock,
) -> None:  # fmt: skip
    @routes.post("/incidents/{incident}/feedback", status_code=201)
    async def post_incident_feedback(
        id: Id, incident: str, given: FeedbackIn, request: Repeatable, asking: Asking
    ) -> Response:
        """Say what you think of one incident as soon as it is over, with the customer's key."""
        party = await party_of(agreements, id, asking)
        agreement = (await agreements.visible(id, asking)).state
        about = await _incident(records, id, incident, asking)
        services, known = await _known(agreement, needs)
        named = await people.of(agreement)
        answer = given.answer(asking.id, clock.now())
        feedback.check_party(party, about.customer)
        contacts = [each.partition("/")[2] for each in named.of(about.customer)]
        feedback.check(answer, services, known, contacts, given.contact)

        async def do() -> JSONResponse:
            said = await incidents.give(about, party, answer, asking.id)
            return JSONResponse(_of_incident(about, said.answers), 201)

        return await posts.once(request, asking, clock.now(), do)

    @routes.get("/incidents/{incident}/feedback")
    async def get_incident_feedback(id: Id, incident: str, asking: Asking) -> dict[str, Any]:
        """What was said of one incident."""
        asking.require("agreements:read")
        await agreements.visible(id, asking)
        about = await _incident(records, id, incident, asking)
        said = await incidents.find(about.id)
        return _of_incident(about, said.answers if said else ())


async def _known(agreement: Agreement, needs: Needs) -> tuple[list[str], list[str]]:
    """The services and the needs that there are to say something about."""
    text = texts.Agreement.model_validate(agreement.text)
    stated = await needs.of(agreement.id, agreement.parties)
    intake = [each.name for each in stated if each.withdrawn_at is None]
    return [each.id for each in text.services], list(dict.fromkeys([*(each.id for each in text.needs), *intake]))


def _contacts(named: Named, review: Review) -> list[str]:
    return [each.partition("/")[2] for each in named.of(review.customer)]


async def _incident(records: Records, agreement: str, incident: str, asking: Principal) -> Handled:
    """Raises NotFound also for what is between others."""
    loaded = await records.incidents.find(incident)
    known = loaded.state if loaded else None
    if known is None or known.agreement != agreement or not asking.sees((known.provider, known.customer)):
        raise NotFound(f"there is no incident {incident!r} of {agreement!r} that is yours")
    return known


def _of_incident(incident: Handled, answers: Sequence[Answer]) -> dict[str, Any]:
    return {"incident": incident.id, "number": incident.number, **feedback_view(answers)}
