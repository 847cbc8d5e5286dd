"""Credits over HTTP on a real database: from the figure that was told to what was paid, with its corrections."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from agreeing import Agreeing, day, opened

from sepakat_agreements import credit_api
from sepakat_agreements.credit_reactions import CreditReactions
from sepakat_agreements.credit_store import CreditAccounts
from sepakat_cli.backends import Backend
from sepakat_shared.contracts import compliance
from sepakat_shared.contracts.fact import PeriodSpan, Title
from sepakat_shared.messages import Envelope, Poison
from sepakat_shared.timers import Timers

pytestmark = pytest.mark.servers
PATH = "/v1/credits"
JANUARY = "toko-checkout.2026.availability.20251231T170000Z"
CREDITS = {"of": "fee", "tiers": [{"below": "99.9", "percent": "10"}, {"below": "99", "percent": "25"}],
           "claimWithin": "P60D"}  # fmt: skip


class Crediting:
    """The credits of a world of agreements; `metrics` is played by hand."""

    def __init__(self, world: Agreeing) -> None:
        self.world, self.accounts = world, CreditAccounts(world.commits)
        self.reactions = CreditReactions(world.agreements, self.accounts)
        self.claims = Timers(self.accounts.all.states, "due_at", world.clock, self.accounts.fire)
        world.app.include_router(credit_api.router(self.accounts))
        self._told = 0

    async def agree(self) -> None:
        objective = {**self.world.text()["objectives"][0], "credits": CREDITS}
        text = self.world.text(objectives=[objective], creditRules={"mode": "on-claim"}, needs=[])
        await self.world.ask("nusantara", "PUT", "/v1/agreements/toko-checkout", 201, json=text)
        await self.world.sign("nusantara")
        await self.world.sign("toko-maju")

    async def tell(
        self, kind: Any, percent: str | None, month: int = 1, again: bool = False, **more: Any
    ) -> None:  # fmt: skip
        """The figure of that month is told; `again` is the event before once more."""
        start, end = day(2026, month, 1, -7), day(2026, month + 1, 1, -7)
        self._told += not again
        fact = kind(**{
            "agreement": "toko-checkout", "version": 1, "provider": "nusantara", "customer": "toko-maju",
            "service": "checkout", "indicator": "nusantara/checkout-state", "at": self.world.clock.now(), "cause": "x",
            "agreement_title": Title(en="Checkout platform"), "objective": "availability", "met": percent == "0",
            "episode": f"toko-checkout/availability/{start:%Y-%m-%dT%H:%M:%S}.000Z", "state": "breached",
            "period": PeriodSpan(start=start, end=end), "target": "99.9", "credit_percent": percent, **more,
        })  # fmt: skip
        time = self.world.clock.now().isoformat()
        await self.reactions.on_figure(
            fact,
            Envelope(
                f"e{self._told}", "/sepakat/metrics", kind.type, f"verdict/{month}", time, b"", f"{self._told:08d}"
            ),
        )

    async def act(self, who: str, what: str, status: int = 200, id: str = JANUARY, **body: Any) -> Any:
        return await self.world.ask(who, "POST", f"{PATH}/{id}/{what}", status, json=body)

    async def get(self, who: str = "toko-maju", status: int = 200, id: str = JANUARY) -> Any:
        return await self.world.ask(who, "GET", f"{PATH}/{id}", status)

    async def until(self, at: datetime) -> int:
        self.world.clock.set(at)
        return await self.claims.fire_due()

    async def types(self) -> list[str]:
        return [type.split(".")[2] for type, _ in await self.world.told() if type.startswith("sepakat.credit.")]


async def begun(world: Agreeing) -> Crediting:
    crediting = Crediting(world)
    await crediting.accounts.create_indexes()
    await crediting.claims.create_indexes()
    await crediting.agree()
    await world.until(day(2026, 2, 1))
    return crediting


async def test_a_missed_month_is_claimed_contested_accepted_settled_and_corrected_by_a_dispute(
    backend: Backend,
) -> None:
    async with opened(backend) as world:
        credits = await begun(world)
        await credits.tell(compliance.PeriodClosed, "10")
        await credits.tell(compliance.PeriodClosed, "10", again=True)
        owed = await credits.get()
        assert (owed["status"], owed["amount"], owed["currency"]) == ("due", "2500000.00", "IDR")
        assert owed["claim_until"] == "2026-04-02T00:00:00.000Z"
        assert owed["dispute_subject"] == "availability/2025-12-31T17:00:00.000Z"
        await credits.get("stranger", 404)
        await credits.act("stranger", "claim", 404)
        await credits.act("operator", "claim", 403)
        await credits.act("nusantara", "claim", 403)
        await credits.act("nusantara", "settle", 409, reference="invoice 7")

        assert (await credits.act("toko-maju", "claim", statement="as agreed"))["status"] == "claimed"
        contested = await credits.act("nusantara", "contest", reason="your firewall was closed")
        assert (contested["status"], contested["contested_because"]) == ("contested", "your firewall was closed")
        await credits.tell(compliance.PeriodCorrected, "25", dispute="d.0001", credit_percent_before="10")
        assert ((await credits.get())["status"], (await credits.get())["amount"]) == ("accepted", "6250000.00")
        paid = await credits.act("nusantara", "settle", reference="invoice 7")
        assert (paid["status"], paid["settled"], paid["outstanding"]) == ("settled", "6250000.00", "0.00")
        await credits.act("nusantara", "settle", reference="invoice 7")
        assert await credits.types() == ["owed", "claimed", "contested", "corrected", "settled"]
        told = [data for type, data in await world.told() if type.startswith("sepakat.credit.")]
        assert [each["contacts"] for each in told] == [
            ["rina", "budi"], ["rina"], ["budi"], ["rina", "budi"], ["budi"],
        ]  # fmt: skip
        history = (await world.ask("toko-maju", "GET", f"{PATH}/{JANUARY}/history"))["items"]
        assert [each["what"] for each in history] == ["Owed", "Claimed", "Contested", "Corrected", "Settled"]
        assert history[3]["amount_before"] == "2500000.00"


async def test_what_is_not_claimed_lapses_and_each_party_lists_its_own_page_by_page(backend: Backend) -> None:
    async with opened(backend) as world:
        credits = await begun(world)
        await credits.tell(compliance.PeriodClosed, "10")
        await world.until(day(2026, 3, 2))
        await credits.tell(compliance.PeriodClosed, "25", month=2)
        await credits.tell(compliance.PeriodCorrected, "25", month=3)
        await credits.tell(compliance.PeriodClosed, None, month=1)
        await world.until(day(2026, 4, 1))
        await credits.tell(compliance.PeriodCorrected, "25", month=3, final=False)
        await credits.tell(compliance.PeriodClosed, "25", month=3, met=None)
        first = await world.ask("toko-maju", "GET", PATH, params={"agreement": "toko-checkout", "limit": 1})
        second = await world.ask("nusantara", "GET", PATH, params={"limit": 1, "cursor": first["next"]})
        assert [each["period"]["start"][:10] for each in first["items"] + second["items"]] == [
            "2025-12-31", "2026-01-31",
        ]  # fmt: skip
        assert "next" not in second, "of a month that is running, is not closed, or was hardly seen, nothing is owed"
        assert (await world.ask("stranger", "GET", PATH))["items"] == []

        assert await credits.until(day(2026, 4, 2) - timedelta(seconds=1)) == 0
        assert await credits.until(day(2026, 4, 2)) == 1
        lapsed = await world.ask("toko-maju", "GET", PATH, params={"status": "lapsed"})
        assert [each["id"] for each in lapsed["items"]] == [JANUARY]
        await credits.act("toko-maju", "claim", 409)
        assert await credits.types() == ["owed", "owed", "lapsed"]
        for unknown in ({"agreement": "another"}, {"version": 7}):
            with pytest.raises(Poison):
                await credits.tell(compliance.PeriodClosed, "10", month=2, **unknown)
