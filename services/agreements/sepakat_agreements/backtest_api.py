"""Requests for back-tests of a text become commands here."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements.backtest import Backtest, Wish
from sepakat_agreements.backtest_store import Backtests, told
from sepakat_agreements.store import Agreements
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, RequestedInstant

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class BacktestIn(BaseModel):
    """Which text is to be held against which part of what was recorded."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=1, description="else the one that is negotiated, or the one in force")
    proposal: int | None = Field(None, ge=1, description="an open one about that version, as if it had been accepted")
    objectives: list[str] = Field([], max_length=200, description="their ids; all of the text where none is named")
    start: RequestedInstant | None = Field(None, description="else a year before `end`")
    end: RequestedInstant | None = Field(None, description="else now; what is not recorded yet is not looked at")

    def wish(self) -> Wish:
        return Wish(self.version, self.proposal, tuple(self.objectives), self.start, self.end)


def router(backtests: Backtests, agreements: Agreements, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["back-tests"])

    @routes.post("/agreements/{id}/backtests", status_code=202)
    async def post_backtest(id: Id, given: BacktestIn, request: Repeatable, asking: Asking) -> Response:
        """Ask what a text would have come to over recorded history; `Location` is where the answer will be read.

        Either party may ask, before anything is signed. It needs `compliance:read` too: the answer tells figures.
        """
        asking.require("agreements:write")
        asking.require("compliance:read")
        agreement = (await agreements.visible(id, asking)).state

        async def do() -> JSONResponse:
            made = await backtests.request(agreement, given.wish(), asking.id, clock.now())
            return JSONResponse(_shown(made), 202, {"Location": f"/v1/agreements/{id}/backtests/{made.id}"})

        return await posts.once(request, asking, clock.now(), do)

    @routes.get("/agreements/{id}/backtests/{backtest}")
    async def get_backtest(
        id: Id, backtest: Annotated[str, Path(max_length=200)], asking: Asking
    ) -> dict[str, Any]:  # fmt: skip
        """A back-test: `requested`, `completed` with each objective's periods and totals, or `failed` with a reason."""
        asking.require("agreements:read")
        asking.require("compliance:read")
        return _shown(await backtests.visible(id, backtest, asking))

    return routes


def _shown(backtest: Backtest) -> dict[str, Any]:
    asked, answer = backtest.asked, told(backtest)
    return {
        "backtest": backtest.id,
        "agreement": asked.agreement,
        "version": asked.version,
        "proposal": asked.proposal,
        "hash": asked.hash,
        "state": backtest.state,
        "start": rfc3339(asked.start),
        "end": rfc3339(asked.end),
        "requested_by": asked.by,
        "requested_at": rfc3339(backtest.at),
        "ended_at": None if backtest.ended_at is None else rfc3339(backtest.ended_at),
        "reason": backtest.reason,
        "objectives": None if answer is None else answer.model_dump(mode="json")["objectives"],
    }
