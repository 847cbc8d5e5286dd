"""Back-tests through real processes: asked for on the topic, made from what is stored, told once whatever happens."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo import AsyncMongoClient
from samples import agreement_dict
from world import World

from sepakat_cli.demo.telling import until
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.agreements import BacktestRequested
from sepakat_shared.contracts.compliance import BacktestCompleted, BacktestFailed
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.messages import binary_headers

pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package")
]  # fmt: skip
DAY, TODAY = timedelta(days=1), datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
TIERS = {"of": "fee", "tiers": [{"below": "99.9", "percent": "10"}]}


def objective(world: World, id: str, **changes: Any) -> dict[str, Any]:
    base = {"id": id, "indicator": world.indicator, "measure": "time", "target": "99.9", "window": {"calendar": "day"}}
    return {**base, **changes}


def request(world: World, id: str, *objectives: dict[str, Any], **changes: Any) -> BacktestRequested:
    term = {"from": "2026-01-01", "until": "2026-12-31", "timeZone": "UTC"}
    base = {"backtest": id, "agreement": world.agreement, "provider": "nusantara", "customer": "toko-maju",
            "text": agreement_dict(objectives=objectives, needs=[], term=term), "start": TODAY - 3 * DAY,
            "end": TODAY + DAY - timedelta(minutes=1), "by": "budi-key", "at": datetime.now(UTC)}  # fmt: skip
    return BacktestRequested.model_validate({**base, **changes})


async def ask(world: World, *facts: BacktestRequested) -> None:
    """As the relay of `agreements` publishes them."""
    producer = AIOKafkaProducer(bootstrap_servers=world.cluster.backend.kafka)
    await producer.start()
    try:
        for fact in facts:
            headers = binary_headers(
                id=f"backtest/{fact.backtest}:00000001.0", source="/sepakat/agreements", type=fact.type,
                subject=fact.backtest, time=rfc3339(fact.at), sequence="00000001.000", traceparent=None,
            )  # fmt: skip
            await producer.send_and_wait(
                topics.AGREEMENTS, json.dumps(fact.as_json()).encode(), key=fact.agreement.encode(),
                headers=[(name, value.encode()) for name, value in headers.items()],
            )  # fmt: skip
    finally:
        await producer.stop()


async def told(world: World) -> list[dict[str, Any]]:
    """The data of everything that was told of the agreement's back-tests, from the beginning of the topic."""
    consumer = AIOKafkaConsumer(
        topics.COMPLIANCE, bootstrap_servers=world.cluster.backend.kafka, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found = []
        while any([await consumer.position(at) < end for at, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
    finally:
        await consumer.stop()
    types = {BacktestCompleted.type, BacktestFailed.type}
    told = [(dict(each.headers)["ce_type"].decode(), each) for each in found]
    return [
        {"type": type, "key": each.key.decode(), **json.loads(each.value)}
        for type, each in told
        if type in types and each.key.decode() == world.agreement
    ]


async def over(world: World, id: str) -> dict[str, Any]:
    async def ended() -> dict[str, Any] | None:
        found = await world.get("metrics", f"/v1/backtests/{id}")
        return found if found and found["state"] != "requested" else None

    return await until(f"the end of back-test {id}", ended)


async def stored(world: World, id: str) -> list[str]:
    """The types of the events that were committed of a back-test."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(world.cluster.backend.mongo)
    try:
        found = client["sepakat_metrics"]["commits"].find({"aggregate": f"backtest/{id}"})
        return [event["type"] for commit in await found.sort("n", 1).to_list() for event in commit["events"]]
    finally:
        await client.close()


async def through_the_api(world: World) -> dict[str, Any]:
    """The answer to a back-test of a draft, asked of `agreements` and read there: of the days of `b1`."""
    need = {"id": "pay", "statement": {"en": "Shoppers can pay", "id": "Pembeli dapat membayar"}, "priority": "must",
            "servedBy": ["availability"], "impact": {"cost": "40000000", "currency": "IDR", "per": "PT1H"}}  # fmt: skip
    draft = request(world, "unused", objective(world, "availability", credits=TIERS)).text
    draft |= {"metadata": {"id": world.agreement, "title": {"en": "Checkout", "id": "Checkout"}}, "needs": [need]}
    span = {"start": rfc3339(TODAY - 3 * DAY), "end": rfc3339(TODAY + DAY - timedelta(minutes=1))}
    async with world.api("agreements") as http:
        put = await http.put(f"/v1/agreements/{world.agreement}", content=json.dumps(draft))
        assert put.status_code == 201, put.text
        asked = await http.post(f"/v1/agreements/{world.agreement}/backtests", json=span)
        assert asked.status_code == 202, asked.text

    async def ended() -> dict[str, Any] | None:
        found: dict[str, Any] | None = await world.get("agreements", asked.headers["location"])
        return found if found and found["state"] != "requested" else None

    answered = await until("the answer to the draft's back-test", ended)
    assert (answered["state"], answered["version"], answered["hash"]) == ("completed", 1, put.json()["hash"])
    return answered


async def record(world: World, *states: tuple[datetime, str]) -> None:
    """Have states counted."""
    await world.register()
    results = await world.send(*[world.event(str(i), state, at) for i, (at, state) in enumerate(states)])
    assert {each["outcome"] for each in results} == {"accepted"}

    async def counted() -> bool:
        lag = await world.get("metrics", "/v1/operations/lag")
        return lag is not None and lag["consumer"] == 0

    await until("the states to be counted", counted)


async def test_what_is_proposed_is_held_against_the_days_that_are_stored(world: World) -> None:
    outage = TODAY - DAY
    await record(world, (TODAY - 3 * DAY, "up"), (outage, "down"), (outage + timedelta(minutes=36), "up"))
    await ask(
        world,
        request(
            world, "b1", objective(world, "availability", credits=TIERS), objective(world, "loose", target="97"),
            objective(world, "answers", measure="occurrences"),
            objective(world, "theirs", indicator="victim/orders"),
            objective(world, "nothing", indicator="nusantara/unknown"),
        ),
        request(world, "b2", objective(world, "availability"), objectives=["speed"]),
    )  # fmt: skip
    found = await over(world, "b1")
    assert (found["state"], found["reason"], found["requested_by"]) == ("completed", None, "budi-key")
    assert found["start"] == rfc3339(TODAY - 3 * DAY)
    tried = {each["objective"]: each for each in found["objectives"]}
    assert list(tried) == ["availability", "loose", "answers", "theirs", "nothing"]
    days = tried["availability"]["periods"]
    # Today is not over: three days are, and 36 minutes are 2.5 % of one.
    assert [(each["attainment"], each["met"]) for each in days] == [
        ("100.0000", True), ("100.0000", True), ("97.5000", False)
    ]  # fmt: skip
    assert (days[2]["permitted_loss"], days[2]["budget"]["remaining"]) == ("86.400", "-2073.6000")
    assert tried["availability"]["totals"] == {
        "periods": 3, "judged": 3, "missed": 1, "unverified": 0, "no_data": 0,
        "credits": {"amount": "2500000", "currency": "IDR"}, "strictest_target": "97.5000",
    }  # fmt: skip
    assert tried["loose"]["totals"]["missed"] == 0
    assert "needs ratio events" in tried["answers"]["reason"]
    assert "belongs to neither party" in tried["theirs"]["reason"]
    assert "nothing was ever recorded" in tried["nothing"]["reason"]
    failed = await over(world, "b2")
    assert (failed["state"], failed["objectives"]) == ("failed", None)
    assert failed["reason"] == "/objectives/0: 'speed' is not an objective of the proposed text"

    # The same request again, and behind it another one: when that has ended, the first has been read twice.
    await ask(world, request(world, "b1", objective(world, "loose")), request(world, "b3", objective(world, "loose")))
    await over(world, "b3")
    assert await world.get("metrics", "/v1/backtests/b1") == found
    assert await stored(world, "b1") == ["Requested", "Completed"]

    async def published() -> list[dict[str, Any]] | None:
        events = await told(world)
        return events if len(events) >= 3 else None

    events = {each["backtest"]: each for each in await until("what is told", published)}
    assert {id: each["type"] for id, each in events.items()} == {
        "b1": BacktestCompleted.type, "b2": BacktestFailed.type, "b3": BacktestCompleted.type
    }  # fmt: skip
    assert BacktestCompleted.model_validate(events["b1"]).model_dump(mode="json")["objectives"] == found["objectives"]

    answered = await through_the_api(world)
    assert answered["objectives"][0]["periods"] == [
        {**day, "permitted_cost": {"amount": "960000.00", "currency": "IDR"}} for day in days
    ]
    assert answered["objectives"][0]["totals"] == tried["availability"]["totals"]

    for party, status in (("toko-maju", 200), ("nusantara", 200), ("stranger", 404)):
        async with world.api("metrics", await world.key_of(party, "compliance:read")) as http:
            assert (await http.get("/v1/backtests/b1")).status_code == status, party
            assert (await http.get("/v1/backtests/none")).status_code == 404


async def test_killed_in_the_middle_it_still_ends_in_one_result(world: World) -> None:
    await record(world, (TODAY - 200 * DAY, "up"), (TODAY - DAY, "down"), (TODAY - DAY + timedelta(hours=6), "up"))
    # A hundred thousand slices: seconds of work, for nobody to be faster than the kill.
    slices = objective(
        world, "slices", measure="timeslices", slice="PT1M", sliceTarget="50", window={"calendar": "month"}
    )

    async def killed_in_the_middle() -> str | None:
        id = f"b-{uuid.uuid4().hex[:8]}"
        await ask(world, request(world, id, slices, start=TODAY - 100 * DAY))
        await until("the request to be kept", lambda: stored(world, id))
        world.cluster.kill("metrics")
        left = await stored(world, id)
        await world.cluster.start_service("metrics")
        # Where this process was given no time meanwhile, it was faster than the kill all the same.
        return id if left == ["Requested"] else None

    id = await until("a kill in the middle", killed_in_the_middle, within=120)
    found = await over(world, id)
    [tried] = found["objectives"]
    assert (found["state"], tried["totals"]["judged"]) == ("completed", len(tried["periods"]))
    assert len(tried["periods"]) >= 2
    assert await stored(world, id) == ["Requested", "Completed"]

    async def published() -> list[dict[str, Any]]:
        return [each for each in await told(world) if each["backtest"] == id]

    assert [each["backtest"] for each in await until("what is told", published)] == [id]
