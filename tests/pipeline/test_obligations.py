"""What is owed, through real processes: timers, the service's own topic, and the figures and clocks that it pauses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from world import World

from sepakat_cli.demo.telling import until

pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package")
]  # fmt: skip


async def test_an_answer_that_comes_late_pauses_a_figure_and_demands_a_plan(world: World) -> None:
    remedies = {"improvementPlan": {"misses": 1, "within": "P1M"}}
    await world.agree(window={"calendar": "year"}, obligations=[
        {"id": "contact", "party": "toko-maju", "owner": "budi", "text": {"en": "Answer", "id": "Menjawab"},
         "within": "PT1S", "unmet": {"pauses": ["availability"], **remedies}},
        {"id": "backups", "party": "nusantara", "text": {"en": "Backup", "id": "Cadangan"},
         "due": str(datetime.now(UTC).date() + timedelta(days=1))},
    ])  # fmt: skip
    await world.register()
    keys = {party: await world.key_of(party, "agreements:read", "agreements:write")
            for party in ("nusantara", "toko-maju")}  # fmt: skip
    reporting = await world.key_of("toko-maju", "incidents:read", "incidents:write")
    of = f"/v1/agreements/{world.agreement}"

    async def begun() -> list[dict[str, Any]]:
        return await world.items("agreements", "/v1/obligations", agreement=world.agreement, obligation="backups")

    assert [each["occasion"]["kind"] for each in await until("what is due by the calendar", begun)] == ["calendar"]

    async def asked() -> Any:
        return await world.post("agreements", f"{of}/obligations/contact/requests", keys["nusantara"], note="whom?")

    id = (await until("the request", asked))["id"]

    async def overdue() -> Any:
        found = await world.get("agreements", f"/v1/obligations/{id}")
        return found if found and found["status"] == "overdue" else None

    due_at = (await until("its time to pass", overdue))["due_at"]

    async def reported() -> Any:
        async with world.api("incidents", reporting) as http:
            about = {"agreement": world.agreement, "service": "checkout", "summary": "cards fail"}
            return (await http.post("/v1/reports", json=about)).is_success

    await until("a report", reported)

    async def hindered(by: list[str]) -> bool:
        return [[each["occurrence"] for each in one["hindered_by"]] for one in await world.incidents()] == [by]

    await until("an incident whose clocks stand still", lambda: hindered([id]))

    async def fulfilled() -> Any:
        return await world.post("agreements", f"/v1/obligations/{id}/fulfil", keys["toko-maju"], note="the night shift")

    met = await until("the answer", fulfilled)
    assert (met["status"], met["unmet"]["start"]) == ("met-late", due_at)

    await until("its clocks to go on", lambda: hindered([]))

    async def paused() -> list[dict[str, Any]]:
        return await world.items("metrics", "/v1/adjustments", agreement=world.agreement)

    [exclusion] = await until("the exclusion", paused)
    assert (exclusion["reason"], exclusion["objectives"]) == ("obligation-unmet", ["availability"])
    assert (exclusion["start"], exclusion["end"]) == (met["unmet"]["start"], met["unmet"]["end"])

    async def demanded() -> Any:
        standing = await world.get("agreements", f"{of}/standing")
        return standing and standing["plans"]

    [plan] = await until("the plan", demanded)
    assert (plan["party"], plan["status"], plan["misses"]) == ("toko-maju", "demanded", [id])

    async def written() -> bool:
        mails = [
            each for about in (id, plan["id"]) for each in await world.items("notifier", "/v1/deliveries", about=about)
        ]
        types = {each["type"] for each in mails if (each["recipient"], each["channel"]) == ("budi", "email")}
        wanted = ("obligation.due", "obligation.overdue", "improvement_plan.demanded")
        return {f"sepakat.{each}.v1" for each in wanted} <= types

    await until("the letters", written)
