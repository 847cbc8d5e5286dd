"""An obligation that is not met, and the incidents of that agreement: over HTTP, on a real database."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from facts import agreed
from handled import NOW, Handled, opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents.hindrances import Hindrances
from sepakat_shared.contracts import obligations
from sepakat_shared.contracts.fact import PeriodSpan, Title
from sepakat_shared.contracts.incidents import IncidentOpened
from sepakat_shared.messages import Envelope

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

TEXT = agreement(priorities={"P1": {"restore": "PT4H"}})
DUE = NOW + timedelta(minutes=30)


class Owed:
    """What the agreement's obligations are said to be, each event heard twice."""

    def __init__(self, world: Handled) -> None:
        self._world, self.hindrances = world, Hindrances(world.commits, world.incidents)
        self._number = 0

    async def tell(self, kind: Any, met_at: datetime | None = None, **more: Any) -> None:
        self._number += 1
        fact = agreed(
            kind, occurrence="toko-checkout.load.1", agreement="toko-checkout", obligation="load", party="toko-maju",
            text=Title(en="Announce the load", id="Umumkan beban"), due_at=DUE, pauses=("availability",),
            unmet=None if met_at is None else PeriodSpan(start=DUE, end=met_at), **more,
        )  # fmt: skip
        cause = Envelope(
            f"o{self._number}", "/sepakat/agreements", kind.type, fact.occurrence, None, b"", f"{self._number:08d}.000"
        )
        for _ in range(2):
            await self.hindrances.on_told(fact, cause)

    async def hear_of_openings(self) -> None:
        """The service's own topic brings them, each twice."""
        commits = await self._world.commits.collection.find({}).sort("committed_at", 1).to_list(None)
        for message in [message for commit in commits for message in commit["messages"]] * 2:
            if message["type"] == IncidentOpened.type:
                fact = IncidentOpened.model_validate(message["data"])
                await self.hindrances.on_open(fact, self._world.cause(fact.incident))

    async def restore(self, id: str) -> dict[str, Any]:
        [clock] = (await self._world.get(id))["clocks"]
        return {name: clock[name] for name in ("state", "due_at", "elapsed_seconds")}


async def test_incidents_wait_for_what_the_customer_owes_and_go_on_when_it_is_met(backend: Backend) -> None:
    async with opened(backend, TEXT) as world:
        owed = Owed(world)
        await owed.hindrances.create_indexes()
        before = await world.impaired()
        world.clock.set(DUE)
        await owed.tell(obligations.ObligationOverdue)
        assert await owed.restore(before) == {"state": "paused", "due_at": None, "elapsed_seconds": 1800.0}
        shown = await world.get(before)
        assert shown["hindered_by"] == [{"occurrence": "toko-checkout.load.1", "since": "2026-11-24T09:30:00.000Z"}]

        # One that opens meanwhile stands still from its first moment on.
        await world.after(minutes=30)
        during = await world.impaired(service="search")
        assert (await owed.restore(during))["state"] == "running"
        await owed.hear_of_openings()
        assert await owed.restore(during) == {"state": "paused", "due_at": None, "elapsed_seconds": 0.0}
        await world.after(hours=9)
        assert not await world.told(suffix="clock.missed.v1")

        met_at = NOW + timedelta(hours=9, minutes=45)
        await owed.tell(obligations.ObligationMet, met_at, late=True, by="budi")
        await owed.tell(obligations.ObligationMet, met_at, late=True, by="budi", anew=True)
        await owed.tell(obligations.ObligationOverdue)
        await owed.hear_of_openings()
        assert await owed.restore(before) == {
            "state": "running", "due_at": "2026-11-24T22:15:00.000Z", "elapsed_seconds": 2700.0,
        }  # fmt: skip
        assert (await owed.restore(during))["due_at"] == "2026-11-24T22:45:00.000Z"
        told = [each.split(".")[2] for each in await world.told() if ".clock." in each]
        assert [each for each in told if each in ("paused", "resumed")] == ["paused"] * 2 + ["resumed"] * 2

        kept = [each for each in await world.timeline(before) if "hindered" in each["what"].lower()]
        assert [(each["what"], each["by"]) for each in kept] == [
            ("Hindered", "/sepakat/agreements"), ("Unhindered", "/sepakat/agreements"),
        ]  # fmt: skip
        assert kept[0]["words"] == {
            "en": "Announce the load: toko-maju has not met this in its time, and clocks stand still meanwhile",
            "id": "Umumkan beban: toko-maju tidak memenuhi ini pada waktunya, "
                  "dan sementara itu waktu yang disepakati berhenti",
        }  # fmt: skip
        assert kept[1]["words"]["id"] == "Umumkan beban: ini terpenuhi, dan waktu berjalan lagi"
        assert await world.timeline(before, "nusantara") == await world.timeline(before)

        after = await world.impaired(service="reports")
        await owed.hear_of_openings()
        assert (await owed.restore(after))["state"] == "running", "what is met holds up nothing that comes later"
