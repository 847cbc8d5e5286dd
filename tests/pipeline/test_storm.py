"""A storm through real processes: hundreds of alerts, one incident, few mails, and an end that everybody hears of."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from world import World

from sepakat_cli.demo.telling import until

pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package")
]  # fmt: skip

IN_A_GROUP = 50
SERVICES = [{"id": id, "description": {"en": id.title(), "id": id.title()}} for id in ("checkout", "search")]
POLICY: dict[str, Any] = {
    "services": SERVICES,
    "priorities": {"P1": {"restore": "PT4H", "escalation": "critical"}},
    "escalation": {"critical": {"levels": [{"notify": ["rina"], "acknowledgeWithin": "PT4H"}]}},
}


def alert(
    world: World, n: int, since: datetime, ended: datetime | None = None, service: str = "checkout"
) -> dict[str, Any]:
    return {
        "status": "firing" if ended is None else "resolved", "fingerprint": f"{n:016x}", "startsAt": since.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z" if ended is None else ended.isoformat(),
        "labels": {"alertname": "ShopDown", "severity": "critical", "instance": f"shop-{n}",
                   "sepakat_agreement": world.agreement, "sepakat_service": service},
        "annotations": {"summary": "Shops do not answer"},
    }  # fmt: skip


async def test_a_storm_is_one_incident_to_everybody_and_a_duplicate_of_it_goes_with_it(world: World) -> None:
    many = 400 if world.cluster.backend.name == "embedded" else 150  # FerretDB takes long for more
    await world.agree(**POLICY)
    key = await world.key_of("nusantara", "alerts:write", "incidents:read", "incidents:write")
    since = datetime.now(UTC) - timedelta(minutes=1)

    async def post(alerts: list[dict[str, Any]]) -> dict[str, Any] | None:
        async with world.api("incidents", key) as http:
            answer = await http.post("/v1/alertmanager", json={"version": "4", "alerts": alerts})
        # The text may not have come to this service yet.
        assert answer.status_code in (200, 422), answer.text
        body: dict[str, Any] = answer.json()
        return body if answer.is_success else None

    await until("the door to know the agreement", lambda: post([alert(world, 0, since)]))
    groups = [range(n, n + IN_A_GROUP) for n in range(0, many, IN_A_GROUP)]
    answers = await asyncio.gather(*[post([alert(world, n, since) for n in each]) for each in groups])
    assert sum(each["accepted"] for each in answers if each) == many - 1
    # The whole storm once more, as a sender does who has heard no answer.
    for each in groups:
        again = await post([alert(world, n, since) for n in each])
        assert again is not None and again["repeated"] == IN_A_GROUP
    (incident,) = await world.incidents()
    # The first alert came once more, to see whether the door was ready.
    assert incident["alerts"] == {"count": many, "received": 2 * many + 1, "truncated": 0}

    async def sorted_(owner: str) -> httpx.Response:
        async with world.api("incidents", key) as http:
            given = {"impact": "high", "urgency": "high", "owner": owner}
            return await http.post(f"/v1/incidents/{incident['id']}/triage", json=given)

    async def owned() -> bool:
        return (await sorted_("rina")).is_success

    await until("the contact to be known", owned)
    assert (await sorted_("budi")).json()["errors"][0]["pointer"] == "/owner"

    await post([alert(world, 0, since, service="search")])
    first = incident["id"]
    async with world.api("incidents", key) as http:
        merged = await http.post(f"/v1/incidents/{world.agreement}.search.0001/merge", json={"into": first})
    assert merged.status_code == 200, merged.text

    ended = datetime.now(UTC)
    for each in groups:
        await post([alert(world, n, since, ended) for n in each])
    (kept,) = [each for each in await world.incidents() if each["id"] == first]
    assert kept["status"] == "open", "the alert of the duplicate fires still"
    await post([alert(world, 0, since, ended, "search")])

    async def over() -> bool:
        return [each["status"] for each in await world.incidents() if each["id"] == first] == ["resolved"]

    await until("the incident to be over", over)

    async def mailed() -> list[dict[str, Any]] | None:
        found = await world.items("notifier", "/v1/deliveries", about=first)
        over = [each for each in found if each["type"] == "sepakat.incident.resolved.v1"]
        return found if over and all(each["ended_at"] for each in found) else None

    found = await until("the mails", mailed)
    by_type = sorted(each["type"] for each in found)
    assert by_type.count("sepakat.incident.opened.v1") == 1
    assert by_type.count("sepakat.incident.escalated.v1") == 1
    assert len(found) <= 8, by_type
    told = await world.all_told("incidents")
    assert told.count("sepakat.incident.opened.v1") == 2
    assert told.count("sepakat.incident.merged.v1") == 1
