"""An incident on somebody's shift: who is asked, who has left, who takes it up and falls silent, who is above them."""

from typing import Any

import pytest
from handled import Handled, opened
from samples import agreement
from story import DAY, OPENED, Story

from sepakat_cli.backends import Backend
from sepakat_incidents import analytics, answers, ladder_api, rotation_api, rotations
from sepakat_incidents.clocks import Terms
from sepakat_incidents.escalation import Escalated, Ladder, Left, Rung
from sepakat_incidents.events import Acknowledged, Missed, Stopped, Unacknowledged, Unreached
from sepakat_incidents.handling import Handling
from sepakat_incidents.rotations import Rotation
from sepakat_shared.contracts.fact import rfc3339

PRIMARY: dict[str, Any] = {
    "id": "primary",
    "layers": [
        # Jakarta by day, London from 19:00 there, which is noon in London: whoever is awake.
        {"participants": ["ana"], "timeZone": "Asia/Jakarta", "from": "2026-01-01", "every": "day",
         "hours": {"mon-sun": "07:00-19:00"}},
        {"participants": ["tom"], "timeZone": "Europe/London", "from": "2026-01-01", "every": "day"},
    ],
}  # fmt: skip
HOW = Handling(
    "P1",
    Ladder(
        (Rung(("primary",), 900), Rung(("rina",), 1800),
         Rung(("head",), 1800, left=Left("restore", percent="25"), kind="hierarchical")),
        lasts_seconds=3600, rotations={"primary": "nusantara/primary"},
    ),
    (Terms("first-response", 900), Terms("restore", 8 * 3600), Terms("update", 1800)),
    1,
)  # fmt: skip


def rotation() -> Rotation:
    [declared] = rotations.declared_in(agreement(rotations=[PRIMARY]), 1, OPENED - 300 * DAY)
    [event] = rotations.declare(None, declared)
    return rotations.apply(None, event)


def told(story: Story) -> list[tuple[str, int, tuple[str, ...], str]]:
    return [
        (f"{each.at:%H:%M}", each.level, each.contacts, each.reason)
        for each in story.events
        if isinstance(each, Escalated)
    ]


def test_a_night_on_call() -> None:
    story = Story(HOW, {"primary": rotation()})
    # 08:00 is 15:00 in Jakarta: Ana is asked. She has left the company since, and no message reaches her.
    story.at("08:02").do(answers.unreached, "ana", "the contact was erased")
    # The customer's word is on record, and stops nothing; Rina takes it up, too late for the first response.
    story.at("08:10").do(answers.acknowledge, "budi", "toko-maju")
    story.at("08:20").do(answers.acknowledge, "rina", "nusantara")
    # A note that was due by then comes at last; then silence, told once at 09:40. At 10:10 nobody has it in hand.
    story.at("09:10").do(answers.update, "rina", "nusantara", "the database is rebuilt")
    story.at("12:05")
    assert told(story) == [
        ("08:00", 1, ("ana",), "delay"), ("08:02", 2, ("rina",), "unreached"), ("10:10", 1, ("ana",), "delay"),
        ("10:25", 2, ("rina",), "delay"), ("10:55", 3, ("head",), "delay"),
    ]  # fmt: skip
    assert [f"{each.at:%H:%M}" for each in story.events if isinstance(each, Missed)] == ["08:15", "08:30", "09:40"]
    assert [each.reason for each in story.events if isinstance(each, Unacknowledged)] == ["lapsed"]
    # The ladder is at its end. Somebody of the provider goes on with it, by then it is London's turn.
    story.do(answers.hand_over, "tom", "nusantara/head", "nusantara", "please")
    story.at("12:10").do(answers.acknowledge, "tom", "nusantara").at("13:00")
    story.do(answers.update, "tom", "nusantara", "half of it is back").at("13:45")
    story.do(answers.update, "tom", "nusantara", "nearly there").at("14:10").resolve()

    # With a quarter of the time left those above are told beside the ladder, be it taken up or not.
    assert told(story)[5:] == [("14:00", 3, ("head",), "time-left")]
    assert [each.contact for each in story.events if isinstance(each, Unreached)] == ["ana"]
    acknowledged = [(each.by, each.stops_ladder) for each in story.events if isinstance(each, Acknowledged)]
    assert acknowledged == [("budi", False), ("rina", True), ("tom", True)]
    verdicts = {each.measures: each.met for each in story.events if isinstance(each, Stopped)}
    assert verdicts == {"first-response": False, "restore": True, "update": True}
    silent = [(each.data or {}).get("silent_since") for each in story.told if each.type.endswith("escalated.v1")]
    assert silent == [None, None, *[rfc3339(story.clock.now().replace(hour=9, minute=10))] * 3, None]

    opened = story.incident.opened_at
    handled = analytics.handled([story.incident], opened, story.clock.now())
    assert (handled.acknowledge.mean, handled.restore.mean) == (20 * 60, 370 * 60)


POLICY: dict[str, Any] = {
    "levels": [
        {"notify": ["primary"], "acknowledgeWithin": "PT15M"},
        {"notify": ["rina", "tia"], "acknowledgeWithin": "PT15M", "acknowledgements": 2},
        {"notify": ["head"], "acknowledgeWithin": "PT30M"},
    ],
    "repeat": 1, "acknowledgedBy": "provider", "acknowledgementLasts": "PT1H",
}  # fmt: skip


def with_ladders(it: Handled) -> None:
    it.app.include_router(ladder_api.router(it.incidents, it.contacts, it.posts, it.clock))
    it.app.include_router(rotation_api.router(it.rotations, it.contacts, it.posts, it.clock))


@pytest.mark.servers
@pytest.mark.timeout(300)
async def test_the_same_night_as_people_see_it_over_http(backend: Backend) -> None:
    text = agreement(
        rotations=[PRIMARY], priorities={"P1": {"escalation": "critical"}}, escalation={"critical": POLICY}
    )  # fmt: skip
    async with opened(backend, text, more=with_ladders) as it:
        # 09:00 is 16:00 in Jakarta.
        on_call = await it.ask("toko-maju", "GET", "/v1/rotations/nusantara/primary/oncall")
        assert (on_call["now"]["contact"], on_call["next"]["contact"]) == ("ana", "tom")
        id = await it.impaired()
        assert (await it.get(id))["asked"] == ["ana"]
        await it.after(minutes=5)
        # The other party's word is on record, and stops nothing.
        assert (await it.post("toko-maju", id, "acknowledge"))["status"] == "open"
        await it.after(minutes=10)
        assert (await it.get(id))["asked"] == ["rina", "tia"]
        first = await it.post("nusantara", id, "acknowledge")
        assert (first["status"], first["acknowledgements"]) == ("open", {"given": 1, "needed": 2})
        await it.after(minutes=15)
        assert (await it.post("nusantara", id, "acknowledge"))["status"] == "acknowledged", "one is enough up there"
        await it.after(minutes=61)
        silent = await it.get(id)
        assert (silent["status"], silent["asked"]) == ("open", ["ana"]), "an hour without a word: nobody has it in hand"
        await it.post("toko-maju", id, "escalate", note="it spreads")
        handed = await it.post("nusantara", id, "hand-over", to="primary", note="the database")
        assert handed["asked"] == ["ana"]
        await it.post("nusantara", id, "acknowledge")
        await it.post("nusantara", id, "resolve", note="restarted")
        told = [(each["at"][11:16], each["contacts"]) for each in await it.timeline(id) if each["what"] == "Escalated"]
        assert told == [
            ("09:00", ["ana"]), ("09:15", ["rina", "tia"]), ("09:30", ["head"]), ("10:31", ["ana"]),
            ("10:31", ["rina", "tia"]),
        ]  # fmt: skip
        await it.post("nusantara", id, "escalate", 409)
