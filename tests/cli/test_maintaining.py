"""Maintenance as people and scripts announce it, agree to it and read it."""

import json
from typing import Any

from stand import Run, Stand, answer

PATH = "/v1/agreements/toko-checkout/maintenance"
WORK: dict[str, Any] = {
    "id": "m1", "agreement": "toko-checkout", "state": "awaiting-consent", "needs_consent": ["notice", "allowance"],
    "answer_by": "2026-12-05T18:00:00.000Z", "occurrences": [],
}  # fmt: skip
TIMES = ("--from", "2026-12-06T01:00:00+07:00", "--until", "2026-12-06T03:00:00+07:00", "--reason", "a new database")


def test_what_is_announced_says_what_it_needs(stand: Stand, run: Run) -> None:
    stand.on("POST", PATH, answer(WORK, 201))
    done = run(
        "maintenance", "announce", "toko-checkout", *TIMES, "--service", "checkout", "--rrule", "FREQ=DAILY;COUNT=2"
    )
    assert done.stdout == "m1: awaiting-consent\n"
    assert "before 2026-12-05T18:00:00.000Z: notice, allowance" in " ".join(done.stderr.split())
    assert stand.asked[0].json == {
        "start": "2026-12-06T01:00:00+07:00", "end": "2026-12-06T03:00:00+07:00", "rrule": "FREQ=DAILY;COUNT=2",
        "reason": "a new database", "services": ["checkout"], "objectives": [],
    }  # fmt: skip
    refused = run("maintenance", "announce", "toko-checkout", "--from", "tomorrow", *TIMES[2:])
    assert refused.exit_code == 2 and "RFC 3339" in refused.stderr


def test_each_answer_sends_what_it_needs(stand: Stand, run: Run) -> None:
    for what in ("move", "cancel", "consent", "refuse"):
        stand.on("POST", f"{PATH}/m1/{what}", answer({**WORK, "state": "announced"}))
    at_night = ("--statement", "at night", "--revision", "3")
    assert run("maintenance", "consent", "toko-checkout", "m1", *at_night).stdout == "m1: announced\n"
    assert stand.asked[0].json == {"revision": 3, "statement": "at night"}
    run("maintenance", "refuse", "toko-checkout", "m1")
    run("maintenance", "cancel", "toko-checkout", "m1", "--reason", "not needed")
    assert json.loads(run("maintenance", "move", "toko-checkout", "m1", *TIMES, "--json").stdout)["id"] == "m1"
    assert [each.json.get("statement", each.json.get("reason")) for each in stand.asked] == [
        "at night", None, "not needed", "a new database"
    ]  # fmt: skip


def test_one_time_of_a_series_is_moved_and_cancelled_by_its_start(stand: Stand, run: Run) -> None:
    stand.on("POST", f"{PATH}/m1/move", answer({**WORK, "id": "m2", "state": "announced"}))
    stand.on("POST", f"{PATH}/m1/cancel", answer({**WORK, "state": "announced"}))
    one = ("--occurrence", "2026-12-13T01:00:00+07:00")
    assert run("maintenance", "move", "toko-checkout", "m1", *one, *TIMES).stdout == "m2: announced\n"
    run("maintenance", "cancel", "toko-checkout", "m1", *one, "--reason", "a market day")
    assert [each.json["occurrence"] for each in stand.asked] == ["2026-12-13T01:00:00+07:00"] * 2
    refused = run("maintenance", "cancel", "toko-checkout", "m1", "--occurrence", "x", "--reason", "y")
    assert refused.exit_code == 2 and "--occurrence" in refused.stderr


def test_consent_is_to_what_is_shown(stand: Stand, run: Run) -> None:
    shown = {"start": "2026-12-05T18:00:00.000Z", "end": "2026-12-05T20:00:00.000Z"}
    stand.on("GET", f"{PATH}/announcements/m1", answer({**WORK, "revision": 2, "occurrences": [shown]}))
    stand.on("POST", f"{PATH}/m1/consent", answer({**WORK, "state": "announced"}))
    done = run("maintenance", "consent", "toko-checkout", "m1")
    assert "2026-12-05T18:00:00.000Z to 2026-12-05T20:00:00.000Z" in " ".join(done.stderr.split())
    assert stand.asked[-1].json == {"revision": 2, "statement": None}


def test_when_it_is_is_listed_and_printed_and_subscribed_to(stand: Stand, run: Run) -> None:
    occurrence = {
        "source": "text", "id": "patch", "start": "2026-12-06T01:00:00.000+07:00",
        "end": "2026-12-06T03:00:00.000+07:00", "state": "agreed", "counts": True, "when": "upcoming", "services": [],
        "objectives": [], "reason": None,
    }  # fmt: skip
    stand.on("GET", PATH, answer({"time_zone": "Asia/Jakarta", "items": [occurrence]}))
    stand.on("GET", f"{PATH}.ics", answer("BEGIN:VCALENDAR"))
    stand.on("POST", f"{PATH}/calendar-links", answer({"id": "l1", "url": "http://agreements/v1/calendars/x.ics"}, 201))
    stand.on("GET", f"{PATH}/calendar-links", answer({"items": [{"id": "l1", "made_at": "now", "by": "key"}]}))
    stand.on("DELETE", f"{PATH}/calendar-links/l1", answer(None))
    listed = run("maintenance", "list", "toko-checkout", "--from", "2026-12-01T00:00:00Z").stdout
    assert "patch" in listed and "2026-12-06T01:00:00.000+07:00" in listed and "upcoming" in listed
    assert stand.asked[0].query == {"from": "2026-12-01T00:00:00+00:00"}
    assert "BEGIN:VCALENDAR" in run("maintenance", "ics", "toko-checkout").stdout
    assert run("maintenance", "subscribe", "toko-checkout").stdout == "http://agreements/v1/calendars/x.ics\n"
    assert "l1" in run("maintenance", "subscriptions", "toko-checkout").stdout
    assert run("maintenance", "unsubscribe", "toko-checkout", "l1").exit_code == 0
