"""What was agreed on afterwards, through real processes: the figure moves, the old one stays, and both are told.

And what is owed for the figure of a period that is over.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from world import World

from sepakat_cli.demo.telling import until
from sepakat_metrics import evidence

pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package")
]  # fmt: skip
_SCOPES = ("compliance:read", "compliance:write")


async def test_an_exclusion_is_granted_withdrawn_and_every_revision_stays(world: World) -> None:
    of = f"/v1/agreements/{world.agreement}/objectives/availability"
    over = replace(world, agreement=f"{world.agreement}-over", indicator=f"{world.indicator}-over")
    await a_period_with_an_outage(over)
    await world.agree(window={"calendar": "year"}, target="99.9999", maintenance={"notice": "P0D"})
    await world.register()
    now = datetime.now(UTC)
    down, up = now - timedelta(minutes=8), now - timedelta(minutes=5)
    states = [(now - timedelta(minutes=10), "up"), (down, "down"), (up, "up")]
    await world.send(*[world.event(str(i), state, at) for i, (at, state) in enumerate(states)])

    async def breached() -> bool:
        return "sepakat.objective.breached.v1" in await world.told()

    await until("the breach", breached)
    before_it = datetime.now(UTC)
    asked = {"agreement": world.agreement, "kind": "exclusion", "reason": "force-majeure", "note": "a flood",
             "start": down.isoformat(), "end": up.isoformat()}  # fmt: skip
    async with world.api("metrics", await world.key_of("nusantara", *_SCOPES)) as http:
        assert (await http.post("/v1/adjustments", json=asked)).status_code == 403
    customer = await world.key_of("toko-maju", *_SCOPES)
    async with world.api("metrics", customer) as http:
        unknown = await http.post("/v1/adjustments", json={**asked, "objectives": ["nothing"]})
        assert unknown.json()["errors"][0]["pointer"] == "/objectives/0"
        granted = await http.post("/v1/adjustments", json=asked)
        assert granted.status_code == 201, granted.text
        id = granted.json()["id"]
        assert (await http.post("/v1/adjustments", json=asked)).json()["id"] == id

    async def told(*types: str) -> list[str] | None:
        found = [each for each in await world.told() if "period.corrected" in each or "breach" in each]
        return found if all(found.count(type) >= types.count(type) for type in types) else None

    await until("the correction", lambda: told("sepakat.period.corrected.v1", "sepakat.objective.breach_retracted.v1"))

    async def met() -> bool:
        return bool((figure := await world.figure()) and figure["state"] == "met")

    await until("the figure without it", met)
    excluded = await world.get("metrics", f"{of}/attainment")
    assert (excluded["attainment"], excluded["met"], excluded["verdict"]["met"]) == ("100.0000", True, True)
    then: dict[str, Any] = await world.get("metrics", f"{of}/attainment", **{"known-at": before_it.isoformat()})
    assert (then["told"], then["met"]) == ("sepakat.objective.breached.v1", False)

    async with world.api("metrics") as http:
        withdrawn = await http.post(f"/v1/adjustments/{id}/withdraw")
        assert (withdrawn.status_code, withdrawn.json()["withdrawn_by"] is None) == (200, False)
        assert (await http.post(f"/v1/adjustments/{id}/withdraw")).status_code == 409
    await until("the breach again", lambda: told(*["sepakat.period.corrected.v1"] * 2,
                                                 *["sepakat.objective.breached.v1"] * 2))  # fmt: skip
    revisions = (await world.get("metrics", f"{of}/revisions"))["items"]
    assert [each["met"] for each in revisions if each["told"] == "sepakat.period.corrected.v1"] == [True, False]
    assert sorted(each["known_at"] for each in revisions) == [each["known_at"] for each in revisions]
    why = await world.get("metrics", f"{of}/explanation")
    assert [(each["lost"], each["what"]) for each in why["losses"]] == [(180, "down")]
    assert why["losses_in_all"] == 1 and any(step.startswith("lost 180.0000 seconds from ") for step in why["steps"])
    planned = now + timedelta(hours=5)
    work = {"start": planned.isoformat(), "end": (planned + timedelta(hours=1)).isoformat(), "reason": "a new database",
            "services": ["checkout"]}  # fmt: skip
    announcing = await world.key_of("nusantara", "agreements:write")
    path = f"/v1/agreements/{world.agreement}/maintenance"
    announced = await until("the announcement", lambda: world.post("agreements", path, announcing, **work))
    assert announced["state"] == "announced"

    async def evidence_with_it() -> Any:
        async with world.api("metrics", customer) as http:
            pack = (await http.get(f"{of}/evidence")).json()
        return pack if pack["adjustments"].get("announced") else None

    pack: Any = await until("the announcement to be counted", evidence_with_it)
    assert pack["adjustments"]["announced"][0][1] - pack["adjustments"]["announced"][0][0] == 3_600_000

    async def both_are_told() -> bool:
        mailed = {each.to for each in world.desk.mails if each.subject == "Maintenance of Checkout"}
        return mailed >= {"rina@nusantara.example", "budi@toko-maju.example"}

    await until("the mails about it", both_are_told)
    found = evidence.verify(pack)
    assert found.ok, found.checks
    assert pack["counting"] == pack["agreement"]["counting"], "the text came with the name of what was signed"
    assert found.figure is not None
    assert (found.figure["met"], pack["figure"]["state"]) == (False, "breached")
    await credited(over)
    async with world.api("metrics", await world.key_of("stranger", *_SCOPES)) as http:
        assert (await http.get(f"{of}/evidence")).status_code == 404
        assert (await http.get(f"{of}/attainment")).status_code == 404
        assert (await http.get(f"{of}/explanation")).status_code == 404
        assert (await http.get(f"/v1/adjustments/{id}")).status_code == 404
        assert (await http.get("/v1/adjustments")).json()["items"] == []


async def a_period_with_an_outage(world: World) -> None:
    """A period is over, and so is the time in which something late may come for it: for two days nobody could pay."""

    async def day_lasts() -> bool:
        now = datetime.now(UTC)
        return (now.hour, now.minute) != (23, 59)

    # In the last minute of a month the period before it would soon be the one before that, and judged by nobody.
    await until("a day that goes on", day_lasts, within=90)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    unit = "month" if today.day > 1 else "year" if today.month > 1 else "week"
    new_year = today.replace(day=1, month=1)
    began = {"week": today - timedelta(days=today.weekday()), "month": today.replace(day=1), "year": new_year}[unit]
    down = began - timedelta(days=3)
    await world.register()
    states = [(down - timedelta(days=1), "up"), (down, "down"), (down + timedelta(days=2), "up")]
    await world.deliver(*[world.event(str(i), state, at) for i, (at, state) in enumerate(states)])
    term = {"from": f"{today.year - 1}-01-01", "until": str(today.date() + timedelta(days=2)), "timeZone": "UTC"}
    await world.agree(window={"calendar": unit}, target="99.8", term=term)


async def credited(world: World) -> None:
    """What metrics told of that period is owed by the text without being asked for, and the provider accepts it."""

    async def owed() -> list[dict[str, Any]]:
        return await world.items("agreements", "/v1/credits", agreement=world.agreement)

    [credit] = await until("the credit", owed)
    assert (credit["status"], credit["percent"], credit["charge"]["id"]) == ("claimed", "10", "fee")
    of, answering = (
        f"/v1/credits/{credit['id']}",
        await world.key_of("nusantara", "agreements:read", "agreements:write"),
    )
    accepted = await until("the provider's answer", lambda: world.post("agreements", f"{of}/accept", answering))
    assert (accepted["status"], accepted["period"]) == ("accepted", credit["period"])
    assert (await world.all_told(agreement=world.agreement)).count("sepakat.period.closed.v1") == 1
