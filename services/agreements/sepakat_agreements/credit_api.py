"""Requests about credits become commands here."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import credit as domain
from sepakat_agreements.credit import Account, Credit, Event, Status
from sepakat_agreements.credit_store import CreditAccounts
from sepakat_shared import paging
from sepakat_shared.auth import Principal
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Forbidden
from sepakat_shared.web import Asking

Words = Annotated[str, Field(min_length=1, max_length=4_000)]
Decide = Callable[[Account, str, datetime], Sequence[Event]]


class StatementIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    statement: Words | None = None


class ContestIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words


class SettleIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="where the parties find the payment: a credit note, an invoice"
    )


def router(accounts: CreditAccounts) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["credits"])
    _reading_routes(routes, accounts)
    _acting_routes(routes, accounts)
    return routes


def _reading_routes(routes: APIRouter, accounts: CreditAccounts) -> None:
    @routes.get("/credits")
    async def list_credits(
        request: Request, asking: Asking, agreement: str | None = None, status: Status | None = None,
        cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:  # fmt: skip
        """Those of the key's party, by agreement, objective and period."""
        asking.require("agreements:read")
        found = await accounts.page(asking, agreement, status, paging.read_text_cursor(cursor), limit + 1)
        return paging.page(request, [credit_view(*each) for each in found], limit, key=lambda each: each["id"])

    @routes.get("/credits/{id}")
    async def get_credit(id: str, asking: Asking) -> dict[str, Any]:
        """One credit: what is owed, by which rules, and whose turn it is."""
        asking.require("agreements:read")
        return credit_view(*await accounts.visible(id, asking))

    @routes.get("/credits/{id}/history")
    async def get_history(id: str, asking: Asking) -> dict[str, Any]:
        """Everything that happened to it, in order."""
        asking.require("agreements:read")
        await accounts.visible(id, asking)
        return {"items": await accounts.history(id)}


def _acting_routes(routes: APIRouter, accounts: CreditAccounts) -> None:
    async def act(id: str, asking: Principal, decide: Decide) -> dict[str, Any]:
        asking.require("agreements:write")
        await accounts.visible(id, asking)
        if asking.party is None:
            raise Forbidden("this is a party's to say; use a key that acts for one")
        party = asking.party
        await accounts.change(id, lambda account, now: decide(account, party, now), asking.id)
        return credit_view(*await accounts.visible(id, asking))

    @routes.post("/credits/{id}/claim")
    async def post_claim(id: str, given: StatementIn, asking: Asking) -> dict[str, Any]:
        """Claim a credit in its time, with the customer's key."""
        return await act(
            id, asking, lambda account, party, now: domain.claim(account, id, party, given.statement, asking.id, now)
        )

    @routes.post("/credits/{id}/accept")
    async def post_acceptance(id: str, given: StatementIn, asking: Asking) -> dict[str, Any]:
        """Accept what was claimed, with the provider's key."""
        return await act(
            id, asking, lambda account, party, now: domain.accept(account, id, party, given.statement, asking.id, now)
        )

    @routes.post("/credits/{id}/contest")
    async def post_objection(id: str, given: ContestIn, asking: Asking) -> dict[str, Any]:
        """Refuse what was claimed, and say why, with the provider's key."""
        return await act(
            id, asking, lambda account, party, now: domain.contest(account, id, party, given.reason, asking.id, now)
        )

    @routes.post("/credits/{id}/settle")
    async def post_settlement(id: str, given: SettleIn, asking: Asking) -> dict[str, Any]:
        """Say that what was outstanding is paid or set off, and where that is found, with the provider's key."""
        return await act(
            id, asking, lambda account, party, now: domain.settle(account, id, party, given.reference, asking.id, now)
        )


def credit_view(account: Account, credit: Credit) -> dict[str, Any]:
    """Amounts are decimal strings in `currency`; `share` is an exact fraction of the whole window."""
    terms = credit.terms
    return {
        "id": credit.id,
        "agreement": account.agreement,
        "version": credit.version,
        "provider": account.provider,
        "customer": account.customer,
        "objective": credit.objective,
        "service": credit.service,
        "dispute_subject": credit.subject,
        "period": {"start": rfc3339(credit.start), "end": rfc3339(credit.end)},
        "status": credit.status.value,
        "charge": {"id": terms.charge, "amount": terms.charge_amount},
        "currency": terms.currency,
        "percent": credit.percent,
        "share": credit.share,
        "full": credit.full,
        "reduced_by": list(credit.reduced_by),
        "amount": credit.amount,
        "settled": credit.settled,
        "outstanding": f"{credit.outstanding:f}",
        "claim_until": None if credit.claim_until is None else rfc3339(credit.claim_until),
        "reference": credit.reference,
        "contested_because": credit.reason,
        "told_at": rfc3339(credit.told_at),
    }
