"""The way of metric events through real processes: signed agreement, events, durable buckets, one breach, status."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from samples import agreement_dict
from world import World

from sepakat_cli.demo.telling import until

pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package")
]  # fmt: skip


async def with_causes(world: World, count: int) -> bool:
    return any(each["causes"] >= count for each in await world.incidents())


def refused(**changes: Any) -> dict[str, Any]:
    return agreement_dict(metadata={"id": "toko-refused", "title": {"en": "Refused"}}, **changes)


async def breached(world: World) -> bool:
    return "sepakat.objective.breached.v1" in await world.told()


async def test_a_breach_is_told_once_and_survives_a_killed_service(world: World) -> None:
    await world.agree()
    await world.register()
    begun = datetime.now(UTC)
    up = await world.send(world.event("1", "up", begun - timedelta(minutes=10)))
    assert [each["outcome"] for each in up] == ["accepted"]
    await until("the first figure", lambda: world.figure())

    await world.send(world.event("2", "down", begun - timedelta(minutes=5)))
    world.cluster.kill("metrics")
    await world.cluster.start_service("metrics")
    await until("the breach", lambda: breached(world))
    await until("the incident with both causes", lambda: with_causes(world, 2))
    world.cluster.kill("incidents")
    await world.cluster.start_service("incidents")

    again = await world.send(world.event("2", "down", begun - timedelta(minutes=5)))
    assert [each["outcome"] for each in again] == ["duplicate"]
    await world.send(world.event("3", "up", begun - timedelta(minutes=4)))

    async def recovered() -> bool:
        figure = await world.figure()
        return figure is not None and figure["budget"]["consumed"] == "60.0000"

    await until("the figure after the recovery", recovered)

    async def ended() -> bool:
        return "sepakat.impairment.ended.v1" in await world.told()

    await until("the end of the impairment", ended)
    incidents = await world.incidents()
    assert len(incidents) == 1
    assert (incidents[0]["priority"], incidents[0]["level"], incidents[0]["status"]) == ("P1", 1, "open")
    async with world.api("incidents") as http:
        timeline = (await http.get(f"/v1/incidents/{incidents[0]['id']}/timeline")).json()["items"]
        assert [each["what"] for each in timeline[:2]] == ["Opened", "Escalated"]
        refused = await http.post(f"/v1/incidents/{incidents[0]['id']}/acknowledge")
        assert refused.status_code == 403
        closed = await http.post(f"/v1/incidents/{incidents[0]['id']}/close")
        assert closed.status_code == 409
        resolved = await http.post(f"/v1/incidents/{incidents[0]['id']}/resolve", json={"note": "restarted"})
        assert resolved.json()["status"] == "resolved"
    facts = await world.all_told()
    assert facts.count("sepakat.impairment.began.v1") == 1
    assert facts.count("sepakat.impairment.ended.v1") == 1
    assert facts.count("sepakat.objective.breached.v1") == 1
    await reviewed(world, incidents[0])
    await asked_what_they_think(world, incidents[0])


async def reviewed(world: World, incident: dict[str, Any]) -> None:
    """What was told on the way is what a review looks back on."""
    path = f"/v1/agreements/{world.agreement}"
    key = await world.key_of("toko-maju", "agreements:read", "agreements:write")

    async def spoken_of() -> bool:
        async with world.api("agreements", key) as http:
            return (await http.post(f"{path}/incidents/{incident['id']}/feedback", json={"nps": 3})).is_success

    await until("agreements to hear that the incident is over", spoken_of)
    # Of the breach it hears by another topic, and what a review looks back on is what was known when it was opened.
    await world.taken_in()
    async with world.api("agreements", key) as http:
        opened = await http.post(f"{path}/reviews", json={"reason": "an outage"})
        assert opened.status_code == 201, opened.text
        pack = (await http.get(f"{path}/reviews/1/pack")).json()
        page = await http.get(f"{path}/reviews/1/document", params={"format": "html", "lang": "en"})
    assert [each["number"] for each in pack["incidents"]] == [incident["number"]]
    assert (pack["opinions"][0]["recommend"], pack["objectives"][0]["missed"]) == (3, 1)
    assert incident["number"] in page.text
    told = await world.all_told("agreements")
    assert told.count("sepakat.review.opened.v1") == told.count("sepakat.review.feedback_asked.v1") == 1


async def test_an_outage_is_told_when_its_time_has_come_without_another_event(world: World) -> None:
    await world.agree()
    await world.register(downAfter="PT2S")
    await world.send(world.event("1", "up", datetime.now(UTC) - timedelta(minutes=10)))
    await until("the first figure", lambda: world.figure())
    await world.send(world.event("2", "down", datetime.now(UTC)))

    async def impaired() -> bool:
        return "sepakat.impairment.began.v1" in await world.told()

    # Everything is judged anew each minute; it is the outage's own deadline that must not be slept through.
    await until("the impairment", impaired, within=40)


async def test_events_wait_for_their_indicator_and_bad_ones_go_to_the_dead_letters(world: World) -> None:
    await world.agree()
    begun = datetime.now(UTC)
    early = await world.send(world.event("1", "up", begun - timedelta(minutes=10)))
    assert [(each["outcome"], each["indicator"]) for each in early] == [("parked", world.indicator)]
    provider, customer = [await world.key_of(party, "events:write") for party in ("nusantara", "toko-maju")]

    async def waiting(key: str) -> list[dict[str, Any]]:
        async with world.api("metrics", key) as http:
            items: list[dict[str, Any]] = (await http.get("/v1/events/parked")).json()["items"]
        return [each for each in items if each["indicator"] == world.indicator]

    (waits,) = await until("the event to be parked", lambda: waiting(provider))
    assert (waits["events"], waits["first"]) == (1, waits["last"])
    assert await waiting(customer) == []
    await world.register(sources=["/probe"])

    async def counted() -> bool:
        figure = await world.figure()
        return figure is not None and figure["attainment"] == "100.0000"

    await until("the parked event to count", counted)

    results = await world.send(
        world.event("2", "broken", begun),
        world.event("3", "down", begun, source="/stranger"),
        world.event("4", "down", begun + timedelta(hours=1)),
        world.event("5", "up", begun),
    )
    assert [each["outcome"] for each in results] == ["rejected", "rejected", "rejected", "accepted"]
    assert [each.get("reason", "").partition(":")[0] for each in results] == ["data.state", "source", "time", ""]
    async with world.api("metrics") as http:
        assert len((await http.get("/v1/events/rejected")).json()["items"]) == 3

    # The topic itself is open to anyone: what is wrong there goes to the dead letters, and the rest goes on.
    servers = world.cluster.backend.kafka
    producer = AIOKafkaProducer(bootstrap_servers=servers, compression_type="gzip", max_request_size=8_000_000)
    await producer.start()
    try:
        headers = [("content-type", b"application/cloudevents+json"), ("odd", None), ("odder", b"\xff")]
        foreign, last = world.event("6", "down", begun, source="/stranger"), world.event("7", "up", begun)
        plain = json.dumps(last).encode()
        nested = json.dumps({**last, "data": 0}).encode().replace(b"0}", b"[" * 100_000 + b"]" * 100_000 + b"}")
        # Compressed it is small, and as a dead letter too large for the broker.
        large = b"{" + b" " * 3_000_000
        for body in (b"{", json.dumps(foreign).encode(), plain.replace(b'"up"', b'"\xff"'), nested, large, plain):
            await producer.send_and_wait("sepakat.metrics.v1", body, key=world.indicator.encode(), headers=headers)
    finally:
        await producer.stop()

    async def letters() -> list[dict[str, Any]]:
        async with world.api("metrics") as http:
            items: list[dict[str, Any]] = (await http.get("/v1/operations/dead-letters")).json()["items"]
            return items if len(items) == 5 else []

    reasons = sorted(each["reason"].partition(":")[0] for each in await until("five dead letters", letters))
    assert reasons == ["body", "body", "body", "data", "source"]

    async def seventh() -> bool:
        return (await world.send(world.event("7", "up", begun)))[0]["outcome"] == "duplicate"

    await until("the event after the bad ones", seventh)


async def test_requests_that_cannot_be_answered_say_why(world: World) -> None:
    async with world.api("metrics", key=None) as http:
        assert (await http.get("/v1/status")).status_code == 401
    async with world.api("metrics") as http:
        large = await http.post("/v1/events", content=b" " * 50_000_000)
        assert large.status_code == 413
        for content in (b"{", b"[" * 100_000):
            told = {"content-type": "application/cloudevents+json"}
            broken = await http.post("/v1/events", content=content, headers=told)
            assert (broken.status_code, broken.json()["status"]) == (400, 400)
    async with world.api("agreements") as http:
        raw = json.dumps(refused())
        assert (await http.put("/v1/agreements/toko-refused", content=raw)).status_code == 201
        changed = json.dumps(refused(needs=[]))
        assert (await http.put("/v1/agreements/toko-refused", content=changed)).status_code == 428
        stale = await http.put("/v1/agreements/toko-refused", content=changed, headers={"If-Match": '"7"'})
        assert stale.status_code == 412
        unknown = await http.put("/v1/agreements/toko-refused", content=json.dumps(refused(extra=1)))
        assert unknown.json()["errors"][0]["pointer"] == "/extra"
    secret = await world.key_of("other", "agreements:read")
    async with world.api("agreements", secret) as http:
        assert (await http.get("/v1/agreements/toko-refused")).status_code == 404
        assert (await http.get("/v1/agreements")).json()["items"] == []


async def asked_what_they_think(world: World, incident: dict[str, Any]) -> None:
    """Once it is closed, the customer's contact is asked by mail, and what they send is kept."""
    async with world.api("incidents") as http:
        assert (await http.post(f"/v1/incidents/{incident['id']}/close")).is_success

    async def link() -> str | None:
        bodies = [each.body("plain") for each in world.desk.mails if each.to == "budi@toko-maju.example"]
        found = [match[0] for each in bodies if (match := re.search(r"http\S+/feedback/\S+", each))]
        return found[0] if found else None

    address = await until("the letter that asks what they think", link)
    async with httpx.AsyncClient(timeout=60) as browser:
        assert (await browser.get(address)).status_code == 200
        assert (await browser.post(address, data={"mark": "4", "words": "told in time"})).status_code == 200
    key = await world.key_of("nusantara", "agreements:read")

    async def kept() -> bool:
        async with world.api("agreements", key) as http:
            said = (await http.get(f"/v1/agreements/{world.agreement}/incidents/{incident['id']}/feedback")).json()
        return any((each["csat"], each["words"]) == ({"checkout": 4}, "told in time") for each in said["answers"])

    await until("the answer to be kept", kept)
    assert (await world.all_told("agreements")).count("sepakat.incident_feedback.asked.v1") == 1
