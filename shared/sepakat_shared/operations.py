"""The operator's routes of every service: dead letters, replay, lag, and the mark that bounds a republication."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel

from sepakat_shared.errors import Forbidden
from sepakat_shared.mongo import Document
from sepakat_shared.web import Asking, Named, RequestedInstant

if TYPE_CHECKING:
    from sepakat_shared.service import Service


class Replay(BaseModel):
    since: RequestedInstant | None = None


class ReplayDeadLetters(BaseModel):
    id: Named | None = None


def add_operations(app: FastAPI, service: "Service") -> None:
    router = APIRouter(prefix="/v1/operations", tags=["operations"])

    def operator_only(asking: Asking) -> None:
        if not asking.is_operator:
            raise Forbidden("this needs an operator's key")

    @router.get("/whoami")
    async def whoami(asking: Asking) -> dict[str, Any]:
        """Whose key this is, and what it may do."""
        return {"key": asking.id, "party": asking.party, "roles": sorted(asking.roles), "scopes": sorted(asking.scopes)}

    @router.get("/dead-letters")
    async def list_dead_letters(asking: Asking, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> dict[str, Any]:
        """What this service could not process, oldest first."""
        operator_only(asking)
        letters = await service.dead_letters.listed(limit)
        return {"items": [_shown(letter) for letter in letters], "waiting": await service.dead_letters.count()}

    @router.get("/dead-letters/{id}")
    async def show_dead_letter(id: str, asking: Asking) -> dict[str, Any]:
        """One of them with its bytes (as text where they are text) and headers."""
        operator_only(asking)
        letter = await service.dead_letters.get(id)
        return {
            **_shown(letter),
            "value": _text(letter["value"]),
            "headers": {each["name"]: _text(each["value"]) for each in letter["headers"]},
        }

    @router.post("/dead-letters/replay")
    async def replay_dead_letters(wanted: ReplayDeadLetters, asking: Asking) -> dict[str, Any]:
        """Process them again, in order: all, or those of one letter's key."""
        operator_only(asking)
        return await service.bus.replay_dead_letters(wanted.id)

    @router.post("/replay")
    async def replay(wanted: Replay, asking: Asking) -> dict[str, int]:
        """Publish this service's commits again, all or since an instant. Consumers drop what they have applied.

        With several instances, ask when nothing is being decided: another one's next commit may be there first.
        """
        operator_only(asking)
        return {"republished": await service.relay.replay(wanted.since)}

    @router.get("/lag")
    async def lag(asking: Asking) -> dict[str, int]:
        """Records that wait to be consumed by this instance, and aggregates that wait to be published."""
        operator_only(asking)
        unpublished = await service.commits.collection.count_documents({"published": False})
        return {"consumer": await service.lag(), "unpublished": int(unpublished)}

    @router.post("/mark")
    async def mark(asking: Asking) -> dict[str, str]:
        """Note that nothing waits anywhere now: a broker that forgets needs nothing from before."""
        operator_only(asking)
        now = service.clock.now()
        await service.db["meta"].update_one({"_id": "broker"}, {"$set": {"mark": now}})
        return {"mark": now.isoformat()}

    app.include_router(router)


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "backslashreplace")


def _shown(letter: Document) -> dict[str, Any]:
    return {
        "id": letter["_id"],
        "topic": letter["topic"],
        "partition": letter["partition"],
        "offset": letter["offset"],
        "key": _text(letter["key"]),
        "reason": letter["reason"],
        "at": letter["at"].isoformat(),
        "waiting": letter["waiting"],
    }
