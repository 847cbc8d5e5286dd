"""10,000 alerts of one storm through Alertmanager's door: incidents opened, time, and notifications sent.

The floor is taken in the same run, round by round: the same messages, sent by the same client over as many connections,
to a route that does nothing but insert a small document for each alert, one call a message, into the same database
(`storm_floor.py`). Each round is a storm of its own, on a service of its own, since an alert is new only once.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agreeing import agree
from cluster import OPERATOR, api, mailing, route, started
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.progress import track
from rich.table import Table
from stock import Client, words

from sepakat_cli.demo import desk as desks

ALERTS = 10_000
IN_A_GROUP = 50
SENDERS = 4
ROUNDS = 5
BOUND = 10.0
"""The door looks each alert up, and at the line before and after it keeps them; the floor does one thing."""
MOST_NOTIFICATIONS = 10
SERVICES = tuple(f"storm-{n}" for n in range(1, ROUNDS + 1))
"""One for each storm."""
PROCEDURE: dict[str, Any] = {
    "priorities": {"P1": {"restore": "PT4H", "escalation": "critical"}},
    "escalation": {"critical": {"levels": [{"notify": ["rina"], "acknowledgeWithin": "PT15M"}]}},
}


async def measure(backend: str) -> dict[str, Any]:
    floor, ours = [], []
    with tempfile.TemporaryDirectory() as data, desks.opened(Path(data) / "inbox") as desk:
        async with started(
            backend, Path(data), services=("agreements", "incidents", "notifier"), env=mailing(desk)
        ) as cluster:
            await agree(cluster, list(SERVICES), mailed=True, **PROCEDURE)
            key = await _key(cluster)
            await _until_known(cluster, key)
            async with route("storm_floor", cluster.backend.mongo, Path(data)) as bare:
                for service in track(SERVICES, "storms", console=words):
                    floor.append(await _send(bare, service, key))
                    ours.append(await _send(cluster.urls["incidents"], service, key))
            seen = await _seen(cluster)
    ratio = statistics.median(mine / least for mine, least in zip(ours, floor, strict=True))
    counted = [each["alerts"]["count"] for each in seen["incidents"]]
    one_each = counted == [ALERTS] * ROUNDS
    few = max(seen["notifications"]) <= MOST_NOTIFICATIONS
    table = Table(
        "what", "of one storm", title=f"{ALERTS:,} alerts, {IN_A_GROUP} a message ({backend}), {ROUNDS} storms"
    )
    table.add_row("empty route with one insert a message", f"{statistics.median(floor):.2f} s")
    table.add_row("Alertmanager's door", f"{statistics.median(ours):.2f} s")
    table.add_row("ratio (bound)", f"{ratio:.2f} (≤ {BOUND})")
    table.add_row("incidents (bound)", f"{len(counted) / ROUNDS:g} (1), {counted[0]:,} alerts counted")
    table.add_row("notifications (bound)", f"{max(seen['notifications'])} (≤ {MOST_NOTIFICATIONS})")
    table.add_row("commits of the incident's line", f"{max(seen['commits'])}")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "storm", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio <= BOUND and one_each and few,
        "backend": backend, "alerts": ALERTS, "in_a_message": IN_A_GROUP, "storms": ROUNDS, "incidents": len(counted),
        "counted": counted, "notifications": seen["notifications"], "commits": seen["commits"],
        "floor_seconds": [round(each, 2) for each in floor], "ours_seconds": [round(each, 2) for each in ours],
    }  # fmt: skip


# -- what is sent ------------------------------------------------------------------------------------------------------


def _messages(service: str) -> list[bytes]:
    """As Alertmanager sends them: one group a message, every alert with all of its labels."""
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    labels = {"alertname": "ShopDown", "severity": "critical", "sepakat_agreement": "bench", "sepakat_service": service,
              "job": "probe", "region": "jakarta"}  # fmt: skip
    alerts = [
        {"status": "firing", "labels": {**labels, "instance": f"shop-{n}"}, "startsAt": since,
         "endsAt": "0001-01-01T00:00:00Z", "fingerprint": f"{n:016x}",
         "annotations": {"summary": "Shops do not answer"}, "generatorURL": "http://prometheus.example/graph"}
        for n in range(ALERTS)
    ]  # fmt: skip
    common = {"version": "4", "status": "firing", "receiver": "sepakat", "truncatedAlerts": 0, "commonLabels": labels,
              "commonAnnotations": {}, "groupLabels": {}, "externalURL": "http://alertmanager.example"}  # fmt: skip
    return [
        json.dumps({**common, "groupKey": f'{{}}:{{shard="{n}"}}', "alerts": alerts[n : n + IN_A_GROUP]}).encode()
        for n in range(0, ALERTS, IN_A_GROUP)
    ]


async def _send(url: str, service: str, key: str) -> float:
    """Seconds until every message was answered."""
    left = _messages(service)
    async with api(url, key) as http:
        begun = time.perf_counter()

        async def sender() -> None:
            while left:
                headers = {"content-type": "application/json"}
                answer = await http.post("/v1/alertmanager", content=left.pop(), headers=headers)
                if answer.raise_for_status().json()["accepted"] != IN_A_GROUP:
                    raise RuntimeError(f"an alert was not accepted: {answer.text[:500]}")

        await asyncio.gather(*[sender() for _ in range(SENDERS)])
        return time.perf_counter() - begun


# -- the world around --------------------------------------------------------------------------------------------------


async def _key(cluster: Any) -> str:
    """A key of the provider's, as Alertmanager has one."""
    async with api(cluster.urls["agreements"], OPERATOR) as http:
        body = {"id": "storm", "party": "bench", "roles": ["publisher"], "scopes": ["alerts:write"]}
        return str((await http.post("/v1/keys", json=body)).raise_for_status().json()["secret"])


async def _until_known(cluster: Any, key: str) -> None:
    """Until the door knows the key and the agreement: it takes the end of an alert that nobody has heard of."""
    labels = {"sepakat_agreement": "bench", "sepakat_service": SERVICES[0]}
    alert = {"status": "resolved", "labels": labels, "startsAt": "2026-01-01T00:00:00Z",
             "endsAt": "2026-01-01T00:00:01Z", "fingerprint": "nobody"}  # fmt: skip
    async with api(cluster.urls["incidents"], key) as http:
        while not (await http.post("/v1/alertmanager", json={"version": "4", "alerts": [alert]})).is_success:
            await asyncio.sleep(0.1)


async def _seen(cluster: Any) -> dict[str, Any]:
    """The incidents, what was sent about each when all of it had ended, and how long their histories are."""
    async with api(cluster.urls["incidents"], OPERATOR) as http:
        incidents = (await http.get("/v1/incidents")).raise_for_status().json()["items"]
    notifications = []
    async with api(cluster.urls["notifier"], OPERATOR) as http:
        for each in incidents:
            while True:
                answer = await http.get("/v1/deliveries", params={"about": each["id"], "limit": 100})
                found = answer.raise_for_status().json()["items"]
                # Both who signed for the customer and who is on the first level are written to.
                if len(found) >= 2 and all(each["ended_at"] for each in found):
                    break
                await asyncio.sleep(0.1)
            notifications.append(len(found))
    client: Client = AsyncMongoClient(cluster.backend.mongo)
    try:
        commits = [
            await client["sepakat_incidents"]["commits"].count_documents(
                {"aggregate": f"line/{each['agreement']}.{each['service']}"}
            )
            for each in incidents
        ]
    finally:
        await client.close()
    return {"incidents": incidents, "notifications": notifications, "commits": commits}
