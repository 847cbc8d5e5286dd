"""Post-incident notes over HTTP: written, published, amended, and what was promised in them."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_incidents import postmortem as domain
from sepakat_incidents.commands import party_of
from sepakat_incidents.identity import Identity
from sepakat_incidents.incident import Incident
from sepakat_incidents.postmortem import Content, Event, FollowUp, Planned, Postmortem
from sepakat_incidents.postmortems import Postmortems
from sepakat_incidents.store import Incidents
from sepakat_incidents.wordings import Wordings
from sepakat_shared import web
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import NotFound
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, Named, Versioned
from sepakat_shared.words import Said, Words

_Text = Annotated[str, Said(domain.LONGEST)]
_Owner = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FollowUpIn(_In):
    """`due` is the last day for it, in the agreement's time zone; `id` is there for one that was published before."""

    id: Named | None = None
    text: Annotated[str, Said(500, lines=False)] = Field(description="one line")
    owner: _Owner = Field(description="a contact of the party that writes the note")
    due: date = Field(lt=date(2200, 1, 1))


class PostmortemIn(_In):
    what_happened: _Text
    why: _Text
    what_will_change: _Text
    follow_ups: list[FollowUpIn] = Field(default=[], max_length=50)

    def content(self, zone: ZoneInfo) -> Content:
        planned = (Planned(each.id, each.text, each.owner, _end_of(each.due, zone)) for each in self.follow_ups)
        return Content(self.what_happened, self.why, self.what_will_change, tuple(planned))


class DoneIn(_In):
    """How it was done."""

    note: Words | None = None


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last millisecond of a day, which belongs to it."""
    following = datetime.combine(day + timedelta(days=1), time(), zone)
    return following.astimezone(ZoneInfo("UTC")) - timedelta(milliseconds=1)


class _Notes:
    """What the routes share: the incident, and what may be seen of its note."""

    def __init__(self, incidents: Incidents, postmortems: Postmortems, wordings: Wordings, clock: Clock) -> None:
        self.incidents = incidents
        self.postmortems = postmortems
        self.wordings = wordings
        self.clock = clock

    async def shown(self, incident: Incident, asking: Principal) -> JSONResponse:
        """Raises NotFound where there is nothing that `asking` may see."""
        loaded = await self.postmortems.find(incident.id)
        if loaded is None:
            raise NotFound(f"there is no post-incident note about {incident.number}, and none is asked for")
        body = postmortem_view(loaded.state, asking.party, self.clock.now())
        return JSONResponse(body, headers={"ETag": web.etag(loaded.version)})

    async def zone(self, incident: Incident) -> ZoneInfo:
        version = incident.version
        found = await self.wordings.find(incident.about.agreement, version) if version else None
        return ZoneInfo(str(found.text.term.time_zone) if found else "UTC")


def router(
    incidents: Incidents, postmortems: Postmortems, wordings: Wordings, posts: IdempotentPosts, clock: Clock
) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["post-incident notes"])
    notes = _Notes(incidents, postmortems, wordings, clock)
    _reading_routes(routes, notes)
    _writing_routes(routes, notes, posts)
    return routes


def _reading_routes(routes: APIRouter, notes: _Notes) -> None:
    @routes.get("/incidents/{id}/postmortem")
    async def get_postmortem(id: str, asking: Asking) -> Response:
        """The note as it stands, and when it is due; the draft is shown to its author's party alone."""
        asking.require("incidents:read")
        incident, _ = await notes.incidents.visible(id, asking)
        return await notes.shown(incident, asking)

    @routes.get("/incidents/{id}/postmortem/versions")
    async def get_versions(id: str, asking: Asking) -> dict[str, Any]:
        """Every version that was published, in order; none is ever taken away."""
        asking.require("incidents:read")
        incident, _ = await notes.incidents.visible(id, asking)
        found = await notes.postmortems.versions(incident.id)
        return {
            "items": [
                {"version": each.version, "by": each.by, "at": rfc3339(each.at), **_content(each.content)}
                for each in found
            ]
        }

    @routes.get("/follow-ups")
    async def list_follow_ups(
        asking: Asking, status: Literal["open", "overdue", "done"] | None = None, agreement: str | None = None
    ) -> dict[str, Any]:
        """What was promised after incidents, by when it is due."""
        asking.require("incidents:read")
        now = notes.clock.now()
        found = [
            {"incident": note.about.id, "number": note.about.number, "agreement": note.about.about.agreement,
             "party": note.author, **_follow_up(each, now)}
            for note in await notes.postmortems.with_follow_ups(asking, agreement)
            for each in note.follow_ups
        ]  # fmt: skip
        wanted = [each for each in found if status is None or each["status"] == status]
        return {"items": sorted(wanted, key=lambda each: (each["due_at"], each["incident"], each["id"]))}


def _writing_routes(routes: APIRouter, notes: _Notes, posts: IdempotentPosts) -> None:
    @routes.put("/incidents/{id}/postmortem/draft")
    async def put_draft(id: str, given: PostmortemIn, request: Versioned, asking: Asking) -> Response:
        """Write the next version down, for one's own party alone. If-Match, as soon as something of it is written."""
        asking.require("incidents:write")
        party = party_of(asking, "a post-incident note")
        incident, _ = await notes.incidents.visible(id, asking)
        content, known = given.content(await notes.zone(incident)), await notes.postmortems.find(incident.id)

        def decide(note: Postmortem | None, now: datetime) -> list[Event]:
            about, author = Identity.of(incident), incident.responsible
            return list(domain.draft(note, about, author, content, party, asking.id, now))

        # Whoever may not write it, or wrote what cannot be taken, is told that, and not to read it first.
        decide(None if known is None else known.state, notes.clock.now())
        if known is not None and (known.state.is_written or "if-match" in request.headers):
            expected = web.expected_version(request)
        else:
            # Of two first drafts at once the second has not read the other one either.
            expected = 0 if known is None else known.version
        await notes.postmortems.execute(incident.id, decide, asking.id, expected_version=expected)
        return await notes.shown(incident, asking)

    @routes.post("/incidents/{id}/postmortem/publish")
    async def post_publish(id: str, request: Repeatable, asking: Asking) -> Response:
        """Give the other party what is drafted: the first version, or an amended one."""
        asking.require("incidents:write")
        party = party_of(asking, "a post-incident note")
        incident, _ = await notes.incidents.visible(id, asking)

        async def do() -> JSONResponse:
            def decide(note: Postmortem | None, now: datetime) -> list[Event]:
                return domain.publish(note, Identity.of(incident), not incident.is_open, party, asking.id, now)

            await notes.postmortems.execute(incident.id, decide, asking.id)
            return await notes.shown(incident, asking)

        return await posts.once(request, asking, notes.clock.now(), do)

    @routes.post("/incidents/{id}/postmortem/follow-ups/{number}/done")
    async def post_done(id: str, number: str, given: DoneIn, asking: Asking) -> Response:
        """Say that what was promised is done; the other party is told."""
        asking.require("incidents:write")
        party = party_of(asking, "a follow-up")
        incident, _ = await notes.incidents.visible(id, asking)

        def decide(note: Postmortem | None, now: datetime) -> list[Event]:
            return list(domain.done(note, number, given.note, party, asking.id, now))

        await notes.postmortems.execute(incident.id, decide, asking.id)
        return await notes.shown(incident, asking)


def postmortem_view(note: Postmortem, party: str | None, now: datetime) -> dict[str, Any]:
    """A note as the API shows it to `party`."""
    shown = {
        "incident": note.about.id, "number": note.about.number, "author": note.author,
        "status": "published" if note.versions else "expected" if note.expected else "none",
        "due_at": None if note.expected is None else rfc3339(note.expected.due_at),
        "late": _is_late(note, now), "version": note.versions,
        "published_at": None if note.published_at is None else rfc3339(note.published_at),
        "content": None if note.content is None else _content(note.content),
        "follow_ups": [_follow_up(each, now) for each in note.follow_ups],
    }  # fmt: skip
    if party == note.author:
        shown["draft"] = None if note.draft is None else _content(note.draft)
    return shown


def _is_late(note: Postmortem, now: datetime) -> bool:
    waits = note.expected is not None and not note.versions
    return note.late or (waits and note.expected is not None and now > note.expected.due_at)


def _content(content: Content) -> dict[str, Any]:
    return {
        "what_happened": content.what_happened, "why": content.why, "what_will_change": content.what_will_change,
        "follow_ups": [
            {"id": each.id, "text": each.text, "owner": each.owner, "due_at": rfc3339(each.due_at)}
            for each in content.follow_ups
        ],
    }  # fmt: skip


def _follow_up(each: FollowUp, now: datetime) -> dict[str, Any]:
    return {
        "id": each.id, "text": each.text, "owner": each.owner, "due_at": rfc3339(each.due_at),
        "status": each.status(now), "done_at": None if each.done_at is None else rfc3339(each.done_at),
        "done_note": each.done_note,
        "late": (each.done_at or now) > each.due_at,
    }  # fmt: skip
