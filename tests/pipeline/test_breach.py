"""The way of metric events through real processes: signed agreement, events, durable buckets, one breach, status."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo import AsyncMongoClient
from samples import agreement_dict

from sepakat_cli.backends import Backend
from sepakat_cli.launcher import Launcher
from sepakat_cli.preparing import prepare
from sepakat_shared import signatures

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(180)]
OPERATOR = "spk_operator_of_a_test"
INDICATOR = "nusantara/checkout-state"
SERVICES = ("agreements", "metrics", "incidents")
CONTACTS = {"nusantara": "rina", "toko-maju": "budi"}


@pytest.fixture
async def cluster(own_backend: Backend, tmp_path: Path) -> AsyncIterator[Launcher]:
    # The launcher starts the servers itself.
    own_backend.stop()

    async def prepared(kafka: str, mongo: str) -> None:
        await prepare(kafka, mongo, OPERATOR)

    async with Launcher(own_backend, tmp_path, services=SERVICES, prepare=prepared) as started:
        yield started


def api(cluster: Launcher, service: str, key: str | None = OPERATOR) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(base_url=cluster.urls[service], headers=headers, timeout=10)


async def until(what: str, ask: Callable[[], Awaitable[Any]], within: float = 60) -> Any:
    """Ask until the answer is true; the deadline only ends a run that has failed."""
    async with asyncio.timeout(within):
        while True:
            answer = await ask()
            if answer:
                return answer
            await asyncio.sleep(0.05)
    raise AssertionError(what)


def event(id: str, state: str, at: datetime, **changes: Any) -> dict[str, Any]:
    base = {"specversion": "1.0", "id": id, "source": "/probe", "type": "sepakat.metric.state.v1",
            "time": at.isoformat(), "data": {"indicator": INDICATOR, "state": state}}  # fmt: skip
    return {**base, **changes}


async def send(cluster: Launcher, *events: dict[str, Any]) -> list[dict[str, Any]]:
    async with api(cluster, "metrics") as http:
        answer = await http.post(
            "/v1/events", content=json.dumps(events), headers={"content-type": "application/cloudevents-batch+json"}
        )
        results: list[dict[str, Any]] = answer.json()["results"]
        return results


async def register(cluster: Launcher, **changes: Any) -> None:
    body = {"apiVersion": "sepakat/v1", "kind": "Indicator", "metadata": {"id": INDICATOR}, "kindOfEvents": "state"}
    async with api(cluster, "metrics") as http:
        answer = await http.put(f"/v1/indicators/{INDICATOR}", json={**body, **changes})
        assert answer.status_code in (200, 201), answer.text


async def agree(cluster: Launcher) -> None:
    keys = {party: Ed25519PrivateKey.generate() for party in CONTACTS}
    today = datetime.now(UTC).date()
    raw = agreement_dict(
        term={"from": str(today - timedelta(days=2)), "until": str(today + timedelta(days=2)), "timeZone": "UTC"},
        signatories=[
            {"party": party, "contact": contact, "key": signatures.public_key(keys[party])}
            for party, contact in CONTACTS.items()
        ],
    )
    raw["objectives"][0] |= {"target": "99.999", "window": {"rolling": "PT1H"}}
    async with api(cluster, "agreements") as http:
        for party, contact in CONTACTS.items():
            body = {"metadata": {"id": party}, "name": party, "contacts": [{"id": contact, "name": contact}]}
            assert (await http.put(f"/v1/parties/{party}", json=body)).status_code == 201
        drafted = await http.put("/v1/agreements/toko-checkout", content=json.dumps(raw))
        assert drafted.status_code == 201, drafted.text
        hashed = drafted.json()["hash"]
        for party, contact in CONTACTS.items():
            signed = {"party": party, "contact": contact, "hash": hashed,
                      "signature": signatures.sign(keys[party], hashed)}  # fmt: skip
            answer = await http.post("/v1/agreements/toko-checkout/signatures", json=signed)
            assert answer.status_code == 201, answer.text
        assert answer.json()["status"] == "active"


async def status(cluster: Launcher) -> dict[str, Any] | None:
    async with api(cluster, "metrics") as http:
        items = (await http.get("/v1/status")).json()["items"]
        return items[0] if items else None


async def told(cluster: Launcher) -> list[str]:
    """The compliance events that were committed and published, in order of time."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(cluster.backend.mongo)
    try:
        commits = await client["sepakat_metrics"]["commits"].find({"published": True}).sort("committed_at", 1).to_list()
        return [message["type"] for commit in commits for message in commit["messages"]]
    finally:
        await client.close()


async def incidents_of(cluster: Launcher) -> list[dict[str, Any]]:
    async with api(cluster, "incidents") as http:
        answer = await http.get("/v1/incidents")
        items: list[dict[str, Any]] = answer.json()["items"] if answer.status_code == 200 else []
        return items


async def with_causes(cluster: Launcher, count: int) -> bool:
    return any(each["causes"] >= count for each in await incidents_of(cluster))


async def breached(cluster: Launcher) -> bool:
    return "sepakat.objective.breached.v1" in await told(cluster)


async def test_a_breach_is_told_once_and_survives_a_killed_service(cluster: Launcher) -> None:
    await agree(cluster)
    await register(cluster)
    begun = datetime.now(UTC)
    up = await send(cluster, event("1", "up", begun - timedelta(minutes=10)))
    assert [each["outcome"] for each in up] == ["accepted"]
    await until("the first figure", lambda: status(cluster))

    await send(cluster, event("2", "down", begun - timedelta(minutes=5)))
    cluster.kill("metrics")
    await cluster.start_service("metrics")
    await until("the breach", lambda: breached(cluster))
    await until("the incident with both causes", lambda: with_causes(cluster, 2))
    cluster.kill("incidents")
    await cluster.start_service("incidents")

    again = await send(cluster, event("2", "down", begun - timedelta(minutes=5)))
    assert [each["outcome"] for each in again] == ["duplicate"]
    await send(cluster, event("3", "up", begun - timedelta(minutes=4)))

    async def recovered() -> bool:
        figure = await status(cluster)
        return figure is not None and figure["budget"]["consumed"] == "60.0000"

    await until("the figure after the recovery", recovered)
    incidents = await incidents_of(cluster)
    assert len(incidents) == 1
    assert (incidents[0]["priority"], incidents[0]["level"], incidents[0]["status"]) == ("P1", 1, "open")
    async with api(cluster, "incidents") as http:
        timeline = (await http.get(f"/v1/incidents/{incidents[0]['id']}/timeline")).json()["items"]
        assert [each["what"] for each in timeline[:2]] == ["Opened", "Escalated"]
        refused = await http.post(f"/v1/incidents/{incidents[0]['id']}/acknowledge")
        assert refused.status_code == 403
        closed = await http.post(f"/v1/incidents/{incidents[0]['id']}/close")
        assert closed.status_code == 409
        resolved = await http.post(f"/v1/incidents/{incidents[0]['id']}/resolve", json={"note": "restarted"})
        assert resolved.json()["status"] == "resolved"
    facts = await told(cluster)
    assert facts.count("sepakat.impairment.began.v1") == 1
    assert facts.count("sepakat.impairment.ended.v1") == 1
    assert facts.count("sepakat.objective.breached.v1") == 1


async def test_an_outage_is_told_when_its_time_has_come_without_another_event(cluster: Launcher) -> None:
    await agree(cluster)
    await register(cluster, downAfter="PT2S")
    await send(cluster, event("1", "up", datetime.now(UTC) - timedelta(minutes=10)))
    await until("the first figure", lambda: status(cluster))
    await send(cluster, event("2", "down", datetime.now(UTC)))

    async def impaired() -> bool:
        return "sepakat.impairment.began.v1" in await told(cluster)

    # Everything is judged anew each minute; it is the outage's own deadline that must not be slept through.
    await until("the impairment", impaired, within=20)


async def test_events_wait_for_their_indicator_and_bad_ones_go_to_the_dead_letters(cluster: Launcher) -> None:
    await agree(cluster)
    begun = datetime.now(UTC)
    early = await send(cluster, event("1", "up", begun - timedelta(minutes=10)))
    assert [each["outcome"] for each in early] == ["parked"]
    await register(cluster, sources=["/probe"])

    async def counted() -> bool:
        figure = await status(cluster)
        return figure is not None and figure["attainment"] == "100.0000"

    await until("the parked event to count", counted)

    results = await send(
        cluster,
        event("2", "broken", begun),
        event("3", "down", begun, source="/stranger"),
        event("4", "down", begun + timedelta(hours=1)),
        event("5", "up", begun),
    )
    assert [each["outcome"] for each in results] == ["rejected", "rejected", "rejected", "accepted"]
    assert [each.get("reason", "").partition(":")[0] for each in results] == ["data.state", "source", "time", ""]
    async with api(cluster, "metrics") as http:
        assert len((await http.get("/v1/events/rejected")).json()["items"]) == 3

    # The topic itself is open to anyone: what is wrong there goes to the dead letters, and the rest goes on.
    from aiokafka import AIOKafkaProducer

    producer = AIOKafkaProducer(bootstrap_servers=cluster.backend.kafka)
    await producer.start()
    try:
        headers = [("content-type", b"application/cloudevents+json"), ("odd", None), ("odder", b"\xff")]
        for body in (b"{", json.dumps(event("6", "down", begun, source="/stranger")).encode(),
                     json.dumps(event("7", "up", begun)).encode()):  # fmt: skip
            await producer.send_and_wait("sepakat.metrics.v1", body, key=INDICATOR.encode(), headers=headers)
    finally:
        await producer.stop()

    async def letters() -> list[dict[str, Any]]:
        async with api(cluster, "metrics") as http:
            items: list[dict[str, Any]] = (await http.get("/v1/operations/dead-letters")).json()["items"]
            return items if len(items) == 2 else []

    reasons = sorted(each["reason"].partition(":")[0] for each in await until("two dead letters", letters))
    assert reasons == ["body", "source"]

    async def seventh() -> bool:
        return (await send(cluster, event("7", "up", begun)))[0]["outcome"] == "duplicate"

    await until("the event after the bad ones", seventh)


async def test_requests_that_cannot_be_answered_say_why(cluster: Launcher) -> None:
    async with api(cluster, "metrics", key=None) as http:
        assert (await http.get("/v1/status")).status_code == 401
    async with api(cluster, "metrics") as http:
        large = await http.post("/v1/events", content=b" " * 50_000_000)
        assert large.status_code == 413
        broken = await http.post("/v1/events", content=b"{", headers={"content-type": "application/cloudevents+json"})
        assert (broken.status_code, broken.json()["status"]) == (400, 400)
    async with api(cluster, "agreements") as http:
        raw = json.dumps(agreement_dict())
        assert (await http.put("/v1/agreements/toko-checkout", content=raw)).status_code == 201
        changed = json.dumps(agreement_dict(needs=[]))
        assert (await http.put("/v1/agreements/toko-checkout", content=changed)).status_code == 428
        stale = await http.put("/v1/agreements/toko-checkout", content=changed, headers={"If-Match": '"7"'})
        assert stale.status_code == 412
        unknown = await http.put("/v1/agreements/toko-checkout", content=json.dumps(agreement_dict(extra=1)))
        assert unknown.json()["errors"][0]["pointer"] == "/extra"
        issued = await http.post("/v1/keys", json={"id": "other", "party": "other", "roles": ["customer"],
                                                   "scopes": ["agreements:read"]})  # fmt: skip
        secret = issued.json()["secret"]

    async def known() -> bool:
        async with api(cluster, "agreements", secret) as http:
            return (await http.get("/v1/agreements")).status_code == 200

    await until("the key to be known", known)
    async with api(cluster, "agreements", secret) as http:
        assert (await http.get("/v1/agreements/toko-checkout")).status_code == 404
        assert (await http.get("/v1/agreements")).json()["items"] == []
