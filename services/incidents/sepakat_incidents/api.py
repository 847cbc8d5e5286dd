"""Requests become commands here, and errors problem details."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from sepakat_incidents import line as domain
from sepakat_incidents.commands import Commands
from sepakat_incidents.incident import Incident, Status
from sepakat_incidents.relations import Relations
from sepakat_incidents.showing import shown
from sepakat_incidents.store import Incidents, entries_of
from sepakat_shared import paging, web
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.commits import first_broken
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.mongo import Document
from sepakat_shared.web import Asking
from sepakat_shared.words import Words

Beside = Callable[[Incident, Principal], Awaitable[list[dict[str, Any]]]]
"""What another aggregate puts on an incident's timeline, for whoever asks: entries with `at`, `by` and `what`."""


async def timeline(
    commits: Sequence[Document], beside: Sequence[Beside], incident: Incident, asking: Principal
) -> list[dict[str, Any]]:
    """Everything that `asking` may know of what happened, in order; `commits` are those of the incident's line."""
    entries = [*entries_of(incident, commits), *[e for each in beside for e in await each(incident, asking)]]
    return sorted(entries, key=lambda each: each["at"])


class ResolveIn(BaseModel):
    """How it was ended."""

    model_config = ConfigDict(extra="forbid")

    note: Words | None = None


def router(incidents: Incidents, close_after: timedelta, clock: Clock, beside: Sequence[Beside] = ()) -> APIRouter:
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])
    commands = Commands(incidents, clock)

    @routes.get("")
    async def list_incidents(
        request: Request, asking: Asking, agreement: str | None = None, status: Status | None = None,
        cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:  # fmt: skip
        """Those of the key's party, the latest first."""
        asking.require("incidents:read")
        found = await incidents.all(asking, agreement, status.value if status else None)
        after, now = paging.read_instant_cursor(cursor), clock.now()
        if after is not None:
            opened_at, last = after
            found = [each for each in found if (rfc3339(each.opened_at), each.id) < (rfc3339(opened_at), last)]
        tallies = await incidents.tallies(found[: limit + 1])
        items = [shown(each, now, tallies[each.id]) for each in found[: limit + 1]]
        return paging.page(request, items, limit, key=lambda each: [each["opened_at"], each["id"]])

    @routes.get("/{id}")
    async def get_incident(id: str, asking: Asking) -> Response:
        """One incident."""
        asking.require("incidents:read")
        incident, loaded = await incidents.visible(id, asking)
        tally = await incidents.tally(incident)
        body = shown(incident, clock.now(), tally) | {"links": await Relations(incidents).shown(incident)}
        return JSONResponse(body, headers={"ETag": web.etag(loaded.version)})

    @routes.get("/{id}/timeline")
    async def get_timeline(id: str, asking: Asking) -> dict[str, Any]:
        """Everything that happened, in order; nothing is ever taken out of it.

        `intact` says whether the chain of hashes behind it is unbroken.
        """
        asking.require("incidents:read")
        incident, _ = await incidents.visible(id, asking)
        commits = await incidents.history(incident)
        items = await timeline(commits, beside, incident, asking)
        return {"items": items, "intact": first_broken(commits) is None}

    @routes.post("/{id}/resolve")
    async def post_resolve(id: str, given: ResolveIn, asking: Asking) -> Response:
        """Say that the impact is over."""
        return await commands.run(
            id, asking,
            lambda line, now: domain.resolve(line, id, asking.id, given.note, now, close_after, asking.party),
        )  # fmt: skip

    @routes.post("/{id}/close")
    async def post_close(id: str, asking: Asking) -> Response:
        """Close the record of what is resolved."""
        return await commands.run(id, asking, lambda line, now: domain.close(line, id, asking.id, now))

    return routes
