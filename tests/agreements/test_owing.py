"""Obligations of an agreement in force, over HTTP on a real database, with a clock that the test owns."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from agreeing import Agreeing, day, opened

from sepakat_cli.backends import Backend
from sepakat_shared.contracts import compliance, incidents, topics

pytestmark = pytest.mark.servers
OBLIGATIONS = [
    {"id": "load", "party": "toko-maju", "owner": "budi", "text": {"en": "Announce the load", "id": "Perkiraan beban"},
     "every": "P1M", "unmet": {"pauses": ["availability"]}},
    {"id": "contact", "party": "toko-maju", "text": {"en": "Answer", "id": "Menjawab"}, "within": "PT30M",
     "after": "contact-request"},
    {"id": "first-note", "party": "nusantara", "owner": "rina", "text": {"en": "A first note", "id": "Kabar pertama"},
     "within": "PT2H", "trigger": {"event": "incident-opened", "priorities": ["P1"]}},
]  # fmt: skip
PROOF = {"name": "load.pdf", "media_type": "application/pdf", "size": 5, "sha256": "0" * 64,
         "url": "https://files.example/load.pdf"}  # fmt: skip
JANUARY = "toko-checkout.load.20260131T170000Z"


async def in_force(world: Agreeing) -> None:
    await world.ask("nusantara", "PUT", "/v1/agreements/toko-checkout", 201, json=world.text(obligations=OBLIGATIONS))
    for party in ("nusantara", "toko-maju"):
        await world.sign(party)
    await world.until(day(2026, 1, 1))


async def owed(world: Agreeing, who: str = "toko-maju", **wanted: str) -> list[dict[str, Any]]:
    answer = await world.ask(who, "GET", "/v1/obligations", params=wanted)
    return list(answer["items"])


async def act(world: Agreeing, who: str, id: str, what: str, status: int = 200, **body: Any) -> Any:
    return await world.ask(who, "POST", f"/v1/obligations/{id}/{what}", status, json=body)


async def etag(world: Agreeing, path: str) -> dict[str, str]:
    """The headers that say what was read."""
    read = await world.http.get(path, headers={"Authorization": "Bearer spk_nusantara"})
    return {"If-Match": read.headers["etag"]}


async def told(world: Agreeing) -> list[tuple[str, list[str]]]:
    return [
        (type.removeprefix("sepakat.obligation.").removesuffix(".v1"), data["recipients"])
        for type, data in await world.told() if type.startswith("sepakat.obligation.")
    ]  # fmt: skip


async def test_what_is_due_by_the_calendar_is_told_ahead_and_late_and_is_met_with_evidence(backend: Backend) -> None:
    async with opened(backend) as world:
        await in_force(world)
        [january] = await owed(world)
        assert (january["id"], january["status"], january["due_at"]) == (
            JANUARY, "upcoming", "2026-01-31T17:00:00.000Z",
        )  # fmt: skip
        await world.until(day(2026, 1, 31))
        assert (await owed(world))[0]["status"] == "due"
        await world.until(day(2026, 2, 1))
        assert [(each["id"], each["status"]) for each in await owed(world)] == [
            (JANUARY, "overdue"), ("toko-checkout.load.20260228T170000Z", "upcoming"),
        ]  # fmt: skip
        assert (await owed(world, status="overdue"))[0]["unmet"] == {"start": "2026-01-31T17:00:00.000Z"}
        refused = await act(world, "toko-maju", JANUARY, "fulfil", 422, evidence=[{**PROOF, "name": "load.exe"}])
        assert refused["errors"][0]["pointer"] == "/evidence/0/name"
        await act(world, "nusantara", JANUARY, "fulfil", 403)
        met = await act(world, "toko-maju", JANUARY, "fulfil", evidence=[PROOF], note="late, sorry")
        assert (met["status"], met["unmet"]["end"], met["evidence"]) == (
            "met-late",
            "2026-02-01T00:00:00.000Z",
            [PROOF],
        )
        await act(world, "nusantara", JANUARY, "contest", reason="that is of December")
        # Evidence is accepted as it was read: better one that comes meanwhile has to be looked at first.
        path = f"/v1/obligations/{JANUARY}"
        await world.ask("nusantara", "POST", f"{path}/accept", 428)
        read = await etag(world, path)
        better = [{**PROOF, "name": "january.pdf"}]
        await act(world, "toko-maju", JANUARY, "fulfil", evidence=better)
        await world.ask("nusantara", "POST", f"{path}/accept", 412, headers=read)
        await world.ask("stranger", "POST", f"{path}/accept", 404, headers=read)
        await world.ask("nusantara", "POST", f"{path}/accept", headers=await etag(world, path))
        assert (await act(world, "nusantara", JANUARY, "excuse", reason="the first one"))["status"] == "excused"
        await world.ask("stranger", "GET", f"/v1/obligations/{JANUARY}", 404)
        await world.ask("operator", "POST", f"/v1/obligations/{JANUARY}/accept", 403)
        assert await told(world) == [
            ("due", ["toko-maju/budi"]), ("overdue", ["toko-maju/budi", "nusantara/rina"]),
            ("met", ["nusantara/rina"]), ("answered", ["toko-maju/budi"]), ("met", ["nusantara/rina"]),
            ("answered", ["toko-maju/budi"]), ("excused", ["toko-maju/budi"]),
        ]  # fmt: skip
        history = await world.ask("nusantara", "GET", f"/v1/obligations/{JANUARY}/history")
        assert [each["what"] for each in history["items"]] == [
            "Begun", "Reminded", "Missed", "Met", "Answered", "Met", "Answered", "Excused",
        ]  # fmt: skip


async def test_what_a_party_asks_for_is_due_in_its_time_and_an_end_of_the_agreement_ends_it(backend: Backend) -> None:
    async with opened(backend) as world:
        await in_force(world)
        path = "/v1/agreements/toko-checkout/obligations/contact/requests"
        body = {"about": "toko-checkout.checkout.0001", "note": "whom do we call?"}
        keys = {"Idempotency-Key": "k1"}
        asked = [await world.ask("nusantara", "POST", path, 201, json=body, headers=keys) for _ in range(2)]
        assert asked[0] == asked[1] and (asked[0]["status"], asked[0]["due_at"]) == ("due", "2026-01-01T00:30:00.000Z")
        await world.ask("toko-maju", "POST", path, 403, json={})
        [found] = await owed(world, about="toko-checkout.checkout.0001")
        assert found["occasion"] == {"kind": "request", "by": "nusantara", **body}
        opened_at = world.clock.now()
        for kind, more in ((incidents.IncidentOpened, {"cause": "report", "cause_event": "e"}),
                           (incidents.IncidentRaised, {"previous_priority": "P2"})):  # fmt: skip
            fact = kind(
                incident="toko-checkout.checkout.0001", number="C-1", agreement="toko-checkout", provider="nusantara",
                customer="toko-maju", service="checkout", title={"en": "Down"}, priority="P1", opened_at=opened_at,
                at=opened_at, **more,
            )  # fmt: skip
            await world.happens(topics.INCIDENTS, fact)
        [note] = await owed(world, obligation="first-note")
        assert (note["due_at"], note["occasion"]["about"]) == ("2026-01-01T02:00:00.000Z", fact.incident)
        await world.until(day(2026, 1, 3))
        notice = {"last_day": "2026-01-20", "ground": "cause", "reason": "both agree"}
        await world.post("nusantara", "/termination", 201, **notice)
        await world.until(day(2026, 2, 2))
        ended = {each["obligation"]: each["status"] for each in await owed(world)}
        assert ended == {"load": "void", "contact": "overdue", "first-note": "overdue"}
        await world.ask("nusantara", "POST", path, 409, json={})


async def test_an_agreement_that_was_in_force_before_owes_nothing_of_the_time_before(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.ask(
            "nusantara", "PUT", "/v1/agreements/toko-checkout", 201, json=world.text(obligations=OBLIGATIONS)
        )
        for party in ("nusantara", "toko-maju"):
            await world.sign(party)
        world.clock.set(day(2026, 5, 5))
        await world.timers[0].fire_due()
        await world.obligations.adopt()
        await world.obligations.adopt()
        await world.timers[2].fire_due()
        assert [each["due_at"] for each in await owed(world)] == ["2026-05-31T17:00:00.000Z"]
        world.clock.advance(timedelta(days=100))
        assert await world.timers[2].fire_due() >= 1
        assert len(await owed(world)) == 4, "what nobody was there for is begun all the same"


REMEDIES = {"improvementPlan": {"misses": 2, "within": "P6M"},
            "termination": {"misses": 3, "within": "P12M", "notice": "P30D"}}  # fmt: skip


async def closed(
    world: Agreeing, start: datetime, end: datetime, kind: Any = compliance.PeriodClosed, **more: Any
) -> None:
    fact = kind(
        agreement="toko-checkout", version=1, provider="nusantara", customer="toko-maju", service="checkout",
        indicator="nusantara/checkout-state", cause="x", episode="x", objective="availability",
        period={"start": start, "end": end}, state="breached", target="99.9", at=end, **{"met": False, **more},
    )  # fmt: skip
    await world.happens(topics.COMPLIANCE, fact)


async def test_repeated_misses_demand_a_plan_that_is_kept_and_permit_to_terminate(backend: Backend) -> None:
    async with opened(backend) as world:
        text = world.text(remedies=REMEDIES)
        await world.ask("nusantara", "PUT", "/v1/agreements/toko-checkout", 201, json=text)
        for party in ("nusantara", "toko-maju"):
            await world.sign(party)
        await world.until(day(2026, 3, 1))
        january, february, march = day(2026, 1, 1), day(2026, 2, 1), day(2026, 3, 1)
        await closed(world, january, february)
        await closed(world, day(2025, 12, 1), january, met=None)
        assert (await world.get("/standing"))["plans"] == []
        await closed(world, february, march)
        [plan] = (await world.ask("toko-maju", "GET", "/v1/improvement-plans"))["items"]
        path = f"/v1/improvement-plans/{plan['id']}"
        assert (plan["status"], plan["draft_by"], len(plan["misses"])) == ("demanded", "2026-03-15T00:00:00.000Z", 2)
        await world.until(day(2026, 3, 16))
        draft = {"owner": "rina", "measures": [{"text": "a second site", "due_at": "2026-04-01T00:00:00+07:00"}]}
        stranger = await world.ask("nusantara", "POST", f"{path}/draft", 422, json={**draft, "owner": "budi"})
        assert [each["pointer"] for each in stranger["errors"]] == ["/owner"]
        assert "no contact of 'nusantara'" in stranger["detail"]
        await world.ask("nusantara", "POST", f"{path}/draft", json=draft)
        await world.ask("toko-maju", "POST", f"{path}/agree", 428)
        read = await etag(world, path)
        draft["measures"] = [{"text": "a second site, and a drill", "due_at": "2026-04-01T00:00:00+07:00"}]
        await world.ask("nusantara", "POST", f"{path}/draft", json=draft)
        await world.ask("toko-maju", "POST", f"{path}/agree", 412, headers=read)
        await world.ask("stranger", "POST", f"{path}/agree", 404, headers=read)
        agreed = await world.ask("toko-maju", "POST", f"{path}/agree", headers=await etag(world, path))
        assert (agreed["status"], agreed["measures"][0]["text"]) == ("agreed", "a second site, and a drill")
        await world.until(day(2026, 4, 2))
        await world.ask("nusantara", "POST", f"{path}/progress", json={"note": "it is there", "done": ["1"]})
        conclusion = {"result": "effective", "conclusion": "no miss since"}
        assert (await world.ask("toko-maju", "POST", f"{path}/close", json=conclusion))["status"] == "effective"
        await world.ask("stranger", "GET", path, 404)
        assert [each["what"] for each in (await world.ask("nusantara", "GET", f"{path}/history"))["items"]] == [
            "Demanded", "Overdue", "Drafted", "Drafted", "Answered", "Overdue", "Progressed", "Closed",
        ]  # fmt: skip

        await closed(world, march, day(2026, 4, 1))
        [right] = (await world.get("/standing"))["rights"]
        assert (right["id"], right["party"], right["stands"]) == ("1", "toko-maju", True)
        corrected = {"kind": compliance.PeriodCorrected, "met": True}
        await closed(world, january, february, **corrected, final=False)
        assert [each["stands"] for each in (await world.get("/standing"))["rights"]] == [True]
        await closed(world, january, february, **corrected)
        assert [each["stands"] for each in (await world.get("/standing"))["rights"]] == [False]
        notice = {"last_day": "2026-06-30", "ground": "cause", "reason": "missed thrice", "right": "1"}
        await world.post("toko-maju", "/termination", 409, **notice)
        await closed(world, day(2026, 4, 1), day(2026, 5, 1))
        assert [each["stands"] for each in (await world.get("/standing"))["rights"]] == [False, True]
        await world.post("nusantara", "/termination", 403, **{**notice, "right": "2"})
        await world.post("toko-maju", "/termination", 404, **{**notice, "right": "9"})
        given = (await world.post("toko-maju", "/termination", 201, **{**notice, "right": "2"}))["termination"]
        assert (given["right"], given["notice"], given["honoured"]) == ("2", "P30D", True)
        types = [type.removeprefix("sepakat.").removesuffix(".v1") for type, _ in await world.told()]
        assert types.count("improvement_plan.demanded") == 2 and types.count("improvement_plan.overdue") == 2
        assert [types.count(f"termination_right.{each}") for each in ("arose", "lapsed")] == [2, 1]


async def test_an_obligation_that_is_missed_again_and_again_demands_a_plan_of_whoever_owes_it(backend: Backend) -> None:
    async with opened(backend) as world:
        duty = {**OBLIGATIONS[0], "unmet": {"improvementPlan": {"misses": 2, "within": "P6M", "draftWithin": "P5D"}}}
        text = world.text(obligations=[duty])
        await world.ask("nusantara", "PUT", "/v1/agreements/toko-checkout", 201, json=text)
        for party in ("nusantara", "toko-maju"):
            await world.sign(party)
        await world.until(day(2026, 2, 2))
        await act(world, "nusantara", JANUARY, "excuse", reason="the first one")
        await world.until(day(2026, 3, 2))
        assert len((await world.get("/standing"))["misses"]) == 1, "what was excused is no miss"
        await world.until(day(2026, 4, 2))
        standing = await world.get("/standing", "nusantara")
        [plan] = standing["plans"]
        assert (plan["party"], plan["draft_by"]) == ("toko-maju", "2026-04-05T17:00:00.001Z")
        assert [each["subject"] for each in standing["misses"]] == ["load", "load"]
