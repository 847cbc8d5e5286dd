"""The same outage, with something ended in the middle of it: one incident, every notification, the same figure.

One cluster lives through all of them, one after another.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from world import INDICATOR, World, event, opened

from sepakat_cli.backends import Backend
from sepakat_cli.demo.telling import until
from sepakat_cli.launcher import SERVICES
from sepakat_shared.contracts import topics

pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")
]  # fmt: skip
_HALF_MINUTE = timedelta(seconds=30)
_LOST = "120.0000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(module_backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with opened(module_backend, tmp_path_factory.mktemp("world")) as world:
        await world.subscribe()
        yield world


def outage(name: str, indicator: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The events until the service is down, and those after it: two minutes are lost, however late they are read."""
    begin = datetime.now(UTC) - timedelta(minutes=10)
    states = ["up"] * 16 + ["down"] * 4 + ["up"]
    events = [event(f"{name}-{i}", state, begin + i * _HALF_MINUTE, indicator) for i, state in enumerate(states)]
    return events[:20], events[20:]


async def restart(world: World, what: str) -> None:
    match what:
        case "broker":
            await world.cluster.restart_broker(kill=True)
        case "database":
            await world.cluster.restart_database(kill=True)
        case _:
            world.cluster.kill(what)
            await world.cluster.start_service(what)


async def settled(world: World, agreement: str) -> list[dict[str, Any]]:
    """All deliveries, once the incident is resolved and every message about it and its objective has ended."""

    async def ended() -> list[dict[str, Any]] | None:
        found = await world.items("notifier", "/v1/deliveries", limit=200)
        ours = [each for each in found if each["about"].startswith(f"{agreement}/") or f"{agreement}." in each["about"]]
        resolved = [each for each in ours if each["type"] == "sepakat.incident.resolved.v1"]
        waiting = [each for each in ours if each["status"] == "pending"]
        # Everyone who was told of the incident, and the customer's system.
        return ours if len(resolved) == 3 and not waiting else None

    return list(await until("the end of every delivery", ended, within=120))


@pytest.mark.parametrize("victim", ["nothing", *SERVICES, "broker", "database"])
async def test_one_outage_is_one_incident_whatever_is_ended_in_the_middle(world: World, victim: str) -> None:
    agreement, indicator = f"toko-{victim}", f"nusantara/{victim}-state"
    await world.register(indicator)
    await world.agree(agreement, indicator, window={"calendar": "year"}, target="99.9999")
    until_down, after_down = outage(victim, indicator)
    await world.deliver(*until_down)
    if victim != "nothing":
        await restart(world, victim)
    if victim == "broker" and not world.cluster.backend.keeps_events:
        # What this broker had not handed on yet is gone, and only its publisher has it still.
        await world.deliver(*until_down)

    async def with_both_causes() -> bool:
        return [each["causes"] >= 2 for each in await world.incidents(agreement)] == [True]

    await until("the incident, with impairment and breach", with_both_causes, within=120)
    await world.deliver(*after_down)
    await settled(world, agreement)

    async def same_figure() -> bool:
        figure = await world.figure(agreement)
        return figure is not None and figure["budget"]["consumed"] == _LOST

    await until("the figure", same_figure)
    # Of the breach the notifier hears by another topic than of the incident's end, and so perhaps after it.
    await world.taken_in()
    deliveries = await settled(world, agreement)
    facts = Counter(await world.all_told("metrics", agreement))
    for once in ("impairment.began", "impairment.ended", "objective.breached"):
        assert facts[f"sepakat.{once}.v1"] == 1, facts
    assert [each["status"] for each in await world.incidents(agreement)] == ["resolved"]

    assert {each["status"] for each in deliveries} == {"delivered"}
    told = Counter((each["type"].split(".")[2], each["recipient"]) for each in deliveries if each["channel"] == "email")
    for wanted in [("opened", "budi"), ("escalated", "oncall"), ("breached", "rina"), ("breached", "budi"),
                   ("resolved", "budi"), ("resolved", "oncall")]:  # fmt: skip
        assert told[wanted] == 1, told
    mailed = {str(each.message["Message-ID"])[1:33] for each in world.desk.mails}
    assert {each["id"] for each in deliveries if each["channel"] == "email"} <= mailed

    async def heard() -> bool:
        """What the metrics service says comes by another topic, and so perhaps after the end of the incident."""
        published = Counter(await world.all_told("incidents", agreement)) + facts
        hooks = [each.event for each in world.desk.hooks if each.event["data"].get("agreement") == agreement]
        return set(published) == {each["type"] for each in hooks}

    await until("the customer's system to hear of every event", heard)
    assert all(each.verified for each in world.desk.hooks)


async def test_what_the_embedded_broker_forgets_its_publisher_must_send_again(world: World) -> None:
    """On a broker that keeps its records, nothing need be sent again."""
    await world.register()
    await world.agree(window={"calendar": "year"})
    at = datetime.now(UTC) - timedelta(minutes=10)
    unread, last = event("unread", "down", at + _HALF_MINUTE), event("last", "up", at + 2 * _HALF_MINUTE)
    await world.deliver(event("before", "up", at))
    await until("the first figure", world.figure)
    world.cluster.kill("metrics")
    async with AIOKafkaProducer(bootstrap_servers=world.cluster.backend.kafka) as producer:
        headers = [("content-type", b"application/cloudevents+json")]
        await producer.send_and_wait(topics.METRICS, json.dumps(unread).encode(), INDICATOR.encode(), headers=headers)
    await world.cluster.restart_broker(kill=True)
    await world.cluster.start_service("metrics")

    async def last_is_counted() -> bool:
        return [each["outcome"] for each in await world.send(last)] == ["duplicate"]

    async def lost() -> str | None:
        figure = await world.figure()
        return figure["budget"]["consumed"] if figure else None

    await world.deliver(last)
    await until("the event after it to be counted", last_is_counted)
    if world.cluster.backend.keeps_events:
        await until("the unread event to count", lambda: _is(lost, "30.0000"))
    else:
        assert await until("a figure", lost) == "0.0000"
        await world.deliver(unread)
        await until("it to count, once it was sent again", lambda: _is(lost, "30.0000"))


async def _is(ask: Callable[[], Awaitable[str | None]], wanted: str) -> bool:
    return await ask() == wanted
