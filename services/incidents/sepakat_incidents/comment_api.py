"""Comments on an incident, over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from sepakat_incidents.attachments import MOST
from sepakat_incidents.commands import party_of
from sepakat_incidents.comments import LONGEST
from sepakat_incidents.discussions import Discussions, comment_view
from sepakat_incidents.store import Incidents
from sepakat_shared.clock import Clock
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.references import Reference
from sepakat_shared.web import Asking
from sepakat_shared.words import Said


class AttachmentIn(BaseModel):
    """Something that lies elsewhere: its bytes are not sent here."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Said(200, lines=False)] = Field(description="a file's name, without a path")
    media_type: str = Field(description="such as `image/png`; no script, no program")
    size: StrictInt = Field(description="in bytes")
    sha256: str = Field(description="64 hexadecimal digits")
    url: str = Field(description="an https address")

    def attachment(self) -> Reference:
        return Reference(self.name, self.media_type, self.size, self.sha256, self.url)


class CommentIn(BaseModel):
    """`internal`: for one's own party alone; `shared`: for both; `reporters`: for both, and whoever reported it."""

    model_config = ConfigDict(extra="forbid")

    body: Annotated[str, Said(LONGEST, needed=False)] = ""
    visibility: Literal["internal", "shared", "reporters"] = "internal"
    attachments: list[AttachmentIn] = Field(default=[], max_length=MOST)


def router(incidents: Incidents, discussions: Discussions, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])

    @routes.get("/{id}/comments")
    async def get_comments(id: str, asking: Asking) -> dict[str, Any]:
        """What was said, in order; of what is internal, one's own party's alone."""
        asking.require("incidents:read")
        incident, _ = await incidents.visible(id, asking)
        return {"items": [comment_view(each) for each in await discussions.read(incident.id, asking)]}

    @routes.post("/{id}/comments", status_code=201)
    async def post_comment(id: str, given: CommentIn, request: Repeatable, asking: Asking) -> Response:
        """Say something about it, also when it is over. What is shared is told to the other party."""
        asking.require("incidents:write")
        party = party_of(asking, "a comment")
        incident, _ = await incidents.visible(id, asking)
        attachments = [each.attachment() for each in given.attachments]

        async def do() -> JSONResponse:
            said = await discussions.comment(incident, given.visibility, given.body, attachments, party, asking.id)
            return JSONResponse(comment_view(said), 201)

        return await posts.once(request, asking, clock.now(), do)

    return routes
