"""Alertmanager's door on a real database: storms, repeats, what is rejected, and what is over when."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alerting import OF, OPEN, alert, group
from handled import NOW, Handled, opened
from pymongo.errors import AutoReconnect
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents.alert_door import AlertDoor
from sepakat_incidents.alerts import Alert
from sepakat_incidents.turns import Turns
from sepakat_incidents.wordings import Wordings
from sepakat_shared.auth import Principal
from sepakat_shared.contracts.fact import rfc3339

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

TEXT = agreement(
    services=[{"id": id, "description": {"en": id.title()}} for id in ("checkout", "search")],
    priorities={"P1": {"escalation": "critical"}, "P3": {"escalation": "critical"}},
)


async def post(handled: Handled, *alerts: Any, status: int = 200, **changes: Any) -> Any:
    body, headers = json.dumps(group(*alerts, **changes)), {"content-type": "application/json"}
    return await handled.ask("alertmanager", "POST", "/v1/alertmanager", status, content=body, headers=headers)


@pytest.fixture
async def handled(backend: Backend) -> Any:
    async with opened(backend, TEXT) as handled:
        await handled.key("alertmanager", "nusantara", "alerts:write")
        yield handled


ID = "toko-checkout.checkout.0001"


async def test_a_storm_is_one_incident_with_an_exact_count_and_a_short_timeline(handled: Handled) -> None:
    groups = [[alert(n) for n in range(start, start + 25)] for start in range(0, 300, 25)]
    for answer in await asyncio.gather(*[post(handled, *each) for each in groups]):
        assert answer["accepted"] == 25
        assert {each["incident"] for each in answer["results"]} == {ID}
    seen = await handled.get(ID)
    assert seen["alerts"] == {"count": 300, "received": 300, "truncated": 0}
    assert (seen["priority"], seen["title"]["en"], seen["status"]) == ("P1", "shops do not answer", "open")
    assert len(await handled.told(suffix="incident.opened.v1")) == 1
    assert len(await handled.told(suffix="incident.escalated.v1")) == 1
    timeline = [each["what"] for each in await handled.timeline(ID)]
    assert timeline.count("Counted") <= 3 and len(timeline) < 10
    commits = await handled.commits.collection.count_documents({"aggregate": "line/toko-checkout.checkout"})
    assert commits < 10


async def test_repeats_change_nothing_but_how_often_it_was_received(handled: Handled) -> None:
    await post(handled, alert(1), alert(2))
    before = await handled.timeline(ID)
    for _ in range(3):
        answer = await post(handled, alert(1), alert(2), alert(2))
        assert (answer["accepted"], answer["repeated"]) == (0, 3)
    assert (await handled.get(ID))["alerts"] == {"count": 2, "received": 11, "truncated": 0}
    assert await handled.timeline(ID) == before


async def test_it_is_over_when_every_alert_is(handled: Handled) -> None:
    await post(handled, alert(1), alert(2))
    first = await post(handled, alert(1, "resolved", ends="2026-11-24T08:50:00Z"), alert(2))
    assert (first["resolved"], first["repeated"]) == (1, 1)
    assert (await handled.get(ID))["status"] == "open"
    # What is resolved was missing in one message, and comes late and twice in another.
    for _ in range(2):
        await post(handled, alert(2, "resolved", ends="2026-11-24T08:40:00Z"), status=200)
    over = await handled.get(ID)
    assert (over["status"], over["impact_started_at"], over["impact_ended_at"]) == (
        "resolved", "2026-11-24T08:01:00.123Z", "2026-11-24T08:50:00.000Z",
    )  # fmt: skip
    again = await post(handled, {**alert(1), "startsAt": "2026-11-24T08:59:00Z"})
    assert again["results"][0]["incident"] == "toko-checkout.checkout.0002"


async def test_an_end_that_comes_before_its_beginning_opens_nothing(handled: Handled) -> None:
    early = await post(handled, alert(1, "resolved", ends="2026-11-24T08:50:00Z"))
    assert early["results"][0] == {"fingerprint": f"{1:016x}", "result": "resolved", "incident": None}
    late = await post(handled, alert(1))
    assert (late["repeated"], await handled.told()) == (1, [])


async def test_what_still_fires_when_a_person_ended_it_opens_no_other(handled: Handled) -> None:
    await post(handled, alert(1))
    await handled.post("nusantara", ID, "resolve", note="known, harmless")
    assert (await post(handled, alert(1)))["repeated"] == 1
    assert (await handled.get(ID))["status"] == "resolved"
    new = await post(handled, alert(1), alert(2))
    assert [each["incident"] for each in new["results"]] == [ID, "toko-checkout.checkout.0002"]
    # The end of what fires of the first one ends nothing of the second one.
    await post(handled, alert(1, "resolved", ends="2026-11-24T08:59:00Z"))
    assert (await handled.get("toko-checkout.checkout.0002"))["status"] == "open"
    await post(handled, alert(2, "resolved", ends="2026-11-24T08:59:00Z"))
    assert (await handled.get("toko-checkout.checkout.0002"))["status"] == "resolved"


async def test_each_alert_that_cannot_be_taken_is_answered_with_its_field_and_keeps_none_back(
    handled: Handled,
) -> None:
    nameless = alert(2)
    del nameless["labels"]["sepakat_agreement"]
    odd = [
        nameless, alert(3, sepakat_agreement="of-somebody"), alert(4, sepakat_service="mail"),
        {**alert(5), "startsAt": "yesterday"}, {**alert(6), "fingerprint": ""}, "no alert",
        {**alert(7), "labels": {"a": 1}}, {**alert(8), "startsAt": OPEN},
        # Half a character, which JSON can write: no answer and no database takes it.
        {**alert(10), "fingerprint": "\ud800"}, alert(11, sepakat_agreement="\ud800"), alert(12, **{"\ud800": "x"}),
    ]  # fmt: skip
    answer = await post(handled, alert(1), *odd, alert(9))
    assert (answer["accepted"], answer["rejected"]) == (2, len(odd))
    pointers = [each["errors"][0]["pointer"] for each in answer["results"] if "errors" in each]
    assert pointers == [
        "/alerts/1/labels/sepakat_agreement", "/alerts/2/labels/sepakat_agreement", "/alerts/3/labels/sepakat_service",
        "/alerts/4/startsAt", "/alerts/5/fingerprint", "/alerts/6", "/alerts/7/labels/a", "/alerts/8/startsAt",
        "/alerts/9/fingerprint", "/alerts/10/labels/sepakat_agreement", "/alerts/11/labels/\ufffd\ufffd\ufffd/[key]",
    ]  # fmt: skip
    assert (await handled.get(ID))["alerts"]["count"] == 2
    wrong = await post(handled, *odd, status=422)
    assert wrong["rejected"] == len(wrong["results"]) == len(odd), "a sender who is wrong throughout hears it"
    assert (wrong["type"], wrong["status"]) == ("https://sepakat.dev/problems/invalid", 422)
    assert [each["pointer"] for each in wrong["errors"]] == [each["errors"][0]["pointer"] for each in wrong["results"]]
    assert wrong["errors"][0]["detail"] in wrong["detail"]
    assert (await post(handled))["results"] == []


async def test_a_message_that_is_none_and_a_key_that_may_not_are_refused(handled: Handled) -> None:
    assert (await post(handled, alert(1), version="3", status=422))["errors"][0]["pointer"] == "/version"
    await handled.ask("nusantara", "POST", "/v1/alertmanager", 403, json=group(alert(1)))
    nobodys = await handled.ask("operator", "POST", "/v1/alertmanager", 403, json=group(alert(1)))
    assert "use a key that acts for one" in nobodys["detail"]
    await handled.key("foreign", "stranger", "alerts:write")
    foreign = await handled.ask("foreign", "POST", "/v1/alertmanager", 422, json=group(alert(1)))
    assert foreign["results"][0]["errors"][0]["pointer"] == "/alerts/0/labels/sepakat_agreement"
    assert await handled.told() == []


async def test_what_an_alert_describes_is_for_its_own_party_and_what_it_says_to_both_is_named_so(
    handled: Handled,
) -> None:
    handled.beside.append(handled.discussions.timeline)
    internal, shared = "db-7 in rack 12 is out of\u202e disk,\nsee the runbook of Budi", "Orders are not stored."
    firing = alert(1)
    firing["annotations"] |= {"description": internal, "sepakat_description": shared}
    for _ in range(2):
        await post(handled, firing, {**alert(2), "annotations": firing["annotations"]})
    ours, theirs = await handled.timeline(ID, "nusantara"), await handled.timeline(ID, "toko-maju")
    [said] = [each for each in ours if each["what"] == "Commented"]
    assert said["body"] == "db-7 in rack 12 is out of  disk,\nsee the runbook of Budi"
    assert said["visibility"] == "internal"
    commits = await handled.commits.collection.find({}).to_list(None)
    told = [message["data"] for each in commits for message in each["messages"]]
    assert "runbook" not in f"{theirs} {told} {await handled.get(ID, 'toko-maju')}"
    assert shared in [each.get("description") for each in told]


async def test_what_an_alert_describes_is_said_once_also_where_its_taking_ended_in_the_middle(
    handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_given: Any) -> None:
        raise AutoReconnect("the database is away")

    firing = alert(1)
    firing["annotations"] |= {"description": "see the runbook of Budi"}
    with monkeypatch.context() as broken:
        broken.setattr(handled.discussions, "comment", away)
        await post(handled, firing, status=503)
    await post(handled, firing, {**alert(2), "annotations": {"description": "and db-8"}})
    await post(handled, {**alert(3), "annotations": {"description": "and db-9"}})
    handled.beside.append(handled.discussions.timeline)
    said = [each["body"] for each in await handled.timeline(ID, "nusantara") if each["what"] == "Commented"]
    assert said == ["see the runbook of Budi"]


async def test_what_is_described_of_a_duplicate_is_said_where_it_goes_on(handled: Handled) -> None:
    kept, duplicate = await handled.impaired(), "toko-checkout.search.0001"
    await post(handled, alert(1, sepakat_service="search"))
    await handled.post("nusantara", duplicate, "merge", into=kept)
    firing = alert(2, sepakat_service="search")
    firing["annotations"] |= {"description": "see the runbook of Budi"}
    await post(handled, firing)
    handled.beside.append(handled.discussions.timeline)
    for id, bodies in ((kept, ["see the runbook of Budi"]), (duplicate, [])):
        said = [each["body"] for each in await handled.timeline(id, "nusantara") if each["what"] == "Commented"]
        assert said == bodies


async def test_an_alert_that_has_been_firing_for_years_has_its_impact_within_what_can_be_on_record(
    handled: Handled,
) -> None:
    old = {**alert(1), "startsAt": "2020-01-01T00:00:00Z"}
    old["annotations"] = {"summary": "a\x00b\u202e\x1b[31m" + "x" * 100_000}
    await post(handled, old)
    seen = await handled.get(ID)
    assert seen["impact_started_at"] == rfc3339(NOW - timedelta(days=7))
    assert seen["title"]["en"].startswith("a b [31mxx") and len(seen["title"]["en"]) == 200
    opening = (await handled.timeline(ID))[0]
    assert opening["said_since"] == "2020-01-01T00:00:00Z"
    assert "longer ago" in opening["words"]["en"] and "lebih lama" in opening["words"]["id"]
    # Whatever it says of its end, the impact ended after it began.
    await post(handled, {**old, "status": "resolved", "endsAt": "2020-01-02T00:00:00Z"})
    over = await handled.get(ID)
    assert (over["status"], over["impact_started_at"]) == ("resolved", seen["impact_started_at"])
    assert over["impact_ended_at"] >= over["impact_started_at"]


async def test_services_and_causes_that_somebody_names_are_incidents_of_their_own(handled: Handled) -> None:
    answer = await post(
        handled, alert(1), alert(2, sepakat_service="search"), alert(3, sepakat_cause="disk"),
        alert(4, sepakat_cause="disk", severity="info"), truncatedAlerts=40,
    )  # fmt: skip
    assert [each["incident"] for each in answer["results"]] == [
        ID, "toko-checkout.search.0001", "toko-checkout.checkout.disk.0001", "toko-checkout.checkout.disk.0001",
    ]  # fmt: skip
    disk = await handled.get("toko-checkout.checkout.disk.0001")
    assert (disk["number"], disk["alerts"]) == ("CHECKOUT-DISK-0001", {"count": 2, "received": 2, "truncated": 40})
    listed = await handled.ask("toko-maju", "GET", "/v1/incidents")
    assert sorted(each["alerts"]["count"] for each in listed["items"]) == [1, 1, 2]


async def test_alerts_join_what_the_measurement_found_and_both_must_pass(handled: Handled) -> None:
    assert await handled.impaired() == ID
    await post(handled, alert(1))
    await handled.mended()
    assert (await handled.get(ID))["status"] == "open"
    await post(handled, alert(1, "resolved", ends=rfc3339(NOW)))
    over = await handled.get(ID)
    assert (over["status"], over["causes"]) == ("resolved", 2)


async def test_a_flood_with_ends_in_between_loses_nothing(handled: Handled, backend: Backend) -> None:
    """Many alerts by several senders at once, each of which is over at some time; a new one may come then."""
    pairs = 40 if backend.name == "embedded" else 8  # FerretDB takes a minute for more

    async def send(sender: int) -> None:
        for n in range(sender * 100, sender * 100 + pairs):
            await post(handled, alert(n), alert(n + 40))
            await post(handled, alert(n, "resolved", ends="2026-11-24T08:59:30Z"))
            await post(handled, alert(n + 40, "resolved", ends="2026-11-24T08:59:40Z"))

    await asyncio.gather(*[send(sender) for sender in range(4)])
    listed = (await handled.ask("toko-maju", "GET", "/v1/incidents?limit=200"))["items"]
    assert sum(each["alerts"]["count"] for each in listed) == 4 * 2 * pairs
    assert {each["status"] for each in listed} <= {"resolved", "closed"}
    assert await handled.db["alerts"].count_documents({"ended_at": None}) == 0
    await handled.after(hours=25)
    assert {each["status"] for each in (await handled.ask("toko-maju", "GET", "/v1/incidents"))["items"]} == {"closed"}


async def test_a_message_that_was_cut_off_is_counted_right_when_it_comes_again(
    handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_given: Any) -> int:
        raise AutoReconnect("the database is away")

    for name in ("add", "tally_up"):
        with monkeypatch.context() as broken:
            broken.setattr(handled.incidents.alerts, name, away)
            await post(handled, alert(1), alert(2), status=503)
    again = await post(handled, alert(1), alert(2), alert(3))
    assert (again["accepted"], again["repeated"]) == (1, 2)
    assert (await handled.get(ID))["alerts"]["count"] == 3
    await post(handled, *[alert(n, "resolved", ends="2026-11-24T08:59:00Z") for n in (1, 2, 3)])
    assert (await handled.get(ID))["status"] == "resolved"
    assert len(await handled.told(suffix="incident.opened.v1")) == 1


async def test_two_instances_that_know_nothing_of_each_other_lose_nothing(handled: Handled) -> None:
    """What one of them ends the other may be counting to: neither a firing alert nor an ended incident is lost."""
    wordings = Wordings(handled.db, handled.clock)
    turns = Turns(handled.db, handled.clock)
    other = AlertDoor(
        handled.incidents, handled.episodes, handled.incidents.alerts, wordings, turns, handled.discussions,
        handled.clock,
    )  # fmt: skip
    key = Principal("alertmanager", "nusantara", frozenset(), frozenset({"alerts:write"}))

    async def send(door: AlertDoor, sender: int) -> None:
        for n in range(15):
            firing = Alert(f"{sender}-{n}", NOW - timedelta(minutes=5), None, OF, {"summary": "x"})
            (taken,) = await door.take(key, [firing], 0)
            assert taken.became == "accepted"
            await door.take(key, [replace(firing, ended_at=NOW - timedelta(minutes=1))], 0)

    await asyncio.gather(*[send(door, i) for i, door in enumerate([handled.door, other, handled.door, other])])
    listed = (await handled.ask("toko-maju", "GET", "/v1/incidents?limit=200"))["items"]
    assert sum(each["alerts"]["count"] for each in listed) == 60
    assert {each["status"] for each in listed} <= {"resolved", "closed"}
    assert await handled.db["alerts"].count_documents({"ended_at": None}) == 0
