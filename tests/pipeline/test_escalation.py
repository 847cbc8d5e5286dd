"""Escalation through real processes: somebody has left, whoever is on call takes it up, and the clocks are measured."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from world import CONTACTS, World

from sepakat_cli.demo.telling import until

pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package")
]  # fmt: skip

TICKETS = "nusantara/checkout-tickets"
WAITING = "waiting-for-customer"
RESTORED: dict[str, Any] = {
    "id": "p1-restore", "indicator": TICKETS, "measure": "per-case", "target": "95", "window": {"calendar": "year"},
    "clock": {"from": "opened", "until": "restored", "pauseWhile": [WAITING]}, "where": {"priority": "P1"},
    "threshold": {"atMost": "PT2H"}, "minimumCases": 1, "allowedMisses": 0,
}  # fmt: skip
POLICY: dict[str, Any] = {
    "rotations": [{"id": "primary", "layers": [
        {"participants": ["rina"], "timeZone": "UTC", "from": "2026-01-01", "every": "day"},
    ]}],
    "priorities": {"P1": {"firstResponse": "PT1S", "escalation": "critical"}},
    "escalation": {"critical": {"levels": [
        {"notify": ["rudi"], "acknowledgeWithin": "PT4H"}, {"notify": ["primary"], "acknowledgeWithin": "PT4H"},
    ]}},
}  # fmt: skip


async def leave(world: World) -> None:
    """Rudi is recorded as a contact of the provider, and erased."""
    async with world.api("agreements") as http:
        for contacts in ((*CONTACTS["nusantara"], "rudi"), CONTACTS["nusantara"]):
            known = (await http.get("/v1/parties/nusantara")).headers.get("ETag")
            named = [{"id": each, "name": each.title(), "email": f"{each}@nusantara.example"} for each in contacts]
            body = {"metadata": {"id": "nusantara"}, "name": "Nusantara", "contacts": named}
            headers = {"If-Match": known} if known else {}
            recorded = await http.put("/v1/parties/nusantara", json=body, headers=headers)
            assert recorded.is_success, recorded.text


async def test_a_person_who_left_stops_no_escalation_and_the_handling_is_measured(world: World) -> None:
    await leave(world)
    await world.agree(more=[RESTORED], **POLICY)
    await world.taken_in()  # people come by another topic than incidents: he is to have left before anybody calls him
    await world.register()
    await world.register(TICKETS, kindOfEvents="ticket", sources=["/sepakat/incidents"])
    begun = datetime.now(UTC)
    await world.send(
        world.event("1", "up", begun - timedelta(minutes=10)), world.event("2", "down", begun - timedelta(minutes=5))
    )

    async def second_level() -> dict[str, Any] | None:
        found = await world.incidents()
        return found[0] if found and found[0]["level"] == 2 else None

    incident = await until("the level after the person who left", second_level, within=60)
    assert incident["asked"] == ["rina"]

    async def types() -> list[str]:
        return await world.told("incidents")

    async def missed() -> bool:
        return "sepakat.clock.missed.v1" in await types()

    await until("the first response to be too late", missed)
    provider = await world.key_of("nusantara", "incidents:read", "incidents:write")

    async def act(what: str, **body: Any) -> dict[str, Any]:
        async with world.api("incidents", provider) as http:
            answer = await http.post(f"/v1/incidents/{incident['id']}/{what}", json=body)
        assert answer.is_success, answer.text
        done: dict[str, Any] = answer.json()
        return done

    taken = await act("acknowledge")
    assert (taken["status"], taken["clocks"][0]["state"]) == ("acknowledged", "missed")
    await act("updates", note="the database is restarted")
    await act("pause", reason=WAITING)
    await act("resume")
    resolved = await act("resolve", note="restarted")
    assert [(each["clock"], each["state"]) for each in resolved["clocks"]] == [
        ("first-response", "missed"), ("restore", "met"),
    ]  # fmt: skip

    async def case() -> dict[str, Any] | None:
        figure = await world.get("metrics", f"/v1/agreements/{world.agreement}/objectives/p1-restore/attainment")
        cases = (figure or {}).get("cases", ())
        # Other agreements of these tests feed the same indicator; none of their tickets counts here.
        assert {each["ticket"] for each in cases} <= {incident["id"]}
        return next((each for each in cases if each["met"] is not None), None)

    measured = await until("the case to be measured", case)
    assert measured["met"]
    assert float(measured["elapsed_seconds"]) == pytest.approx(resolved["clocks"][1]["elapsed_seconds"], abs=0.002)

    told = await world.all_told("incidents")
    for type in ("incident.contact_unreached", "clock.started", "clock.paused", "clock.resumed", "clock.met",
                 "incident.updated"):  # fmt: skip
        assert f"sepakat.{type}.v1" in told, type
    assert told.count("sepakat.incident.escalated.v1") == 2

    async def mailed() -> bool:
        found = await world.items("notifier", "/v1/deliveries", about=incident["id"])
        told = {(each["recipient"], each["status"]) for each in found if each["channel"] == "email"}
        return {("rina", "delivered"), ("rudi", "suppressed")} <= told

    await until("the mails", mailed)


async def test_the_link_of_a_mail_takes_it_up_anew_after_it_was_given_back(world: World) -> None:
    levels = [{"notify": ["oncall"], "acknowledgeWithin": "PT4H"}]
    await world.agree(**{**POLICY, "escalation": {"critical": {"levels": levels}}})
    await world.register()
    begun = datetime.now(UTC)
    await world.send(
        world.event("1", "up", begun - timedelta(minutes=10)), world.event("2", "down", begun - timedelta(minutes=5))
    )

    async def asked() -> list[str]:
        # A mail about an incident of another test may come just now.
        about = [await world.items("notifier", "/v1/deliveries", about=each["id"]) for each in await world.incidents()]
        ours = {each["id"] for of_one in about for each in of_one if each["recipient"] == "oncall"}
        mails = [each.body("plain") for each in world.desk.mails if str(each.message["Message-ID"])[1:33] in ours]
        return [link for mail in mails for link in re.findall(r"http://\S+/a/\S+", mail)]

    link = (await until("the mail with the link", asked, within=60))[-1]

    async def stands(status: str) -> dict[str, Any] | None:
        [incident] = await world.incidents()
        return incident if incident["status"] == status else None

    async def press() -> str:
        async with httpx.AsyncClient(timeout=60) as browser:
            return (await browser.post(link)).text

    assert "you have taken up" in await press()
    incident = await until("the acknowledgement", lambda: stands("acknowledged"))
    provider = await world.key_of("nusantara", "incidents:read", "incidents:write")
    async with world.api("incidents", provider) as http:
        assert (await http.post(f"/v1/incidents/{incident['id']}/unacknowledge")).is_success

    async def counts_no_longer() -> bool:
        async with httpx.AsyncClient(timeout=60) as browser:
            return "That counts no longer" in (await browser.get(link)).text

    await until("the page that asks again", counts_no_longer)
    assert "you have taken up" in await press() and "you have taken up" in await press()
    anew = await until("the acknowledgement anew", lambda: stands("acknowledged"))
    assert anew["acknowledged_by"] == "oncall"
    told = await world.all_told("incidents")
    assert told.count("sepakat.incident.acknowledged.v1") == 2
