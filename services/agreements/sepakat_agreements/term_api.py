"""Requests about how long an agreement lasts become commands here."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import term
from sepakat_agreements.agreement import Agreement, Event
from sepakat_agreements.standing_store import Standings
from sepakat_agreements.store import Agreements
from sepakat_shared.auth import Principal
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Forbidden
from sepakat_shared.web import Asking

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Words = Annotated[str, Field(min_length=1, max_length=4_000)]


class TerminationIn(BaseModel):
    """A party's notice that the agreement ends."""

    model_config = ConfigDict(extra="forbid")

    last_day: date = Field(description="it ends with that day, in the time zone of its term")
    ground: Literal["notice", "cause"] = "notice"
    reason: Words
    right: str | None = Field(None, description="as the cause: the right that repeated misses gave, by its id")


class WithdrawIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words | None = None


def router(agreements: Agreements, standings: Standings) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["term"])

    @routes.get("/agreements/{id}/term")
    async def get_term(id: Id, asking: Asking) -> dict[str, Any]:
        """Until when it lasts, whether notice was given, and what comes next."""
        asking.require("agreements:read")
        return term_view((await agreements.visible(id, asking)).state)

    @routes.post("/agreements/{id}/termination", status_code=201)
    async def post_termination(id: Id, given: TerminationIn, asking: Asking) -> dict[str, Any]:
        """Give notice: it ends with that day. Whether the agreed notice was kept is recorded beside it."""
        party = await _party(agreements, id, asking)
        right = None if given.right is None else await standings.right(id, given.right)

        def decide(agreement: Agreement, now: datetime) -> Sequence[Event]:
            return term.terminate(agreement, party, given.last_day, given.ground, given.reason, asking.id, now, right)

        return term_view((await agreements.change(id, decide, asking.id)).state)

    @routes.post("/agreements/{id}/termination/withdraw")
    async def post_withdrawal(id: Id, given: WithdrawIn, asking: Asking) -> dict[str, Any]:
        """Take one's notice back before it has ended."""
        party = await _party(agreements, id, asking)

        def decide(agreement: Agreement, now: datetime) -> Sequence[Event]:
            return term.withdraw(agreement, party, given.reason, asking.id, now)

        return term_view((await agreements.change(id, decide, asking.id)).state)

    return routes


def term_view(agreement: Agreement) -> dict[str, Any]:
    given = agreement.termination
    return {
        "agreement": agreement.id,
        "status": agreement.status.value,
        "from": agreement.text["term"]["from"],
        "last_day": given.last_day if given else term.last_day(agreement).isoformat(),
        "ends_at": rfc3339(term.ends_at(agreement).astimezone(UTC)),
        "renewed": agreement.renewed_until is not None,
        "ended_at": rfc3339(agreement.ended_at.astimezone(UTC)) if agreement.ended_at else None,
        "termination": given and {
            "party": given.party, "by": given.by, "at": rfc3339(given.at.astimezone(UTC)), "ground": given.ground,
            "reason": given.reason, "notice": given.notice, "honoured": given.honoured,
            "right": given.right,
        },
        "ahead": [
            {"what": each.what, "at": rfc3339(each.at.astimezone(UTC))}
            for each in sorted(term.ahead(agreement), key=lambda each: each.at)
        ],
    }  # fmt: skip


async def _party(agreements: Agreements, id: str, asking: Principal) -> str:
    """Whom the asker acts for. Raises NotFound for others' agreements, Forbidden for an operator."""
    asking.require("agreements:write")
    await agreements.visible(id, asking)
    if asking.party is None:
        raise Forbidden("this is a party's to say; use a key that acts for one")
    return asking.party
