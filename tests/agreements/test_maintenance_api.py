"""Maintenance from its announcement to its end, over HTTP on a real database, with a clock the test owns."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest
from agreeing import PATH, Agreeing, day, opened

from sepakat_cli.backends import Backend

pytestmark = pytest.mark.servers
AGREED: dict[str, Any] = {
    "notice": "P3D", "allowance": {"max": "PT4H", "per": "month"},
    "freezes": [{"from": "2026-03-20", "until": "2026-03-22"}],
    "windows": [{"id": "patch", "start": "2026-01-04T01:00:00+07:00", "duration": "PT2H",
                 "rrule": "FREQ=MONTHLY;BYDAY=1SU", "objectives": ["availability"]}],
}  # fmt: skip
OFFICE = {"id": "office", "timeZone": "Europe/Berlin", "weekly": {"mon-fri": "08:00-17:00"},
          "holidays": {"country": "DE", "add": ["2026-03-30"]}}  # fmt: skip
WORK = "/maintenance"


def times(start: datetime, hours: float = 1, **more: Any) -> dict[str, Any]:
    end = start + timedelta(hours=hours)
    return {"start": start.isoformat(), "end": end.isoformat(), "reason": "a new database", **more}


async def in_force(world: Agreeing) -> None:
    await world.ask("nusantara", "PUT", PATH, 201, json=world.text(maintenance=AGREED, calendars=[OFFICE]))
    for party in ("nusantara", "toko-maju"):
        await world.sign(party)
    await world.until(day(2025, 12, 31, 17))
    world.clock.set(day(2026, 3, 2))


async def announce(world: Agreeing, start: datetime, hours: float = 1, status: int = 201, **more: Any) -> Any:
    return await world.post("nusantara", WORK, status, **times(start, hours, **more))


async def told(world: Agreeing) -> list[str]:
    return [type.split(".")[2] for type, _ in await world.told() if type.startswith("sepakat.maintenance.")]


async def test_work_is_announced_consented_to_moved_reminded_of_and_cancelled(backend: Backend) -> None:
    async with opened(backend) as world:
        await in_force(world)
        first = await announce(world, day(2026, 3, 10, 18), services=["checkout"])
        assert (first["id"], first["state"], first["needs_consent"]) == ("m1", "announced", [])
        assert [each["start"] for each in first["excluded"]] == ["2026-03-10T18:00:00.000Z"]

        late = await announce(world, day(2026, 3, 20, 18), 2, rrule="FREQ=WEEKLY;COUNT=2")
        assert (late["state"], late["needs_consent"]) == ("awaiting-consent", ["freeze", "allowance"])
        assert late["answer_by"] == "2026-03-20T18:00:00.000Z" and late["excluded"] == []
        await world.post("nusantara", f"{WORK}/m2/consent", 403, revision=1)
        consented = await world.post("toko-maju", f"{WORK}/m2/consent", 200, revision=1, statement="after closing time")
        assert [each["beyond_allowance"] for each in consented["excluded"]] == [True, True]

        # What was consented to uses up none of the four hours; the monthly window and the first one take three.
        assert (await announce(world, day(2026, 3, 12, 18), 1))["needs_consent"] == []
        assert (await announce(world, day(2026, 3, 13, 18), 0.1))["needs_consent"] == ["allowance"]
        assert (await world.post("toko-maju", f"{WORK}/m4/refuse", 200))["state"] == "refused"

        moved = await world.post("nusantara", f"{WORK}/m1/move", 200, **times(day(2026, 3, 4, 23)))
        assert (moved["state"], moved["needs_consent"], moved["revision"]) == ("awaiting-consent", ["notice"], 2)
        world.clock.set(day(2026, 3, 4, 23))
        assert await world.fire_due()
        assert (await world.get("/maintenance/announcements/m1"))["state"] == "lapsed"
        world.clock.set(day(2026, 3, 11, 18))
        assert await world.fire_due()
        cancelled = await world.post("nusantara", f"{WORK}/m3/cancel", 200, reason="not needed")
        assert (cancelled["state"], cancelled["excluded"]) == ("cancelled", [])
        assert await told(world) == [
            "announced", "announced", "consented", "announced", "announced", "refused", "moved", "lapsed", "reminded",
            "cancelled",
        ]  # fmt: skip
        assert [each["id"] for each in (await world.get("/maintenance/announcements"))["items"]] == [
            "m4", "m3", "m2", "m1"
        ]  # fmt: skip


async def test_what_is_asked_is_refused_with_every_field_and_its_rule(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.ask("nusantara", "PUT", PATH, 201, json=world.text(maintenance=AGREED))
        assert "is draft" in (await announce(world, day(2026, 3, 10), status=409))["detail"]
        for party in ("nusantara", "toko-maju"):
            await world.sign(party)
        await world.until(day(2026, 1, 1))
        wrong = await announce(world, day(2025, 12, 1), -1, 422, rrule="FREQ=SECONDLY")
        assert [each["pointer"] for each in wrong["errors"]] == ["/start", "/end", "/rrule"]
        wrong = await announce(world, day(2026, 3, 10), 1, 422, services=["shop"], objectives=["speed"])
        assert [each["pointer"] for each in wrong["errors"]] == ["/services/0", "/objectives/0"]
        await world.post("toko-maju", WORK, 403, **times(day(2026, 3, 10)))
        await world.ask("operator", "POST", PATH + WORK, 403, json=times(day(2026, 3, 10)))
        await world.ask("stranger", "GET", PATH + WORK, 404)
        await world.ask("stranger", "POST", PATH + WORK, 404, json=times(day(2026, 3, 10)))
        once = {"Idempotency-Key": "k1"}
        for _ in range(2):
            body = await world.ask(
                "nusantara", "POST", PATH + WORK, 201, json=times(day(2026, 3, 10)), headers=once
            )  # fmt: skip
            assert body["id"] == "m1"


async def test_all_maintenance_is_listed_and_read_by_calendar_programs_through_a_link(backend: Backend) -> None:
    async with opened(backend) as world:
        await in_force(world)
        await announce(world, day(2026, 3, 10, 18), services=["checkout"])
        await announce(world, day(2026, 3, 4), objectives=["availability"])
        span = {"from": "2026-02-28T17:00:00Z", "until": "2026-04-30T17:00:00Z"}
        listed = await world.get(WORK, **span)
        assert listed["time_zone"] == "Asia/Jakarta"
        names = ("source", "id", "start", "counts", "when")
        found = [tuple(each[name] for name in names) for each in listed["items"]]
        assert found == [
            ("text", "patch", "2026-03-01T01:00:00.000+07:00", True, "past"),
            ("announced", "m2", "2026-03-04T07:00:00.000+07:00", False, "upcoming"),
            ("announced", "m1", "2026-03-11T01:00:00.000+07:00", True, "upcoming"),
            ("text", "patch", "2026-04-05T01:00:00.000+07:00", True, "upcoming"),
        ]
        wrong = await world.ask("toko-maju", "GET", PATH + WORK, 422, params={**span, "until": span["from"]})
        assert wrong["errors"][0]["pointer"] == "/query/until"

        series = await announce(world, day(2026, 3, 8, 1), 0.1, rrule="FREQ=DAILY;COUNT=3")
        assert (series["id"], series["state"]) == ("m3", "announced")
        starts = [each["start"] for each in series["occurrences"]]
        there = times(day(2026, 3, 12, 1), 0.1, occurrence=starts[1])
        for _ in range(2):  # sent again
            one = await world.post("nusantara", f"{WORK}/m3/move", 200, **there)
            assert (one["id"], one["state"], one["needs_consent"]) == ("m4", "announced", [])
        gone = {"maintenance": "m3", "start": starts[1], "end": "2026-03-09T01:06:00.000Z"}
        assert one["instead_of"] == gone
        near = await world.post(
            "nusantara", f"{WORK}/m3/move", 200, **times(day(2026, 3, 3), 0.1, occurrence=starts[2])
        )
        assert (near["id"], near["state"], near["needs_consent"]) == ("m5", "awaiting-consent", ["notice"])
        wrong = await world.post("nusantara", f"{WORK}/m3/move", 422, **there, rrule="FREQ=DAILY;COUNT=2")
        assert wrong["errors"][0]["pointer"] == "/rrule"
        again = await announce(world, day(2026, 3, 14, 1), 0.1, rrule="FREQ=DAILY;COUNT=2")
        one = {"reason": "a market day", "occurrence": again["occurrences"][0]["start"]}
        left = await world.post("nusantara", f"{WORK}/m6/cancel", 200, **one)
        assert (left["state"], left["excluded"][0]["start"]) == ("announced", "2026-03-15T01:00:00.000Z")
        assert (await told(world))[2:] == [
            "announced", "moved", "announced", "moved", "announced", "announced", "moved"
        ]  # fmt: skip

        made = await world.post("toko-maju", f"{WORK}/calendar-links")
        path = made["url"].removeprefix("http://agreements")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url="http://agreements") as program:
            answer = await program.get(path)
            assert (answer.status_code, answer.headers["content-type"][:13]) == (200, "text/calendar")
            events = {str(each["uid"]): each for each in icalendar.Calendar.from_ical(answer.text).walk("VEVENT")}
            one = events["20260310T180000Z-announced.m1-toko-checkout@sepakat"]
            assert (str(one["summary"]), str(one["status"])) == ("Maintenance: Checkout", "CONFIRMED")
            assert one.decoded("dtend") - one.decoded("dtstart") == timedelta(hours=1)
            assert str(events["20260304T000000Z-announced.m2-toko-checkout@sepakat"]["status"]) == "TENTATIVE"
            assert "20260404T180000Z-text.patch-toko-checkout@sepakat" in events
            alone = {uid.removesuffix("-toko-checkout@sepakat"): str(each["status"]) for uid, each in events.items()}
            assert {uid: status for uid, status in alone.items() if uid[-2:] in ("m3", "m4", "m5", "m6")} == {
                "20260308T010000Z-announced.m3": "CONFIRMED", "20260312T010000Z-announced.m4": "CONFIRMED",
                "20260303T000000Z-announced.m5": "TENTATIVE", "20260315T010000Z-announced.m6": "CONFIRMED",
            }  # fmt: skip
            assert (await world.get(f"{WORK}/calendar-links"))["items"][0]["id"] == made["id"]
            await world.ask("nusantara", "DELETE", f"{PATH}{WORK}/calendar-links/{made['id']}", 404)
            await world.ask("toko-maju", "DELETE", f"{PATH}{WORK}/calendar-links/{made['id']}", 204)
            assert (await program.get(path)).status_code == 410
            assert (await program.get("/v1/calendars/x.ics")).status_code == 404


async def test_a_calendar_is_previewed_over_a_clock_change(backend: Backend) -> None:
    async with opened(backend) as world:
        await in_force(world)
        shown = await world.get("/calendars/office/preview", **{"from": "2026-03-27", "days": 5})
        assert shown["next_opening"]["start"] == "2026-03-02T08:00:00+01:00"
        days = [(each["date"], len(each["open"]), each["holiday"], each["clocks_change"]) for each in shown["days"]]
        assert days == [
            ("2026-03-27", 1, False, False), ("2026-03-28", 0, False, False), ("2026-03-29", 0, False, True),
            ("2026-03-30", 0, True, False), ("2026-03-31", 1, False, False),
        ]  # fmt: skip
        friday, tuesday = shown["days"][0]["open"][0], shown["days"][4]["open"][0]
        assert (friday["start"], tuesday["start"]) == ("2026-03-27T08:00:00+01:00", "2026-03-31T08:00:00+02:00")
        await world.ask("toko-maju", "GET", f"{PATH}/calendars/shop/preview", 404)
        await world.ask("stranger", "GET", f"{PATH}/calendars/office/preview", 404)
        wrong = await world.ask(
            "toko-maju", "GET", f"{PATH}/calendars/office/preview", 422, params={"from": "0001-01-01"}
        )
        assert wrong["errors"][0]["pointer"] == "/query/from"
